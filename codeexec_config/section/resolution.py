"""What the stages from plain values to a judged config hand on."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codeexec_config.findings import Finding, Path
    from codeexec_config.keys import Key


class Unknown(Enum):
    """The value of a key that is there, but that nobody can know; no rule judges it."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


def value_at(table: Any, path: Path) -> Any:
    """Return what a table holds at a path."""
    for part in path:
        table = table[part]
    return table


def opened(table: Any, path: Sequence[str | int]) -> tuple[Any, Any]:
    """Return a copy of a table, and what stands at a path of it, copied too; all else is shared with the table."""
    changed = table.copy()
    inner = changed
    for part in path:
        inner[part] = inner[part].copy()
        inner = inner[part]
    return changed, inner


def _made_of_nothing(_: str) -> None:
    """Return that no variable made a text."""


class Resolution:
    """A section on its way from a file's text to values.

    Attributes:
        values: the section with its references read; what nobody can know is `UNKNOWN`.
        findings: what is wrong with references, with paths from the section.
        made: by path, the variables, or the defaults, that a value comes from, as a message names them.
        made_of: returns the same of the text of a list's entry: there may be a million, and few are asked for.
        unread: by path, the keys whose text holds a reference that was not looked up.
        deferred: each such reference with its path.
        literals: by path, the text of a secret that stands in the file.
        enabled: whether the section is on.
    """

    __slots__ = ("_section", "deferred", "enabled", "findings", "literals", "made", "made_of", "unread", "values")

    def __init__(self, section: dict[str, Any]) -> None:
        self._section = section
        self.values = section.copy()
        self.findings: list[Finding] = []
        self.made: dict[Path, str] = {}
        self.made_of: Callable[[str], str | None] = _made_of_nothing
        self.unread: dict[Path, Key] = {}
        self.deferred: list[tuple[Path, str]] = []
        self.literals: dict[Path, str] = {}
        self.enabled = True

    def text(self, path: Path) -> Any:
        """Return what the file has at a path."""
        return value_at(self._section, path)

    def maker(self, path: Path) -> str | None:
        """Return the variables, or the defaults, that the text at a path gets its value from, if it does."""
        return self.made_of(self.text(path)) if type(path[-1]) is int else self.made.get(path)

    def put(self, path: Path, value: Any) -> None:
        """Set a value; what it stands in is copied first, so that the caller's data stays as it is."""
        original: Any = self._section
        values: Any = self.values
        for part in path[:-1]:
            inner = original[part]
            if values[part] is inner:
                values[part] = inner.copy()
            original, values = inner, values[part]
        values[path[-1]] = value


def variant_of(key: Key, table: dict[str, Any]) -> str | None:
    """Return the one variant that a table of the union names, or None."""
    variants = key.variants or {}
    if len(table) == 1:
        [name] = table
        return name if name in variants else None
    known = [name for name in table if name in variants]
    return known[0] if len(known) == 1 else None
