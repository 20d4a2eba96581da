"""A copy of the executor in another process, for checks that would harm the kit's own process.

The copy is made once, by a fork, before the executor has run anything: its threads and connections would not survive
the fork. That process forks again for each run, so that runs do not see each other, and so that a run can be killed
together with its host.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
import warnings
from functools import partial
from mmap import mmap
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any, Final, NoReturn

from codeexec_config.conformance.circumstances import Circumstances, Report, lived
from codeexec_config.conformance.opinions import Failed, NotApplicable

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from codeexec_config.executor import ExecutionRequest

__all__ = ["Elsewhere"]

_STOP_SECS: Final = 2.0
_START_SECS: Final = 30.0
_POLL_SECS: Final = 0.02


class Elsewhere:
    """A copy of the executor, if the system can make one.

    Attributes:
        works: whether it can run programs, once known.
    """

    def __init__(self, executor: Any) -> None:
        self.works: bool | None = None
        self._executor = executor
        self._copy: _Copy | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Copy the executor as it is now."""
        if hasattr(os, "fork"):
            self._copy = _Copy(self._executor)

    def run(
        self,
        request: ExecutionRequest,
        circumstances: Circumstances,
        secs: float,
        is_begun: Callable[[], object] = lambda: True,
    ) -> Report:
        """Run a program and return what was seen; removals are tampered with once `is_begun` returns true.

        Raises:
            Failed: the call did not return, or the host's process did not survive it.
        """
        with self._lock:
            copy = self._needed()
            pid = copy.begin(request, circumstances)
            until = time.monotonic() + secs
            while not is_begun() and time.monotonic() < until and not copy.reports(_POLL_SECS):
                pass
            copy.program_begun()
            return copy.report(pid, secs, until)

    def killed(self, request: ExecutionRequest, is_due: Callable[[], object], secs: float) -> bool:
        """Start a program, kill its host once it is due, and return whether that was before the run's end."""
        with self._lock:
            copy = self._needed()
            pid = copy.begin(request, Circumstances())
            until = time.monotonic() + secs
            while not (was_due := bool(is_due())) and time.monotonic() < until and not copy.reports(_POLL_SECS):
                pass
            copy.kill(pid)
        return was_due

    def _needed(self) -> _Copy:
        if self._copy is None:
            raise NotApplicable("this system cannot copy a process")
        return self._copy

    def close(self) -> None:
        """End the process; it can be called again."""
        if self._copy is not None:
            self._copy.close()
            self._copy = None


class _Copy:
    """The parent's side of the process with the copy."""

    def __init__(self, executor: Any) -> None:
        self._connection, theirs = Pipe()
        self._begun = mmap(-1, 1)  # shared by every copy of this process
        self._pid = _forked(lambda: _wait_for_work(executor, theirs, self._connection, self._has_begun))
        theirs.close()

    def begin(self, request: ExecutionRequest, circumstances: Circumstances) -> int:
        """Start a run and return the number of its process."""
        self._begun[0] = 0
        self._connection.send((request, circumstances))
        if not self._connection.poll(_START_SECS):
            raise Failed("a copy of the executor's process did not start")
        pid: int = self._connection.recv()
        return pid

    def program_begun(self) -> None:
        """Let the run's process know that its program has begun."""
        self._begun[0] = 1

    def _has_begun(self) -> bool:
        return bool(self._begun[0])

    def reports(self, secs: float) -> bool:
        """Wait for at most `secs`, and return whether a run has ended."""
        return self._connection.poll(secs)

    def report(self, pid: int, secs: float, until: float) -> Report:
        """Return a run's report; `secs` is the time that it has, which is over at `until`."""
        if not self.reports(max(0.0, until - time.monotonic())):
            self.kill(pid)
            raise Failed(f"the call did not return within {secs:g} s")
        first = self._connection.recv()
        if not isinstance(first, Report):
            raise Failed(f"the host's process did not survive the run: {_fate(first)}")
        self._await_end()
        return first

    def kill(self, pid: int) -> None:
        """Kill a run's process."""
        _kill(pid)
        self._await_end()

    def _await_end(self) -> None:
        """Read until the end of a run's process is reported."""
        until = time.monotonic() + _STOP_SECS
        while self._connection.poll(max(0, until - time.monotonic())):
            if not isinstance(self._connection.recv(), Report):  # a late report may come first
                return

    def close(self) -> None:
        """End the process with the copy."""
        self._connection.close()
        self._begun.close()
        # It would not see the end of the connection, as copies of other executors may have its other end too.
        _kill(self._pid)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _fate(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return f"exit code {os.WEXITSTATUS(status)}"


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _forked(act: Callable[[], None]) -> int:
    """Do something in a copy of this process, and return the copy's number."""
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # The caller's threads do not matter: the copy uses nothing of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            _leave()
    return pid


def _leave() -> NoReturn:
    os._exit(0)


def _wait_for_work(
    executor: Any, connection: Connection, others: Connection, has_begun: Callable[[], bool] = lambda: True
) -> None:
    """Fork a process for each request, and report its number and its end."""
    others.close()
    os.setsid()
    gc.freeze()  # garbage in the copy belongs to the original
    with contextlib.suppress(EOFError, OSError):
        while True:
            pid = _forked(partial(_report, executor, connection, has_begun, *connection.recv()))
            connection.send(os.waitpid(pid, 0)[1])


def _report(
    executor: Any,
    connection: Connection,
    has_begun: Callable[[], bool],
    request: ExecutionRequest,
    circumstances: Circumstances,
) -> None:
    """Send this process's number, and then the report of one run."""
    os.setsid()
    connection.send(os.getpid())
    connection.send(lived(executor, request, circumstances, has_begun))
