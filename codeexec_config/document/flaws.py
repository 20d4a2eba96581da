"""Find the first thing in a text that is not TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codeexec_config.document.scanner import Scan
from codeexec_config.document.tokens import Due, Flaw
from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORBIDDEN: Final = expression("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_BREAK: Final = expression(r"[\s,\]}#]")

Change = tuple[int, int, str]
"""A start, an end, and what to write between them."""


def first_flaw(scan: Scan) -> Flaw | None:
    """Return the flaw of a scan, or an earlier character that TOML allows nowhere, which tokens do not check for."""
    flaw = scan.flaw
    forbidden = _FORBIDDEN.search(scan.text)
    if forbidden is None:
        return flaw
    if flaw is not None and flaw.start < forbidden.start():
        began = flaw.start if flaw.opening is None else flaw.opening
        if flaw.due is not Due.VALUE or _BREAK.search(scan.text, began, forbidden.start()):
            return flaw
    return Flaw(forbidden.start(), forbidden.end(), Due.PRINTABLE)


def changed(text: str, changes: Sequence[Change]) -> str:
    """Return a text with changes made."""
    pieces: list[str] = []
    at = 0
    for start, end, written in sorted(changes):
        pieces += (text[at:start], written)
        at = end
    return "".join((*pieces, text[at:]))


def leads_on(text: str, at: int, changes: Sequence[Change]) -> bool:
    """Check that with changes made, the next flaw, if any, comes after `at` and what is written there."""
    flaw = first_flaw(Scan(changed(text, changes)))
    moved = sum(len(written) - (end - start) for start, end, written in changes if end <= at)
    return flaw is None or flaw.start > at + moved
