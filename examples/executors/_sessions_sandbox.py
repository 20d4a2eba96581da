"""The sandbox that an interpreter lives in: its process, its cgroup, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import attrs

from codeexec_config.executor import InfrastructureError, RequestError
from examples.executors._cgroup import Cgroup
from examples.executors._command import PATH, require_commands, spawned, unstoppable
from examples.executors._launch import CLEANUP_SECS
from examples.executors._payload import UNPRIVILEGED, WORK

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

OWNER: Final = "sessions"
"""What the cgroups are named after."""
PROCESSES: Final = 256
COMMANDS: Final = ("bwrap", "env", "prlimit", "setpriv")
"""What this machine must have."""
_SCRIPTS: Final = ("_sessions_kernel", "_sessions_output")
_INSIDE: Final = "/run/session"
_START: Final = (
    f"import runpy, sys; sys.path += ['/run/kernel', '{_INSIDE}']; "
    f"runpy.run_module('{__package__}.{_SCRIPTS[0]}', None, '__main__')"
)
_WORDS: Final = 4096
_MOST_CODE: Final = 255
_POLL_SECS: Final = 0.02
_READ_SECS: Final = 1.0


@attrs.frozen
class Installation:
    """Where the sandbox's root file system and the kernel's packages are; `nobody` must be able to read both."""

    rootfs: Path
    kernel: Path


class Sandbox:
    """A kernel's process and all that it starts.

    Attributes:
        death: ends with the process.
        exit_code: the kernel's, as bubblewrap reports it, if it was not killed; known after `close`.
        leftover: the cgroup that `close` could not remove.
    """

    def __init__(self, group: Cgroup, process: asyncio.subprocess.Process, status: int) -> None:
        self._group = group
        self._process = process
        self._status = status
        self._kills_at_end: int | None = None
        self._peak_at_end: int | None = None
        self.exit_code: int | None = None
        self.leftover: Cgroup | None = None
        self.death = asyncio.create_task(process.wait())

    @classmethod
    async def start(cls, installation: Installation, channel: socket.socket, memory_bytes: int) -> Sandbox:
        """Start the kernel's process, with its end of a socket to the host.

        Raises:
            ExecutorUnavailable: this machine lacks what it needs.
        """
        require_commands(*COMMANDS)
        group = Cgroup.create(OWNER, memory_bytes=memory_bytes, processes=PROCESSES)
        with contextlib.ExitStack() as inherited:
            status, status_of_sandbox = os.pipe()
            inherited.callback(os.close, status_of_sandbox)
            try:
                scripts = {name: inherited.enter_context(_open_script(name)).fileno() for name in _SCRIPTS}
                command = _command(installation, memory_bytes, scripts=scripts, status=status_of_sandbox)
                process, cancelled = await spawned(
                    *_tethered(group, command),
                    stdin=channel.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                    pass_fds=(*scripts.values(), status_of_sandbox),
                    start_new_session=True,  # one signal reaches the launcher's own children too
                    env={"PATH": PATH},  # the sandbox's process 1 shows it to the program
                )
            except BaseException:
                os.close(status)
                await unstoppable(group.close())
                raise
        sandbox = cls(group, process, status)
        if cancelled:
            await unstoppable(sandbox.close())
            raise asyncio.CancelledError
        return sandbox

    @property
    def is_alive(self) -> bool:
        """Whether its first process runs."""
        return not self.death.done()

    @property
    def kills(self) -> int:
        """How many of its processes the machine's kernel has killed because they ran out of memory."""
        if self._kills_at_end is not None:
            return self._kills_at_end
        lines = (self._folder / self._group.layout.events).read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    @property
    def peak_memory_bytes(self) -> int | None:
        """The most memory that it used, if known."""
        return self._group.peak_memory_bytes if self._kills_at_end is None else self._peak_at_end

    @property
    def processes(self) -> frozenset[int]:
        """The processes in it, by the host's numbers."""
        return frozenset(map(int, (self._folder / "cgroup.procs").read_text().split()))

    @property
    def _folder(self) -> Path:
        return self._group.folders[0]

    def resize(self, memory_bytes: int) -> None:
        """Set its memory limit.

        Raises:
            RequestError: it already uses more.
        """
        files = [path for name in self._group.layout.memory_limits if (path := self._folder / name).exists()]
        now = files[0].read_text().strip()
        if now.isdigit() and int(now) < memory_bytes:
            files.reverse()  # memory and swap together are never less than memory
        try:
            for file in files:
                file.write_text(str(memory_bytes))
        except OSError as error:
            raise RequestError("the session holds more memory than the request allows") from error

    async def kill_all_but(self, processes: frozenset[int]) -> bool:
        """Kill what has been started since then, and return whether all of it has ended."""
        until = time.monotonic() + CLEANUP_SECS
        while rest := self.processes - processes:
            if time.monotonic() > until:
                return False
            for pid in rest:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(_POLL_SECS)
        return True

    async def last_words(self) -> str:
        """Return what a sandbox that did not start said."""
        assert self._process.stderr  # noqa: S101 -- the type checker cannot know
        words = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READ_SECS):
                words = await self._process.stderr.read(_WORDS)
        return words.decode(errors="replace").strip()

    async def close(self) -> str:
        """End all of it, and describe what could not be removed; `leftover` is then for `sweep`."""
        with contextlib.suppress(ProcessLookupError):
            if self.is_alive:
                os.killpg(self._process.pid, signal.SIGKILL)
        self._group.kill()
        await asyncio.wait({self.death}, timeout=CLEANUP_SECS)
        self._peak_at_end, self._kills_at_end = self.peak_memory_bytes, self.kills
        self.exit_code = _exit_code(self._status)
        os.close(self._status)
        try:
            async with asyncio.timeout(CLEANUP_SECS):
                await self._group.close()
        except (InfrastructureError, OSError, TimeoutError) as error:
            self.leftover = self._group
            return f"not removed: {getattr(error, 'detail', '') or type(error).__name__}"
        return ""


def _exit_code(status: int) -> int | None:
    """Return what bubblewrap reported of the kernel's end, if anything: 128 and a signal's number, or an exit code.

    Bubblewrap's own exit code is no answer, since a host that ignores SIGCHLD never learns it. This pipe can be reached
    by the program, as far as its own sandbox allows, so that anything may be in it.
    """
    os.set_blocking(status, False)
    try:
        reports = [json.loads(line) for line in os.read(status, _WORDS).splitlines()]
    except (OSError, RecursionError, ValueError):
        return None
    codes = [report.get("exit-code") for report in reports if isinstance(report, dict)]
    return next((code for code in codes if type(code) is int and 0 <= code <= _MOST_CODE), None)


def _open_script(name: str) -> BinaryIO:
    return Path(__file__).with_name(f"{name}.py").open("rb")


def _tethered(group: Cgroup, command: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command that becomes `command`, in a group, as nobody, and is killed when this process ends.

    What this host ignores (nohup's SIGHUP, a supervisor's SIGCHLD) is not for the sandbox to ignore. One byte of core
    and not none: with none the machine still starts a handler of core files.
    """
    user = (f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups", "--no-new-privs")
    identity = user if os.geteuid() == 0 else ()
    # A host that has died before the tether was there does not notice it.
    check = ("/bin/sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"', str(os.getpid()))
    tied = group.joining(("setpriv", *identity, "--pdeathsig=KILL", *check, *command))
    return ("env", "--default-signal", "prlimit", "--core=1", *tied)


def _command(
    installation: Installation, memory_bytes: int, *, scripts: Mapping[str, int], status: int
) -> tuple[str, ...]:
    size = str(memory_bytes)  # what is in a tmpfs counts as the session's memory too
    return (
        "bwrap",
        "--unshare-all",  # network, processes, users, host name, IPC, cgroups
        *("--unshare-user", "--disable-userns"),  # nested user namespaces are the way to many kernel holes
        *("--uid", str(UNPRIVILEGED), "--gid", str(UNPRIVILEGED), "--hostname", "sandbox"),
        "--die-with-parent",  # a host that crashes leaves nothing behind
        "--new-session",  # an interrupt reaches the kernel's children too, and no other process
        *("--json-status-fd", str(status)),
        *("--clearenv", "--setenv", "PATH", "/usr/bin:/bin"),
        *("--setenv", "HOME", WORK, "--setenv", "LANG", "C.UTF-8"),
        *("--ro-bind", str(installation.rootfs), "/"),
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
        *("--dev", "/dev", "--size", size, "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108
        *("--size", size, "--perms", "1777", "--tmpfs", "/tmp"),  # noqa: S108 -- inside the sandbox
        *("--dir", WORK, "--chdir", WORK),
        *("--tmpfs", "/run", "--ro-bind", str(installation.kernel), "/run/kernel"),
        *itertools.chain(*(("--ro-bind-data", str(fd), _inside(name)) for name, fd in scripts.items())),
        *("--remount-ro", "/run"),
        *("/usr/bin/python3", "-I", "-c", _START),
    )


def _inside(script: str) -> str:
    return f"{_INSIDE}/{str(__package__).replace('.', '/')}/{script}.py"
