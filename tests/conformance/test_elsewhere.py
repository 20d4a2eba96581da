"""A run under circumstances, and the process with a copy of the executor."""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from codeexec_config.conformance import Deadlines, elsewhere
from codeexec_config.conformance import suite as suite_module
from codeexec_config.conformance.circumstances import Circumstances, Report, lived
from codeexec_config.conformance.elsewhere import Elsewhere
from codeexec_config.conformance.opinions import Failed
from codeexec_config.conformance.removals import Removal
from codeexec_config.conformance.suite import Plan, Suite
from codeexec_config.conformance.watching import has_children, zombies
from codeexec_config.executor import Capability, ExecutionResult, ExecutorUnavailable, RequestError, Status
from tests.executor.fakes import DONE, Fake, FakeAsync, info, request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNAL = signal.SIGUSR2
USUAL = Circumstances()


@contextlib.contextmanager
def host_kept() -> Iterator[None]:
    """Put back what a run under circumstances takes over, since its process does not end here."""
    streams = [os.dup(number) for number in range(3)]
    handler, folder = signal.getsignal(SIGNAL), Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("stdin", "stdout", "stderr"):
            patch.setattr(sys, name, getattr(sys, name))
        patch.setenv("PATH", os.environ["PATH"])
        try:
            yield
        finally:
            os.chdir(folder)
            signal.signal(SIGNAL, handler)
            for number, kept in enumerate(streams):
                os.dup2(kept, number)
                os.close(kept)


def lived_here(act: Callable[[Any], Any], circumstances: Circumstances = USUAL, form: Any = Fake) -> Report:
    with host_kept():
        return lived(form(act), request(), circumstances)


class TestCircumstances:
    def test_what_is_printed_is_seen(self) -> None:
        def act(_: object) -> ExecutionResult:
            print("loud")  # noqa: T201
            print("louder", file=sys.stderr)  # noqa: T201
            return DONE

        report = lived_here(act)

        assert (DONE, b"loud\n", b"louder\n") == (report.result, report.stdout, report.stderr)

    def test_an_async_executor_is_awaited(self) -> None:
        async def act(_: object) -> ExecutionResult:
            return DONE

        assert lived_here(act, form=FakeAsync) == Report(DONE)

    def test_a_canary_waits_on_standard_input(self) -> None:
        def act(_: object) -> ExecutionResult:
            return ExecutionResult(status=Status.COMPLETED, stdout=os.read(0, 100))

        assert lived_here(act, Circumstances(stdin=b"canary")).result.stdout == b"canary"
        assert lived_here(act).result.stdout == b""

    def test_descriptors_are_there_to_be_inherited(self) -> None:
        def act(_: object) -> ExecutionResult:
            os.write(41, b"to the socket")
            return ExecutionResult(status=Status.COMPLETED, stdout=os.pread(40, 100, 0))

        report = lived_here(act, Circumstances(inherited=b"of the file"))

        assert (b"of the file", b"to the socket") == (report.result.stdout, report.received)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(40)

    def test_a_socket_to_which_nothing_is_sent_has_received_nothing(self) -> None:
        assert lived_here(lambda _: DONE, Circumstances(inherited=b"x")).received == b""

    def test_signals_are_ignored_and_path_leads_nowhere(self) -> None:
        def act(_: object) -> ExecutionResult:
            words = f"{signal.getsignal(SIGNAL) == signal.SIG_IGN} {os.environ['PATH']}"
            return ExecutionResult(status=Status.COMPLETED, stdout=words.encode())

        report = lived_here(act, Circumstances(ignored=(SIGNAL,), has_path=False))

        assert report.result.stdout == f"True {os.devnull}".encode()
        assert report.changes == ()

    def test_no_folder_can_be_removed_until_the_end(self, tmp_path: Path) -> None:
        folder = tmp_path / "kept"
        folder.mkdir()

        def act(_: object) -> ExecutionResult:
            folder.rmdir()
            return DONE

        report = lived_here(act, Circumstances(removal=Removal.FAILS))

        assert report.error.endswith(f"Device or resource busy: {folder!r}")
        assert not folder.exists()

    @pytest.mark.parametrize("form", [Fake, FakeAsync])
    def test_a_removal_hangs_until_the_call_is_back(self, form: Any, tmp_path: Path) -> None:
        def remove() -> None:
            with contextlib.suppress(FileNotFoundError):  # the kit removes it, too
                tmp_path.rmdir()

        removing = threading.Thread(target=remove)

        def act(_: object) -> ExecutionResult:
            removing.start()
            return DONE

        async def act_async(_: object) -> ExecutionResult:
            return act(_)

        acts = {Fake: act, FakeAsync: act_async}
        report = lived_here(acts[form], Circumstances(removal=Removal.HANGS, removal_secs=60), form=form)
        removing.join(60)

        assert Report(DONE) == report
        assert not tmp_path.exists()

    def test_a_call_that_waits_for_a_removal_is_told(self, tmp_path: Path) -> None:
        def act(_: object) -> ExecutionResult:
            tmp_path.rmdir()
            return DONE

        report = lived_here(act, Circumstances(removal=Removal.HANGS, removal_secs=0.01))

        assert Report(DONE, waited=True) == report
        assert not tmp_path.exists()

    def test_what_a_run_changes_is_told(self, tmp_path: Path) -> None:
        def act(_: object) -> ExecutionResult:
            os.environ["PATH"] = "elsewhere"
            os.chdir(tmp_path)
            return DONE

        assert lived_here(act).changes == ("the environment", "the working folder")

    @pytest.mark.parametrize("changes", [(), ("the exit code of a child",)])
    def test_a_child_that_somebody_else_waits_for_is_told(self, changes: tuple[str, ...]) -> None:
        before = zombies()

        def act(_: object) -> ExecutionResult:
            for pid in zombies() - before if changes else ():
                os.waitpid(pid, 0)
            return DONE

        assert lived_here(act, Circumstances(has_child=True)).changes == changes

    @pytest.mark.parametrize(
        ("error", "kind"),
        [(RequestError("no"), "request"), (ExecutorUnavailable("gone"), "infrastructure"), (KeyError("x"), "other")],
    )
    def test_an_exception_is_put_into_words(self, error: Exception, kind: str) -> None:
        def act(_: object) -> Any:
            raise error

        report = lived_here(act)

        assert report.error.startswith(f"{type(error).__name__} at test_elsewhere.py:")
        assert report.kind == kind

    def test_a_result_of_another_type_is_put_into_words(self) -> None:
        report = lived_here(lambda _: lambda: None)  # which cannot be sent to another process

        assert ("function, not ExecutionResult", "other") == (report.error, report.kind)


class TestCopy:
    @pytest.fixture
    def copied(self) -> Iterator[Callable[[Any], Elsewhere]]:
        """Return what copies an executor that does something, and close the copies at the end."""
        made: list[Elsewhere] = []

        def copy(act: Callable[[Any], Any]) -> Elsewhere:
            made.append(Elsewhere(Fake(act)))
            made[-1].prepare()
            return made[-1]

        yield copy
        for each in made:
            each.close()
            each.close()

    def test_it_runs_one_program_after_another(self, copied: Any) -> None:
        copy = copied(lambda asked: ExecutionResult(status=Status.COMPLETED, stdout=asked.code.encode()))

        for code in ("one", "two"):
            assert copy.run(attrs.evolve(request(), code=code), Circumstances(), 30).result.stdout == code.encode()

    def test_a_host_that_does_not_survive_is_told(self, copied: Any) -> None:
        with pytest.raises(Failed, match="the host's process did not survive the run: exit code 3"):
            copied(lambda _: os._exit(3)).run(request(), Circumstances(), 30)
        with pytest.raises(Failed, match="the host's process did not survive the run: signal 9"):
            copied(lambda _: os.kill(os.getpid(), signal.SIGKILL)).run(request(), Circumstances(), 30)

    def test_a_run_that_does_not_come_back_is_left_and_the_next_one_works(self, copied: Any) -> None:
        copy = copied(lambda asked: signal.pause() if asked.stdin else DONE)

        with pytest.raises(Failed, match=r"the call did not return within 0\.2 s"):
            copy.run(request(stdin=b"wait"), Circumstances(), 0.2)
        assert copy.run(request(), Circumstances(), 30) == Report(DONE)

    def test_removals_work_until_the_program_has_begun(self, copied: Any, tmp_path: Path) -> None:
        def act(_: object) -> ExecutionResult:
            (tmp_path / "old").rmdir()
            (tmp_path / "begun").touch()
            with contextlib.suppress(OSError):
                for number in range(600):
                    (tmp_path / f"new{number}").mkdir()
                    (tmp_path / f"new{number}").rmdir()
                    time.sleep(0.05)
            return DONE

        (tmp_path / "old").mkdir()
        copy = copied(act)
        begun = Circumstances(removal=Removal.FAILS)

        assert copy.run(request(), begun, 30, (tmp_path / "begun").exists) == Report(DONE)
        assert not (tmp_path / "old").exists()
        assert copy._copy._has_begun()
        assert copy.run(request(), begun, 30, lambda: False).kind == "other"  # there is no old one any more

    def test_a_host_is_killed_when_it_is_due(self, copied: Any, tmp_path: Path) -> None:
        def act(_: object) -> Any:
            (tmp_path / "begun").touch()
            signal.pause()

        copy = copied(act)
        assert copy.killed(request(), (tmp_path / "begun").exists, 30)
        assert not copy.killed(request(), lambda: False, 0.1)

    def test_what_is_not_due_before_the_end_of_a_run_will_not_be(self, copied: Any) -> None:
        copy = copied(lambda _: DONE)

        assert not copy.killed(request(), lambda: False, 3600)
        assert copy.run(request(), Circumstances(), 30) == Report(DONE)

    def test_a_copy_that_does_not_start_is_told(self, copied: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(elsewhere, "_START_SECS", 0)
        monkeypatch.setattr(elsewhere, "_wait_for_work", lambda *_: signal.pause())

        with pytest.raises(Failed, match="a copy of the executor's process did not start"):
            copied(lambda _: DONE).run(request(), Circumstances(), 30)

    def test_a_report_that_comes_too_late_is_dropped(self, copied: Any) -> None:
        copy = copied(lambda _: DONE)._copy
        connection, copy._connection = copy._connection, Wire(Report(), 9, "the next run's")

        copy._await_end()
        left = copy._connection.tasks.copy()
        copy._connection.tasks.clear()
        copy._await_end()
        copy._connection = connection

        assert left == ["the next run's"]


class Ended(BaseException):
    """Stands for the end of a process."""


class Wire:
    """One end of a connection at which tasks wait, and then its end."""

    def __init__(self, *tasks: object) -> None:
        self.tasks = list(tasks)
        self.sent: list[object] = []
        self.closed = False

    def recv(self) -> object:
        if not self.tasks:
            raise EOFError
        return self.tasks.pop(0)

    def poll(self, secs: float) -> bool:
        return bool(self.tasks)

    def send(self, what: object) -> None:
        self.sent.append(what)

    def close(self) -> None:
        self.closed = True


class TestInsideTheCopy:
    """What goes on in the other processes, played in this one."""

    @pytest.fixture(autouse=True)
    def played(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let no process be made or ended."""

        def end(code: int) -> None:
            raise Ended(code)

        monkeypatch.setattr(os, "setsid", lambda: None)
        monkeypatch.setattr(os, "_exit", end)
        monkeypatch.setattr(os, "fork", lambda: 0)

    def test_a_copy_acts_and_ends_even_when_it_fails(self) -> None:
        done: list[str] = []

        with pytest.raises(Ended):
            elsewhere._forked(lambda: done.append("acted"))
        with pytest.raises(Ended):
            elsewhere._forked(lambda: done.remove("something else"))
        assert done == ["acted"]

    def test_each_task_has_its_process_and_its_end_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        acts: list[Callable[[], None]] = []

        def fork(act: Callable[[], None]) -> int:
            acts.append(act)
            return 17

        monkeypatch.setattr(elsewhere, "_forked", fork)
        monkeypatch.setattr(os, "waitpid", lambda pid, _: (pid, 9))
        wire, others = Wire((request(), Circumstances())), Wire()

        elsewhere._wait_for_work(Fake(), wire, others)  # type: ignore[arg-type]
        gc.unfreeze()
        with host_kept():
            acts[0]()

        assert others.closed
        assert wire.sent == [9, os.getpid(), Report(DONE)]


class WithAThread(Fake):
    """Hands what it is asked to a thread that its constructor has begun, which no fork takes along."""

    def __init__(self) -> None:
        super().__init__(self.handed_on)
        self.asked: queue.Queue[queue.Queue[ExecutionResult] | None] = queue.Queue()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def handed_on(self, _: object) -> ExecutionResult:
        answers: queue.Queue[ExecutionResult] = queue.Queue()
        self.asked.put(answers)
        return answers.get()

    def work(self) -> None:
        while answers := self.asked.get():
            answers.put(DONE)

    def end(self) -> None:
        self.asked.put(None)
        self.thread.join()


class WithAWorker(Fake):
    """Has begun a process when it was made, which ends when its standard input does."""

    def __init__(self) -> None:
        super().__init__(self.lasting, lambda: info(Capability.CLOSE))
        self.worker = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def lasting(self, _: object) -> ExecutionResult:
        time.sleep(0.3)  # long enough to be seen
        return DONE

    def close(self) -> None:
        assert self.worker.stdin is not None
        self.worker.stdin.close()
        self.worker.wait()


class TestWhatACopyLacks:
    DEADLINES = Deadlines(describe=1, run_limit=0.5, late=0.5, abandon=0.1)
    UNTOLD = "cannot tell: the executor runs nothing in a copy of the host's process: it had started something before"

    def test_nothing_is_judged_by_a_copy_that_runs_nothing(self) -> None:
        plan = Plan(only=["D01", "O09", "R14"], languages=["python"], deadlines=self.DEADLINES)
        executor = WithAThread()
        suite = Suite(executor, plan)
        try:
            told = {result.id: (result.verdict, result.detail) for result in suite.results()}
        finally:
            suite.close()
            executor.end()

        assert told == {"D01": ("pass", ""), "O09": ("skip", self.UNTOLD), "R14": ("skip", self.UNTOLD)}

    @pytest.mark.parametrize("form", [Fake, WithAThread])
    def test_one_that_holds_workers_ends_of_pipes_goes_at_once(
        self, form: type[Fake], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        executor = form()
        works = form is Fake
        monkeypatch.setattr(suite_module, "has_children", lambda: True)
        suite = Suite(executor, Plan(only=["D01"], deadlines=self.DEADLINES))
        try:
            assert suite._subject.elsewhere.works is works
            assert (suite._subject.elsewhere._copy is not None) is works
        finally:
            suite.close()
            if isinstance(executor, WithAThread):
                executor.end()

    @pytest.mark.parametrize("check", ["L01", "L04"])
    def test_a_worker_that_ends_with_its_pipe_is_not_kept_alive_by_the_copy(self, check: str) -> None:
        plan = Plan(only=[check], languages=["python"], deadlines=self.DEADLINES._replace(close=5, settle=0.1))
        suite = Suite(WithAWorker(), plan._replace(probe=lambda marker: [marker]))
        try:
            [result] = suite.results()
        finally:
            suite.close()

        assert "close()" not in result.detail

    def test_children_that_live_are_seen(self) -> None:
        with subprocess.Popen(["sleep", "60"]) as child:
            try:
                assert has_children()
            finally:
                child.kill()
