"""Look from outside for what a program left behind."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from codeexec_config.conformance.wording import hushed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["LeakProbe", "numbers", "processes_with", "read"]

LeakProbe: TypeAlias = "Callable[[str], Collection[str]]"
"""Takes a marker and returns a line for each live thing that has it; some executors need their own."""

_PROC: Final = Path("/proc")
_SHOWN: Final = 80
_CHUNK: Final = 1 << 16


def processes_with(marker: str, *, proc: Path = _PROC) -> list[str]:
    """Return the processes of this machine with a marker in their arguments or environment.

    It sees what the machine's own process table shows: programs in containers and namespaces, but not those inside a
    virtual machine, of another machine, or of another user when it runs without privileges.
    """
    return list(_found(marker.encode(), proc))


def _found(marker: bytes, proc: Path) -> Iterator[str]:
    for pid in numbers(proc):
        if pid == os.getpid():
            continue
        arguments = read(f"{proc}/{pid}/cmdline")
        if marker in arguments or marker in read(f"{proc}/{pid}/environ"):
            words = hushed(arguments.replace(b"\0", b" ").decode("utf-8", "replace"))
            yield f"process {pid}: {' '.join(words.split())[:_SHOWN]}"


def numbers(proc: Path) -> list[int]:
    """Return the numbers of a process table."""
    try:
        # Not pathlib: this is called many times a second.
        return [int(name) for name in os.listdir(proc) if name.isdigit()]  # noqa: PTH208
    except OSError:  # another system
        return []


def read(path: str) -> bytes:
    """Return the contents of a file of a process table, or nothing if it cannot be read."""
    try:
        # Not open(): this is called for each process many times a second, and a file object takes twice as long.
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return b"".join(iter(partial(os.read, descriptor, _CHUNK), b""))
        finally:
            os.close(descriptor)
    except OSError:  # it ended meanwhile, or has another owner
        return b""
