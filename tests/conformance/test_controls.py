"""Each check of the kit notices the executor that it is there for, and no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from codeexec_config.conformance import Deadlines
from codeexec_config.conformance.checks import CHECKS
from codeexec_config.conformance.suite import Plan, run_plan
from tests.conformance.controls import CONTROLS, Control, InProcess, PilesUpOutput
from tests.conformance.local import can_unshare

if TYPE_CHECKING:
    from codeexec_config.conformance import ConformanceReport

QUICK = Deadlines(
    describe=1,
    run_limit=8,
    stop_limit=1,
    late=3,
    latency_limit=8,
    latency=3.5,
    once=2,
    settle=2,
    cancel=2,
    stall=0.2,
    close=1,
    abandon=0.3,
)
AT_ONCE = 4


def judged(control: Control) -> ConformanceReport:
    executor = control.make() if issubclass(control.make, InProcess) else control.make("python")
    return run_plan(executor, Plan(only=control.checks.split(), deadlines=QUICK))


def named(control: Control) -> str:
    return control.make.__name__


@pytest.fixture(scope="module")
def reports() -> dict[str, ConformanceReport]:
    """Run the controls that this machine can run, a few at once, after the one that fills this process's memory."""
    able = [control for control in CONTROLS if can_unshare() or not control.needs_privilege]
    alone = [control for control in able if control.make is PilesUpOutput]
    beside = [control for control in able if control.make is not PilesUpOutput]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {
            named(control): report
            for group in (alone, beside)
            for control, report in zip(group, pool.map(judged, group), strict=True)
        }


@pytest.mark.parametrize("control", CONTROLS, ids=named)
def test_a_broken_executor_fails_the_checks_that_name_its_defect_and_passes_the_others(
    control: Control, reports: dict[str, ConformanceReport]
) -> None:
    if named(control) not in reports:
        pytest.skip("this process may not give a program namespaces of its own")
    report = reports[named(control)]

    assert control.expected() == {result.id: result.verdict for result in report.results}, report.render()


def test_every_check_has_a_control_that_fails_it() -> None:
    assert {check.id for check in CHECKS} == {check for control in CONTROLS for check in control.fails.split()}
