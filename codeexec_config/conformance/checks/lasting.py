"""Z: sessions."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import NotApplicable, cannot_tell, expect, told
from codeexec_config.executor import (
    ExecutionLimits,
    ExecutionResult,
    ExecutorOverloaded,
    SessionNotFound,
    SessionRequest,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.conformance.kit import Kit

_APART_SECS = 0.5
_LATE_SECS = 1.5


def opened(kit: Kit) -> str:
    """Open a session and return its name."""
    limits = ExecutionLimits(wall_secs=kit.deadlines.run_limit, memory_bytes=kit.sizes.memory)
    name = kit.subject.finish("open_session", SessionRequest(language=kit.language, limits=limits))
    expect(isinstance(name, str) and name, "open_session() returned no name")
    return str(name)


@contextmanager
def session(kit: Kit) -> Iterator[str]:
    """Open a session for a while."""
    name = opened(kit)
    try:
        yield name
    finally:
        kit.subject.finish("close_session", name)


def keeps_state(kit: Kit) -> None:
    """Z01: a session keeps a variable between programs, and is gone when closed."""
    name = opened(kit)
    kit.run(kit.request(kit.code("session_set"), session=name), Status.COMPLETED)
    getting = kit.request(kit.code("session_get"), session=name)
    result = kit.run(getting, Status.COMPLETED)
    expect(result.stdout.strip() == b"2", f"expected 2, got {told(result)}")
    kit.subject.finish("close_session", name)
    _expect_not_found(kit, name, "after the close")


def _expect_not_found(kit: Kit, name: str, when: str) -> None:
    outcome = kit.outcome(kit.request(kit.code("say", text="word"), session=name))
    gone = isinstance(outcome.error, SessionNotFound)
    expect(gone, f"expected SessionNotFound {when}, got {told(outcome.error or outcome.result)}")


def two_sessions(kit: Kit) -> None:
    """Z02: two sessions at once are two."""
    with session(kit) as one:
        with session(kit) as other:
            for value, name in ((1, one), (5, other)):
                kit.run(kit.request(kit.code("session_put", value=value), session=name), Status.COMPLETED)
            result = kit.run(kit.request(kit.code("session_show"), session=one), Status.COMPLETED)
        expect(result.stdout.strip() == b"1", f"expected the 1 of this session, got {told(result)}")
        _expect_kept(kit, one, b"1", "when another was closed, this session came to")
        with session(kit) as third:
            result = kit.run(kit.request(kit.code("session_show"), session=third))
            expect(result.stdout.strip() not in (b"1", b"5"), f"a new session has an older one's: {told(result)}")


def _expect_kept(kit: Kit, name: str, value: bytes, words: str) -> None:
    outcome = kit.outcome(kit.request(kit.code("session_show"), session=name))
    kept = isinstance(outcome.result, ExecutionResult) and outcome.result.stdout.strip() == value
    expect(kept, f"{words} {told(outcome.error or outcome.result)}")


def one_at_a_time(kit: Kit) -> None:
    """Z08: of two programs at once in a session, one waits for the other, or is refused."""
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


def late_answer(kit: Kit) -> None:
    """Z03: the answer of a program that was timed out is not taken for the next one's."""
    with session(kit) as name:
        wall = kit.deadlines.stop_limit
        late = kit.request(kit.code("session_late", secs=wall + _LATE_SECS), session=name, wall=wall)
        kit.run(late, Status.TIMED_OUT)
        for _ in range(2):
            nonce = kit.nonce()
            result = _next_in(kit, name, kit.code("say", text=nonce))
            if result is None:  # the session was ended, and says so
                return
            expect(nonce.encode() in result.stdout and b"late" not in result.stdout, f"its answer is {told(result)}")
            time.sleep(_LATE_SECS)


def _next_in(kit: Kit, name: str, code: str) -> ExecutionResult | None:
    request = kit.request(code, session=name)
    outcome = kit.outcome(request)
    if isinstance(outcome.error, SessionNotFound):
        return None
    return kit.verdict(outcome, request=request)


def stops_computing(kit: Kit) -> None:
    """Z04: a session does not go on computing after a timeout, and others go on."""
    with session(kit) as beside:
        kit.run(kit.request(kit.code("session_put", value=7), session=beside), Status.COMPLETED)
        _stops_computing(kit)
        _expect_kept(kit, beside, b"7", "a timeout in another session brought this one to")


def _stops_computing(kit: Kit) -> None:
    with session(kit) as name:
        request = kit.request(kit.code("session_count"), session=name, wall=kit.deadlines.stop_limit)
        kit.run(request, Status.TIMED_OUT)
        seen = []
        for _ in range(2):
            result = _next_in(kit, name, kit.code("session_show"))
            if result is None:
                return
            expect(result.status is not Status.TIMED_OUT, "the next program got no turn: the one before still computes")
            seen.append(result.stdout)
            time.sleep(_APART_SECS)
    expect(seen[0] == seen[1], f"a variable of a program that was timed out went from {seen[0]!r} to {seen[1]!r}")


def closed_is_ended(kit: Kit) -> None:
    """Z05: nothing of a closed session lives on."""
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


def never_opened(kit: Kit) -> None:
    """Z06: a session that was never opened is a `SessionNotFound`."""
    _expect_not_found(kit, f"never-{kit.nonce()}", "for one that was never opened")


def dead_interpreter(kit: Kit) -> None:
    """Z07: a session whose interpreter has died gets an answer."""
    name = opened(kit)
    kit.run(kit.request(kit.code("kill_itself"), session=name), Status.KILLED, Status.FAILED)
    _next_in(kit, name, kit.code("say", text="word"))
    outcome = kit.subject.settled(kit.subject.start("close_session", name), "close_session()", kit.deadlines.close)
    quiet = outcome.error is None or isinstance(outcome.error, SessionNotFound)
    expect(quiet, f"close_session() raised {told(outcome.error)}")
