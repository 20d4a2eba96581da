"""Show what fixes would change, masked like excerpts of the file.

The masked text gets the same edits as the text itself. Text that an edit writes next to something masked is masked
too: it may come from it.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from codeexec_config.diagnostics import LEAD, Diagnostic, Edit
from codeexec_config.document import parse as source
from codeexec_config.document.edits import write_edits
from codeexec_config.document.excerpts import Masker, blind_excerpt, window
from codeexec_config.document.scanner import Scan
from codeexec_config.findings import printable_line
from codeexec_config.model import CodeExecutionConfig
from codeexec_config.rendering.text import ANSI, PLAIN, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from codeexec_config.findings import Path

_MASK: Final = "*"
_VISIBLE: Final = re.compile(r"[^\r\n]")


def render_diff(path: str, text: str, passes: Sequence[Sequence[Edit]], section: Path, *, coloured: bool) -> str:
    """Return the lines that change, before and after, each with its number.

    Args:
        path: the file's name.
        text: its text.
        passes: the edits of each pass, which apply to the result of the one before.
        section: the path of the section.
        coloured: whether the diff is coloured.
    """
    palette = ANSI if coloured else PLAIN
    before = masked(text, section)
    after, mended = before, text
    for edits in passes:
        after = write_edits(after, [_masked_edit(edit, after) for edit in edits])
        mended = write_edits(mended, edits)
    rows = list(_changes(text.split("\n"), mended.split("\n")))
    width = len(str(max(number for _, number in rows)))
    lines = {"-": before.split("\n"), "+": after.split("\n")}
    tint = {"-": palette.error, "+": palette.note}
    pieces = [f"{' ' * width}{palette.frame}-->{palette.reset} {printable_line(path)}\n"]
    for sign, number in rows:
        line = f"{sign} {shown(lines[sign][number - 1].rstrip())}".rstrip()
        pieces.append(f"{palette.frame}{number:>{width}}{palette.reset} {tint[sign]}{line}{palette.reset}\n")
    return "".join(pieces)


def masked(text: str, section: Path) -> str:
    """Return a text of the same length in which only what an excerpt would show is readable."""
    document = source.parse(text, None)
    body = text.removeprefix(source.BOM)
    scan = Scan(body)
    excerpt: Callable[[tuple[int, int], int], str]
    excerpt = (
        partial(blind_excerpt, scan)
        if isinstance(document, Diagnostic)
        else Masker(scan, section, CodeExecutionConfig).excerpt
    )
    lines = "\n".join(_whole_line(excerpt, start, end) + body[end:stop] for start, end, stop in _bounds(body))
    return text[: len(text) - len(body)] + lines


def _bounds(body: str) -> Iterator[tuple[int, int, int]]:
    """Yield the start and end of each line, and where its line feed is."""
    start = 0
    for line in body.split("\n"):
        stop = start + len(line)
        yield start, stop - line.endswith("\r"), stop
        start = stop + 1


def _whole_line(excerpt: Callable[[tuple[int, int], int], str], start: int, end: int) -> str:
    """Assemble a line from its excerpts, each of which shows part of a long line."""
    line = ""
    while start + len(line) < end:
        at = start + len(line) + (LEAD if line else 0)
        (low, high), lead = window((start, end), at)
        line += excerpt((start, end), at)[len(lead) :][: high - low]
    return line


def _masked_edit(edit: Edit, text: str) -> Edit:
    """Mask what an edit writes into, or next to, something masked."""
    beside = text[max(edit.span.start.offset - 1, 0) : edit.span.end.offset + 1]
    return Edit(edit.span, _VISIBLE.sub(_MASK, edit.text)) if _MASK in beside else edit


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield the sign and the number of each line that changes, old lines before new ones."""
    from difflib import SequenceMatcher

    for tag, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            old = [("-", number + 1) for number in range(start, end)]
            new = [("+", number + 1) for number in range(new_start, new_end)]
            pairs = zip(old, new, strict=True) if len(old) == len(new) else (old, new)
            yield from (row for rows in pairs for row in rows)
