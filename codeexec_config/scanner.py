"""Say where in a TOML text each key and value stands.

The parsers give values without places, so a path is located afterwards, and only when there is something to say of it.
The scanner reads tokens, not meanings: it accepts TOML 1.1, leaves the verdict to the parsers, and where both refuse a
text it knows the reasons that people meet most, such as a key given twice.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from contextlib import suppress
from typing import NamedTuple, NoReturn

from codeexec_config import limits
from codeexec_config.diagnostics import Path, Position, Span, Target

Stretch = tuple[int, int]

_BLANK = re.compile(r"[ \t]*")
_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"#[^\r\n]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"')
_LITERAL = re.compile(r"'[^'\n]*+'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]++|\\.|"(?!""))*+"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''(?:[^']++|'(?!''))*+'{3,5}")
_ESCAPE = re.compile(
    r'\\(?:(?P<plain>[btnfr"\\])|(?P<e>e)|x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8})'
    r"|(?P<fold>[ \t]*\r?\n[ \t\r\n]*))"
)
_PLAIN_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(?P<%s>:[0-9]{2}(?:\.[0-9]+)?)?"
_OFFSET = r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
_MOMENT = re.compile(
    rf"{_DATE}(?:[Tt ]{_TIME % 'seconds_of_date'}{_OFFSET})?|{_TIME % 'seconds_of_time'}",
)
_NUMBER = re.compile(
    r"0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*+|0o[0-7](?:_?[0-7])*+|0b[01](?:_?[01])*+"
    r"|[+-]?(?:inf|nan|(?:0|[1-9](?:_?[0-9])*+)(?:\.[0-9](?:_?[0-9])*+)?(?:[eE][+-]?[0-9](?:_?[0-9])*+)?)"
)
_WORD = re.compile(r"true|false")
_NOTHING = re.compile(r"[\r\n#,\]}]|\Z")
_DELIMITER = re.compile(r"[ \t\r\n#,\]}]|\Z")
_DIGITS = re.compile(r"[0-9A-Fa-f_]+")
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class Token(NamedTuple):
    """A value's place and kind: "string", "scalar", "array" or "table"."""

    start: int
    end: int
    kind: str


class Flaw(NamedTuple):
    """The first thing in a text that is not TOML; a key given twice has its name and the place of the first."""

    start: int
    end: int
    reason: str
    key: str | None = None
    first: Stretch | None = None


class _Stop(Exception):  # noqa: N818 -- it ends the scan, which is no error of ours
    pass


class Part(NamedTuple):
    """One name of a dotted key or header."""

    name: str
    start: int
    end: int


class Scan:
    """The tokens of one text, by path.

    Attributes:
        values: the value at a path.
        tables: what makes the table at a path: its header, or the first dotted key.
        mentions: every place that names a key.
        comments: every comment.
        modern: values that TOML 1.0 lacks, by path.
        modern_keys: key parts whose escapes TOML 1.0 lacks.
        statements: where each header, or key with its value, begins.
        flaw: the first thing that is not TOML, as far as tokens tell.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.values: dict[Path, Token] = {}
        self.tables: dict[Path, Stretch] = {}
        self.mentions: dict[Path, list[Stretch]] = {}
        self.comments: list[Stretch] = []
        self.modern: dict[Path, Stretch] = {}
        self.modern_keys: list[Part] = []
        self.statements: list[int] = []
        self.flaw: Flaw | None = None
        self._kinds: dict[Path, str] = {}
        self._lengths: dict[Path, int] = {}
        self._pos = 0
        self._depth = 0
        self._is_modern = False
        with suppress(_Stop):
            self._document()

    # -- statements ----------------------------------------------------------------------------------------------------

    def _document(self) -> None:
        table: Path = ()
        while True:
            self._space()
            if self._pos >= len(self.text):
                return
            self.statements.append(self._pos)
            table = self._header() if self.text[self._pos] == "[" else self._pair(table)
            self._match(_BLANK)
            self._comment()
            if self._pos < len(self.text) and not self.text.startswith(("\n", "\r\n"), self._pos):
                self._fail("more text after the value; a line holds one key and its value")

    def _header(self) -> Path:
        start = self._pos
        double = self.text.startswith("[[", start)
        self._pos += 2 if double else 1
        parts = self._dotted()
        close = "]]" if double else "]"
        if not self.text.startswith(close, self._pos):
            self._fail(f"a header is closed by {close}")
        self._pos += len(close)
        here = (start, self._pos)
        path = self._lead(parts[:-1], (), "implicit", here)
        return self._array_header(path, parts[-1], here) if double else self._table_header(path, parts[-1], here)

    def _lead(self, parts: list[Part], path: Path, new: str, here: Stretch) -> Path:
        """Walk the leading parts of a header or a dotted key; the tables on the way come to be, as `new`."""
        for part in parts:
            path = (*path, part.name)
            kind = self._kinds.setdefault(path, new)
            if kind == "value" or (new == "dotted" and kind in {"header", "array"}):
                self._twice(path, part)
            self._mention(path, part)
            self.tables.setdefault(path, here)
            if kind == "array":
                path = (*path, self._lengths[path] - 1)
        return path

    def _table_header(self, path: Path, last: Part, here: Stretch) -> Path:
        path = (*path, last.name)
        if self._kinds.get(path, "implicit") != "implicit":
            self._twice(path, last)
        self._kinds[path] = "header"
        self._mention(path, last)
        self.tables[path] = here
        return path

    def _array_header(self, path: Path, last: Part, here: Stretch) -> Path:
        path = (*path, last.name)
        if self._kinds.setdefault(path, "array") != "array":
            self._twice(path, last)
        self._mention(path, last)
        self.tables.setdefault(path, here)
        index = self._lengths.get(path, 0)
        self._lengths[path] = index + 1
        item = (*path, index)
        self._kinds[item] = "header"
        self.tables[item] = here
        return item

    def _pair(self, table: Path) -> Path:
        self._is_modern = False
        path = self._key_value(table)
        if self._is_modern:
            self.modern[path] = self.values[path][:2]
        return table

    def _key_value(self, table: Path) -> Path:
        start = self._pos
        parts = self._dotted()
        here = (start, parts[-1].end)
        if not self.text.startswith("=", self._pos):
            self._fail("a key is followed by = and a value")
        path = (*self._lead(parts[:-1], table, "dotted", here), parts[-1].name)
        if path in self._kinds:
            self._twice(path, parts[-1])
        self._mention(path, parts[-1])
        self._kinds[path] = "value"
        self._pos += 1
        self._match(_BLANK)
        self._value(path)
        return path

    def _dotted(self) -> list[Part]:
        parts: list[Part] = []
        while True:
            self._match(_BLANK)
            start = self._pos
            parts.append(Part(self._name(), start, self._pos))
            if len(parts) > limits.MAX_KEY_PARTS:
                self._fail_at(start, f"a key has at most {limits.MAX_KEY_PARTS} parts")
            end = self._pos
            self._match(_BLANK)
            if not self.text.startswith(".", self._pos):
                # The blank stays out of the last part, and so out of what marks the key.
                parts[-1] = parts[-1]._replace(end=end)
                return parts
            self._pos += 1

    def _name(self) -> str:
        start = self._pos
        bare = self._match(_BARE_KEY)
        if bare:
            return bare
        if self.text.startswith('"', start):
            raw = self._match(_BASIC) or self._fail("this key is not closed by a quote")
            before, self._is_modern = self._is_modern, False
            name = self._decode(raw, start, 1)
            if self._is_modern and not self._depth:
                self.modern_keys.append(Part(name, start, self._pos))
            # A key of an inline table makes its value modern; one of a statement is written anew by itself.
            self._is_modern = before or (self._is_modern and self._depth > 0)
            return name
        if self.text.startswith("'", start):
            return (self._match(_LITERAL) or self._fail("this key is not closed by a quote"))[1:-1]
        return self._fail("a key is made of ASCII letters, digits, _ and -, or stands in quotes")

    # -- values --------------------------------------------------------------------------------------------------------

    def _value(self, path: Path) -> None:
        start = self._pos
        opening = self.text[start : start + 1]
        if opening in {"[", "{"}:
            self._depth += 1
            if self._depth > limits.MAX_DEPTH:
                self._fail(f"arrays and inline tables nest at most {limits.MAX_DEPTH} deep")
            kind = self._array(path) if opening == "[" else self._table(path)
            self._depth -= 1
        elif opening in {'"', "'"}:
            kind = self._string()
        else:
            kind = self._scalar()
        self.values[path] = Token(start, self._pos, kind)

    def _array(self, path: Path) -> str:
        self._pos += 1
        index = 0
        while True:
            self._space()
            if self._take("]"):
                return "array"
            self._value((*path, index))
            index += 1
            self._space()
            if self._take("]"):
                return "array"
            if not self._take(","):
                self._fail("the entries of an array are separated by commas, and it is closed by ]")

    def _table(self, path: Path) -> str:
        start = self._pos
        self._pos += 1
        self._table_space()
        while not self._take("}"):
            self._key_value(path)
            self._table_space()
            if self._take("}"):
                break
            if not self._take(","):
                self._fail("the keys of an inline table are separated by commas, and it is closed by }")
            self._table_space()
            if self.text.startswith("}", self._pos):
                self._is_modern = True
        self.tables[path] = (start, self._pos)
        return "table"

    def _table_space(self) -> None:
        before = self._pos
        self._space()
        if "\n" in self.text[before : self._pos]:
            self._is_modern = True

    def _string(self) -> str:
        start = self._pos
        for opening, pattern, quotes in (
            ('"""', _LONG_BASIC, 3),
            ("'''", _LONG_LITERAL, 0),
            ('"', _BASIC, 1),
            ("'", _LITERAL, 0),
        ):
            if self.text.startswith(opening, start):
                raw = self._match(pattern) or self._fail("this string is not closed")
                if quotes and "\\" in raw:
                    self._decode(raw, start, quotes)
                break
        return "string"

    def _decode(self, raw: str, start: int, quotes: int) -> str:
        """Read the escapes of a basic string that begins at `start`."""
        pieces: list[str] = []
        at = quotes
        end = len(raw) - quotes
        while (found := raw.find("\\", at, end)) >= 0:
            escape = _ESCAPE.match(raw, found, end)
            meant = escape and unescape(escape)
            if escape is None or meant is None or (escape["fold"] is not None and quotes == 1):
                self._fail_at(start + found, "this is no escape of TOML; write \\\\ for a backslash, or use '...'")
            if escape["e"] or escape["x"]:
                self._is_modern = True
            pieces += (raw[at:found], meant)
            at = escape.end()
        return "".join((*pieces, raw[at:end]))

    def _scalar(self) -> str:
        start = self._pos
        if self.text.startswith("${", start):
            self._fail("a reference stands in quotes here: the text is parsed before references are read")
        if _NOTHING.match(self.text, start):
            self._fail("a value is missing")
        for pattern in (_MOMENT, _NUMBER, _WORD):
            found = pattern.match(self.text, start)
            if found and _DELIMITER.match(self.text, found.end()):
                break
        else:
            self._fail("this is no value of TOML; a text stands in quotes")
        if pattern is _MOMENT and ":" in found[0] and not (found["seconds_of_date"] or found["seconds_of_time"]):
            self._is_modern = True
        digits = sum(len(run) - run.count("_") for run in _DIGITS.findall(found[0]))
        if pattern is _NUMBER and digits > limits.MAX_INTEGER_DIGITS:
            self._fail(f"an integer has at most {limits.MAX_INTEGER_DIGITS} digits")
        self._pos = found.end()
        return "scalar"

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
        self._pos += 1
        return True

    def _space(self) -> None:
        self._match(_SPACE)
        while self._comment():
            self._match(_SPACE)

    def _comment(self) -> bool:
        start = self._pos
        if not self._match(_COMMENT):
            return False
        self.comments.append((start, self._pos))
        return True

    def _mention(self, path: Path, part: Part) -> None:
        self.mentions.setdefault(path, []).append((part.start, part.end))

    def _twice(self, path: Path, part: Part) -> NoReturn:
        first = self.mentions[path][0] if path in self.mentions else None
        self.flaw = Flaw(part.start, part.end, "this key is given twice", part.name, first)
        raise _Stop

    def _fail(self, reason: str) -> NoReturn:
        self._fail_at(self._pos, reason)

    def _fail_at(self, start: int, reason: str) -> NoReturn:
        self.flaw = Flaw(start, min(start + 1, len(self.text)), reason)
        raise _Stop


def unescape(escape: re.Match[str]) -> str | None:
    """Give what one escape means, or None when it names no character."""
    if escape["plain"]:
        return _PLAIN_ESCAPES[escape["plain"]]
    if escape["e"]:
        return "\x1b"
    if escape["fold"] is not None:
        return ""
    code = int(escape["x"] or escape["u"] or escape["U"], 16)
    return None if code in _SURROGATES or code > _LAST_CODE_POINT else chr(code)


def inside(raw: str, within: Stretch) -> Stretch:
    """Turn a stretch of a string's text into the stretch of its spelling `raw`, quotes and escapes counted."""
    opening = next(mark for mark in ('"""', "'''", '"', "'") if raw.startswith(mark))
    at = len(opening)
    if at == 3:  # noqa: PLR2004 -- a line end right behind the quotes is no part of the text
        at += len("\r\n") if raw.startswith("\r\n", at) else raw.startswith("\n", at)
    places: list[int] = []
    end = len(raw) - len(opening)
    while at < end and len(places) < within[1]:
        escape = _ESCAPE.match(raw, at, end) if opening[0] == '"' else None
        crlf = raw.startswith("\r\n", at)
        width = len(unescape(escape) or "") if escape else 1
        places += [at] * width
        at = escape.end() if escape else at + (2 if crlf else 1)
    places.append(at)
    return places[within[0]], places[within[1]]


class Lines:
    """Turn offsets of a text into positions; `shift` is what stood before it, a byte order mark or nothing."""

    def __init__(self, text: str, shift: int = 0) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._text = text
        self._shift = shift

    def position(self, offset: int) -> Position:
        """Give the place of one code point."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1, offset + self._shift)

    def span(self, start: int, end: int) -> Span:
        """Give the place of a stretch."""
        return Span(self.position(start), self.position(end))

    def bounds(self, offset: int) -> Stretch:
        """Give the start and the end of the line of one code point, without its line end."""
        line = bisect_right(self._starts, offset)
        end = self._starts[line] - 1 if line < len(self._starts) else len(self._text)
        start = self._starts[line - 1]
        return start, end - (end > start and self._text[end - 1] == "\r" and line < len(self._starts))

    def offset(self, line: int, column: int) -> int:
        """Give the offset of a line and column that count from 1."""
        return min(self._starts[line - 1] + column - 1, len(self._text))


def locate(scan: Scan, target: Target) -> Stretch | None:
    """Say where a target stands, or None when the text holds nothing at its path."""
    if target.part == "key":
        return next(iter(scan.mentions.get(target.path, ())), None)
    token = scan.values.get(target.path)
    if token is None:
        return scan.tables.get(target.path)
    if target.within is None or token.kind != "string":
        return token[:2]
    start, end = inside(scan.text[token.start : token.end], target.within)
    return token.start + start, token.start + end
