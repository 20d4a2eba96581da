"""Watch the host from outside: its descendants, zombies, folders, and growing memory and files."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from codeexec_config.conformance.probing import numbers, read

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Descendants", "Growth", "folders_here", "has_children", "held", "shape_of", "zombies"]

_PROC: Final = Path("/proc")
_GROUPS: Final = Path("/sys/fs/cgroup")
_TEMPORARY: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 -- looked at, not written to
_KEPT: Final = ("/run", "/srv", "/var/cache", "/var/lib", "~/.local/share")
_SAMPLE_SECS: Final = 0.02
_SHARE: Final = 4
"""The pause between two looks at folders, as a multiple of a look's time, to leave time for everything else."""
_RANDOM_PART: Final = re.compile(r"[0-9a-f]{6,}|[A-Za-z0-9_]{8}$|\d+")
_GROUP_DEPTH: Final = 3
_TEMPORARY_DEPTH: Final = 2
_NOTABLE: Final = 16 << 20
"""How much free space must have vanished for an immediate, deeper look at the folders."""


class _Process(NamedTuple):
    """A line of the process table; the time of birth detects reused numbers."""

    pid: int
    born: str
    parent: int
    state: str


def _processes(proc: Path = _PROC) -> dict[int, _Process]:
    found = {}
    for pid in numbers(proc):
        # The name is in parentheses, and may itself contain spaces and parentheses.
        fields = read(f"{proc}/{pid}/stat").rpartition(b")")[2].decode().split()
        if fields:
            found[pid] = _Process(pid, fields[19], int(fields[1]), fields[0])
    return found


def has_children(proc: Path = _PROC) -> bool:
    """Check whether this process has live children."""
    return any(each.state != "Z" and each.parent == os.getpid() for each in _processes(proc).values())


def zombies(proc: Path = _PROC) -> set[int]:
    """Return the children of this process that have ended and have not been waited for."""
    return {each.pid for each in _processes(proc).values() if each.state == "Z" and each.parent == os.getpid()}


def held(proc: Path = _PROC) -> dict[str, int]:
    """Count the threads and open descriptors of this process."""
    gc.collect()  # closes files that are no longer referenced
    counts = {"threads": threading.active_count()}
    with contextlib.suppress(OSError):
        counts["open files"] = sum(1 for _ in (proc / "self/fd").iterdir())
    return counts


class _Sampler(ABC):
    """Samples something repeatedly while a block runs."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="conformance-watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.look()

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECS):
            self.look()

    @abstractmethod
    def look(self) -> None:
        """Take one sample."""


class Descendants(_Sampler):
    """The descendants that this process has started since the block began, even if they have moved away."""

    def __init__(self) -> None:
        super().__init__()
        self._before = {(each.pid, each.born) for each in _processes().values()}
        self._seen: dict[int, str] = {}

    def look(self) -> None:
        """Record the parent of each process."""
        table = _processes()
        for each in sorted(table.values()):
            is_ours = each.parent == os.getpid() or each.parent in self._seen
            if is_ours and (each.pid, each.born) not in self._before:
                self._seen[each.pid] = each.born

    def left(self) -> list[str]:
        """Return those that are still alive."""
        table = _processes()
        living = [table[pid] for pid, born in self._seen.items() if pid in table and table[pid].born == born]
        return [f"process {each.pid}" for each in living if each.state != "Z"]


class Growth(_Sampler):
    """How much the memory of this process, and the files that it opens or creates, grew while a block ran."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = 0
        self.files = 0
        self._before = set(_temporary_entries(_TEMPORARY_DEPTH))
        self._resident = _resident_bytes()  # measured after noting the entries, which takes memory too
        self._folders_due = 0.0
        self._room = _room()

    def __exit__(self, *_: object) -> None:
        self._folders_due = 0
        super().__exit__()

    def look(self) -> None:
        """Compare with the start."""
        self.memory = max(self.memory, _resident_bytes() - self._resident)
        self.files = max(self.files, _open_bytes())
        began = time.monotonic()
        room = _room()
        has_less_room = self._room - room > _NOTABLE
        if began >= self._folders_due or has_less_room:
            self._room = room
            self.files = max(self.files, self._made_bytes(_TEMPORARY_DEPTH if has_less_room else 1))
            now = time.monotonic()
            self._folders_due = now + _SHARE * (now - began)

    def _made_bytes(self, depth: int) -> int:
        # Only the largest: other programs on this machine use these folders too.
        return max((_size(path) for path in _temporary_entries(depth) if path not in self._before), default=0)


def _resident_bytes(proc: Path = _PROC) -> int:
    try:
        return int((proc / "self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # another system: nothing is measured, and nothing grows
        return 0


def _open_bytes(proc: Path = _PROC) -> int:
    """Return the size of the largest temporary file that this process has open."""
    sizes = [0]
    for link in (proc / "self/fd").glob("*"):
        with contextlib.suppress(OSError):
            # Disk blocks, not length: a file that is mapped, or has holes, takes no space.
            if link.is_file() and str(link.readlink()).startswith((*_TEMPORARY, tempfile.gettempdir())):
                sizes.append(link.stat().st_blocks * 512)
    return max(sizes)


def _temporary_entries(depth: int) -> Iterator[Path]:
    """Yield what is in the temporary folders, and in their folders: an executor may have its own."""
    for folder in dict.fromkeys((*_TEMPORARY, tempfile.gettempdir())):
        yield from _entries_below(Path(folder), depth)


def _room() -> int:
    """Return how many bytes are free in the temporary folders."""
    total = 0
    for folder in _TEMPORARY:
        with contextlib.suppress(OSError):
            system = os.statvfs(folder)
            total += system.f_bfree * system.f_frsize
    return total


def _size(path: Path) -> int:
    total = 0
    with contextlib.suppress(OSError):
        total = path.lstat().st_blocks * 512
        if path.is_dir() and not path.is_symlink():
            with os.scandir(path) as entries:  # closed even if one of them is gone meanwhile
                total += sum(entry.stat(follow_symlinks=False).st_blocks * 512 for entry in entries)
    return total


def folders_here() -> set[Path]:
    """Return what is in the folders where executors keep things, and the control groups."""
    kept = (entry for folder in _KEPT for entry in _entries_below(Path(folder).expanduser(), _TEMPORARY_DEPTH))
    return {
        *_temporary_entries(_TEMPORARY_DEPTH),
        *kept,
        *_entries_below(_GROUPS, _GROUP_DEPTH, only_folders=True),
    }


def _entries_below(folder: Path, depth: int, *, only_folders: bool = False) -> Iterator[Path]:
    """Yield what is there down to a depth; not by glob, which breaks off if something is removed meanwhile."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder or not only_folders:
                yield Path(entry.path)
            if is_folder and depth > 1:
                yield from _entries_below(Path(entry.path), depth - 1, only_folders=only_folders)


def shape_of(path: Path) -> str:
    """Return a path without the random part of its name."""
    return f"{path.parent}/{_RANDOM_PART.sub('*', path.name)}"
