"""An event loop in its own thread, for what outlives the caller's loop.

A session may be used from one event loop after another, and its sockets, its process and its timer belong to one. The
thread is also the parent of the sandboxes, which end with it.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, TypeVar

from codeexec_config.executor import ExecutorUnavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine

_T = TypeVar("_T")
_JOIN_SECS: Final = 5.0


class OwnLoop:
    """Runs coroutines for callers on other event loops."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Await a coroutine on this loop; a cancellation is passed on to it, and raised when it has ended."""
        future: Future[asyncio.Task[_T]] = Future()
        tasks: list[asyncio.Task[_T]] = []

        def start() -> None:
            task = self._loop.create_task(work)
            task.add_done_callback(future.set_result)
            tasks.append(task)

        def cancel() -> None:
            tasks[0].cancel()  # it exists: the loop keeps the order of start and cancel

        self._loop.call_soon_threadsafe(start)
        ended = asyncio.wrap_future(future)
        cancelled = False
        while not ended.done():
            try:
                await asyncio.shield(ended)
            except asyncio.CancelledError:
                cancelled = True
                self._loop.call_soon_threadsafe(cancel)
        task = ended.result()
        if cancelled:
            if not task.cancelled():
                task.exception()
            raise asyncio.CancelledError
        if task.cancelled():
            raise ExecutorUnavailable("the executor was closed meanwhile", retryable=False)
        return task.result()

    async def close(self) -> None:
        """End the thread; what still runs on it is cancelled."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join, _JOIN_SECS)
        self._loop.close()
