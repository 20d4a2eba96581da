"""Take a table that a host has parsed itself, by whatever library, as plain built-ins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from codeexec_config import limits
from codeexec_config.diagnostics import Finding, Path
from codeexec_config.resolution import UNKNOWN


class Plain:
    """A table as plain built-ins.

    Attributes:
        value: the table, with `UNKNOWN` for what TOML cannot hold.
        findings: what TOML cannot hold.
    """

    def __init__(self, table: object) -> None:
        self.findings: list[Finding] = []
        self._around: set[int] = set()
        self.value = self._plain(table, ())

    def _plain(self, value: Any, path: Path) -> Any:
        if isinstance(value, bool | float | int | str | dt.date | dt.time):
            return _scalar(value)
        if isinstance(value, Mapping):
            return self._inside(value, path, self._table)
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
            return self._inside(value, path, self._array)
        return self._refuse(path, "this is nothing that TOML can hold")

    def _inside(self, value: Any, path: Path, read: Any) -> Any:
        if id(value) in self._around:
            return self._refuse(path, "this contains itself")
        if len(path) > limits.MAX_DEPTH:
            return self._refuse(path, f"this is nested more than {limits.MAX_DEPTH} deep")
        self._around.add(id(value))
        plain = read(value, path)
        self._around.discard(id(value))
        return plain

    def _table(self, table: Mapping[Any, Any], path: Path) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key in table:
            if isinstance(key, str):
                name = str.__str__(key)
                plain[name] = self._plain(table[key], (*path, name))
            else:
                self._refuse(path, "a key of this table is no string")
        return plain

    def _array(self, items: Sequence[Any], path: Path) -> list[Any]:
        return [self._plain(item, (*path, index)) for index, item in enumerate(items)]

    def _refuse(self, path: Path, message: str) -> Any:
        self.findings.append(Finding("wrong-type", message, path, help="pass the table as a TOML parser yields it"))
        return UNKNOWN


def _scalar(value: Any) -> Any:
    """Give a scalar of its exact type, whatever methods a subclass brings."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__int__(value)
    return float.__float__(value) if isinstance(value, float) else value
