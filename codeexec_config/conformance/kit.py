"""What a check works with: the executor, programs for one language, and calls that come back by a deadline."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from codeexec_config.conformance.calling import Call, EventLoop, call_in_thread
from codeexec_config.executor import ExecutionError, ExecutionLimits, ExecutionRequest, ExecutionResult

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from codeexec_config.conformance.figures import Deadlines, Sizes
    from codeexec_config.conformance.probing import LeakProbe
    from codeexec_config.executor import Capability, ExecutorInfo, Status

__all__ = ["Failed", "Kit", "NotApplicable", "Outcome", "Skipped", "Subject", "expect", "told"]

_POLL_SECS = 0.02
_SHOWN = 120


class Failed(Exception):  # noqa: N818 -- a verdict, not an error
    """The check did not see what must be seen; the text says what it saw."""


class Skipped(Exception):  # noqa: N818 -- the same
    """The check could not be made; the text says why."""


class NotApplicable(Exception):  # noqa: N818 -- the same
    """There is no program for it in this language, or the executor has not the form for it."""


def expect(holds: object, message: str) -> None:
    """Fail the check unless something holds."""
    if not holds:
        raise Failed(message)


class Outcome(NamedTuple):
    """How a call ended."""

    result: Any
    error: BaseException | None
    secs: float


class Subject:
    """The executor under test, whichever form it has, and what is learnt about it on the way."""

    def __init__(self, executor: Any, probe: LeakProbe, deadlines: Deadlines, sizes: Sizes) -> None:
        self.executor = executor
        self.probe = probe
        self.deadlines = deadlines
        self.sizes = sizes
        self.is_async = hasattr(executor, "execute_async")
        self.sights: dict[str, bool] = {}
        self._loop: EventLoop | None = None

    def describe(self) -> Outcome:
        """Ask for one description."""
        return self.settled(call_in_thread(self._description), "describe()", self.deadlines.describe)

    def _description(self) -> object:
        return self.executor.describe()

    def start(self, name: str, *records: object) -> Call:
        """Call a method, in the form that the executor has."""
        if not self.is_async:
            return call_in_thread(lambda: getattr(self.executor, name)(*records))
        return self.loop.call(lambda: getattr(self.executor, f"{name}_async")(*records))

    def finish(self, name: str, *records: object) -> Any:
        """Call one of the small methods to its end and give what it gives."""
        outcome = self.settled(self.start(name, *records), f"{name}()", self.deadlines.close)
        expect(outcome.error is None, f"{name}() raised {told(outcome.error)}")
        return outcome.result

    @property
    def loop(self) -> EventLoop:
        """The event loop of async calls."""
        if self._loop is None:
            self._loop = EventLoop()
        return self._loop

    def settled(self, call: Call, what: str, secs: float) -> Outcome:
        """Wait for the end of a call, or leave it behind."""
        if call.wait(secs - call.secs):
            return Outcome(call.result, call.error, call.secs)
        call.cancel()
        call.wait(self.deadlines.abandon)
        self._replace_blocked_loop()
        raise Failed(f"{what} was not back after {secs:g} s")

    def _replace_blocked_loop(self) -> None:
        if self._loop is not None and not self._loop.responds():
            self._loop = None

    def close(self) -> None:
        """Let go of the event loop."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None


class Kit:
    """One check's view of the subject: programs and requests in one language.

    Args:
        subject: the executor under test.
        info: how it describes itself.
        language: the one to write programs in.
        snippets: the programs, by purpose.
    """

    def __init__(self, subject: Subject, info: ExecutorInfo, language: str, snippets: Mapping[str, str]) -> None:
        self.subject = subject
        self.info = info
        self.language = language
        self.deadlines = subject.deadlines
        self.sizes = subject.sizes
        self._snippets = snippets

    # Programs

    def declares(self, capability: Capability) -> bool:
        """Tell whether a capability is declared for the language."""
        return capability in self.info.languages[self.language].capabilities

    def has(self, purpose: str) -> bool:
        """Tell whether there is a program for a purpose."""
        return purpose in self._snippets

    def code(self, purpose: str, **values: object) -> str:
        """Give the program for a purpose, with its `@NAME@`s replaced."""
        if not self.has(purpose):
            raise NotApplicable(f"no program for {purpose}")
        code = self._snippets[purpose]
        for name, value in values.items():
            code = code.replace(f"@{name.upper()}@", str(value))
        return code

    def request(self, code: str, *, wall: float | None = None, **fields: Any) -> ExecutionRequest:
        """Ask for a run under the limits of programs that do not mean to meet them."""
        limits = ExecutionLimits(
            wall_secs=wall or self.deadlines.run_limit,
            memory_bytes=fields.pop("memory", self.sizes.memory),
            output_bytes=fields.pop("output", self.sizes.output_limit),
        )
        return ExecutionRequest(language=self.language, code=code, limits=limits, **fields)

    # Runs

    def start(self, request: ExecutionRequest) -> Call:
        """Start a run."""
        return self.subject.start("execute", request)

    def allowed_secs(self, request: ExecutionRequest) -> float:
        """Give the time by which a run is on time."""
        return request.limits.wall_secs + self.info.startup_secs + self.deadlines.late

    def outcome(self, request: ExecutionRequest, call: Call | None = None) -> Outcome:
        """Run to the end, whatever it is; a call that is late is left behind."""
        call = call or self.start(request)
        return self.subject.settled(call, "the call", self.allowed_secs(request))

    def run(self, request: ExecutionRequest, *statuses: Status, call: Call | None = None) -> ExecutionResult:
        """Run to a verdict, one of those named if any are."""
        return self.verdict(self.outcome(request, call), *statuses)

    def verdict(self, outcome: Outcome, *statuses: Status) -> ExecutionResult:
        """Give the verdict of a run that must have one, one of those named if any are."""
        expect(outcome.error is None, f"raised {told(outcome.error)}")
        result = outcome.result
        expect(isinstance(result, ExecutionResult), f"gave {type(result).__name__} and no ExecutionResult")
        if statuses:
            names = " or ".join(statuses)
            expect(result.status in statuses, f"expected {names}, got {told(result)}")
        verdict: ExecutionResult = result
        return verdict

    def hello_works(self) -> None:
        """Make sure that the executor has survived: the next request must run."""
        nonce = self.nonce()
        result = self.run(self.request(self.code("say", text=nonce)))
        expect(result.ok and nonce.encode() in result.stdout, f"the next request did not run: {told(result)}")

    # Looking from outside

    @staticmethod
    def nonce() -> str:
        """Give a word that stands nowhere else."""
        return f"kit{secrets.token_hex(8)}"

    def sees(self, marker: str, call: Call, secs: float) -> bool:
        """Look for a marker while a call runs, and tell whether the probe saw it."""
        until = time.monotonic() + secs
        while time.monotonic() < until and not call.wait(_POLL_SECS):
            if self.left(marker):
                return True
        return False

    def left(self, marker: str) -> Collection[str]:
        """Give what carries the marker now."""
        return self.subject.probe(marker)

    def expect_nothing_left(self, marker: str) -> None:
        """Fail when something still carries the marker after the time to settle."""
        until = time.monotonic() + self.deadlines.settle
        left = self.left(marker)
        while left and time.monotonic() < until:
            time.sleep(_POLL_SECS)
            left = self.left(marker)
        expect(not left, f"left behind: {'; '.join(sorted(left)[:3])}")

    def expect_sight(self) -> None:
        """Skip the check when the probe cannot see this executor's programs: it would find nothing left, always."""
        if self.language not in self.subject.sights:
            self.watched()
        if not self.subject.sights[self.language]:
            raise Skipped("the leak probe does not see this executor's programs: give run_conformance one that does")

    def watched(self) -> tuple[str, Outcome]:
        """Run a program with a child in a new session into its limit, and learn whether the probe sees the two.

        When it is not seen it may not have come so far: then once more, into a later limit.
        """
        marker, outcome = self._watched(self.deadlines.stop_limit)
        if not self.subject.sights[self.language]:
            marker, outcome = self._watched(self.deadlines.run_limit)
        return marker, outcome

    def _watched(self, wall: float) -> tuple[str, Outcome]:
        marker = self.nonce()
        request = self.request(self.code("orphan", marker=marker), wall=wall)
        call = self.start(request)
        self.subject.sights[self.language] = self.sees(marker, call, self.allowed_secs(request))
        return marker, self.outcome(request, call)


def told(what: ExecutionResult | BaseException | None) -> str:
    """Put a result or an exception into words: never its text, which may hold a key or a URL, but its place."""
    if isinstance(what, ExecutionResult):
        return _told_result(what)
    if isinstance(what, ExecutionError):
        return f"{type(what).__name__}: {what}"
    return f"{type(what).__name__}{_place(what)}"


def _told_result(result: ExecutionResult) -> str:
    words = [str(result.status)]
    if result.exit_code is not None:
        words.append(f"exit code {result.exit_code}")
    if result.signal is not None:
        words.append(f"signal {result.signal}")
    words += (f"{name} {getattr(result, name)[:_SHOWN]!r}" for name in ("stdout", "stderr") if getattr(result, name))
    return ", ".join(words)


def _place(error: BaseException | None) -> str:
    trace = error.__traceback__ if error else None
    if trace is None:
        return ""
    while trace.tb_next:
        trace = trace.tb_next
    return f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
