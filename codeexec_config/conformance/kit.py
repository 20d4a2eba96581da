"""What a check works with: the executor, programs in one language, and calls with deadlines."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from codeexec_config.conformance.circumstances import Circumstances
from codeexec_config.conformance.opinions import Failed, NotApplicable, Skipped, cannot_tell, expect
from codeexec_config.conformance.snippets.features import FEATURES, uses
from codeexec_config.conformance.subject import Outcome, Subject
from codeexec_config.conformance.watching import Descendants
from codeexec_config.conformance.wording import told, traced
from codeexec_config.executor import (
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    RequestError,
    RequestTooLarge,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from codeexec_config.conformance.calling import Call
    from codeexec_config.conformance.circumstances import Report
    from codeexec_config.conformance.elsewhere import Elsewhere
    from codeexec_config.executor import Capability, ExecutorInfo

__all__ = ["Failed", "Kit", "NotApplicable", "Outcome", "Skipped", "Subject", "cannot_tell", "expect", "told", "traced"]

_POLL_SECS = 0.04
_SHORT_POLL_SECS = 0.02
_SIGHT_SECS = 1.0
REFUSALS = RequestError, RequestTooLarge
"""The errors with which limits may be refused."""
OTHER_LIMITS = "limits other than the usual ones are refused, as they may be"
_Seen = TypeVar("_Seen")


class Kit:
    """One check's view of the subject: programs and requests in one language.

    Args:
        subject: the executor under test.
        info: its description.
        language: the one to write programs in.
        snippets: the programs, by purpose.
        lacking: the features that its interpreter is known to lack.
    """

    def __init__(
        self,
        subject: Subject,
        info: ExecutorInfo,
        language: str,
        snippets: Mapping[str, str],
        lacking: frozenset[str] = frozenset(),
    ) -> None:
        self.subject = subject
        self.info = info
        self.language = language
        self.deadlines = subject.deadlines
        self.sizes = subject.sizes
        self._once: dict[str, Any] = {}
        self._snippets = snippets
        self._lacks = dict.fromkeys(lacking, True)
        self._learning = threading.Lock()

    # Programs

    def declares(self, capability: Capability) -> bool:
        """Check whether a capability is declared for the language."""
        return capability in self.info.languages[self.language].capabilities

    def has(self, purpose: str) -> bool:
        """Check whether there is a program for a purpose."""
        return purpose in self._snippets

    def code(self, purpose: str, **values: object) -> str:
        """Return the program for a purpose, with its `@NAME@`s replaced."""
        if not self.has(purpose):
            raise NotApplicable(f"no program for {purpose}")
        code = self._snippets[purpose]
        for feature in FEATURES:
            if uses(self.language, feature, code) and self._is_lacking(feature):
                raise NotApplicable(f"this interpreter has no {feature}, which the program for {purpose} needs")
        for name, value in values.items():
            code = code.replace(f"@{name.upper()}@", str(value))
        return code

    def request(self, code: str, *, wall: float | None = None, **fields: Any) -> ExecutionRequest:
        """Return a request with limits that programs should not reach."""
        limits = ExecutionLimits(
            wall_secs=wall or self.deadlines.run_limit,
            memory_bytes=fields.pop("memory", self.sizes.memory),
            output_bytes=fields.pop("output", self.sizes.output_limit),
            **({"artifact_bytes": fields.pop("artifact_bytes")} if "artifact_bytes" in fields else {}),
        )
        return ExecutionRequest(language=self.language, code=code, limits=limits, **fields)

    # Runs

    def start(self, request: ExecutionRequest) -> Call:
        """Start a run."""
        return self.subject.start("execute", request)

    def allowed_secs(self, request: ExecutionRequest) -> float:
        """Return how long a run may take to be on time."""
        return request.limits.wall_secs + self.info.startup_secs + self.deadlines.late

    def outcome(self, request: ExecutionRequest, call: Call | None = None) -> Outcome:
        """Run to any end; a late call is abandoned."""
        call = call or self.start(request)
        return self.subject.settled(call, "the call", self.allowed_secs(request))

    def run(self, request: ExecutionRequest, *statuses: Status, call: Call | None = None) -> ExecutionResult:
        """Run to a verdict, one of `statuses` if any are given."""
        return self.verdict(self.outcome(request, call), *statuses, request=request)

    def verdict(self, outcome: Outcome, *statuses: Status, request: ExecutionRequest | None = None) -> ExecutionResult:
        """Return the verdict of a run, which must have one, one of `statuses` if any are given.

        Limits other than the usual ones may be refused; then the check is skipped.
        """
        if type(outcome.error) in REFUSALS and request is not None and self._is_unusual(request.limits):
            cannot_tell(OTHER_LIMITS)
        expect(outcome.error is None, f"raised {told(outcome.error, request)}", traced(outcome.error, request))
        result = outcome.result
        expect(isinstance(result, ExecutionResult), f"returned {told(result)}")
        if statuses:
            names = " or ".join(statuses)
            expect(result.status in statuses, f"expected {names}, got {told(result)}")
        verdict: ExecutionResult = result
        return verdict

    def _is_unusual(self, limits: ExecutionLimits) -> bool:
        usual = self.sizes.memory, self.sizes.output_limit, self.deadlines.run_limit
        return usual != (limits.memory_bytes, limits.output_bytes, limits.wall_secs)

    def together(self, requests: Sequence[ExecutionRequest]) -> Iterator[tuple[ExecutionRequest, Outcome]]:
        """Run requests, as many concurrently as may run, and yield each with its outcome."""
        most = self.most_at_once()
        for first in range(0, len(requests), most):
            begun = [(request, self.start(request)) for request in requests[first : first + most]]
            yield from [(request, self.outcome(request, call)) for request, call in begun]

    def once(self, purpose: str, see: Callable[[], _Seen]) -> _Seen:
        """Return the outcome of a program that several checks judge; it is run for the first of them."""
        if purpose not in self._once:
            self._once[purpose] = see()
        seen: _Seen = self._once[purpose]
        return seen

    def start_up_secs(self) -> float:
        """Return how long a start-up takes here: that of an empty program, but no more than is declared."""
        took = self.once("start_up", lambda: self.outcome(self.request(self.code("say", text="short"))).secs)
        return min(self.info.startup_secs, took)

    def shown(self, request: ExecutionRequest, word: str, *, call: Call | None = None) -> ExecutionResult:
        """Run a program that looks at something, and skip the check if it did not get to print a word."""
        result = self.run(request, call=call)
        if word.encode() not in result.stdout:
            cannot_tell(f"the program did not get that far: {told(result)}")
        return result

    def elsewhere(self, request: ExecutionRequest, circumstances: Circumstances) -> Report:
        """Run in a copy of the host's process, to any end."""
        return self.copy().run(request, circumstances, self.allowed_secs(request))

    def copy(self) -> Elsewhere:
        """Return the copy of the host's process, or skip the check if it cannot even run a program.

        Threads, and connections or workers that only one process may use, do not survive the fork that makes it.
        """
        elsewhere = self.subject.elsewhere
        if elsewhere.works is None:
            elsewhere.works = self._works_in_a_copy(elsewhere)
            if not elsewhere.works:
                elsewhere.close()  # it has ends of the executor's own pipes open
        if not elsewhere.works:
            cannot_tell("the executor runs nothing in a copy of the host's process: it had started something before")
        return elsewhere

    def _works_in_a_copy(self, elsewhere: Elsewhere) -> bool:
        request = self.request(self.code("say", text="copy"))
        try:
            return not elsewhere.run(request, Circumstances(), self.allowed_secs(request)).error
        except Failed:
            return False

    def has_sight(self) -> bool:
        """Check whether the language has programs with children, and the probe sees them."""
        try:
            self.expect_sight()
        except (Skipped, NotApplicable):
            return False
        return True

    def reported(self, request: ExecutionRequest, report: Report, *statuses: Status) -> ExecutionResult:
        """Return the verdict of such a run, one of `statuses` if any are given."""
        expect(not report.error, f"got {report.error}")
        return self.verdict(Outcome(report.result, None, 0), *statuses, request=request)

    def most_at_once(self) -> int:
        """Return how many programs may run concurrently: as the executor declares, but at most the kit's number."""
        return min(self.info.max_concurrency or self.sizes.together, self.sizes.together)

    def _is_lacking(self, feature: str) -> bool:
        """Find out, when the first program needs it, whether the interpreter lacks a feature by design."""
        with self._learning:
            if feature not in self._lacks:
                self._lacks[feature] = not self._works(feature)
            return self._lacks[feature]

    def _works(self, feature: str) -> bool:
        try:
            result = self.run(self.request(self._snippets[feature]))
        except Failed:
            return True  # the checks will report what is wrong
        return result.status is not Status.FAILED or b"works" in result.stdout

    def hello_works(self) -> None:
        """Make sure that the executor has survived: the next request must run."""
        nonce = self.nonce()
        result = self.run(self.request(self.code("say", text=nonce)))
        expect(result.ok and nonce.encode() in result.stdout, f"the next request did not run: {told(result)}")

    # Looking from outside

    @staticmethod
    def nonce() -> str:
        """Return a unique word."""
        return f"kit{secrets.token_hex(8)}"

    def sees(self, marker: str, call: Call, secs: float) -> bool:
        """Look for a marker while a call runs, and return whether the probe saw it."""
        until = time.monotonic() + secs
        while time.monotonic() < until and not call.wait(_POLL_SECS):
            if self.left(marker):
                return True
        return False

    def comes_into_sight(self, marker: str) -> bool:
        """Look for the marker of a process just started: it may not have its arguments yet when its parent goes on."""
        until = time.monotonic() + _SIGHT_SECS
        while not (is_seen := bool(self.left(marker))) and time.monotonic() < until:
            time.sleep(_POLL_SECS)
        return is_seen

    def left(self, marker: str) -> Collection[str]:
        """Return everything that has the marker now."""
        found: object = self.subject.probe(marker)
        if isinstance(found, (str, bytes)) or not isinstance(found, Collection):
            raise Failed(f"the leak probe returned {type(found).__name__}, not a collection of lines")
        return [str(each) for each in found]  # such as paths

    def counted(self, request: ExecutionRequest, marker: str) -> int:
        """Run to any end, and return how many processes with a marker were seen."""
        call = self.start(request)
        seen: set[str] = set()
        until = time.monotonic() + self.allowed_secs(request)
        while not call.wait(_SHORT_POLL_SECS) and time.monotonic() < until:
            seen |= {each.partition(":")[0] for each in self.left(marker)}
        self.outcome(request, call)
        return len(seen)

    def expect_nothing_left(self, marker: str, secs: float | None = None) -> None:
        """Fail if something still has the marker after the time to settle."""
        _expect_none(partial(self.left, marker), secs or self.deadlines.settle)

    def expect_none_left_by(self, act: Callable[[], None], times: int) -> None:
        """Fail if processes started by `act` live on after the time to settle, marked or not.

        A pool replaces what was used, but does not grow each time: so the act is repeated, at most `times`.
        """
        blocks: list[Descendants] = []
        left: Collection[str] = ()
        for _ in range(times):
            with Descendants() as born:
                act()
            blocks.append(born)
            most = len(left)
            left = _left(lambda: [each for block in blocks for each in block.left()], self.deadlines.settle, most=most)
            if len(left) <= most:
                return
        raise Failed(f"left behind: {_some(left)}; there were more each time")

    def expect_sight(self) -> None:
        """Skip the check if the probe cannot see this executor's programs: it would never find anything left."""
        if self.language not in self.subject.sights:
            with suppress(Failed):  # of a limit that is not kept, which T04 reports
                self.watched()
        if not self.subject.sights.get(self.language):
            raise Skipped("the leak probe does not see this executor's programs: pass run_conformance one that does")

    def watched(self) -> tuple[str, Outcome]:
        """Run a program with a child in a new session into its limit, and find out whether the probe sees the two.

        If it is not seen, it may not have got that far: then run it again, into a later limit.
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


def _expect_none(look: Callable[[], Collection[str]], secs: float) -> None:
    """Fail if something is left after the time to settle."""
    left = _left(look, secs)
    expect(not left, f"left behind: {_some(left)}")


def _left(look: Callable[[], Collection[str]], secs: float, *, most: int = 0) -> Collection[str]:
    """Look until no more than `most` is left, or the time to settle is over, and return what is left."""
    until = time.monotonic() + secs
    while len(left := look()) > most and time.monotonic() < until:
        time.sleep(_POLL_SECS)
    return left


def _some(left: Collection[str]) -> str:
    return "; ".join(sorted(left)[:3])
