"""One sandboxed process from start to end: its clock, its output within bounds, its death."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from codeexec_config.executor import ExecutionResult, ExecutorFault, Status
from examples.executors._command import spawned, tethered, unstoppable
from examples.executors._stream import CHUNK, Stream

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from codeexec_config.executor import ExecutionLimits
    from examples.executors._artifacts import Report
    from examples.executors._cgroup import Cgroup
    from examples.executors._payload import Payload

CLEANUP_SECS: Final = 3.0
"""How long a clean-up may take before the verdict is returned without it; a guard's grace is 5 s."""
REPORT_SECS: Final = 5.0
"""How long the sandbox may take, after the program's end, to send the artifacts and to end."""

_KILLED: Final = 128 + signal.SIGKILL
"""The exit code with which a sandbox's init, or a shell, reports that its command was killed."""
_KILL_SECS: Final = 0.1
_KILL_TRIES: Final = 25
_CODE_BYTES: Final = 8


class End(Enum):
    """Why the launcher ended."""

    NEVER_STARTED = auto()
    EXITED = auto()
    TIMED_OUT = auto()
    FLOODED = auto()


@attrs.frozen(kw_only=True)
class Run:
    """What was seen from outside; `refusal` is the message of a sandbox that did not start.

    With artifacts asked for, `report` is what the sandbox sent after the program's end.
    """

    end: End
    refusal: str = ""
    exit_code: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    wall_secs: float = 0.0
    report: Report | None = None


async def launch(
    command: tuple[str, ...],
    payload: Payload,
    limits: ExecutionLimits,
    *,
    startup_secs: float,
    env: Mapping[str, str],
    group: Cgroup | None = None,
    user: int | None = None,
) -> Run:
    """Run a command that starts a sandbox, and return when the program in it has ended.

    Nothing that has one of its pipes open is alive when this returns or raises.

    Args:
        command: what starts the sandbox and stays until the sandbox ends.
        payload: what to send in.
        limits: the time, which counts from the payload's marker, and the bytes of output.
        startup_secs: how long the marker may take.
        env: the whole environment of the command, as the host's own contains keys.
        group: the group that the command runs in; everything in it is killed at the end.
        user: the user that the command runs as.
    """
    marker = secrets.token_hex(16)
    process, cancelled = await spawned(
        *tethered(command, marker=marker, group=group, user=user),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",  # a shell exports it
        start_new_session=True,  # so that one signal reaches the command's own children too
        env=env,
    )
    # All three streams are there; the type checker cannot know.
    stdin = cast("asyncio.StreamWriter", process.stdin)
    readers = cast("tuple[asyncio.StreamReader, asyncio.StreamReader]", (process.stdout, process.stderr))
    tasks: set[asyncio.Future[Any]] = {asyncio.ensure_future(_feed(stdin, payload.stdin))}
    try:
        if cancelled:
            raise asyncio.CancelledError
        refusal = await _refusal(readers[1], payload.marker, startup_secs)
        if refusal is not None:
            return Run(end=End.NEVER_STARTED, refusal=refusal)
        return await _watch(process, _Ending(payload, marker), readers, limits, tasks)
    finally:
        await unstoppable(_end(process, readers, tasks, group))


@attrs.frozen
class _Ending:
    """What follows the program's output: its artifacts where some are asked for, and the exit code."""

    payload: Payload
    marker: str

    def stream(self, reader: asyncio.StreamReader, cap: int) -> Stream:
        collection = self.payload.collection
        if collection is None:
            return Stream(reader, cap, self.marker.encode(), _CODE_BYTES)
        rest = collection.report_bytes + len(self.marker) + _CODE_BYTES
        return Stream(reader, cap, collection.marker.encode(), rest)

    def exit_code(self, stream: Stream) -> int | None:
        code = stream.report
        if self.payload.collection:
            _, _, code = code.rpartition(self.marker.encode())
        return int(code) if code.strip().isdigit() else None

    def report(self, stream: Stream) -> Report | None:
        collection = self.payload.collection
        if collection is None or stream.truncated or not stream.report:
            return None
        return collection.parse(stream.report)


async def _feed(stdin: asyncio.StreamWriter, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a program need not read its input
        stdin.write(data)
        await stdin.drain()
    stdin.close()


async def _refusal(stderr: asyncio.StreamReader, marker: bytes, startup_secs: float) -> str | None:
    try:
        async with asyncio.timeout(startup_secs):
            await stderr.readuntil(marker)
    except TimeoutError:
        return f"no start within {startup_secs:g} s"
    except asyncio.IncompleteReadError as error:
        return error.partial.decode(errors="replace").strip()
    except asyncio.LimitOverrunError:
        return "more words than a start has"
    return None


async def _watch(
    process: asyncio.subprocess.Process,
    ending: _Ending,
    readers: tuple[asyncio.StreamReader, asyncio.StreamReader],
    limits: ExecutionLimits,
    tasks: set[asyncio.Future[Any]],
) -> Run:
    began = time.monotonic()
    stdout, stderr = ending.stream(readers[0], limits.output_bytes), Stream(readers[1], limits.output_bytes)
    flooded, ended = asyncio.Event(), asyncio.Event()
    flood, end = asyncio.ensure_future(flooded.wait()), asyncio.ensure_future(ended.wait())
    over = asyncio.ensure_future(_all(stdout.fill(flooded, ended), stderr.fill(flooded, ended), process.wait()))
    tasks |= {flood, end, over}
    # Not wait_for, which waits for what it cancels.
    await asyncio.wait({over, flood, end}, timeout=limits.wall_secs, return_when=asyncio.FIRST_COMPLETED)
    wall_secs = time.monotonic() - began
    if end.done():
        # The sandbox's sending does not count as the program's time.
        await asyncio.wait({over, flood}, timeout=REPORT_SECS, return_when=asyncio.FIRST_COMPLETED)
    report = ending.report(stdout)
    exit_code = ending.exit_code(stdout)
    return Run(
        end=_end_of(stdout, stderr, ended=over.done() or end.done()),
        exit_code=report.exit_code if report and exit_code is None else exit_code,
        stdout=stdout.output,
        stderr=stderr.output,
        stdout_truncated=stdout.truncated,
        stderr_truncated=stderr.truncated,
        wall_secs=wall_secs,
        report=report,
    )


def _end_of(*streams: Stream, ended: bool) -> End:
    if any(stream.truncated for stream in streams):
        return End.FLOODED
    return End.EXITED if ended else End.TIMED_OUT


async def _all(*work: Coroutine[object, object, object]) -> None:
    await asyncio.gather(*work)  # in a task, because a cancelled gather logs unretrieved exceptions


async def _end(
    process: asyncio.subprocess.Process,
    readers: tuple[asyncio.StreamReader, ...],
    tasks: set[asyncio.Future[Any]],
    group: Cgroup | None,
) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for _ in range(_KILL_TRIES):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if group:
            group.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_KILL_SECS):
                # A pipe that ends is closed everywhere; one that is not read to its end stays open.
                await asyncio.gather(*map(_discard, readers), process.wait())
                return


async def _discard(reader: asyncio.StreamReader) -> None:
    while await reader.read(CHUNK):
        pass


def verdict(run: Run, *, out_of_memory: bool, peak_memory_bytes: int | None = None, crash: str = "") -> ExecutionResult:
    """Return the result of a run; the status comes from what was seen, and the exit code is only the program's own.

    Args:
        run: what was seen.
        out_of_memory: whether the kernel killed a process of the run because it ran out of memory.
        peak_memory_bytes: the most memory that it used, if known.
        crash: why the exit code is the sandbox's and not the program's, if so.

    Raises:
        ExecutorFault: the program never started, so there is no verdict on it.
    """
    status = _status(run, out_of_memory=out_of_memory, crashed=bool(crash))
    if status is None:
        raise ExecutorFault(f"the sandbox did not start the program: {run.refusal}", started=False)
    return ExecutionResult(
        status=status,
        exit_code=run.exit_code if status in (Status.COMPLETED, Status.FAILED) else None,
        stdout=run.stdout,
        stderr=run.stderr,
        stdout_truncated=run.stdout_truncated,
        stderr_truncated=run.stderr_truncated,
        artifacts=run.report.files if run.report else {},
        wall_secs=run.wall_secs,
        peak_memory_bytes=peak_memory_bytes,
        detail=crash or (run.report.complaint if run.report else ""),
    )


def _status(run: Run, *, out_of_memory: bool, crashed: bool) -> Status | None:
    match run.end:
        case End.TIMED_OUT:
            return Status.TIMED_OUT
        case End.FLOODED:
            return Status.OUTPUT_EXCEEDED
        case End.NEVER_STARTED:
            return Status.MEMORY_EXCEEDED if out_of_memory else None
    # A child that ran out of memory is not a verdict on a program that then ends normally.
    if out_of_memory and (crashed or run.exit_code == _KILLED):
        return Status.MEMORY_EXCEEDED
    if crashed or run.exit_code is None:
        return Status.KILLED
    return Status.FAILED if run.exit_code else Status.COMPLETED
