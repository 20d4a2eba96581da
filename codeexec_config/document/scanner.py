"""Find where each key and value is in a TOML text.

The parsers return values without places, so a path is located afterwards, and only when there is something to report
about it. The scanner reads tokens, not meanings: it accepts TOML 1.1, leaves the verdict to the parsers, and stops at
the first thing that is not TOML.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from codeexec_config import limits
from codeexec_config.document.spelling import Spelling
from codeexec_config.document.tokens import Due, Flaw, Part, Stop, Token, Tokens
from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from codeexec_config.document.lines import Stretch
    from codeexec_config.document.stems import Stems
    from codeexec_config.findings import Path, Target


_ENTRY = expression(r"""[ \t\r\n]*+("[^"\\\n]*+"(?!")|'[^'\n]*+'(?!'))[ \t\r\n]*+,""")
_FEW = 1000
"""Entries of an array that are always read: as many as a report lists."""


class Scan(Tokens):
    """The tokens of one text, by path.

    Args:
        text: the text to scan.
        stems: the paths that are asked for, in a text that a parser has accepted; other statements are skipped.

    Attributes:
        values: the value at a path.
        tables: what defines the table at a path: its header, or the first dotted key.
        mentions: every place that names a key.
        modern: values that TOML 1.0 lacks, by path.
        statements: where each header, or key with its value, begins.
        key: the path of the key whose value was read last.
        unread: stretches of long arrays with entries that are not asked for.
    """

    def __init__(self, text: str, stems: Stems | None = None) -> None:
        super().__init__(text)
        self.values: dict[Path, Token] = {}
        self.tables: dict[Path, Stretch] = {}
        self.mentions: dict[Path, list[Stretch]] = {}
        self.modern: dict[Path, Stretch] = {}
        self.statements: list[int] = []
        self.key: Path = ()
        self.unread: list[Stretch] = []
        self._stems = stems
        self._kinds: dict[Path, str] = {}
        self._lengths: dict[Path, int] = {}
        self._spellings: dict[int, Spelling] = {}
        with suppress(Stop):
            if stems is None:
                self._document()
            else:
                self._asked_for(stems)

    def spelling(self, token: Token) -> Spelling:
        """Return how a string is spelt, cached, as it may contain many references."""
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
            table = self._statement(table)

    def _statement(self, table: Path) -> Path:
        self.statements.append(self._pos)
        table = self._header() if self.text[self._pos] == "[" else self._pair(table)
        self._blank()
        self._comment()
        if self._pos < len(self.text) and not self.text.startswith(("\n", "\r\n"), self._pos):
            self._fail(Due.LINE_END)
        return table

    def _asked_for(self, stems: Stems) -> None:
        """Read the statements that concern the stems; `table` is None in a table that concerns none."""
        table: Path | None = ()
        while True:
            passable = stems.passable(table)
            while passable and (found := passable.match(self.text, self._pos)):
                self._pos = found.end()
            self._space()
            if self._pos >= len(self.text):
                return
            if self.text[self._pos] == "[":
                table = () if stems.concern(self._peek()) else None
            if table is None or not stems.concern((*table, *self._peek())):
                self._skim()
            else:
                table = self._statement(table)

    def _peek(self) -> Path:
        """Return the names of the header or the dotted key that comes next."""
        start = self._pos
        while self._take("["):
            pass
        names = tuple(part.name for part in self._dotted())
        self._pos = start
        return names

    def _header(self) -> Path:
        start = self._pos
        double = self._take("[[")
        if not double:
            self._pos += 1
        parts = self._dotted()
        if not self._take("]]" if double else "]"):
            self._fail(Due.HEADER_END, opening=start)
        here = (start, self._pos)
        path = self._lead(parts[:-1], (), "implicit", here)
        return self._array_header(path, parts[-1], here) if double else self._table_header(path, parts[-1], here)

    def _lead(self, parts: list[Part], path: Path, new: str, here: Stretch) -> Path:
        """Walk the leading parts of a header or a dotted key; tables that do not exist yet are created as `new`."""
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
            self._fail(Due.EQUALS, opening=start)
        path = (*self._lead(parts[:-1], table, "dotted", here), parts[-1].name)
        if path in self._kinds:
            self._twice(path, parts[-1])
        self._mention(path, parts[-1])
        self._kinds[path] = "value"
        self.key = path
        self._pos += 1
        self._blank()
        self._value(path)
        return path

    # -- values --------------------------------------------------------------------------------------------------------

    def _value(self, path: Path) -> None:
        start = self._pos
        opening = self.text[start : start + 1]
        if opening in {"[", "{"}:
            if len(self.brackets) == limits.MAX_DEPTH:
                self._fail(Due.LESS_DEPTH)
            self.brackets.append(start)
            kind = self._array(path) if opening == "[" else self._table(path)
            self.brackets.pop()
        elif opening in {'"', "'"}:
            kind = self._string(opening)
        else:
            kind = self._scalar()
        self.values[path] = Token(start, self._pos, kind)

    def _array(self, path: Path) -> str:
        start = self._pos
        self._pos += 1
        index = 0
        while True:
            if index == _FEW and self._stems is not None:
                index = self._entries(path, index, self._stems.entries(path))
            self._space()
            if self._take("]"):
                return "array"
            self._value((*path, index))
            index += 1
            self._space()
            if self._take("]"):
                return "array"
            if not self._take(","):
                self._fail(Due.COMMA, opening=start)

    def _entries(self, path: Path, index: int, asked: frozenset[int]) -> int:
        """Read on through a long array of plain strings, and keep only the entries that are asked for."""
        passed = self._pos
        while entry := _ENTRY.match(self.text, self._pos):
            start, end = entry.span(1)
            if index in asked:
                self.values[(*path, index)] = Token(start, end, "string")
                if passed < self._pos:
                    self.unread.append((passed, start))
                passed = entry.end()
            self._pos = entry.end()
            index += 1
        if passed < self._pos:
            self.unread.append((passed, self._pos))
        return index

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
                self._fail(Due.COMMA, opening=start)
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

    def _mention(self, path: Path, part: Part) -> None:
        self.mentions.setdefault(path, []).append((part.start, part.end))

    def _twice(self, path: Path, part: Part) -> NoReturn:
        self.flaw = Flaw(part.start, part.start + 1, Due.ONCE, part.name, self.mentions[path][0])
        raise Stop


def locate(scan: Scan, target: Target) -> Stretch | None:
    """Return where a target is, or None if the text has nothing at its path."""
    if target.part == "key":
        return next(iter(scan.mentions.get(target.path, ())), None)
    token = scan.values.get(target.path)
    if token is None:
        return scan.tables.get(target.path)
    if target.within is None or token.kind != "string":
        return token[:2]
    start, end = scan.spelling(token).inside(target.within)
    return token.start + start, token.start + end
