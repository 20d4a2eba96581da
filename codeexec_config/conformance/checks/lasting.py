"""Z: sessions."""

from __future__ import annotations

import time
from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING

import attrs

from codeexec_config.conformance.checks.cancelling import cancel
from codeexec_config.conformance.kit import OTHER_LIMITS, REFUSALS, NotApplicable, cannot_tell, expect, told
from codeexec_config.executor import (
    Capability,
    ExecutionLimits,
    ExecutionResult,
    ExecutorOverloaded,
    LanguageUnsupported,
    RequestError,
    SessionNotFound,
    SessionRequest,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.conformance.kit import Kit, Outcome

_APART_SECS = 0.5
_LATE_SECS = 1.5
_FEWEST_UNLIKE = 6
"""Names that differ in fewer characters are counters, or nearly so."""
_UNKNOWN = "kit-unknown"


def opened(kit: Kit, **limits: int) -> str:
    """Open a session and return its name; limits other than the usual ones may be refused."""
    outcome = kit.subject.ended("open_session", _wanted(kit, kit.language, **limits))
    if limits and type(outcome.error) in REFUSALS:
        cannot_tell(OTHER_LIMITS)
    name = kit.subject.returned("open_session", outcome)
    expect(isinstance(name, str) and name, "open_session() returned no name")
    return str(name)


def _wanted(kit: Kit, language: str, memory: int | None = None) -> SessionRequest:
    limits = ExecutionLimits(wall_secs=kit.deadlines.run_limit, memory_bytes=memory or kit.sizes.memory)
    return SessionRequest(language=language, limits=limits)


@contextmanager
def session(kit: Kit, **limits: int) -> Iterator[str]:
    """Open a session for a while; Z01 checks that it closes well, and Z06 and Z07 that it does after its end."""
    name = opened(kit, **limits)
    try:
        yield name
    finally:
        _closing(kit, name)


def _closing(kit: Kit, name: str) -> Outcome:
    return kit.subject.ended("close_session", name)


def keeps_state(kit: Kit) -> None:
    """Z01: a session keeps a variable between programs, even of one that fails, and is gone when closed."""
    name = opened(kit)
    kit.run(kit.request(kit.code("session_set"), session=name), Status.COMPLETED)
    getting = kit.request(kit.code("session_get"), session=name)
    result = kit.run(getting, Status.COMPLETED)
    expect(result.stdout.strip() == b"2", f"expected 2, got {told(result)}")
    if kit.has("session_put"):
        _keeps_state_of_a_failure(kit, name)
    kit.subject.finish("close_session", name)
    _expect_not_found(kit, name, "after the close")


def _keeps_state_of_a_failure(kit: Kit, name: str) -> None:
    code = f"{kit.code('session_put', value=3)}\n{kit.code('uncaught_error', text='word')}"
    kit.run(kit.request(code, session=name))
    result = next_in(kit, name, kit.code("session_show"))
    kept = result is None or result.stdout.strip() == b"3"  # in a shell, such an error ends the interpreter
    expect(kept, f"a program that failed had set x to 3, and the next one got {told(result)}")


def _expect_not_found(kit: Kit, name: str, when: str) -> None:
    outcome = kit.outcome(kit.request(kit.code("say", text="word"), session=name))
    gone = isinstance(outcome.error, SessionNotFound)
    expect(gone, f"expected SessionNotFound {when}, got {told(outcome.error or outcome.result)}")


def two_sessions(kit: Kit) -> None:
    """Z02: two concurrent sessions are separate, in their variables, files and names."""
    with session(kit) as one:
        with session(kit) as other:
            for value, name in ((1, one), (5, other)):
                kit.run(kit.request(kit.code("session_put", value=value), session=name), Status.COMPLETED)
            result = kit.run(kit.request(kit.code("session_show"), session=one), Status.COMPLETED)
            expect(result.stdout.strip() == b"1", f"expected the 1 of this session, got {told(result)}")
            nonce = _share_nothing(kit, one, other)
        _expect_kept(kit, one, b"1", "when another was closed, this session came to")
        with session(kit) as third:
            result = kit.run(kit.request(kit.code("session_show"), session=third))
            expect(result.stdout.strip() not in (b"1", b"5"), f"a new session has an older one's: {told(result)}")
            _expect_clean(kit, third, nonce, "a new session sees what an older one left")
    unlike = sum(one != other for one, other in zip_longest(name, third))
    expect(unlike >= _FEWEST_UNLIKE, f"names that can be guessed: {name!r}, {third!r}")


def _share_nothing(kit: Kit, one: str, other: str) -> str:
    """Leave a variable and files in a session and without one, look for them elsewhere, and return their name."""
    nonce = kit.nonce()
    kit.run(kit.request(kit.code("leave_state", nonce=nonce)))
    _expect_clean(kit, one, nonce, "a session sees what a program without one left")
    kit.run(kit.request(kit.code("leave_state", nonce=nonce), session=one))
    _expect_clean(kit, other, nonce, "a session sees what another one left")
    _expect_clean(kit, None, nonce, "a program without a session sees what one left")
    return nonce


def _expect_clean(kit: Kit, name: str | None, nonce: str, words: str) -> None:
    result = kit.run(kit.request(kit.code("find_state", nonce=nonce), session=name))
    expect(result.stdout.strip() != b"found", f"{words}: {told(result)}")


def _expect_kept(kit: Kit, name: str, value: bytes, words: str) -> None:
    outcome = kit.outcome(kit.request(kit.code("session_show"), session=name))
    kept = isinstance(outcome.result, ExecutionResult) and outcome.result.stdout.strip() == value
    expect(kept, f"{words} {told(outcome.error or outcome.result)}")


def one_at_a_time(kit: Kit) -> None:
    """Z08: of two concurrent programs in a session, one waits for the other, or is refused."""
    with session(kit) as name:
        nonces = [kit.nonce() for _ in range(2)]
        requests = [kit.request(kit.code("pause", text=nonce), session=name) for nonce in nonces]
        calls = [kit.start(request) for request in requests]
        outcomes = [kit.outcome(request, call) for request, call in zip(requests, calls, strict=True)]
        refused = [isinstance(outcome.error, ExecutorOverloaded) for outcome in outcomes]
        expect(not all(refused), "both were refused")
        for nonce, request, outcome, is_refused in zip(nonces, requests, outcomes, refused, strict=True):
            if not is_refused:
                result = kit.verdict(outcome, Status.COMPLETED, request=request)
                own = result.text().split() == [f"{nonce}-1", f"{nonce}-2"]
                expect(own, f"expected its own two lines, got {told(result)}")


def own_answer(kit: Kit) -> None:
    """Z03: an answer is its own program's, even if the one before timed out, printed a lot, or was valid."""
    with session(kit) as name:
        _no_late_answer(kit, name)
    with session(kit) as name:
        _no_shared_limit(kit, name)
        _no_old_output(kit, name)


def _no_late_answer(kit: Kit, name: str) -> None:
    wall = kit.deadlines.stop_limit
    late = kit.request(kit.code("session_late", secs=wall + _LATE_SECS), session=name, wall=wall)
    timed_out = kit.run(late, Status.TIMED_OUT)
    for _ in range(2):
        nonce = kit.nonce()
        result = next_in(kit, name, kit.code("say", text=nonce))
        if result is None:
            _expect_said(timed_out)
            return
        expect(nonce.encode() in result.stdout and b"late" not in result.stdout, f"its answer is {told(result)}")
        time.sleep(_LATE_SECS)


def _expect_said(timed_out: ExecutionResult) -> None:
    expect(timed_out.detail, "the session ended with the timeout, and the detail of the result does not say so")


def _no_shared_limit(kit: Kit, name: str) -> None:
    limit = kit.sizes.output_limit
    filling = kit.request(kit.code("fill", count=limit * 3 // 4), session=name, output=limit)
    first, second = kit.run(filling), kit.run(filling)
    same = second.stdout == first.stdout and second.stdout_truncated == first.stdout_truncated
    sizes = f"{len(first.stdout)} bytes, and then {len(second.stdout)}"
    expect(same, f"run twice, a program wrote {sizes}: the limit of the output is each request's")


def _no_old_output(kit: Kit, name: str) -> None:
    nonce = kit.nonce()
    kit.run(kit.request(kit.code("say", text=nonce), session=name))
    result = kit.run(kit.request(kit.code("syntax_error"), session=name))
    expect(nonce not in result.text(), f"a syntax error came with the output of the program before: {told(result)}")


def next_in(kit: Kit, name: str, code: str, **limits: int) -> ExecutionResult | None:
    """Run one more program in a session, and return None if the session has ended."""
    request = kit.request(code, session=name, **limits)
    outcome = kit.outcome(request)
    if isinstance(outcome.error, SessionNotFound):
        return None
    return kit.verdict(outcome, request=request)


def stops_computing(kit: Kit) -> None:
    """Z04: after a timeout or a cancellation, a session stops computing and keeps its state or ends; others go on."""
    with session(kit) as beside:
        kit.run(kit.request(kit.code("session_put", value=7), session=beside), Status.COMPLETED)
        _timed_out(kit)
        if kit.subject.is_async and kit.declares(Capability.CANCEL):
            _cancelled(kit)
        _expect_kept(kit, beside, b"7", "a program that was stopped in another session brought this one to")


def _timed_out(kit: Kit) -> None:
    with session(kit) as name:
        kit.run(kit.request(kit.code("session_put", value=0), session=name), Status.COMPLETED)
        request = kit.request(kit.code("session_count"), session=name, wall=kit.deadlines.stop_limit)
        result = kit.run(request, Status.TIMED_OUT)
        if _has_ended(kit, name):
            _expect_said(result)


def _cancelled(kit: Kit) -> None:
    with session(kit) as name:
        kit.run(kit.request(kit.code("session_put", value=0), session=name), Status.COMPLETED)
        call = kit.start(kit.request(kit.code("session_count"), session=name))
        call.wait(_APART_SECS)
        cancel(kit, call)
        _has_ended(kit, name)


def _has_ended(kit: Kit, name: str) -> bool:
    """Check whether a session whose program was stopped has ended; if not, it must have its state at that moment."""
    seen = []
    for _ in range(2):
        result = next_in(kit, name, kit.code("session_show"))
        if result is None:
            return True
        expect(result.status is not Status.TIMED_OUT, "the next program got no turn: the one before still computes")
        kept = result.stdout.strip().isdigit()
        expect(kept, f"a session whose program was stopped goes on without its variables: {told(result)}")
        seen.append(result.stdout)
        time.sleep(_APART_SECS)
    expect(seen[0] == seen[1], f"a variable of a program that was stopped went from {seen[0]!r} to {seen[1]!r}")
    return False


def closed_is_ended(kit: Kit) -> None:
    """Z05: nothing of a closed session lives on, and closing does not wait for what runs in it."""
    if kit.has("before_sleep"):
        _closed_beside(kit)
    marker = kit.nonce()
    name = opened(kit)
    result = kit.run(kit.request(kit.code("session_child", marker=marker), session=name))
    if b"started" not in result.stdout:
        cannot_tell(f"the program could not start a child: {told(result)}")
    is_seen = kit.comes_into_sight(marker)
    kit.subject.finish("close_session", name)
    kit.expect_nothing_left(marker)
    if not is_seen:
        raise NotApplicable("children end with each program of a session, or the leak probe does not see them")


def _closed_beside(kit: Kit) -> None:
    """Close a session while a program runs in it whose own limit is later than the deadline of a close."""
    name = opened(kit)
    wall = kit.deadlines.run_limit + kit.deadlines.close
    call = kit.start(kit.request(kit.code("before_sleep"), session=name, wall=wall))
    call.wait(_APART_SECS)
    kit.subject.finish("close_session", name)
    call.cancel()


def never_opened(kit: Kit) -> None:
    """Z06: a session that was never opened is not found, and closing it does nothing; each has one known language."""
    name = f"never-{kit.nonce()}"
    _expect_not_found(kit, name, "for one that was never opened")
    _expect_closed(kit, name, "one that was never opened")
    name = opened(kit)
    kit.subject.finish("close_session", name)
    _expect_closed(kit, name, "one that was closed")
    for other in sorted(kit.info.languages.keys() - {kit.language})[:1]:
        _refuses_another_language(kit, other)
    outcome = kit.subject.ended("open_session", _wanted(kit, _UNKNOWN))
    refused = isinstance(outcome.error, LanguageUnsupported)
    what = told(outcome.error) if outcome.error else "a session"
    expect(refused, f"expected LanguageUnsupported for an unknown language, got {what}")


def _refuses_another_language(kit: Kit, language: str) -> None:
    with session(kit) as name:
        request = attrs.evolve(kit.request("", session=name), language=language)
        outcome = kit.outcome(request)
        refused = isinstance(outcome.error, RequestError)
        expect(refused, f"a session of {kit.language} accepted {language}: {told(outcome.error or outcome.result)}")


def _expect_closed(kit: Kit, name: str, which: str) -> None:
    error = _closing(kit, name).error
    expect(error is None, f"close_session() of {which} raised {told(error)}")


def dead_interpreter(kit: Kit) -> None:
    """Z07: a session whose interpreter has died gets an answer, and ends."""
    name = opened(kit)
    kit.run(kit.request(kit.code("session_set"), session=name), Status.COMPLETED)
    kit.run(kit.request(kit.code("kill_itself"), session=name), Status.KILLED, Status.FAILED)
    result = next_in(kit, name, kit.code("session_get"))
    alive = result is None or result.stdout.strip() == b"2"  # the program was prevented, or it was another process
    expect(alive, f"a session whose interpreter died goes on without its variables: {told(result)}")
    _expect_closed(kit, name, "one whose interpreter died")
