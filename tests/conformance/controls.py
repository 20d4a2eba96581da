"""Executors that are broken on purpose, each in one way, and the checks that must notice.

`CONTROLS` is the table: what is wrong, the checks that are run, and those that must fail. The others must pass.
"""

# ruff: noqa: S108 -- sandboxes are told of these folders

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import sys
import threading
import time
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from codeexec_config.conformance import Verdict
from codeexec_config.executor import (
    Capability,
    ExecutionError,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    ExecutorOverloaded,
    LanguageSupport,
    LanguageUnsupported,
    SessionNotFound,
    SessionRequest,
    Status,
)
from tests.conformance.local import Jailed, Local, Run, SyncLocal, can_jail, can_unshare, kill
from tests.counts import THOROUGH

# Descriptions


class AsyncUnderTheSyncName(SyncLocal):
    async def execute(self, request: ExecutionRequest, /) -> ExecutionResult:  # type: ignore[override]
        return super().execute(request)


class KeywordsInsteadOfOneRecord(SyncLocal):
    def execute(self, *, language: str, code: str) -> ExecutionResult:  # type: ignore[override]
        raise NotImplementedError(language + code)


class DeclaresCloseWithoutMethod(Local):
    close_async = None  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        if name == "close_async":
            raise AttributeError(name)
        return super().__getattribute__(name)


class ChangesItsMind(Local):
    def describe(self) -> ExecutorInfo:
        return attrs.evolve(super().describe(), startup_secs=0.5 + time.monotonic() / 1e9)


class TakesItsTimeToDescribe(Local):
    calls = 0

    def describe(self) -> ExecutorInfo:
        self.calls += 1
        time.sleep(0 if self.calls < 3 else 3600)  # the first two are the kit's own and D01's
        return super().describe()


class SpellsItsOwnNames(Local):
    def describe(self) -> ExecutorInfo:
        info = super().describe()
        return attrs.evolve(info, languages={**info.languages, "C++17 (GNU)": info.languages["python"]})


class RunsAnythingAsPython(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        return await super().execute_async(attrs.evolve(request, language="python"))


class RefusesInItsOwnWords(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if request.language not in self.languages:
            raise KeyError(request.language)
        return await super().execute_async(request)


class RefusesTooLate(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        await super().execute_async(attrs.evolve(request, language="python"))
        raise LanguageUnsupported(request.language)


# How programs end


class AddsAPrompt(Local):
    async def read(self, run: Run, name: str) -> bytes:
        return b">>> " + await super().read(run, name)


class CannotTakeNothing(Local):
    def source(self, run: Run) -> Path:
        if not run.request.code:
            raise ValueError
        return super().source(run)


class CallsEverythingCompleted(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        return attrs.evolve(result, status=Status.COMPLETED, exit_code=None, signal=None)


class CallsSyntaxErrorsKilled(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        return attrs.evolve(result, status=Status.KILLED) if b"SyntaxError:" in result.stderr else result


class LosesStandardError(Local):
    def stderr(self) -> int:
        return asyncio.subprocess.DEVNULL


class KnowsOneExitCodeOnly(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        return attrs.evolve(result, exit_code=1) if result.exit_code else result


class ReadsExitCodes(Local):
    """Guesses a status from an exit code."""

    guesses: dict[int, Status]

    def status(self, run: Run, code: int) -> Status:
        return self.guesses.get(code) or super().status(run, code)


class Takes124ForATimeout(ReadsExitCodes):
    guesses = {124: Status.TIMED_OUT}  # noqa: RUF012 -- never changed


class Takes137ForMemory(ReadsExitCodes):
    guesses = {137: Status.MEMORY_EXCEEDED}  # noqa: RUF012 -- never changed


class TakesSignalsForSuccess(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        if result.status is Status.KILLED:
            return attrs.evolve(result, status=Status.COMPLETED, signal=None)
        return result


class RunsItAsProcessOne(Local):
    def isolation(self, run: Run) -> list[str]:
        return ["unshare", "--pid", "--fork", "--kill-child", *super().isolation(run)]


class PassesTheSourceAsArgument(Local):
    def command(self, run: Run) -> list[str]:
        return [*super().command(run)[:-1], "-c", run.request.code]


class CutsTheSource(Local):
    def source(self, run: Run) -> Path:
        path = super().source(run)
        path.write_bytes(path.read_bytes()[:65536])
        return path


class ExpandsVariablesInTheSource(Local):
    def source(self, run: Run) -> Path:
        path = super().source(run)
        path.write_bytes(path.read_bytes().replace(b"$HOME", b"/root"))
        return path


class WritesTheSourceInLatin1(Local):
    def source(self, run: Run) -> Path:
        path = super().source(run)
        path.write_bytes(run.request.code.encode("latin-1", "replace"))
        return path


# Output


class MergesTheStreams(Local):
    def stderr(self) -> int:
        return asyncio.subprocess.STDOUT


class TakesOutputForText(Local):
    async def read(self, run: Run, name: str) -> bytes:
        return (await super().read(run, name)).decode("utf-8", "ignore").encode()


class SpeaksAscii(Local):
    async def read(self, run: Run, name: str) -> bytes:
        return (await super().read(run, name)).decode("utf-8", "replace").encode("ascii", "backslashreplace")


class PilesUpOutput(Local):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.pile: list[bytes] = []

    def keep(self, kept: bytearray, data: bytes, most: int) -> None:
        super().keep(kept, data, most)
        if sum(map(len, self.pile)) < 128 << 20:  # which a busy machine reaches too
            self.pile.append(64 * data)


class CutsWithoutAWord(Local):
    def is_over(self, kept: bytearray, most: int) -> bool:
        return False


class DoesNotCut(Local):
    async def read(self, run: Run, name: str) -> bytes:
        wide = attrs.evolve(run.request.limits, output_bytes=run.request.limits.output_bytes * 2)
        return await super().read(attrs.evolve(run, request=attrs.evolve(run.request, limits=wide)), name)

    def is_over(self, kept: bytearray, most: int) -> bool:
        return True


class FlagsWhatIsFull(Local):
    def is_over(self, kept: bytearray, most: int) -> bool:
        return len(kept) >= most


# Time


class KnowsNoLimit(Local):
    def wall_secs(self, run: Run) -> float:
        return 3600


RELEASED = threading.Event()
"""Ends what never comes back, so that tests of one process leave no threads to the next."""
LATE = ExecutionResult(status=Status.KILLED)


class NeverComesBack(SyncLocal):
    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        RELEASED.wait(3600)
        return LATE


class NeverComesBackAndIsDeaf(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        while not RELEASED.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)
        return LATE


class BlocksTheLoopForever(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        RELEASED.wait(3600)
        return LATE


class DiesWithATimeout(Local):
    dead = False

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if self.dead:
            raise BrokenPipeError
        result = await super().execute_async(request)
        self.dead = result.status is Status.TIMED_OUT
        return result


class CallsATimeoutAFailure(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        if result.status is Status.TIMED_OUT:
            return attrs.evolve(result, status=Status.FAILED, exit_code=124, signal=None)
        return result


class LosesTheOutputOfATimeout(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        result = super().verdict(run, output)
        return attrs.evolve(result, stdout=b"") if result.status is Status.TIMED_OUT else result


class AsksPolitely(Local):
    def stop(self, run: Run) -> None:
        for pid in run.members():
            kill(pid, signal.SIGTERM)


class ReadsUntilTheMainProcessEnds(Local):
    """Does not wait for the streams of children that it leaves behind."""

    async def read(self, run: Run, name: str) -> bytes:
        reading = asyncio.create_task(super().read(run, name))
        await self.exited(run)
        await asyncio.wait({reading}, timeout=0.3)
        return reading.result() if reading.done() else bytes(run.kept[name])


class EndsTheProcessGroupOnly(ReadsUntilTheMainProcessEnds):
    def end(self, run: Run) -> None:
        if run.process and run.process.returncode is None:
            os.killpg(run.process.pid, signal.SIGKILL)


class EndsTheProcessGroup(ReadsUntilTheMainProcessEnds):
    """Misses only what has started its own session."""

    def end(self, run: Run) -> None:
        with contextlib.suppress(ProcessLookupError):
            if run.process:
                os.killpg(run.process.pid, signal.SIGKILL)


class LeavesChildrenOfTheDead(ReadsUntilTheMainProcessEnds):
    def end(self, run: Run) -> None:
        if run.process and run.process.returncode is None:
            super().end(run)


class WaitsForEveryStream(Local):
    async def exited(self, run: Run) -> None:
        await run.process.wait()


class LooksOnceInAWhile(Local):
    async def exited(self, run: Run) -> None:
        await super().exited(run)
        await asyncio.sleep(9)


class TriesAgain(Local):
    """Retries whatever ends in a way that it does not like."""

    again: frozenset[Status]

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        result = await super().execute_async(request)
        return await super().execute_async(request) if result.status in self.again else result


class TriesFailuresAgain(TriesAgain):
    again = frozenset({Status.FAILED})


class TriesTimeoutsAgain(TriesAgain):
    again = frozenset({Status.TIMED_OUT})


class ShowsBothTries(Local):
    def verdict(self, run: Run, output: dict[str, bytes]) -> ExecutionResult:
        return super().verdict(run, {**output, "stdout": output["stdout"] * 2})


# Memory and processes


class KnowsNoMemoryLimit(Local):
    def is_too_big(self, run: Run, size: int) -> bool:
        return False


class SwapsInsteadOfStopping(KnowsNoMemoryLimit):
    async def read(self, run: Run, name: str) -> bytes:
        return (await super().read(run, name)).replace(b"touched", b"t......")

    def wall_secs(self, run: Run) -> float:
        return 0.3


class LetsNothingStart(Local):
    def command(self, run: Run) -> list[str]:
        if run.request.limits.memory_bytes >= 256 << 20:
            return super().command(run)
        run.killed_for = Status.MEMORY_EXCEEDED
        return ["false"]


class CallsMemoryAFailure(Local):
    def out_of_memory(self, run: Run, *, is_main: bool) -> None:
        run.killed_for = Status.KILLED if is_main else None


class BlamesTheParent(Local):
    def out_of_memory(self, run: Run, *, is_main: bool) -> None:
        run.killed_for = Status.MEMORY_EXCEEDED


class CountsNoProcesses(Local):
    def are_too_many(self, count: int) -> bool:
        return False


class DiesInAForkStorm(Local):
    dead = False

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if self.dead:
            raise BrokenPipeError
        return await super().execute_async(request)

    def are_too_many(self, count: int) -> bool:
        self.dead = self.dead or super().are_too_many(count)
        return self.dead


# Cancellation


class SwallowsCancellation(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        try:
            return await super().execute_async(request)
        except asyncio.CancelledError:
            return ExecutionResult(status=Status.KILLED)


class RunsOnWhenCancelled(Local):
    """Forgets the program of a cancelled run; it ends with its limit."""

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        return await asyncio.shield(super().execute_async(request))


class StartsThoughCancelled(Local):
    """Cannot be cancelled before the program runs."""

    startup_secs = 0.5

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.environments: dict[Path, dict[str, str]] = {}

    def environment(self, run: Run) -> dict[str, str]:
        return self.environments.setdefault(run.folder, super().environment(run))

    async def start(self, run: Run) -> None:
        self.environment(run)
        starting = asyncio.ensure_future(self.started_late(run))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            run.id = "another"  # the clean-up will look for nothing
            raise

    async def started_late(self, run: Run) -> None:
        await asyncio.sleep(0.4)
        (run.folder / "work").mkdir(parents=True, exist_ok=True)
        await super().start(run)


class BlocksTheLoop(Local):
    async def exited(self, run: Run) -> None:
        time.sleep(0.4)  # noqa: ASYNC251 -- the defect
        await super().exited(run)


# Isolation


class HasANetwork(Local):
    isolated = True

    def isolation(self, run: Run) -> list[str]:
        return []


class ShowsTheHostsFiles(Jailed):
    def views(self, run: Run) -> list[str]:
        return [*super().views(run)[:-2], "--bind", "/tmp", "/tmp", "--bind", "/var/tmp", "/var/tmp"]


class InheritsTheEnvironment(Local):
    capabilities = Local.capabilities | {Capability.CLEAN_ENV}

    def environment(self, run: Run) -> dict[str, str]:
        return {**os.environ, **super().environment(run)}


class SharesAFolder(Local):
    shared = "/var/tmp/local-shared-folder"

    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.shared = f"{self.shared}-{os.getpid()}"

    def work_folder(self, run: Run) -> Path:
        folder = Path(self.shared)
        folder.mkdir(exist_ok=True)
        return folder

    async def close_async(self) -> None:
        shutil.rmtree(self.shared, ignore_errors=True)


class WritesAnEnvFile(Local):
    def environment(self, run: Run) -> dict[str, str]:
        return {name: value.split("\n")[0] for name, value in super().environment(run).items()}


# What goes in and what comes out


class ReadsStandardInputAsText(Local):
    async def feed(self, run: Run) -> None:
        text = run.request.stdin.decode("utf-8", "ignore")
        await super().feed(attrs.evolve(run, request=attrs.evolve(run.request, stdin=text.encode())))


class AddsALineEnd(Local):
    async def feed(self, run: Run) -> None:
        await super().feed(attrs.evolve(run, request=attrs.evolve(run.request, stdin=run.request.stdin + b"\n")))


class InsistsOnBeingRead(Local):
    async def follow(self, run: Run) -> ExecutionResult:
        result = await super().follow(run)
        if len(run.request.stdin) > 100_000:
            raise BrokenPipeError
        return result


class StripsFiles(Local):
    def put_files(self, run: Run) -> None:
        files = {name: content.rstrip() + b"\n" for name, content in run.request.files.items()}
        super().put_files(attrs.evolve(run, request=attrs.evolve(run.request, files=files)))


class FlattensFolders(Local):
    def put_files(self, run: Run) -> None:
        files = {Path(name).name: content for name, content in run.request.files.items()}
        super().put_files(attrs.evolve(run, request=attrs.evolve(run.request, files=files)))


class InsistsOnArtifacts(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        return {name: (run.folder / "work" / name).read_bytes() for name in run.request.collect}


class TakesArtifactsForText(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        found = super().artifacts(run).items()
        return {name: content.decode("utf-8", "replace").encode() for name, content in found}


class FollowsLinks(Local):
    def artifacts(self, run: Run) -> dict[str, bytes]:
        paths = {name: run.folder / "work" / name for name in run.request.collect}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


class InProcess:
    """Sessions, honestly: Python in this very process, for the one check on them."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count()

    def describe(self) -> ExecutorInfo:
        support = LanguageSupport(version="this one", capabilities=frozenset({Capability.SESSIONS}))
        return ExecutorInfo(name="in-process", languages={"python": support})

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        variables = self.variables(request)
        status = Status.COMPLETED
        with contextlib.redirect_stdout(StringIO()) as output:
            try:
                exec(request.code, variables)  # noqa: S102 -- the kit's own programs
            except Exception:  # noqa: BLE001 -- the program's
                status = Status.FAILED
        return ExecutionResult(status=status, stdout=output.getvalue().encode())

    def variables(self, request: ExecutionRequest) -> dict[str, Any]:
        if request.session not in self.sessions:
            raise SessionNotFound
        return self.sessions[request.session]

    async def open_session_async(self, request: SessionRequest, /) -> str:
        name = f"{request.language}-{next(self.numbers)}"
        self.sessions[name] = {}
        return name

    async def close_session_async(self, session: str, /) -> None:
        self.sessions.pop(session, None)


class SessionsWithoutMemory(InProcess):
    def variables(self, request: ExecutionRequest) -> dict[str, Any]:
        return {**super().variables(request), "x": 0}


class SessionsWithoutEnd(InProcess):
    async def close_session_async(self, session: str, /) -> None:
        """Forget to forget."""


class SessionsWithoutName(InProcess):
    async def open_session_async(self, request: SessionRequest, /) -> str:
        await super().open_session_async(request)
        return ""


class SessionsThatCannotBeOpened(InProcess):
    async def open_session_async(self, request: SessionRequest, /) -> str:
        raise ConnectionRefusedError


# Together, broken, closed


class RunsOneAtATime(Local):
    busy = 0

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        if self.busy:
            raise ExecutorOverloaded
        self.busy += 1
        try:
            return await super().execute_async(request)
        finally:
            self.busy -= 1


class MixesOutputs(Local):
    def __init__(self, *languages: str) -> None:
        super().__init__(*languages)
        self.all_output: list[bytes] = []

    async def read(self, run: Run, name: str) -> bytes:
        output = await super().read(run, name)
        if name == "stdout":
            self.all_output.append(output)
            return b"".join(self.all_output[-2:])
        return output


class BreaksInItsOwnWords(Local):
    async def break_down(self, run: Run) -> ExecutionResult:
        await asyncio.sleep(0.3)
        raise ConnectionResetError


class CallsABreakdownAFailure(Local):
    async def break_down(self, run: Run) -> ExecutionResult:
        return ExecutionResult(status=Status.FAILED, detail=run.id)


class LeavesAllWhenBroken(Local):
    def end(self, run: Run) -> None:
        if isinstance(sys.exc_info()[1], ExecutionError):
            return
        super().end(run)


class ClosesOnce(Local):
    closed = False

    async def close_async(self) -> None:
        if self.closed:
            raise RuntimeError
        self.closed = True


class NeverCloses(Local):
    async def close_async(self) -> None:
        await asyncio.sleep(3600)


class GivesSomethingElse(Local):
    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        result: Any = (await super().execute_async(request)).text()
        return result  # type: ignore[no-any-return]


MORE = {Capability.ISOLATED_PROCESSES, Capability.DISK, Capability.HOST_DEATH}


class Careless(
    InheritsTheEnvironment, SharesAFolder, KnowsNoMemoryLimit, CountsNoProcesses, ReadsUntilTheMainProcessEnds
):
    """Does nothing of what cannot be seen in a result; each language's programs must show it."""

    isolated = True
    capabilities = Local.capabilities | {Capability.CLEAN_ENV, Capability.ISOLATED_FS, *MORE}

    def isolation(self, run: Run) -> list[str]:
        return []

    def command(self, run: Run) -> list[str]:
        return ["shared.db" if part == ":memory:" else part for part in super().command(run)]

    def end(self, run: Run) -> None:
        if run.process:
            kill(run.process.pid)


CARELESS = "T04 T05 M01 P01 G01 I01 I02 I03 I04 I05 I12 I15"
"""What it must fail."""


class Control(NamedTuple):
    """An executor, the checks of a thorough run, those that it must fail, and those that cannot be made on it.

    All others must pass; when the first fails, nothing else is run.
    """

    make: type[Any]
    checks: str
    fails: str
    skips: str = ""
    needs_privilege: bool = False
    needs_jail: bool = False

    def missing(self) -> str:
        """Return why this machine cannot run it, if so."""
        if self.needs_privilege and not can_unshare():
            return "this process may not give a program a network of its own"
        if self.needs_jail and not can_jail():
            return "this machine has no bubblewrap that works"
        return ""

    def tried(self) -> list[str]:
        """Return the checks that it is run through: in a quick run those alone that are to notice it."""
        checks = self.checks.split()
        if THOROUGH or not self.fails:
            return checks
        noticed = {*self.fails.split(), *self.skips.split()}
        return [check for check in checks if check in noticed]

    def expected(self) -> dict[str, Verdict]:
        if self.fails == "D01":
            return {"D01": Verdict.FAIL}
        exceptions = dict.fromkeys(self.fails.split(), Verdict.FAIL) | dict.fromkeys(self.skips.split(), Verdict.SKIP)
        return {check: exceptions.get(check, Verdict.PASS) for check in self.tried()}


ENDS = "R01 R02 R03 R04 R05 R06 R07 R08"
OUTPUT = "R01 O01 O02 O03 O05"
TIMES = "R01 T01 T02 T03 T04 T05"
CARRIES = "R01 S01 F01 F02"
SEES = "R01 I01 I03 I04 E01"
JAILED = "R01 I01 I02 I03 I04 I05"
WHOLE = "D01 D02 D03 R01 L01"

CONTROLS = (
    Control(AsyncUnderTheSyncName, WHOLE, "D01"),
    Control(KeywordsInsteadOfOneRecord, WHOLE, "D01"),
    Control(DeclaresCloseWithoutMethod, WHOLE, "D01"),
    Control(ChangesItsMind, WHOLE, "D02"),
    Control(TakesItsTimeToDescribe, WHOLE, "D02"),
    Control(SpellsItsOwnNames, "D01 D02 D03", "D02"),
    Control(RunsAnythingAsPython, WHOLE, "D03"),
    Control(RefusesInItsOwnWords, WHOLE, "D03"),
    Control(RefusesTooLate, "D01 D02 D03", "D03"),
    Control(ClosesOnce, WHOLE, "L01"),
    Control(NeverCloses, WHOLE, "L01"),
    Control(GivesSomethingElse, "R01 R02 O03", "R01 R02 O03"),
    Control(AddsAPrompt, ENDS, "R01"),
    Control(CannotTakeNothing, ENDS, "R02"),
    Control(CallsEverythingCompleted, ENDS, "R03 R04 R05 R08", "R06 R07"),
    Control(CallsSyntaxErrorsKilled, ENDS, "R03"),
    Control(LosesStandardError, f"{ENDS} O01", "R04 O01"),
    Control(KnowsOneExitCodeOnly, ENDS, "R05", "R06 R07"),
    Control(Takes124ForATimeout, ENDS, "R06"),
    Control(Takes137ForMemory, ENDS, "R07"),
    Control(TakesSignalsForSuccess, ENDS, "R08"),
    Control(RunsItAsProcessOne, ENDS, "R08", needs_privilege=True),
    Control(PassesTheSourceAsArgument, "R01 R09 R10", "R09"),
    Control(CutsTheSource, "R01 R09 R10", "R09"),
    Control(ExpandsVariablesInTheSource, "R01 R09 R10", "R10"),
    Control(WritesTheSourceInLatin1, "R01 R09 R10 O03", "R10 O03"),
    Control(MergesTheStreams, f"{OUTPUT} R04", "O01"),
    Control(TakesOutputForText, f"{OUTPUT} S01", "O02 S01"),
    Control(SpeaksAscii, OUTPUT, "O02 O03"),
    Control(PilesUpOutput, "R01 O04 O05", "O04"),
    Control(CutsWithoutAWord, "R01 O04 O05", "O04"),
    Control(DoesNotCut, "R01 O04 O05", "O04 O05"),
    Control(FlagsWhatIsFull, "R01 O04 O05", "O05"),
    Control(KnowsNoLimit, TIMES, "T01", "T02 T03 T04"),
    Control(NeverComesBack, "R01 R02", "R01 R02"),
    Control(NeverComesBackAndIsDeaf, "R01 K01", "R01 K01"),
    Control(BlocksTheLoopForever, "R01 R02 K03", "R01 R02 K03"),
    Control(DiesWithATimeout, "R01 T01", "T01"),
    Control(CallsATimeoutAFailure, TIMES, "T01", "T02 T03 T04"),
    Control(LosesTheOutputOfATimeout, TIMES, "T02"),
    Control(AsksPolitely, TIMES, "T03"),
    Control(EndsTheProcessGroupOnly, TIMES, "T04 T05"),
    Control(EndsTheProcessGroup, f"{TIMES} T12 T13 K01 K02 X01 L04", "T04", "T12 T13 K01 K02 X01 L04"),
    Control(LeavesChildrenOfTheDead, TIMES, "T05"),
    Control(WaitsForEveryStream, TIMES, "T05"),
    Control(LooksOnceInAWhile, "T06", "T06"),
    Control(TriesFailuresAgain, "R01 T07", "T07"),
    Control(TriesTimeoutsAgain, "R01 T07", "T07"),
    Control(ShowsBothTries, "R05 T07", "T07"),
    Control(KnowsNoMemoryLimit, "R01 M01 M02 M03", "M01", "M02 M03"),
    Control(SwapsInsteadOfStopping, "M01 M02", "M01", "M02"),
    Control(LetsNothingStart, "R01 M01 M02 M03", "M01", "M02 M03"),
    Control(CallsMemoryAFailure, "R01 M01 M02 M03", "M02"),
    Control(BlamesTheParent, "R01 M01 M02 M03", "M03"),
    Control(CountsNoProcesses, "R01 P01", "P01"),
    Control(DiesInAForkStorm, "R01 P01", "P01"),
    Control(SwallowsCancellation, "R01 K01 K02 K03", "K01", "K02"),
    Control(RunsOnWhenCancelled, "R01 K01 K02 K03", "K01", "K02"),
    Control(StartsThoughCancelled, "R01 K01 K02 K03", "K02"),
    Control(BlocksTheLoop, "R01 K01 K03", "K03"),
    Control(HasANetwork, "R01 I01 I06 I07 I08 I04", "I01", "I06 I07 I08", needs_privilege=True),
    Control(ShowsTheHostsFiles, JAILED, "I02", needs_jail=True),
    Control(ShowsTheHostsFiles, "I09", "I09", needs_jail=True),
    Control(InheritsTheEnvironment, SEES, "I03"),
    Control(SharesAFolder, "R01 I01 I04 E01 L01", "I04"),
    Control(WritesAnEnvFile, "R01 I01 I04 E01", "E01"),
    Control(ReadsStandardInputAsText, CARRIES, "S01"),
    Control(AddsALineEnd, CARRIES, "S01"),
    Control(InsistsOnBeingRead, CARRIES, "S01"),
    Control(StripsFiles, CARRIES, "F01"),
    Control(FlattensFolders, CARRIES, "F01"),
    Control(InsistsOnArtifacts, CARRIES, "F02"),
    Control(TakesArtifactsForText, CARRIES, "F02"),
    Control(FollowsLinks, CARRIES, "F02"),
    Control(InProcess, "D01 D02 Z01", ""),
    Control(SessionsWithoutMemory, "D01 D02 Z01", "Z01"),
    Control(SessionsWithoutEnd, "D01 D02 Z01", "Z01"),
    Control(SessionsWithoutName, "D01 D02 Z01", "Z01"),
    Control(SessionsThatCannotBeOpened, "D01 D02 Z01", "Z01"),
    Control(RunsOneAtATime, "R01 R03 N01", "N01"),
    Control(MixesOutputs, "R01 N01", "N01"),
    Control(BreaksInItsOwnWords, "R01 X01", "X01"),
    Control(CallsABreakdownAFailure, "R01 X01", "X01"),
    Control(LeavesAllWhenBroken, "R01 X01", "X01"),
)
