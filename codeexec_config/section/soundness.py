"""Check, from the file alone, that a value has no error and does not conflict with its neighbours.

Each reference is taken as set. This looks at one value and its neighbours; it does not run the rules a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codeexec_config import references
from codeexec_config.findings import errors
from codeexec_config.keys import REQUIRED, Key, Kind, key_table, keys_of, union_of
from codeexec_config.references import Literal, Malformed
from codeexec_config.rules import across
from codeexec_config.rules.across import Facts, Languages, ModeFacts
from codeexec_config.rules.alone import judge, judge_header
from codeexec_config.rules.templates import is_whole_reference
from codeexec_config.section.resolution import UNKNOWN, variant_of
from codeexec_config.section.structure import is_in_pieces, is_keyed, misspelt

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.findings import Path
    from codeexec_config.rules.urls import Url

_PATH: Final = ("",)


def is_sound(key: Key, value: Any) -> bool:
    """Check that a value alone has no error."""
    return _BY_KIND[key.kind](key, value)


def _is_sound_number(key: Key, value: Any) -> bool:
    if type(value) is str:
        return is_whole_reference(key, value)
    return type(value) is int and judge(key, value, _PATH, {}) is None


def _is_sound_boolean(key: Key, value: Any) -> bool:
    return is_whole_reference(key, value) if type(value) is str else type(value) is bool


def _is_sound_text(key: Key, value: Any) -> bool:
    if type(value) is not str:
        return False
    text = _from_the_file(value) if "$" in value else value
    if text is not None:
        return judge(key, text, _PATH, {}) is None
    if any(isinstance(segment, Malformed) for segment in references.parse(value)):
        return False
    from codeexec_config.section.blame import may_be_right, of_unread  # here: few texts hold a reference

    # No single stand-in fits several references, such as ${BASE}:${PORT}.
    is_alone = len(references.references(references.parse(value))) == 1
    return (may_be_right(key, value, _PATH) or not is_alone) and of_unread(key, value, _PATH, {}) is None


def _from_the_file(text: str) -> str | None:
    """Return the text with its references replaced by their defaults, or None if that is impossible."""
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
    return judge_header(references.filled(value, "x"), _PATH) is None


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
    """Check that a class's table has every required key, no unknown key, and no value with an error."""
    if type(table) is not dict or table.keys() - key_table(cls).keys():
        return False
    return all(
        is_sound(key, table[key.name]) if key.name in table else key.default is not REQUIRED for key in keys_of(cls)
    )


_BY_KIND: Final[dict[Kind, Callable[[Key, Any], bool]]] = {
    "boolean": _is_sound_boolean,
    "integer": _is_sound_number,
    "text": _is_sound_text,
    "secret": _is_sound_secret,
    "choice": _is_sound_choice,
    "list": _is_sound_list,
    "union": _is_sound_union,
}


def conflicts(section: dict[str, Any], model: type[Any]) -> frozenset[Path]:
    """Return the paths of conflicting values: the errors of the rules across keys."""
    languages = section.get("allowed_languages")
    memory = section.get("max_memory_mb")
    facts = Facts(
        enabled=section.get("enabled") is not False,
        mode=_mode_facts(section, model),
        languages=Languages(map(_without_references, languages if type(languages) is list else ())),
        memory=memory if type(memory) is int else None,
        allows_nothing=languages == [],
    )
    return frozenset(finding.path for finding in errors(across.judge(facts)))


def _without_references(entry: Any) -> Any:
    return UNKNOWN if type(entry) is str and "$" in entry else entry


def _mode_facts(section: dict[str, Any], model: type[Any]) -> ModeFacts | None:
    union = union_of(model)
    if union is None or union.variants is None:
        return None
    if is_in_pieces(section, model):
        return None
    if union.name not in section and union.name in misspelt(section, model).values():
        return None  # as for the rules: the value of a misspelt key is not judged yet
    value = section.get(union.name, next(iter(union.variants)))
    if type(value) is not dict:
        return ModeFacts(value) if type(value) is str else None
    name = variant_of(union, value)
    table = value[name] if name is not None and keys_of(union.variants[name]) else {}
    if name is None or type(table) is not dict:
        return None
    urls: dict[Path, Url] = {}
    for key in keys_of(union.variants[name]):
        text = table.get(key.name)
        if key.kind == "text" and type(text) is str and "$" not in text:
            judge(key, text, (union.name, name, key.name), urls)
    return ModeFacts(name, table.get("runtime"), urls, keyed=is_keyed(table, union.variants[name]))
