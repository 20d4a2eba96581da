"""Take a table that a host has parsed itself, by whatever library, as plain built-ins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from codeexec_config import limits
from codeexec_config.diagnostics import Finding, Path
from codeexec_config.resolution import UNKNOWN


class Plain:
    """A section's table as plain built-ins, as deep as the section goes.

    What stands below an unknown key, or in a container where none is due, is not looked at: the key or the container
    is the mistake. So a table that is deep, wide or holds itself costs nothing.

    Attributes:
        value: the section, with `UNKNOWN` for what TOML cannot hold.
        findings: what TOML cannot hold.
    """

    def __init__(self, table: object) -> None:
        self.findings: list[Finding] = []
        self._around: list[object] = []
        self.value = self._section(table)

    def _section(self, table: object) -> Any:
        def read(key: str, value: object) -> Any:
            if key == "mode":
                return self._mode(value)
            if key == "allowed_languages":
                return self._languages(value)
            return self._leaf(value, (key,)) if key in limits.SECTION_KEYS else UNKNOWN

        return self._table(table, (), read)

    def _languages(self, value: Any) -> Any:
        path = ("allowed_languages",)
        if not _is_array(value) or self._is_around(value):
            return self._leaf(value, path)
        self._around.append(value)
        plain = [self._leaf(item, (*path, index)) for index, item in enumerate(value)]
        self._around.pop()
        return plain

    def _mode(self, value: object) -> Any:
        known = [name for name in value if name in limits.VARIANT_KEYS] if isinstance(value, Mapping) else []

        def read(name: str, variant: object) -> Any:
            return self._variant(name, variant) if known == [name] else UNKNOWN

        return self._table(value, ("mode",), read)

    def _variant(self, name: str, value: object) -> Any:
        path = ("mode", name)

        def read(key: str, inner: object) -> Any:
            return self._leaf(inner, (*path, key)) if key in limits.VARIANT_KEYS[name] else UNKNOWN

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
        self._refuse(path, "a key of this table is no string")
        return plain or UNKNOWN

    def _leaf(self, value: object, path: Path) -> Any:
        """Give a scalar; of a container only its kind, which is wrong here."""
        if self._is_around(value):
            return self._refuse(path, "this contains itself")
        if isinstance(value, bool | float | int | str | dt.date | dt.time):
            return _scalar(value)
        if isinstance(value, Mapping):
            return {}
        return [] if _is_array(value) else self._refuse(path, "this is nothing that TOML can hold")

    def _is_around(self, value: object) -> bool:
        return any(value is other for other in self._around)

    def _refuse(self, path: Path, message: str) -> Any:
        self.findings.append(Finding("wrong-type", message, path, help="pass the table as a TOML parser yields it"))
        return UNKNOWN


def _is_array(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview)


def _scalar(value: Any) -> Any:
    """Give a scalar of its exact type, whatever methods a subclass brings."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__int__(value)
    return float.__float__(value) if isinstance(value, float) else value
