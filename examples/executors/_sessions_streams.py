"""The two streams of one run, each a pipe of its own, read within bounds while the program writes."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

_CHUNK: Final = 64 * 1024
_DRAINED_CHUNKS: Final = 32
"""More than fits into a pipe: data beyond that does not belong to the run that ended."""
LATE_BYTES: Final = 1 << 20
"""How much children of an earlier run may write, unread, until their pipe is closed."""
LATE_PIPES: Final = 32
"""How many such pipes a session keeps."""


class Pipe:
    """One stream: kept up to its cap, read and dropped beyond it."""

    def __init__(self, cap: int, flooded: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._cap = cap
        self._flooded = flooded
        self._late: int | None = None
        self.data = bytearray()
        self.truncated = False
        self._fd, self.program = os.pipe()
        os.set_blocking(self._fd, False)
        self._loop.add_reader(self._fd, self._read)

    @property
    def is_open(self) -> bool:
        """Whether it may still be written to."""
        return self._fd >= 0

    def hand_over(self) -> None:
        """Close the program's end here, once the program has it."""
        if self.program >= 0:
            os.close(self.program)
            self.program = -1

    def end(self) -> None:
        """Take what the run has written, and nothing that comes later.

        A child that outlives its run keeps a pipe that is read: an error at its next line would be a change of its
        behaviour.
        """
        for _ in range(_DRAINED_CHUNKS):
            if self._late is not None or not self.is_open or not self._read():
                break
        self._late = self._late or 0

    def close(self) -> None:
        """Close both ends; a second call does nothing."""
        self.hand_over()
        if self.is_open:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _read(self) -> bool:
        """Read once, and return whether there was anything."""
        try:
            chunk = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self.close()
        elif self._late is None:
            self._keep(chunk)
        else:
            self._drop(len(chunk))
        return bool(chunk)

    def _keep(self, chunk: bytes) -> None:
        room = self._cap - len(self.data)
        self.data += chunk[:room]
        if len(chunk) > room and not self.truncated:
            self.truncated = True
            self._flooded()

    def _drop(self, count: int) -> None:
        self._late = (self._late or 0) + count
        if self._late > LATE_BYTES:
            self.close()


class Streams:
    """Standard output and standard error of one run."""

    def __init__(self, cap: int) -> None:
        self.flooded = asyncio.Event()
        self.stdout = Pipe(cap, self.flooded.set)
        self.stderr = Pipe(cap, self.flooded.set)

    @property
    def pipes(self) -> tuple[Pipe, Pipe]:
        """Both, standard output first."""
        return self.stdout, self.stderr

    def settle(self) -> None:
        """Take what a program that ended on its own has written; later output belongs to no run."""
        for pipe in self.pipes:
            pipe.end()

    def end(self, late: deque[Pipe]) -> None:
        """Finish the run; pipes that are still open elsewhere go to `late`, whose oldest make room."""
        for pipe in self.pipes:
            pipe.hand_over()
            pipe.end()
            if pipe.is_open:
                late.append(pipe)
        while len(late) > LATE_PIPES or (late and not late[0].is_open):
            late.popleft().close()
