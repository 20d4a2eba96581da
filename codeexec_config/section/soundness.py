"""Check, from the file alone, that a value has no error of its own and sits well with what stands beside it.

Each reference is taken as set. This looks at one value and its neighbours; it is no second run of the rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codeexec_config import limits, references
from codeexec_config.keys import REQUIRED, Key, Kind, key_table, keys_of, union_of
from codeexec_config.references import Literal, Malformed, Reference
from codeexec_config.rules.alone import judge, judge_header
from codeexec_config.section.resolve import taken_as_set, variant_of

if TYPE_CHECKING:
    from collections.abc import Callable

_PATH: Final = ("",)


def is_sound(key: Key, value: Any) -> bool:
    """Check that a value has no error of its own."""
    return _BY_KIND[key.kind](key, value)


def _is_sound_number(key: Key, value: Any) -> bool:
    if type(value) is str:
        return _is_whole_reference(key, value)
    return type(value) is int and judge(key, value, _PATH, {}) is None


def _is_sound_boolean(key: Key, value: Any) -> bool:
    return _is_whole_reference(key, value) if type(value) is str else type(value) is bool


def _is_whole_reference(key: Key, text: str) -> bool:
    """Check that a string is one reference, whose default, if there is one, is such a value."""
    segments = references.parse(text)
    if len(segments) != 1 or not isinstance(segments[0], Reference):
        return False
    default = segments[0].default
    if default is None:
        return True
    if key.kind is Kind.BOOLEAN:
        return references.read_boolean(default) is not None
    number = references.read_integer(default)
    return number is not None and judge(key, number, _PATH, {}) is None


def _is_sound_text(key: Key, value: Any) -> bool:
    if type(value) is not str:
        return False
    text = _from_the_file(value) if "$" in value else value
    if text is None:
        return not any(isinstance(segment, Malformed) for segment in references.parse(value))
    return judge(key, text, _PATH, {}) is None


def _from_the_file(text: str) -> str | None:
    """Return what the file alone makes of a text, or None when that needs a variable or cannot be."""
    pieces = [
        segment.text if isinstance(segment, Literal) else getattr(segment, "default", None)
        for segment in references.parse(text)
    ]
    return None if None in pieces else "".join(piece for piece in pieces if piece is not None)


def _is_sound_secret(_: Key, value: Any) -> bool:
    if type(value) is not str:
        return False
    segments = references.parse(value)
    if any(isinstance(segment, Malformed) or getattr(segment, "operator", "") == "-" for segment in segments):
        return False
    return judge_header(taken_as_set(value), _PATH) is None


def _is_sound_choice(key: Key, value: Any) -> bool:
    return type(value) is str and value in (key.choices or ())


def _is_sound_list(key: Key, value: Any) -> bool:
    item = key.item
    return type(value) is list and item is not None and all(is_sound(item, entry) for entry in value)


def _is_sound_union(key: Key, value: Any) -> bool:
    variants = key.variants or {}
    if type(value) is not dict:
        return type(value) is str and value == next(iter(variants))
    return (
        len(value) == 1 and (name := variant_of(key, value)) is not None and is_sound_table(variants[name], value[name])
    )


def is_sound_table(cls: type[Any], table: Any) -> bool:
    """Check that a class's table has what it needs, nothing else, and no value with an error of its own."""
    if type(table) is not dict or table.keys() - key_table(cls).keys():
        return False
    return all(
        is_sound(key, table[key.name]) if key.name in table else key.default is not REQUIRED for key in keys_of(cls)
    )


_BY_KIND: Final[dict[Kind, Callable[[Key, Any], bool]]] = {
    Kind.BOOLEAN: _is_sound_boolean,
    Kind.INTEGER: _is_sound_number,
    Kind.TEXT: _is_sound_text,
    Kind.SECRET: _is_sound_secret,
    Kind.CHOICE: _is_sound_choice,
    Kind.LIST: _is_sound_list,
    Kind.UNION: _is_sound_union,
}


def conflicts(section: dict[str, Any], model: type[Any]) -> frozenset[str]:
    """Return the keys whose values do not go with the rest: what the mode cannot run, or not within such a memory."""
    name, runtime = _mode(section, model)
    found: set[str] = set()
    memory = section.get("max_memory_mb")
    if type(memory) is int:
        is_low = runtime == "docker" and memory < limits.DOCKER_MEMORY_FLOOR_MB
        if is_low or (name == "wasm" and memory > limits.WASM_MEMORY_CEILING_MB):
            found.add("max_memory_mb")
    languages = section.get("allowed_languages")
    if type(languages) is list and (not languages or (name == "wasm" and not _run_in_wasm(languages))):
        found.add("allowed_languages")
    return frozenset(found)


def _run_in_wasm(languages: list[Any]) -> bool:
    return all(type(entry) is not str or "$" in entry or entry in limits.WASM_LANGUAGES for entry in languages)


def _mode(section: dict[str, Any], model: type[Any]) -> tuple[str | None, Any]:
    """Return the variant that a section names, and its runtime."""
    union = union_of(model)
    if union is None:
        return None, None
    value = section.get(union.name, next(iter(union.variants or ())))
    if type(value) is not dict:
        return (value if type(value) is str else None), None
    name = variant_of(union, value)
    table = value[name] if name is not None else None
    return name, table.get("runtime") if type(table) is dict else None
