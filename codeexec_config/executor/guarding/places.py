"""Places for runs: no more simultaneous ones than an executor accepts, first come, first served.

Each waiter leaves a callback that wakes it, so that threads and tasks, of one event loop or several, wait in the same
queue. A place that becomes free goes to the first in the queue, never to a newcomer.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from codeexec_config.executor.errors import ExecutorOverloaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Places:
    """The places of one executor."""

    __slots__ = ("_line", "_lock", "_taken")

    def __init__(self) -> None:
        # Reentrant, because a task that is garbage-collected while the lock is held may leave the queue.
        self._lock = threading.RLock()
        self._taken = 0
        self._line: deque[_Ticket] = deque()

    @contextmanager
    def in_thread(self, most: int | None, secs: float) -> Iterator[None]:
        """Hold one of `most` places, waiting for it at most `secs`.

        Raises:
            ExecutorOverloaded: no place became free.
        """
        if most is None:
            yield
            return
        self._wait_in_thread(most, secs)
        try:
            yield
        finally:
            self._free()

    async def take_in_task(self, most: int | None, secs: float) -> Callable[[], None]:
        """Take one of `most` places, waiting for it at most `secs`, and return the function that frees it.

        Raises:
            ExecutorOverloaded: no place became free.
        """
        if most is None:
            return _keep
        await self._wait_in_task(most, secs)
        return self._free

    def _wait_in_thread(self, most: int, secs: float) -> None:
        granted = threading.Event()
        ticket = _Ticket(granted.set)
        if self._take(most, ticket):
            return
        try:
            granted.wait(min(secs, threading.TIMEOUT_MAX))
        except BaseException:
            self._give_up(ticket)
            raise
        if not self._leave(ticket):
            _refuse(secs)

    async def _wait_in_task(self, most: int, secs: float) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        granted = loop.create_future()
        ticket = _Ticket(lambda: loop.call_soon_threadsafe(granted.set_result, None))
        if self._take(most, ticket):
            return
        try:
            await asyncio.wait({granted}, timeout=secs)
        except BaseException:
            self._give_up(ticket)
            raise
        if not self._leave(ticket):
            _refuse(secs)

    def _take(self, most: int, ticket: _Ticket) -> bool:
        """Take a place, or join the queue."""
        with self._lock:
            if self._taken < most and not self._line:
                self._taken += 1
                return True
            self._line.append(ticket)
            return False

    def _leave(self, ticket: _Ticket) -> bool:
        """Leave the queue, and return whether a place was granted in time."""
        with self._lock:
            if ticket in self._line:
                self._line.remove(ticket)
            return ticket.is_granted

    def _give_up(self, ticket: _Ticket) -> None:
        if self._leave(ticket):
            self._free()

    def _free(self) -> None:
        """Hand the place to the first in the queue, or free it."""
        with self._lock:
            while self._line:
                ticket = self._line.popleft()
                with suppress(RuntimeError):  # the waiter's event loop is closed
                    ticket.wake()
                    ticket.is_granted = True
                    return
            self._taken -= 1


class _Ticket:
    """A position in the queue: how to wake the waiter, and whether it was granted a place."""

    __slots__ = ("is_granted", "wake")

    def __init__(self, wake: Callable[[], object]) -> None:
        self.wake = wake
        self.is_granted = False


def _keep() -> None:
    """Free nothing: the executor accepts any number of runs."""


def _refuse(secs: float) -> NoReturn:
    raise ExecutorOverloaded(f"no place became free within {secs:g} s", started=False)
