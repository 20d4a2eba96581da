"""The standard streams: closed, full, piped or on a terminal, but never a reason for a traceback."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from errno import EBADF
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class LostOutputError(Exception):
    """Standard output is lost; `reason` is None if its reader has gone, which is not an error."""

    def __init__(self, reason: str | None) -> None:
        self.reason = reason
        super().__init__(reason)


class Output:
    """A standard stream to write to, whatever it is connected to.

    Args:
        stream: the stream, or None if it is closed.
        is_vital: whether to raise LostOutputError if a text cannot be written, rather than set `is_lost`.
    """

    def __init__(self, stream: Any, *, is_vital: bool) -> None:
        self._stream = stream
        self._is_vital = is_vital
        self._is_over = False
        self.is_lost = False

    def write(self, text: str) -> int:
        """Write a text; after a failure, drop it."""
        if self._stream is None:
            self._fail(OSError(EBADF, "it is closed"))
        elif not self._is_over:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def flush(self) -> None:
        """Write what is still in the buffer."""
        if self._stream is None or self._is_over:
            return
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._fail(error)

    def isatty(self) -> bool:
        """Check whether a person is reading."""
        return self._stream is not None and self._stream.isatty()

    def _fail(self, error: OSError | ValueError) -> None:
        self._is_over = True
        _silence(self._stream)
        is_pipe = isinstance(error, BrokenPipeError)
        if self._is_vital:
            raise LostOutputError(None if is_pipe else _reason(error)) from None
        self.is_lost = self.is_lost or not is_pipe

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded() -> Iterator[Output]:
    """Replace `sys.stdout` and `sys.stderr` by streams that raise no OSError; yield the one for errors."""
    before = sys.stdout, sys.stderr
    if None in (*before, sys.stdin):
        _occupy_descriptors()
    for stream in before:
        # A test's or a host's stream may have no encoding.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
    errors = Output(sys.stderr, is_vital=False)
    sys.stdout, sys.stderr = Output(sys.stdout, is_vital=True), errors
    try:
        yield errors
    finally:
        sys.stdout, sys.stderr = before


def read_standard_input(limit: int) -> bytes | str:
    """Return what is piped in, up to a number of bytes, or the reason why it cannot be read."""
    if sys.stdin is None:
        return "it is closed"
    try:
        return sys.stdin.buffer.read(limit)
    except (OSError, ValueError) as error:
        return _reason(error)


def colours(option: str, stream: Any, environ: Mapping[str, str] = os.environ) -> bool:
    """Decide on colour: by the option, else by NO_COLOR, FORCE_COLOR and TERM in this order, else by the terminal."""
    if option != "auto":
        return option == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return environ.get("TERM") != "dumb" and bool(stream.isatty())


def _occupy_descriptors() -> None:
    """Open the null device for each closed standard stream, so that no file opened later gets its number."""
    descriptor = 0
    while descriptor <= 2:  # noqa: PLR2004 -- standard error
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)


def _silence(stream: Any) -> None:
    """Drop what is left in the buffer: the interpreter would try to write it again at exit."""
    with suppress(AttributeError, OSError, ValueError):
        number = stream.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)


def _reason(error: OSError | ValueError) -> str:
    return ((error.strerror if isinstance(error, OSError) else None) or "it is closed").lower()
