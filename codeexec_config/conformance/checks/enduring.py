"""N: several programs at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import NotApplicable, expect, told
from codeexec_config.executor import ExecutorOverloaded, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.calling import Call
    from codeexec_config.conformance.kit import Kit

_SHARE_OF_THE_RUN = 3
_LONGER_SECS = 2.0
"""How much longer a program runs than the one that ends next to it, which a busy machine may start late."""
_ENDS = {"before_sleep": "timed out", "flood": "stopped at the limit of its output", "kill_itself": "killed by itself"}


def together(kit: Kit) -> None:
    """N01: as many programs as may run at once all complete, each with its own output."""
    nonces = [kit.nonce() for _ in range(kit.most_at_once())]
    requests = [kit.request(kit.code("pause", text=nonce)) for nonce in nonces]
    calls = [kit.start(request) for request in requests]
    for nonce, request, call in zip(nonces, requests, calls, strict=True):
        result = kit.run(request, Status.COMPLETED, call=call)
        words = result.text().split()
        expect(words == [f"{nonce}-1", f"{nonce}-2"], f"expected its own two lines, got {told(result)}")


def ends_apart(kit: Kit) -> None:
    """N03: the end of one program does not end one next to it."""
    start_up = start_up_beside(kit)
    for purpose in filter(kit.has, _ENDS):
        beside = begun_beside(kit, start_up, start_up + kit.deadlines.stop_limit + _LONGER_SECS)
        if beside is None:
            raise NotApplicable("the executor runs one program at once, or has no program that lasts")
        request = kit.request(kit.code(purpose), wall=kit.deadlines.stop_limit)
        secs = kit.allowed_secs(kit.request("")) + kit.allowed_secs(request)  # it may have had to wait for the other
        kit.subject.settled(kit.start(request), "the call", secs)
        expect_a_good_end(kit, beside, _ENDS[purpose])


def start_up_beside(kit: Kit) -> float:
    """Return how long to wait for a second program, while a first one runs that must not reach its limit."""
    return min(kit.start_up_secs(), kit.deadlines.run_limit / _SHARE_OF_THE_RUN)


def begun_beside(kit: Kit, start_up: float, secs: float) -> Call | None:
    """Start a program next to others, if several may run and the language has one that lasts, and let it begin.

    If it is not the first, an executor that declares no number of places may refuse it or let it wait.
    """
    if kit.most_at_once() > 1:
        with suppress(NotApplicable):
            call = kit.start(kit.request(kit.code("nap", secs=secs)))
            call.wait(start_up)
            return call
    return None


def expect_a_good_end(kit: Kit, call: Call, which: str) -> None:
    """Expect that a program ended as if it had been alone."""
    outcome = kit.outcome(kit.request(""), call)
    ended = getattr(outcome.result, "status", None)
    is_late = ended is Status.TIMED_OUT and outcome.secs >= kit.deadlines.run_limit
    goes_on = ended is Status.COMPLETED or is_late or isinstance(outcome.error, ExecutorOverloaded)
    expect(goes_on, f"a program beside one that was {which} came to {told(outcome.error or outcome.result)}")
