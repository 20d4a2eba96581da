"""The paths whose places are asked for, and the statements that can be skipped on the way to them.

A host file may have thousands of tables beside the section. One pattern skips its plain lines, a thousand at a time;
whatever it does not match, such as a value over several lines, is left to the scanner.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codeexec_config.findings import Path

_MOST: Final = 100
"""With more stems than this, a pattern of them all would cost as much as it saves."""
_BARE: Final = expression(r"[A-Za-z0-9_-]+")
_STRING: Final = r"""(?:"[^"\\\n]*+"(?!")|'[^'\n]*+'(?!'))?"""
_PLAIN: Final = r"""[^"'\[{#\n]*+"""
_END: Final = r"[ \t]*+(?:#[^\n]*+)?\r?\n"


class Stems:
    """The beginnings of the paths that are asked for, up to an array's first index.

    Args:
        paths: the paths; below each of them everything is asked for.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        paths = list(paths)
        self._entries = [(path[:-1], path[-1]) for path in paths if path and isinstance(path[-1], int)]
        stems = {tuple(takewhile(lambda part: type(part) is str, path)) for path in paths}
        self._stems = [stem for stem in stems if not any(stem[:end] in stems for end in range(len(stem)))]
        self._patterns: dict[Path | None, re.Pattern[str] | None] = {}

    @classmethod
    def few(cls, paths: Iterable[Path]) -> Stems | None:
        """Return the stems of paths, or None if it is cheaper to read the whole text."""
        stems = cls(paths)
        return stems if len(stems._stems) <= _MOST else None

    def entries(self, array: Path) -> frozenset[int]:
        """Return the indices of an array that are asked for, each with the one before it."""
        return frozenset(index - back for path, index in self._entries if path == array for back in (0, 1))

    def concern(self, path: Path) -> bool:
        """Check whether a path leads to a stem, or starts with one."""
        return any(stem[: len(path)] == path[: len(stem)] for stem in self._stems)

    def passable(self, table: Path | None) -> re.Pattern[str] | None:
        """Return the pattern of lines to skip in a table (None: one that concerns no stem), or None if none can be."""
        if table not in self._patterns:
            self._patterns[table] = self._pattern(table)
        return self._patterns[table]

    def _pattern(self, table: Path | None) -> re.Pattern[str] | None:
        if table is None:
            unasked = _unless(self._stems, r"\]")
            header = rf"|\[\[?{unasked}[A-Za-z0-9_. \t-]++\]\]?{_END}"
            return _lines("", header)
        below = [stem[len(table) :] for stem in self._stems if stem[: len(table)] == table]
        if not below or () in below:
            return None
        return _lines(_unless(below, "="), "")


def _lines(unasked: str, header: str) -> re.Pattern[str]:
    pair = rf"{unasked}[A-Za-z0-9_-]{_PLAIN}{_STRING}{_PLAIN}{_END}"
    return re.compile(rf"(?:[ \t]*+(?:{pair}{header}|{_END})){{1,1000}}")


def _unless(stems: Iterable[Path], end: str) -> str:
    """Return the pattern that no dotted key or header that concerns a stem comes next."""
    return rf"(?!{'|'.join(_ways(stem, end) for stem in stems)})"


def _ways(stem: Path, end: str) -> str:
    """Return the pattern of what leads to a stem; a name that needs or has quotes may be any name."""
    way = ""
    for name in reversed(list(_bare(stem))):
        further = rf"\.{way}" if way else r"\."
        way = rf"[ \t]*+(?:[\"']|{name}[ \t]*+(?:{end}|{further}))"
    return way or "."


def _bare(stem: Path) -> Iterator[str]:
    for name in map(str, stem):
        if not _BARE.fullmatch(name):
            return
        yield name
