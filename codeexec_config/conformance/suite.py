"""The run of the whole kit on one executor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

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

__all__ = ["Case", "Plan", "Suite", "run_conformance", "run_plan"]

_CORE = "core"
_SHAPE = "D01"
_Opinion: TypeAlias = "tuple[Verdict, str]"
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
    suite = Suite(executor, plan)
    try:
        return suite.report(tuple(suite.results()))
    finally:
        suite.close()


class Case(NamedTuple):
    """A check to make, of a language or of the executor as a whole."""

    check: Check
    language: str | None

    def __str__(self) -> str:
        return self.check.id if self.language is None else f"{self.check.id}-{self.language}"


class Suite:
    """The cases that fit an executor, each of which can be made alone; those of the end make the executor useless.

    Raises:
        ValueError: a language of the plan is none of the executor's.
    """

    def __init__(self, executor: object, plan: Plan) -> None:
        self._plan = plan
        self._subject = Subject(executor, plan.probe, plan.deadlines, plan.sizes)
        self._info = _described(self._subject)
        self._languages = _chosen(plan.languages, self._info)
        self._kits = {name: self._kit(name) for name in self._languages}

    def _kit(self, language: str) -> Kit:
        own = self._plan.snippets.get(language, {})
        return Kit(self._subject, self._info, language, {**SNIPPETS.get(language, {}), **own})

    def cases(self) -> Iterator[Case]:
        """Give all cases in their order: the executor, each language, the end."""
        yield from (Case(check, None) for check in self._planned(Scope.EXECUTOR))
        if self._languages:
            yield from (Case(check, None) for check in self._planned(Scope.ONE_LANGUAGE))
        for language in self._languages:
            yield from (Case(check, language) for check in self._planned(Scope.LANGUAGE))
        yield from (Case(check, None) for check in self._planned(Scope.END))

    def _planned(self, scope: Scope) -> list[Check]:
        only = self._plan.only
        return [check for check in CHECKS if check.scope is scope and (only is None or check.id in only)]

    def results(self) -> Iterator[CheckResult]:
        """Make all cases; none after a shape that is wrong, since a missing method would only fail all others too."""
        for case in self.cases():
            result = self.judge(case)
            yield result
            if result.id == _SHAPE and result.verdict is Verdict.FAIL:
                return

    def judge(self, case: Case) -> CheckResult:
        """Make one case, if it fits the executor."""
        start = time.monotonic()
        verdict, detail = self._unfit(case) or _made(case.check, self._target(case))
        return CheckResult(
            id=case.check.id,
            title=case.check.title,
            language=case.language,
            capability=str(case.check.needs or _CORE),
            verdict=verdict,
            detail=detail,
            secs=round(time.monotonic() - start, 3),
        )

    def _unfit(self, case: Case) -> _Opinion | None:
        check = case.check
        if check.async_only and not self._subject.is_async:
            return Verdict.NOT_APPLICABLE, "the executor is sync"
        if check.needs is not None and check.needs not in self._declared(case.language):
            return Verdict.SKIP, f"the capability {check.needs} is not declared"
        return None

    def _declared(self, language: str | None) -> set[Capability]:
        names = self._info.languages if language is None else [language]
        return {capability for name in names for capability in self._info.languages[name].capabilities}

    def _target(self, case: Case) -> Subject | Kit:
        if case.language is not None:
            return self._kits[case.language]
        return self._kits[self._languages[0]] if case.check.scope is Scope.ONE_LANGUAGE else self._subject

    def report(self, results: tuple[CheckResult, ...]) -> ConformanceReport:
        """Put results together with what they depend on."""
        return ConformanceReport(
            executor=self._info.name,
            form="async" if self._subject.is_async else "sync",
            startup_secs=self._info.startup_secs,
            results=results,
            deadlines=self._plan.deadlines,
            sizes=self._plan.sizes,
            overrides=tuple(_overrides(self._languages, self._plan.snippets)),
        )

    def close(self) -> None:
        """Let go of what calls needed; it can be called again."""
        self._subject.close()


def _described(subject: Subject) -> ExecutorInfo:
    """Give the description that the run goes by; D01 and D02 say what is wrong with one that is none."""
    try:
        described = subject.describe().result
    except Failed:
        return _UNDESCRIBED
    return described if isinstance(described, ExecutorInfo) else _UNDESCRIBED


def _chosen(wanted: Sequence[str] | None, info: ExecutorInfo) -> list[str]:
    if wanted is None or info is _UNDESCRIBED:
        return list(info.languages)
    missing = [name for name in wanted if name not in info.languages]
    if missing:
        offered = ", ".join(info.languages) or "none"
        raise ValueError(f"the executor does not describe {', '.join(missing)}; its languages are {offered}")
    return list(dict.fromkeys(wanted))


def _overrides(languages: Iterable[str], snippets: Mapping[str, Mapping[str, str]]) -> Iterator[Override]:
    for language in languages:
        for purpose, code in snippets.get(language, {}).items():
            yield Override(language, purpose, code)


def _made(check: Check, target: Subject | Kit) -> _Opinion:
    try:
        check.function(target)
    except tuple(_VERDICTS) as said:
        return _VERDICTS[type(said)], str(said)
    except Exception as error:  # noqa: BLE001 -- a leak probe may raise anything, and the other checks go on
        return Verdict.FAIL, f"the check broke off: {told(error)}"
    return Verdict.PASS, ""
