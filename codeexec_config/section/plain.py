"""Turn a table that a host has parsed with any library into plain built-ins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from codeexec_config.findings import Finding, Path, printable
from codeexec_config.keys import Key, key_table
from codeexec_config.section.resolution import UNKNOWN

_AS_PARSED: Final = "pass the table as a TOML parser yields it"


def astray(table: object, section: Path, model: type[Any]) -> Finding | None:
    """Return the finding if the value is not a table, or is a table around the section's, such as the document."""
    if not isinstance(table, Mapping):
        return _no_table(table, section)
    for depth, name in enumerate(section):
        if name not in key_table(model) and _holds(table, section[depth:]):
            passed = "document" if depth == 0 else "table"
            return Finding(
                "unknown-key",
                f"unknown key `{printable(str(name))}`: this is not the section's table, but one around it",
                (name,),
                help=f"pass {passed}{_subscripts(section[depth:])}",
            )
    return None


def _no_table(value: object, section: Path) -> Finding:
    way = f"document{_subscripts(section)}"
    if value is None:
        hint = "for an absent section pass {}, or use the defaults, CodeExecutionConfig()"
    elif isinstance(value, str | bytes | bytearray):
        hint = f"`loads` takes TOML text and `load` a path; a mapping is the section's own table, such as {way}"
    else:
        hint = f"pass the section's own table as a TOML parser yields it, such as {way}"
    return Finding("wrong-type", f"expected the section to be a table, found {_name(value)}", help=hint)


def _subscripts(path: Path) -> str:
    return "".join(f'["{printable(str(name))}"]' for name in path)


def _holds(table: object, path: Path) -> bool:
    """Check whether a table has another one at a path."""
    for name in path:
        if not isinstance(table, Mapping) or name not in table:
            return False
        table = table[name]
    return isinstance(table, Mapping)


class Plain:
    """A section's table as plain built-ins, as deep as the section goes.

    What is below an unknown key, or in an unexpected container, is not looked at: the key or the container is the
    mistake. So a table that is deep, wide or contains itself costs nothing.

    Attributes:
        value: the section, with `UNKNOWN` for what TOML cannot represent.
        findings: one for each value that TOML cannot represent.
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
        self._refuse(path, "expected keys that are strings", _AS_PARSED)
        return plain or UNKNOWN

    def _leaf(self, value: Any, path: Path) -> Any:
        """Return a scalar, or an empty container, which is of the wrong type here."""
        if self._is_around(value):
            return self._refuse(path, "the value contains itself", _AS_PARSED)
        if isinstance(value, bool | float | int | str | dt.date | dt.time):
            return _scalar(value)
        if isinstance(value, Mapping):
            return {}
        if _is_array(value):
            return []
        if type(value).__module__ == "tomlkit.items":
            return _scalar(value.unwrap())  # a Bool, the only item that does not subclass its value's type
        hint = "TOML has no null: leave the key out" if value is None else _AS_PARSED
        return self._refuse(path, f"expected a TOML value, found {_name(value)}", hint)

    def _is_around(self, value: object) -> bool:
        return any(value is other for other in self._around)

    def _refuse(self, path: Path, message: str, hint: str) -> Any:
        self.findings.append(Finding("wrong-type", message, path, help=hint))
        return UNKNOWN


def _shallow(value: object) -> Any:
    """Return a scalar below an unknown key, which may tell what was meant, or `UNKNOWN` for anything else."""
    return _scalar(value) if isinstance(value, bool | float | int | str) else UNKNOWN


def _name(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _is_array(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview)


def _scalar(value: Any) -> Any:
    """Return a scalar of the exact built-in type, whatever methods a subclass overrides."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__int__(value)
    return float.__float__(value) if isinstance(value, float) else value
