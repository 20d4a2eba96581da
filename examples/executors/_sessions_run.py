"""One program in an interpreter, from its start to its verdict."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.executor import ErrorInfo, ExecutionResult, Status

if TYPE_CHECKING:
    from examples.executors._sessions_channels import Channels
    from examples.executors._sessions_sandbox import Sandbox
    from examples.executors._sessions_streams import Streams

INTERRUPT_GRACE_SECS: Final = 2.0
"""How long an interrupted program may take to stop, before its session is ended."""
_HANG_UP_SECS: Final = 1.0
"""The longest time between the end of a kernel's sockets and the end of its process."""
_BY_SIGNAL: Final = 128


class End(Enum):
    """What ended a run."""

    ANSWER = auto()
    TIME = auto()
    FLOOD = auto()
    DEATH = auto()
    NONSENSE = auto()


_STATUS: Final = {
    End.TIME: Status.TIMED_OUT,
    End.FLOOD: Status.OUTPUT_EXCEEDED,
    End.NONSENSE: Status.KILLED,
}


class Run:
    """One program, from its start to its verdict."""

    answer: asyncio.Task[dict[str, Any]]

    def __init__(self, sandbox: Sandbox, channels: Channels, streams: Streams, *, keep: bool) -> None:
        self.streams = streams
        self.keep = keep
        self.end = End.TIME
        self._sandbox = sandbox
        self._channels = channels
        self._kills = sandbox.kills
        self._processes = sandbox.processes
        self._began = time.monotonic()
        self._wall_secs = 0.0

    def begin(self, host: socket.socket, code: str) -> None:
        """Send the program and its streams; `watch` detects a kernel that is gone or does not listen."""
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

    async def _reason(self, flooded: asyncio.Task[Any], hung_up: asyncio.Task[Any]) -> End:
        if succeeded(self.answer):
            self.streams.settle()
            return End.FLOOD if self.streams.flooded.is_set() else End.ANSWER
        if hung_up.done() or self.answer.done():
            await asyncio.wait({self._sandbox.death}, timeout=_HANG_UP_SECS)
        if not self._sandbox.is_alive:
            return End.DEATH
        if self.answer.done() or hung_up.done():
            return End.NONSENSE
        return End.FLOOD if flooded.done() else End.TIME

    async def stop(self) -> str:
        """Stop the program, and return why the interpreter cannot go on, if so."""
        match self.end:
            case End.ANSWER:
                return ""
            case End.DEATH:
                return "its interpreter ended"
            case End.FLOOD:
                return "the program wrote more than its output limit"
            case End.NONSENSE:
                return "its interpreter does not answer as a kernel does"
        return await self._interrupt()

    async def _interrupt(self) -> str:
        asked = self._channels.ask("control", "interrupt_request", {})
        interrupted = asyncio.create_task(self._channels.answer("control", asked))
        try:
            # Both answers: an interrupt that is still under way could hit the next run.
            await asyncio.wait({self.answer, interrupted}, timeout=INTERRUPT_GRACE_SECS)
            obeyed = succeeded(self.answer) and succeeded(interrupted)
        finally:
            await cancelled(interrupted)
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
            case End.ANSWER:
                return ExecutionResult(**fields, **_answered(self.answer.result()))
            case End.DEATH:
                return ExecutionResult(**fields, **self._died(self._sandbox.exit_code))
        return ExecutionResult(**fields, status=_STATUS[self.end])

    def _died(self, code: int | None) -> dict[str, Any]:
        if self._sandbox.kills > self._kills and code in (None, _BY_SIGNAL + signal.SIGKILL):
            return {"status": Status.MEMORY_EXCEEDED}
        if code is None or code > _BY_SIGNAL:
            return {"status": Status.KILLED, "signal": code - _BY_SIGNAL if code else None}
        return {"status": Status.FAILED if code else Status.COMPLETED, "exit_code": code}


def _answered(content: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of a reply; the program may have forged it, so any value may have any type."""
    code = content.get("exit")
    if content.get("status") == "ok" and type(code) is int and 0 <= code < 1 << 8:
        return {
            "status": Status.FAILED if code else Status.COMPLETED,
            "exit_code": code,
            "value": _text(content.get("value")),
        }
    trace = content.get("traceback")
    error = ErrorInfo(
        type=_text(content.get("ename")) or "Error",
        message=_text(content.get("evalue")) or "",
        traceback="\n".join(filter(None, map(_text, trace if isinstance(trace, list) else []))),
    )
    return {"status": Status.FAILED, "exit_code": 1, "error": error}


def _text(value: object) -> str | None:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def succeeded(task: asyncio.Task[Any]) -> bool:
    """Return whether a task has ended with a result."""
    return task.done() and not task.cancelled() and task.exception() is None


async def cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it has ended, so that its exception is retrieved."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
