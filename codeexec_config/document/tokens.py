"""Read the tokens of a TOML text: whitespace, comments, names, strings and scalars.

Tokens of TOML 1.1 are accepted, and noted if TOML 1.0 lacks them.
"""

from __future__ import annotations

import re
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from codeexec_config import limits
from codeexec_config.document.spelling import ESCAPE, unescape
from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from codeexec_config.document.lines import Stretch

_BLANK = expression(r"[ \t]*")
_SPACE = expression(r"[ \t\r\n]*")
_COMMENT = expression(r"#[^\r\n]*")
_COMMENTS = expression(r"(?:#[^\r\n]*+[ \t\r\n]*+){1,1000}")
_BARE_KEY = expression(r"[A-Za-z0-9_-]+")
# No repeated group is possessive: up to 3.11.4 the engine loses its place in one (python/cpython#106052). No group is
# repeated without bound either: the engine keeps a frame for each iteration.
_ONE_BARE_KEY = expression(r"[ \t]*+([A-Za-z0-9_-]++)[ \t]*+(?=[=\]])")
_ENDS = {
    '"""': expression(r'"{3,5}|\\.', re.DOTALL),
    "'''": expression(r"'{3,5}"),
    '"': expression(r'["\n]|\\[^\n]'),
    "'": expression(r"['\n]"),
}
_LINE_END = expression(r"\r?\n|\Z")
_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_MINUTES = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = rf"{_MINUTES}(?P<%s>:(?:[0-5][0-9]|60)(?:\.[0-9]+)?)?"
_OFFSET = rf"(?:[Zz]|[+-]{_MINUTES})?"
_MOMENT = expression(
    rf"{_DATE}(?:[Tt ]{_TIME % 'seconds_of_date'}{_OFFSET})?|{_TIME % 'seconds_of_time'}",
)
_LIKE_A_MOMENT = expression(r"[0-9]{4}-[0-9]{2}-|[0-9]{2}:[0-9]{2}")
_DIGITS = r"[0-9_]*+(?<!_)"
_NUMBER = expression(
    r"0x[0-9A-Fa-f][0-9A-Fa-f_]*+(?<!_)|0o[0-7][0-7_]*+(?<!_)|0b[01][01_]*+(?<!_)"
    rf"|[+-]?(?:inf|nan|(?:0|[1-9]{_DIGITS})(?:\.[0-9]{_DIGITS})?(?:[eE][+-]?[0-9]{_DIGITS})?)"
)
_NUMBER_SO_FAR = expression(
    r"0x[0-9A-Fa-f]++|0o[0-7]++|0b[01]++"
    r"|[+-]?(?:0|[1-9][0-9]*+(?:_[0-9]++){0,1000})(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
)
_WORD = expression(r"true|false")
_WORD_SO_FAR = expression(r"(?:true|false|[+-]?(?:inf|nan))(?![\w.+-])")
_NOTHING = expression(r"[\r\n#,\]}]|\Z")
_DELIMITER = expression(r"[ \t\r\n#,\]}]|\Z")
_MARK = expression(r"""["'\[{\]}\n]|#[^\n]*+""")
_WITHIN = expression(r"""(?:[^"'#\[{\]}]++|"[^"\\\n]*+"(?!")|'[^'\n]*+'(?!')){1,1000}""")
"""Text to skip within brackets: all but brackets, comments, and strings with escapes or over several lines."""
OPENINGS = ("${", "$<")


class Token(NamedTuple):
    """A value's place and kind: "string", "scalar", "array" or "table"."""

    start: int
    end: int
    kind: str


class Part(NamedTuple):
    """One name of a dotted key or header."""

    name: str
    start: int
    end: int


class Due(Enum):
    """What was due where a text stops being TOML."""

    KEY = "key"
    EQUALS = "equals"
    VALUE = "value"
    MOMENT = "moment"
    LINE_END = "line end"
    HEADER_END = "header end"
    COMMA = "comma"
    QUOTE = "quote"
    ESCAPE = "escape"
    ONCE = "once"
    FEWER_PARTS = "fewer parts"
    LESS_DEPTH = "less depth"
    FEWER_DIGITS = "fewer digits"
    PRINTABLE = "printable"
    READABLE = "readable"


class Flaw(NamedTuple):
    """The first thing in a text that is not TOML.

    Attributes:
        start: the first code point that cannot be read.
        end: one after it, or the same at the end of the text.
        due: what was due instead.
        key: the name that is given twice.
        first: where it was given first.
        opening: where the value begins, or what is not closed.
    """

    start: int
    end: int
    due: Due
    key: str | None = None
    first: Stretch | None = None
    opening: int | None = None


class Stop(Exception):  # noqa: N818 -- it ends the scan; nothing has gone wrong
    """Raised at the flaw."""


class Tokens:
    """Read one token after another.

    Attributes:
        comments: every comment, or run of comments with the whitespace between them.
        modern_keys: key parts whose escapes TOML 1.0 lacks.
        stand_ins: digits of dates and times that Python's types cannot represent, with others of the same length.
        flaw: the first thing that is not TOML, as far as tokens tell.
        brackets: where each array and inline table begins that is still open.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.comments: list[Stretch] = []
        self.modern_keys: list[Part] = []
        self.stand_ins: list[tuple[int, str]] = []
        self.flaw: Flaw | None = None
        self.brackets: list[int] = []
        self._pos = 0
        self._is_modern = False

    def _dotted(self) -> list[Part]:
        alone = _ONE_BARE_KEY.match(self.text, self._pos)
        if alone:
            self._pos = alone.end()
            return [Part(alone[1], *alone.span(1))]
        parts: list[Part] = []
        while True:
            self._blank()
            start = self._pos
            parts.append(Part(self._name(), start, self._pos))
            if len(parts) > limits.MAX_KEY_PARTS:
                self._fail(Due.FEWER_PARTS, start)
            self._blank()
            if not self._take("."):
                return parts

    def _name(self) -> str:
        start = self._pos
        bare = self._match(_BARE_KEY)
        if bare:
            return bare
        quote = self.text[start : start + 1]
        if quote not in {'"', "'"}:
            self._fail(Due.KEY)
        raw = self._quoted(quote)
        if quote == "'":
            return raw[1:-1]
        before, self._is_modern = self._is_modern, False
        name = self._decode(raw, start, 1)
        if self._is_modern and not self.brackets:
            self.modern_keys.append(Part(name, start, self._pos))
        # A key of an inline table makes its value modern; one of a statement is rewritten on its own.
        self._is_modern = before or (self._is_modern and bool(self.brackets))
        return name

    def _string(self, quote: str) -> str:
        start = self._pos
        opening = quote * 3 if self.text.startswith(quote * 3, start) else quote
        raw = self._quoted(opening)
        if quote == '"' and "\\" in raw:
            self._decode(raw, start, len(opening))
        return "string"

    def _quoted(self, opening: str) -> str:
        start = self._pos
        for found in _ENDS[opening].finditer(self.text, start + len(opening)):
            if found[0][0] == opening[0]:
                self._pos = found.end()
                return self.text[start : self._pos]
            if found[0] == "\n":
                break
        end = len(self.text)
        if len(opening) == 1 and (line_end := _LINE_END.search(self.text, start)):
            end = line_end.start()
        return self._fail(Due.QUOTE, end, opening=start)

    def _decode(self, raw: str, start: int, quotes: int) -> str:
        """Read the escapes of a basic string that begins at `start`."""
        pieces: list[str] = []
        at = quotes
        end = len(raw) - quotes
        while (found := raw.find("\\", at, end)) >= 0:
            escape = ESCAPE.match(raw, found, end)
            meant = escape and unescape(escape)
            if escape is None or meant is None or (escape["fold"] is not None and quotes == 1):
                self._fail(Due.ESCAPE, start + found, opening=start)
            if escape["e"] or escape["x"]:
                self._is_modern = True
            pieces += (raw[at:found], meant)
            at = escape.end()
        return "".join((*pieces, raw[at:end]))

    def _scalar(self) -> str:
        start = self._pos
        readable = start
        for pattern in (_NUMBER, _MOMENT, _WORD):
            found = pattern.match(self.text, start)
            if found and _DELIMITER.match(self.text, found.end()) and "__" not in found[0]:
                break
            if found and pattern is _MOMENT:
                readable = found.end()
        else:
            self._no_scalar(start, readable)
        if pattern is _MOMENT:
            self._moment(found)
        if pattern is _NUMBER and _is_too_long(found[0]):
            self._fail(Due.FEWER_DIGITS)
        self._pos = found.end()
        return "scalar"

    def _no_scalar(self, start: int, readable: int) -> NoReturn:
        """Stop after the number, moment or boolean that a value begins with, or else where it begins."""
        if readable == start and _LIKE_A_MOMENT.match(self.text, start):
            self._fail(Due.MOMENT)
        found = _NUMBER_SO_FAR.match(self.text, start) or _WORD_SO_FAR.match(self.text, start)
        self._fail(Due.VALUE, max(readable, found.end() if found else start), opening=start)

    def _moment(self, found: re.Match[str]) -> None:
        """Note what TOML 1.0 lacks, and what RFC 3339 allows but Python's types lack: the year 0 and a leap second."""
        group = "seconds_of_time" if found[0][2] == ":" else "seconds_of_date"
        if group == "seconds_of_date":
            self._date(found)
        if ":" in found[0] and not found[group]:
            self._is_modern = True
        elif (found[group] or "").startswith(":60"):
            self.stand_ins.append((found.start(group), ":59"))

    def _date(self, found: re.Match[str]) -> None:
        year, month, day = map(int, found[0][:10].split("-"))
        if not year:
            self.stand_ins.append((found.start(), "2000"))
        try:
            date(year or 2000, month, day)
        except ValueError:
            self._fail(Due.MOMENT)

    def _skim(self) -> None:
        """Pass over a statement of a text that a parser has accepted: to the first line end outside of a value."""
        depth = 0
        while found := _MARK.search(self.text, self._pos):
            mark = found[0]
            if mark == "\n" and not depth:
                self._pos = found.start()
                return
            self._pos = found.end()
            if mark in {'"', "'"}:
                self._pos = found.start()
                self._quoted(mark * 3 if self.text.startswith(mark * 3, self._pos) else mark)
            elif mark in "[{":
                depth += 1
            elif mark in "]}":
                depth -= 1
            if depth and (plain := _WITHIN.match(self.text, self._pos)):
                self._pos = plain.end()
        self._pos = len(self.text)

    # -- small steps ---------------------------------------------------------------------------------------------------

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self._pos)
        if not found:
            return ""
        self._pos = found.end()
        return found[0]

    def _take(self, mark: str) -> bool:
        if not self.text.startswith(mark, self._pos):
            return False
        self._pos += len(mark)
        return True

    def _blank(self) -> None:
        self._match(_BLANK)

    def _space(self) -> None:
        self._match(_SPACE)
        while self._comment(_COMMENTS):
            pass

    def _comment(self, pattern: re.Pattern[str] = _COMMENT) -> bool:
        start = self._pos
        if not self._match(pattern):
            return False
        self.comments.append((start, self._pos))
        return True

    def _fail(self, due: Due, at: int | None = None, opening: int | None = None) -> NoReturn:
        start = self._pos if at is None else at
        self.flaw = Flaw(start, min(start + 1, len(self.text)), due, opening=opening)
        raise Stop


def _is_too_long(number: str) -> bool:
    """Check whether an integer has more digits than the limit; a float may have any number."""
    if len(number) <= limits.MAX_INTEGER_DIGITS:
        return False
    digits = number.removeprefix(number[:2] if number[1].isalpha() else "").replace("_", "").lstrip("+-")
    is_integer = number[1].isalpha() or digits.isdigit()
    return is_integer and len(digits) > limits.MAX_INTEGER_DIGITS


def past_space(text: str, at: int) -> int:
    """Return the offset after whitespace, line ends and comments."""
    while (found := _COMMENTS.match(text, at) or _SPACE.match(text, at)) and found[0]:
        at = found.end()
    return at
