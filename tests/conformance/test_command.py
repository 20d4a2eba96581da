"""`conformance MODULE:FACTORY`: the kit from a shell."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

import pytest

from codeexec_config.cli import conformance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MODULE = '''
from codeexec_config.executor import *

class Echo:
    """Gives the text that a program would print, without running it."""

    def describe(self):
        support = LanguageSupport(version="0")
        return ExecutorInfo(name="echo", languages={"python": support, "bash": support})

    def execute(self, request, /):
        return ExecutionResult(status=Status.COMPLETED, stdout=request.code.encode())

class Shapeless:
    languages = ()

class Holder:
    make = Echo

number = 3

def leave():
    raise SystemExit(0)

def fail():
    raise ConnectionError("https://user:sk-canary@host")
'''


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """Give the command, in a folder with a host's module."""
    (tmp_path / "kit_host.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "kit_wrong.py").write_text("import kit_no_such_module", encoding="utf-8")
    (tmp_path / "kit_broken.py").write_text("raise RuntimeError('sk-canary')", encoding="utf-8")
    (tmp_path / "kit_leaving.py").write_text("raise SystemExit(0)", encoding="utf-8")
    (tmp_path / "kit_garbled.py").write_text("def (", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    parser = argparse.ArgumentParser()
    conformance.add_parser(parser.add_subparsers())

    def run(*arguments: str) -> int:
        options = parser.parse_args(["conformance", *arguments])
        status: int = options.run(options)
        return status

    yield run
    for name in [name for name in sys.modules if name.startswith("kit_")]:
        del sys.modules[name]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the two checks of the shape only."""
    from codeexec_config.conformance import suite

    def only_the_shape(executor: object, **options: object) -> object:
        languages = options["languages"]
        return suite.run_plan(executor, suite.Plan(languages=languages, only=["D01", "D02", "R02"]))  # type: ignore[arg-type]

    monkeypatch.setattr("codeexec_config.conformance.run_conformance", only_the_shape)


@pytest.mark.usefixtures("quick")
class TestReport:
    def test_an_executor_that_passes_gives_0_and_a_table(
        self, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_host:Echo") == 0
        printed = capsys.readouterr()

        assert printed.out.startswith("echo (sync, start-up 0 s)\n")
        assert printed.out.endswith("4 pass, 0 fail, 0 skip, 0 n/a\n")
        assert printed.err == ""

    def test_one_that_fails_gives_1(self, command: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
        assert command("kit_host:Shapeless") == 1
        assert "D01 all: neither `execute` nor `execute_async` is there" in capsys.readouterr().out

    def test_a_factory_may_be_inside_a_class(self, command: Callable[..., int]) -> None:
        assert command("kit_host:Holder.make") == 0

    def test_languages_may_be_chosen(self, command: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
        assert command("kit_host:Echo", "--language", "bash") == 0
        assert "python" not in capsys.readouterr().out

    def test_json_is_one_object(self, command: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
        assert command("kit_host:Echo", "--format", "json") == 0

        assert json.loads(capsys.readouterr().out)["summary"]["pass"] == 4


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            (["kit_host"], "write MODULE:FACTORY, such as my_host.executors:make_executor"),
            (["kit_host:"], "write MODULE:FACTORY, such as my_host.executors:make_executor"),
            ([":make"], "write MODULE:FACTORY, such as my_host.executors:make_executor"),
            (["kit_missing:make"], "cannot import kit_missing: No module named 'kit_missing'"),
            (["kit_wrong:make"], "cannot import kit_wrong: No module named 'kit_no_such_module'"),
            (["kit_broken:make"], "cannot import kit_broken: RuntimeError at kit_broken.py:1"),
            (["kit_leaving:make"], "cannot import kit_leaving: SystemExit at kit_leaving.py:1"),
            (["kit_host:missing"], "kit_host has no missing"),
            (["kit_host:Holder.missing"], "kit_host has no Holder.missing"),
            (
                ["kit_host:number"],
                "kit_host:number cannot be called: name a function or a class that makes the executor",
            ),
            (["kit_host:leave"], "the factory raised SystemExit at kit_host.py:23"),
            (["kit_host:fail"], "the factory raised ConnectionError at kit_host.py:26"),
            (
                ["kit_host:Echo", "--language", "perl"],
                "the executor does not describe perl; its languages are python, bash",
            ),
        ],
    )
    def test_a_mistake_is_one_line_and_2(
        self, command: Callable[..., int], capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
    ) -> None:
        assert command(*arguments) == 2
        printed = capsys.readouterr()

        assert printed.err == f"codeexec_config conformance: error: {line}\n"
        assert printed.out == ""

    def test_a_module_that_is_no_python_is_one_line_too(
        self, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_garbled:make") == 2
        assert capsys.readouterr().err.count("\n") == 1

    def test_the_current_folder_is_not_added_twice(self, command: Callable[..., int], tmp_path: Path) -> None:
        for _ in range(2):
            command("kit_host:missing")

        assert sys.path.count(str(tmp_path)) == 1
