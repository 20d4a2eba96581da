"""Judge values alone, by the kind and form of their keys: one value, or each field of an instance.

The code that creates findings is imported for the first one.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from codeexec_config import limits
from codeexec_config.keys import Key, Kind, keys_of, once_a_class
from codeexec_config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from codeexec_config.findings import Finding, Path
    from codeexec_config.rules.urls import Url

    Rule = Callable[[Key, Any, Path, dict[Path, Url], str | None], Finding | None]
    _Check = tuple[Key, str, frozenset[type], Callable[[Any], object] | None]
    """How a constructor checks a field: its key, its name, its types, and a function that is true for values that need
    no second look, or None if all are such values.
    """

_LANGUAGES: Final = frozenset(limits.LANGUAGES)
_MOST_DIGITS: Final = 20


def judge(key: Key, value: Any, path: Path, urls: dict[Path, Url], *, made: str | None = None) -> Finding | None:
    """Return what is wrong with a value of the right type.

    Args:
        key: the description of the key, or of a list's entry.
        value: the value.
        path: its path, for the finding.
        urls: where a valid URL is stored by its path, so that it is parsed once.
        made: the variables that made the value, as a message names them.
    """
    rule = rule_of(key)
    return rule(key, value, path, urls, made) if rule else None


def has_type(key: Key, value: object) -> bool:
    """Check that a value has exactly the type of its key's values, so that it can be judged; never true of a union."""
    return key.kind != "union" and type(value) is _PYTHON_TYPES[key.kind][0]


def rule_of(key: Key) -> Rule | None:
    """Return the rule on the values of a key, or None if every value of the right type is valid."""
    return _BY_FORM.get(key.form or "") if key.kind == "text" else _BY_KIND.get(key.kind)


def doubtful(key: Key, values: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """Return the entries of a list with their indices, skipping plainly valid languages, as there may be a million."""
    places = enumerate(values)
    if key.form != "language":
        return places
    sound = sound_values(key)
    first = next((each for each in places if type(each[1]) is not str or each[1] not in sound), None)
    if first is None:
        return places
    from codeexec_config.rules.languages import NAME_FORM

    is_name = NAME_FORM.fullmatch  # called directly, for a million names
    return (each for each in chain([first], places) if type(each[1]) is not str or not is_name(each[1]))


def sound_values(key: Key) -> frozenset[str]:
    """Return values of a key that are known to be valid."""
    return _LANGUAGES if key.form == "language" else frozenset()


# -- the fields of an instance, in a constructor -----------------------------------------------------------------------

_PYTHON_TYPES: Final[dict[Kind, tuple[type, str]]] = {
    "boolean": (bool, "a bool"),
    "integer": (int, "an int"),
    "text": (str, "a str"),
    "secret": (Secret, "a Secret"),
    "choice": (str, "a str"),
    "list": (tuple, "a list or tuple of str"),
}
"""What a constructor accepts for each kind except the union, whose variants define that."""
_STRINGS: Final = frozenset({str})

_OF_A_NAME: Final = "abcdefghijklmnopqrstuvwxyz0123456789.-"
_NEVER_PLAIN: Final = frozenset({"http", "inst", "meta"})
"""The beginnings of a scheme written twice, and of the names of metadata services."""
_SET_APART: Final = frozenset(" #?\\")
"""Characters that a path cannot contain, or that end it."""


def judge_fields(instance: Any, asked: dict[Path, Any]) -> list[Finding]:
    """Judge each field of an instance alone: its type, then its value.

    The facts that the rules across keys need are stored in `asked`: each URL except plain https ones, and None for a
    secret that is absent or was not read.
    """
    found: list[Finding] = []
    for key, name, exact, is_sound in _checks(type(instance)):
        value = getattr(instance, name)
        if type(value) not in exact or not (is_sound is None or is_sound(value)):
            found += _second_look(key, value, asked)
    return found


@once_a_class
def _checks(cls: type[Any]) -> tuple[_Check, ...]:
    return tuple((key, key.name, frozenset(_python_types(key)[0]), _soundness(key)) for key in keys_of(cls))


def _soundness(key: Key) -> Callable[[Any], object] | None:
    """Return a quick check that is true only for valid values of a key, or None if every value is valid."""
    if key.bounds is not None:
        return range(key.bounds.minimum, key.bounds.maximum + 1).__contains__
    if key.item is not None:
        return _are_strings if rule_of(key.item) is None else partial(_are_known, sound_values(key.item))
    if key.kind == "secret":
        return _is_sendable
    if key.form == "url":
        return plain_host
    return None if rule_of(key) is None else _is_unknown


def _is_unknown(_: Any) -> bool:
    return False


def _are_strings(values: Any) -> bool:
    return _STRINGS.issuperset(map(type, values))


def _are_known(sound: frozenset[str], values: Any) -> bool:
    # A value of another type might be unhashable, or compare equal to a name.
    return _STRINGS.issuperset(map(type, values)) and sound.issuperset(values)


def _is_sendable(secret: Secret) -> bool:
    try:
        return _is_header(secret.reveal())
    except LookupError:
        return False


def plain_host(url: str) -> str | None:
    """Return the host of a URL in the most common form, on which no rule has a finding, alone or across keys.

    That form is https to a lower-case name, perhaps with a port and a path. No pattern is compiled for it, which would
    make the first load of a process take a quarter longer.
    """
    host, _, path = url[8:].partition("/")
    if ":" in host:
        host, _, port = host.partition(":")
        if not (port.isascii() and port.isdecimal() and limits.is_port(port)):
            return None
    words = host.replace("-", ".")
    is_plain = (
        url[:8] == "https://"
        and not host.strip(_OF_A_NAME)  # a host that strips to nothing has no other characters
        and ".." not in words
        and words[:1] != "."
        and words.rpartition(".")[2].isalpha()  # a host that ends in a number is an address
        and host[:4] not in _NEVER_PLAIN
        and len(host) <= limits.LABEL_LENGTH
        and (not path or (path.isascii() and path.isprintable() and _SET_APART.isdisjoint(path)))
    )
    return host if is_plain else None


def _second_look(key: Key, value: Any, asked: dict[Path, Any]) -> Iterable[Finding]:
    path = (key.name,)
    if key.kind == "secret":
        asked[path] = None
    if value is None and key.default is None:
        return ()
    if finding := _wrong_type(key, value, path):
        return (finding,)
    if key.item is not None:
        from codeexec_config.findings import few

        return few(_entries(key.item, value, key.name, asked))
    finding = judge(key, value, path, asked)
    return () if finding is None else (finding,)


def _python_types(key: Key) -> tuple[tuple[type, ...], str]:
    """Return the types that a constructor accepts for a key, and what a message calls them."""
    if key.variants is None:
        expected, name = _PYTHON_TYPES[key.kind]
        return (expected,), name
    *others, last = key.variants.values()
    return (*others, last), f"a {', '.join(cls.__name__ for cls in others)} or {last.__name__}"


def _wrong_type(key: Key, value: object, path: Path) -> Finding | None:
    types, name = _python_types(key)
    if isinstance(value, types) and not (key.kind == "integer" and isinstance(value, bool)):
        return None
    from codeexec_config.findings import Finding

    optional = " or None" if key.default is None else ""
    hint = "wrap the text: Secret(text)" if key.kind == "secret" and isinstance(value, str) else None
    return Finding("wrong-type", f"expected {name}{optional}, found {_article(type(value).__name__)}", path, help=hint)


def _article(name: str) -> str:
    if name == "NoneType":
        return "None"
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _entries(key: Key, values: Any, name: str, urls: dict[Path, Url]) -> Iterator[Finding]:
    rule = rule_of(key)
    for index, value in doubtful(key, values):
        path = (name, index)
        finding = None if type(value) is str else _wrong_type(key, value, path)
        if finding is None and rule is not None:
            finding = rule(key, value, path, urls, None)
        if finding is not None:
            yield finding


# -- one rule per kind or form -----------------------------------------------------------------------------------------


def _integer(key: Key, value: int, path: Path, _: object, made: str | None) -> Finding | None:
    bounds = key.bounds
    if bounds is None or bounds.minimum <= value <= bounds.maximum:
        return None
    from codeexec_config.findings import Finding
    from codeexec_config.rules.units import as_in_other_tools, plural, quantity

    is_low = value < bounds.minimum
    limit, why = (bounds.minimum, bounds.floor_reason) if is_low else (bounds.maximum, bounds.ceiling_reason)
    relation = "less than the minimum" if is_low else "more than the maximum"
    shown = "the value" if made else short_number(value)
    write = f"set {made} to" if made else "write"
    unit, meant = as_in_other_tools(value, key)
    is_meant = bounds.minimum <= meant <= bounds.maximum and not made
    otherwise = f"; if it is in {unit}, write {meant}" if is_meant else ""
    return Finding(
        "out-of-range",
        f"{shown} is {relation} of {quantity(limit, bounds.unit)}: {why}{comes_from(made)}",
        path,
        help=f"{write} a whole number of {plural(bounds.unit)} from {bounds.minimum} to {bounds.maximum}{otherwise}",
    )


def comes_from(made: str | None) -> str:
    """Return the part of a message on the variables that a value comes from."""
    return f" (it comes from {made})" if made else ""


def short_number(value: int) -> str:
    """Return a number for a message, unless it is too long."""
    return str(value) if abs(value) < 10**_MOST_DIGITS else "the number"


def _language(_: Key, value: str, path: Path, __: object, made: str | None) -> Finding | None:
    if value in _LANGUAGES:
        return None
    from codeexec_config.rules.languages import judge_form

    return judge_form(value, path, made=made)


def _url(_: Key, value: str, path: Path, urls: dict[Path, Url], made: str | None) -> Finding | None:
    from codeexec_config.rules.urls import Url, accepted

    host = plain_host(value)
    url = Url("https", host) if host else accepted(value)
    if url is None:
        from codeexec_config.rules.url_flaws import refused

        return refused(value, path, made=made)
    url.made = made
    urls[path] = url
    return None


def _secret(_: Key, value: Secret, path: Path, __: object, made: str | None) -> Finding | None:
    try:
        text = value.reveal()
    except LookupError:
        return None
    return judge_header(text, path, made=made)


def _is_header(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip() != ""


def judge_header(value: str, path: Path, *, made: str | None = None) -> Finding | None:
    """Judge a key as the value of an HTTP header."""
    if _is_header(value):
        return None
    from codeexec_config.findings import Finding

    source = f" from {made}" if made else ""
    if not value:
        remedy = f"set {made}" if made else f'write {path[-1]} = "${{CODE_EXEC_API_KEY}}"'
        return Finding(
            "empty-secret",
            f"the key{source} is empty",
            path,
            help=f"{remedy}, or remove {path[-1]} if the service needs no key",
        )
    stripped = value.strip(" ")
    if not value.isascii():
        reason = "contains a character that is not ASCII"
    elif stripped.isprintable() and stripped != value:
        reason = "begins or ends with a space"
    else:
        reason = "contains a control character, such as a tab or the newline at the end of a mounted file"
    return Finding(
        "malformed-secret",
        f"the key{source} {reason}, which no HTTP header can carry",
        path,
        help=f"{f'set {made} to' if made else 'write'} the key alone, without spaces or line ends around it",
    )


def _choice(key: Key, value: str, path: Path, _: object, __: str | None) -> Finding | None:
    choices = key.choices or {}
    if value in choices:
        return None
    from codeexec_config.findings import Finding
    from codeexec_config.rules.variants import meant_choice

    near = meant_choice(value, key)  # safe to repeat: no choice takes a reference
    listed = ", ".join(choices)
    hint = f'did you mean "{near}"? the {key.form}s are {listed}' if near else f"write one of {listed}"
    return Finding(f"unknown-{key.form}", f"invalid {key.form}", path, help=hint)


def _pattern(key: Key, value: str, path: Path, _: object, __: str | None) -> Finding | None:
    from codeexec_config.rules.patterns import judge_host, judge_variable

    return judge_host(value, path) if key.form == "host pattern" else judge_variable(value, path)


_BY_KIND: Final[dict[Kind, Rule]] = {
    "integer": _integer,
    "secret": _secret,
    "choice": _choice,
}
_BY_FORM: Final[dict[str, Rule]] = {
    "host pattern": _pattern,
    "language": _language,
    "url": _url,
    "variable pattern": _pattern,
}
