"""An honest executor passes the whole kit, and the kit's own edges hold."""

from __future__ import annotations

import os
from typing import Any

import pytest

from codeexec_config.conformance import Verdict
from codeexec_config.conformance.suite import Plan, run_plan
from codeexec_config.executor import Capability, ExecutorUnavailable, as_async, guarded_async
from codeexec_config.model import CodeExecutionConfig, Runtime, Sandboxed
from tests.conformance.controls import BlocksTheLoop, Careless, InProcess, LosesTheOutputOfATimeout, RefusesTooLate
from tests.conformance.defects import CountsKibibytes, CountsMilliseconds, SweepsNothing
from tests.conformance.judging import QUICK, SMALL
from tests.conformance.local import Local
from tests.conformance.shapes import OneAtATime, Sessions, SlowStarter
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


class Boaster(Local):
    """Declares what a plain child process cannot keep."""

    capabilities = frozenset(Capability) - {Capability.SESSIONS}


def test_promises_of_isolation_are_not_kept_by_a_plain_process() -> None:
    checks = ["I02", "I03", "I05", "I10", "I11", "I12", "I13", "I14", "I15", "H01", "G01"]
    report = run_plan(Boaster("python"), Plan(only=checks, deadlines=QUICK, sizes=SMALL))

    kept = {"I11", "I14"} | ({"I10"} if os.geteuid() else set())
    assert set(checks) - {"I03"} - kept == {result.id for result in report.failures}, report.render()


def test_files_of_the_host_are_written_by_a_plain_process() -> None:
    report = run_plan(Boaster("python"), Plan(only=["I09"], deadlines=QUICK))

    assert not report.ok, report.render()


def test_honest_sessions_pass_what_is_asked_of_them() -> None:
    checks = [f"Z0{number}" for number in range(1, 8)]
    report = run_plan(Sessions("python"), Plan(only=checks, deadlines=QUICK))

    assert checks == [result.id for result in report.results if result.verdict is Verdict.PASS], report.render()


def test_a_start_up_is_told_from_a_programs_time() -> None:
    report = run_plan(SlowStarter("python"), Plan(only=["T10"], deadlines=QUICK))

    assert [Verdict.PASS] == [result.verdict for result in report.results], report.render()


def test_figures_and_sweeping_are_looked_at_where_they_are() -> None:
    for make, check in ((CountsMilliseconds, "T11"), (CountsKibibytes, "M05"), (SweepsNothing, "H02")):
        report = run_plan(make("python"), Plan(only=[check], deadlines=QUICK))

        assert [check] == [result.id for result in report.failures], report.render()


def test_one_at_a_time_is_asked_for_one_at_a_time() -> None:
    report = run_plan(OneAtATime("python"), Plan(only=["I17", "N01", "N02", "P02"], deadlines=QUICK))

    assert {"P02": "n/a", "I17": "n/a", "N01": "pass", "N02": "n/a"} == {it.id: it.verdict for it in report.results}
