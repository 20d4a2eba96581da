"""One sandboxed process from start to end: its clock, its output within bounds, its death.

What a process inherits without asking is left out as well: the host's environment, standard input and descriptors, the
signals that it ignores (a host under `nohup` ignores SIGHUP, one that ignores SIGCHLD breaks every wait inside), and
its right to outlive the host.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from codeexec_config.executor import (
    ExecutionResult,
    ExecutorFault,
    ExecutorUnavailable,
    InfrastructureError,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from codeexec_config.executor import ExecutionLimits
    from examples.executors._artifacts import Report
    from examples.executors._payload import Payload

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a sandbox's own commands are looked for; the host's PATH is not the sandbox's to see."""
CLEANUP_SECS: Final = 3.0
"""What a clean-up may take before the verdict goes out without it; a guard's grace is 5 s."""

_CHUNK: Final = 64 * 1024
_KILLED: Final = (128 + signal.SIGKILL, -signal.SIGKILL)
"""How a sandbox's own init reports that the program was killed, and how its own death is reported."""
_KILL_SECS: Final = 0.1
_KILL_TRIES: Final = 25
_COLLECT_SECS: Final = 5.0


class End(Enum):
    """Why the launcher ended."""

    NEVER_STARTED = auto()
    EXITED = auto()
    TIMED_OUT = auto()
    FLOODED = auto()


@attrs.frozen(kw_only=True)
class Run:
    """What was seen from outside; `refusal` holds the words of a sandbox that did not start.

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


@attrs.define
class _Stream:
    """One of the two streams, read up to its cap and no byte further.

    Where `marker` is not empty, what follows it is no output but a report, with a cap of its own.
    """

    reader: asyncio.StreamReader
    cap: int
    marker: bytes = b""
    report_cap: int = 0
    data: bytearray = attrs.field(factory=bytearray)
    report: bytearray | None = None

    async def fill(self, flooded: asyncio.Event, ended: asyncio.Event) -> None:
        while chunk := await self.reader.read(_CHUNK):
            if self.report is not None:
                self.report += chunk[: self.report_cap - len(self.report)]
                continue
            self._take(chunk)
            if self.report is not None:
                ended.set()
            # The last bytes may be the start of a marker.
            if len(self.data) > self.cap + (max(len(self.marker) - 1, 0) if self.report is None else 0):
                flooded.set()
                return

    def _take(self, chunk: bytes) -> None:
        unsearched = max(0, len(self.data) - len(self.marker))
        self.data += chunk
        at = self.data.find(self.marker, unsearched) if self.marker else -1
        if at >= 0:
            self.report = self.data[at + len(self.marker) :]
            del self.data[at:]

    @property
    def truncated(self) -> bool:
        return len(self.data) > self.cap

    @property
    def output(self) -> bytes:
        return bytes(self.data[: self.cap])


def require_commands(*commands: str) -> None:
    """Raise `ExecutorUnavailable` where a command is missing, which would look like a program that failed."""
    for command in commands:
        if shutil.which(command, path=PATH) is None:
            raise ExecutorUnavailable(f"{command} is not installed", retryable=False, started=False)


def tethered(command: tuple[str, ...], *, user: int | None = None) -> tuple[str, ...]:
    """Return a command that becomes `command`, as a given user, and is killed when this process ends.

    A change of user undoes the tether, so the change has to come with one of its own. The host may have died just
    before the tether was there: hence the look at the parent.
    """
    identity = () if user is None else (f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs")
    check = ("/bin/sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"', str(os.getpid()))
    return ("setpriv", *identity, "--pdeathsig=KILL", *check, *command)


async def launch(
    command: tuple[str, ...],
    payload: Payload,
    limits: ExecutionLimits,
    *,
    startup_secs: float,
    env: Mapping[str, str],
    kill: Callable[[], None],
) -> Run:
    """Run a command that starts a sandbox, and be done when the program in it is.

    Nothing that holds one of its pipes is alive when this returns or raises.

    Args:
        command: what starts the sandbox and stays until the sandbox ends.
        payload: what to send in.
        limits: the time, which counts from the payload's marker, and the bytes of output.
        startup_secs: how long the marker may take.
        env: the environment of the command, in whole: a host's own holds keys.
        kill: ends what the command has started outside its process group; called until it has worked.
    """
    process = await asyncio.create_subprocess_exec(
        # One byte of core and not none: with none the kernel still starts a handler that is named in core_pattern.
        *("env", "--default-signal", "prlimit", "--core=1", *tethered(command)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",  # a shell exports it
        start_new_session=True,  # so that one signal reaches the command's own children too
        env=env,
    )
    # All three streams are there; the type checker cannot know.
    pipes = cast("tuple[asyncio.StreamWriter, asyncio.StreamReader, asyncio.StreamReader]", _streams(process))
    tasks: set[asyncio.Future[Any]] = {asyncio.ensure_future(_feed(pipes[0], payload.stdin))}
    try:
        refusal = await _refusal(pipes[2], payload.marker, startup_secs)
        if refusal is not None:
            return Run(end=End.NEVER_STARTED, refusal=refusal)
        return await _watch(process, _streams_of(payload, pipes[1:], limits), limits, tasks, payload)
    finally:
        await unstoppable(_end(process, pipes[1:], tasks, kill))


def _streams(process: asyncio.subprocess.Process) -> tuple[object, ...]:
    return process.stdin, process.stdout, process.stderr


def _streams_of(
    payload: Payload, readers: tuple[asyncio.StreamReader, asyncio.StreamReader], limits: ExecutionLimits
) -> tuple[_Stream, _Stream]:
    stdout, stderr = (_Stream(reader, limits.output_bytes) for reader in readers)
    if payload.collection:
        stdout.marker = payload.collection.marker.encode()
        stdout.report_cap = payload.collection.report_bytes
    return stdout, stderr


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
    streams: tuple[_Stream, _Stream],
    limits: ExecutionLimits,
    tasks: set[asyncio.Future[Any]],
    payload: Payload,
) -> Run:
    began = time.monotonic()
    flooded, ended = asyncio.Event(), asyncio.Event()
    flood, end = asyncio.ensure_future(flooded.wait()), asyncio.ensure_future(ended.wait())
    fills = [stream.fill(flooded, ended) for stream in streams]
    over = asyncio.ensure_future(_all(*fills, process.wait()))
    tasks |= {flood, end, over}
    # Not wait_for, which waits for what it cancels.
    await asyncio.wait({over, flood, end}, timeout=limits.wall_secs, return_when=asyncio.FIRST_COMPLETED)
    wall_secs = time.monotonic() - began
    if end.done():
        # What the sandbox sends now is not the program's time.
        await asyncio.wait({over, flood}, timeout=_COLLECT_SECS, return_when=asyncio.FIRST_COMPLETED)
    stdout, stderr = streams
    report = _report_of(payload, stdout)
    return Run(
        end=_end_of(streams, ended=over.done() or end.done()),
        exit_code=process.returncode if over.done() else report.exit_code if report else None,
        stdout=stdout.output,
        stderr=stderr.output,
        stdout_truncated=stdout.truncated,
        stderr_truncated=stderr.truncated,
        wall_secs=wall_secs,
        report=report,
    )


def _report_of(payload: Payload, stdout: _Stream) -> Report | None:
    if payload.collection is None or stdout.report is None or stdout.truncated:
        return None
    return payload.collection.parse(bytes(stdout.report))


def _end_of(streams: tuple[_Stream, _Stream], *, ended: bool) -> End:
    if any(stream.truncated for stream in streams):
        return End.FLOODED
    return End.EXITED if ended else End.TIMED_OUT


async def _all(*work: Coroutine[object, object, object]) -> None:
    await asyncio.gather(*work)  # inside a task, because a cancelled gather complains that nobody asked


async def _end(
    process: asyncio.subprocess.Process,
    readers: tuple[asyncio.StreamReader, ...],
    tasks: set[asyncio.Future[Any]],
    kill: Callable[[], None],
) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for _ in range(_KILL_TRIES):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_KILL_SECS):
                # A pipe that ends says that nobody holds it any more; one that is not read to its end stays open.
                await asyncio.gather(*map(_discard, readers), process.wait())
                return


async def _discard(reader: asyncio.StreamReader) -> None:
    while await reader.read(_CHUNK):
        pass


def verdict(run: Run, *, out_of_memory: bool, peak_memory_bytes: int | None = None, crash: str = "") -> ExecutionResult:
    """Return what a run means; the status comes from what was seen, and the exit code is only the program's own.

    Args:
        run: what was seen.
        out_of_memory: whether the kernel killed anything of the run for want of memory.
        peak_memory_bytes: the most that it used, when known.
        crash: why the exit code is the sandbox's and not the program's, when it is.

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
    # A child that died of memory is no verdict on a program that then ends in its own way.
    if out_of_memory and (crashed or run.exit_code in _KILLED):
        return Status.MEMORY_EXCEEDED
    if crashed or run.exit_code is None or run.exit_code < 0:
        return Status.KILLED
    return Status.FAILED if run.exit_code else Status.COMPLETED


async def concluded(
    work: Coroutine[Any, Any, ExecutionResult],
    clean_up: Callable[[], Coroutine[Any, Any, None]],
    *,
    left: Callable[[], None],
) -> ExecutionResult:
    """Return a verdict, after a clean-up that cannot replace it.

    A clean-up that fails or hangs is told in `detail`, and `left` is called to remember what is to be removed later.
    """
    complaint = ""

    async def tidy() -> None:
        nonlocal complaint
        try:
            async with asyncio.timeout(CLEANUP_SECS):
                await clean_up()
        except (InfrastructureError, OSError, TimeoutError) as error:
            complaint = f"not removed: {getattr(error, 'detail', '') or type(error).__name__}"
            left()

    try:
        result = await work
    finally:
        await unstoppable(tidy())
    return attrs.evolve(result, detail="; ".join(filter(None, [result.detail, complaint])))


async def unstoppable(work: Coroutine[object, object, object]) -> None:
    """Finish a clean-up whatever happens; raise a cancellation that arrives meanwhile when it is done."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    task.result()
