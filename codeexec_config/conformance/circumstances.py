"""Run an executor once in a process like some hosts', which ends with the run.

Signals may be ignored, a canary may wait on standard input or at inherited descriptors, removing folders may fail; the
run's changes to its process are recorded and then discarded.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config.conformance.removals import Removal, Removals
from codeexec_config.conformance.wording import told
from codeexec_config.executor import ExecutionResult, InfrastructureError, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codeexec_config.executor import ExecutionRequest

__all__ = ["Circumstances", "Report", "lived"]

_PRINTED: Final = 1 << 16
_FIRST_INHERITED: Final = 40
_CHILDS_CODE: Final = 7


class Circumstances(NamedTuple):
    """The state of the host's process when it calls the executor."""

    ignored: tuple[int, ...] = ()
    """Signals that it ignores."""
    stdin: bytes | None = None
    """The data on its standard input; None is the null device."""
    inherited: bytes | None = None
    """The data behind a descriptor that programs may inherit; there is a socket too."""
    has_path: bool = True
    """Whether the variable PATH is usable."""
    has_child: bool = False
    """Whether it has a child that has ended, and that it will wait for."""
    removal: Removal = Removal.WORKS
    """What happens to an attempt to remove something once the program has begun."""
    removal_secs: float = 0
    """How long an attempt hangs at most."""


class Report(NamedTuple):
    """What the host's process saw of one run."""

    result: Any = None
    error: str = ""
    """A description of the exception, or of a result of another type."""
    kind: str = ""
    """Its kind: "request", "infrastructure" or "other"."""
    stdout: bytes = b""
    """The output on the host's own standard output."""
    stderr: bytes = b""
    """The same for its standard error."""
    received: bytes = b""
    """The data that arrived at the inherited socket."""
    changes: tuple[str, ...] = ()
    """What the run changed in the host's process."""
    waited: bool = False
    """Whether the call waited for a removal until it stopped hanging."""


def lived(
    executor: Any,
    request: ExecutionRequest,
    circumstances: Circumstances,
    has_begun: Callable[[], bool] = lambda: True,
) -> Report:
    """Run one program under the given circumstances, in a process that will end with it."""
    removals = Removals(circumstances.removal, circumstances.removal_secs, has_begun)
    with _own_streams(circumstances.stdin) as (out, err), _descriptors(circumstances.inherited) as peer:
        with _limited(circumstances), removals.tampered_with():
            child = _ended_child() if circumstances.has_child else None
            before = _condition()
            report = _called(executor, request, removals.end)
            after = _condition()
            changes = [name for name in before if before[name] != after[name]]
            if child and child.wait() != _CHILDS_CODE:  # lost if something else waited for it
                changes.append("the exit code of a child")
        sys.stdout.flush()
        sys.stderr.flush()
        return report._replace(
            stdout=os.pread(out, _PRINTED, 0),
            stderr=os.pread(err, _PRINTED, 0),
            received=_received(peer),
            changes=tuple(changes),
            waited=removals.were_waited_for,
        )


def _called(executor: Any, request: ExecutionRequest, back: Callable[[], None]) -> Report:
    """Call an executor, and `back` as soon as the call returns: an event loop waits for more before it closes."""

    async def awaited() -> Any:
        try:
            return await executor.execute_async(request)
        finally:
            back()

    try:
        result = asyncio.run(awaited()) if hasattr(executor, "execute_async") else executor.execute(request)
    except BaseException as error:  # noqa: BLE001 -- whatever it raises is the finding
        return Report(error=told(error, request), kind=_kind(error))
    if not isinstance(result, ExecutionResult):  # it might not survive the transfer to the kit's process
        return Report(error=told(result), kind="other")
    return Report(result)


def _kind(error: BaseException) -> str:
    if isinstance(error, RequestError):
        return "request"
    return "infrastructure" if isinstance(error, InfrastructureError) else "other"


@contextlib.contextmanager
def _own_streams(waiting: bytes | None) -> Iterator[tuple[int, int]]:
    """Replace this process's three streams by the kit's."""
    with contextlib.ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        source = os.open(os.devnull, os.O_RDONLY)
        if waiting is not None:
            source, self_written = os.pipe()
            os.write(self_written, waiting)
            os.close(self_written)
        for number, replacement in enumerate((source, out.fileno(), err.fileno())):
            os.dup2(replacement, number)
        os.close(source)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 -- descriptors of this process's own
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 -- the same
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 -- the same
        yield out.fileno(), err.fileno()


@contextlib.contextmanager
def _descriptors(content: bytes | None) -> Iterator[socket.socket | None]:
    """Open a file and a socket that programs started by this process may inherit."""
    if content is None:
        yield None
        return
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as file, ours, theirs:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        inherited = [
            os.dup2(held, number, inheritable=True)
            for number, held in enumerate((file.fileno(), theirs.fileno()), _FIRST_INHERITED)
        ]
        try:
            yield ours
        finally:
            for number in inherited:
                os.close(number)


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
    yield


def _ended_child() -> subprocess.Popen[bytes]:
    """Start a child, and leave it as a zombie when it has ended."""
    child = subprocess.Popen([sys.executable, "-ISc", f"raise SystemExit({_CHILDS_CODE})"])  # noqa: S603 -- the kit's own
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    return child


def _condition() -> dict[str, object]:
    """Return the state of the host's process that a run must not change."""
    mask = os.umask(0o077)
    os.umask(mask)
    return {
        "the environment": dict(os.environ),
        "the working folder": os.getcwd(),  # noqa: PTH109 -- as the system spells it
        "the umask": mask,
        "the import path": list(sys.path),
        "the recursion limit": sys.getrecursionlimit(),
        "the timeout of sockets": socket.getdefaulttimeout(),
        "the resource limits": _resource_limits(),
    }


def _resource_limits() -> dict[str, tuple[int, int]]:
    import resource  # here: some systems have none, and no copies of processes either

    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}
