"""More executors that are broken on purpose, each by one mistake reported of real sandboxes."""

# ruff: noqa: ASYNC110, ASYNC220, ASYNC240, S108 -- what is wrong with them is the point

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import html
import io
import math
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from codeexec_config.executor import (
    Capability,
    ErrorInfo,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    ExecutorOverloaded,
    ExecutorUnavailable,
    LanguageSupport,
    OutputChunk,
    SessionNotFound,
    SessionRequest,
    Status,
)
from tests.conformance.controls import (
    Control,
    PassesTheSourceAsArgument,
    PilesUpOutput,
    ReadsUntilTheMainProcessEnds,
    TriesAgain,
)
from tests.conformance.local import (
    RUN_VARIABLE,
    WATCH_SECS,
    Jailed,
    Local,
    Run,
    all_pids,
    environment_of,
    kill,
    read_inside,
)
from tests.conformance.shapes import Sessions, SlowStarter, Streaming

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

C = Capability

# How the source arrives, and how programs end


class ChangesTheSource(Local):
    def changed(self, code: str) -> str:
        raise NotImplementedError

    def source(self, run: Run) -> Path:
        path = super().source(run)
        path.write_bytes(self.changed(run.request.code).encode())
        return path


class EndsAtAHereDocumentsMark(ChangesTheSource):
    def changed(self, code: str) -> str:
        return code.split("\nEOF\n", maxsplit=1)[0]


class TakesOffFences(ChangesTheSource):
    def changed(self, code: str) -> str:
        return code.split("```")[1] if "```" in code else code


class DropsALeadingWord(ChangesTheSource):
    def changed(self, code: str) -> str:
        return code.removeprefix("python")


class StripsTheSource(ChangesTheSource):
    def changed(self, code: str) -> str:
        return code.strip()


class DedentsTheSource(ChangesTheSource):
    def changed(self, code: str) -> str:
        return textwrap.dedent(code)


class UnescapesTheSource(ChangesTheSource):
    def changed(self, code: str) -> str:
        return html.unescape(code)


class SplitsLinesWhereTextDoes(ChangesTheSource):
    def changed(self, code: str) -> str:
        return "\n".join(code.splitlines())


class TakesATextForAGoodEnd(ChangesTheSource):
    """Ends with what a program says of its end when that is a number, as an interpreter of one's own may."""

    def changed(self, code: str) -> str:
        return f"""import os, sys
try:
    exec({code!r}, globals())
except SystemExit as ending:
    sys.stdout.flush()
    print(ending.code if isinstance(ending.code, str) else "", end="", file=sys.stderr, flush=True)
    os._exit(ending.code if isinstance(ending.code, int) else 0)
"""


class RefusesNothing(Local):
    def refuse(self, request: ExecutionRequest) -> None:
        """Find out when it is too late."""


class KeepsIgnoredSignals(Local):
    def before_program(self) -> None:
        """Leave them as they are."""


class TrustsItsParent(Local):
    def can_wait(self) -> bool:
        return True


class ForgetsWhatIsStarting(Local):
    """Ends the launcher, and what knows its run by then."""

    startup_secs = 4.0

    def hosts_environment(self, run: Run) -> dict[str, str]:
        del run
        return {"PATH": os.environ["PATH"]}

    def isolation(self, run: Run) -> list[str]:
        variables = [f"{name}={value}" for name, value in self.environment(run).items()]
        return ["bash", "-c", '(sleep 2; exec "$@") & wait $!', "launcher", "env", *variables]


class LeavesItsHelper(Local):
    """Runs something next to each program, and forgets it when the time is up."""

    async def run(self, run: Run) -> ExecutionResult:
        helper = subprocess.Popen(["sleep", "20"])
        result = await super().run(run)
        if result.status is not Status.TIMED_OUT:
            helper.kill()
            helper.wait()
        return result


class HasNoSharedMemory(Jailed):
    def views(self, run: Run) -> list[str]:
        return [*super().views(run), "--remount-ro", "/dev"]


class LimitsEveryFile(Local):
    most = 100_000

    def before_program(self) -> None:
        super().before_program()
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.most, self.most))


class TakesAFileName(Local):
    def source(self, run: Run) -> Path:
        first, _, rest = run.request.code.partition("\n")
        if first.startswith("# filename: "):
            path = self.work_folder(run) / first.removeprefix("# filename: ")
            path.write_text(rest)
        return super().source(run)


class NamesFoldersByTheRequest(Local):
    def put_files(self, run: Run) -> None:
        if run.request.request_id:
            Path(run.place, run.request.request_id).mkdir(parents=True)
        super().put_files(run)


class TakesExitCodesForItsEngines(Local):
    def status(self, run: Run, code: int) -> Status:
        if 125 <= code <= 127:
            raise ExecutorUnavailable
        return super().status(run, code)


class TakesExitCodesForSignals(Local):
    def status(self, run: Run, code: int) -> Status:
        return Status.KILLED if code in (130, 139, 143) else super().status(run, code)


class TakesSigtermForATimeout(Local):
    def status(self, run: Run, code: int) -> Status:
        return Status.TIMED_OUT if code == -signal.SIGTERM else super().status(run, code)


class KeepsAnswers(Local):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.answers: dict[str, ExecutionResult] = {}

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.code not in self.answers:
            result = await super().execute_async(request)
            if not result.ok:
                return result
            self.answers[request.code] = result
        return self.answers[request.code]


class KeepsAnswersByName(KeepsAnswers):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.request_id not in self.answers:
            self.answers[request.request_id] = await Local.execute_async(self, request)
        return self.answers[request.request_id]


class EndsWithItsOutput(Local):
    async def exited(self, run: Run) -> None:
        closing = asyncio.ensure_future(self.closed(run))
        await asyncio.wait({closing, asyncio.ensure_future(super().exited(run))}, return_when="FIRST_COMPLETED")
        if run.process.returncode is None:
            run.killed_for = Status.COMPLETED
            self.end(run)
        await super().exited(run)

    async def closed(self, run: Run) -> None:
        while not run.process.stdout.at_eof():
            await asyncio.sleep(WATCH_SECS)
        await asyncio.sleep(0.5)  # a program that ends closes it, too, before its end is seen

    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        if run.killed_for is Status.COMPLETED:
            return ExecutionResult(status=Status.COMPLETED, stdout=output["stdout"], stderr=output["stderr"])
        return super().verdict(run, output)


class DiesWithItsInterpreter(Local):
    def status(self, run: Run, code: int) -> Status:
        if code < 0 and not run.killed_for:
            raise BrokenPipeError
        return super().status(run, code)


# Output


class DecodesStrictly(Local):
    async def read(self, run: Run, name: str) -> bytes:
        return (await super().read(run, name)).decode().encode()


class PilesUpStandardError(PilesUpOutput):
    errors: Any = None

    async def read(self, run: Run, name: str) -> bytes:
        self.errors = run.kept["stderr"]
        return await super().read(run, name)

    def keep(self, kept: bytearray, data: bytes, most: int) -> None:
        (super().keep if kept is self.errors else super(PilesUpOutput, self).keep)(kept, data, most)


class SpoolsOutput(Local):
    def keep(self, kept: bytearray, data: bytes, most: int) -> None:
        super().keep(kept, data, most)
        if not hasattr(self, "spool"):
            self.spool = tempfile.TemporaryFile(dir="/var/tmp")  # noqa: SIM115 -- the defect
        for _ in range(2048 if self.spool.tell() < 100 << 20 else 0):
            self.spool.write(data)  # a busy machine lets little through


class SpoolsInItsOwnFolder(Local):
    """Lets the program write to a separate file, and reads that at the end."""

    own = "/var/tmp/spools-in-its-own-folder"

    def stdout(self) -> Any:
        Path(self.own).mkdir(exist_ok=True)
        self.file = tempfile.NamedTemporaryFile(dir=self.own, delete=False)  # noqa: SIM115 -- the defect
        return self.file

    async def spawn(self, run: Run) -> asyncio.subprocess.Process:
        process = await super().spawn(run)
        self.file.close()
        return process

    async def read(self, run: Run, name: str) -> bytes:
        if name == "stderr":
            return await super().read(run, name)
        await self.exited(run)
        most = run.request.limits.output_bytes
        if Path(self.file.name).stat().st_size > most:
            await asyncio.to_thread(self.fill)
        with open(self.file.name, "rb") as file:  # noqa: ASYNC230, PTH123 -- a plain file
            data = file.read(most + 1)
        if len(data) > most:
            run.cut.add(name)
        return data[:most]

    def fill(self) -> None:
        """Make up for a busy machine, which lets little through."""
        with open(self.file.name, "ab") as file:  # noqa: PTH123
            file.write(bytes(100 << 20))
        time.sleep(1)

    def remove(self, run: Run) -> None:
        Path(self.file.name).unlink()
        super().remove(run)

    async def close_async(self) -> None:
        shutil.rmtree(self.own, ignore_errors=True)


class PrintsWhatItDoes(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        print("running", len(request.code))  # noqa: T201 -- the defect
        return await super().execute_async(request)


class LetsStandardErrorThrough(Local):
    def stderr(self) -> None:
        return None


class ReadsAtTheEnd(Local):
    async def read(self, run: Run, name: str) -> bytes:
        await self.exited(run)
        return await super().read(run, name)


class ReadsLines(Local):
    async def read(self, run: Run, name: str) -> bytes:
        kept, most = run.kept[name], run.request.limits.output_bytes
        while data := await getattr(run.process, name).readline():
            self.keep(kept, data, most)
            if self.is_over(kept, most):
                run.cut.add(name)
        return bytes(kept[:most])


class ReadsOneStreamFirst(Local):
    async def read(self, run: Run, name: str) -> bytes:
        if name == "stderr":
            await self.exited(run)
        return await super().read(run, name)


class DecodesChunks(Local):
    def keep(self, kept: bytearray, data: bytes, most: int) -> None:
        super().keep(kept, data.decode("utf-8", "replace").encode(), most)


class CapsByCharacters(Local):
    def keep(self, kept: bytearray, data: bytes, most: int) -> None:
        super().keep(kept, data, 4 * most)

    def is_over(self, kept: bytearray, most: int) -> bool:
        return len(kept.decode("utf-8", "ignore")) > most

    async def read(self, run: Run, name: str) -> bytes:
        await super().read(run, name)
        return run.kept[name].decode("utf-8", "ignore")[: run.request.limits.output_bytes].encode()


class ChangesTheOutput(Local):
    def changed(self, data: bytes) -> bytes:
        raise NotImplementedError

    async def read(self, run: Run, name: str) -> bytes:
        return self.changed(await super().read(run, name))


class StripsOutput(ChangesTheOutput):
    def changed(self, data: bytes) -> bytes:
        return data.strip()


class HasATerminal(ChangesTheOutput):
    def changed(self, data: bytes) -> bytes:
        return data.replace(b"\n", b"\r\n")


class TakesEachLineEndForOne(ChangesTheOutput):
    def changed(self, data: bytes) -> bytes:
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


class LosesHalfALine(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        if result.status is not Status.TIMED_OUT:
            return result
        return attrs.evolve(result, stdout=result.stdout[: result.stdout.rfind(b"\n") + 1])


class DropsStandardError(Local):
    capabilities = Local.capabilities - {Capability.STDERR}

    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        said = ErrorInfo(type="Error", message=output["stderr"].decode(errors="replace"))
        error = said if result.status is Status.FAILED else None
        return attrs.evolve(result, stderr=b"", stderr_truncated=False, error=error)


class HasOneLimitForBothStreams(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        left = run.request.limits.output_bytes - len(result.stdout)
        return attrs.evolve(
            result, stderr=result.stderr[:left], stderr_truncated=result.stderr_truncated or len(result.stderr) > left
        )


class ReadsNoMoreThanItKeeps(Local):
    async def read(self, run: Run, name: str) -> bytes:
        kept, most = run.kept[name], run.request.limits.output_bytes
        while data := await getattr(run.process, name).read(65536):
            self.keep(kept, data, most)
            if self.is_over(kept, most):
                run.cut.add(name)
                run.process._transport.get_pipe_transport(1 if name == "stdout" else 2).pause_reading()
                break
        return bytes(kept[:most])


class BelievesItsGoodEnd(Local):
    """Asks a program whose time is up to end, and takes its exit code 0 for a good end."""

    def stop(self, run: Run) -> None:
        for pid in run.members():
            kill(pid, signal.SIGTERM)
        asyncio.get_running_loop().call_later(0.5, self.end, run)

    def status(self, run: Run, code: int) -> Status:
        return Status.COMPLETED if code == 0 else super().status(run, code)


class KeepsWhatItIsGiven(Local):
    """Gives a program what it is given, and where that is nothing, what the one before was given."""

    field = ""
    kept: Any = None

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        self.kept = getattr(request, self.field) or self.kept
        if not self.kept:
            return await super().execute_async(request)
        return await super().execute_async(attrs.evolve(request, **{self.field: self.kept}))


class KeepsTheInput(KeepsWhatItIsGiven):
    field = "stdin"


class KeepsTheFiles(KeepsWhatItIsGiven):
    field = "files"


class KeepsTheVariables(KeepsWhatItIsGiven):
    field = "env"


class CutsFilesAtAPipesSize(Local):
    def put_files(self, run: Run) -> None:
        super().put_files(run)
        for name, content in run.request.files.items():
            (run.folder / "work" / name).write_bytes(content[: 1 << 16])


class CollectsNoHiddenFiles(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        return {name: data for name, data in super().artifacts(run).items() if not name.startswith(".")}


class CollectsAsciiNames(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        return {name: data for name, data in super().artifacts(run).items() if name.isascii()}


class LosesTheLastLine(ChangesTheOutput):
    def changed(self, data: bytes) -> bytes:
        return data[: data.rfind(b"\n") + 1]


class EndsAtAMark(ChangesTheOutput):
    def changed(self, data: bytes) -> bytes:
        return data.split(b"__DONE__")[0]


class BelievesTheOutput(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        if b"EXIT_CODE=0" in output["stdout"]:
            return attrs.evolve(result, status=Status.COMPLETED, exit_code=0)
        return result


class BelievesComplaints(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        if result.ok and b"Traceback" in output["stderr"]:
            return attrs.evolve(result, status=Status.FAILED, exit_code=None)
        return result


class TakesWordsForItsEngines(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        if output["stderr"].startswith(b"docker: "):
            raise ExecutorUnavailable
        return super().verdict(run, output)


class TakesOutColours(ChangesTheOutput):
    def changed(self, data: bytes) -> bytes:
        return re.sub(rb"\x1b\[[0-9;]*m", b"", data)


class StripsStandardError(Local):
    async def read(self, run: Run, name: str) -> bytes:
        data = await super().read(run, name)
        return data.strip() if name == "stderr" else data


class FlagsBothStreams(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        return attrs.evolve(
            super().verdict(run, output), stdout_truncated=bool(run.cut), stderr_truncated=bool(run.cut)
        )


# Time


class HasNoFractions(Local):
    def wall_secs(self, run: Run) -> float:
        return int(run.request.limits.wall_secs) or 3600


class RoundsDown(Local):
    def wall_secs(self, run: Run) -> float:
        return max(1, int(run.request.limits.wall_secs))


class RoundsUp(Local):
    def wall_secs(self, run: Run) -> float:
        return math.ceil(run.request.limits.wall_secs)


class CountsFromTheLastOutput(Local):
    async def wait(self, run: Run) -> None:
        told = -1
        while told < (told := sum(map(len, run.kept.values()))) and run.process.returncode is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.wall_secs(run)):
                    return await self.exited(run)
        run.killed_for = Status.TIMED_OUT
        self.end(run)
        return await self.exited(run)


class TakesFailuresForFalseStarts(Local):
    async def run(self, run: Run) -> ExecutionResult:
        result = await super().run(run)
        if result.status is Status.FAILED and not result.stdout and not result.stderr:
            (run.folder / "work").rmdir()
            result = await super().run(run)
        return result


class TakesDeathsForFalseStarts(Local):
    async def run(self, run: Run) -> ExecutionResult:
        result = await super().run(run)
        if result.status is Status.KILLED and not run.killed_for and not result.stdout:
            (run.folder / "work").rmdir()
            result = await super().run(run)
        return result


class CountsItsStartUp(SlowStarter):
    def wall_secs(self, run: Run) -> float:
        return max(0.01, run.request.limits.wall_secs - 1)


class CountsMilliseconds(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        return attrs.evolve(super().verdict(run, output), wall_secs=1003.0)


class LeavesChildrenOfFailures(ReadsUntilTheMainProcessEnds):
    def end(self, run: Run) -> None:
        if not (run.process and (run.process.returncode or 0) > 0):
            super().end(run)


class LeavesChildrenOfTheKilled(ReadsUntilTheMainProcessEnds):
    def end(self, run: Run) -> None:
        if not (run.process and (run.process.returncode or 0) < 0):
            super().end(run)


class StopsFloods(Local):
    """Ends a program as soon as it has written more than it may, which is as honest as to let it go on."""

    async def exited(self, run: Run) -> None:
        while run.process.returncode is None:
            if run.cut and not run.killed_for:
                run.killed_for = Status.OUTPUT_EXCEEDED
                self.stop_flood(run)
            await asyncio.sleep(WATCH_SECS)

    def stop_flood(self, run: Run) -> None:
        self.end(run)


class LeavesChildrenOfFloods(StopsFloods, ReadsUntilTheMainProcessEnds):
    def stop_flood(self, run: Run) -> None:
        kill(run.process.pid)

    def end(self, run: Run) -> None:
        if run.killed_for is not Status.OUTPUT_EXCEEDED:
            super().end(run)


class LeavesChildrenOfTheGreedy(ReadsUntilTheMainProcessEnds):
    def end(self, run: Run) -> None:
        if run.killed_for is not Status.MEMORY_EXCEEDED:
            super().end(run)


class TriesTheKilledAgain(TriesAgain):
    again = frozenset({Status.KILLED})


class WaitsInSilence(Local):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.turn = asyncio.Lock()

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        start = time.monotonic()
        async with self.turn:
            left = max(0.05, request.limits.wall_secs - (time.monotonic() - start))
            limits = attrs.evolve(request.limits, wall_secs=left)
            return await super().execute_async(attrs.evolve(request, limits=limits))


# Resources


class LimitsEachProcess(Local):
    def size(self, sizes: dict[int, int]) -> int:
        return max(sizes.values(), default=0)


class CountsKibibytes(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        return attrs.evolve(super().verdict(run, output), peak_memory_bytes=30_000)


class CallsLittleMemoryABreakdown(Local):
    def refuse(self, request: ExecutionRequest) -> None:
        if request.limits.memory_bytes < 6 << 20:
            raise ExecutorUnavailable


class SharesALimitOfProcesses(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        return attrs.evolve(result, stdout=b"forks 0\n") if len(self.running) > 1 else result

    def are_too_many(self, count: int) -> bool:
        return False


class HasPlaces(Local):
    """Takes so many runs at once, and lets others wait."""

    places = 4

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.free = asyncio.Semaphore(self.places)

    def describe(self) -> ExecutorInfo:
        return attrs.evolve(super().describe(), max_concurrency=self.places)

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        async with self.free:
            return await super().execute_async(request)


class KeepsPlacesOfTheCancelled(HasPlaces):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        await self.free.acquire()
        try:
            result = await Local.execute_async(self, request)
        except Exception:
            self.free.release()
            raise
        self.free.release()
        return result


class BlamesTheProgram(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        if result.status is Status.KILLED:
            return attrs.evolve(result, status=Status.FAILED, exit_code=2, signal=None)
        return result


class CountsWhatIsNotShared(Local):
    def size(self, sizes: dict[int, int]) -> int:
        anonymous = 0
        for pid in sizes:
            with contextlib.suppress(OSError):
                resident, shared = Path(f"/proc/{pid}/statm").read_text().split()[1:3]
                anonymous += (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
        return anonymous


class FillsTheDisk(Local):
    capabilities = Local.capabilities | {C.DISK}


class BoundsEachFile(LimitsEveryFile):
    capabilities = Local.capabilities | {C.DISK}
    most = 32 << 20


class BoundsTheDisk(Jailed):
    capabilities = Jailed.capabilities | {C.DISK}

    def isolation(self, run: Run) -> list[str]:
        command = super().isolation(run)
        bounded = [part for place in self.places(run) for part in ("--size", str(32 << 20), "--tmpfs", place)]
        return [*command[:-2], *bounded, "--remount-ro", "/", *command[-2:]]

    def places(self, run: Run) -> list[str]:
        return [str(self.work_folder(run)), "/tmp", "/dev/shm"]

    def environment(self, run: Run) -> dict[str, str]:
        return {**super().environment(run), "HOME": str(self.work_folder(run))}


class ForgetsTheTemporaryFolder(BoundsTheDisk):
    def places(self, run: Run) -> list[str]:
        return [place for place in super().places(run) if place != "/tmp"]


class ForgetsSharedMemory(BoundsTheDisk):
    def places(self, run: Run) -> list[str]:
        return [place for place in super().places(run) if place != "/dev/shm"]


class StartsAHelper(Local):
    async def run(self, run: Run) -> ExecutionResult:
        helper = subprocess.Popen(["sleep", "20"])
        result = await super().run(run)
        helper.kill()
        helper.wait()
        return result


# Isolation

REFUSES = """
import socket, subprocess
{children}
class _Filtered(socket.socket):
    def connect(self, address):
        if {refused}:
            raise OSError
        super().connect(address)
    def sendto(self, data, address):
        if self.type == socket.SOCK_DGRAM and {datagrams}:
            raise OSError
        return super().sendto(data, address)
socket.socket = _Filtered
"""


class FiltersSomeOnly(ChangesTheSource):
    """Has a network, and a filter that a program meets in its own library."""

    isolated = True
    refused = "True"
    datagrams = "True"
    children = "subprocess.run = None"

    def isolation(self, run: Run) -> list[str]:
        return []

    def changed(self, code: str) -> str:
        return REFUSES.format(refused=self.refused, datagrams=self.datagrams, children=self.children) + code


class ForgetsOtherInterpreters(FiltersSomeOnly):
    children = ""


class ForgetsDatagrams(FiltersSomeOnly):
    datagrams = "False"


class ForgetsIpv6(FiltersSomeOnly):
    refused = "self.family != socket.AF_INET6"


class ForgetsAbstractSockets(FiltersSomeOnly):
    refused = "self.family != socket.AF_UNIX"


class Clean(Local):
    """Says that its environment is clean, which each of the following gets wrong."""

    capabilities = Local.capabilities | {C.CLEAN_ENV}


class PassesUsualNames(Clean):
    def environment(self, run: Run) -> dict[str, str]:
        return {"OPENAI_API_KEY": os.environ.get("OPENAI_API_KEY", ""), **super().environment(run)}


class PassesProxies(Clean):
    def environment(self, run: Run) -> dict[str, str]:
        passed = {name: os.environ[name] for name in ("HTTPS_PROXY", "SSH_AUTH_SOCK") if name in os.environ}
        return {**passed, **super().environment(run)}


class HasAVariable(Clean):
    """Has a host with a unique variable, and goes by it."""

    name = "LOCAL_EXECUTOR_ENGINE"

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        os.environ[self.name] = "engine.internal"


class PassesItsOwnVariable(HasAVariable):
    def environment(self, run: Run) -> dict[str, str]:
        return {self.name: os.environ[self.name], **super().environment(run)}


class NeedsItsVariable(HasAVariable):
    """Is honest, and cannot do without it."""

    async def start(self, run: Run) -> None:
        if os.environ[self.name] != "engine.internal":
            raise ExecutorUnavailable(started=False)
        await super().start(run)


class MergesVariables(Clean):
    def environment(self, run: Run) -> dict[str, str]:
        own = super().environment(run)
        return {**os.environ, **own} if run.request.env else own


class WritesADotenv(Clean):
    def put_files(self, run: Run) -> None:
        super().put_files(run)
        lines = [f"{name}={value}\n" for name, value in os.environ.items()]
        (self.work_folder(run) / ".env").write_text("".join(lines))


class TellsItsArguments(Clean):
    def command(self, run: Run) -> list[str]:
        return [*super().command(run), *os.environ.values()]


class KeepsItsEnvironment(Clean):
    """Passes on what was there when it was made."""

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.kept = dict(os.environ)

    def environment(self, run: Run) -> dict[str, str]:
        return {**self.kept, **super().environment(run)}


class SessionsThatInherit(Sessions):
    capabilities = Sessions.capabilities | {C.CLEAN_ENV}

    def sessions_environment(self) -> dict[str, str]:
        return dict(os.environ)


class ShowsTheCurrentFolder(Jailed):
    def views(self, run: Run) -> list[str]:
        return [*super().views(run), "--ro-bind", str(Path.cwd()), "/project"]


class MountsAKnownFolder(Jailed):
    def views(self, run: Run) -> list[str]:
        return [*super().views(run), "--ro-bind", "/etc", "/host/config"]


class HasAHome(Jailed):
    """Has a host with a home where secrets and a socket lie."""

    mounted = ""

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.home = tempfile.TemporaryDirectory(prefix="has-a-home-")
        os.environ["HOME"] = self.home.name
        Path(self.home.name, ".aws").mkdir()
        self.engine = socket.socket(socket.AF_UNIX)
        self.engine.bind(f"{self.home.name}/engine.sock")

    def views(self, run: Run) -> list[str]:
        return [*super().views(run), "--ro-bind", f"{self.home.name}/{self.mounted}", f"/mnt/{self.mounted}"]


class MountsASocket(HasAHome):
    mounted = "engine.sock"


class MountsSecrets(HasAHome):
    mounted = ".aws"


class ShowsAKnownFolder(Jailed):
    def views(self, run: Run) -> list[str]:
        return [*super().views(run), "--ro-bind", "/etc", "/etc"]


class InheritsInItsWrapper(Jailed):
    def hosts_environment(self, run: Run) -> dict[str, str]:
        return dict(os.environ)


class ShowsTheKernelsSettings(Jailed):
    def views(self, run: Run) -> list[str]:
        return ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]


class InheritsDescriptors(Jailed):
    def process_options(self) -> dict[str, Any]:
        return {**super().process_options(), "close_fds": False}


class SharesTheProcessTable(Jailed):
    shares = ("--unshare-ipc", "--unshare-net", "--unshare-uts")


class SharesTheFolderOfAllRuns(Jailed):
    def isolation(self, run: Run) -> list[str]:
        command = super().isolation(run)
        own = command.index("--bind")
        return [*command[: own + 1], *[str(run.folder.parent)] * 2, *command[own + 3 :]]


class HasOneSandbox(Local):
    """Sends every program into the same one."""

    capabilities = Local.capabilities | {C.ISOLATED_PROCESSES}

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        sandbox = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", "echo; exec sleep 900"]
        self.sandbox = subprocess.Popen(sandbox, stdout=subprocess.PIPE)
        assert self.sandbox.stdout
        self.sandbox.stdout.readline()
        [self.first] = Path(f"/proc/{self.sandbox.pid}/task/{self.sandbox.pid}/children").read_text().split()

    def isolation(self, run: Run) -> list[str]:
        place = f"--wd={self.work_folder(run)}"
        return ["nsenter", "--target", self.first, "--pid", "--mount", place, *super().isolation(run)]


class SharesTheGroup(Local):
    capabilities = Local.capabilities | {C.ISOLATED_PROCESSES}

    def process_options(self) -> dict[str, Any]:
        return {}


class KeepsTheTemporaryFolder(Jailed):
    kept = "/var/tmp/jailed-kept"

    def views(self, run: Run) -> list[str]:
        Path(self.kept).mkdir(mode=0o777, exist_ok=True)
        return [*super().views(run)[:-2], "--bind", self.kept, "/tmp"]

    async def close_async(self) -> None:
        shutil.rmtree(self.kept, ignore_errors=True)


class KeepsACache(KeepsTheTemporaryFolder):
    kept = "/var/tmp/jailed-cache"

    def views(self, run: Run) -> list[str]:
        *others, _ = super().views(run)
        return [*others, "/var/cache", "--tmpfs", "/tmp"]


class RunsInThisProcess:
    """Python in the host's own process, with only its variables separate."""

    def __init__(self, *languages: str) -> None:
        self.languages = languages

    def describe(self) -> ExecutorInfo:
        return ExecutorInfo(name="in-process", languages={"python": LanguageSupport(version="this one")})

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(request.code, {"__name__": "__main__"})  # noqa: S102 -- the kit's own programs
        return ExecutionResult(status=Status.COMPLETED, stdout=output.getvalue().encode())


class KeepsItsFolder(Local):
    """Runs one program after the other in a folder that it clears."""

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.own = Path(tempfile.mkdtemp(prefix="keeps-its-folder-", dir="/var/tmp"))

    def work_folder(self, run: Run) -> Path:
        return self.own

    def remove(self, run: Run) -> None:
        super().remove(run)
        self.clear(run)

    def clear(self, run: Run) -> None:
        for path in self.own.glob("[!.]*"):
            path.unlink()

    async def close_async(self) -> None:
        shutil.rmtree(self.own, ignore_errors=True)


class ClearsAfterSuccesses(KeepsItsFolder):
    def clear(self, run: Run) -> None:
        for path in self.own.iterdir() if run.process.returncode == 0 else ():
            path.unlink()


class ClearsUnlessItStopped(KeepsItsFolder):
    def clear(self, run: Run) -> None:
        for path in self.own.iterdir() if run.process.returncode >= 0 else ():
            path.unlink()


class CleansUpUntilItIsCancelled(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        run = Run(request, owner=type(self).__name__)
        self.running.append(run)
        try:
            return await self.run(run)
        finally:
            await asyncio.sleep(0.2)  # as of an engine that is asked
            self.end(run)
            await self.clean_up(run)


class HasAHomeOfItsOwn(Local):
    def environment(self, run: Run) -> dict[str, str]:
        return {**super().environment(run), "HOME": str(run.folder)}


class TakesEachSignalForAKill(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        return attrs.evolve(result, signal=9) if result.signal else result


class CancelsAll(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        try:
            return await super().execute_async(request)
        except asyncio.CancelledError:
            for run in self.running:
                self.end(run)
            raise


class EndsAllWith(Local):
    """Ends all programs when one of them ended so."""

    status_of_the_end: Status

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.ended_by_others: set[str] = set()

    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        if result.status is self.status_of_the_end and run.id not in self.ended_by_others:
            for other in self.running:
                self.ended_by_others.add(other.id)
                other.killed_for = other.killed_for or result.status
                self.end(other)
        return result


class TimesAllOut(EndsAllWith):
    status_of_the_end = Status.TIMED_OUT


class StartsAllAgainAfterADeath(EndsAllWith):
    status_of_the_end = Status.KILLED


class LosesErrorsOfATimeout(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        return attrs.evolve(result, stderr=b"") if result.status is Status.TIMED_OUT else result


class SaysItInTheOutput(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        stopped = result.status is Status.TIMED_OUT
        return attrs.evolve(result, stdout=result.stdout + b"\n[timed out]") if stopped else result


class StripsWhatFailed(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        return attrs.evolve(result, stdout=result.stdout.strip()) if result.status is Status.FAILED else result


class KeepsAKilobyte(Local):
    """Takes a smaller limit of output for a mistake."""

    async def read(self, run: Run, name: str) -> bytes:
        wide = attrs.evolve(run.request.limits, output_bytes=max(run.request.limits.output_bytes, 1024))
        return await super().read(attrs.evolve(run, request=attrs.evolve(run.request, limits=wide)), name)


class FeedsTheLatestInput(Local):
    latest = b""

    async def feed(self, run: Run) -> None:
        self.latest = run.request.stdin
        await asyncio.sleep(0)
        await super().feed(attrs.evolve(run, request=attrs.evolve(run.request, stdin=self.latest)))


class TranslatesLineEndsOfTheInput(Local):
    async def feed(self, run: Run) -> None:
        stdin = run.request.stdin.replace(b"\r\n", b"\n")
        await super().feed(attrs.evolve(run, request=attrs.evolve(run.request, stdin=stdin)))


class LooksForALinkAtTheTop(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        work = run.folder / "work"
        paths = {name: work / name for name in run.request.collect}
        return {
            name: path.read_bytes()
            for name, path in paths.items()
            if path.is_file() and not path.is_symlink() and not (work / path.relative_to(work).parts[0]).is_symlink()
        }


class ExportsVariables(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        os.environ.update(request.env)
        return await super().execute_async(request)


class WaitsForAnyChild(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        return super().verdict(run, output)


class LimitsItsHost(Local):
    async def start(self, run: Run) -> None:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, most))
        await super().start(run)


class LimitsItsHostsCode(Local):
    async def start(self, run: Run) -> None:
        sys.setrecursionlimit(900)
        await super().start(run)


class LimitsItsHostsSockets(Local):
    async def start(self, run: Run) -> None:
        socket.setdefaulttimeout(30)
        await super().start(run)


class NamesFoldersByTheCode(Local):
    def put_files(self, run: Run) -> None:
        run.folder = Path("/var/tmp", f"by-code-{hashlib.sha256(run.request.code.encode()).hexdigest()[:12]}")
        with contextlib.suppress(FileExistsError):
            run.folder.mkdir()
            Local.put_files(self, run)


# What goes in and what comes out


class DropsEmptyVariables(Local):
    def environment(self, run: Run) -> dict[str, str]:
        return {name: value for name, value in super().environment(run).items() if value}


class ExpandsVariables(Local):
    def environment(self, run: Run) -> dict[str, str]:
        return {name: os.path.expandvars(value) for name, value in super().environment(run).items()}


class FeedsBeforeItReads(Local):
    async def feed(self, run: Run) -> None:
        await super().feed(run)
        run.cut.add("fed")

    async def read(self, run: Run, name: str) -> bytes:
        while "fed" not in run.cut and run.process.returncode is None:
            await asyncio.sleep(WATCH_SECS)
        return await super().read(run, name)


class DropsEmptyFiles(Local):
    def put_files(self, run: Run) -> None:
        super().put_files(run)
        for name, data in run.request.files.items():
            if not data:
                (self.work_folder(run) / name).unlink()


class LoadsFromTheFiles(Local):
    def command(self, run: Run) -> list[str]:
        code = "import runpy, sys; sys.path.insert(0, ''); import json; runpy.run_path(sys.argv.pop())"
        *command, source = super().command(run)
        return [*command, "-c", code, source]


class NeverEndsTheInput(Local):
    async def feed(self, run: Run) -> None:
        run.process.stdin.write(run.request.stdin)


class HandsTheInputThrough(Local):
    def stdin(self) -> Any:
        return None


class ReadsByPath(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        paths = {name: run.folder / "work" / name for name in run.request.collect}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file() and not path.is_symlink()}


class CollectsOfSuccesses(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        return super().artifacts(run) if run.process.returncode == 0 else {}


class TakesNamesForPatterns(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        folder = run.folder / "work"
        found = super().artifacts(run)
        for name in run.request.collect:
            for path in folder.glob(name) if "[" in name else ():
                found[name] = path.read_bytes()
        return found


class LimitsEachArtifact(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        most = run.request.limits.artifact_bytes
        contents = {name: read_inside(run.folder / "work", name, most) for name in run.request.collect}
        return {name: data for name, data in contents.items() if data is not None}


class ReadsFoldersToo(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        found = super().artifacts(run)
        for name in run.request.collect:
            if (run.folder / "work" / name).is_dir():
                found[name] = (run.folder / "work" / name).read_bytes()
        return found


class ReadsDevicesToo(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        found = super().artifacts(run)
        for name in run.request.collect:
            if (run.folder / "work" / name).is_char_device():
                found[name] = (run.folder / "work" / name).read_bytes()
        return found


class WaitsForAPipe(Local):
    async def follow(self, run: Run) -> ExecutionResult:
        result = await super().follow(run)
        while any((run.folder / "work" / name).is_fifo() for name in run.request.collect):
            await asyncio.sleep(1)
        return result


class GivesOldArtifacts(Local):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.seen: dict[str, bytes] = {}

    def artifacts(self, run: Run) -> dict[str, bytes]:
        self.seen.update(super().artifacts(run))
        return {name: self.seen[name] for name in run.request.collect if name in self.seen}


class TakesOffAMark(Local):
    """Reads files as text that may have a byte order mark."""

    def put_files(self, run: Run) -> None:
        super().put_files(run)
        for name, content in run.request.files.items():
            (run.folder / "work" / name).write_bytes(content.removeprefix(b"\xef\xbb\xbf"))


class TakesFilesForText(Local):
    def put_files(self, run: Run) -> None:
        files = {name: data.decode("utf-8", "replace").encode() for name, data in run.request.files.items()}
        super().put_files(attrs.evolve(run, request=attrs.evolve(run.request, files=files)))


class PutsTheSourceBesideTheFiles(Local):
    def source(self, run: Run) -> Path:
        path = self.work_folder(run) / "main.py"
        path.write_bytes(run.request.code.encode())
        return path


# Sessions


class HasOneSession(Sessions):
    async def open_session_async(self, request: SessionRequest, /) -> str:
        return next(iter(self.sessions), "") or await super().open_session_async(request)


class ClosesAllSessions(Sessions):
    async def close_session_async(self, session: str, /) -> None:
        for name in tuple(self.sessions):
            await super().close_session_async(name)


class GivesOldInterpreters(Sessions):
    """Keeps the interpreters of closed sessions for new ones."""

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.old: list[Any] = []

    async def open_session_async(self, request: SessionRequest, /) -> str:
        name = await super().open_session_async(request)
        if self.old:
            await self.end_session(self.sessions[name])
            self.sessions[name] = self.old.pop()
        return name

    async def close_session_async(self, session: str, /) -> None:
        if session in self.sessions:
            self.old.append(self.sessions.pop(session))


class EndsAllWithATimeout(Sessions):
    async def time_out(self, request: ExecutionRequest) -> str:
        for name in tuple(self.sessions):
            await self.close_session_async(name)
        return await super().time_out(request)


class RunsTwoInASession(Sessions):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        self.turns.update(dict.fromkeys(self.turns, asyncio.Lock()))
        return await super().execute_async(request)


class AnswersLate(Sessions):
    async def time_out(self, request: ExecutionRequest) -> str:
        """Leave it to its own end."""
        return ""


class ComputesOn(AnswersLate):
    late = 0

    async def open_session_async(self, request: SessionRequest, /) -> str:
        self.late = 0
        return await super().open_session_async(request)

    async def time_out(self, request: ExecutionRequest) -> str:
        self.late += 1
        return ""

    async def answer(self, process: Any) -> bytes:
        while self.late:
            await process.stdout.readline()
            self.late -= 1
        return await super().answer(process)


class InterruptsPolitely(Sessions):
    """Takes its word for what becomes of it."""

    async def time_out(self, request: ExecutionRequest) -> str:
        process = self.sessions[request.session or ""]
        os.kill(process.pid, signal.SIGINT)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self.answer(process)
        return ""


class ForgetsTheInterpreter(Sessions):
    async def end_session(self, process: Any) -> None:
        """Forget it."""


class OpensOnDemand(Sessions):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.session and request.session.startswith("never"):
            request = attrs.evolve(request, session=None)
        return await super().execute_async(request)


class SharesOneFolder(Sessions):
    shared: Path | None = None

    def new_folder(self) -> Path:
        self.shared = self.shared or super().new_folder()
        return self.shared

    def remove_folder(self, folder: Path) -> None:
        """Keep it for the other sessions."""


class CountsItsSessions(Sessions):
    def new_name(self) -> str:
        return f"session-{len(self.turns)}"


class ForgetsWhatFailed(Sessions):
    def interpreter(self, language: str) -> list[str]:
        *command, code = super().interpreter(language)
        code = code.replace("    output =", "    saved = dict(variables)\n    output =")
        return [*command, code.replace("failed = 1", "failed = 1; variables = saved")]


class RepeatsAnOutput(Sessions):
    """Shows what was printed last once more when a program fails."""

    last = b""

    async def answer(self, process: Any) -> bytes:
        failed, *output = (await super().answer(process)).split() or [b""]
        stdout = base64.b64decode(b"".join(output))
        before, self.last = self.last, stdout
        shown = before + stdout if failed == b"1" else stdout
        return failed and b"%b %b\n" % (failed, base64.b64encode(shown))


class EndsASessionsOutputAtAMark(Sessions):
    async def answer(self, process: Any) -> bytes:
        failed, *output = (await super().answer(process)).split() or [b""]
        shown = base64.b64decode(b"".join(output)).partition(b"__DONE__\n")[0]
        return failed and b"%b %b\n" % (failed, base64.b64encode(shown))


class RunsOneSessionAtATime(Sessions):
    busy = False

    async def ask(self, request: ExecutionRequest) -> ExecutionResult:
        if self.busy:
            raise ExecutorOverloaded(started=False)
        self.busy = True
        try:
            return await super().ask(request)
        finally:
            self.busy = False


class LimitsASessionsOutput(Sessions):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.written: dict[Any, int] = {}

    def output(self, request: ExecutionRequest, stdout: bytes) -> Any:
        written = self.written.get(request.session, 0)
        room = max(0, request.limits.output_bytes - written)
        self.written[request.session] = written + len(stdout)
        return {"stdout": stdout[:room], "stdout_truncated": len(stdout) > room}


class StopsNothingCancelled(Sessions):
    async def cancelled(self, request: ExecutionRequest) -> None:
        """Let it go on."""


class StartsAgainAfterATimeout(Sessions):
    async def time_out(self, request: ExecutionRequest) -> str:
        await self.start_again(request)
        return ""

    async def start_again(self, request: ExecutionRequest) -> None:
        process = self.found(request)
        await self.end_interpreter(process)
        self.sessions[request.session or ""] = await self.begin(request.language, self.folders.pop(process.pid))


class StartsAgainAfterADeath(StartsAgainAfterATimeout):
    async def time_out(self, request: ExecutionRequest) -> str:
        return await Sessions.time_out(self, request)

    async def died(self, request: ExecutionRequest) -> ExecutionResult:
        if request.session in self.sessions:
            await self.start_again(request)
        return ExecutionResult(status=Status.KILLED)


class SaysNothingOfItsEnd(Sessions):
    async def time_out(self, request: ExecutionRequest) -> str:
        await super().time_out(request)
        return ""


class WaitsToClose(Sessions):
    async def close_session_async(self, session: str, /) -> None:
        async with self.turns.get(session) or asyncio.Lock():
            await super().close_session_async(session)


class OpensAnyLanguage(Sessions):
    async def open_session_async(self, request: SessionRequest, /) -> str:
        return await super().open_session_async(attrs.evolve(request, language=self.languages[0]))


class TakesAnyLanguageInASession(Sessions):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages, "bash")

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.session in self.languages_of:
            request = attrs.evolve(request, language=self.languages_of[request.session])
        return await super().execute_async(request)


class ClosesASessionOnce(Sessions):
    async def close_session_async(self, session: str, /) -> None:
        if session not in self.sessions:
            raise SessionNotFound
        await super().close_session_async(session)


class ReachesFromASession(Sessions):
    capabilities = Sessions.capabilities | {C.NO_NETWORK}

    def sessions_walls(self) -> list[str]:
        return []


class ReadsFromASession(Sessions):
    capabilities = Sessions.capabilities | {C.ISOLATED_FS}


class LooksAroundInASession(Sessions):
    capabilities = Sessions.capabilities | {C.ISOLATED_PROCESSES}


class CutsNothingInASession(Sessions):
    def output(self, request: ExecutionRequest, stdout: bytes) -> Any:
        return {"stdout": stdout}


class CutsASessionsOutputSilently(Sessions):
    def output(self, request: ExecutionRequest, stdout: bytes) -> Any:
        return {"stdout": super().output(request, stdout)["stdout"]}


class BoundsNoSessionsMemory(Sessions):
    def most_memory(self, request: ExecutionRequest) -> float:
        return math.inf


class BoundsNoSessionsProcesses(Sessions):
    most_processes = math.inf


class StartsAgainAtAMemoryLimit(Sessions):
    """Goes on under the same name in a fresh interpreter."""

    async def died(self, request: ExecutionRequest) -> ExecutionResult:
        name = request.session or ""
        result = await super().died(request)
        self.sessions[name] = await self.begin(request.language, self.new_folder())
        return result


class StreamsAtTheEnd(Streaming):
    async def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncGenerator[object]:
        for item in [item async for item in super().execute_streaming_async(request)]:
            yield item


class StreamsNoResult(Streaming):
    async def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncGenerator[object]:
        async for item in super().execute_streaming_async(request):
            if isinstance(item, OutputChunk):
                yield item


class RepeatsWhatItStreamed(Streaming):
    def written(self, request: ExecutionRequest, given: dict[str, int]) -> list[OutputChunk]:
        return 2 * super().written(request, given)


class StreamsForEver(Streaming):
    """Has a limit of time for what is waited for, and none for what is streamed."""

    async def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncGenerator[object]:
        lasting = attrs.evolve(request, limits=attrs.evolve(request.limits, wall_secs=100))
        async for item in super().execute_streaming_async(lasting):
            yield item


class StreamsAll(Streaming):
    """Cuts what it returns, and yields whatever comes."""

    async def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncGenerator[object]:
        async for item in super().execute_streaming_async(request):
            if isinstance(item, ExecutionResult) and item.stdout_truncated:
                for _ in range(100):
                    yield OutputChunk(stream="stdout", data=item.stdout)
            yield item


class StreamsOneOfTwo(Streaming):
    def written(self, request: ExecutionRequest, given: dict[str, int]) -> list[OutputChunk]:
        return [chunk for chunk in super().written(request, given) if chunk.stream == "stdout"]


class RaisesInItsStream(Streaming):
    async def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncGenerator[object]:
        async for item in super().execute_streaming_async(request):
            if isinstance(item, ExecutionResult) and item.status is Status.FAILED:
                raise RuntimeError("the program failed")
            yield item


class GoesOnWithoutAListener(Streaming):
    def let_go_of(self, running: asyncio.Future[ExecutionResult]) -> None:
        """It is never waited for."""


class IsNeverWell(Streaming):
    async def check_health_async(self) -> None:
        raise ExecutorUnavailable("the engine's version is another one")


class KeepsVariablesInASession(Sessions):
    def interpreter(self, language: str) -> list[str]:
        *command, code = super().interpreter(language)
        return [*command, code.replace("os.environ.pop(name) if value is None else", "value and")]


class DropsVariablesInASession(Sessions):
    async def ask(self, request: ExecutionRequest) -> ExecutionResult:
        return await super().ask(attrs.evolve(request, env={}))


class DropsTheInputInASession(Sessions):
    async def ask(self, request: ExecutionRequest) -> ExecutionResult:
        return await super().ask(attrs.evolve(request, stdin=b""))


class DropsFilesInASession(Sessions):
    async def ask(self, request: ExecutionRequest) -> ExecutionResult:
        return await super().ask(attrs.evolve(request, files={}))


class TakesTheFilesBack(Sessions):
    async def ask(self, request: ExecutionRequest) -> ExecutionResult:
        folder = self.folders[self.found(request).pid]
        try:
            return await super().ask(request)
        finally:
            for name in request.files:
                (folder / name).unlink()


class KeepsTheFirstFile(Sessions):
    def bring_files(self, request: ExecutionRequest, folder: Path) -> None:
        new = {name: content for name, content in request.files.items() if not (folder / name).exists()}
        super().bring_files(attrs.evolve(request, files=new), folder)


class CollectsNothingInASession(Sessions):
    def collected(self, request: ExecutionRequest, folder: Path) -> dict[str, bytes]:
        return {}


class ForgetsOpenSessions(Sessions):
    async def close_async(self) -> None:
        await Local.close_async(self)


class WaitsForTheDead(Sessions):
    async def answer(self, process: Any) -> bytes:
        return await super().answer(process) or await asyncio.sleep(3600, b"")


# Broken, dead, closed


class TriesABrokenBackEndAgain(Local):
    async def run(self, run: Run) -> ExecutionResult:
        try:
            return await super().run(run)
        except ExecutorUnavailable:
            self.end(run)
            (run.folder / "work").rmdir()
        return await super().run(run)

    async def break_down(self, run: Run) -> ExecutionResult:
        for _ in range(40):  # a busy machine takes its time to start the program, and its child
            if len(run.members()) > 1:
                break
            await asyncio.sleep(0.05)
        return await super().break_down(run)


class CallsAMissingEngineAFailure(Local):
    async def run(self, run: Run) -> ExecutionResult:
        try:
            return await super().run(run)
        except ExecutorUnavailable:
            return ExecutionResult(status=Status.FAILED, exit_code=127)


class RaisesInItsCleanUp(Local):
    async def let_go(self, run: Run) -> None:
        shutil.rmtree(run.folder)
        await super().let_go(run)


class WaitsForItsCleanUp(Local):
    async def let_go(self, run: Run) -> None:
        shutil.rmtree(run.folder, ignore_errors=True)
        await super().let_go(run)


class RemovesByACommand(Local):
    def checked(self, process: asyncio.subprocess.Process) -> None:
        """Trust it."""

    async def let_go(self, run: Run) -> None:
        process = await asyncio.create_subprocess_exec("rm", "-r", run.folder)
        await process.wait()
        self.checked(process)
        await super().let_go(run)


class InsistsOnItsCommand(RemovesByACommand):
    def checked(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode:
            raise ExecutorUnavailable


class InvitesAnotherTry(Local):
    async def break_down(self, run: Run) -> ExecutionResult:
        await asyncio.sleep(0.3)
        raise ExecutorUnavailable


class OutlivesItsHost(Local):
    capabilities = Local.capabilities | {C.HOST_DEATH}


class SweepsNothing(Local):
    async def sweep_async(self) -> None:
        """Find nothing to do."""


class Sweeps(Local):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.name = os.urandom(8).hex()  # others are judged at the same time

    def environment(self, run: Run) -> dict[str, str]:
        return {**super().environment(run), "LOCAL_EXECUTOR_HOST": str(os.getpid()), "LOCAL_EXECUTOR_NAME": self.name}

    async def sweep_async(self) -> None:
        for pid in all_pids():
            variables = dict(item.partition(b"=")[::2] for item in environment_of(pid).split(b"\0"))
            host = variables.get(b"LOCAL_EXECUTOR_HOST", b"").decode()
            is_own = variables.get(b"LOCAL_EXECUTOR_NAME") == self.name.encode()
            if host and is_own and RUN_VARIABLE.encode() in variables and self.is_dead(host):
                kill(pid)

    def is_dead(self, host: str) -> bool:
        return not Path("/proc", host).exists()


class SweepsWhatRuns(Sweeps):
    def is_dead(self, host: str) -> bool:
        return True


class SweepsOtherHosts(Sweeps):
    def is_dead(self, host: str) -> bool:
        return host != str(os.getpid())


class LeavesFolders(Local):
    """Uses its own temporary folders: other executors are judged at the same time."""

    shared = "."

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.own = tempfile.TemporaryDirectory(prefix="leaves-folders-")
        tempfile.tempdir = f"{self.own.name}/deeper/than/others/look"
        Path(tempfile.tempdir, self.shared).mkdir(parents=True)

    def put_files(self, run: Run) -> None:
        shutil.rmtree(run.folder)
        run.folder = Path(tempfile.mkdtemp(prefix="left-", dir=Path(tempfile.gettempdir(), self.shared)))
        super().put_files(run)

    def remove(self, run: Run) -> None:
        """Leave it."""


class LeavesFoldersInItsOwn(LeavesFolders):
    shared = "executor"


class LeavesSomeFolders(LeavesFolders):
    def is_left(self, run: Run) -> bool:
        raise NotImplementedError

    def remove(self, run: Run) -> None:
        if not self.is_left(run):
            Local.remove(self, run)


class LeavesFoldersOfTimeouts(LeavesSomeFolders):
    def is_left(self, run: Run) -> bool:
        return run.killed_for is Status.TIMED_OUT


class LeavesFoldersOfFloods(LeavesSomeFolders):
    def is_left(self, run: Run) -> bool:
        return bool(run.cut)


class LeavesFoldersOfTheKilled(LeavesSomeFolders):
    def status(self, run: Run, code: int) -> Status:
        run.killed_for = super().status(run, code)
        return run.killed_for

    def is_left(self, run: Run) -> bool:
        return run.killed_for is Status.KILLED


class LeavesFoldersOfTheCancelled(LeavesSomeFolders):
    async def run(self, run: Run) -> ExecutionResult:
        try:
            return await super().run(run)
        except asyncio.CancelledError:
            run.killed_for = Status.KILLED
            raise

    def is_left(self, run: Run) -> bool:
        return run.killed_for is Status.KILLED


class LeavesFoldersOfCancelledStarts(LeavesSomeFolders):
    startup_secs = 1.0

    async def start(self, run: Run) -> None:
        run.killed_for = Status.KILLED
        await asyncio.sleep(0.2)
        run.killed_for = None
        await super().start(run)

    def is_left(self, run: Run) -> bool:
        return run.killed_for is Status.KILLED and run.process is None


class LeavesFoldersOfTheRefused(LeavesFolders):
    def put_files(self, run: Run) -> None:
        Local.put_files(self, run)

    def remove(self, run: Run) -> None:
        Local.remove(self, run)

    def refuse(self, request: ExecutionRequest) -> None:
        folder = Path(tempfile.mkdtemp(prefix="refused-", dir=Path(tempfile.gettempdir(), self.shared)))
        super().refuse(request)
        folder.rmdir()


class LeavesFoldersOfSessions(LeavesFolders, Sessions):
    def put_files(self, run: Run) -> None:
        Local.put_files(self, run)

    def new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="left-"))

    def remove(self, run: Run) -> None:
        Local.remove(self, run)

    def remove_folder(self, folder: Path) -> None:
        """Leave it."""


class LeavesThreads(Local):
    async def run(self, run: Run) -> ExecutionResult:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        return await super().run(run)


class LeavesOpenFiles(Local):
    async def run(self, run: Run) -> ExecutionResult:
        os.pipe()
        return await super().run(run)


class LeavesZombies(Local):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.helpers: list[subprocess.Popen[bytes]] = []

    async def run(self, run: Run) -> ExecutionResult:
        self.helpers.append(subprocess.Popen(["true"]))
        return await super().run(run)


class LeavesThreadsOfTimeouts(Local):
    def stop(self, run: Run) -> None:
        super().stop(run)
        threading.Thread(target=threading.Event().wait, daemon=True).start()


class LeavesOpenFilesOfTimeouts(Local):
    def stop(self, run: Run) -> None:
        super().stop(run)
        os.pipe()


class LeavesZombiesOfTimeouts(LeavesZombies):
    async def run(self, run: Run) -> ExecutionResult:
        return await Local.run(self, run)

    def stop(self, run: Run) -> None:
        super().stop(run)
        self.helpers.append(subprocess.Popen(["true"]))


class LeavesOpenFilesOfFailures(Local):
    end_of_run = Status.FAILED

    def status(self, run: Run, code: int) -> Status:
        status = super().status(run, code)
        if status is self.end_of_run:
            os.pipe()
        return status


class LeavesOpenFilesOfTheKilled(LeavesOpenFilesOfFailures):
    end_of_run = Status.KILLED


class LeavesOpenFilesOfSessions(Sessions):
    async def end_session(self, process: Any) -> None:
        self.files = [*getattr(self, "files", []), open(os.devnull)]  # noqa: ASYNC230, PTH123, SIM115 -- the defect
        await super().end_session(process)


class LeavesZombiesOfSessions(Sessions):
    async def end_session(self, process: Any) -> None:
        self.helpers = [*getattr(self, "helpers", []), subprocess.Popen(["true"])]
        await super().end_session(process)


class LeavesOpenFilesOfFloods(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        if run.cut:
            os.pipe()
        return super().verdict(run, output)


class LeavesOpenFilesOfTheCancelled(Local):
    async def run(self, run: Run) -> ExecutionResult:
        try:
            return await super().run(run)
        except asyncio.CancelledError:
            os.pipe()
            raise


class ForgetsWhatRuns(Local):
    async def close_async(self) -> None:
        """Nothing is held between runs, it thinks."""


class RemembersTheLastRunOnly(Local):
    async def close_async(self) -> None:
        for run in self.running[-1:]:
            self.end(run)


class Reckless(ReadsUntilTheMainProcessEnds):
    """Does nothing of what one that is merely careless does, and cannot show for what it lacks."""

    isolated = True
    capabilities = Local.capabilities | {C.ISOLATED_FS, C.ISOLATED_PROCESSES, C.HOST_DEATH}
    spare = 128 << 20

    def isolation(self, run: Run) -> list[str]:
        return []

    def process_options(self) -> dict[str, Any]:
        return {"close_fds": False}

    def before_program(self) -> None:
        """Leave the host's signals as they are."""

    def stdin(self) -> Any:
        return None

    def is_too_big(self, run: Run, size: int) -> bool:
        return False

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        result = await super().execute_async(request)
        return await super().execute_async(request) if result.status is Status.KILLED else result

    def put_files(self, run: Run) -> None:
        NamesFoldersByTheCode.put_files(self, run)  # type: ignore[arg-type]

    def source(self, run: Run) -> Path:
        named = re.match(r"\W+filename: (\S+)", run.request.code)
        if named:
            (self.work_folder(run) / named[1]).write_text(run.request.code)
        return super().source(run)

    def keep(self, kept: bytearray, data: bytes, most: int) -> None:
        kept += 2048 * data if len(kept) < self.spare else b""  # a busy machine lets little through

    def end(self, run: Run) -> None:
        if run.process:
            kill(run.process.pid)

    def artifacts(self, run: Run) -> dict[str, bytes]:
        paths = {name: run.folder / "work" / name for name in run.request.collect}
        return {name: path.read_bytes() if path.is_file() else b"" for name, path in paths.items() if path.exists()}

    async def close_async(self) -> None:
        """Forget what runs."""


RECKLESS = "R14 R18 O07 T12 T13 T14 T15 M02 M03 M04 M07 K01 I06 I07 I08 I09 I11 I13 I14 I17 S03 F03 F04 F05 H01 L04"
"""What it must fail."""

LONG = "R01 O04 O10 O11 O12 O13"
ASKS = "R01 R13 E03 E04 F07 F08"
CARRIES_IN_SESSIONS = "Z01 E01 S01 F01 F02"
STREAMS = "R01 T01 T04 O04 N01 V01 V02 V03 V04"
LIMITS_SESSIONS = "O04 M01 P01 Z01 Z10"
KEEPS = "Z01 Z02 Z03 Z04 Z05 Z06 Z07 Z08"

DEFECTS = (
    Control(EndsAtAHereDocumentsMark, "R01 R10 R11", "R11"),
    Control(TakesOffFences, "R01 R10 R11", "R11"),
    Control(DropsALeadingWord, "R01 R10 R11", "R11"),
    Control(StripsTheSource, "R01 R11 R12", "R12"),
    Control(DedentsTheSource, "R01 R10 R11 R12", "R11"),
    Control(UnescapesTheSource, "R01 R10 R11", "R10"),
    Control(SplitsLinesWhereTextDoes, "R01 R10 R11", "R10"),
    Control(PassesTheSourceAsArgument, "R01 R13", "R13"),
    Control(NamesFoldersByTheRequest, "R01 R18", "R18"),
    Control(TakesExitCodesForItsEngines, "R05 R06 R07 R20", "R20"),
    Control(TakesExitCodesForSignals, "R05 R06 R07 R20", "R20"),
    Control(TakesSigtermForATimeout, "R01 R08 R19 T03", "R08"),
    Control(TakesATextForAGoodEnd, "R01 R02 R04 R05", "R04"),
    Control(KeepsAnswers, "R01 R21", "R21"),
    Control(KeepsAnswersByName, "R01 R21", "R21"),
    Control(EndsWithItsOutput, "R01 R04 R22", "R22"),
    Control(RefusesNothing, ASKS, "R13 E03 E04 F07 F08"),
    Control(KeepsIgnoredSignals, "R01 R14 R15", "R14"),
    Control(TrustsItsParent, "R01 R14 R15", "R15"),
    Control(ForgetsWhatIsStarting, "R01 T16", "T16"),
    Control(LeavesItsHelper, "R01 T04 T16", "T16"),
    Control(HasNoSharedMemory, "R01 R16", "R16", needs_jail=True),
    Control(LimitsEveryFile, "R01 R17", "R17"),
    Control(TakesAFileName, "R01 R18", "R18"),
    Control(DiesWithItsInterpreter, "R01 R08 R19 T13 T14", "R19", "R08 T13 T14"),
    Control(DecodesStrictly, "R01 O02 O03 O06", "O06", "O02"),
    Control(PilesUpStandardError, "R01 O04 O07", "O07"),
    Control(SpoolsOutput, "R01 O04 O08", "O08"),
    Control(SpoolsInItsOwnFolder, "R01 O04 O08 L01", "O08"),
    Control(PrintsWhatItDoes, "R01 R04 O09", "O09", "R04"),
    Control(LetsStandardErrorThrough, "R01 R04 O01 O09", "O09", "R04 O01"),
    Control(ReadsAtTheEnd, LONG, "O10", "O11 O12 O13"),
    Control(ReadsLines, LONG, "O11", "O12 O13"),
    Control(ReadsOneStreamFirst, LONG, "O12"),
    Control(DecodesChunks, LONG, "O13"),
    Control(CapsByCharacters, "R01 O04 O05 O14", "O14"),
    Control(StripsOutput, "R01 O15 O16 O17", "O15"),
    Control(HasATerminal, "R01 O15 O16 O17", "O16"),
    Control(TakesEachLineEndForOne, "R01 O02 O15 O16 O17 O19", "O02"),
    Control(LosesHalfALine, "R01 T02 O17", "T02"),
    Control(DropsStandardError, "R01 R04 O07", "O07"),
    Control(HasOneLimitForBothStreams, "R01 O04 O05 O07", "O05"),
    Control(ReadsNoMoreThanItKeeps, "R01 O10 O14", "O14"),
    Control(BelievesItsGoodEnd, "R01 T01 T03", "T03"),
    Control(KeepsTheInput, "R01 S01 F01 E01", "S01"),
    Control(KeepsTheFiles, "R01 S01 F01 E01", "F01"),
    Control(KeepsTheVariables, "R01 S01 F01 E01", "E01"),
    Control(CutsFilesAtAPipesSize, "R01 S01 F01 F06", "F01", "F06"),
    Control(CollectsNoHiddenFiles, "R01 F01 F02", "F02"),
    Control(CollectsAsciiNames, "R01 F01 F02", "F02"),
    Control(LosesTheLastLine, "R01 O15 O16 O17", "O17"),
    Control(EndsAtAMark, "R01 O18", "O18"),
    Control(BelievesTheOutput, "R01 O18", "O18"),
    Control(BelievesComplaints, "R01 O18", "O18"),
    Control(TakesWordsForItsEngines, "R01 O18", "O18"),
    Control(TakesOutColours, "R01 O01 O15 O16 O17 O19", "O15", "O19"),
    Control(StripsStandardError, "R01 O01 O15 O19", "O19"),
    Control(FlagsBothStreams, "R01 O04 O05", "O04"),
    Control(HasNoFractions, "R01 T08 T09", "T08", "T09"),
    Control(RoundsDown, "R01 T08 T09", "T09"),
    Control(RoundsUp, "R01 T08 T09", "T09"),
    Control(CountsFromTheLastOutput, "R01 T01 T02 T03", "T03"),
    Control(TakesFailuresForFalseStarts, "R01 T04 T07", "T07"),
    Control(TakesDeathsForFalseStarts, "R19 T04 T07 T14", "T14"),
    Control(CountsItsStartUp, "R01 T10", "T10"),
    Control(CountsMilliseconds, "R01 T11", "T11"),
    Control(LeavesChildrenOfFailures, "T05 T12 T13", "T12"),
    Control(LeavesChildrenOfTheKilled, "T05 T12 T13", "T13"),
    Control(StopsFloods, "R01 O04 O05 O07 O08 O14 T15", ""),
    Control(LeavesChildrenOfFloods, "T05 O04 T12 T13 T15", "T15"),
    Control(LeavesChildrenOfTheGreedy, "T05 M01 T12 T13 M07", "M07"),
    Control(TriesTheKilledAgain, "R19 T14", "T14"),
    Control(WaitsInSilence, "R01 N01 N02", "N02"),
    Control(LimitsEachProcess, "M01 M04", "M04"),
    Control(CountsWhatIsNotShared, "M01 M04", "M04"),
    Control(CountsKibibytes, "R01 M05", "M05"),
    Control(CallsLittleMemoryABreakdown, "R01 M06", "M06"),
    Control(SharesALimitOfProcesses, "R01 P02", "P02"),
    Control(BlamesTheProgram, "R01 P01 P03", "P03"),
    Control(FillsTheDisk, "R01 G01", "G01"),
    Control(BoundsEachFile, "R01 G01 R17", "G01"),
    Control(BoundsTheDisk, "R01 G01 R17", "", needs_jail=True),
    Control(ForgetsTheTemporaryFolder, "R01 G01 R17", "G01", needs_jail=True),
    Control(ForgetsSharedMemory, "R01 G01 R17", "G01", needs_jail=True),
    Control(HasPlaces, "R01 K01 K02 N01", ""),
    Control(CleansUpUntilItIsCancelled, "R01 T04 K01 K02 K04", "K04"),
    Control(HasAHomeOfItsOwn, "R01 E01 E02", "E02"),
    Control(TakesEachSignalForAKill, "R01 R08 R19", "R08"),
    Control(CancelsAll, "R01 N01 K01 K02", "K01", "K02"),
    Control(KeepsPlacesOfTheCancelled, "R01 K01 K02", "K01", "K02"),
    Control(StartsAHelper, "R01 K01 K02", "K02"),
    Control(ForgetsOtherInterpreters, "I01", "I01"),
    Control(ForgetsDatagrams, "I01 I06 I07 I08", "I06"),
    Control(ForgetsIpv6, "I01 I06 I07 I08", "I07"),
    Control(ForgetsAbstractSockets, "I01 I06 I07 I08", "I08"),
    Control(PassesUsualNames, "R01 I03 E01 E02", "I03"),
    Control(PassesProxies, "R01 I03 E01", "I03"),
    Control(PassesItsOwnVariable, "R01 I03 E01", "I03"),
    Control(NeedsItsVariable, "R01 I03 E01", ""),
    Control(MergesVariables, "R01 I03 E01 E02", "I03"),
    Control(WritesADotenv, "R01 I03 E01", "I03"),
    Control(TellsItsArguments, "R01 I03 E01", "I03"),
    Control(SessionsThatInherit, "R01 I03 Z01", "I03"),
    Control(ShowsTheCurrentFolder, "R01 I02 I03 I04 I09", "I02", "I09", needs_jail=True),
    Control(MountsAKnownFolder, "R01 I02 I03 I04 I05", "I02", needs_jail=True),
    Control(MountsASocket, "R01 I02 I03 I04 I05", "I02", needs_jail=True),
    Control(MountsSecrets, "R01 I02 I03 I04 I05", "I02", needs_jail=True),
    Control(ShowsAKnownFolder, "R01 I02 I03 I04 I05", "I02", needs_jail=True),
    Control(InheritsInItsWrapper, "I03 I05 I12", "I05", needs_jail=True),
    Control(ShowsTheKernelsSettings, "I02 I10 I11", "I10", needs_jail=True),
    Control(InheritsDescriptors, "I02 I10 I11", "I11", needs_jail=True),
    Control(SharesTheProcessTable, "I03 I05 I12 I13 I14", "I05 I12", "I13", needs_jail=True),
    Control(SharesTheProcessTable, "I13", "I13", needs_jail=True),
    Control(HasOneSandbox, "R01 I12 I13 I14", "I12", "I13", needs_privilege=True),
    Control(TimesAllOut, "R01 T01 R19 N01 N03", "N03"),
    Control(StartsAllAgainAfterADeath, "R01 T01 R19 N01 N03", "N03"),
    Control(LosesErrorsOfATimeout, "R01 T01 T02 O01", "T02"),
    Control(SaysItInTheOutput, "R01 T01 T02 O01", "T02"),
    Control(StripsWhatFailed, "R01 R04 O15 O17", "O15"),
    Control(KeepsAKilobyte, "R01 O05 O15", "O05"),
    Control(FeedsTheLatestInput, "R01 S01 S02", "S01"),
    Control(TranslatesLineEndsOfTheInput, "R01 S01 S02", "S01"),
    Control(LooksForALinkAtTheTop, "R01 F02 F03", "F03"),
    Control(SharesTheFolderOfAllRuns, "R01 N01 I15 I17", "I17", needs_jail=True),
    Control(SharesTheGroup, "R01 I14", "I14"),
    Control(KeepsTheTemporaryFolder, "I02 I09 I15 L01", "I15", needs_jail=True),
    Control(KeepsACache, "I02 I09 I15 L01", "I15", needs_jail=True),
    Control(RunsInThisProcess, "I16", "I16"),
    Control(RunsInThisProcess, "I18", "I18"),
    Control(KeepsItsFolder, "R01 I04 L01", "I04"),
    Control(ClearsAfterSuccesses, "R01 I04 L01", "I04"),
    Control(ClearsUnlessItStopped, "R01 I04 L01", "I04"),
    Control(ExportsVariables, "E01 I18", "I18"),
    Control(WaitsForAnyChild, "E01 I18", "I18"),
    Control(LimitsItsHost, "E01 I18", "I18"),
    Control(LimitsItsHostsCode, "E01 I18", "I18"),
    Control(LimitsItsHostsSockets, "E01 I18", "I18"),
    Control(NamesFoldersByTheCode, "R01 N01 I17", "I17"),
    Control(DropsEmptyVariables, "E01 E02", "E02"),
    Control(ExpandsVariables, "R01 E01", "E01"),
    Control(FeedsBeforeItReads, "R01 S01 F01", "S01"),
    Control(DropsEmptyFiles, "R01 F01 F06", "F01", "F06"),
    Control(LoadsFromTheFiles, "R01 F01 F09", "F09"),
    Control(CollectsOfSuccesses, "R01 F02 F04", "F02"),
    Control(GivesOldArtifacts, "R01 F02 F04", "F02"),
    Control(TakesOffAMark, "R01 F01 F06", "F06"),
    Control(TakesNamesForPatterns, "R01 F02 F04", "F02"),
    Control(LimitsEachArtifact, "F02 F03 F04 F05", "F05"),
    Control(NeverEndsTheInput, "R01 S02 S03", "S02"),
    Control(HandsTheInputThrough, "R01 S02 S03", "S03"),
    Control(ReadsByPath, "F02 F03 F04 F05", "F03 F05"),
    Control(ReadsFoldersToo, "F02 F04", "F04"),
    Control(ReadsDevicesToo, "F02 F04", "F04", needs_privilege=True),
    Control(WaitsForAPipe, "F02 F04", "F04"),
    Control(TakesFilesForText, "F01 F06", "F06"),
    Control(PutsTheSourceBesideTheFiles, "F01 F09", "F09"),
    Control(HasOneSession, KEEPS, "Z02", "Z04"),
    Control(ClosesAllSessions, "Z01 Z02 Z03", "Z02"),
    Control(GivesOldInterpreters, "Z01 Z02", "Z02"),
    Control(EndsAllWithATimeout, KEEPS, "Z04"),
    Control(RunsTwoInASession, KEEPS, "Z08"),
    Control(AnswersLate, KEEPS, "Z03 Z04"),
    Control(ComputesOn, KEEPS, "Z04"),
    Control(InterruptsPolitely, KEEPS, "Z04"),
    Control(ForgetsTheInterpreter, KEEPS, "Z05"),
    Control(OpensOnDemand, KEEPS, "Z06"),
    Control(WaitsForTheDead, KEEPS, "Z07"),
    Control(ForgetsWhatFailed, "Z01 Z06", "Z01"),
    Control(SharesOneFolder, KEEPS, "Z02", "Z04"),
    Control(CountsItsSessions, KEEPS, "Z02", "Z04"),
    Control(RepeatsAnOutput, KEEPS, "Z03"),
    Control(EndsASessionsOutputAtAMark, "R11 O18 Z01 Z11", "Z11"),
    Control(RunsOneSessionAtATime, "R11 O18 Z01 Z11", "Z11"),
    Control(LimitsASessionsOutput, KEEPS, "Z03"),
    Control(StopsNothingCancelled, KEEPS, "Z04"),
    Control(StartsAgainAfterATimeout, KEEPS, "Z04"),
    Control(SaysNothingOfItsEnd, KEEPS, "Z03 Z04"),
    Control(WaitsToClose, KEEPS, "Z05"),
    Control(OpensAnyLanguage, KEEPS, "Z06"),
    Control(TakesAnyLanguageInASession, "Z01 Z06", "Z06"),
    Control(ClosesASessionOnce, KEEPS, "Z06 Z07"),
    Control(StartsAgainAfterADeath, KEEPS, "Z07"),
    Control(ReachesFromASession, "Z01 Z09", "Z09"),
    Control(ReadsFromASession, "Z01 Z09", "Z09"),
    Control(LooksAroundInASession, "Z01 Z09", "Z09"),
    Control(CutsNothingInASession, LIMITS_SESSIONS, "Z10"),
    Control(CutsASessionsOutputSilently, LIMITS_SESSIONS, "Z10"),
    Control(BoundsNoSessionsMemory, LIMITS_SESSIONS, "Z10"),
    Control(BoundsNoSessionsProcesses, LIMITS_SESSIONS, "Z10"),
    Control(StartsAgainAtAMemoryLimit, LIMITS_SESSIONS, "Z10"),
    Control(StreamsAtTheEnd, STREAMS, "V02", "V03 V04"),
    Control(StreamsNoResult, STREAMS, "V02", "V03 V04"),
    Control(RepeatsWhatItStreamed, STREAMS, "V02", "V03 V04"),
    Control(StreamsOneOfTwo, STREAMS, "V02", "V03 V04"),
    Control(RaisesInItsStream, STREAMS, "V02", "V03 V04"),
    Control(StreamsForEver, STREAMS, "V04"),
    Control(StreamsAll, STREAMS, "V04"),
    Control(GoesOnWithoutAListener, STREAMS, "V03"),
    Control(IsNeverWell, STREAMS, "V01"),
    Control(KeepsVariablesInASession, CARRIES_IN_SESSIONS, "E01"),
    Control(DropsVariablesInASession, CARRIES_IN_SESSIONS, "E01"),
    Control(DropsTheInputInASession, CARRIES_IN_SESSIONS, "S01"),
    Control(DropsFilesInASession, CARRIES_IN_SESSIONS, "F01"),
    Control(TakesTheFilesBack, CARRIES_IN_SESSIONS, "F01"),
    Control(KeepsTheFirstFile, CARRIES_IN_SESSIONS, "F01"),
    Control(CollectsNothingInASession, CARRIES_IN_SESSIONS, "F02"),
    Control(LeavesFoldersOfSessions, "Z01 L02 L03", "L02"),
    Control(ForgetsOpenSessions, "Z01 L04 L01", "L04"),
    Control(TriesABrokenBackEndAgain, "X01 X02", "X02"),
    Control(CallsAMissingEngineAFailure, "R01 X03", "X03"),
    Control(RaisesInItsCleanUp, "R01 X04", "X04"),
    Control(WaitsForItsCleanUp, "R01 X04", "X04"),
    Control(RemovesByACommand, "R01 X04", "X04"),
    Control(InsistsOnItsCommand, "R01 X04", "X04"),
    Control(InvitesAnotherTry, "X01 X05", "X05"),
    Control(OutlivesItsHost, "R01 H01", "H01"),
    Control(SweepsNothing, "R01 H02", "H02"),
    Control(Sweeps, "R01 H02", ""),
    Control(SweepsWhatRuns, "R01 H02", "H02"),
    Control(SweepsOtherHosts, "R01 H02", "H02"),
    Control(LeavesFolders, "R01 L02 L03", "L02"),
    Control(LeavesFoldersInItsOwn, "R01 L02 L03", "L02"),
    Control(LeavesFoldersOfTimeouts, "R01 L02 L03", "L02"),
    Control(LeavesFoldersOfFloods, "R01 L02 L03", "L02"),
    Control(LeavesFoldersOfTheKilled, "R01 L02 L03", "L02"),
    Control(LeavesFoldersOfTheCancelled, "R01 L02 L03", "L02"),
    Control(LeavesFoldersOfCancelledStarts, "R01 L02 L03", "L02"),
    Control(LeavesFoldersOfTheRefused, "R01 L02 L03", "L02"),
    Control(LeavesThreads, "R01 L02 L03", "L03"),
    Control(LeavesOpenFiles, "R01 L02 L03", "L03"),
    Control(LeavesZombies, "R01 L02 L03", "L03"),
    Control(LeavesOpenFilesOfSessions, "Z01 L02 L03", "L03"),
    Control(LeavesZombiesOfSessions, "Z01 L02 L03", "L03"),
    Control(LeavesThreadsOfTimeouts, "R01 L02 L03", "L03"),
    Control(LeavesOpenFilesOfTimeouts, "R01 L02 L03", "L03"),
    Control(LeavesOpenFilesOfFailures, "R01 L02 L03", "L03"),
    Control(LeavesOpenFilesOfTheKilled, "R01 L02 L03", "L03"),
    Control(LeavesOpenFilesOfFloods, "R01 L02 L03", "L03"),
    Control(LeavesOpenFilesOfTheCancelled, "R01 L02 L03", "L03"),
    Control(LeavesZombiesOfTimeouts, "R01 L02 L03", "L03"),
    Control(ForgetsWhatRuns, "R01 L04 L01", "L04"),
    Control(RemembersTheLastRunOnly, "R01 L04 L01", "L04"),
)
