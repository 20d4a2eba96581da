"""The effective config: each value with its origin, as text and as plain data."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config.diagnostics import place
from codeexec_config.findings import printable_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codeexec_config.diagnostics import Origin
    from codeexec_config.findings import Path

VERSION: Final = 1
_BARE: Final = re.compile("[A-Za-z0-9_-]+")


class Value(NamedTuple):
    """A value of the effective config, and the entries of the host's policy that apply to it."""

    origin: Origin
    ceilings: Mapping[str, object]


def structure(file: str, values: Sequence[Value]) -> dict[str, Any]:
    """Return the one object that `show --format json` prints; a value under a policy has its ceilings too."""
    return {"version": VERSION, "path": file, "values": [_value(value) for value in values]}


def _value(value: Value) -> dict[str, Any]:
    origin = value.origin
    start = None if origin.span is None else origin.span.start
    entry: dict[str, Any] = {
        "path": list(origin.path),
        "value": origin.value,
        "origin": {
            "kind": origin.kind,
            "line": start and start.line,
            "column": start and start.column,
            "reference": origin.reference,
        },
    }
    return {**entry, "ceilings": dict(value.ceilings)} if value.ceilings else entry


def render(file: str, values: Sequence[Value]) -> str:
    """Return one line per value, written as in TOML, followed by its origin."""
    lines = [f"{_key(value.origin.path)} = {_toml(value.origin.value)}" for value in values]
    width = max(map(len, lines), default=0)
    return "".join(f"{line:<{width}}  # {_source(file, value)}\n" for line, value in zip(lines, values, strict=True))


def _source(file: str, value: Value) -> str:
    origin = value.origin
    where = [] if origin.span is None else [printable_line(place(file, origin.span))]
    made = [origin.reference] if origin.reference else [] if where else [origin.kind]
    ceilings = "; ".join(f"{entry} = {_toml(limit)}" for entry, limit in value.ceilings.items())
    return ", ".join((*made, *where)) + (f" (policy: {ceilings})" if ceilings else "")


def _key(path: Path) -> str:
    return ".".join(str(part) if _BARE.fullmatch(str(part)) else _toml(part) for part in path)


def _toml(value: object) -> str:
    return printable_line(json.dumps(value, ensure_ascii=False))
