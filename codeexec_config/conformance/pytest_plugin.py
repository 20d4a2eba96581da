"""The kit as pytest tests, one for each check and language; nothing else in the package needs pytest.

from codeexec_config.conformance.pytest_plugin import conformance_tests

TestMyExecutor = conformance_tests(MyExecutor)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from codeexec_config.conformance.probing import processes_with
from codeexec_config.conformance.report import Verdict
from codeexec_config.conformance.suite import Case, Plan, Suite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from codeexec_config.conformance.probing import LeakProbe
    from codeexec_config.executor import AsyncCodeExecutor, CodeExecutor

__all__ = ["conformance_tests"]


def conformance_tests(
    factory: Callable[[], CodeExecutor | AsyncCodeExecutor],
    *,
    languages: Sequence[str] | None = None,
    leak_probe: LeakProbe | None = None,
    snippets: Mapping[str, Mapping[str, str]] | None = None,
) -> type:
    """Return a test class for an executor; assign it to a name that pytest collects, such as `TestMyExecutor`.

    A check that fails is a failed test; one that is skipped or not applicable is a skipped test that says why. The
    executor is created once, when tests are collected, because its description determines the tests.

    Args:
        factory: creates the executor.
        languages: as in `run_conformance`.
        leak_probe: the same.
        snippets: the same.
    """
    plan = Plan(languages=languages, probe=leak_probe or processes_with, snippets=snippets or {})
    return class_of(Suite(factory(), plan))


def class_of(suite: Suite) -> type:
    """Return a test class for the cases of a suite, each after those that it depends on."""
    cases = [case for wave in suite.waves() for case in wave]

    class TestConformance:
        """An executor keeps its promises."""

        @pytest.mark.parametrize("case", cases, ids=str)
        def test_check(self, case: Case) -> None:
            """One check on one language, or on the executor as a whole."""
            result = suite.judge(case)
            if result.verdict is Verdict.FAIL:
                pytest.fail(f"{result.title}: {result.detail}", pytrace=False)
            if result.verdict is not Verdict.PASS:
                pytest.skip(result.detail)

        @classmethod
        def teardown_class(cls) -> None:
            suite.close()

    return TestConformance
