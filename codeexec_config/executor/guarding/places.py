"""Places for runs: no more at once than an executor takes, first come, first served.

Whoever waits leaves a callback that wakes it, so that threads and tasks, of one event loop or of several, wait in the
same line. A place that becomes free is handed to the first in the line and never to one that just came by.
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
        # Reentrant, because a task that is collected as garbage while the lock is held may leave the line.
        self._lock = threading.RLock()
        self._taken = 0
        self._line: deque[_Ticket] = deque()

    @contextmanager
    def in_thread(self, most: int | None, secs: float) -> Iterator[None]:
        """Hold one of `most` places, and wait for it at most `secs`.

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
        """Take one of `most` places, wait for it at most `secs`, and return the call that frees it.

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
        """Take a place, or join the line."""
        with self._lock:
            if self._taken < most and not self._line:
                self._taken += 1
                return True
            self._line.append(ticket)
            return False

    def _leave(self, ticket: _Ticket) -> bool:
        """Leave the line, and return whether a place has been handed over by then."""
        with self._lock:
            if ticket in self._line:
                self._line.remove(ticket)
            return ticket.is_granted

    def _give_up(self, ticket: _Ticket) -> None:
        if self._leave(ticket):
            self._free()

    def _free(self) -> None:
        """Hand a place to the first in the line, or have one more."""
        with self._lock:
            while self._line:
                ticket = self._line.popleft()
                with suppress(RuntimeError):  # the event loop of the one that waited is closed
                    ticket.wake()
                    ticket.is_granted = True
                    return
            self._taken -= 1


class _Ticket:
    """A place in the line: how to wake whoever waits, and whether it got its place for a run."""

    __slots__ = ("is_granted", "wake")

    def __init__(self, wake: Callable[[], object]) -> None:
        self.wake = wake
        self.is_granted = False


def _keep() -> None:
    """Free nothing: the executor takes any number of runs."""


def _refuse(secs: float) -> NoReturn:
    raise ExecutorOverloaded(f"no place became free within {secs:g} s", started=False)
