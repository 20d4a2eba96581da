"""Read values as written for other tools: a number with its unit, a boolean as a word, a list in one string."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.document.characters import cleaned, strange
from codeexec_config.expressions import expression
from codeexec_config.rules.foreign import hint, list_hint, unpadded
from codeexec_config.rules.languages import meant_language, split_names, word_hint
from codeexec_config.rules.units import finest, plural, ratio, read_number

if TYPE_CHECKING:
    from codeexec_config.keys import Bounds, Key

_WORDS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_FRACTION: Final = expression(r"[0-9]+[.]0+")
_ENDLESS: Final = frozenset(
    {"forever", "inf", "infinite", "infinity", "max", "maximum", "never", "no limit", "no_limit", "none", "unbounded"}
    | {"unlimited", "\u221e"}
)
_DEFAULT: Final = frozenset({"auto", "default"})
_PARTS: Final = expression("[\x00-\x1f\x7f\u2032\u2033]")
"""Separators of numbers, and the signs for minutes and seconds: without them a text means another number."""


def meant_value(key: Key, value: Any) -> Any:
    """Return the value of the key's type that a value of another type was certainly meant as, or None."""
    if key.kind == "boolean":
        return _WORDS.get(cleaned(value).lower()) if type(value) is str else None
    if key.kind == "integer":
        return _number(key, value)
    return _names(value) if key.kind == "list" and type(value) is str else None


def _names(text: str) -> list[str] | None:
    names = split_names(text)
    if names is None and "$" not in text and (meant := meant_language(text)):
        return [meant]
    return names


def _number(key: Key, value: Any) -> int | None:
    if type(value) is float:
        return int(value) if _FRACTION.fullmatch(repr(value)) else None
    if type(value) is dt.time:
        return read_number(value.isoformat(), key)
    if type(value) is not str or _PARTS.search(value.strip()):
        return None
    return read_number(cleaned(value), key)


def habit_hint(key: Key, value: Any) -> str:
    """Return how to write a value of another type as one of the key's type."""
    odd = strange(value) if type(value) is str else None
    if odd is not None and unpadded(value) is None:
        meant = value if _PARTS.search(value.strip()) else cleaned(value)
        return f"it contains {odd[1]}; {_hint(key, meant)}"
    return _hint(key, value)


def _hint(key: Key, value: Any) -> str:
    if key.kind == "list":
        return _list_hint(key, value)
    if type(value) is str and (reference := hint(value)):
        return reference
    if key.bounds is None:
        return "write true or false, in lower case and without quotes"
    return _number_hint(key, key.bounds, value)


def _number_hint(key: Key, bounds: Bounds, value: Any) -> str:
    form = f"`{key.name}` takes a whole number of {plural(bounds.unit)}, without quotes or a unit"
    number = _number(key, value)
    if type(value) is str and (unit := finest(value, key)):
        return f"{form}: {ratio(key, unit)}"
    word = str(value).strip().lower() if type(value) in {str, float} else ""
    if word in _ENDLESS:
        return f"{form}; there is always a limit, at most {bounds.maximum}"
    if word in _DEFAULT:
        return f"{form}; leave the key out for its default"
    if number is None or bounds.minimum <= number <= bounds.maximum:
        return form if number is None else f"{form}: {number}"
    return f"{form}, from {bounds.minimum} to {bounds.maximum}"


def _list_hint(key: Key, value: Any) -> str:
    names = _names(value) if type(value) is str else None
    if type(value) is str and names is None and (reference := list_hint(value)):
        return reference
    form = f"write it in brackets, such as {written(names or list(key.examples[0][:1]))}"
    word = word_hint(value) if type(value) is str else None
    return f"{form}; {word}" if word else form


def written(value: Any) -> str:
    """Return how TOML writes a boolean, an integer, or a list of plain names."""
    if isinstance(value, list):
        names = ", ".join(f'"{name}"' for name in value)
        return f"[{names}]"
    return str(value).lower()
