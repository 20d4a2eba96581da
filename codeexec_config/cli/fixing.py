"""Apply the fixes of a file until none improves it further."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codeexec_config.document.edits import compatible, write_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codeexec_config.diagnostics import Edit, Fix
    from codeexec_config.report import Report


class Mended(NamedTuple):
    """The outcome of fixing a text.

    Attributes:
        text: the text with all fixes applied.
        fixed: how many were applied.
        passes: the edits, a tuple for each pass.
    """

    text: str
    fixed: int
    passes: tuple[tuple[Edit, ...], ...]


def offers(report: Report) -> list[Fix]:
    """Return the fixes of a report."""
    return [diagnostic.fix for diagnostic in report.diagnostics if diagnostic.fix is not None]


def mend(text: str, check: Callable[[str], Report]) -> Mended:
    """Apply the offered fixes, check again, and repeat while errors decrease, or warnings do with as many errors.

    A text that is not TOML has one error at a time: it improves if the next one is further down.

    Args:
        text: the text of a file.
        check: how to check it, every reference taken as set: a variable that is missing on this machine must not
            decide what is written.
    """
    fixed = 0
    passes: list[tuple[Edit, ...]] = []
    report = check(text)
    while step := _step(text, report, check):
        fixes, text, report = step
        fixed += len(fixes)
        passes.append(tuple(edit for fix in fixes for edit in fix.edits))
    return Mended(text, fixed, tuple(passes))


def _step(text: str, report: Report, check: Callable[[str], Report]) -> tuple[tuple[Fix, ...], str, Report] | None:
    """Apply the compatible fixes together, or else the first one that improves anything."""
    for fixes in _candidates(text, offers(report)):
        mended = write_edits(text, [edit for fix in fixes for edit in fix.edits])
        after = check(mended)
        if _weight(mended, after) < _weight(text, report):
            return fixes, mended, after
    return None


def _candidates(text: str, fixes: list[Fix]) -> Iterator[tuple[Fix, ...]]:
    together = compatible(text, fixes)
    if together:
        yield together
    if len(together) > 1:
        yield from ((fix,) for fix in fixes)


def _weight(text: str, report: Report) -> tuple[int, int, int]:
    """Weigh what is left: the text after a place that is not TOML, then errors, then warnings."""
    places = [found.span.start.offset for found in report.errors if found.code == "invalid-toml" and found.span]
    return len(text) - places[0] + 1 if places else 0, len(report.errors), len(report.warnings)
