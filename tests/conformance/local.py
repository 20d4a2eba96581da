"""An honest executor for the tests of the kit: programs are child processes of this machine.

It is no sandbox, but it keeps every promise that it declares, by a watchdog on the process table. Each thing that can
be got wrong is a small method, so that a control can get one of them wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import attrs

from codeexec_config.executor import (
    FAULT_EXTENSION,
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    ExecutorUnavailable,
    LanguageSupport,
    LanguageUnsupported,
    Status,
)

C = Capability
BASE = {
    *(C.EXIT_CODE, C.SIGNALS, C.STDERR, C.BYTES, C.MEMORY, C.MEMORY_STATUS, C.PIDS, C.CANCEL, C.CLEAN_ENV),
    *(C.STDIN, C.ENV, C.FILES, C.ARTIFACTS, C.CLOSE, C.FAULT_INJECTION),
}
RUN_VARIABLE = "LOCAL_EXECUTOR_RUN"
MOST_PROCESSES = 64
WATCH_SECS = 0.02
PAGE = os.sysconf("SC_PAGE_SIZE")
HIDE_TEMPORARY = 'mount -t tmpfs none "$0" && exec "$@"'
COMMANDS: dict[str, list[str]] = {
    "python": [os.path.realpath(sys.executable), "-I"],
    "javascript": ["node"],
    "bash": ["bash"],
    "ruby": ["ruby"],
    "r": ["Rscript"],
    "julia": ["julia"],
    "sql": ["sqlite3", "-batch", "-bail", ":memory:"],
}


def installed() -> list[str]:
    """Give the languages that this machine can run."""
    return [name for name, command in COMMANDS.items() if shutil.which(command[0])]


def can_unshare() -> bool:
    """Tell whether this process may give a program a network and mounts of its own."""
    probe = ["unshare", "--net", "--mount", "sh", "-c", HIDE_TEMPORARY, tempfile.gettempdir(), "true"]
    return bool(shutil.which("unshare")) and subprocess.run(probe, check=False, capture_output=True).returncode == 0


@attrs.define
class Run:
    """One program on its way."""

    request: ExecutionRequest
    id: str = attrs.field(factory=lambda: uuid.uuid4().hex)
    folder: Path = attrs.field(factory=lambda: Path(tempfile.mkdtemp(prefix="local-", dir="/var/tmp")))
    strangers: frozenset[int] = attrs.field(factory=lambda: frozenset(all_pids()))
    process: Any = None
    killed_for: Status | None = None
    kept: dict[str, bytearray] = attrs.field(factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    cut: set[str] = attrs.field(factory=set)

    def members(self) -> list[int]:
        """Give the program's processes, wherever they have gone: they all inherit its variable."""
        mark = f"{RUN_VARIABLE}={self.id}".encode()
        return [pid for pid in all_pids() if pid not in self.strangers and mark in environment_of(pid)]


def all_pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def environment_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def resident_bytes(pid: int) -> int:
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1:3]
        return (int(resident) - int(shared)) * PAGE
    except OSError:
        return 0


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

    # What it says

    def describe(self) -> ExecutorInfo:
        support = LanguageSupport(version="as installed", capabilities=self.declared())
        return ExecutorInfo(
            name="local", languages=dict.fromkeys(self.languages, support), startup_secs=self.startup_secs
        )

    def declared(self) -> frozenset[Capability]:
        return self.capabilities | ({C.NO_NETWORK, C.ISOLATED_FS} if self.isolated else set())

    async def close_async(self) -> None:
        """Nothing is held between runs."""

    # A run

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.language not in self.languages:
            raise LanguageUnsupported(request.language)
        run = Run(request)
        try:
            return await self.run(run)
        finally:
            self.end(run)
            self.let_go(run)

    async def run(self, run: Run) -> ExecutionResult:
        self.put_files(run)
        await self.start(run)
        if FAULT_EXTENSION in run.request.extensions:
            return await self.break_down(run)
        return await self.follow(run)

    def let_go(self, run: Run) -> None:
        if run.process:
            run.process._transport.close()  # its pipes, which a child that is left behind would keep open
        shutil.rmtree(run.folder, ignore_errors=True)

    async def break_down(self, run: Run) -> ExecutionResult:
        await asyncio.sleep(0.5)
        raise ExecutorUnavailable(run.id)

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
        # Not process.wait(), which also waits for every child that holds the program's streams.
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
        if not self.isolated:
            return []
        return ["unshare", "--net", "--mount", "sh", "-c", HIDE_TEMPORARY, tempfile.gettempdir()]

    def environment(self, run: Run) -> dict[str, str]:
        plain = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(run.folder)}
        return {**plain, RUN_VARIABLE: run.id, **run.request.env}

    async def start(self, run: Run) -> None:
        run.process = await asyncio.create_subprocess_exec(
            *self.command(run),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self.stderr(),
            cwd=self.work_folder(run),
            env=self.environment(run),
            start_new_session=True,
        )

    def stderr(self) -> int:
        return asyncio.subprocess.PIPE

    def work_folder(self, run: Run) -> Path:
        return run.folder / "work"

    async def feed(self, run: Run) -> None:
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
            if self.is_too_big(run, sum(sizes.values())):
                largest = max(sizes, key=lambda pid: sizes[pid])
                self.out_of_memory(run, is_main=largest == run.process.pid)
                kill(largest)
            if self.are_too_many(len(members)):
                run.killed_for = run.killed_for or Status.KILLED
                self.end(run)
            await asyncio.sleep(WATCH_SECS)

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
        paths = {name: run.folder / "work" / name for name in run.request.collect}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file() and not path.is_symlink()}


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
