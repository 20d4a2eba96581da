"""One run of an executor in a process that is as a host's may be, and that ends with the run.

Signals may be ignored, a canary may wait on standard input or at inherited descriptors, folders may refuse to go;
whatever the run changes in its process is compared and forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import socket
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from codeexec_config.conformance.wording import told
from codeexec_config.executor import ExecutionResult, InfrastructureError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.executor import ExecutionRequest

__all__ = ["Circumstances", "Report", "lived"]

_PRINTED: Final = 1 << 16
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
    """The exception, or the result of another type, in words."""
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


def lived(executor: Any, request: ExecutionRequest, circumstances: Circumstances) -> Report:
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
            result = asyncio.run(executor.execute_async(request))
        else:
            result = executor.execute(request)
    except BaseException as error:  # noqa: BLE001 -- whatever it raises is the finding
        return Report(error=told(error, request), kind=_kind(error))
    if not isinstance(result, ExecutionResult):  # which might not survive the way to the kit's process
        return Report(error=told(result), kind="other")
    return Report(result)


def _kind(error: BaseException) -> str:
    if isinstance(error, RequestError):
        return "request"
    return "infrastructure" if isinstance(error, InfrastructureError) else "other"


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
        os.close(source)
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
