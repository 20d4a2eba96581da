"""Judge the names of languages that are not simply known ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from codeexec_config import limits
from codeexec_config.expressions import expression
from codeexec_config.findings import Amendment, Finding, Target
from codeexec_config.rules.spelling import distance, is_excluded, nearest, squeeze

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from codeexec_config.findings import Path
    from codeexec_config.rules.across import Language

NAME_FORM: Final = expression(rf"(?!.{{{limits.LANGUAGE_LENGTH + 1}}}){limits.LANGUAGE_PATTERN}")

_VERSIONED = expression(r"([a-z+#]+(?:\.js)?)[\s_.:=@-]*v?[0-9]+(?:\.(?:[0-9]+|x))*", re.IGNORECASE)
_ARRAY = expression(r"\s*\[(.*)\]\s*", re.DOTALL)
_AROUND = " \t\r\n\"'"
_EVERY = frozenset({"*", "all", "any", "every"})
_NONE = frozenset({"none", "nothing", "null"})
_MARKS = expression(r"[,;|]+|(?<!\s)\s++(?:and|or|und|et)\s+|\s&\s")
_LONGEST_LIST: Final = 1_000
"""The longest text that is read as a list; recognising a name is slow, and a message cannot contain thousands."""
_OTHERS = frozenset({"cc", "cool", "hpp", "luau", "problog", "schema", "typoscript"})
"""Languages and tools a letter or two from a known language that are not slips of it."""
_SHORT: Final = 4
"""In names up to this length no letter may be missing or different: too many other names are as near."""
_MIDDLE: Final = 6
"""In names up to this length two slips make another name."""
_LETTER_LANG = expression("[a-z]lang")
"""The searchable name of a language with a one-letter name, and clang."""


def is_name(name: str) -> bool:
    """Check that a name is well formed."""
    return NAME_FORM.fullmatch(name) is not None


def judge_form(name: str, path: Path, *, made: str | None = None) -> Finding | None:
    """Return the finding on a name that is not well formed."""
    if is_name(name):
        return None
    form = (
        "write a lower-case name: a letter, then letters, digits or _ + # . -, at most "
        f'{limits.LANGUAGE_LENGTH} characters, such as "python"'
    )
    if made:
        hint = f'set {made} to one lower-case name, such as python: for two write ["${{A}}", "${{B}}"]'
        return Finding("invalid-language", f"invalid language name from {made}", path, help=hint)
    from codeexec_config.rules.foreign import hint as reference_hint

    meant = meant_language(name)
    return Finding(
        "invalid-language",
        "invalid language name",
        path,
        help=word_hint(name)
        or _split_hint(name)
        or (f'did you mean "{meant}"?' if meant else _version_hint(name) or _tail_hint(name))
        or reference_hint(name)
        or form,
    )


def _tail_hint(name: str) -> str | None:
    """Return a hint for a program's path, or for a media type."""
    _, slash, tail = name.rpartition("/")
    meant = (_known(tail) or _without_version(tail)) if slash else None
    return f'did you mean "{meant}"?' if meant else None


def word_hint(name: str) -> str | None:
    """Return a hint for a special word or mark of other tools' lists that this one does not have."""
    if name.lower() in _EVERY:
        return "each language must be listed by name"
    if name.lower() in _NONE:
        return f"to run no code, write {limits.SWITCH} = false"
    if len(name) <= _LONGEST_LIST and any(map(is_excluded, _pieces(name))):
        return "the list names what is allowed and cannot exclude anything; leave out what is not allowed"
    return None


def _split_hint(name: str) -> str | None:
    names = split_names(name)
    if names is None or not all(map(is_name, names)):
        return None
    if len(names) == 1:
        return f'did you mean "{names[0]}"?'
    listed = ", ".join(f'"{each}"' for each in names)
    return f"each string is one name: write {listed}"


def meant_language(name: str) -> str | None:
    """Return the known language that a text means, or None if none is near."""
    if is_excluded(name):
        return None
    plain = name.strip()
    if known := _known(plain):
        return known
    near = nearest(plain, limits.KNOWN_LANGUAGES)
    return near if near and _is_slip(squeeze(plain), near) else None


def _is_slip(name: str, known: str) -> bool:
    """Check that a name near a known one is a slip, and not a different language."""
    if name in _OTHERS or _LETTER_LANG.fullmatch(name):
        return False
    if sorted(name) == sorted(known):
        return True
    if name[0] != known[0]:
        return False
    return len(known) > _MIDDLE or (distance(name, known) == 1 and (len(known) > _SHORT or len(name) > len(known)))


def _without_version(name: str) -> str | None:
    """Return the known language of a name with a version; no fix removes it, as the executor may know several."""
    versioned = _VERSIONED.fullmatch(name.strip())
    return meant_language(versioned[1]) if versioned else None


def _version_hint(name: str) -> str | None:
    meant = _without_version(name)
    return f'the usual name is "{meant}"; its version is the executor\'s to choose' if meant else None


def split_names(text: str) -> list[str] | None:
    """Return the names that one text lists, each correctly spelt, or None if it is not a list of names.

    It may be the text of an array, with its brackets and quotes. Spaces alone separate names only if each is a known
    one, since a name may contain them.
    """
    if "$" in text or len(text) > _LONGEST_LIST:
        return None
    pieces = _pieces(text)
    if not pieces or any(map(is_excluded, pieces)):
        return None
    if len(pieces) < 2 and all(_known(word) for word in text.split()):  # noqa: PLR2004 -- one name is not a list
        pieces = text.split()
    names = [meant_language(piece) or piece for piece in pieces]
    is_list = len(pieces) > 1 or _ARRAY.fullmatch(text) or _MARKS.search(text)
    return list(dict.fromkeys(names)) if is_list else None


def _pieces(text: str) -> list[str]:
    array = _ARRAY.fullmatch(text)
    pieces = [bare for piece in _MARKS.split(array[1] if array else text) if (bare := piece.strip(_AROUND))]
    return [part for piece in pieces for part in _parted(piece)]


def _parted(piece: str) -> list[str]:
    """Split names at slashes if each is a known one: a path or a media type has slashes too."""
    parts = [part.strip() for part in piece.split("/")]
    return parts if all(map(_known, parts)) else [piece]


def _known(name: str) -> str | None:
    """Return the language of a known name, or of an alias in any spelling."""
    plain = name.lower()
    if plain in limits.LANGUAGES:
        return plain
    return limits.LANGUAGE_ALIASES.get(squeeze(plain))


def unsupported(entry: Language, *, elsewhere: bool) -> Finding:
    """Refuse a language that the browser does not run; `elsewhere` means that another mode may be chosen for it."""
    meant = None if entry.made else meant_language(entry.name) or _without_version(entry.name)
    word = None if entry.made else word_hint(entry.name)
    way_out = word or ("choose a sandboxed or external mode for other languages" if elsewhere else None)
    hint = "; ".join(filter(None, ("mode wasm runs python and javascript only", way_out)))
    if meant in limits.WASM_LANGUAGES:
        hint = f'did you mean "{meant}"?'
    name = f"the language from {entry.made}" if entry.made else f"`{entry.name}`"
    return Finding("unsupported-language", f"{name} does not run in mode wasm", entry.path, help=hint)


def remarks(entries: Iterable[Language], listed: Container[str]) -> Iterator[Finding]:
    """Warn of unknown names and of duplicates; `listed` contains the known names among all."""
    first: dict[str, Path] = {}
    for entry in entries:
        if not entry.made and entry.name in first:
            yield _duplicate(entry, first[entry.name])
        elif entry.name not in limits.LANGUAGES:
            yield _unknown(entry, listed)
        if not entry.made:
            first.setdefault(entry.name, entry.path)


def _duplicate(entry: Language, first: Path) -> Finding:
    return Finding(
        "duplicate-language",
        f"`{entry.name}` is already listed",
        entry.path,
        help="remove the duplicate",
        related=(("first listed here", Target(first)),),
        amendment=Amendment(f"remove the second `{entry.name}`", "remove", entry.path),
    )


def _unknown(entry: Language, listed: Container[str]) -> Finding:
    if entry.made:
        return Finding("unknown-language", f"unknown language from {entry.made}", entry.path)
    message = f"unknown language `{entry.name}`"
    meant = meant_language(entry.name)
    if meant is None:
        usual = ", ".join(limits.KNOWN_LANGUAGES[:8])
        usual_name = _version_hint(entry.name) or f"the usual names are {usual}, ..."
        hint = word_hint(entry.name) or f"it is allowed, if the executor knows it; {usual_name}"
        return Finding("unknown-language", message, entry.path, help=hint)
    amendment = (
        Amendment(f"remove `{entry.name}`: `{meant}` is already listed", "remove", entry.path)
        if meant in listed
        else Amendment(f'write "{meant}"', "reword", entry.path, meant)
    )
    return Finding("unknown-language", message, entry.path, help=f'did you mean "{meant}"?', amendment=amendment)
