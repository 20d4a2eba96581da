"""The guard of an async executor."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.executor.adapting import InThreads, outcome
from codeexec_config.executor.errors import DeadlineOverrun
from codeexec_config.executor.guarding.base import GuardOf, as_faults, opened, require_session
from codeexec_config.executor.guarding.holding import ChunkCutter, hold
from codeexec_config.executor.records import OutputChunk
from codeexec_config.executor.shapes import ASYNC_EXTRAS

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Awaitable, Callable

    from codeexec_config.executor.guarding.admission import Admitted, Rules
    from codeexec_config.executor.protocols import AsyncCodeExecutor
    from codeexec_config.executor.records import ExecutionRequest, ExecutionResult, SessionRequest

_NAMES: Final = frozenset(shape.name for shape in ASYNC_EXTRAS)


class AsyncGuard(GuardOf["AsyncCodeExecutor"]):
    """The guard that `guarded_async` returns."""

    __slots__ = ("_tasks",)

    def __init__(self, executor: AsyncCodeExecutor, rules: Rules) -> None:
        super().__init__(executor, rules)
        # The event loop keeps only weak references to tasks: an abandoned one must not vanish in mid-run.
        self._tasks: set[asyncio.Task[Any]] = set()

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program within the rules."""
        admitted = self._admit(request)
        free = await self._places.take_in_task(admitted.most, self._rules.queue_secs)
        task = self._start(admitted.request, free)
        return hold(await self._within(task, admitted.deadline_secs, admitted), admitted.request)

    def _start(self, request: ExecutionRequest, free: Callable[[], None]) -> asyncio.Task[ExecutionResult]:
        if isinstance(self._executor, InThreads):
            try:
                thread = self._executor.start(request)
            except BaseException:
                free()
                raise
            # A thread goes on when its task is cancelled, so the thread keeps the place.
            thread.add_done_callback(lambda _: free())
            return self._begin(lambda: outcome(thread))
        task = self._begin(lambda: self._executor.execute_async(request))
        task.add_done_callback(lambda _: free())
        return task

    def _begin(self, call: Callable[[], Awaitable[Any]]) -> asyncio.Task[Any]:
        """Call in a task, so that whatever the call raises is raised by the task."""
        import asyncio

        task = asyncio.create_task(_awaited(call))
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not log it as unretrieved

    async def _within(self, task: asyncio.Task[Any], secs: float, admitted: Admitted) -> Any:
        """Return a task's result if it is in time; cancel the task if it is late, or if this is cancelled."""
        import asyncio

        try:
            # Not wait_for, which would wait for a cancelled task indefinitely.
            await asyncio.wait({task}, timeout=secs)
            in_time = task.done()
        finally:
            await self._stop(task)
        if not in_time:
            raise DeadlineOverrun(admitted.deadline_secs)
        with as_faults():
            return task.result()

    async def _stop(self, task: asyncio.Task[Any]) -> None:
        """Cancel a task that is still running and give it the grace to clean up; then abandon it."""
        import asyncio

        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=self._rules.grace_secs)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = self._optional(name, _NAMES)
        match name:
            case "open_session_async":
                return partial(self._open_session, method)
            case "close_session_async":
                return partial(self._close_session, method)
            case "execute_streaming_async":
                return partial(self._execute_streaming, method)
            case _:
                return partial(self._call, method)

    async def _call(self, method: Callable[[], Awaitable[object]], /) -> None:
        with as_faults():
            await method()

    async def _open_session(self, method: Callable[..., Awaitable[object]], request: SessionRequest, /) -> str:
        admitted = self._admit_session(request)
        with as_faults():
            session = await method(admitted)
        return opened(session)

    async def _close_session(self, method: Callable[..., Awaitable[object]], session: str, /) -> None:
        require_session(session)
        await self._call(partial(method, session))

    def _execute_streaming(
        self, method: Callable[..., Any], request: ExecutionRequest, /
    ) -> AsyncIterator[OutputChunk | ExecutionResult]:
        return self._stream(method, self._admit(request))

    async def _stream(
        self, method: Callable[..., Any], admitted: Admitted
    ) -> AsyncIterator[OutputChunk | ExecutionResult]:
        cutter = ChunkCutter(admitted.request)
        stream = _Stream(partial(method, admitted.request))
        left = admitted.deadline_secs
        free = await self._places.take_in_task(admitted.most, self._rules.queue_secs)
        try:
            while True:
                start = time.monotonic()
                item = await self._within(self._begin(stream.next), max(left, 0), admitted)
                left -= time.monotonic() - start  # the host's time between two chunks does not count
                if not isinstance(item, OutputChunk):
                    break
                if chunk := cutter.cut(item):
                    yield chunk
        finally:
            await self._end(stream, free)
        yield hold(item, admitted.request)

    async def _end(self, stream: _Stream, free: Callable[[], None]) -> None:
        import asyncio

        closing = self._begin(stream.close)
        closing.add_done_callback(lambda _: free())
        await asyncio.wait({closing}, timeout=self._rules.grace_secs)


async def _awaited(call: Callable[[], Awaitable[Any]]) -> Any:
    return await call()


class _Stream:
    """An executor's stream, read step by step; it is closed only after an abandoned step is over."""

    __slots__ = ("_items", "_lock", "_make")

    def __init__(self, make: Callable[[], AsyncIterator[object]]) -> None:
        import asyncio

        self._make = make
        self._items: AsyncIterator[object] | None = None
        self._lock = asyncio.Lock()

    async def next(self) -> object:
        async with self._lock:
            if self._items is None:
                self._items = aiter(self._make())
            return await anext(self._items, None)

    async def close(self) -> None:
        async with self._lock:
            if isinstance(self._items, AsyncGenerator):
                await self._items.aclose()
