"""The host that a leftover belongs to, and whether that host is still alive.

Everything that outlives a killed host (a cgroup, a container, a folder) carries its host's identity in its name or
label, so that the next start can remove it without touching what another living host runs on the same machine.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import attrs

_FORM = re.compile(r"([0-9a-f]{12})\.(\d+)\.(\d+)\.(\d+)")
_PROC = Path("/proc")


@attrs.frozen
class Owner:
    """A process, identified beyond the reuse of its number."""

    boot: str
    namespace: int
    pid: int
    started: int

    @classmethod
    def current(cls) -> Owner:
        """Return the identity of this process."""
        pid = os.getpid()
        state = _state_of(pid)
        return cls(_boot(), _namespace(), pid, state[1] if state else 0)

    @classmethod
    def found_in(cls, text: str) -> Owner | None:
        """Return the owner that a name or label contains, if any."""
        match = _FORM.search(text)
        return cls(match[1], int(match[2]), int(match[3]), int(match[4])) if match else None

    def __str__(self) -> str:
        return f"{self.boot}.{self.namespace}.{self.pid}.{self.started}"

    @property
    def is_from_this_boot(self) -> bool:
        """Whether it ran on this machine since the machine started."""
        return self.boot == _boot()

    @property
    def is_gone(self) -> bool:
        """Whether it has ended; a process of another process namespace, which cannot be seen from here, has not."""
        if not self.is_from_this_boot:
            return True
        if self.namespace != _namespace():
            return False
        state = _state_of(self.pid)
        # A zombie has ended; another start means that the number was given out again.
        return state is None or state[0] == "Z" or state[1] != self.started


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().replace("-", "")[:12]


def _namespace() -> int:
    return (_PROC / "self/ns/pid").stat().st_ino


def _state_of(pid: int) -> tuple[str, int] | None:
    """Return a process's state and the tick it started at."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[19])
