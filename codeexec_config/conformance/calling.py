"""Call an executor so that a call that does not return can be abandoned.

The kit's own thread never runs the executor's code. Each sync call gets its own daemon thread; async calls share an
event loop in a daemon thread, which is replaced if a call blocks it. `concurrent.futures` could do all this except
abandon a call: its threads are joined at exit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Call", "EventLoop", "call_in_thread"]

_RESPONSE_SECS: Final = 1.0


class Call:
    """A call that is running, or has ended."""

    def __init__(self) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._started = time.monotonic()
        self._ended: float | None = None
        self._over = threading.Event()

    @property
    def secs(self) -> float:
        """How long it took, or has taken so far."""
        return (self._ended or time.monotonic()) - self._started

    def wait(self, secs: float) -> bool:
        """Wait for its end for at most `secs`, and return whether it has ended."""
        return self._over.wait(secs)

    def cancel(self) -> None:
        """Cancel it, if possible."""

    def end(self, result: Any, error: BaseException | None) -> None:
        """Record how it ended."""
        self.result, self.error, self._ended = result, error, time.monotonic()
        self._over.set()


def call_in_thread(method: Callable[[], Any]) -> Call:
    """Call a sync method in a thread that is never joined."""
    call = Call()

    def run() -> None:
        try:
            call.end(method(), None)
        except BaseException as error:  # noqa: BLE001 -- whatever it raises is the finding
            call.end(None, error)

    threading.Thread(target=run, daemon=True, name="conformance-call").start()
    return call


class _AsyncCall(Call):
    """A call that is a task of an event loop in another thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, method: Callable[[], Awaitable[Any]]) -> None:
        super().__init__()
        self._loop = loop
        self._method = method
        loop.call_soon_threadsafe(self._begin)

    def cancel(self) -> None:
        self._loop.call_soon_threadsafe(self._cancel)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._outcome())
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        self._task.cancel()  # it exists: the loop calls `_begin` and `_cancel` in the order of the requests

    async def _outcome(self) -> tuple[Any, BaseException | None]:
        try:
            return await self._method(), None
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 -- a SystemExit would end the loop's thread
            return None, error

    def _finish(self, task: asyncio.Task[tuple[Any, BaseException | None]]) -> None:
        if task.cancelled():
            self.end(None, asyncio.CancelledError())
        else:
            self.end(*task.result())


class EventLoop:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(_DaemonThreads())
        # An abandoned call has already been reported: asyncio would print the kit's frames.
        self._loop.set_exception_handler(lambda *_: None)
        self._thread = threading.Thread(target=self._run, daemon=True, name="conformance-loop")
        self._thread.start()

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def call(self, method: Callable[[], Awaitable[Any]]) -> Call:
        """Await an async method on it."""
        return _AsyncCall(self._loop, method)

    def responds(self) -> bool:
        """Check that nothing blocks it."""
        return self.call(_nothing).wait(_RESPONSE_SECS)

    def leave(self) -> None:
        """Cancel its tasks, and let it end once they have ended, or once nothing blocks it."""
        self.call(_wind_down)

    def close(self) -> None:
        """End it, or abandon it if a task does not end."""
        self.leave()
        self._thread.join(2 * _RESPONSE_SECS)


async def _nothing() -> None:
    return


async def _wind_down() -> None:
    """Cancel the loop's other tasks, wait for them, and stop the loop."""
    while rest := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in rest:
            task.cancel()
        await asyncio.wait(rest)
    asyncio.get_running_loop().stop()


class _DaemonThreads(ThreadPoolExecutor):
    """The executor of `asyncio.to_thread` on the kit's loop, whose threads do not delay the end of the process."""

    def submit(self, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # a running call cannot be cancelled: its end would raise then

        def run() -> None:
            try:
                future.set_result(method(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 -- the future passes it on
                future.set_exception(error)

        threading.Thread(target=run, daemon=True, name="conformance-worker").start()
        return future
