"""A copy of the executor in a process of its own, for what would harm the kit's own process.

The copy is made once, by a fork, before the executor has run anything: its threads and connections would not survive
the fork. For each run that process forks again, so that runs do not see each other. Such a run may be killed together
with its host, may find signals ignored, a canary on standard input or inherited descriptors, and whatever it changes in
its process is compared and forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from multiprocessing import Pipe
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from codeexec_config.conformance.opinions import Failed, NotApplicable
from codeexec_config.conformance.wording import told
from codeexec_config.executor import ExecutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from codeexec_config.executor import ExecutionRequest

__all__ = ["Circumstances", "Elsewhere", "Report"]

_STOP_SECS: Final = 2.0
_START_SECS: Final = 30.0
_PRINTED: Final = 4096
_FIRST_INHERITED: Final = 40


class Circumstances(NamedTuple):
    """What the host's process is like when it calls the executor."""

    ignored: tuple[int, ...] = ()
    """Signals that it ignores."""
    stdin: bytes | None = None
    """What waits on its standard input; None is the null device."""
    inherited: bytes | None = None
    """What can be read from a descriptor that programs may inherit; a socket is there as well."""
    has_path: bool = True
    """Whether the variable PATH leads anywhere."""
    keeps_folders: bool = False
    """Whether no folder can be removed."""


class Report(NamedTuple):
    """What the host's process saw of one run."""

    result: Any = None
    error: str = ""
    """The exception in words, when there was one."""
    kind: str = ""
    """Its kind: "request", "infrastructure" or "other"."""
    stdout: bytes = b""
    """What went to the host's own standard output."""
    stderr: bytes = b""
    """The same of its standard error."""
    received: bytes = b""
    """What arrived at the inherited socket."""
    changes: tuple[str, ...] = ()
    """What is not as it was in the host's process."""


class Elsewhere:
    """The process that holds the copy."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        self._pid = 0
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Copy the executor as it is now, where the system can."""
        if hasattr(os, "fork"):
            ours, theirs = Pipe()
            self._pid = _forked(lambda: _wait_for_work(self._executor, theirs, ours))
            theirs.close()
            self._connection = ours

    def run(self, request: ExecutionRequest, circumstances: Circumstances, secs: float) -> Report:
        """Run a program and return what was seen.

        Raises:
            Failed: the call did not come back, or the host's process did not survive it.
        """
        with self._lock:
            pid = self._begin(request, circumstances)
            report, status = self._end(pid, secs)
        if report is None and status is None:
            raise Failed(f"the call was not back after {secs:g} s")
        if report is None:
            raise Failed(f"the host's process did not survive the run: {_fate(status or 0)}")
        return report

    def killed(self, request: ExecutionRequest, is_due: Callable[[], bool]) -> bool:
        """Start a program, kill its host once something is due, and tell whether it came to be."""
        with self._lock:
            pid = self._begin(request, Circumstances())
            was_due = is_due()
            _kill(pid)
            self._status(_STOP_SECS)
        return was_due

    def _begin(self, request: ExecutionRequest, circumstances: Circumstances) -> int:
        if self._connection is None:
            raise NotApplicable("this system cannot copy a process")
        self._connection.send((request, circumstances))
        if not self._connection.poll(_START_SECS):
            raise Failed("a copy of the executor's process did not start")
        pid: int = self._connection.recv()
        return pid

    def _end(self, pid: int, secs: float) -> tuple[Report | None, int | None]:
        """Return what the run reports, and how its process ended; None for each when there was none in time."""
        connection = self._connection
        if connection is None or not connection.poll(secs):
            _kill(pid)
            self._status(_STOP_SECS)
            return None, None
        first = connection.recv()
        if isinstance(first, Report):
            self._status(_STOP_SECS)
            return first, 0
        return None, first

    def _status(self, secs: float) -> None:
        """Read on until the end of the process is told."""
        until = time.monotonic() + secs
        while self._connection is not None and self._connection.poll(max(0, until - time.monotonic())):
            if not isinstance(self._connection.recv(), Report):
                return

    def close(self) -> None:
        """End the process; it can be called again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            # It would not see the end of the connection: copies of other executors may hold the other end too.
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
        # Threads of the caller do not matter: the copy uses nothing of theirs.
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


def _wait_for_work(executor: Any, connection: Connection, others: Connection) -> None:
    """Fork a process for each request that comes, and tell of its number and its end."""
    others.close()
    os.setsid()
    gc.freeze()  # what the copy collects is the original's
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = connection.recv()
            pid = _forked(lambda task=task: _report(executor, connection, *task))  # type: ignore[misc]
            connection.send(os.waitpid(pid, 0)[1])


def _report(executor: Any, connection: Connection, request: ExecutionRequest, circumstances: Circumstances) -> None:
    """Tell of this process's number, and then of what one run came to."""
    os.setsid()
    connection.send(os.getpid())
    connection.send(_lived(executor, request, circumstances))


def _lived(executor: Any, request: ExecutionRequest, circumstances: Circumstances) -> Report:
    """Run one program under circumstances, in a process that will end with it."""
    with _own_streams(circumstances.stdin) as (out, err), _descriptors(circumstances.inherited) as peer:
        with _limited(circumstances):
            before = _condition()
            report = _called(executor, request)
            after = _condition()
        sys.stdout.flush()
        sys.stderr.flush()
        return report._replace(
            stdout=os.pread(out, _PRINTED, 0),
            stderr=os.pread(err, _PRINTED, 0),
            received=_received(peer),
            changes=tuple(name for name in before if before[name] != after[name]),
        )


def _called(executor: Any, request: ExecutionRequest) -> Report:
    try:
        if hasattr(executor, "execute_async"):
            return Report(asyncio.run(executor.execute_async(request)))
        return Report(executor.execute(request))
    except BaseException as error:  # noqa: BLE001 -- whatever it raises is the finding
        return Report(error=told(error, request), kind=_kind(error))


def _kind(error: BaseException) -> str:
    if not isinstance(error, ExecutionError):
        return "other"
    return next((kind for kind in ("request", "infrastructure") if f"{kind}error" in _family(error)), "other")


def _family(error: BaseException) -> str:
    return " ".join(base.__name__.lower() for base in type(error).__mro__)


@contextlib.contextmanager
def _own_streams(waiting: bytes | None) -> Iterator[tuple[int, int]]:
    """Replace this process's three streams by ones of the kit's."""
    with contextlib.ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        source = os.open(os.devnull, os.O_RDONLY)
        if waiting is not None:
            source, self_written = os.pipe()
            os.write(self_written, waiting)
            os.close(self_written)
        for number, replacement in enumerate((source, out.fileno(), err.fileno())):
            os.dup2(replacement, number)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 -- descriptors of this process's own
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 -- the same
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 -- the same
        yield out.fileno(), err.fileno()


@contextlib.contextmanager
def _descriptors(content: bytes | None) -> Iterator[socket.socket | None]:
    """Hold a file and a socket that the programs which this process starts may inherit."""
    if content is None:
        yield None
        return
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as file, ours, theirs:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        for number, held in enumerate((file.fileno(), theirs.fileno()), _FIRST_INHERITED):
            os.dup2(held, number, inheritable=True)
        yield ours


def _received(peer: socket.socket | None) -> bytes:
    if peer is None:
        return b""
    peer.settimeout(0)
    try:
        return peer.recv(_PRINTED)
    except OSError:
        return b""


@contextlib.contextmanager
def _limited(circumstances: Circumstances) -> Iterator[None]:
    for number in circumstances.ignored:
        signal.signal(number, signal.SIG_IGN)
    if not circumstances.has_path:
        os.environ["PATH"] = os.devnull
    if not circumstances.keeps_folders:
        yield
        return
    with _no_removal() as kept:
        yield
    for path in kept:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _no_removal() -> Iterator[set[str]]:
    """Let no folder be removed, as when something in it is still in use, and note those that were to be."""
    kept: set[str] = set()
    remove = os.rmdir

    def refuse(path: Any, *, dir_fd: int | None = None) -> NoReturn:
        if dir_fd is None:
            kept.add(os.path.abspath(path))  # noqa: PTH100 -- as the caller spelt it
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)

    os.rmdir = refuse
    try:
        yield kept
    finally:
        os.rmdir = remove


def _condition() -> dict[str, object]:
    """Note what a run has no business to change in its host's process."""
    mask = os.umask(0o077)
    os.umask(mask)
    return {
        "the environment": dict(os.environ),
        "the working folder": os.getcwd(),  # noqa: PTH109 -- as the system spells it
        "the umask": mask,
        "the import path": list(sys.path),
    }
