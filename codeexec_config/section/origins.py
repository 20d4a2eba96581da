"""Trace each value of the effective config to its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from codeexec_config.keys import Key, keys_of
from codeexec_config.references import Reference, filled, parse
from codeexec_config.references import references as references_of
from codeexec_config.section.resolution import variant_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.findings import Path

Maker: TypeAlias = Literal["file", "default", "environment"]

_MASK = "**********"


class Source(NamedTuple):
    """A value before it has a place: its path, itself or its reference, its origin, and the references in it."""

    path: Path
    value: object
    maker: Maker
    reference: str | None = None


def sources(section: dict[str, Any], model: type[Any]) -> Iterator[Source]:
    """Yield the values of a section without errors, in the model's order, with the defaults of absent keys."""
    yield from _of_table(section, model, ())


def _of_table(table: dict[str, Any], cls: type[Any], path: Path) -> Iterator[Source]:
    for key in keys_of(cls):
        way = (*path, key.name)
        if key.variants is not None:
            yield from _of_union(key, table.get(key.name), way)
        elif key.name in table:
            yield _of_value(key, table[key.name], way)
        elif key.default is not None:
            yield Source(way, list(key.default) if key.kind == "list" else key.default, "default")


def _of_union(key: Key, value: Any, path: Path) -> Iterator[Source]:
    variants = key.variants or {}
    name = variant_of(key, value) if isinstance(value, dict) else None
    bare = next(iter(variants))
    if value is None or name is None:
        yield Source(path, bare, "default" if value is None else "file")
    elif not keys_of(variants[name]):
        yield Source(path, name, "file")
    else:
        yield from _of_table(value[name], variants[name], (*path, name))


def _of_value(key: Key, value: Any, path: Path) -> Source:
    texts = value if isinstance(value, list) else [value]
    found = [ref for text in texts if isinstance(text, str) for ref in references_of(parse(text))]
    if not found:
        plain = [filled(text, "") if isinstance(text, str) else text for text in texts]
        return Source(path, _MASK if key.kind == "secret" else plain if isinstance(value, list) else plain[0], "file")
    shown = [_without_defaults(text) for text in texts]
    if key.kind == "secret" and not all(isinstance(part, Reference) for part in parse(texts[0])):
        shown = [_MASK]
    reference = "".join(dict.fromkeys(ref.canonical for ref in found))
    return Source(path, shown if isinstance(value, list) else shown[0], "environment", reference)


def _without_defaults(text: str) -> str:
    pieces: list[str] = []
    at = 0
    for ref in references_of(parse(text)):
        pieces += (text[at : ref.start], ref.canonical)
        at = ref.end
    return "".join((*pieces, text[at:]))
