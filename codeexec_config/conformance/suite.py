"""The run of the whole kit on one executor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from codeexec_config.conformance.checks import CHECKS, Check, Scope
from codeexec_config.conformance.figures import Deadlines, Sizes
from codeexec_config.conformance.kit import Failed, Kit, NotApplicable, Skipped, Subject, told
from codeexec_config.conformance.probing import processes_with
from codeexec_config.conformance.report import CheckResult, ConformanceReport, Override, Verdict
from codeexec_config.conformance.snippets import SNIPPETS
from codeexec_config.executor import ExecutorInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from codeexec_config.conformance.probing import LeakProbe
    from codeexec_config.executor import AsyncCodeExecutor, Capability, CodeExecutor

__all__ = ["Plan", "run_conformance", "run_plan"]

_SHAPE = "D01"
_VERDICTS: dict[type[Exception], Verdict] = {
    Failed: Verdict.FAIL,
    Skipped: Verdict.SKIP,
    NotApplicable: Verdict.NOT_APPLICABLE,
}
_UNDESCRIBED = ExecutorInfo(name="(undescribed)", languages={})


class Plan(NamedTuple):
    """What to run of the kit, and by which numbers; `only` are identifiers of checks, None is all."""

    languages: Sequence[str] | None = None
    probe: LeakProbe = processes_with
    snippets: Mapping[str, Mapping[str, str]] = {}
    only: Collection[str] | None = None
    deadlines: Deadlines = Deadlines()
    sizes: Sizes = Sizes()


def run_conformance(
    executor: CodeExecutor | AsyncCodeExecutor,
    *,
    languages: Sequence[str] | None = None,
    leak_probe: LeakProbe | None = None,
    snippets: Mapping[str, Mapping[str, str]] | None = None,
) -> ConformanceReport:
    """Run every check of the kit that fits an executor, and say what was seen.

    It takes a minute or so for each language. One that offers both forms is tested in the async one, on an event loop
    of the kit's own. A call that does not come back is left behind, and its check failed.

    Args:
        executor: the one to test.
        languages: those to test it with; None is all that it describes.
        leak_probe: gives what is alive and carries a marker, for executors whose programs `processes_with` cannot see.
        snippets: programs to use instead of the kit's own, by language and purpose; the report shows them.

    Raises:
        ValueError: a language is none of the executor's.
    """
    return run_plan(executor, Plan(languages=languages, probe=leak_probe or processes_with, snippets=snippets or {}))


def run_plan(executor: object, plan: Plan) -> ConformanceReport:
    """Run a part of the kit."""
    subject = Subject(executor, plan.probe, plan.deadlines, plan.sizes)
    info = _described(subject)
    languages = _chosen(plan.languages, info)
    kits = [Kit(subject, info, name, {**SNIPPETS.get(name, {}), **plan.snippets.get(name, {})}) for name in languages]
    try:
        results = tuple(_results(subject, info, kits, plan))
    finally:
        subject.close()
    return ConformanceReport(
        executor=info.name,
        form="async" if subject.is_async else "sync",
        startup_secs=info.startup_secs,
        results=results,
        deadlines=plan.deadlines,
        sizes=plan.sizes,
        overrides=tuple(_overrides(languages, plan.snippets)),
    )


def _described(subject: Subject) -> ExecutorInfo:
    """Give the description that the run goes by; D01 and D02 say what is wrong with one that is none."""
    try:
        described = subject.describe().result
    except Failed:
        return _UNDESCRIBED
    return described if isinstance(described, ExecutorInfo) else _UNDESCRIBED


def _chosen(wanted: Sequence[str] | None, info: ExecutorInfo) -> list[str]:
    missing = [name for name in wanted or () if name not in info.languages and info is not _UNDESCRIBED]
    if missing:
        offered = ", ".join(info.languages) or "none"
        raise ValueError(f"the executor does not describe {', '.join(missing)}; its languages are {offered}")
    return [name for name in (wanted or info.languages) if name in info.languages]


def _overrides(languages: Iterable[str], snippets: Mapping[str, Mapping[str, str]]) -> Iterator[Override]:
    for language in languages:
        for purpose, code in snippets.get(language, {}).items():
            yield Override(language, purpose, code)


def _results(subject: Subject, info: ExecutorInfo, kits: Sequence[Kit], plan: Plan) -> Iterator[CheckResult]:
    for check in _planned(plan, Scope.EXECUTOR):
        result = _made(check, subject)
        yield result
        if check.id == _SHAPE and result.verdict is Verdict.FAIL:
            return  # a method that is missing would only fail every other check too
    for check in _planned(plan, Scope.ONE_LANGUAGE):
        yield from (_made(check, kit) for kit in kits[:1])
    for kit in kits:
        for check in _planned(plan, Scope.LANGUAGE):
            declared = info.languages[kit.language].capabilities
            yield _unfit(check, subject, declared, kit.language) or _made(check, kit, kit.language)
    everything = {capability for support in info.languages.values() for capability in support.capabilities}
    for check in _planned(plan, Scope.END):
        yield _unfit(check, subject, everything, None) or _made(check, subject)


def _planned(plan: Plan, scope: str) -> list[Check]:
    return [check for check in CHECKS if check.scope == scope and (plan.only is None or check.id in plan.only)]


def _unfit(
    check: Check, subject: Subject, declared: Collection[Capability], language: str | None
) -> CheckResult | None:
    """Give the result of a check that is not run, or None."""
    if check.async_only and not subject.is_async:
        return _of(check, language, Verdict.NOT_APPLICABLE, "the executor is sync")
    if check.needs is not None and check.needs not in declared:
        return _of(check, language, Verdict.SKIP, f"the capability {check.needs} is not declared")
    return None


def _made(check: Check, target: Subject | Kit, language: str | None = None) -> CheckResult:
    start = time.monotonic()
    verdict, detail = Verdict.PASS, ""
    try:
        check.function(target)
    except tuple(_VERDICTS) as said:
        verdict, detail = _VERDICTS[type(said)], str(said)
    except Exception as error:  # noqa: BLE001 -- a leak probe may raise anything, and the other checks go on
        verdict, detail = Verdict.FAIL, f"the check broke off: {told(error)}"
    return _of(check, language, verdict, detail, round(time.monotonic() - start, 3))


def _of(check: Check, language: str | None, verdict: Verdict, detail: str, secs: float = 0.0) -> CheckResult:
    return CheckResult(
        id=check.id,
        title=check.title,
        language=language,
        capability=str(check.needs or "core"),
        verdict=verdict,
        detail=detail,
        secs=secs,
    )
