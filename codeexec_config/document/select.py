"""Find the section in a document."""

from __future__ import annotations

from typing import Any, cast

from codeexec_config.findings import Finding, Path


def select(data: dict[str, Any], section: Path) -> dict[str, Any] | Finding | None:
    """Return the section's table, the finding that it or a table on its way is not one, or None when it is absent."""
    table: Any = data
    for depth, part in enumerate(section):
        if part not in table:
            return None
        table = table[part]
        if type(table) is not dict:
            return _no_table(section[: depth + 1])
    return cast("dict[str, Any]", table)


def _no_table(path: Path) -> Finding:
    name = ".".join(str(part) for part in path)
    return Finding("wrong-type", f"expected `{name}` to be a table", path, help=f"write it as a table: [{name}]")
