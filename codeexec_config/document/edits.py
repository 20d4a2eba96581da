"""Apply fixes to a text, and keep everything else byte for byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from codeexec_config.document.parse import parse
from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codeexec_config.diagnostics import Edit, Fix

__all__ = ["apply_fixes", "compatible", "write_edits"]

_LEADING_NAME: Final = expression(r"\s*[\[{,]*\s*([A-Za-z0-9_-]+)")


def apply_fixes(text: str, fixes: Iterable[Fix]) -> str:
    """Return a text with several fixes applied, in file order.

    A fix that overlaps an earlier one, or that would give two keys of a table the same name, is left out; check the
    result again to see whether it is still offered.

    Args:
        text: the text as it was checked, a byte order mark included.
        fixes: what a report on this text offers.

    Raises:
        TypeError: `fixes` contains something else, such as None for a finding without a fix.
        ValueError: a fix does not fit the text, so it was offered for another one.
    """
    from codeexec_config.diagnostics import Fix

    fixes = tuple(fixes)
    if not all(isinstance(fix, Fix) for fix in fixes):
        raise TypeError("fixes must be the fixes of findings; leave out the findings that have none")
    return write_edits(text, [edit for fix in compatible(text, fixes) for edit in fix.edits])


def compatible(text: str, fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Return the fixes that can be applied together, in file order."""
    ordered = _disjoint(sorted((fix for fix in fixes if fix.edits), key=_start))
    if len(ordered) > 1:
        ordered = _without_twins(text, ordered)
        if _keys(text, ordered) is None and _keys(text, ()) is not None:
            # Names that clash only in combination, such as the parts of a header.
            ordered = _one_by_one(text, ordered)
    return tuple(ordered)


def write_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made; the line ends in an edit become those of the text."""
    is_crlf = "\r\n" in text and "\n" not in text.replace("\r\n", "")
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.span.start.offset):
        start, end = edit.span.start.offset, edit.span.end.offset
        if not at <= start <= end <= len(text):
            raise ValueError("a fix does not fit this text: it was offered for another one")
        written = re.sub("\r?\n", "\r\n", edit.text) if is_crlf else edit.text
        pieces += (text[at:start], written)
        at = end
    return "".join((*pieces, text[at:]))


def _start(fix: Fix) -> int:
    return min(edit.span.start.offset for edit in fix.edits)


def _disjoint(fixes: Sequence[Fix]) -> list[Fix]:
    kept: list[Fix] = []
    taken: list[tuple[int, int]] = []
    for fix in fixes:
        spans = [(edit.span.start.offset, edit.span.end.offset) for edit in fix.edits]
        if not any(_overlap(span, other) for span in spans for other in taken):
            kept.append(fix)
            taken += spans
    return kept


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Check whether two stretches overlap; an insertion overlaps what it touches, since their order would matter."""
    if one[0] == one[1] or other[0] == other[1]:
        return one[0] <= other[1] and other[0] <= one[1]
    return one[0] < other[1] and other[0] < one[1]


def _without_twins(text: str, fixes: Sequence[Fix]) -> list[Fix]:
    """Leave out each fix that writes the same name as an earlier one, where that merges two keys into one."""
    kept: list[Fix] = []
    writers: dict[str, list[Fix]] = {}
    for fix in fixes:
        names = {found[1] for edit in fix.edits if (found := _LEADING_NAME.match(edit.text))}
        twins = {id(other): other for name in names for other in writers.get(name, ())}
        if twins and not _is_together(text, [*twins.values()], fix):
            continue
        kept.append(fix)
        for name in names:
            writers.setdefault(name, []).append(fix)
    return kept


def _one_by_one(text: str, fixes: Sequence[Fix]) -> list[Fix]:
    kept: list[Fix] = []
    for fix in fixes:
        if not kept or _is_together(text, kept, fix):
            kept.append(fix)
    return kept


def _is_together(text: str, fixes: Sequence[Fix], fix: Fix) -> bool:
    """Check that a fix adds and removes as many keys together with others as it does alone."""
    beside, together = _keys(text, fixes), _keys(text, [*fixes, fix])
    before, alone = _keys(text, ()), _keys(text, [fix])
    if before is None or alone is None or beside is None:
        return together is not None
    return together is not None and together - beside == alone - before


def _keys(text: str, fixes: Iterable[Fix]) -> int | None:
    """Count the keys of a text with fixes applied; None when it is not TOML."""
    document = parse(write_edits(text, [edit for fix in fixes for edit in fix.edits]), None)
    data = getattr(document, "data", None)
    if data is None:
        return None
    count = 0
    pending = [data]
    while pending:
        value = pending.pop()
        if type(value) is dict:
            count += len(value)
            pending += value.values()
        elif type(value) is list:
            pending += value
    return count
