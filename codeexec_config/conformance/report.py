"""The result of a run of the kit, as data, as JSON types, and as a readable table."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codeexec_config.conformance.figures import Deadlines, Sizes

__all__ = ["CheckResult", "ConformanceReport", "Override", "Verdict"]


class Verdict(StrEnum):
    """The verdict of a check."""

    PASS = "pass"  # noqa: S105 -- no password
    FAIL = "fail"
    SKIP = "skip"
    """Not run, or not measurable: the capability is not declared, or the leak probe is blind."""
    NOT_APPLICABLE = "n/a"
    """The kit has no program for it in this language."""


@attrs.frozen(kw_only=True)
class CheckResult:
    """One check on one language, or on the executor as a whole.

    Args:
        id: of the check, such as "T04"; stable.
        title: what must be true.
        language: the language's name, or None for a check of the executor as a whole.
        capability: the capability that the check belongs to, or "core".
        verdict: its verdict.
        detail: what was seen instead, or why it was not run.
        secs: how long it took.
        action: what it does.
        traceback: that of the executor's exception, without secrets and without the request's words.
    """

    id: str
    title: str
    language: str | None
    capability: str
    verdict: Verdict
    detail: str = ""
    secs: float = 0.0
    action: str = ""
    traceback: str = ""


class Override(NamedTuple):
    """A program of the implementer that replaced one of the kit."""

    language: str
    purpose: str
    code: str


@attrs.frozen(kw_only=True)
class ConformanceReport:
    """All checks on one executor.

    Args:
        executor: its name.
        form: "sync" or "async", whichever was run.
        startup_secs: the start-up that it declares.
        results: each check, in the order of the run.
        deadlines: the kit's deadlines.
        sizes: the kit's sizes.
        overrides: the programs that were not the kit's own.
    """

    executor: str
    form: str
    startup_secs: float
    results: tuple[CheckResult, ...]
    deadlines: Deadlines
    sizes: Sizes
    overrides: tuple[Override, ...] = ()

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """The checks that failed."""
        return tuple(result for result in self.results if result.verdict is Verdict.FAIL)

    @property
    def ok(self) -> bool:
        """Whether none failed."""
        return not self.failures

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "version": 1,
            "executor": self.executor,
            "form": self.form,
            "startup_secs": self.startup_secs,
            "ok": self.ok,
            "summary": {str(verdict): self._count(verdict) for verdict in Verdict},
            "results": [{**attrs.asdict(result), "verdict": str(result.verdict)} for result in self.results],
            "deadlines": self.deadlines._asdict(),
            "sizes": self.sizes._asdict(),
            "overrides": [override._asdict() for override in self.overrides],
        }

    def render(self, *, tracebacks: bool = False) -> str:
        """Return a table with one column per language, and the details below it.

        Args:
            tracebacks: whether to include those of the executor's exceptions.
        """
        return "\n".join(_lines(self, tracebacks=tracebacks)) + "\n"

    def _count(self, verdict: Verdict) -> int:
        return sum(result.verdict is verdict for result in self.results)


def _lines(report: ConformanceReport, *, tracebacks: bool) -> Iterator[str]:
    yield f"{report.executor} ({report.form}, start-up {report.startup_secs:g} s)"
    yield ""
    yield from _table(report.results)
    yield from _sentences("failed", report.results, Verdict.FAIL)
    if tracebacks:
        yield from _tracebacks(report.failures)
    yield from _sentences("skipped", report.results, Verdict.SKIP)
    yield from _overridden(report.overrides)
    yield ""
    yield "deadlines in seconds: " + ", ".join(
        f"{name} {value:g}" for name, value in report.deadlines._asdict().items()
    )
    yield "sizes: " + ", ".join(f"{name} {value}" for name, value in report.sizes._asdict().items())
    yield ", ".join(f"{report._count(verdict)} {verdict}" for verdict in Verdict)  # noqa: SLF001 -- its own view


def _table(results: Iterable[CheckResult]) -> Iterator[str]:
    rows: dict[tuple[str, str, str], dict[str | None, Verdict]] = {}
    languages: dict[str, None] = {}
    for result in results:
        rows.setdefault((result.id, result.title, result.capability), {})[result.language] = result.verdict
        if result.language is not None:
            languages.setdefault(result.language)
    width = max((len(title) for _, title, _ in rows), default=0)
    wide = max((len(capability) for _, _, capability in rows), default=0)
    yield (
        f"{'id':3}  {'check':{width}}  {'for':{wide}}  "
        + "  ".join(f"{name:4}" for name in ("all", *languages)).rstrip()
    )
    for (check, title, capability), row in rows.items():
        cells = ((row.get(None, ""), 4), *((row.get(name, ""), max(4, len(name))) for name in languages))
        yield (
            f"{check:3}  {title:{width}}  {capability:{wide}}  "
            + "  ".join(f"{cell:{size}}" for cell, size in cells).rstrip()
        )


def _sentences(heading: str, results: Iterable[CheckResult], verdict: Verdict) -> Iterator[str]:
    """Yield the details of a verdict, with one line for several languages that have the same."""
    told: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.verdict is verdict:
            told.setdefault((result.id, result.detail), []).append(result.language or "all")
    if told:
        yield from ("", f"{heading}:")
        yield from (f"  {check} {', '.join(names)}: {detail}" for (check, detail), names in told.items())


def _tracebacks(results: Iterable[CheckResult]) -> Iterator[str]:
    """Yield each traceback once, below the checks that saw it."""
    seen: dict[str, list[str]] = {}
    for result in results:
        if result.traceback:
            seen.setdefault(result.traceback, []).append(f"{result.id} {result.language or 'all'}")
    for traceback, names in seen.items():
        yield from ("", f"raised in {', '.join(names)}:")
        yield from (f"  {line}" for line in traceback.splitlines())


def _overridden(overrides: Iterable[Override]) -> Iterator[str]:
    for override in overrides:
        yield from ("", f"own program for {override.purpose} in {override.language}:")
        yield from (f"  {line}" for line in override.code.splitlines())
