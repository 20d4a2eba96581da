"""One sandboxed process from start to end: its clock, its output within bounds, its death."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from codeexec_config.executor import ExecutionResult, ExecutorFault, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from codeexec_config.executor import ExecutionLimits
    from examples.executors._payload import Payload

_CHUNK: Final = 64 * 1024
_KILLED: Final = 128 + signal.SIGKILL
"""How a sandbox's own init reports that the program was killed."""
_KILL_SECS: Final = 0.1
_KILL_TRIES: Final = 100


class End(Enum):
    """Why the launcher ended."""

    NEVER_STARTED = auto()
    EXITED = auto()
    TIMED_OUT = auto()
    FLOODED = auto()


@attrs.frozen(kw_only=True)
class Run:
    """What was seen from outside; `refusal` holds the words of a sandbox that did not start."""

    end: End
    refusal: str = ""
    exit_code: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    wall_secs: float = 0.0


@attrs.define
class _Stream:
    """One of the two streams, read up to its cap and no byte further."""

    reader: asyncio.StreamReader
    cap: int
    data: bytearray = attrs.field(factory=bytearray)
    truncated: bool = False

    async def fill(self, flooded: asyncio.Event) -> None:
        while chunk := await self.reader.read(_CHUNK):
            room = self.cap - len(self.data)
            self.data += chunk[:room]
            if len(chunk) > room:
                self.truncated = True
                flooded.set()
                return


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
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # so that one signal reaches the command's own children too
        env=env,
    )
    # It has all three streams; the type checker cannot know.
    pipes = cast("tuple[asyncio.StreamWriter, asyncio.StreamReader, asyncio.StreamReader]", _streams(process))
    tasks: set[asyncio.Future[Any]] = {asyncio.ensure_future(_feed(pipes[0], payload.stdin))}
    try:
        refusal = await _refusal(pipes[2], payload.marker, startup_secs)
        if refusal is not None:
            return Run(end=End.NEVER_STARTED, refusal=refusal)
        return await _watch(process, pipes[1], pipes[2], limits, tasks)
    finally:
        await unstoppable(_end(process, pipes[1:], tasks, kill))


def _streams(process: asyncio.subprocess.Process) -> tuple[object, ...]:
    return process.stdin, process.stdout, process.stderr


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
    stdout: asyncio.StreamReader,
    stderr: asyncio.StreamReader,
    limits: ExecutionLimits,
    tasks: set[asyncio.Future[Any]],
) -> Run:
    began = time.monotonic()
    out, err = _Stream(stdout, limits.output_bytes), _Stream(stderr, limits.output_bytes)
    flooded = asyncio.Event()
    flood = asyncio.ensure_future(flooded.wait())
    over = asyncio.ensure_future(_all(out.fill(flooded), err.fill(flooded), process.wait()))
    tasks |= {flood, over}
    # Not wait_for, which waits for what it cancels.
    await asyncio.wait({over, flood}, timeout=limits.wall_secs, return_when=asyncio.FIRST_COMPLETED)
    end = End.FLOODED if flooded.is_set() else End.EXITED if over.done() else End.TIMED_OUT
    return Run(
        end=end,
        exit_code=process.returncode if end is End.EXITED else None,
        stdout=bytes(out.data),
        stderr=bytes(err.data),
        stdout_truncated=out.truncated,
        stderr_truncated=err.truncated,
        wall_secs=time.monotonic() - began,
    )


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


def verdict(run: Run, *, out_of_memory: bool, peak_memory_bytes: int | None = None) -> ExecutionResult:
    """Say what a run means; the status comes from what was seen, and the exit code is only the program's own.

    Args:
        run: what was seen.
        out_of_memory: whether the kernel killed anything of the run for want of memory.
        peak_memory_bytes: the most that it used, when known.

    Raises:
        ExecutorFault: the program never started, so there is no verdict on it.
    """
    status = _status(run, out_of_memory=out_of_memory)
    if status is None:
        raise ExecutorFault(f"the sandbox did not start the program: {run.refusal}")
    return ExecutionResult(
        status=status,
        exit_code=run.exit_code if status in (Status.COMPLETED, Status.FAILED) else None,
        stdout=run.stdout,
        stderr=run.stderr,
        stdout_truncated=run.stdout_truncated,
        stderr_truncated=run.stderr_truncated,
        wall_secs=run.wall_secs,
        peak_memory_bytes=peak_memory_bytes,
    )


def _status(run: Run, *, out_of_memory: bool) -> Status | None:
    match run.end:
        case End.TIMED_OUT:
            return Status.TIMED_OUT
        case End.FLOODED:
            return Status.OUTPUT_EXCEEDED
        case End.NEVER_STARTED:
            return Status.MEMORY_EXCEEDED if out_of_memory else None
    if run.exit_code == 0:
        return Status.COMPLETED
    # A child that died of memory is no verdict on a program that then ends in its own way.
    if out_of_memory and run.exit_code == _KILLED:
        return Status.MEMORY_EXCEEDED
    return Status.FAILED if run.exit_code is not None and run.exit_code > 0 else Status.KILLED


async def unstoppable(work: Coroutine[object, object, object]) -> None:
    """Finish a clean-up whatever happens: a cancellation that arrives meanwhile is raised when it is done."""
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
