"""`conformance MODULE:FACTORY`: the kit from a shell."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config.cli import conformance
from codeexec_config.cli.streams import LostOutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODULE = '''
from codeexec_config.executor import *

class Echo:
    """Gives the text that a program would print, without running it."""

    def describe(self):
        support = LanguageSupport(version="0")
        return ExecutorInfo(name="echo", languages={"python": support, "bash": support})

    def execute(self, request, /):
        return ExecutionResult(status=Status.COMPLETED, stdout=request.code.encode())

class Loud(Echo):
    def execute(self, request, /):
        print("loud " * 1000)
        return super().execute(request)

class Shapeless:
    languages = ()

class Holder:
    make = Echo

number = 3
programs = {"python": {"utf8": "print(1)"}}

def nothing(marker):
    return []

def leave():
    raise SystemExit(0)

def fail():
    raise ConnectionError("https://user:sk-canary@host")

class Raising(Echo):
    """Raises what repeats the request, for each of its programs."""

    def execute(self, request, /):
        try:
            raise OSError(f"refused {request.code}")
        except OSError as error:
            raise RuntimeError("cannot send, token=sk-canary") from error

class Indescribable(Echo):
    def describe(self):
        raise RuntimeError("not yet")

class Keeping(Echo):
    """Passes on the environment that it was made in."""

    def __init__(self):
        import os
        self.kept = dict(os.environ)

    def describe(self):
        support = LanguageSupport(version="0", capabilities={"clean_env"})
        return ExecutorInfo(name="keeping", languages={"python": support})

    def execute(self, request, /):
        return ExecutionResult(status=Status.COMPLETED, stdout=str(self.kept).encode())

class Waiting(Echo):
    """Waits in a pool of its own for what does not end."""

    def execute(self, request, /):
        import threading
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor() as pool:
            return pool.submit(threading.Event().wait).result()

def steer():
    raise ConnectionError("red \\x1b[31m, and\\r on")

unwritten = {"python": {"say": None}}
misspelt = {"python": {"say": "x", "sayy": "x"}}

class Odd(Echo):
    """Has a name and an error that a terminal obeys, and that UTF-8 does not have."""

    def describe(self):
        return ExecutorInfo(name="odd \\udcff", languages={"python": LanguageSupport(version="0")})

    def execute(self, request, /):
        raise ConnectionError("red \\x1b[31m, and\\r on")

class Unwanted(Echo):
    def __init__(self):
        raise AssertionError("made, though its report can go nowhere")

class Outcome(BaseException):
    """Is no Exception, as what test frameworks skip a module with."""

def skip():
    raise Outcome("not on this system")

def __getattr__(name):
    if name == "lazy":
        raise RuntimeError("not without an extra")
    raise AttributeError(name)

class Lazy:
    """Has attributes that cannot be looked at."""

    def __getattr__(self, name):
        raise ValueError("no connection yet")

class Closing(Echo):
    """Runs programs in the host's process, one of which closes what it prints to."""

    def execute(self, request, /):
        import sys
        sys.stdout.close()
        sys.stderr.close()
        return super().execute(request)

def interrupt():
    raise KeyboardInterrupt
'''


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """Yield the command, in a folder with a host's module."""
    (tmp_path / "kit_host.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "kit_wrong.py").write_text("import kit_no_such_module", encoding="utf-8")
    (tmp_path / "kit_broken.py").write_text("raise RuntimeError('the wrong kind of day')", encoding="utf-8")
    (tmp_path / "kit_leaving.py").write_text("raise SystemExit(0)", encoding="utf-8")
    (tmp_path / "kit_skipped.py").write_text("raise GeneratorExit", encoding="utf-8")
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
        languages, checks = options["languages"], options["checks"] or ["D01", "D02", "R02"]
        return suite.run_plan(executor, suite.Plan(languages=languages, only=checks), progress=options["progress"])  # type: ignore[arg-type]

    monkeypatch.setattr("codeexec_config.conformance.run_conformance", only_the_shape)


@contextmanager
def printing_to(descriptor: int) -> Iterator[None]:
    """Let standard output be a descriptor, which is closed at the end."""
    kept = os.dup(1)
    os.dup2(descriptor, 1)
    os.close(descriptor)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def shell(folder: Path, *arguments: str, stdout: Any = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """Run the command in a new process."""
    (folder / "kit_host.py").write_text(MODULE, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "codeexec_config", "conformance", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.usefixtures("quick")
class TestReport:
    def test_an_executor_that_passes_gives_0_and_a_table(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_host:Echo") == 0
        printed = capfd.readouterr()

        assert printed.out.startswith("echo (sync, start-up 0 s)\n")
        assert printed.out.endswith("4 pass, 0 fail, 0 skip, 0 n/a\n")
        assert printed.err == ""

    def test_one_that_fails_gives_1(self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
        assert command("kit_host:Shapeless") == 1
        assert "\nfailed:\n  D01 all: " in capfd.readouterr().out

    def test_a_factory_may_be_inside_a_class(self, command: Callable[..., int]) -> None:
        assert command("kit_host:Holder.make") == 0

    def test_threads_of_the_executor_s_own_do_not_hold_it_up(self, tmp_path: Path) -> None:
        done = shell(tmp_path, "kit_host:Waiting", "--check", "T16", "--language", "bash")

        assert done.returncode == 1
        assert "the call did not return within " in done.stdout

    def test_languages_may_be_chosen(self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
        assert command("kit_host:Echo", "--language", "bash") == 0
        assert "python" not in capfd.readouterr().out

    def test_what_an_executor_prints_is_a_finding_and_not_in_the_report(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_host:Loud", "--format", "json") == 1
        made = json.loads(capfd.readouterr().out)

        [finding] = [result for result in made["results"] if result["verdict"] == "fail"]
        assert finding["id"] == "O09"
        assert finding["detail"].startswith("the executor printed 10002 bytes to the host's standard output: b'loud ")

    def test_the_environment_in_which_an_executor_is_made_is_the_hosts(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_host:Keeping", "--check", "I03") == 1
        assert "  I03 python: seen, and the host's: CODEEXEC_KIT_CANARY\n" in capfd.readouterr().out

    def test_so_is_it_where_the_check_was_made(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_host:Loud", "--check", "O09", "--check", "D01", "--language", "python") == 1
        assert "O09 python: the executor printed to the host's standard output: b'loud " in capfd.readouterr().out

    def test_a_report_may_go_to_a_file(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert command("kit_host:Echo", "--format", "json", "--output", "report.json") == 0

        assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["ok"]
        assert capfd.readouterr().out == ""

    def test_a_report_replaces_an_older_one(self, command: Callable[..., int], tmp_path: Path) -> None:
        (tmp_path / "report.txt").write_text("old" * 10_000, encoding="utf-8")
        assert command("kit_host:Echo", "--check", "D01", "--output", "report.txt") == 0

        assert (tmp_path / "report.txt").read_text(encoding="utf-8").startswith("echo (sync, start-up 0 s)\n")
        assert "old" not in (tmp_path / "report.txt").read_text(encoding="utf-8")

    @pytest.mark.usefixtures("quick")
    @pytest.mark.parametrize("form", ["text", "json"])
    def test_a_report_may_hold_what_no_terminal_and_no_file_takes(
        self, command: Callable[..., int], tmp_path: Path, form: str
    ) -> None:
        assert command("kit_host:Odd", "--check", "R01", "--format", form, "--output", "report") == 1

        report = (tmp_path / "report").read_text(encoding="utf-8")
        assert ("odd \\udcff" if form == "json" else "odd \\u{dcff}") in report
        assert {"\r", "\x1b"}.isdisjoint(report)

    @pytest.mark.parametrize("target", ["no/such/folder", "."])
    def test_a_report_that_can_go_nowhere_is_not_made(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str], target: str
    ) -> None:
        assert command("kit_host:Unwanted", "--output", target) == 2

        assert f"cannot write {target}: " in capfd.readouterr().err

    def test_what_makes_no_report_leaves_the_file_as_it_was(self, command: Callable[..., int], tmp_path: Path) -> None:
        new, old = tmp_path / "new.txt", tmp_path / "old.txt"
        old.write_text("the last report\n")

        assert command("kit_host:Unwanted", "--check", "zzz", "--output", str(new)) == 2
        assert command("kit_host:Unwanted", "--check", "zzz", "--output", str(old)) == 2
        assert not new.exists()
        assert old.read_text() == "the last report\n"

    @pytest.mark.parametrize("check", ["R01", "L01"])
    @pytest.mark.parametrize("factory", ["Indescribable", "Lazy"])
    def test_what_describes_nothing_never_passes(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str], factory: str, check: str
    ) -> None:
        """There is no language for the requested check."""
        assert command(f"kit_host:{factory}", "--check", check) == 1

        assert "\nfailed:\n  D01 all: " in capfd.readouterr().out

    def test_a_program_may_close_the_streams_of_this_process(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_host:Closing") == 0

        assert capfd.readouterr().out.endswith("4 pass, 0 fail, 0 skip, 0 n/a\n")
        os.write(2, b"still open\n")
        sys.stderr.flush()
        assert capfd.readouterr().err == "still open\n"

    @pytest.mark.parametrize(("factory", "status"), [("Echo", 0), ("Shapeless", 1)])
    def test_a_reader_that_had_enough_changes_no_status(self, tmp_path: Path, factory: str, status: int) -> None:
        source, sink = os.pipe()
        os.close(source)

        done = shell(tmp_path, f"kit_host:{factory}", "--check", "D01", stdout=sink)

        os.close(sink)
        assert (done.returncode, done.stderr) == (status, "")

    @pytest.mark.parametrize(("factory", "status"), [("Echo", 0), ("Shapeless", 1)])
    def test_a_report_that_nobody_reads_changes_no_status(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str], factory: str, status: int
    ) -> None:
        source, sink = os.pipe()
        os.close(source)

        with printing_to(sink):
            assert command(f"kit_host:{factory}", "--check", "D01") == status

        assert capfd.readouterr().err == ""

    def test_a_report_that_is_lost_has_no_status(self, command: Callable[..., int]) -> None:
        with printing_to(os.open("/dev/full", os.O_WRONLY)), pytest.raises(LostOutputError):
            command("kit_host:Echo", "--check", "D01")

    def test_a_full_standard_output_is_told(self, tmp_path: Path) -> None:
        with open("/dev/full", "w") as full:  # noqa: PTH123 -- a device
            done = shell(tmp_path, "kit_host:Echo", "--check", "D01", stdout=full)

        assert done.returncode == 2
        assert done.stderr == (
            "python -m codeexec_config: error: cannot write to standard output: no space left on device\n"
        )

    def test_a_full_disk_is_told(self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
        assert command("kit_host:Echo", "--check", "D01", "--output", "/dev/full") == 2

        assert "cannot write /dev/full: No space left on device" in capfd.readouterr().err

    def test_a_terminal_shows_progress(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        assert command("kit_host:Echo", "--language", "bash") == 0

        printed = capfd.readouterr().err
        assert "\r\033[K1/3 D01\r" in printed
        assert printed.endswith("3/3 R02 bash\r\033[K")

    def test_json_is_one_object(self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
        assert command("kit_host:Echo", "--format", "json") == 0

        assert json.loads(capfd.readouterr().out)["summary"]["pass"] == 4


class TestUsage:
    def test_a_factory_may_be_interrupted(self, command: Callable[..., int]) -> None:
        with pytest.raises(KeyboardInterrupt):
            command("kit_host:interrupt")

    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            (["kit_host"], "write MODULE:FACTORY, such as my_host.executors:make_executor"),
            (["kit_host:"], "write MODULE:FACTORY, such as my_host.executors:make_executor"),
            ([":make"], "write MODULE:FACTORY, such as my_host.executors:make_executor"),
            (
                ["kit_missing:make"],
                "cannot import kit_missing: ModuleNotFoundError: No module named 'kit_missing'",
            ),
            (
                ["kit_wrong:make"],
                "cannot import kit_wrong: ModuleNotFoundError at kit_wrong.py:1: No module named 'kit_no_such_module'",
            ),
            (["kit_broken:make"], "cannot import kit_broken: RuntimeError at kit_broken.py:1: the wrong kind of day"),
            (["kit_leaving:make"], "cannot import kit_leaving: SystemExit at kit_leaving.py:1: 0"),
            (["kit_skipped:make"], "cannot import kit_skipped: GeneratorExit at kit_skipped.py:1"),
            (["kit_host:missing"], "kit_host has no missing"),
            (["kit_host:lazy"], "kit_host has no lazy: RuntimeError at kit_host.py:101: not without an extra"),
            (["kit_host:skip"], "the factory raised Outcome at kit_host.py:97: not on this system"),
            (["kit_host:Holder.missing"], "kit_host has no Holder.missing"),
            (
                ["kit_host:number"],
                "kit_host:number cannot be called: name a function or a class that creates the executor",
            ),
            (["kit_host:leave"], "the factory raised SystemExit at kit_host.py:32: 0"),
            (["kit_host:fail"], "the factory raised ConnectionError at kit_host.py:35: https://***@host"),
            (
                ["kit_host:steer"],
                r"the factory raised ConnectionError at kit_host.py:75: red \u{1b}[31m, and\u{d} on",
            ),
            (
                ["kit_host:Echo", "--language", "perl"],
                "the executor does not describe perl; its languages are python, bash",
            ),
        ],
    )
    def test_a_mistake_is_one_line_and_2(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str], arguments: list[str], line: str
    ) -> None:
        assert command(*arguments) == 2
        printed = capfd.readouterr()

        assert printed.err == f"python -m codeexec_config conformance: error: {line}\n"
        assert printed.out == ""

    @pytest.mark.parametrize(
        ("arguments", "line"),
        [
            (["--check", "T4"], "no such check: T4; did you mean T04?"),
            (["--check", "zzz"], "no such check: zzz"),
            (
                ["--language", "pyton"],
                "the executor does not describe pyton; its languages are python, bash; did you mean python?",
            ),
            (
                ["--leak-probe", "kit_host:number"],
                "kit_host:number cannot be called: name a function that takes a marker",
            ),
            (
                ["--snippets", "kit_host:number"],
                "kit_host:number: expected a table of languages, each a table of purposes and their code",
            ),
            (
                ["--snippets", "kit_host:misspelt"],
                (
                    "kit_host:misspelt: no check runs a program for `sayy`; "
                    "codeexec_config.conformance.snippets lists the purposes"
                ),
            ),
            (
                ["--snippets", "kit_host:unwritten"],
                "kit_host:unwritten: expected a table of languages, each a table of purposes and their code",
            ),
            (["--output", "no/such/folder"], "cannot write no/such/folder: No such file or directory"),
        ],
    )
    def test_a_mistake_of_an_option_is_one_line_too(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str], arguments: list[str], line: str
    ) -> None:
        assert command("kit_host:Echo", *(arguments if "--check" in arguments else [*arguments, "--check", "D01"])) == 2

        assert line in capfd.readouterr().err

    def test_a_traceback_is_printed_on_request(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_host:leave", "--traceback") == 2

        assert "Traceback (most recent call last):" in capfd.readouterr().err

    @pytest.mark.usefixtures("quick")
    @pytest.mark.parametrize("form", ["text", "json"])
    def test_a_traceback_of_what_an_executor_raised_is_printed_on_request(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str], form: str
    ) -> None:
        assert command("kit_host:Raising", "--traceback", "--format", form, "--check", "R01") == 1

        out = capfd.readouterr().out
        assert out.count("Traceback (most recent call last):") == {"text": 2, "json": 4}[form]
        assert "in execute" in out
        assert "calling.py" not in out
        assert "refused ***" in out
        assert "canary" not in out

    @pytest.mark.usefixtures("quick")
    def test_a_traceback_of_a_description_is_printed_too(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        for options, count in ([], 0), (["--traceback"], 1):
            assert command("kit_host:Indescribable", "--check", "D02", *options) == 1
            assert capfd.readouterr().out.count("in describe") == count

    def test_programs_probes_and_profiles_may_be_given(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        arguments = [
            "--check",
            "O03",
            "--language",
            "python",
            "--profile",
            "no-imports",
            "--leak-probe",
            "kit_host:nothing",
        ]
        assert command("kit_host:Echo", *arguments, "--snippets", "kit_host:programs") == 1

        assert "own program for utf8 in python:" in capfd.readouterr().out

    def test_a_module_that_is_no_python_is_one_line_too(
        self, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert command("kit_garbled:make") == 2
        assert capfd.readouterr().err.count("\n") == 1

    def test_the_current_folder_is_not_added_twice(self, command: Callable[..., int], tmp_path: Path) -> None:
        for _ in range(2):
            command("kit_host:missing")

        assert sys.path.count(str(tmp_path)) == 1
