"""Each check of the kit notices the executor that it is there for, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from codeexec_config.conformance.checks import CHECKS
from tests.conformance.controls import CONTROLS, Control
from tests.conformance.judging import judge_all
from tests.conformance.local import can_unshare

Reports = dict[tuple[str, str], dict[str, Any]]


def named(control: Control) -> str:
    return control.make.__name__


@pytest.fixture(scope="module")
def reports() -> Reports:
    """Run the controls that this machine can run."""
    return judge_all([(named(it), "python") for it in CONTROLS if can_unshare() or not it.needs_privilege])


@pytest.mark.parametrize("control", CONTROLS, ids=named)
def test_a_broken_executor_fails_the_checks_that_name_its_defect_and_passes_the_others(
    control: Control, reports: Reports
) -> None:
    if control.needs_privilege and not can_unshare():
        pytest.skip("this process may not give a program namespaces of its own")
    report = reports[named(control), "python"]

    assert control.expected() == {it["id"]: it["verdict"] for it in report["results"]}, report["rendered"]


def test_every_check_has_a_control_that_fails_it() -> None:
    assert {check.id for check in CHECKS} == {check for control in CONTROLS for check in control.fails.split()}
