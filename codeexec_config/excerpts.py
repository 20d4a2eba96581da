"""Quote the source line of a finding, with everything in it masked that could be a secret.

An excerpt is made once, masked as it is made, and no object keeps the text. Each masked code point becomes one `*`, so
that columns stay true and the caret still stands under its mark.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from codeexec_config.references import Reference, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.diagnostics import Path
    from codeexec_config.scanner import Scan, Stretch, Token

CROPPED: Final = "…"
"""Opens an excerpt whose line starts further left; the marked place then stands `LEAD` code points behind it."""
LEAD: Final = 40
_WIDTH: Final = 160
_MASK: Final = "*"
_KEPT_BLINDLY = re.compile(r"[ \t]*(?:\[\[?[A-Za-z0-9_. \t-]+\]\]?|[A-Za-z0-9_-]+[ \t]*=)")
_LONGEST_TEMPLATE: Final = 4000

_NAMED_PATHS: Final[frozenset[Path]] = frozenset(
    {
        ("enabled",),
        ("timeout_secs",),
        ("max_memory_mb",),
        ("allowed_languages",),
        ("mode",),
        ("mode", "sandboxed", "runtime"),
    }
)
"""The keys whose values are no secret, whatever they are."""
_VARIANT_PATHS: Final = frozenset(("mode", variant) for variant in ("wasm", "sandboxed", "external"))
_PLAIN_PATHS: Final = _NAMED_PATHS | _VARIANT_PATHS
"""The values that are not masked unless they are strings."""
_TABLE_PATHS: Final = _VARIANT_PATHS | {(), ("mode",)}
"""The tables whose keys are no part of anybody's value."""
_URL_PATH: Final = ("mode", "external", "url")
_SECRET_PATH: Final = ("mode", "external", "api_key")


def window(bounds: Stretch, at: int) -> tuple[Stretch, str]:
    """Give the part of a line that an excerpt shows around a place, and what stands before it."""
    start, end = bounds
    if end - start <= _WIDTH:
        return (start, end), ""
    if at - start <= LEAD + 1:
        return (start, min(end, start + _WIDTH)), ""
    return (at - LEAD, min(end, at - LEAD + _WIDTH)), CROPPED


def marker_column(excerpt: str, column: int) -> int:
    """Say where in an excerpt the place stands whose column in its line is known; both count from 1."""
    return LEAD + 2 if excerpt.startswith(CROPPED) else column


class Masker:
    """Quote lines of a text that a parser has accepted.

    Args:
        scan: its tokens.
        section: the path of the section; what stands elsewhere is masked.
    """

    def __init__(self, scan: Scan, section: Path) -> None:
        self._text = scan.text
        self._section = section
        self._secret = list(self._masked_values(scan))
        self._starts = [start for start, _, _ in self._secret]
        self._comments = scan.comments

    def excerpt(self, bounds: Stretch, at: int) -> str:
        """Give the masked line, or the part of it around `at`."""
        (start, end), lead = window(bounds, at)
        shown = list(self._text[start:end])
        overlapping = list(self._overlapping(*bounds))
        for value in overlapping:
            for place in self._hidden(*value, start, end):
                shown[place - start] = _MASK
        if any(next(self._hidden(*value, *bounds), None) is not None for value in overlapping):
            self._hide_comment(shown, bounds, start, end)
        return lead + "".join(shown)

    def _overlapping(self, start: int, end: int) -> Iterator[tuple[int, int, Path]]:
        # Masked values never nest, so both their starts and their ends are sorted.
        index = max(bisect_left(self._starts, start) - 1, 0)
        while index < len(self._secret) and self._secret[index][0] < end:
            if self._secret[index][1] > start:
                yield self._secret[index]
            index += 1

    def _hide_comment(self, shown: list[str], bounds: Stretch, start: int, end: int) -> None:
        """Mask the comment of a line; in a run of comments the first # of a line opens the line's own."""
        index = bisect_left(self._comments, bounds[1], key=itemgetter(0)) - 1
        if index < 0:
            return
        run_start, run_end = self._comments[index]
        mark = self._text.find("#", max(run_start, bounds[0]), min(run_end, bounds[1]))
        for place in range(max(mark + 1, start), end) if mark >= 0 else ():
            shown[place - start] = _MASK

    def _masked_values(self, scan: Scan) -> Iterator[tuple[int, int, Path]]:
        values = [(token.start, token.end, path) for path, token in scan.values.items() if self._is_masked(token, path)]
        values += ((*place, path) for path, places in scan.mentions.items() if self._is_inner(path) for place in places)
        covered = 0
        for start, end, path in sorted(values, key=lambda value: (value[0], -value[1])):
            if end > covered:
                covered = end
                yield start, end, path

    def _is_inner(self, path: Path) -> bool:
        """Say whether a key is part of the value of a secret or an unknown key."""
        depth = len(self._section)
        return path[:depth] == self._section and len(path) > depth and path[depth:-1] not in _TABLE_PATHS

    def _is_masked(self, token: Token, path: Path) -> bool:
        depth = len(self._section)
        if path == self._section[: len(path)]:
            return token.kind not in {"table", "array"}
        if path[:depth] != self._section:
            return True
        rest = path[depth:]
        if _is_entry(rest):
            return token.kind != "scalar"
        return token.kind == "string" or rest not in (*_PLAIN_PATHS, _URL_PATH)

    def _hidden(self, start: int, end: int, path: Path, low: int, high: int) -> Iterator[int]:
        """Give the places of a masked value between two offsets, but for the names of its references."""
        depth = len(self._section)
        rest = path[depth:] if path[:depth] == self._section else ()
        if end - start > _LONGEST_TEMPLATE:
            yield from range(max(start, low), min(end, high))
            return
        raw = self._text[start:end]
        hidden = _hidden_in(raw, rest)
        line_ends = {place for place in hidden if raw[place] in "\r\n"}
        yield from (start + place for place in sorted(hidden - line_ends) if low <= start + place < high)


def _is_entry(path: Path) -> bool:
    return path[:1] == ("allowed_languages",) and len(path) == 2  # noqa: PLR2004 -- an entry of the array


def _hidden_in(raw: str, path: Path) -> set[int]:
    """Give the places in a value's spelling that are masked."""
    if raw[:1] not in {'"', "'"}:
        return set(range(len(raw)))
    if path == _URL_PATH:
        hidden = url_secrets(raw) | _defaults(raw)
    elif path in _NAMED_PATHS or _is_entry(path):
        hidden = _defaults(raw)
    else:
        hidden = set(range(len(raw)))
    return hidden - {0, len(raw) - 1} - _reference_names(raw, secret=path == _SECRET_PATH)


def _defaults(raw: str) -> set[int]:
    """Give the places of the defaults of well-formed references."""
    found = (segment for segment in parse(raw) if isinstance(segment, Reference) and segment.default)
    return {place for segment in found for place in range(segment.end - 1 - len(segment.text), segment.end - 1)}


def _reference_names(raw: str, *, secret: bool) -> set[int]:
    """Give the places of well-formed references without their defaults; what may be a pasted key is none."""
    places: set[int] = set()
    for segment in parse(raw) if "\\" not in raw else ():  # an escape may spell a dollar sign that makes it a literal
        if not isinstance(segment, Reference) or (secret and segment.operator == "-"):
            continue
        places.update(range(segment.start, segment.end - 1 - len(segment.text)))
        places.add(segment.end - 1)
    return places


def url_secrets(raw: str) -> set[int]:
    """Give the places in a URL's spelling that hold a user, a password, query values or a fragment."""
    if "\\" in raw:  # an escape may spell any of the marks that are looked for
        return set(range(len(raw)))
    hidden: set[int] = set()
    at = raw.rfind("@")
    if at >= 0:
        scheme = raw.find("//")
        hidden.update(range(scheme + 2 if 0 <= scheme < at else 1, at))
    query = re.search("[?#]", raw)
    if query:
        names = {
            place
            for found in re.finditer(r"(?<=[?&;])[A-Za-z0-9_.-]+=", raw[query.start() :])
            for place in range(query.start() + found.start(), query.start() + found.end())
        }
        marks = {place for place in range(query.start(), len(raw)) if raw[place] in "?&;#"}
        hidden.update(set(range(query.start(), len(raw))) - names - marks)
    return hidden


def blind_excerpt(scan: Scan, bounds: Stretch, at: int) -> str:
    """Quote a line of a text that is not TOML: a header stays, or a bare key and its `=`, where a statement begins."""
    (start, end), lead = window(bounds, at)
    kept = _KEPT_BLINDLY.match(scan.text, *bounds)
    visible = max(kept.end(), start) if kept and _begins_statement(scan, bounds) else start
    hidden = "".join(ch if ch in " \t" else _MASK for ch in scan.text[visible:end])
    return lead + scan.text[start:visible] + hidden


def _begins_statement(scan: Scan, bounds: Stretch) -> bool:
    index = bisect_left(scan.statements, bounds[0])
    return index < len(scan.statements) and scan.statements[index] < bounds[1]
