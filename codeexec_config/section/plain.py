"""Take a table that a host has parsed itself, by whatever library, as plain built-ins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from codeexec_config.findings import Finding, Path
from codeexec_config.keys import Key, key_table
from codeexec_config.section.resolve import UNKNOWN


class Plain:
    """A section's table as plain built-ins, as deep as the section goes.

    What stands below an unknown key, or in a container where none is due, is not looked at: the key or the container
    is the mistake. So a table that is deep, wide or holds itself costs nothing.

    Attributes:
        value: the section, with `UNKNOWN` for what TOML cannot hold.
        findings: what TOML cannot hold.
    """

    def __init__(self, table: object, model: type[Any]) -> None:
        self.findings: list[Finding] = []
        self._around: list[object] = []
        self.value = self._class_table(table, model, ())

    def _class_table(self, table: object, cls: type[Any], path: Path) -> Any:
        keys = key_table(cls)

        def read(name: str, value: object) -> Any:
            return self._value(value, keys[name], (*path, name)) if name in keys else _shallow(value)

        return self._table(table, path, read)

    def _value(self, value: object, key: Key, path: Path) -> Any:
        if key.variants is not None:
            return self._union(value, key, path)
        return self._list(value, path) if key.item is not None else self._leaf(value, path)

    def _list(self, value: Any, path: Path) -> Any:
        if not _is_array(value) or self._is_around(value):
            return self._leaf(value, path)
        self._around.append(value)
        plain = [self._leaf(entry, (*path, index)) for index, entry in enumerate(value)]
        self._around.pop()
        return plain

    def _union(self, value: object, key: Key, path: Path) -> Any:
        variants = key.variants or {}
        known = [name for name in value if name in variants] if isinstance(value, Mapping) else []

        def read(name: str, table: object) -> Any:
            return self._class_table(table, variants[name], (*path, name)) if known == [name] else _shallow(table)

        return self._table(value, path, read)

    def _table(self, table: object, path: Path, read: Any) -> Any:
        if not isinstance(table, Mapping) or self._is_around(table):
            return self._leaf(table, path)
        self._around.append(table)
        keys = list(table)
        plain = {str.__str__(key): read(str.__str__(key), table[key]) for key in keys if isinstance(key, str)}
        self._around.pop()
        if len(plain) == len(keys):
            return plain
        self._refuse(path, "expected keys that are strings")
        return plain or UNKNOWN

    def _leaf(self, value: object, path: Path) -> Any:
        """Return a scalar; of a container only its kind, which is wrong here."""
        if self._is_around(value):
            return self._refuse(path, "the value contains itself")
        if isinstance(value, bool | float | int | str | dt.date | dt.time):
            return _scalar(value)
        if isinstance(value, Mapping):
            return {}
        return [] if _is_array(value) else self._refuse(path, f"expected a value of TOML, found {_name(value)}")

    def _is_around(self, value: object) -> bool:
        return any(value is other for other in self._around)

    def _refuse(self, path: Path, message: str) -> Any:
        self.findings.append(Finding("wrong-type", message, path, help="pass the table as a TOML parser yields it"))
        return UNKNOWN


def _shallow(value: object) -> Any:
    """Return a scalar below an unknown key, which may tell what the key was meant for, and nothing of a container."""
    return _scalar(value) if isinstance(value, bool | float | int | str) else UNKNOWN


def _name(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _is_array(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview)


def _scalar(value: Any) -> Any:
    """Return a scalar of its exact type, whatever methods a subclass brings."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__int__(value)
    return float.__float__(value) if isinstance(value, float) else value
