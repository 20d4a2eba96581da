"""Find where in a TOML text each key and value stands.

The parsers give values without places, so a path is located afterwards, and only when there is something to say of it.
The scanner reads tokens, not meanings: it accepts TOML 1.1, leaves the verdict to the parsers, and where both refuse a
text it knows the reasons that people meet most, such as a key given twice.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from codeexec_config import limits
from codeexec_config.diagnostics import Position, Span

if TYPE_CHECKING:
    from codeexec_config.findings import Path, Target

Stretch = tuple[int, int]

_BLANK = re.compile(r"[ \t]*")
_SPACE = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"#[^\r\n]*")
_COMMENTS = re.compile(r"(?:#[^\r\n]*+[ \t\r\n]*+){1,1000}")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# No repeated group is possessive: up to 3.11.4 the engine loses its place in one (python/cpython#106052). No group is
# repeated without bound either: the engine keeps a frame for each turn.
_ONE_BARE_KEY = re.compile(r"[ \t]*+([A-Za-z0-9_-]++)[ \t]*+(?=[=\]])")
_ENDS = {
    '"""': re.compile(r'"{3,5}|\\.', re.DOTALL),
    "'''": re.compile(r"'{3,5}"),
    '"': re.compile(r'["\n]|\\[^\n]'),
    "'": re.compile(r"['\n]"),
}
_ESCAPE = re.compile(
    r'\\(?:(?P<plain>[btnfr"\\])|(?P<e>e)|x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8})'
    r"|(?P<fold>[ \t]*\r?\n[ \t\r\n]*))"
)
_LONGER = re.compile(rf"{_ESCAPE.pattern}|\r\n")
_CRLF = re.compile("\r\n")
_PLAIN_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_MINUTES = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = rf"{_MINUTES}(?P<%s>:(?:[0-5][0-9]|60)(?:\.[0-9]+)?)?"
_OFFSET = rf"(?:[Zz]|[+-]{_MINUTES})?"
_MOMENT = re.compile(
    rf"{_DATE}(?:[Tt ]{_TIME % 'seconds_of_date'}{_OFFSET})?|{_TIME % 'seconds_of_time'}",
)
_DIGITS = r"[0-9_]*+(?<!_)"
_NUMBER = re.compile(
    r"0x[0-9A-Fa-f][0-9A-Fa-f_]*+(?<!_)|0o[0-7][0-7_]*+(?<!_)|0b[01][01_]*+(?<!_)"
    rf"|[+-]?(?:inf|nan|(?:0|[1-9]{_DIGITS})(?:\.[0-9]{_DIGITS})?(?:[eE][+-]?[0-9]{_DIGITS})?)"
)
_WORD = re.compile(r"true|false")
_NOTHING = re.compile(r"[\r\n#,\]}]|\Z")
_DELIMITER = re.compile(r"[ \t\r\n#,\]}]|\Z")
_OPENINGS = ("${", "$<")
_QUOTE_IT = 'quote it: "${NAME}" may stand for a text, an integer or a boolean'
_QUOTE_ALL = "quote the whole value, the reference with it"
_GLUED = re.compile(r"[^\s#,\"'\[\]{}]+\$[{<]")
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
    hint: str | None = None


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
        comments: every comment, or run of them with what stands between.
        modern: values that TOML 1.0 lacks, by path.
        modern_keys: key parts whose escapes TOML 1.0 lacks.
        stand_ins: digits of moments that Python's types lack, with others of that length which they have.
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
        self.stand_ins: list[tuple[int, str]] = []
        self.statements: list[int] = []
        self.flaw: Flaw | None = None
        self._kinds: dict[Path, str] = {}
        self._lengths: dict[Path, int] = {}
        self._pos = 0
        self._depth = 0
        self._is_modern = False
        self._spellings: dict[int, Spelling] = {}
        with suppress(_Stop):
            self._document()

    def spelling(self, token: Token) -> Spelling:
        """Return how a string is spelt; many references may stand in one."""
        if token.start not in self._spellings:
            self._spellings[token.start] = Spelling(self.text[token.start : token.end])
        return self._spellings[token.start]

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
                hint = "put the reference inside the quotes" if self.text.startswith(_OPENINGS, self._pos) else None
                self._fail("more text after the value; a line holds one key and its value", hint)

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
        alone = _ONE_BARE_KEY.match(self.text, self._pos)
        if alone:
            self._pos = alone.end()
            return [Part(alone[1], *alone.span(1))]
        parts: list[Part] = []
        while True:
            self._match(_BLANK)
            start = self._pos
            parts.append(Part(self._name(), start, self._pos))
            if len(parts) > limits.MAX_KEY_PARTS:
                self._fail_at(start, f"a key has at most {limits.MAX_KEY_PARTS} parts")
            self._match(_BLANK)
            if not self._take("."):
                return parts

    def _name(self) -> str:
        start = self._pos
        bare = self._match(_BARE_KEY)
        if bare:
            return bare
        quote = self.text[start : start + 1]
        if self.text.startswith(_OPENINGS, start):
            self._fail("keys and headers hold no reference; they are never expanded", "write the name itself")
        if quote not in {'"', "'"}:
            self._fail("a key is made of ASCII letters, digits, _ and -, or stands in quotes")
        raw = self._quoted(quote, "this key is not closed by a quote")
        if quote == "'":
            return raw[1:-1]
        before, self._is_modern = self._is_modern, False
        name = self._decode(raw, start, 1)
        if self._is_modern and not self._depth:
            self.modern_keys.append(Part(name, start, self._pos))
        # A key of an inline table makes its value modern; one of a statement is written anew by itself.
        self._is_modern = before or (self._is_modern and self._depth > 0)
        return name

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
            kind = self._string(opening)
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

    def _string(self, quote: str) -> str:
        start = self._pos
        opening = quote * 3 if self.text.startswith(quote * 3, start) else quote
        raw = self._quoted(opening, "this string is not closed")
        if quote == '"' and "\\" in raw:
            self._decode(raw, start, len(opening))
        return "string"

    def _quoted(self, opening: str, reason: str) -> str:
        start = self._pos
        for found in _ENDS[opening].finditer(self.text, start + len(opening)):
            if found[0][0] == opening[0]:
                self._pos = found.end()
                return self.text[start : self._pos]
            if found[0] == "\n":
                break
        return self._fail(reason)

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
        if self.text.startswith(_OPENINGS, start):
            self._fail("a reference stands in quotes: the text is parsed before references are read", _QUOTE_IT)
        if _NOTHING.match(self.text, start):
            self._fail("a value is missing")
        for pattern in (_NUMBER, _MOMENT, _WORD):
            found = pattern.match(self.text, start)
            if found and _DELIMITER.match(self.text, found.end()) and "__" not in found[0]:
                break
        else:
            hint = _QUOTE_ALL if _GLUED.match(self.text, start) else None
            self._fail("this is no value of TOML; a text stands in quotes", hint)
        if pattern is _MOMENT:
            self._moment(found)
        if pattern is _NUMBER and _is_too_long(found[0]):
            self._fail(f"an integer has at most {limits.MAX_INTEGER_DIGITS} digits")
        self._pos = found.end()
        return "scalar"

    def _moment(self, found: re.Match[str]) -> None:
        """Note what TOML 1.0 lacks, and what Python's types do: the year 0 and a leap second, as RFC 3339 has them."""
        group = "seconds_of_time" if found[0][2] == ":" else "seconds_of_date"
        if found[0].startswith("0000-"):
            self.stand_ins.append((found.start(), "2000"))
        if ":" in found[0] and not found[group]:
            self._is_modern = True
        elif (found[group] or "").startswith(":60"):
            self.stand_ins.append((found.start(group), ":59"))

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
        while self._comment(_COMMENTS):
            pass

    def _comment(self, pattern: re.Pattern[str] = _COMMENT) -> bool:
        start = self._pos
        if not self._match(pattern):
            return False
        self.comments.append((start, self._pos))
        return True

    def _mention(self, path: Path, part: Part) -> None:
        self.mentions.setdefault(path, []).append((part.start, part.end))

    def _twice(self, path: Path, part: Part) -> NoReturn:
        self.flaw = Flaw(part.start, part.start + 1, "this key is given twice", part.name, self.mentions[path][0])
        raise _Stop

    def _fail(self, reason: str, hint: str | None = None) -> NoReturn:
        self._fail_at(self._pos, reason, hint)

    def _fail_at(self, start: int, reason: str, hint: str | None = None) -> NoReturn:
        self.flaw = Flaw(start, min(start + 1, len(self.text)), reason, hint=hint)
        raise _Stop


def _is_too_long(number: str) -> bool:
    """Check whether an integer has more digits than the limit; a float may have any number."""
    if len(number) <= limits.MAX_INTEGER_DIGITS:
        return False
    digits = number.removeprefix(number[:2] if number[1].isalpha() else "").replace("_", "").lstrip("+-")
    is_integer = number[1].isalpha() or digits.isdigit()
    return is_integer and len(digits) > limits.MAX_INTEGER_DIGITS


def past_space(text: str, at: int) -> int:
    """Return the offset behind blanks, line ends and comments."""
    while (found := _COMMENTS.match(text, at) or _SPACE.match(text, at)) and found[0]:
        at = found.end()
    return at


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
        if at == 3:  # noqa: PLR2004 -- a line end right behind the quotes is no part of the text
            at += len("\r\n") if raw.startswith("\r\n", at) else raw.startswith("\n", at)
        self._first = at
        # What is spelt longer than it is: where it starts and ends in `raw`, and how far the text is behind it.
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
        """Return the stretch in the spelling; it ends with its last character, before what folds the line."""
        return self._bounds(within[0])[0], self._bounds(within[1] - 1)[1]

    def _bounds(self, index: int) -> Stretch:
        """Return the start and the end of one character."""
        passed = bisect_right(self._behind, index)
        start = self._ends[passed - 1] + index - self._behind[passed - 1] if passed else self._first + index
        is_longer = passed < len(self._starts) and self._starts[passed] == start
        return start, self._ends[passed] if is_longer else start + 1


class Lines:
    """Turn offsets of a text into positions; `shift` is what stood before it, a byte order mark or nothing."""

    def __init__(self, text: str, shift: int = 0) -> None:
        self._starts = array("q", [0])
        self._starts.extend(found.end() for found in re.finditer("\n", text))
        self._text = text
        self._shift = shift

    def position(self, offset: int) -> Position:
        """Return the place of one code point."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1, offset + self._shift)

    def span(self, start: int, end: int) -> Span:
        """Return the place of a stretch."""
        return Span(self.position(start), self.position(end))

    def bounds(self, offset: int) -> Stretch:
        """Return the start and the end of the line of one code point, without its line end."""
        line = bisect_right(self._starts, offset)
        end = self._starts[line] - 1 if line < len(self._starts) else len(self._text)
        start = self._starts[line - 1]
        return start, end - (end > start and self._text[end - 1] == "\r" and line < len(self._starts))

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column that count from 1."""
        return min(self._starts[line - 1] + column - 1, len(self._text))


def locate(scan: Scan, target: Target) -> Stretch | None:
    """Return where a target stands, or None when the text holds nothing at its path."""
    if target.part == "key":
        return next(iter(scan.mentions.get(target.path, ())), None)
    token = scan.values.get(target.path)
    if token is None:
        return scan.tables.get(target.path)
    if target.within is None or token.kind != "string":
        return token[:2]
    start, end = scan.spelling(token).inside(target.within)
    return token.start + start, token.start + end
