"""T: time limits, and what is left when they are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import Skipped, cannot_tell, expect, told
from codeexec_config.executor import Capability, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionRequest, ExecutionResult

_ATTEMPTS = 3
_SOON_SECS = 0.2


def busy_loop(kit: Kit) -> None:
    """T01: a busy loop is timed out on time, and the next request works."""
    kit.run(kit.request(kit.code("busy"), wall=kit.deadlines.stop_limit), Status.TIMED_OUT)
    kit.hello_works()


def partial_output(kit: Kit) -> None:
    """T02: what a program printed before its time was up is kept."""
    code = kit.code("before_sleep")
    result = _stopped_after(kit, code, b"before")
    expect(b"before" in result.stdout, f"what it had printed is lost: {told(result)}")
    if kit.declares(Capability.STDERR):
        _both_are_kept(kit, code)


def _both_are_kept(kit: Kit, code: str) -> None:
    both = kit.code("both_streams")
    if b"to-err" not in kit.run(kit.request(both)).stderr:
        return  # O01 reports it
    result = _stopped_after(kit, f"{both}\n{code}", b"before")
    expect(b"to-err" in result.stderr, f"what it had printed to standard error is lost: {told(result)}")
    expect(result.stdout.split() == [b"to-out", b"before"], f"it printed to-out and before, got {told(result)}")


def deaf(kit: Kit) -> None:
    """T03: a program that ignores SIGTERM and keeps printing, or ends well on it, is timed out nevertheless."""
    result = kit.run(kit.request(kit.code("deaf"), wall=kit.deadlines.stop_limit))
    if result.status is Status.FAILED and b"deaf" not in result.stdout:
        cannot_tell(f"the program could not ignore a signal: {told(result)}")
    expect(result.status is Status.TIMED_OUT, f"expected timed_out, got {told(result)}")
    if kit.has("graceful"):
        _stopped_after(kit, kit.code("graceful"), b"ready")


def _stopped_after(kit: Kit, code: str, word: bytes) -> ExecutionResult:
    """Run a program into its limit, and again into a later one if it did not get to print a word."""
    result = kit.run(kit.request(code, wall=kit.deadlines.stop_limit), Status.TIMED_OUT)
    if word in result.stdout:
        return result
    return kit.run(kit.request(code, wall=kit.deadlines.run_limit), Status.TIMED_OUT)


def orphan(kit: Kit) -> None:
    """T04: a timeout ends a child that has started its own session."""
    marker, outcome = kit.watched()
    result = kit.verdict(outcome)
    kit.expect_nothing_left(marker)
    if b"started" not in result.stdout and not kit.subject.sights[kit.language]:
        raise Skipped(f"the program could not start a child: {told(result)}")
    expect(result.status is Status.TIMED_OUT, f"expected timed_out, got {told(result)}")
    kit.expect_sight()


def outliving_child(kit: Kit) -> None:
    """T05: a child ends with its parent, whose end is the program's even if the child keeps a stream open."""
    kit.expect_sight()
    marker = kit.nonce()
    result = kit.run(kit.request(kit.code("outliving", marker=marker)), Status.COMPLETED)
    expect(b"parent done" in result.stdout, f"the parent did not reach its end: {told(result)}")
    kit.expect_nothing_left(marker)


def no_latency(kit: Kit) -> None:
    """T06: a short program does not wait for its limit, or for some timer."""
    request = kit.request(kit.code("say", text="short"), wall=kit.deadlines.latency_limit)
    outcome = kit.outcome(request)
    kit.verdict(outcome, Status.COMPLETED, request=request)
    most = kit.info.startup_secs + kit.deadlines.latency
    expect(outcome.secs < most, f"a short program took {outcome.secs:.1f} s; {most:g} would be generous")


def run_once(kit: Kit) -> None:
    """T07: a program that failed, or was timed out, is not run again.

    A second run whose output replaces the first one's shows only in the time, which is compared with that of an empty
    program: one start-up. Only a machine that is always busy takes twice as long each time.
    """
    secs = kit.deadlines.once
    nonce = kit.nonce()
    failing = kit.request(kit.code("fail_late", text=nonce, secs=secs))
    cut_short = kit.request(kit.code("fail_late", text=nonce, secs=secs + 60), wall=secs)
    for request, status in ((failing, Status.FAILED), (cut_short, Status.TIMED_OUT)):
        result = ran_once(kit, request, nonce)
        if result.status is not status:
            cannot_tell(f"the program did not end as it should: {told(result)}")
    soon_ran_once(kit, "end_soon", "fails")


def soon_ran_once(kit: Kit, purpose: str, how: str) -> None:
    """Count the processes of a program that ends badly, soon and silently, like one that could not start."""
    if kit.has(purpose) and kit.has("end_soon") and kit.has_sight():
        _failed_once(kit, purpose, how)


def _failed_once(kit: Kit, purpose: str = "end_soon", how: str = "fails") -> None:
    usual = bad = 1  # on a busy machine, a process may not be seen
    for _ in range(_ATTEMPTS):
        usual, bad = max(usual, _processes(kit, "end_soon", 0)), _processes(kit, purpose, 1)
        if bad <= usual:
            break
    expect(bad <= usual, f"{bad} processes of a program that soon {how} were seen, {usual} of one that ends well")


def _processes(kit: Kit, purpose: str, code: int) -> int:
    marker = kit.nonce()
    return kit.counted(kit.request(kit.code(purpose, marker=marker, secs=_SOON_SECS, code=code)), marker)


def ran_once(kit: Kit, request: ExecutionRequest, nonce: str) -> ExecutionResult:
    """Run a program that prints a word at its start and lasts a while; fail if it seems to have been run twice."""
    secs = kit.deadlines.once
    took: list[float] = []
    while True:
        start_up = kit.outcome(kit.request(kit.code("say", text="short"))).secs
        outcome = kit.outcome(request)
        result = kit.verdict(outcome, request=request)
        expect(result.stdout.count(nonce.encode()) <= 1, "its start is in the output twice: it was run again")
        took.append(outcome.secs)
        if outcome.secs < start_up + 1.8 * secs:
            return result
        if len(took) == _ATTEMPTS:
            # The short program may have used up a prepared interpreter.
            was_once = min(took) < kit.info.startup_secs + 1.8 * secs
            expect(was_once, f"{secs:g} s of program took {min(took):.1f} s: it was run again")
            return result
