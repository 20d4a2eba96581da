"""How strings are spelt: escapes, and where a stretch of a string's text is in the source."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from codeexec_config.expressions import expression

if TYPE_CHECKING:
    import re

    from codeexec_config.document.lines import Stretch

ESCAPE = expression(
    r'\\(?:(?P<plain>[btnfr"\\])|(?P<e>e)|x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8})'
    r"|(?P<fold>[ \t]*\r?\n[ \t\r\n]*))"
)
_LONGER = expression(rf"{ESCAPE.pattern}|\r\n")
_CRLF = expression("\r\n")
_PLAIN_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def unescape(escape: re.Match[str]) -> str | None:
    """Return what one escape means, or None when it names no character."""
    if escape["plain"]:
        return _PLAIN_ESCAPES[escape["plain"]]
    if escape["e"]:
        return "\x1b"
    if escape["fold"] is not None:
        return ""
    code = int(escape["x"] or escape["u"] or escape["U"], 16)
    return None if code in _SURROGATES or code > _LAST_CODE_POINT else chr(code)


class Spelling:
    """Turn stretches of a string's text into stretches of its spelling `raw`, quotes and escapes counted."""

    def __init__(self, raw: str) -> None:
        opening = next(mark for mark in ('"""', "'''", '"', "'") if raw.startswith(mark))
        at = len(opening)
        if at == 3:  # noqa: PLR2004 -- a line end right after the quotes is not part of the text
            at += len("\r\n") if raw.startswith("\r\n", at) else raw.startswith("\n", at)
        self._first = at
        # What is longer in `raw` than in the text: where it starts and ends in `raw`, and the text's offset after it.
        self._starts, self._ends, self._behind = array("q"), array("q"), array("q")
        longer = _LONGER if opening[0] == '"' else _CRLF
        behind = 0
        for found in longer.finditer(raw, at, len(raw) - len(opening)):
            behind += found.start() - at + (found.lastgroup != "fold")
            at = found.end()
            self._starts.append(found.start())
            self._ends.append(at)
            self._behind.append(behind)

    def inside(self, within: Stretch) -> Stretch:
        """Return the stretch in the spelling; it ends after its last character, before a line continuation."""
        return self._bounds(within[0])[0], self._bounds(within[1] - 1)[1]

    def _bounds(self, index: int) -> Stretch:
        """Return the start and the end of one character."""
        passed = bisect_right(self._behind, index)
        start = self._ends[passed - 1] + index - self._behind[passed - 1] if passed else self._first + index
        is_longer = passed < len(self._starts) and self._starts[passed] == start
        return start, self._ends[passed] if is_longer else start + 1
