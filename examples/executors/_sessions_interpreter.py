"""One interpreter: a kernel in its sandbox, the programs that it runs, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections import deque
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.executor import ErrorInfo, ExecutionResult, ExecutorFault, ExecutorUnavailable, Status
from examples.executors._command import unstoppable
from examples.executors._sessions_channels import Channels
from examples.executors._sessions_sandbox import Installation, Sandbox
from examples.executors._sessions_streams import Pipe, Streams

if TYPE_CHECKING:
    import zmq.asyncio

    from codeexec_config.executor import ExecutionLimits
    from examples.executors._cgroup import Cgroup

INTERRUPT_GRACE_SECS: Final = 2.0
"""How long an interrupted program may take to stop, before its session is ended."""
_HANG_UP_SECS: Final = 1.0
"""What may pass between the last word of a kernel's sockets and the end of its process."""
_MOST_BYTES: Final = 1 << 50
"""More than any machine has, and less than the kernel refuses as a number."""
_BY_SIGNAL: Final = 128
_SIGKILL: Final = 9


class OutOfMemory(Exception):  # noqa: N818 -- the caller knows what it means
    """The interpreter did not start for want of memory."""


class _End(Enum):
    """What ended a run."""

    ANSWER = auto()
    TIME = auto()
    FLOOD = auto()
    DEATH = auto()
    NONSENSE = auto()


_STATUS: Final = {
    _End.TIME: Status.TIMED_OUT,
    _End.FLOOD: Status.OUTPUT_EXCEEDED,
    _End.NONSENSE: Status.KILLED,
}


class Interpreter:
    """A kernel that has started, and runs one program at a time."""

    def __init__(self, sandbox: Sandbox, channels: Channels, host: socket.socket, memory_bytes: int) -> None:
        self._sandbox = sandbox
        self._channels = channels
        self._host = host
        self._memory_bytes = memory_bytes
        self._late: deque[Pipe] = deque()
        self._closing: asyncio.Task[str] | None = None

    @classmethod
    async def start(
        cls, installation: Installation, context: zmq.asyncio.Context, *, memory_bytes: int, startup_secs: float
    ) -> Interpreter:
        """Start a kernel and return when it answers.

        Raises:
            OutOfMemory: it needs more than `memory_bytes`.
            ExecutorFault: the sandbox or the kernel did not start.
            ExecutorUnavailable: it did not start in time, or this machine lacks what it needs.
        """
        memory_bytes = min(memory_bytes, _MOST_BYTES)
        channels = Channels(context)
        host, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with inside:
                channels.greet(host)
                sandbox = await Sandbox.start(installation, inside, memory_bytes)
        except BaseException:
            host.close()
            channels.close()
            raise
        made = cls(sandbox, channels, host, memory_bytes)
        try:
            await made._wait_for_start(startup_secs)
        except BaseException:
            await unstoppable(made.close())
            raise
        return made

    async def _wait_for_start(self, startup_secs: float) -> None:
        connected = asyncio.create_task(self._channels.connect())
        try:
            await asyncio.wait(
                {connected, self._sandbox.death}, timeout=startup_secs, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            await _cancelled(connected)
        if _succeeded(connected):
            return
        if not connected.cancelled():
            raise ExecutorFault(
                "the kernel does not speak the Jupyter protocol", started=False
            ) from connected.exception()
        if self._sandbox.kills:
            raise OutOfMemory
        if self._sandbox.is_alive:
            raise ExecutorUnavailable(f"the kernel did not start within {startup_secs:g} s", started=False)
        raise ExecutorFault(f"the kernel did not start: {await self._sandbox.last_words()}", started=False)

    @property
    def is_alive(self) -> bool:
        """Whether it can run another program."""
        return self._closing is None and self._sandbox.is_alive

    async def run(self, code: str, limits: ExecutionLimits, *, keep: bool) -> ExecutionResult:
        """Run one program.

        Args:
            code: the program.
            limits: what this run may use.
            keep: whether the interpreter is to live on; it does not, if the program ends it or cannot be stopped.

        Raises:
            RequestError: the interpreter already holds more memory than the limit.
        """
        self._sandbox.resize(min(self._memory_bytes, limits.memory_bytes))
        run = _Run(self._sandbox, self._channels, Streams(limits.output_bytes), keep=keep)
        try:
            run.begin(self._host, code)
            try:
                await run.watch(limits.wall_secs)
                detail = await self._stop(run)
            except asyncio.CancelledError:
                await unstoppable(self._stop(run))
                raise
        finally:
            await _cancelled(run.answer)
            run.streams.end(self._late)
            if not self.is_alive:
                self._close_late_pipes()
        return run.verdict(detail)

    async def _stop(self, run: _Run) -> str:
        """Stop what still runs, with the interpreter if it must be, and return what there is to say about it."""
        if not run.keep:
            return await self.close()
        reason = await run.stop()
        if not reason:
            return "" if run.end is _End.ANSWER else "the program was interrupted; the session goes on"
        return "; ".join(filter(None, (f"the session has ended: {reason}", await self.close())))

    async def close(self) -> str:
        """End everything of it, and return what could not be removed, in words; a second call waits for the first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        return await asyncio.shield(self._closing)

    @property
    def leftover(self) -> Cgroup | None:
        """The cgroup that `close` could not remove."""
        return self._sandbox.leftover

    async def _close(self) -> str:
        self._host.close()
        self._channels.close()
        left = await self._sandbox.close()
        self._close_late_pipes()
        return left

    def _close_late_pipes(self) -> None:
        while self._late:
            self._late.pop().close()


class _Run:
    """One program, from its start to its verdict."""

    answer: asyncio.Task[dict[str, Any]]

    def __init__(self, sandbox: Sandbox, channels: Channels, streams: Streams, *, keep: bool) -> None:
        self.streams = streams
        self.keep = keep
        self.end = _End.TIME
        self._sandbox = sandbox
        self._channels = channels
        self._kills = sandbox.kills
        self._processes = sandbox.processes
        self._began = time.monotonic()
        self._wall_secs = 0.0

    def begin(self, host: socket.socket, code: str) -> None:
        """Send the program and its streams; a kernel that is gone, or does not listen, is for `watch` to find out."""
        with contextlib.suppress(OSError):
            socket.send_fds(host, [b"run"], [pipe.program for pipe in self.streams.pipes])
        for pipe in self.streams.pipes:
            pipe.hand_over()
        self.answer = asyncio.create_task(self._channels.answer("shell", self._channels.execute(code)))

    async def watch(self, wall_secs: float) -> None:
        """Wait for the end of the run, whatever it is."""
        flooded = asyncio.create_task(self.streams.flooded.wait())
        hung_up = asyncio.create_task(self._channels.hung_up())
        ends = {self.answer, self._sandbox.death, flooded, hung_up}
        try:
            # Not wait_for, which waits for what it cancels.
            await asyncio.wait(ends, timeout=wall_secs, return_when=asyncio.FIRST_COMPLETED)
            self._wall_secs = time.monotonic() - self._began
            self.end = await self._reason(flooded, hung_up)
        finally:
            flooded.cancel()
            hung_up.cancel()

    async def _reason(self, flooded: asyncio.Task[Any], hung_up: asyncio.Task[Any]) -> _End:
        if _succeeded(self.answer):
            return _End.ANSWER
        if hung_up.done():
            await asyncio.wait({self._sandbox.death}, timeout=_HANG_UP_SECS)
        if not self._sandbox.is_alive:
            return _End.DEATH
        if self.answer.done() or hung_up.done():
            return _End.NONSENSE
        return _End.FLOOD if flooded.done() else _End.TIME

    async def stop(self) -> str:
        """Stop the program, and return why the interpreter cannot go on, if so."""
        match self.end:
            case _End.ANSWER:
                return ""
            case _End.DEATH:
                return "its interpreter ended"
            case _End.NONSENSE:
                return "its interpreter does not answer as a kernel does"
        return await self._interrupt()

    async def _interrupt(self) -> str:
        asked = self._channels.ask("control", "interrupt_request", {})
        interrupted = asyncio.create_task(self._channels.answer("control", asked))
        # Both answers: an interrupt that is still under way could hit the next run.
        await asyncio.wait({self.answer, interrupted}, timeout=INTERRUPT_GRACE_SECS)
        obeyed = _succeeded(self.answer) and _succeeded(interrupted)
        await _cancelled(interrupted)
        if not obeyed:
            return f"the program did not stop within {INTERRUPT_GRACE_SECS:g} s of its interrupt"
        if self.answer.result().get("running") != 0:
            return "threads or tasks of the program did not stop"
        if not await self._sandbox.kill_all_but(self._processes):
            return "processes of the program did not end"
        return ""

    def verdict(self, detail: str) -> ExecutionResult:
        """Return what was seen as a result."""
        out, err = self.streams.pipes
        fields: dict[str, Any] = {
            "stdout": bytes(out.data),
            "stderr": bytes(err.data),
            "stdout_truncated": out.truncated,
            "stderr_truncated": err.truncated,
            "wall_secs": self._wall_secs,
            # A session's is that of all its runs.
            "peak_memory_bytes": None if self.keep else self._sandbox.peak_memory_bytes,
            "detail": detail,
        }
        match self.end:
            case _End.ANSWER if not (out.truncated or err.truncated):
                return ExecutionResult(**fields, **_answered(self.answer.result()))
            case _End.ANSWER:
                return ExecutionResult(**fields, status=Status.OUTPUT_EXCEEDED)
            case _End.DEATH:
                return ExecutionResult(**fields, **self._died(self._sandbox.exit_code))
        return ExecutionResult(**fields, status=_STATUS[self.end])

    def _died(self, code: int | None) -> dict[str, Any]:
        if self._sandbox.kills > self._kills and code in (None, _BY_SIGNAL + _SIGKILL):
            return {"status": Status.MEMORY_EXCEEDED}
        if code is None or code > _BY_SIGNAL:
            return {"status": Status.KILLED, "signal": code - _BY_SIGNAL if code else None}
        return {"status": Status.FAILED if code else Status.COMPLETED, "exit_code": code}


def _answered(content: dict[str, Any]) -> dict[str, Any]:
    """Return what a reply says; the program can have written it, so that any type may be in any place."""
    code = content.get("exit")
    if content.get("status") == "ok" and type(code) is int and 0 <= code < 1 << 8:
        return {
            "status": Status.FAILED if code else Status.COMPLETED,
            "exit_code": code,
            "value": _text(content, "value"),
        }
    trace = content.get("traceback")
    lines = trace if isinstance(trace, list) else []
    error = ErrorInfo(
        type=_text(content, "ename") or "Error",
        message=_text(content, "evalue") or "",
        traceback="\n".join(line for line in lines if isinstance(line, str)),
    )
    return {"status": Status.FAILED, "exit_code": 1, "error": error}


def _text(content: dict[str, Any], key: str) -> str | None:
    value = content.get(key)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _succeeded(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has ended, so that nobody misses its exception."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
