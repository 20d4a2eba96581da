"""The kit as tests of pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codeexec_config.conformance.checks import CHECKS
from codeexec_config.conformance.pytest_plugin import class_of, conformance_tests
from codeexec_config.conformance.suite import Plan, Suite
from tests.conformance.local import Local, SyncLocal
from tests.executor.fakes import Fake

TestLocal = class_of(Suite(Local("python"), Plan(only=["D01", "D02", "R01", "K03", "L01"])))
TestSyncLocal = class_of(Suite(SyncLocal("python"), Plan(only=["D01", "R01", "L01"])))

MINE = """
from codeexec_config.conformance.pytest_plugin import class_of
from codeexec_config.conformance.suite import Plan, Suite
from tests.executor.fakes import Fake

TestMine = class_of(Suite(Fake(), Plan(only=["D01", "R01", "M01", "K03"])))
"""


def test_each_case_is_a_test_with_the_checks_verdict(tmp_path: Path) -> None:
    source = tmp_path / "test_mine.py"
    source.write_text(MINE, encoding="utf-8")
    root = str(Path(__file__).parents[2])
    arguments = ["-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(source)]

    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert "1 failed, 1 passed, 2 skipped" in done.stdout
    assert "PASSED test_mine.py::TestConformance::test_check[D01]" in done.stdout.replace("TestMine", "TestConformance")
    assert "runs a program: expected 'kit" in done.stdout
    assert "the capability memory is not declared" in done.stdout
    assert "the executor is sync" in done.stdout


@pytest.mark.parametrize(
    ("check", "outcome", "words"),
    [
        ("R01", pytest.fail.Exception, "runs a program: expected 'kit"),
        ("M01", pytest.skip.Exception, "the capability memory is not declared"),
        ("K03", pytest.skip.Exception, "the executor is sync"),
    ],
)
def test_a_verdict_is_an_outcome(check: str, outcome: type[BaseException], words: str) -> None:
    suite = Suite(Fake(), Plan(only=[check]))
    [case] = suite.cases()

    with pytest.raises(outcome, match=words):
        class_of(suite)().test_check(case)


def test_one_defect_is_one_test_that_fails() -> None:
    suite = Suite(Fake(), Plan())
    [mark] = class_of(suite).test_check.pytestmark  # type: ignore[attr-defined]
    suite.close()
    names = [str(case) for case in mark.args[1]]
    needed = {
        (str(case), name)
        for case in suite.cases()
        for other in case.check.after.split()
        if (name := str(case._replace(check=next(check for check in CHECKS if check.id == other)))) in names
    }

    assert {str(case) for case in suite.cases()} == set(names)
    assert len(needed) > 50
    assert [pair for pair in needed if names.index(pair[0]) < names.index(pair[1])] == []


def test_the_arguments_are_those_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[Plan] = []

    def note(executor: object, plan: Plan) -> Suite:
        planned.append(plan)
        return Suite(executor, plan)

    monkeypatch.setattr("codeexec_config.conformance.pytest_plugin.Suite", note)

    conformance_tests(Fake)
    made = conformance_tests(Fake, languages=["python"], leak_probe=sorted, snippets={"python": {"say": "x"}})

    assert [Plan(), Plan(languages=["python"], probe=sorted, snippets={"python": {"say": "x"}})] == planned
    assert issubclass(made, object)


def test_nothing_else_of_the_kit_needs_pytest() -> None:
    code = "import sys, codeexec_config.conformance; sys.exit('pytest' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
