"""Write TOML texts in every spelling, together with their data: the generator behind the property tests.

`Writer` takes each decision from a `random.Random`. Under hypothesis that is `st.randoms`, so that what it writes
shrinks; with a plain one it writes as many texts as anyone wants to wait for.
"""

from __future__ import annotations

import datetime as dt
import math
import string
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Table = dict[str, Any]

_BARE = string.ascii_letters + string.digits + "_-"
_ODD = "a.b \t'\"\\#=[]{},é漢\U0001f600\u0301\u202e\x1b\x7f\x00\n"
_SHORT_ESCAPES = {"\b": "b", "\t": "t", "\n": "n", "\f": "f", "\r": "r", '"': '"', "\\": "\\", "\x1b": "e"}
_FORBIDDEN = {*map(chr, range(0x20)), "\x7f"} - {"\t"}
_ZONES = (None, dt.UTC, dt.timezone(dt.timedelta(hours=-7, minutes=-30)))
_MONTH_OF_31 = 28


class Writer:
    """Write one text.

    Args:
        random: where decisions come from.
        modern: also write what only TOML 1.1 has.
    """

    def __init__(self, random: Random, *, modern: bool = True) -> None:
        self.random = random
        self.modern = modern
        self._line_ends = random.choice((("\n",), ("\r\n",), ("\n", "\r\n")))

    # -- documents -----------------------------------------------------------------------------------------------------

    def document(self) -> tuple[str, Table]:
        """Write a document; give its text and its data."""
        table = self.table(depth=3)
        return self.write(table), table

    def write(self, table: Table) -> str:
        """Write a table as a document."""
        body, headed = self._body(table, ())
        text = "".join((body, *self._riffle(headed)))
        return text if self._maybe(0.8) else text.rstrip("\r\n")

    def _body(self, table: Table, path: tuple[str, ...]) -> tuple[str, list[list[str]]]:
        """Write a table's own pairs; give them, and the headed blocks of the tables that are not written there."""
        lines: list[str] = []
        headed: list[list[str]] = []
        for key, value in table.items():
            if isinstance(value, dict) and self._maybe(0.6):
                headed.append(self._header_block((*path, key), value))
            elif _is_array_of_tables(value) and self._maybe(0.6):
                headed.append(self._array_blocks((*path, key), value))
            elif isinstance(value, dict) and value and self._maybe(0.5):
                lines += self._dotted_lines((key,), value)
            else:
                lines.append(self._pair((key,), value))
        return "".join(self._filler() + line + self._line_tail() for line in lines), headed

    def _header_block(self, path: tuple[str, ...], table: Table) -> list[str]:
        body, headed = self._body(table, path)
        # A table that only leads to its sub-tables needs no header.
        skipped = not body and headed and self._maybe(0.5)
        own = [] if skipped else [self._filler() + f"[{self.dotted(path)}]" + self._line_tail() + body]
        return self._riffle([own, *headed])

    def _array_blocks(self, path: tuple[str, ...], tables: list[Table]) -> list[str]:
        blocks: list[str] = []
        for table in tables:
            body, headed = self._body(table, path)
            header = self._filler() + f"[[{self.dotted(path)}]]" + self._line_tail() + body
            # The tables of an entry precede the next entry, in any order among themselves.
            blocks.append("".join((header, *self._riffle(headed))))
        return blocks

    def _dotted_lines(self, path: tuple[str, ...], table: Table) -> list[str]:
        lines: list[str] = []
        for key, value in table.items():
            if isinstance(value, dict) and value and self._maybe(0.5):
                lines += self._dotted_lines((*path, key), value)
            else:
                lines.append(self._pair((*path, key), value))
        return lines

    def _riffle(self, sequences: list[list[str]]) -> list[str]:
        """Mix sequences; each keeps its own order."""
        left = [list(reversed(sequence)) for sequence in sequences if sequence]
        mixed: list[str] = []
        while left:
            chosen = self.random.choice(left)
            mixed.append(chosen.pop())
            if not chosen:
                left.remove(chosen)
        return mixed

    # -- blanks --------------------------------------------------------------------------------------------------------

    def _filler(self) -> str:
        lines = ("", self._blank() + self._line_end(), self._comment() + self._line_end())
        return self.random.choice(lines) + self._blank()

    def _line_tail(self) -> str:
        return self._blank() + (self._comment() if self._maybe(0.3) else "") + self._line_end()

    def _line_end(self) -> str:
        return self.random.choice(self._line_ends)

    def _comment(self) -> str:
        return "#" + self.random.choice(("", " why", ' a = "b"', " [x] = {", " é漢\U0001f600\t", " '''"))

    def _blank(self) -> str:
        return self.random.choice(("", "", "", " ", "\t", "  \t"))

    def _space(self) -> str:
        """Return what may be between the tokens of an array: whitespace, lines and comments."""
        pieces = ("", "", " ", self._line_end(), f"{self._blank()}{self._comment()}{self._line_end()}\t")
        return self.random.choice(pieces)

    # -- keys ----------------------------------------------------------------------------------------------------------

    def _pair(self, path: tuple[str, ...], value: Any) -> str:
        return f"{self.dotted(path)}{self._blank()}={self._blank()}{self.value(value)}"

    def dotted(self, path: tuple[str, ...]) -> str:
        """Write a dotted key."""
        dot = f"{self._blank()}.{self._blank()}"
        return self._blank() + dot.join(self.key(part) for part in path) + self._blank()

    def key(self, name: str) -> str:
        """Write one name of a key."""
        spellings: list[Callable[[str], str]] = [self._basic]
        if name and set(name) <= set(_BARE):
            spellings += (str, str, str)
        if _fits_literal(name):
            spellings.append(lambda text: f"'{text}'")
        return self.random.choice(spellings)(name)

    def name(self) -> str:
        """Make up a name."""
        alphabet = self.random.choice(("ab", _BARE, _ODD))
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randint(0, 3)))

    # -- values --------------------------------------------------------------------------------------------------------

    def table(self, depth: int) -> Table:
        """Make up a table."""
        return {self.name(): self.datum(depth - 1) for _ in range(self.random.randint(0, 4))}

    def datum(self, depth: int) -> Any:
        """Make up a value."""
        kinds: list[Callable[[], Any]] = [self._text, self._integer, self._float, self._bool, self._moment]
        if depth > 0:
            kinds += [
                lambda: self.table(depth),
                lambda: self.table(depth),
                lambda: [self.datum(depth - 1) for _ in range(self.random.randint(0, 3))],
                lambda: [self.table(depth - 1) for _ in range(self.random.randint(1, 3))],
            ]
        return self.random.choice(kinds)()

    def value(self, value: Any) -> str:
        """Write a value."""
        if isinstance(value, dict):
            return self._inline_table(value)
        if isinstance(value, list):
            return self._array(value)
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return self._spell_integer(value)
        return self._spell_float(value) if isinstance(value, float) else self._spell_moment(value)

    def _array(self, values: list[Any]) -> str:
        entries = [f"{self._space()}{self.value(value)}{self._space()}" for value in values]
        return f"[{','.join(entries)}{self._trailing_comma(entries)}{self._space()}]"

    def _trailing_comma(self, entries: list[str]) -> str:
        return "," if entries and self._maybe(0.4) else ""

    def _inline_table(self, table: Table) -> str:
        space = self._space if self.modern and self._maybe(0.5) else self._blank
        pairs: list[str] = []
        for key, value in table.items():
            lines = self._dotted_lines((key,), value) if isinstance(value, dict) and value and self._maybe(0.4) else []
            pairs += lines or [self._pair((key,), value)]
        comma = self._trailing_comma(pairs) if self.modern else ""
        return "{" + ",".join(f"{space()}{pair}{space()}" for pair in pairs) + comma + space() + "}"

    def _bool(self) -> bool:
        return self._maybe(0.5)

    def _integer(self) -> int:
        return self.random.choice((0, 7, -1, 30, 1000, 2**63 - 1, -(2**63), 10**30))

    def _spell_integer(self, value: int) -> str:
        spellings = [str(value), f"{value:_}"]
        if value >= 0:
            spellings += [f"+{value}", f"0x{value:x}", f"0x{value:_X}", f"0o{value:o}", f"0b{value:_b}"]
        return self.random.choice(spellings)

    def _float(self) -> float:
        return self.random.choice((0.0, -0.0, 1.5, 1e22, -2e-3, math.inf, -math.inf, math.nan))

    def _spell_float(self, value: float) -> str:
        text = repr(value)
        if "e" not in text and "." not in text and "n" not in text:
            text += ".0"
        spellings = [text, text.replace("e", "E")]
        return self.random.choice(spellings if text.startswith("-") else [*spellings, "+" + text])

    def _moment(self) -> Any:
        date = dt.date(self.random.choice((1, 1979, 9999)), 12, self.random.randint(1, _MONTH_OF_31))
        time = dt.time(23, 59, self.random.choice((0, 59)), self.random.choice((0, 500_000)))
        whole = dt.datetime.combine(date, time, tzinfo=self.random.choice(_ZONES))
        return self.random.choice((date, time, whole))

    def _spell_moment(self, value: dt.date | dt.time) -> str:
        text = value.isoformat()
        if self.modern and ":00" in text and self._maybe(0.5) and getattr(value, "microsecond", 1) == 0:
            text = text.replace(":59:00", ":59", 1)
        if isinstance(value, dt.datetime):
            text = text.replace("T", self.random.choice("Tt "))
            text = text.replace("+00:00", self.random.choice(("Z", "z", "+00:00")))
        return text

    # -- strings -------------------------------------------------------------------------------------------------------

    def _text(self) -> str:
        alphabet = self.random.choice(("ab", _ODD, "\"'\n\\"))
        return "".join(self.random.choice(alphabet) for _ in range(self.random.randint(0, 8)))

    def string(self, text: str) -> str:
        """Write a string, in one of the four kinds."""
        spellings: list[Callable[[str], str]] = [self._basic, self._long_basic]
        if _fits_literal(text):
            spellings.append(lambda text: f"'{text}'")
        if _fits_long_literal(text):
            spellings.append(lambda text: f"'''{self._opening_line_end(text)}{self._with_line_ends(text)}'''")
        return self.random.choice(spellings)(text)

    def _basic(self, text: str) -> str:
        return '"' + "".join(self._escaped(ch) if self._must_escape(ch) else ch for ch in text) + '"'

    def _must_escape(self, ch: str) -> bool:
        return ch in _FORBIDDEN or ch in '"\\' or self._maybe(0.1)

    def _escaped(self, ch: str) -> str:
        code = ord(ch)
        spellings = [f"\\U{code:08x}"]
        if code <= 0xFFFF:
            spellings.append(f"\\u{code:04X}")
        if code <= 0xFF and self.modern:
            spellings.append(f"\\x{code:02x}")
        if ch in _SHORT_ESCAPES and (self.modern or ch != "\x1b"):
            spellings.append("\\" + _SHORT_ESCAPES[ch])
        return self.random.choice(spellings)

    def _long_basic(self, text: str) -> str:
        pieces: list[str] = []
        for index, ch in enumerate(text):
            quotes = text[:index][-2:] + ch == '"""'
            bare = ch == "\n" or (ch == '"' and not quotes)
            if ch not in " \t\n" and self._maybe(0.05):
                pieces.append("\\" + self._blank() + "\n" + self.random.choice(("", " ", "\t", "\n")))
            pieces.append(ch if bare or not self._must_escape(ch) else self._escaped(ch))
        return f'"""{self._opening_line_end(text)}{self._with_line_ends("".join(pieces))}"""'

    def _opening_line_end(self, text: str) -> str:
        return self._line_end() if text.startswith("\n") or self._maybe(0.3) else ""

    def _with_line_ends(self, text: str) -> str:
        return "".join(self._line_end() if ch == "\n" else ch for ch in text)

    def _maybe(self, chance: float) -> bool:
        return self.random.random() < chance


def _is_array_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _fits_literal(text: str) -> bool:
    return "'" not in text and not _FORBIDDEN & set(text)


def _fits_long_literal(text: str) -> bool:
    return "'''" not in text and not text.endswith("'''") and not (_FORBIDDEN - {"\n"}) & set(text)


def documents(*, modern: bool = True) -> st.SearchStrategy[tuple[str, Table]]:
    """Draw a TOML text and what it says."""
    return st.randoms(use_true_random=False).map(lambda random: Writer(random, modern=modern).document())


def walk(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Return each path of plain data with its value, but for the root."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(path, value)] if path else []
    for key, inner in items:
        found += walk(inner, (*path, key))
    return found
