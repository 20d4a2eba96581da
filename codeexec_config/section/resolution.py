"""What the stages from plain values to a judged config pass on."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codeexec_config.findings import Finding, Path
    from codeexec_config.keys import Key


class Unknown(Enum):
    """The value of a key that is present but whose value is unknown; no rule judges it."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


def value_at(table: Any, path: Path) -> Any:
    """Return the value at a path of a table."""
    for part in path:
        table = table[part]
    return table


def opened(table: Any, path: Sequence[str | int]) -> tuple[Any, Any]:
    """Return a copy of a table, and of the container at a path of it; everything else is shared with the table."""
    changed = table.copy()
    inner = changed
    for part in path:
        inner[part] = inner[part].copy()
        inner = inner[part]
    return changed, inner


def _made_of_nothing(_: str) -> None:
    """Return None: no variable made the text."""


class Resolution:
    """A section while it is turned from a file's text into values.

    Attributes:
        values: the section with its references read; unknown values are `UNKNOWN`.
        findings: what is wrong with references, with paths from the section.
        made: by path, the variables or defaults that a value comes from, as messages name them.
        made_of: returns the same for the text of a list's entry: there may be a million, and few are asked for.
        unread: by path, the keys whose text contains a reference that was not looked up.
        deferred: each such reference with its path.
        literals: by path, the text of a secret that is written into the file.
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
        """Return the file's value at a path."""
        return value_at(self._section, path)

    def maker(self, path: Path) -> str | None:
        """Return the variables or defaults that the value at a path comes from, or None."""
        return self.made_of(self.text(path)) if type(path[-1]) is int else self.made.get(path)

    def put(self, path: Path, value: Any) -> None:
        """Set a value; its containers are copied first, so that the caller's data stays as it is."""
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
