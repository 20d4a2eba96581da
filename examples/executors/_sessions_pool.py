"""The sessions that are open and the programs that run, all on one event loop, so that nothing needs a lock."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING, Any

import zmq.asyncio

from codeexec_config.executor import (
    ExecutionResult,
    ExecutorOverloaded,
    RequestError,
    SessionNotFound,
    Status,
)
from examples.executors._command import unstoppable
from examples.executors._sessions_interpreter import Interpreter, OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.executor import ExecutionRequest, SessionRequest
    from examples.executors._cgroup import Cgroup
    from examples.executors._sessions_sandbox import Installation


class _Session:
    """An interpreter under a name, and the timer that ends it."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.is_busy = False
        self.expiry: asyncio.TimerHandle | None = None

    def stay(self) -> None:
        """Stop the timer."""
        if self.expiry:
            self.expiry.cancel()
            self.expiry = None


class Pool:
    """Interpreters, those of sessions and those of one run.

    Args:
        installation: what a kernel is started from.
        startup_secs: how long it may take to start.
        idle_secs: how long an unused session lives.
        max_sessions: how many sessions are open at once.
        max_runs: how many programs run at once.
    """

    def __init__(
        self, installation: Installation, *, startup_secs: float, idle_secs: float, max_sessions: int, max_runs: int
    ) -> None:
        self._installation = installation
        self._startup_secs = startup_secs
        self._idle_secs = idle_secs
        self._max_sessions = max_sessions
        self._max_runs = max_runs
        self._context = zmq.asyncio.Context()
        self._sessions: dict[str, _Session] = {}
        self._alone: set[Interpreter] = set()
        self._opening = 0
        self._running = 0
        self._work: set[asyncio.Task[Any]] = set()
        self._starting: set[asyncio.Task[Any]] = set()
        self.leftovers: list[Cgroup] = []

    async def open(self, request: SessionRequest) -> str:
        """Start an interpreter, and return the name of its session.

        Raises:
            ExecutorOverloaded: there are as many as there may be.
            RequestError: the memory is not enough for an interpreter.
        """
        if len(self._sessions) + self._opening >= self._max_sessions:
            raise ExecutorOverloaded("as many sessions are open as may be", started=False)
        self._opening += 1
        try:
            interpreter = await self._start(request.limits.memory_bytes)
        except OutOfMemory as error:
            raise RequestError("the memory is less than an interpreter needs") from error
        finally:
            self._opening -= 1
        name = secrets.token_hex(16)
        self._sessions[name] = _Session(interpreter)
        self._await_expiry(name)
        return name

    async def execute(self, request: ExecutionRequest) -> ExecutionResult:
        """Run a program, in its session or in a new interpreter.

        Raises:
            ExecutorOverloaded: its session, or the executor, is busy.
            SessionNotFound: there is no such session, or it has ended.
        """
        if self._running >= self._max_runs:
            raise ExecutorOverloaded("as many programs run as may", started=False)
        self._running += 1
        try:
            with _tracked(self._work):
                if request.session is None:
                    return await self._execute_alone(request)
                return await self._execute_in(request.session, request)
        finally:
            self._running -= 1

    async def _execute_alone(self, request: ExecutionRequest) -> ExecutionResult:
        try:
            interpreter = await self._start(request.limits.memory_bytes)
        except OutOfMemory:
            return ExecutionResult(status=Status.MEMORY_EXCEEDED, detail="the interpreter itself needs more memory")
        self._alone.add(interpreter)
        try:
            return await interpreter.run(request.code, request.limits, keep=False)
        finally:
            await unstoppable(interpreter.close())
            self._alone.discard(interpreter)
            self._note_leftover(interpreter)

    async def _execute_in(self, name: str, request: ExecutionRequest) -> ExecutionResult:
        session = self._sessions.get(name)
        if session is None:
            raise SessionNotFound
        if session.is_busy:
            raise ExecutorOverloaded("the session runs another program", started=False)
        if not session.interpreter.is_alive:
            await self.close_session(name)
            raise SessionNotFound
        session.stay()
        session.is_busy = True
        try:
            return await session.interpreter.run(request.code, request.limits, keep=True)
        finally:
            session.is_busy = False
            if session.interpreter.is_alive:
                self._await_expiry(name)
            else:
                await self.close_session(name)

    async def close_session(self, name: str) -> None:
        """End a session; an unknown one has already ended."""
        session = self._sessions.pop(name, None)
        if session is not None:
            session.stay()
            await session.interpreter.close()
            self._note_leftover(session.interpreter)

    async def close(self) -> None:
        """End everything; running programs are killed, and starting ones cancelled."""
        for task in self._starting:
            task.cancel()
        alone = [interpreter.close() for interpreter in self._alone]
        await asyncio.gather(*alone, *map(self.close_session, list(self._sessions)))
        if waiting := self._work | self._starting:
            await asyncio.wait(waiting)
        self._context.destroy(linger=0)

    async def _start(self, memory_bytes: int) -> Interpreter:
        with _tracked(self._starting):
            return await Interpreter.start(
                self._installation, self._context, memory_bytes=memory_bytes, startup_secs=self._startup_secs
            )

    def _await_expiry(self, name: str) -> None:
        session = self._sessions.get(name)
        if session:  # it may have been closed while its program ran
            session.expiry = asyncio.get_running_loop().call_later(self._idle_secs, self._expire, name)

    def _expire(self, name: str) -> None:
        task = asyncio.create_task(self.close_session(name))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _note_leftover(self, interpreter: Interpreter) -> None:
        if interpreter.leftover:
            self.leftovers.append(interpreter.leftover)


@contextlib.contextmanager
def _tracked(tasks: set[asyncio.Task[Any]]) -> Iterator[None]:
    task = asyncio.current_task()
    assert task  # noqa: S101 -- the type checker cannot know
    tasks.add(task)
    try:
        yield
    finally:
        tasks.discard(task)
