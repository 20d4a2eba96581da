"""Turn offsets of a text into lines and columns."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right

from codeexec_config.diagnostics import Edit, Position, Span

Stretch = tuple[int, int]


class Lines:
    """Turn offsets of a text into positions; `shift` is the length of a byte order mark before it, or 0."""

    def __init__(self, text: str, shift: int = 0) -> None:
        self._starts = array("q", [0])
        self._starts.extend(map(re.Match.end, re.finditer("\n", text)))
        self._text = text
        self._shift = shift

    def position(self, offset: int) -> Position:
        """Return the place of one code point."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1, offset + self._shift)

    def span(self, start: int, end: int) -> Span:
        """Return the place of a stretch."""
        return Span(self.position(start), self.position(end))

    def edit(self, start: int, end: int, text: str) -> Edit:
        """Return the edit that replaces a stretch by a text, with the line ends used there."""
        behind = self._starts[min(bisect_right(self._starts, start), len(self._starts) - 1)]
        is_crlf = self._text.endswith("\r\n", 0, behind)
        return Edit(self.span(start, end), text.replace("\n", "\r\n") if is_crlf else text)

    def bounds(self, offset: int) -> Stretch:
        """Return the start and the end of the line of one code point, without its line end."""
        line = bisect_right(self._starts, offset)
        end = self._starts[line] - 1 if line < len(self._starts) else len(self._text)
        start = self._starts[line - 1]
        return start, end - (end > start and self._text[end - 1] == "\r" and line < len(self._starts))

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column that count from 1."""
        return min(self._starts[line - 1] + column - 1, len(self._text))
