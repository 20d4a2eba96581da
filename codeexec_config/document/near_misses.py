"""Find the tables that were probably meant as the section, or as part of it.

A misspelt header must not silently mean the defaults. Every other table has another owner, so few count as near: a
slip in the whole path, the section's own name where people put it, and tables of its mode.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from codeexec_config.codes import Severity
from codeexec_config.document.characters import cleaned
from codeexec_config.document.select import pieces_of, select
from codeexec_config.findings import Finding, Path, Target, dotted
from codeexec_config.keys import key_table, union_of
from codeexec_config.limits import SWITCH
from codeexec_config.rules.spelling import slipped, squeeze, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Miss(NamedTuple):
    """A table that is a near miss.

    Attributes:
        path: where it is.
        meant: where its settings belong.
        is_sure: whether that is beyond doubt.
        is_part: whether it is a table of the section's mode, or a key of the section, rather than a whole section.
        is_table: whether it is a table.
        switch: the boolean in the place of the section, or None.
    """

    path: Path
    meant: Path
    is_sure: bool
    is_part: bool = False
    is_table: bool = True
    switch: bool | None = None


def absent(data: dict[str, Any], section: Path, model: type[Any], *, found: bool = False) -> Iterator[Finding]:
    """Yield the near misses of an absent section; if there are none, a note that the defaults apply.

    Args:
        data: the document.
        section: the path of the section.
        model: the class whose keys the section has.
        found: whether the file was only found, so that the table may have another owner: warn only.
    """
    misses = list(_Search(section, model, is_present=False).misses(data))
    yield from (_misplaced(miss, section, found=found, is_present=False) for miss in misses)
    if not misses:
        yield Finding(
            "section-not-found",
            f"there is no [{dotted(section)}]; the defaults apply: client-side wasm, python and javascript",
            section,
            help=f"add [{dotted(section)}] to change them",
        )


def beside(data: dict[str, Any], section: Path, model: type[Any], *, found: bool = False) -> Iterator[Finding]:
    """Yield the near misses of a present section; the arguments are as in `absent`."""
    misses = _Search(section, model, is_present=True).misses(data)
    yield from (_misplaced(miss, section, found=found, is_present=True) for miss in misses)


def _misplaced(miss: Miss, section: Path, *, found: bool, is_present: bool) -> Finding:
    if miss.switch is not None:
        message = f"this looks like [{dotted(section)}], but is another key, so it has no effect"
        lead = f"write `{SWITCH} = {str(miss.switch).lower()}` below [{dotted(section)}]"
    elif miss.meant == section:
        message = f"this looks like [{dotted(section)}], but is another table, so its settings have no effect"
        lead = (
            f"put its settings below [{dotted(section)}]" if is_present else f"write the header as [{dotted(section)}]"
        )
    else:
        kind = "table" if miss.is_table else "key"
        message = f"this looks like a part of [{dotted(section)}], but is another {kind}, so it has no effect"
        lead = _way_home(miss, section)
    has_name = all(type(part) is str for part in miss.path)
    name = shlex.quote(dotted(miss.path))
    elsewhere = f"; if the section lives here, pass `--section {name}`, or `section=` in code"
    return Finding(
        "misplaced-section",
        message,
        miss.path,
        help=lead + (elsewhere if has_name and not miss.is_part else ""),
        severity=Severity.ERROR if miss.is_sure and not found else Severity.WARNING,
        target=None if miss.is_table else Target(miss.path, "key"),
    )


def _way_home(miss: Miss, section: Path) -> str:
    if miss.is_table:
        return f"a header below [{dotted(section)}] repeats its whole path: [{dotted(miss.meant)}]"
    *around, name = miss.meant
    return (
        f"dots within quotes do not separate names: write `{name}`, without the quotes, below [{dotted(tuple(around))}]"
    )


class _Search:
    """Look for near misses of one section.

    Args:
        section: its path.
        model: the class whose keys it has.
        is_present: whether the section itself is there.
    """

    def __init__(self, section: Path, model: type[Any], *, is_present: bool) -> None:
        self._section = section
        self._is_present = is_present
        self._keys = key_table(model).keys()
        union = union_of(model)
        self._union = union.name if union else None
        self._variants = frozenset(union.variants or ()) if union else frozenset()
        self._whole = _words(section)
        self._last = _words(section[-1:])
        pieces = pieces_of(section, self._union)
        self._suspects = re.compile("|".join(map(re.escape, pieces)), re.IGNORECASE)

    def misses(self, data: dict[str, Any]) -> Iterator[Miss]:
        """Yield the outermost table of each near miss."""
        yield from self._near(data, ())
        if not self._is_present:
            yield from self._below_others(data)

    def _near(self, table: dict[str, Any], around: Path) -> Iterator[Miss]:
        for key, value in table.items():
            path = (*around, key)
            is_table = type(value) is dict or _is_array_of_tables(value)
            if not (is_table or _is_switch(value) or "." in key) or (path == self._section and self._is_present):
                continue
            if not self._suspects.search(key + "\n"):
                continue
            if not is_table:
                yield from self._no_table(path, value)
            elif type(value) is list:
                if self._is_whole(path) or (len(path) == 1 and self._is_list_of_sections(path, value)):
                    yield Miss(path, self._section, is_sure=True)
            elif miss := self._miss(path, value):
                yield miss
            elif len(path) <= len(self._section):
                yield from self._near(value, path)

    def _no_table(self, path: Path, value: Any) -> Iterator[Miss]:
        if home := self._home_of_flat(path):
            yield Miss(path, home, is_sure=True, is_part=True, is_table=False)
        elif _is_switch(value) and self._is_whole(path):
            yield Miss(path, (*self._section, SWITCH), is_sure=True, is_part=True, is_table=False, switch=value)

    def _miss(self, path: Path, table: dict[str, Any]) -> Miss | None:
        words = _words(path)
        if self._is_whole(path):
            return Miss(path, self._below(table), is_sure=True)
        if self._union is not None and self._is_of_mode(path, words, table):
            return Miss(path, (*self._section, self._union, *self._only(table)), is_sure=True, is_part=True)
        if variant := self._variant_at_end(words):
            return Miss(path, (*self._section, str(self._union), variant), is_sure=True, is_part=True)
        if len(path) == 1 and _is_slip(words, self._last):
            return Miss(path, self._below(table), is_sure=self._is_last(path[0]) or self._is_set(table))
        if not self._is_present and self._is_short(path):
            return Miss(path, self._section, is_sure=self._is_set(table))
        return None

    def _is_whole(self, path: Path) -> bool:
        """Check for the section's whole path with a slip in it."""
        return path != self._section and _is_slip(_words(path), self._whole)

    def _is_last(self, name: str | int) -> bool:
        """Check for the section's last name, whatever separates its words."""
        return squeeze(cleaned(str(name))) == squeeze(str(self._section[-1]))

    def _is_list_of_sections(self, path: Path, tables: list[Any]) -> bool:
        """Check for tables with the section's last name and none but its keys: another list has keys of its own."""
        keys = {key for table in tables for key in table} if all(type(table) is dict for table in tables) else set()
        return self._is_last(path[0]) and bool(keys) and keys <= self._keys

    def _is_of_mode(self, path: Path, words: tuple[str, ...], table: dict[str, Any]) -> bool:
        """Check for the mode's table outside the section."""
        names = {squeeze(name) for name in table}
        if not self._variants & names:
            return False
        if _is_slip(words, (*self._whole, str(self._union))):
            return True
        is_beside = path[:-1] in {(), self._section[:-1]} and squeeze(str(path[-1])) == self._union
        return self._is_present and is_beside and names <= self._variants

    def _variant_at_end(self, words: tuple[str, ...]) -> str | None:
        """Return the variant whose table the words lead to, with any of the names run together."""
        return next((name for name in self._variants if _is_slip(words, (*self._whole, str(self._union), name))), None)

    def _home_of_flat(self, path: Path) -> Path | None:
        """Return where a key belongs whose whole path was written as one quoted name: `"features.x.enabled"`."""
        names, depth = _names(path), len(_names(self._section))
        behind = names[depth:]
        is_ours = _is_slip(_words(names[:depth]), self._whole)
        return (*self._section, *behind) if is_ours and behind and behind[0] in self._keys else None

    def _only(self, table: dict[str, Any]) -> Path:
        return tuple(squeeze(name) for name in table) if len(table) == 1 else ()

    def _below(self, table: dict[str, Any]) -> Path:
        """Return where the settings of a table belong; with a section present, a mode alone gets its own header."""
        mode = table.get(self._union) if self._is_present and self._union else None
        if len(table) != 1 or type(mode) is not dict:
            return self._section
        return (*self._section, str(self._union), *self._only(mode))

    def _is_set(self, table: dict[str, Any]) -> bool:
        """Check whether a table has keys of the section; `enabled` alone is too common to count."""
        return any(key in self._keys and key != "enabled" for key in table)

    def _is_short(self, path: Path) -> bool:
        """Check for an abbreviation: the last name is a prefix of the section's, the parents are right or left out."""
        last, end = squeeze(str(self._section[-1])), squeeze(str(path[-1]))
        parents = _words(path[:-1])
        return (
            2 * len(end) >= len(last) > len(end)
            and last.startswith(end)
            and (not parents or _is_slip(parents, _words(self._section[:-1])))
        )

    def _below_others(self, data: dict[str, Any]) -> Iterator[Miss]:
        """Yield tables whose path ends with the section's whole path, such as a dotted key below a header makes."""
        first = self._section[0]
        pending: list[tuple[Path, Any]] = [((), data)]
        while pending:
            path, value = pending.pop()
            if path and first in value and type(select(value, self._section)) is dict:
                yield Miss((*path, *self._section), self._section, is_sure=True)
            for key, inner in value.items():
                if type(inner) is dict:
                    pending.append(((*path, key), inner))
                elif _is_array_of_tables(inner):
                    pending += (((*path, key, index), item) for index, item in enumerate(inner) if type(item) is dict)


def _is_switch(value: Any) -> bool:
    return type(value) is bool


def _is_array_of_tables(value: Any) -> bool:
    return type(value) is list and bool(value) and type(value[0]) is dict


def _names(path: Path) -> tuple[str, ...]:
    """Return the names of a path in which every dot separates names, even within quotes."""
    return tuple(name for part in path for name in str(part).split("."))


def _words(path: Path) -> tuple[str, ...]:
    return tuple(word for part in path for word in words_of(cleaned(str(part))))


def _is_slip(words: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Check for the same words, or the same with a slip."""
    return "".join(words) == "".join(known) or (
        len("".join(words)) <= 2 * len("".join(known)) and slipped(words, known)
    )
