"""T, M and N: fractional limits, and figures that are correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import Failed, NotApplicable, cannot_tell, expect, told
from codeexec_config.executor import ExecutionResult, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit, Outcome
    from codeexec_config.executor import ExecutionRequest

_SHORT_SECS = 0.5
_FRACTION = (2.95, 2.15)
_ROUNDED_UP = (1.05, 1.6)
_ATTEMPTS = 5
_NAP_SECS = 1.0
_LONGER = 1, 3, 6
"""Multiples of a nap to try: a busy machine distorts longer programs less."""
_TOLERANCE_SECS = 0.1
_TOUCHED_MEBIBYTES = 200
_MEASURABLE_SECS = 0.8
_MOST_OWN = 0.75


def short_limit(kit: Kit) -> None:
    """T08: a limit of half a second is enforced."""
    kit.run(kit.request(kit.code("before_sleep"), wall=_SHORT_SECS), Status.TIMED_OUT)


def fraction(kit: Kit) -> None:
    """T09: a limit is not rounded to whole seconds."""
    wall, secs = _ROUNDED_UP
    naps = kit.request(kit.code("nap", secs=secs), wall=wall)
    expect(
        any(kit.run(naps).status is Status.TIMED_OUT for _ in range(_ATTEMPTS)),
        f"a program of {secs:g} s completed under a limit of {wall:g} s, each time",
    )
    wall, secs = _FRACTION
    result = _napped(kit, wall, secs)
    if result.status is Status.TIMED_OUT:
        own = _usual_secs(kit)
        if own > (wall - secs) / 2:  # with an interpreter that is so slow to start, sleep less
            result = _napped(kit, wall, max(0.0, secs - own))
            if result.status is Status.TIMED_OUT:
                cannot_tell(f"a program that only prints a word takes {own:.1f} s")
    expect(result.ok, f"a program of {secs:g} s under a limit of {wall:g} s: {told(result)}")


def _napped(kit: Kit, wall: float, secs: float) -> ExecutionResult:
    """Run a program that sleeps, again if it was stopped, because the machine may be busy."""
    for _ in range(_ATTEMPTS - 1):
        result = kit.run(kit.request(kit.code("nap", secs=secs), wall=wall))
        if result.status is not Status.TIMED_OUT:
            return result
    return kit.run(kit.request(kit.code("nap", secs=secs), wall=wall))


def _usual_secs(kit: Kit) -> float:
    """Return the time of an empty program: the longest measured, or without measurements the shortest in total."""
    outcomes = [kit.outcome(_short(kit)) for _ in range(_ATTEMPTS)]
    measured = max(_own_secs(outcome, outcome.secs) for outcome in outcomes)
    return measured or min(outcome.secs for outcome in outcomes)


def start_up_apart(kit: Kit) -> None:
    """T10: the executor's own start-up does not count as the program's time."""
    secs, own = _start_up(kit)
    declared = kit.info.startup_secs
    if 0 < declared < secs:
        raise NotApplicable(f"a start-up of {secs:.2f} s, though {declared:g} s are declared: the machine is busy")
    wall = own + 0.6 * secs
    result = _napped(kit, wall, 0.1 * secs)
    if not result.ok:
        secs, _ = _start_up(kit)  # on a busy machine, it may usually be shorter
    expect(result.ok, f"a program of {own + 0.1 * secs:.1f} s under a limit of {wall:.1f} s: {told(result)}")


def _start_up(kit: Kit) -> tuple[float, float]:
    """Return how long a short program takes to start, and how long it runs."""
    outcome = min((kit.outcome(_short(kit)) for _ in range(2)), key=lambda each: each.secs)
    # An executor that counts its start-up as the program's time would measure it that way too.
    own = _own_secs(outcome, _MOST_OWN * outcome.secs)
    secs = outcome.secs - own
    if secs < _MEASURABLE_SECS:
        raise NotApplicable(f"a start-up of {secs:.2f} s is too short to distinguish from a program's time")
    return secs, own


def _short(kit: Kit) -> ExecutionRequest:
    return kit.request(kit.code("say", text="short"))


def _own_secs(outcome: Outcome, most: float) -> float:
    """Return the executor's measurement of a program's time, with its interpreter's start, if it is plausible."""
    measured = outcome.result.wall_secs if isinstance(outcome.result, ExecutionResult) else None
    return measured if measured is not None and measured < most else 0.0


def time_measured(kit: Kit) -> None:
    """T11: the time in a result is the program's, in seconds."""
    outcome = kit.outcome(kit.request(kit.code("nap", secs=_NAP_SECS)))
    measured = kit.verdict(outcome, Status.COMPLETED).wall_secs
    if measured is None:
        raise NotApplicable("the executor measures no time")
    right = _NAP_SECS - _TOLERANCE_SECS <= measured <= outcome.secs + _TOLERANCE_SECS
    expect(right, f"{measured:g} s measured for a program of {_NAP_SECS:g} s that returned in {outcome.secs:.2f} s")


def memory_measured(kit: Kit) -> None:
    """M05: the memory in a result is that of this program, in bytes."""
    code = kit.code("touch", mebibytes=_TOUCHED_MEBIBYTES)
    small = kit.run(kit.request(kit.code("say", text="small"))).peak_memory_bytes
    result = kit.run(kit.request(code, wall=kit.deadlines.latency_limit))
    greedy = result.peak_memory_bytes
    if greedy is None and small is None:
        raise NotApplicable("the executor measures no memory")
    if not result.ok:
        cannot_tell(f"the program did not get that far: {told(result)}")
    small = kit.run(kit.request(kit.code("say", text="small"))).peak_memory_bytes
    touched = _TOUCHED_MEBIBYTES << 20
    if greedy is not None:
        fits = 0.9 * touched <= greedy <= 2 * kit.sizes.memory
        expect(fits, f"{greedy} bytes were measured for a program that filled {touched}")
    if small is not None:
        expect(small < 0.9 * touched, f"{small} bytes were measured for a program that only prints a word")
        expect(small > 1 << 16, f"{small} bytes were measured for an interpreter")


def waiting_apart(kit: Kit) -> None:
    """N02: a program's wait for its turn does not count as its time."""
    most = kit.sizes.together if kit.info.max_concurrency is None else kit.most_at_once()
    if most == 1:
        raise NotApplicable("the executor runs one program at once")
    complaint = ""
    for longer in _LONGER:
        complaint = _counted_waiting(kit, most, longer * _NAP_SECS)
        if not complaint:
            return
    raise Failed(complaint)


def _counted_waiting(kit: Kit, most: int, secs: float) -> str:
    """Run programs concurrently, and return a complaint if their wait for their turn counts as their time."""
    wall = 3.0 * secs
    request = kit.request(kit.code("nap", secs=secs), wall=wall)
    calls = [kit.start(request) for _ in range(most)]
    late = kit.allowed_secs(request) + most * secs
    outcomes = [kit.subject.settled(call, "a call", late) for call in calls]
    results = [kit.verdict(outcome, request=request) for outcome in outcomes]
    stopped = sum(result.status is Status.TIMED_OUT for result in results)
    if stopped:
        return f"of {most} concurrent programs of {secs:g} s, {stopped} met a limit of {wall:g} s"
    measured = max((result.wall_secs for result in results if result.wall_secs is not None), default=0)
    if measured >= 2 * secs + _TOLERANCE_SECS and max(call.secs for call in calls) >= wall:
        return f"{measured:.1f} s were measured for a program of {secs:g} s that had to wait"
    return ""
