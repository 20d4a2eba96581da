"""Looking from outside for what a program left behind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["LeakProbe", "processes_with"]

LeakProbe: TypeAlias = "Callable[[str], Collection[str]]"
"""Takes a marker and gives a line for each thing alive that carries it; an executor may need one of its own."""

_PROC: Final = Path("/proc")
_SHOWN: Final = 80


def processes_with(marker: str, *, proc: Path = _PROC) -> list[str]:
    """Give the processes of this machine that carry a marker in their arguments or environment.

    It sees what the machine's own process table shows: programs in containers and namespaces, but not those inside a
    virtual machine, of another machine, or of another user when it runs without privileges.
    """
    return list(_found(marker.encode(), proc))


def _found(marker: bytes, proc: Path) -> Iterator[str]:
    for folder in proc.glob("[0-9]*"):
        if int(folder.name) == os.getpid():
            continue
        arguments = _read(folder / "cmdline")
        if marker in arguments or marker in _read(folder / "environ"):
            words = arguments.replace(b"\0", b" ").decode("utf-8", "replace")
            yield f"process {folder.name}: {' '.join(words.split())[:_SHOWN]}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile, or is somebody else's
        return b""
