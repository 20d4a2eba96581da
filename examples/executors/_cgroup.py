"""Limits on the memory and the processes of a sandbox, and the only sure way to end all of them.

Works with both cgroup versions; a machine may have either. It needs the right to create a folder there: root, or a
subtree that was delegated to the host's user.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import secrets
import signal
from pathlib import Path
from typing import Final

import attrs

from codeexec_config.executor import ExecutorUnavailable
from examples.executors._owner import Owner

ROOT: Final = Path("/sys/fs/cgroup")
PREFIX: Final = "codeexec-"
"""The names of the folders, so that one left behind can be recognised."""

_REMOVAL_TRIES: Final = 300
_MOST_BYTES: Final = 1 << 62
"""More than any machine has, but a number that the kernel accepts."""


@attrs.frozen
class Layout:
    """What one cgroup version calls things, and where they are."""

    memory: Path
    pids: Path
    memory_limits: tuple[str, ...]
    swap_off: str | None
    events: str
    peak: str

    @classmethod
    def of(cls, root: Path) -> Layout:
        """Return the layout of the version that manages memory on this machine."""
        controllers = root / "cgroup.controllers"
        if controllers.exists() and "memory" in controllers.read_text().split():
            return cls(root, root, ("memory.max",), "memory.swap.max", "memory.events", "memory.peak")
        # memsw is memory and swap together; equal to the limit it means no swap.
        limits = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
        return cls(root / "memory", root / "pids", limits, None, "memory.oom_control", "memory.max_usage_in_bytes")


@attrs.frozen
class Cgroup:
    """One group: processes join it before they become the sandbox."""

    layout: Layout
    name: str

    @classmethod
    def create(cls, owner: str, *, memory_bytes: int, processes: int, root: Path = ROOT) -> Cgroup:
        """Create a group with these limits, named after the executor that owns it and after this process.

        Raises:
            ExecutorUnavailable: this host may not create one.
        """
        group = cls(Layout.of(root), f"{PREFIX}{owner}-{Owner.current()}-{secrets.token_hex(8)}")
        try:
            for folder in group.folders:
                folder.mkdir()
            group._limit(memory_bytes, processes)
        except OSError as error:
            group._remove()
            raise ExecutorUnavailable(
                "this host may not make memory cgroups", retryable=False, started=False
            ) from error
        return group

    @classmethod
    def abandoned(cls, owner: str, *, root: Path = ROOT) -> list[Cgroup]:
        """Return the groups of an executor of this name whose hosts have ended."""
        layout = Layout.of(root)
        pattern = f"{PREFIX}{owner}-*"
        names = {path.name for parent in {layout.memory, layout.pids} for path in parent.glob(pattern)}
        found = ((name, Owner.found_in(name)) for name in sorted(names))
        return [cls(layout, name) for name, host in found if host and host.is_gone]

    @property
    def folders(self) -> tuple[Path, ...]:
        """Its folders: one, or one per controller."""
        return tuple(dict.fromkeys((self.layout.memory / self.name, self.layout.pids / self.name)))

    @property
    def _memory(self) -> Path:
        return self.layout.memory / self.name

    def _limit(self, memory_bytes: int, processes: int) -> None:
        for name in self.layout.memory_limits:
            if name == self.layout.memory_limits[0] or (self._memory / name).exists():
                (self._memory / name).write_text(str(min(memory_bytes, _MOST_BYTES)))
        if self.layout.swap_off and (self._memory / self.layout.swap_off).exists():
            (self._memory / self.layout.swap_off).write_text("0")
        (self.layout.pids / self.name / "pids.max").write_text(str(processes))

    def joining(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """Return a command that joins the group and then becomes `command`.

        Joining from outside would be too late: what the sandbox has already started would stay outside.
        """
        joins = " && ".join(f"echo $$ > {folder}/cgroup.procs" for folder in self.folders)
        return ("/bin/sh", "-c", f'{joins} && exec "$@"', "sh", *command)

    @property
    def out_of_memory(self) -> bool:
        """Whether the kernel killed a process of the group because it ran out of memory."""
        lines = (self._memory / self.layout.events).read_text().splitlines()
        return any(line.startswith("oom_kill ") and not line.endswith(" 0") for line in lines)

    @property
    def peak_memory_bytes(self) -> int | None:
        """The most memory that it used, if the kernel reports it (version 2 since Linux 5.19)."""
        try:
            return int((self._memory / self.layout.peak).read_text()) or None
        except FileNotFoundError:
            return None

    async def close(self) -> None:
        """Kill what is left in the group, and remove it."""
        for _ in range(_REMOVAL_TRIES):
            self.kill()
            if await asyncio.to_thread(self._remove):  # it may hang, and must not block the event loop
                return
            await asyncio.sleep(0.01)
        raise ExecutorUnavailable(
            f"the cgroup {self.name} does not empty: a process is stuck in the kernel", started=True
        )

    def kill(self) -> None:
        """Kill everything that is in the group now; processes forked meanwhile need a second call."""
        for folder in self.folders:
            with contextlib.suppress(FileNotFoundError):
                for process in (folder / "cgroup.procs").read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(process), signal.SIGKILL)

    def _remove(self) -> bool:
        for folder in self.folders:
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno == errno.EBUSY:
                    return False
                raise
        return True
