"""Infer what an unknown key was meant to be.

A typing slip is corrected. An extra, missing or different word changes the meaning: a unit is converted and a negation
inverted, exactly; for anything else, the help says what the known key is for, and no fix guesses.
"""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config.document.characters import cleaned
from codeexec_config.expressions import expression
from codeexec_config.keys import Key, key_table, keys_of
from codeexec_config.rules.spelling import nearest, slipped, squeeze, words_of
from codeexec_config.rules.units import Unit, plural, ratio, units_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Words = tuple[str, ...]
    Finder = Callable[[Words, tuple[Key, ...]], Iterator["Meaning"]]

_NOT: Final = frozenset({"anti", "dis", "never", "no", "non", "not", "un", "without"})
_GLUED_NOT: Final = ("in", "non", "not", "un")
_SWITCHED_OFF: Final = frozenset({"deactivate", "deactivated", "disable", "disabled", "disables", "inactive", "off"})
_SWITCHED_ON: Final = frozenset({"activated", "active", "enabled", "on"})
_AGAINST: Final = frozenset(
    {"banned", "black", "blacklist", "blacklisted", "block", "blocked", "blocklist", "denied", "deny", "denylist"}
    | {"disallow", "disallowed", "exclude", "excluded", "forbid", "forbidden", "ignore", "ignored"}
    | {"prohibited", "refused", "rejected", "restricted", "unsupported"}
)
_LEAST: Final = frozenset({"least", "lowest", "min", "mini", "minimal", "minimum"})
_MOST: Final = frozenset({"greatest", "highest", "max", "maxi", "maximal", "maximum", "most"})
_POINTERS: Final = frozenset(
    {"cmd", "command", "env", "envvar", "environment", "exec", "file", "filename", "from", "header", "id", "name"}
    | {"path", "ref", "reference", "script", "source", "var", "variable", "vault"}
)
_VARIABLES: Final = frozenset({"env", "envvar", "environment", "var", "variable"})
"""Pointers to a variable, which say so of whatever value; `host_name` or `base_path` may be the value itself."""
_RUN: Final = frozenset({"cmd", "command", "exec", "script"})
"""Pointers only to a secret: in other names they tell what the value is for, as in `exec_timeout_secs`."""
_NAMES_OF_SECRETS: Final = frozenset(
    {"auth", "authentication", "authorization", "bearer", "credential", "credentials", "key", "passwd", "password"}
    | {"pat", "secret", "token"}
)
_NAMES_OF_URLS: Final = frozenset({"address", "base", "endpoint", "host", "hostname", "server", "uri"})
_PARTS_OF_URLS: Final = frozenset({"path", "port", "protocol", "route", "scheme"})
_AROUND_PARTS: Final = _NAMES_OF_URLS | {"api", "http", "https", "service", "tcp", "url"}
_NAMES_OF_CHOICES: Final = frozenset({"backend", "driver", "engine", "kind", "type"})
_BESIDE: Final = frozenset(
    {"access", "api", "client", "code", "container", "env", "executor", "http", "runner", "sandbox", "service", "var"}
)
_NAMES_OF_TIMEOUTS: Final = frozenset({"deadline", "duration", "time", "timeout"})
_NAMES_OF_MEMORY: Final = frozenset({"mem", "memory", "ram"})
_BESIDE_LIMITS: Final = frozenset(
    {"code", "container", "exec", "execution", "limit", "max", "maximum", "process", "program", "quota", "run"}
    | {"sandbox", "script", "size", "total", "wall"}
)
"""Words that other tools combine with those names."""
_UNIT_OF_MEMORY: Final = expression("[KMGTkmgt]i?B(?![a-z])")
"""A unit whose inner capital does not begin a word, as it would in camel case."""
_known_words = cache(words_of)
"""The words of a key's name; cached forever, since it is a name of the model and never text from a file."""
_SHORTEST_PREFIX: Final = 3
_LONGEST: Final = 64


class Sense(Enum):
    """How an unknown key relates to a known one."""

    SLIP = "it is the same name"
    UNIT = "it counts in another unit"
    NEGATION = "it says the opposite of a boolean"
    OPPOSITE = "it is a list or a bound of the other side"
    POINTER = "it tells where the value is"
    OTHER_POINTER = "it tells where the value of what other tools call otherwise is"
    PART = "a word of the known name is missing, or stands elsewhere"
    OTHER = "other tools call it so"
    MORE = "it has a word more"
    COMPONENT = "it is a component of the value"


class Meaning(NamedTuple):
    """What an unknown key was meant to be: a known key, in a sense, and with a unit if it has one."""

    key: Key
    sense: Sense
    unit: Unit | None = None

    @property
    def is_exact(self) -> bool:
        """Check whether the known key can express exactly the same."""
        return self.sense in {Sense.SLIP, Sense.UNIT, Sense.NEGATION}

    @property
    def is_same(self) -> bool:
        """Check whether it is only another name for the known key."""
        return self.is_exact or self.sense in {Sense.PART, Sense.OTHER}

    @property
    def help(self) -> str:
        """Return the help, which does not depend on the value."""
        return _HELP[self.sense](self)


def meaning(name: str, cls: type[Any]) -> Meaning | None:
    """Return what an unknown key of a class's table was meant to be, or None if that is unknown."""
    if len(name) > _LONGEST or name.startswith("!"):
        return None
    name = cleaned(name)
    keys = keys_of(cls)
    names = tuple(key.name for key in keys)
    if exact := {squeeze(known): known for known in names}.get(squeeze(name)):
        return Meaning(key_table(cls)[exact], Sense.SLIP)
    words = words_of(_UNIT_OF_MEMORY.sub(lambda unit: unit[0].capitalize(), name))
    if found := _first((_in_other_units, _negation, _opposite), words, keys):
        return found
    if near := nearest(name, names):
        return Meaning(key_table(cls)[near], Sense.SLIP)
    return _first((_pointer, _part, _list, _other, _component, _more), words, keys)


def _first(finders: Iterable[Finder], words: Words, keys: tuple[Key, ...]) -> Meaning | None:
    return next((found for find in finders for found in find(words, keys)), None) if words else None


# -- senses ------------------------------------------------------------------------------------------------------------


def _in_other_units(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    for key in keys:
        known = _known_words(key.name)
        for word, unit in units_of(key).items():
            for rest in _without_unit(words, word):
                is_glued = words[-1] != word
                if "".join(rest) == "".join(known[:-1]) if is_glued else slipped(rest, known[:-1]):
                    yield Meaning(key, Sense.SLIP if unit.is_own and slipped(words, known) else Sense.UNIT, unit)
                elif _is_within(rest, known[:-1]):
                    yield Meaning(key, Sense.PART, unit)


def _without_unit(words: Words, unit: str) -> Iterator[Words]:
    """Yield a name's words without a unit at their end; a single letter counts only as a whole word."""
    *before, last = words
    if before and last == unit:
        yield tuple(before[:-1] if len(before) > 1 and before[-1] == "in" else before)
    elif len(unit) > 1 and len(last) > len(unit) and last.endswith(unit):
        yield (*before, last.removesuffix(unit))


def _negation(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    for key in keys:
        if key.kind == "boolean" and (turns := _turns(words, _known_words(key.name))) is not None:
            yield Meaning(key, Sense.NEGATION if turns % 2 else Sense.SLIP)


def _turns(words: Words, known: Words) -> int | None:
    """Count how often a name negates the known one; None if it is another name, or negates nothing."""
    *before, last = words
    if not all(word in _NOT for word in before):
        return None
    if last in _SWITCHED_OFF or ((rest := _without_not(last)) and slipped((rest,), known)):
        return len(before) + 1
    return len(before) if before and slipped((last,), known) else None


def _without_not(word: str) -> str | None:
    """Return what follows a negating prefix of a word, or None without one."""
    return next((word.removeprefix(prefix) for prefix in _GLUED_NOT if word.startswith(prefix)), None)


def _opposite(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    for key in keys:
        known = _known_words(key.name)
        if key.kind == "list" and slipped(words[-1:], known[-1:]) and _is_against(words, known):
            yield Meaning(key, Sense.OPPOSITE)
        if key.bounds is not None and _is_rest_within(words, _LEAST, known):
            yield Meaning(key, Sense.OPPOSITE)
        if not _LEAST.isdisjoint(known) and _is_rest_within(words, _MOST, known):
            yield Meaning(key, Sense.OPPOSITE)
        if any(slipped(words, affirmed) for affirmed in _affirmed(known)):
            yield Meaning(key, Sense.OPPOSITE)
    if _SWITCHED_OFF.isdisjoint(words):
        return
    # A list or a limit may be switched off, as in `disable_timeout`; otherwise it is the whole.
    parts = [key for key in keys if key.kind == "list" or key.bounds is not None]
    named = [key for key in parts if _is_rest_within(words, _SWITCHED_OFF, _known_words(key.name))]
    for key in named or [key for key in keys if key.kind == "boolean"]:
        yield Meaning(key, Sense.OPPOSITE)


@cache
def _affirmed(known: Words) -> frozenset[Words]:
    """Return the variants of a known name with the negating prefix of one word removed."""
    bare = {at: rest for at, word in enumerate(known) if (rest := _without_not(word))}
    return frozenset((*known[:at], rest, *known[at + 1 :]) for at, rest in bare.items())


def _is_against(words: Words, known: Words) -> bool:
    against = _AGAINST | _NOT | _SWITCHED_OFF
    bare = [rest for word in words if (rest := _without_not(word))]
    positive = [other for other in known if _without_not(other) is None]
    return not against.isdisjoint(words) or any(slipped((rest,), (other,)) for rest in bare for other in positive)


def _is_rest_within(words: Words, marks: frozenset[str], known: Words) -> bool:
    """Check for some of the marks, among words of a known name."""
    rest = tuple(word for word in words if word not in marks)
    return 0 < len(rest) < len(words) and _is_within(rest, known)


def _pointer(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    for key in keys:
        pointers = _POINTERS if key.kind == "secret" else _POINTERS - _RUN
        rest = tuple(word for word in words if word not in pointers)
        known = _known_words(key.name)
        is_meant = slipped(rest, known) or (key.kind == "secret" and _is_within(rest, known))
        if key.takes_references and len(rest) < len(words) and rest and is_meant:
            yield Meaning(key, Sense.POINTER)
        elif key.takes_references and _is_called(words, key):
            yield Meaning(key, Sense.OTHER_POINTER)


def _is_called(words: Words, key: Key) -> bool:
    """Check for what other tools call a key, beside words that tell where its value is and nothing else."""
    pointers = _POINTERS if key.kind == "secret" else _VARIABLES
    rest = tuple(word for word in words if word not in pointers)
    return len(rest) < len(words) and _is_other_name(rest, key)


def _part(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    found = [key for key in keys if _is_part(words, key)]
    if len(found) == 1:
        yield Meaning(found[0], Sense.PART)


def _is_part(words: Words, key: Key) -> bool:
    """Check whether all words are of a key's name, apart from one such as `max` for a limit."""
    known = _known_words(key.name)
    return _is_within(words, known) or (key.bounds is not None and _is_rest_within(words, _MOST, known))


def _is_within(words: Words, known: Words) -> bool:
    """Check whether each word is a different one of the known words, or the beginning of one."""
    left = list(known)
    for word in words:
        same = next((other for other in left if _is_short_for(word, other)), None)
        if same is None:
            return False
        left.remove(same)
    return True


def _is_short_for(word: str, known: str) -> bool:
    is_beginning = len(word) >= _SHORTEST_PREFIX and known.startswith(word.removesuffix("s"))
    return slipped((word,), (known,)) or is_beginning


def _list(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    """Yield the list whose entries a name mentions: `enabled_languages` does not mean the switch."""
    lists = [key for key in keys if key.kind == "list"]
    found = [key for key in lists if any(slipped((word,), _known_words(key.name)[-1:]) for word in words)]
    if found:
        yield Meaning(min(found, key=lambda key: len(set(_known_words(key.name)) - set(words))), Sense.MORE)


def _more(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    found = [key for key in keys if set(_known_words(key.name)) < set(words)]
    if len(found) == 1:
        yield Meaning(found[0], Sense.POINTER if found[0].kind == "secret" else Sense.MORE)


def _other(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    if len(set(words)) < len(words):
        return
    for key in keys:
        for rest, unit in _counted(words, key):
            if _is_other_name(rest, key):
                yield Meaning(key, Sense.OTHER, unit)


def _is_other_name(words: Words, key: Key) -> bool:
    """Check for what other tools call a key, alone or beside words of the key's own name."""
    names, beside = _other_names(key)
    known = frozenset(_known_words(key.name))
    is_named = not names.isdisjoint(words) or (bool(names) and known.issubset(words))
    return is_named and known.union(names, beside).issuperset(words)


def _other_names(key: Key) -> tuple[frozenset[str], frozenset[str]]:
    """Return what other tools call a key, and the words that they combine with that."""
    if key.kind == "boolean":
        is_switch = _SWITCHED_ON.issuperset(_known_words(key.name))
        return (_SWITCHED_ON if is_switch else frozenset()), frozenset({"is"})
    return _OTHER_NAMES.get(key.bounds.unit if key.bounds else key.form or key.kind, (frozenset(), frozenset()))


def _counted(words: Words, key: Key) -> Iterator[tuple[Words, Unit | None]]:
    """Yield a name's words, and those before a unit of the key's quantity."""
    yield words, None
    yield from ((rest, unit) for word, unit in units_of(key).items() for rest in _without_unit(words, word))


def _component(words: Words, keys: tuple[Key, ...]) -> Iterator[Meaning]:
    for key in keys:
        if key.form == "url" and not _PARTS_OF_URLS.isdisjoint(words) and set(words) <= _PARTS_OF_URLS | _AROUND_PARTS:
            yield Meaning(key, Sense.COMPONENT)


_OTHER_NAMES: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "url": (_NAMES_OF_URLS, _BESIDE),
    "runtime": (_NAMES_OF_CHOICES, _BESIDE),
    "secret": (_NAMES_OF_SECRETS, _BESIDE),
    "second": (_NAMES_OF_TIMEOUTS, _BESIDE_LIMITS),
    "MiB": (_NAMES_OF_MEMORY, _BESIDE_LIMITS),
}
"""What other tools call a key, by its unit, form or kind, and the words that they combine with that."""


# -- help --------------------------------------------------------------------------------------------------------------


def _question(meant: Meaning) -> str:
    return f"did you mean `{meant.key.name}`?"


def _of_unit(meant: Meaning) -> str:
    if meant.key.bounds is None:
        return _question(meant)
    counted = f"{_question(meant)} it is in {plural(meant.key.bounds.unit)}"
    return counted if meant.unit is None or meant.unit.is_own else f"{counted}: {ratio(meant.key, meant.unit)}"


def _of_pointer(meant: Meaning) -> str:
    name = meant.key.name
    if meant.key.kind == "secret":
        return f'a key comes from the environment: {name} = "${{NAME}}"; `--secrets-dir` reads variables from files'
    return f'`{name}` is the value itself, or a reference to the environment: {name} = "${{NAME}}"'


_HELP: Final[dict[Sense, Callable[[Meaning], str]]] = {
    Sense.SLIP: _question,
    Sense.UNIT: _of_unit,
    Sense.NEGATION: lambda meant: f"write `{meant.key.name}` with the opposite value",
    Sense.OPPOSITE: lambda meant: f"`{meant.key.name}` means something else: {meant.key.text}",
    Sense.POINTER: _of_pointer,
    Sense.OTHER_POINTER: lambda meant: f"{_question(meant)} {_of_pointer(meant)}",
    Sense.PART: _of_unit,
    Sense.OTHER: _of_unit,
    Sense.COMPONENT: lambda meant: (
        f'it is part of `{meant.key.name}`, as in {meant.key.name} = "https://code-exec.example.com:8443/run"'
    ),
    Sense.MORE: lambda meant: f"there is a key `{meant.key.name}`: {meant.key.text}",
}
