"""The kernel's half of a run's streams, and whose output a thread's is; like `_sessions_kernel.py` it runs inside."""

from __future__ import annotations

import contextlib
import contextvars
import io
import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_RUN: contextvars.ContextVar[int | None] = contextvars.ContextVar("run", default=None)
"""The run that the current thread or task belongs to."""


class Streams:
    """Standard output and error, which lead to another pair of pipes in each run."""

    def __init__(self, host: socket.socket) -> None:
        self.run = 0
        self._host = host
        self._nowhere = os.open(os.devnull, os.O_RDWR)
        self._files = {number: _Stream(self, number) for number in (1, 2)}
        os.dup2(self._nowhere, 0)
        self.rest()

    def begin(self) -> None:
        """Take the next run's pipes from the host."""
        self.run += 1
        _RUN.set(self.run)
        _, pipes, _, _ = socket.recv_fds(self._host, 64, 2)
        for number, pipe in zip((1, 2), pipes, strict=True):
            os.dup2(pipe, number)
            os.close(pipe)

    def rest(self) -> None:
        """Flush what is left of the run, and lead nowhere until the next one."""
        for number, file in self._files.items():
            with contextlib.suppress(OSError, ValueError):  # the program has closed it
                file.flush()
            if file.closed:
                self._files[number] = _Stream(self, number)
            os.dup2(self._nowhere, number)
        # A program that leaves them replaced would take the next one's output.
        sys.stdout, sys.stderr = self._files[1], self._files[2]
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # type: ignore[misc]

    @property
    def is_stale(self) -> bool:
        """Whether the current thread or task belongs to a run that is over."""
        return _RUN.get() not in (None, self.run)


class _Stream(io.TextIOWrapper):
    """A standard stream that keeps nothing back: what is in a buffer is lost when the process is killed."""

    def __init__(self, streams: Streams, number: int) -> None:
        raw = io.FileIO(number, "w", closefd=False)
        errors = "strict" if number == 1 else "backslashreplace"
        super().__init__(io.BufferedWriter(raw), encoding="utf-8", errors=errors, newline="\n", write_through=True)
        self._streams = streams

    def write(self, text: str, /) -> int:
        if not self._streams.is_stale:
            super().write(text)
            self.flush()
        return len(text)


def threads_of(run: int) -> int:
    """Return how many threads of a run are alive."""
    return sum(getattr(thread, "codeexec_run", None) == run for thread in threading.enumerate())


def inherit_context() -> None:
    """Let threads and the work of a pool belong to the run that started them, as tasks do by themselves."""
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit

    def start_in_context(self: threading.Thread) -> None:
        context, run = contextvars.copy_context(), self.run
        self.codeexec_run = _RUN.get()  # type: ignore[attr-defined]
        self.run = lambda: context.run(run)  # type: ignore[method-assign]
        start(self)

    def submit_in_context(self: ThreadPoolExecutor, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return submit(self, contextvars.copy_context().run, fn, *args, **kwargs)

    threading.Thread.start = start_in_context  # type: ignore[method-assign]
    ThreadPoolExecutor.submit = submit_in_context  # type: ignore[method-assign, assignment]
