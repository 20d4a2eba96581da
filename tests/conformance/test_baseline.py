"""Parts of the kit on executors that are run in this process; most of what it says is tried by `judging`."""

from __future__ import annotations

from typing import Any

from codeexec_config.conformance.suite import Plan, run_plan
from codeexec_config.executor import ExecutorUnavailable, as_async
from tests.conformance.judging import QUICK
from tests.conformance.local import Local
from tests.executor.fakes import Fake


def test_a_child_that_outlives_its_parent_is_looked_for_by_a_probe_that_has_seen_one() -> None:
    report = run_plan(Local("python"), Plan(only=["T05"], deadlines=QUICK))

    assert report.ok, report.render()


def test_an_error_in_a_thread_arrives() -> None:
    def act(_: object) -> Any:
        raise ExecutorUnavailable

    report = run_plan(as_async(Fake(act)), Plan(only=["R01"]))

    [result] = report.results
    assert result.detail.startswith("raised ExecutorUnavailable at test_baseline.py:")
    assert result.detail.endswith(": the executor is not available")
