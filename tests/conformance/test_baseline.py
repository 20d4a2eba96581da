"""An honest executor passes the whole kit, and the kit's own edges hold."""

from __future__ import annotations

from typing import Any

import pytest

from codeexec_config.conformance import Verdict
from codeexec_config.conformance.suite import Plan, run_plan
from codeexec_config.executor import ExecutorUnavailable, as_async, guarded_async
from codeexec_config.model import CodeExecutionConfig, Runtime, Sandboxed
from tests.conformance.controls import BlocksTheLoop, Careless, InProcess, LosesTheOutputOfATimeout, RefusesTooLate
from tests.conformance.judging import QUICK
from tests.conformance.local import Local
from tests.executor.fakes import Fake

ON_A_SERVER = CodeExecutionConfig(mode=Sandboxed(runtime=Runtime.GVISOR), max_memory_mb=8192, timeout_secs=60)


def test_an_honest_executor_passes_everything_that_it_declares() -> None:
    report = run_plan(Local("python"), Plan(deadlines=QUICK))
    skipped = {result.capability for result in report.results if result.verdict is Verdict.SKIP}

    assert report.ok, report.render()
    assert skipped.isdisjoint(Local.capabilities)
    assert {"T10", "T11", "M05", "H02"} == {it.id for it in report.results if it.verdict is Verdict.NOT_APPLICABLE}


def test_a_child_that_outlives_its_parent_is_looked_for_by_a_probe_that_has_seen_one() -> None:
    report = run_plan(Local("python"), Plan(only=["T05"], deadlines=QUICK))

    assert report.ok, report.render()


def test_a_session_that_keeps_its_state_passes() -> None:
    report = run_plan(InProcess(), Plan(only=["D01", "D02", "Z01"]))

    assert {Verdict.PASS} == {result.verdict for result in report.results}, report.render()


def test_a_guarded_executor_passes_as_well() -> None:
    checks = ["D01", "D02", "R01", "R05", "O04", "T02", "T05", "K01", "E01", "S01", "F01", "F02", "X01"]
    report = run_plan(guarded_async(Local("python"), ON_A_SERVER), Plan(only=checks, deadlines=QUICK))

    assert checks == [result.id for result in report.results if result.verdict is Verdict.PASS], report.render()


@pytest.mark.parametrize(
    ("make", "check"),
    [
        (BlocksTheLoop, "K03"),
        (RefusesTooLate, "D03"),
        (Careless, "I01"),
        (LosesTheOutputOfATimeout, "T02"),
    ],
)
def test_a_defect_is_noticed(make: type[Local], check: str) -> None:
    executor = make("python")
    report = run_plan(executor, Plan(only=[check], deadlines=QUICK))

    assert [check] == [result.id for result in report.failures], report.render()


def test_an_error_in_a_thread_arrives() -> None:
    def act(_: object) -> Any:
        raise ExecutorUnavailable

    report = run_plan(as_async(Fake(act)), Plan(only=["R01"]))

    [result] = report.results
    assert result.detail.startswith("raised ExecutorUnavailable at test_baseline.py:")
    assert result.detail.endswith(": the executor is not available")
