"""Each check of the kit notices the executor that it is there for, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config.conformance.checks import CHECKS
from tests.conformance.judging import ALL

if TYPE_CHECKING:
    from tests.conformance.controls import Control

Reports = dict[str, dict[str, Any]]
FIRST = {control.fails: name for name, control in reversed(ALL.items())}
"""One control of each check, or of each few that fail together."""


def marks(name: str, control: Control) -> list[pytest.MarkDecorator]:
    missing = pytest.mark.skipif(bool(control.missing()), reason=control.missing())
    return [missing] if FIRST[control.fails] == name else [missing, pytest.mark.thorough]


JOBS = [pytest.param(f"{name}/python", marks=marks(name, control), id=name) for name, control in ALL.items()]


@pytest.mark.parametrize("job", JOBS)
def test_a_broken_executor_fails_the_checks_that_name_its_defect_and_passes_the_others(
    job: str, reports: Reports
) -> None:
    report = reports[job]

    assert ALL[job.rpartition("/")[0]].expected() == {it["id"]: it["verdict"] for it in report["results"]}, report[
        "rendered"
    ]


def test_every_check_has_a_control_that_fails_it() -> None:
    assert {check.id for check in CHECKS} == {check for control in ALL.values() for check in control.fails.split()}
