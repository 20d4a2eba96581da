"""The process of one virtual machine: how it starts, what its console shows, and that it ends."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import subprocess
import threading
import time
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Final

from examples.executors._command import PATH

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIRST_USER: Final = 0x6D760000
"""Each machine runs as a separate user, with a number far from any account's."""
_USERS: Final = 0x10000
_CHUNK: Final = 64 * 1024
_TAIL: Final = 2000
_PROC: Final = Path("/proc")


class Sight(Enum):
    """What a look at the console ended with."""

    FOUND = auto()
    ENDED = auto()
    LATE = auto()


class Stopped(Exception):  # noqa: N818 -- it was requested
    """The run was stopped from another thread."""


class Process:
    """The process of a virtual machine, which any thread may stop, before its start too.

    Attributes:
        user: the user that it runs as; None if this process may not choose one.
    """

    def __init__(self) -> None:
        self.user = _FIRST_USER + secrets.randbelow(_USERS) if os.geteuid() == 0 else None
        self._lock = threading.Lock()
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None
        self._tail = b""

    @property
    def is_stopped(self) -> bool:
        """Whether it has been stopped."""
        return self._stopped

    @property
    def words(self) -> str:
        """The end of what the console has shown."""
        return self._tail.decode("ascii", "replace").strip()

    def start(self, command: tuple[str, ...], *, groups: Iterable[int], most_written: int) -> None:
        """Start the machine, with nothing of this process's environment, descriptors, signals and rights.

        Args:
            command: what starts it.
            groups: the groups that its user needs.
            most_written: the size of the largest file that it may write.

        Raises:
            Stopped: it was stopped before.
        """
        with self._lock:
            if self._stopped:
                raise Stopped
            self._process = subprocess.Popen(  # noqa: S603 -- the command is ours
                _confined(command, self.user, groups, most_written),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                cwd="/",
                env={"PATH": PATH},
                start_new_session=True,
            )

    def look_for(self, text: bytes, secs: float) -> Sight:
        """Read the console until it shows a text, it ends, or the time is up; b"" is never shown.

        Raises:
            Stopped: it was stopped meanwhile.
        """
        console = self._started.stdout
        assert console is not None  # noqa: S101 -- it is a pipe
        poller = select.poll()
        poller.register(console, select.POLLIN)
        until = time.monotonic() + secs
        while True:
            left = until - time.monotonic()
            if not poller.poll(max(0.0, left) * 1000):
                return Sight.LATE
            chunk = os.read(console.fileno(), _CHUNK)
            if self._stopped:
                raise Stopped
            if not chunk:
                return Sight.ENDED
            self._tail = (self._tail + chunk)[-_TAIL - len(text) :]
            if text and text in self._tail:
                return Sight.FOUND

    def type(self, text: bytes) -> None:
        """Type on the console."""
        keyboard = self._started.stdin
        assert keyboard is not None  # noqa: S101 -- it is a pipe
        with contextlib.suppress(BrokenPipeError):  # it has just ended
            keyboard.write(text)

    def stop(self) -> None:
        """End it from any thread; its own one gets `Stopped`."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def end(self) -> None:
        """Kill it if it still runs, and wait for its end; a process that never started has none."""
        if self._process is None:
            return
        self._process.kill()
        with self._process:  # closes the pipes, and waits
            pass

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        assert self._process is not None  # noqa: S101 -- callers have started it
        return self._process


def _confined(command: tuple[str, ...], user: int | None, groups: Iterable[int], most_written: int) -> tuple[str, ...]:
    identity: tuple[str, ...] = ()
    if user is not None:
        numbers = ",".join(map(str, groups))
        identity = (
            *(f"--reuid={user}", f"--regid={user}", f"--groups={numbers}" if numbers else "--clear-groups"),
            *("--inh-caps=-all", "--bounding-set=-all"),
        )
    return (
        *("env", "--default-signal"),
        # One byte of core, not zero: with zero, the kernel still starts a handler that core_pattern names.
        *("prlimit", "--core=1", f"--fsize={most_written}"),
        *("setpriv", *identity, "--no-new-privs", "--pdeathsig=KILL"),
        # This process may have died just before the machine was tied to it.
        *("/bin/sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"', str(os.getpid())),
        *command,
    )


def kill_processes_of(folder: Path) -> None:
    """Kill the machines whose drives are in a folder."""
    for process in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or has another owner
            if os.fsencode(folder.name) in (process / "cmdline").read_bytes():
                os.kill(int(process.name), 9)
