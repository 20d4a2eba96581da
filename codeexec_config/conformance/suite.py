"""The run of the whole kit on one executor."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from codeexec_config.conformance.checks import CHECKS, Check, Scope
from codeexec_config.conformance.figures import Deadlines, Sizes
from codeexec_config.conformance.kit import Failed, Kit, NotApplicable, Skipped, Subject, told, traced
from codeexec_config.conformance.probing import processes_with
from codeexec_config.conformance.report import CheckResult, ConformanceReport, Override, Verdict
from codeexec_config.conformance.snippets import SNIPPETS
from codeexec_config.conformance.watching import has_children
from codeexec_config.conformance.wording import hushed
from codeexec_config.executor import ExecutorInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from codeexec_config.conformance.probing import LeakProbe
    from codeexec_config.executor import AsyncCodeExecutor, Capability, CodeExecutor

__all__ = ["Case", "Plan", "Suite", "run_conformance", "run_plan"]

_CORE = "core"
_SHAPE = "D01"
_ON_THE_DESCRIPTION = frozenset({_SHAPE, "D02"})
_TOGETHER = "N01"
_BY_A_PROGRAM = (Scope.ONE_LANGUAGE, Scope.LAST_PROGRAM)
_Opinion: TypeAlias = "tuple[Verdict, str, str]"
"""A verdict, what was seen, and the traceback of an exception in it."""
Progress: TypeAlias = "Callable[[int, int, str], None]"
_VERDICTS: dict[type[Exception], Verdict] = {
    Failed: Verdict.FAIL,
    Skipped: Verdict.SKIP,
    NotApplicable: Verdict.NOT_APPLICABLE,
}
_UNDESCRIBED = ExecutorInfo(name="(undescribed)", languages={})


class Plan(NamedTuple):
    """What to run of the kit, and with which numbers.

    `only` are identifiers of checks, None means all; `lacking` are features that the interpreters do not have.
    """

    languages: Sequence[str] | None = None
    probe: LeakProbe = processes_with
    snippets: Mapping[str, Mapping[str, str]] = {}
    only: Collection[str] | None = None
    deadlines: Deadlines = Deadlines()
    sizes: Sizes = Sizes()
    lacking: frozenset[str] = frozenset()


def run_conformance(
    executor: CodeExecutor | AsyncCodeExecutor,
    *,
    languages: Sequence[str] | None = None,
    checks: Collection[str] | None = None,
    leak_probe: LeakProbe | None = None,
    snippets: Mapping[str, Mapping[str, str]] | None = None,
    lacking: Collection[str] = (),
    progress: Progress | None = None,
) -> ConformanceReport:
    """Run every check of the kit that fits an executor, and return what was seen.

    It takes a minute or two for each language. An executor with both forms is tested in the async one, on the kit's own
    event loop. A call that does not return is abandoned, and its check fails.

    Args:
        executor: the executor to test.
        languages: the languages to test it with; None means all that it describes.
        checks: the identifiers of the checks to run; None means all.
        leak_probe: returns what is alive and has a marker, if `processes_with` cannot see the programs.
        snippets: programs to use instead of the kit's own, by language and purpose; the report shows them.
        lacking: what the interpreters lack by design: "imports", "processes"; programs that need it are not
            applicable. What an interpreter refuses is also detected.
        progress: called with the number of checks done, their total, and the last one.

    Raises:
        ValueError: the executor does not have a language, or the kit does not have a check.
    """
    plan = Plan(
        languages=languages,
        probe=leak_probe or processes_with,
        snippets=snippets or {},
        only=checks,
        lacking=frozenset(lacking),
    )
    return run_plan(executor, plan, progress=progress)


def run_plan(executor: object, plan: Plan, *, progress: Progress | None = None) -> ConformanceReport:
    """Run part of the kit; `progress` is called with the number of cases done, their total, and the last one."""
    suite = Suite(executor, plan)
    try:
        total = sum(1 for _ in suite.cases())
        results = []
        for result in suite.results():
            results.append(result)
            if progress is not None:
                progress(
                    len(results), total, result.id if result.language is None else f"{result.id} {result.language}"
                )
        return suite.report(tuple(results))
    finally:
        suite.close()


class Case(NamedTuple):
    """A check to run on a language or on the executor as a whole."""

    check: Check
    language: str | None

    def __str__(self) -> str:
        return self.check.id if self.language is None else f"{self.check.id}-{self.language}"


class Suite:
    """The cases that fit an executor, each of which can be run alone; the final ones make the executor useless.

    Raises:
        ValueError: the executor does not have a language of the plan, or the kit does not have a check.
    """

    def __init__(self, executor: object, plan: Plan) -> None:
        _refuse_unknown(plan.only)
        self._plan = plan
        self._judged: set[tuple[str, str | None]] = set()
        self._failed: set[tuple[str, str | None]] = set()
        self._subject = Subject(executor, plan.probe, plan.deadlines, plan.sizes)
        has_begun_something = has_children()
        self._subject.elsewhere.prepare()
        self._info = _described(self._subject)
        self._languages = _chosen(plan.languages, self._info)
        self._only = plan.only
        if plan.only is not None and not self._languages and not {*plan.only} & _ON_THE_DESCRIPTION:
            # Nothing else can be run, and an empty report would mean that nothing fails.
            self._only = {*plan.only} | _ON_THE_DESCRIPTION
        self._kits = {name: self._kit(name) for name in self._languages}
        if has_begun_something and self._languages:
            # If these are workers, the copy has the ends of their pipes too, and must go before they are used.
            with suppress(Skipped, NotApplicable):
                self._kits[self._languages[0]].copy()

    def _kit(self, language: str) -> Kit:
        own = self._plan.snippets.get(language, {})
        programs = {**SNIPPETS.get(language, {}), **own}
        return Kit(self._subject, self._info, language, programs, self._plan.lacking)

    def cases(self) -> Iterator[Case]:
        """Yield all cases in their order: the executor, each language, the end."""
        yield from (Case(check, None) for check in self._planned(Scope.EXECUTOR))
        if self._languages:
            yield from (Case(check, None) for check in self._planned(Scope.ONE_LANGUAGE))
        for language in self._languages:
            yield from (Case(check, language) for check in self._planned(Scope.LANGUAGE))
        if self._languages:
            yield from (Case(check, None) for check in self._planned(Scope.LAST_PROGRAM))
        yield from (Case(check, None) for check in self._planned(Scope.END))

    def _planned(self, scope: Scope) -> list[Check]:
        only = self._only
        return [check for check in CHECKS if check.scope is scope and (only is None or check.id in only)]

    def results(self) -> Iterator[CheckResult]:
        """Run all cases; none after a wrong shape, since a missing method would only fail all others too.

        A check comes after those that it depends on. Checks that mostly wait come after those that must run alone, and
        run concurrently if as many programs may.
        """
        for wave in self.waves():
            for case in (each for each in wave if not each.check.waits):
                result = self.judge(case)
                yield result
                if result.id == _SHAPE and result.verdict is Verdict.FAIL:
                    return
            with ThreadPoolExecutor(self._width(wave[0])) as pool:
                yield from pool.map(self.judge, [each for each in wave if each.check.waits])

    def waves(self) -> Iterator[list[Case]]:
        """Yield all cases in the order in which they must run: after those that they depend on."""
        for _, group in groupby(self.cases(), key=lambda case: (case.check.scope, case.language)):
            yield from _waves(list(group))

    def _width(self, case: Case) -> int:
        """Return how many checks may run concurrently: one, unless programs were seen to do so."""
        together = (_TOGETHER, case.language)
        if case.language is None or together in self._failed or together not in self._judged:
            return 1
        return self._kits[case.language].most_at_once()

    def judge(self, case: Case) -> CheckResult:
        """Run one case, if it fits the executor."""
        start = time.monotonic()
        verdict, detail, traceback = self._unfit(case) or _made(case.check, self._target(case))
        self._judged.add((case.check.id, case.language))
        if verdict is Verdict.FAIL:
            self._failed.add((case.check.id, case.language))
        return CheckResult(
            id=case.check.id,
            title=case.check.title,
            language=case.language,
            capability=str(case.check.needs or _CORE),
            verdict=verdict,
            detail=hushed(detail),  # an author's leak probe may show them too
            secs=round(time.monotonic() - start, 3),
            action=case.check.action,
            traceback=traceback,
        )

    def _unfit(self, case: Case) -> _Opinion | None:
        check = case.check
        if check.async_only and not self._subject.is_async:
            return Verdict.NOT_APPLICABLE, "the executor is sync", ""
        if check.needs is not None and check.needs not in self._declared(case.language):
            return Verdict.SKIP, f"the capability {check.needs} is not declared", ""
        language = self._languages[0] if check.scope in _BY_A_PROGRAM else case.language
        blind = [other for other in check.after.split() if (other, language) in self._failed]
        if blind:
            return Verdict.SKIP, f"cannot tell before {' and '.join(blind)} passes", ""
        return None

    def _declared(self, language: str | None) -> set[Capability]:
        names = self._info.languages if language is None else [language]
        return {capability for name in names for capability in self._info.languages[name].capabilities}

    def _target(self, case: Case) -> Subject | Kit:
        if case.language is not None:
            return self._kits[case.language]
        return self._kits[self._languages[0]] if case.check.scope in _BY_A_PROGRAM else self._subject

    def report(self, results: tuple[CheckResult, ...]) -> ConformanceReport:
        """Return the report on results, with what they depend on."""
        return ConformanceReport(
            executor=self._info.name,
            form="async" if self._subject.is_async else "sync",
            startup_secs=self._info.startup_secs,
            results=tuple(sorted(results, key=self._rank)),
            deadlines=self._plan.deadlines,
            sizes=self._plan.sizes,
            overrides=tuple(_overrides(self._languages, self._plan.snippets)),
        )

    def _rank(self, result: CheckResult) -> tuple[int, int, int]:
        """Return the rank of a result in a report: by its scope, its language, and its row of the table."""
        position = next(number for number, check in enumerate(CHECKS) if check.id == result.id)
        scope = list(Scope).index(CHECKS[position].scope)
        return scope, 0 if result.language is None else self._languages.index(result.language), position

    def close(self) -> None:
        """Release the resources of calls; it can be called again."""
        self._subject.close()


def _refuse_unknown(only: Collection[str] | None) -> None:
    known = [check.id for check in CHECKS]
    unknown = [name for name in only or () if name not in known]
    if unknown:
        raise ValueError(f"no such check: {', '.join(unknown)}{_meant(unknown[0], known)}")


def _meant(name: str, known: Iterable[str]) -> str:
    # Imported here, as only a mistake needs a suggestion.
    from difflib import get_close_matches

    plain = {each.casefold(): each for each in known}
    whole = re.sub(r"^([a-z])(\d)$", r"\g<1>0\2", name.casefold())  # T4 means T04 rather than T14
    close = get_close_matches(whole, plain, 1, 0.5)
    return f"; did you mean {plain[close[0]]}?" if close else ""


def _waves(cases: list[Case]) -> Iterator[list[Case]]:
    """Yield the cases that depend on no other, then those that depend only on them, and so on."""
    while cases:
        names = {case.check.id for case in cases}
        ready = [case for case in cases if not names & set(case.check.after.split())]
        yield ready
        cases = [case for case in cases if case not in ready]


def _described(subject: Subject) -> ExecutorInfo:
    """Return the description for the run; D01 and D02 report what is wrong with it."""
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
        meant = _meant(missing[0], info.languages)
        raise ValueError(f"the executor does not describe {', '.join(missing)}; its languages are {offered}{meant}")
    return list(dict.fromkeys(wanted))


def _overrides(languages: Iterable[str], snippets: Mapping[str, Mapping[str, str]]) -> Iterator[Override]:
    for language in languages:
        for purpose, code in snippets.get(language, {}).items():
            yield Override(language, purpose, code)


def _made(check: Check, target: Subject | Kit) -> _Opinion:
    try:
        check.function(target)
    except tuple(_VERDICTS) as said:
        return _VERDICTS[type(said)], str(said), getattr(said, "traceback", "")
    except Exception as error:  # noqa: BLE001 -- a leak probe may raise anything, and the other checks go on
        return Verdict.FAIL, f"the check broke off: {told(error)}", traced(error)
    return Verdict.PASS, "", ""
