"""An honest executor for the tests of the kit: programs are child processes of this machine.

It is not a sandbox, but it keeps every promise that it declares, by a watchdog on the process table. Each thing that
can go wrong is a small method, so that a control can get one of them wrong.
"""

# ruff: noqa: PTH123, PTH208, S108 -- the process table is read many times a second; sandboxes are told of folders

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import attrs

from codeexec_config.conformance import watching
from codeexec_config.executor import (
    FAULT_EXTENSION,
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    ExecutorUnavailable,
    LanguageSupport,
    LanguageUnsupported,
    RequestError,
    Status,
)

C = Capability
BASE = {
    *(C.EXIT_CODE, C.SIGNALS, C.STDERR, C.BYTES, C.MEMORY, C.MEMORY_STATUS, C.PIDS, C.CANCEL),
    *(C.STDIN, C.ENV, C.FILES, C.ARTIFACTS, C.CLOSE, C.FAULT_INJECTION),
}
JAIL = {C.NO_NETWORK, C.ISOLATED_FS, C.CLEAN_ENV, C.ISOLATED_PROCESSES, C.HOST_DEATH}
RUN_VARIABLE = "LOCAL_EXECUTOR_RUN"
MOST_PROCESSES = 64
WATCH_SECS = 0.04
MOST_LOOKS = 12
REMOVAL_SECS = 2.0
LONGEST_VARIABLE = 128 * 1024
LONGEST_NAME = 255
HOSTS_SIGNALS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD)
COMMANDS: dict[str, list[str]] = {
    "python": [os.path.realpath(sys.executable), "-IS"],
    "javascript": ["node"],
    "bash": ["bash"],
    "ruby": ["ruby"],
    "r": ["Rscript"],
    "julia": ["julia"],
    "sql": ["sqlite3", "-batch", "-bail", ":memory:"],
}


def installed() -> list[str]:
    """Return the languages that this machine can run."""
    return [name for name, command in COMMANDS.items() if shutil.which(command[0])]


def can_unshare() -> bool:
    """Check whether this process may give a program its own network."""
    return _works("unshare", "--net", "true")


@cache
def can_jail() -> bool:
    """Check whether bubblewrap is here and may make its namespaces."""
    return _works("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true")


def _works(*command: str) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run(command, check=False, capture_output=True).returncode == 0


@attrs.define
class Run:
    """One program on its way."""

    place: ClassVar[str] = "/var/tmp"

    request: ExecutionRequest
    id: str = attrs.field(factory=lambda: uuid.uuid4().hex)
    owner: str = "local"
    folder: Path = Path()
    strangers: frozenset[int] = attrs.field(factory=lambda: frozenset(all_pids()))
    process: Any = None
    killed_for: Status | None = None
    kept: dict[str, bytearray] = attrs.field(factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    cut: set[str] = attrs.field(factory=set)

    def __attrs_post_init__(self) -> None:
        if self.folder == Path():
            self.folder = Path(tempfile.mkdtemp(prefix=f"{self.owner}-", dir=self.place))

    def members(self) -> list[int]:
        """Return the program's processes, wherever they have gone: they all inherit its variable."""
        mark = f"{RUN_VARIABLE}={self.id}".encode()
        return [pid for pid in all_pids() if pid not in self.strangers and mark in environment_of(pid)]


def all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def environment_of(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read()
    except OSError:
        return b""


def resident_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return sum(int(size) << 10 for size in re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", status, re.MULTILINE))


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


class Local:
    """Runs programs as child processes, and keeps what it declares."""

    startup_secs = 0.5
    capabilities = frozenset(BASE)
    isolated = can_unshare()

    def __init__(self, *languages: str) -> None:
        self.languages = languages or ("python",)
        self.running: list[Run] = []

    # What it says

    def describe(self) -> ExecutorInfo:
        support = LanguageSupport(version="as installed", capabilities=self.declared())
        return ExecutorInfo(
            name="local", languages=dict.fromkeys(self.languages, support), startup_secs=self.startup_secs
        )

    def declared(self) -> frozenset[Capability]:
        return self.capabilities | ({C.NO_NETWORK} if self.isolated else set())

    async def close_async(self) -> None:
        for run in tuple(self.running):
            self.end(run)

    # A run

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.language not in self.languages:
            raise LanguageUnsupported(request.language)
        self.refuse(request)
        run = Run(request, owner=type(self).__name__)
        self.running.append(run)
        try:
            return await self.run(run)
        finally:
            self.end(run)
            await asyncio.shield(self.clean_up(run))

    async def clean_up(self, run: Run) -> None:
        await self.told_of(run)
        await self.let_go(run)
        self.running.remove(run)

    def refuse(self, request: ExecutionRequest) -> None:
        """Refuse what no program can be given, before anything is there."""
        texts = [request.code, *request.env, *request.env.values(), *request.files, *request.collect]
        try:
            lengths = [len(text.encode()) for text in texts]
        except UnicodeEncodeError:
            raise RequestError("text that cannot be encoded") from None
        if max(lengths[1 : 1 + 2 * len(request.env)], default=0) > LONGEST_VARIABLE - 256:
            raise RequestError("a variable that is too long")
        paths = [path.split("/") for path in request.files]
        if any(len(name) > LONGEST_NAME for path in paths for name in path):
            raise RequestError("a name that is too long")
        if any(one == other[: len(one)] for one in paths for other in paths if len(one) < len(other)):
            raise RequestError("a file below a file")

    async def run(self, run: Run) -> ExecutionResult:
        self.put_files(run)
        await self.start(run)
        if FAULT_EXTENSION in run.request.extensions:
            return await self.break_down(run)
        return await self.follow(run)

    async def told_of(self, run: Run) -> None:
        """Let asyncio learn how a process ended first: to close its transport takes the exit status away."""
        for _ in range(MOST_LOOKS):
            if run.process is None or run.process.returncode is not None:
                return
            await asyncio.sleep(WATCH_SECS)

    async def let_go(self, run: Run) -> None:
        if run.process:
            run.process._transport.close()  # its pipes, which an abandoned child would keep open
        # Not in a thread of the event loop's, whose end waits for it.
        removal = threading.Thread(target=self.remove, args=(run,), daemon=True)
        removal.start()
        until = time.monotonic() + REMOVAL_SECS
        while removal.is_alive() and time.monotonic() < until:  # noqa: ASYNC110 -- a thread has no event
            await asyncio.sleep(0.005)

    def remove(self, run: Run) -> None:
        shutil.rmtree(run.folder, ignore_errors=True)

    async def break_down(self, run: Run) -> ExecutionResult:
        await asyncio.sleep(0.5)
        raise ExecutorUnavailable(run.id, started=True)

    async def follow(self, run: Run) -> ExecutionResult:
        streams = {name: asyncio.create_task(self.read(run, name)) for name in ("stdout", "stderr")}
        helpers = [asyncio.create_task(self.feed(run)), asyncio.create_task(self.watch(run))]
        try:
            await self.wait(run)
            self.end(run)
            output = {name: await task for name, task in streams.items()}
        finally:
            for task in (*helpers, *streams.values()):
                task.cancel()
            await asyncio.gather(*helpers, *streams.values(), return_exceptions=True)
        return self.verdict(run, output)

    async def wait(self, run: Run) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.wall_secs(run)):
                return await self.exited(run)
        run.killed_for = Status.TIMED_OUT
        self.stop(run)
        return await self.exited(run)

    async def exited(self, run: Run) -> None:
        # Not process.wait(), which also waits for every child that has the program's streams open.
        while run.process.returncode is None:  # noqa: ASYNC110 -- asyncio has no event for it
            await asyncio.sleep(WATCH_SECS)

    def wall_secs(self, run: Run) -> float:
        return run.request.limits.wall_secs

    # Its parts

    def put_files(self, run: Run) -> None:
        (run.folder / "work").mkdir()
        for name, content in run.request.files.items():
            path = run.folder / "work" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def source(self, run: Run) -> Path:
        path = run.folder / "program"
        path.write_bytes(run.request.code.encode())
        return path

    def command(self, run: Run) -> list[str]:
        source = str(self.source(run))
        last = f".read {source}" if run.request.language == "sql" else source
        return [*self.isolation(run), *COMMANDS[run.request.language], last]

    def isolation(self, run: Run) -> list[str]:
        del run
        return ["unshare", "--net"] if self.isolated else []

    def environment(self, run: Run) -> dict[str, str]:
        folder = str(run.folder)
        plain = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder}
        return {**plain, RUN_VARIABLE: run.id, **run.request.env}

    def hosts_environment(self, run: Run) -> dict[str, str]:
        """Return the environment of the first process, which here is the program."""
        return self.environment(run)

    async def start(self, run: Run) -> None:
        if not self.can_wait():
            raise ExecutorUnavailable("under an ignored SIGCHLD the ends of programs are lost", started=False)
        starting = asyncio.ensure_future(self.spawn(run))
        try:
            run.process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # asyncio would wait for the streams to end, which a child of the program may hold: it must be known first.
            run.process = await starting
            raise
        except OSError as error:
            raise ExecutorUnavailable(str(error), started=False) from error

    async def spawn(self, run: Run) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.command(run),
            stdin=self.stdin(),
            stdout=self.stdout(),
            stderr=self.stderr(),
            cwd=self.work_folder(run),
            env=self.hosts_environment(run),
            preexec_fn=self.before_program,
            **self.process_options(),
        )

    def can_wait(self) -> bool:
        return signal.getsignal(signal.SIGCHLD) != signal.SIG_IGN

    def before_program(self) -> None:
        for number in HOSTS_SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    def process_options(self) -> dict[str, Any]:
        return {"start_new_session": True}

    def stdin(self) -> int:
        return asyncio.subprocess.PIPE

    def stdout(self) -> int | None:
        return asyncio.subprocess.PIPE

    def stderr(self) -> int | None:
        return asyncio.subprocess.PIPE

    def work_folder(self, run: Run) -> Path:
        return run.folder / "work"

    async def feed(self, run: Run) -> None:
        if run.process.stdin is None:
            return
        with contextlib.suppress(ConnectionError):
            run.process.stdin.write(run.request.stdin)
            await run.process.stdin.drain()
        run.process.stdin.close()

    async def read(self, run: Run, name: str) -> bytes:
        kept = run.kept[name]
        most = run.request.limits.output_bytes
        stream = getattr(run.process, name)
        while stream and (data := await stream.read(65536)):
            self.keep(kept, data, most)
            if self.is_over(kept, most):
                run.cut.add(name)
        return bytes(kept[:most])

    def keep(self, kept: bytearray, data: bytes, most: int) -> None:
        kept += data[: most + 1 - len(kept)]

    def is_over(self, kept: bytearray, most: int) -> bool:
        return len(kept) > most

    async def watch(self, run: Run) -> None:
        while True:
            members = run.members()
            sizes = {pid: resident_bytes(pid) for pid in members}
            if self.is_too_big(run, self.size(sizes)):
                largest = max(sizes, key=lambda pid: sizes[pid])
                self.out_of_memory(run, is_main=largest == run.process.pid)
                kill(largest)
            if self.are_too_many(len(members)):
                run.killed_for = run.killed_for or Status.KILLED
                self.end(run)
            await asyncio.sleep(WATCH_SECS)

    def size(self, sizes: dict[int, int]) -> int:
        return sum(sizes.values())

    def is_too_big(self, run: Run, size: int) -> bool:
        return size > run.request.limits.memory_bytes

    def out_of_memory(self, run: Run, *, is_main: bool) -> None:
        if is_main:
            run.killed_for = run.killed_for or Status.MEMORY_EXCEEDED

    def are_too_many(self, count: int) -> bool:
        return count > MOST_PROCESSES

    def stop(self, run: Run) -> None:
        """End a program whose time is up."""
        self.end(run)

    def end(self, run: Run) -> None:
        """End every process of a program; new ones may be born while the others die."""
        while members := run.members():
            for pid in members:
                kill(pid)
        if run.process and run.process.returncode is None:
            self.end_first(run)

    def end_first(self, run: Run) -> None:
        """End the first process, where its program's variables are not set yet."""
        kill(run.process.pid)

    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        code = run.process.returncode
        return ExecutionResult(
            status=self.status(run, code),
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            stdout=output["stdout"],
            stderr=output["stderr"],
            stdout_truncated="stdout" in run.cut,
            stderr_truncated="stderr" in run.cut,
            artifacts=self.artifacts(run),
        )

    def status(self, run: Run, code: int) -> Status:
        if run.killed_for:
            return run.killed_for
        if code == 0:
            return Status.COMPLETED
        return Status.FAILED if code > 0 else Status.KILLED

    def artifacts(self, run: Run) -> dict[str, bytes]:
        return read_all_inside(run.folder / "work", run.request)


def read_all_inside(folder: Path, request: ExecutionRequest) -> dict[str, bytes]:
    """Read what a request wants of what is below a folder, together within its limit."""
    room = request.limits.artifact_bytes
    found = {}
    for name in request.collect:
        content = read_inside(folder, name, room)
        if content is not None:
            found[name] = content
            room -= len(content)
    return found


def read_inside(folder: Path, name: str, most: int) -> bytes | None:
    """Read a plain file below a folder, on a path without links, unless it is too big."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in name.split("/"):
            inner = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            return None
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    except OSError:
        return None
    finally:
        os.close(descriptor)


class Jailed(Local):
    """The same in bubblewrap, which hides the host."""

    isolated = True
    capabilities = frozenset((BASE - {C.SIGNALS, C.MEMORY_STATUS}) | JAIL)
    shares: tuple[str, ...] = ("--unshare-all", "--disable-userns", "--unshare-user", "--uid", "1000", "--gid", "1000")

    def isolation(self, run: Run) -> list[str]:
        variables = [part for item in self.environment(run).items() for part in ("--setenv", *item)]
        prefix = str(Path(os.path.realpath(sys.executable)).parents[1])
        return [
            *("bwrap", *self.shares, "--die-with-parent", "--new-session", "--clearenv", *variables),
            *("--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib"),
            *("--symlink", "usr/lib64", "/lib64", "--ro-bind", "/etc/alternatives", "/etc/alternatives"),
            *self.views(run),
            *("--ro-bind", prefix, prefix, "--bind", str(run.folder), str(run.folder)),
            *("--chdir", str(self.work_folder(run))),
        ]

    def views(self, run: Run) -> list[str]:
        """Return what the program sees of the kernel and of temporary folders."""
        del run
        # The settings of a kernel are root's to write, and a root by another number is root still.
        return ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev", "--tmpfs", "/tmp"]

    def hosts_environment(self, run: Run) -> dict[str, str]:
        del run
        return {"PATH": os.environ["PATH"]}

    def end_first(self, run: Run) -> None:
        """End a sandbox that is being set up, and what it has not yet tied to its own life."""
        kill(run.process.pid, signal.SIGSTOP)  # so that it begins nothing more
        for each in watching._processes().values():
            if each.parent == run.process.pid:
                kill(each.pid)
        super().end_first(run)

    def put_files(self, run: Run) -> None:
        super().put_files(run)
        for path in (run.folder, *run.folder.rglob("*")):
            path.chmod(0o777)


class SyncLocal:
    """The same in the sync form."""

    def __init__(self, *languages: str) -> None:
        self._inner = Local(*languages)

    def describe(self) -> ExecutorInfo:
        info = self._inner.describe()
        support = LanguageSupport(version="as installed", capabilities=self._inner.declared() - {C.CANCEL})
        return attrs.evolve(info, languages=dict.fromkeys(info.languages, support))

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        return asyncio.run(self._inner.execute_async(request))

    def close(self) -> None:
        """Nothing is held between runs."""
