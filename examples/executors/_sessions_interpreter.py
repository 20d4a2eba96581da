"""One interpreter: a kernel in its sandbox, the programs that it runs, and its end."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import TYPE_CHECKING, Final

from codeexec_config.executor import ExecutionResult, ExecutorFault, ExecutorUnavailable
from examples.executors._command import unstoppable
from examples.executors._sessions_channels import Channels
from examples.executors._sessions_run import End, Run, cancelled, succeeded
from examples.executors._sessions_sandbox import Installation, Sandbox
from examples.executors._sessions_streams import Pipe, Streams

if TYPE_CHECKING:
    import zmq.asyncio

    from codeexec_config.executor import ExecutionLimits
    from examples.executors._cgroup import Cgroup

_MOST_BYTES: Final = 1 << 50
"""More than any machine has, but a number that the kernel accepts."""


class OutOfMemory(Exception):  # noqa: N818 -- the caller knows what it means
    """The interpreter ran out of memory when it started."""


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
                host.settimeout(0)  # a kernel that takes nothing must not hold up the others
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
            await cancelled(connected)
        if succeeded(connected):
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
            limits: the limits of this run.
            keep: whether the interpreter is to live on; it does not, if the program ends it or cannot be stopped.

        Raises:
            RequestError: the interpreter already uses more memory than the limit.
        """
        self._sandbox.resize(min(self._memory_bytes, limits.memory_bytes))
        run = Run(self._sandbox, self._channels, Streams(limits.output_bytes), keep=keep)
        try:
            run.begin(self._host, code)
            try:
                await run.watch(limits.wall_secs)
                detail = await self._stop(run)
            except asyncio.CancelledError:
                await unstoppable(self._stop(run))
                raise
        finally:
            await cancelled(run.answer)
            run.streams.end(self._late)
            if not self.is_alive:
                self._close_late_pipes()
        return run.verdict(detail)

    async def _stop(self, run: Run) -> str:
        """Stop what is still running, with the interpreter if necessary, and return a remark on it."""
        if not run.keep:
            return await self.close()
        reason = await run.stop()
        if not reason:
            return "" if run.end is End.ANSWER else "the program was interrupted; the session goes on"
        return "; ".join(filter(None, (f"the session has ended: {reason}", await self.close())))

    async def close(self) -> str:
        """End all of it, and describe what could not be removed; a second call waits for the first."""
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
