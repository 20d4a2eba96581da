"""T, M, L, X and H: what is left when a program, a run, or the host has ended."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from codeexec_config.conformance.checks.lasting import opened, session
from codeexec_config.conformance.checks.timing import ran_once, soon_ran_once
from codeexec_config.conformance.circumstances import Circumstances
from codeexec_config.conformance.kit import Failed, NotApplicable, cannot_tell, expect, told
from codeexec_config.conformance.removals import Removal
from codeexec_config.conformance.watching import folders_here, held, shape_of, zombies
from codeexec_config.executor import FAULT_EXTENSION, Capability, InfrastructureError, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from codeexec_config.conformance.circumstances import Report
    from codeexec_config.conformance.kit import Kit, Subject
    from codeexec_config.executor import ExecutionRequest, ExecutionResult

_RUNS = 3
_SHORT_SECS = 0.5
_FIRST_MOMENT_SECS = 0.01
_ENDLESS = ("before_sleep", "flood")
_INVOLUNTARY = ("flood", "kill_itself")
_SLOW_SECS = 2.0
_BESIDE_SECS = 1.5
_POLL_SECS = 0.02
_HALF_AN_EMOJI = "\ud83d"
_FEW_LOOKS = 5
_FOR_LONG_SECS = 50.0
_EARLY_ENDS = 12
_EARLIEST_SECS = 0.002
_FIRST_MOMENTS_SECS = 0.1
"""A sandbox of namespaces is set up by then; some tie themselves to their parent's life in the middle of that."""


def failing_parent(kit: Kit) -> None:
    """T12: a program that fails leaves no child."""
    _nothing_left_by(kit, "failing_parent", Status.FAILED)


def killed_parent(kit: Kit) -> None:
    """T13: a program that is killed leaves no child."""
    _nothing_left_by(kit, "killed_parent", Status.KILLED, Status.FAILED)


def flooding_parent(kit: Kit) -> None:
    """T15: a program that is stopped because of its output leaves no child."""
    stopped = (Status.OUTPUT_EXCEEDED, Status.KILLED, Status.TIMED_OUT)
    # A busy machine may have kept it from getting that far: then try again, with a later limit.
    walls = (kit.deadlines.stop_limit, kit.deadlines.run_limit)
    _nothing_left_by(kit, "flooding_parent", *stopped, walls=walls)


def ended_while_starting(kit: Kit) -> None:
    """T16: a run whose time is up while its sandbox starts ends, and its program does not run on."""
    marker = kit.nonce()
    code = kit.code("orphan", marker=marker)
    latest = max(_FIRST_MOMENTS_SECS, 2 * kit.start_up_secs())
    growth = (latest / _EARLIEST_SECS) ** (1 / (_EARLY_ENDS - 1))
    walls = [_EARLIEST_SECS * growth**step for step in range(_EARLY_ENDS)]

    def run_all() -> None:
        for request, outcome in kit.together([kit.request(code, wall=wall) for wall in walls]):
            if not isinstance(outcome.error, InfrastructureError):  # it means that there was no sandbox yet
                kit.verdict(outcome, request=request)
        time.sleep(2 * kit.start_up_secs())  # a run that is still starting would show only then
        kit.expect_nothing_left(marker)

    kit.expect_none_left_by(run_all, times=2)
    kit.expect_sight()


def greedy_parent(kit: Kit) -> None:
    """M07: a program that is stopped because of its memory leaves no child."""
    stopped = (Status.MEMORY_EXCEEDED, Status.KILLED, Status.FAILED)
    walls = (kit.deadlines.latency_limit,)
    _nothing_left_by(kit, "greedy_parent", *stopped, walls=walls, memory=kit.sizes.memory_limit)


def _nothing_left_by(
    kit: Kit, purpose: str, *statuses: Status, walls: Sequence[float | None] = (None,), **limits: Any
) -> None:
    kit.expect_sight()
    marker, result = _with_a_child(kit, purpose, walls[0], limits)
    for wall in walls[1:]:
        if b"started" not in result.stdout:
            marker, result = _with_a_child(kit, purpose, wall, limits)
    if b"started" not in result.stdout:
        cannot_tell(f"the program could not start a child: {told(result)}")
    kit.expect_nothing_left(marker)
    if result.status not in statuses:
        cannot_tell(f"the program ended differently: {told(result)}")


def _with_a_child(kit: Kit, purpose: str, wall: float | None, limits: dict[str, Any]) -> tuple[str, ExecutionResult]:
    marker = kit.nonce()
    code = kit.code(purpose, marker=marker, mebibytes=kit.sizes.touched_mebibytes)
    return marker, kit.run(kit.request(code, wall=wall, **limits))


def killed_once(kit: Kit) -> None:
    """T14: a program that a signal ends is not run again."""
    nonce = kit.nonce()
    ran_once(kit, kit.request(kit.code("killed_late", text=nonce, secs=kit.deadlines.once)), nonce)
    soon_ran_once(kit, "killed_soon", "dies")


def folders_left(kit: Kit) -> None:
    """L02: runs leave no folder, file or control group behind."""
    rounds: list[set[Path]] = []
    before = folders_here()
    begun = time.monotonic()
    for _ in range(_RUNS):
        _run_to_each_end(kit)
        after = folders_here()
        rounds.append(after - before)
        before = after
    # Other programs create files too, but rarely a similar one in each round, and not for long.
    took = time.monotonic() - begun
    until = time.monotonic() + kit.deadlines.settle + 2 * kit.deadlines.late
    while (left := _left(rounds)) and time.monotonic() < until:
        time.sleep(10 * _POLL_SECS)
    if left and _is_made_without_a_run(left[0], took):
        cannot_tell(f"something like {left[0]} is created on this machine without a run")
    expect(not left, f"{_RUNS} runs left {', '.join(map(str, left))}")


def _is_made_without_a_run(path: Path, secs: float) -> bool:
    """Check whether something similar is created while nothing is run."""
    before = folders_here()
    time.sleep(secs)
    return shape_of(path) in map(shape_of, folders_here() - before)


def _run_to_each_end(kit: Kit) -> None:
    """Run programs to each possible end, and make requests that are refused."""
    kit.run(kit.request(kit.code("say", text="word")))
    for request in _other_ends(kit, "exit", "before_sleep", *_INVOLUNTARY):
        kit.outcome(request)
    for secs in (_FIRST_MOMENT_SECS, _FIRST_MOMENT_SECS + kit.start_up_secs() / 2, _SHORT_SECS):
        _cancel(kit, secs)
    kit.outcome(kit.request(_HALF_AN_EMOJI))
    if kit.declares(Capability.FILES):
        kit.outcome(kit.request("", files={"a": b"", "a/b": b""}))
    _run_in_sessions(kit)


def _cancel(kit: Kit, secs: float) -> None:
    """Cancel a program `secs` after its start was requested, if cancelling is possible."""
    if not kit.subject.is_async or not kit.declares(Capability.CANCEL):
        return
    for request in _other_ends(kit, "before_sleep", wall=kit.deadlines.run_limit):
        call = kit.start(request)
        call.wait(secs)
        call.cancel()
        kit.outcome(request, call)


def _run_in_sessions(kit: Kit) -> None:
    """Open a session to be closed, and one that a limit may end, if there are sessions."""
    if not kit.declares(Capability.SESSIONS) or not kit.has("before_sleep"):
        return
    with session(kit) as name:
        kit.run(kit.request(kit.code("say", text="word"), session=name))
    with session(kit) as name:
        kit.run(kit.request(kit.code("before_sleep"), session=name, wall=_SHORT_SECS))


def _other_ends(kit: Kit, *purposes: str, wall: float = _SHORT_SECS) -> Iterator[ExecutionRequest]:
    """Yield runs that do not end well, if the language has programs for them; endless ones end by a limit.

    If a start-up takes seconds, yield only the one that meets its limit.
    """
    if kit.start_up_secs() > _SLOW_SECS:
        purposes = ("before_sleep",)
    for purpose in filter(kit.has, purposes):
        with suppress(NotApplicable):
            yield kit.request(kit.code(purpose, code=3), wall=wall if purpose in _ENDLESS else None)


def _left(rounds: list[set[Path]]) -> list[Path]:
    """Return one path of each round that still exists, all similar, or nothing."""
    alike = [{shape_of(path): path for path in made if os.path.lexists(path)} for made in rounds]
    shapes = set.intersection(*map(set, alike))
    return [each[shape] for shape in sorted(shapes)[:1] for each in alike]


def zombies_left(kit: Kit) -> None:
    """L03: runs leave nothing in the host's process: no zombie, no thread, no open file."""
    before = zombies()
    requests = [kit.request(kit.code("say", text="word")), *_other_ends(kit, "exit", "before_sleep", *_INVOLUNTARY)]
    acts: list[Callable[[], object]] = [
        *(partial(kit.run, request) for request in requests),
        partial(_cancel, kit, _SHORT_SECS),
        partial(_run_in_sessions, kit),
    ]
    for act in acts:
        act()
    for act in acts:
        # A pool may have grown, but not with each of several runs.
        grown = [_grown_by(kit, act) for _ in range(_RUNS)]
        kinds = sorted(set.intersection(*grown))
        expect(not kinds, f"each of {_RUNS} runs left {' and '.join(kinds)} in the host's process")
    until = time.monotonic() + kit.deadlines.settle
    while (left := zombies() - before) and time.monotonic() < until:
        time.sleep(_POLL_SECS)
    expect(not left, f"{(1 + _RUNS) * len(acts)} runs left {len(left)} zombies")


def _grown_by(kit: Kit, act: Callable[[], object]) -> set[str]:
    before = held()
    act()
    until = time.monotonic() + kit.deadlines.settle
    looks = 0
    while (grown := {kind for kind, count in held().items() if count > before[kind]}) and (
        time.monotonic() < until or looks < _FEW_LOOKS
    ):
        looks += 1
        time.sleep(_POLL_SECS)
    return grown


def close_with_something_running(kit: Kit) -> None:
    """L04: closing ends what is still running, even in open sessions."""
    kit.expect_sight()
    markers = [kit.nonce() for _ in range(min(2, kit.most_at_once()))]
    sessions_marker = kit.nonce()
    if kit.declares(Capability.SESSIONS) and kit.has("session_child"):
        kit.run(kit.request(kit.code("session_child", marker=sessions_marker), session=opened(kit)))
    calls = [kit.start(kit.request(kit.code("orphan", marker=each), wall=_FOR_LONG_SECS)) for each in markers]
    secs = kit.info.startup_secs + kit.deadlines.late
    seen = [kit.sees(marker, call, secs) for marker, call in zip(markers, calls, strict=True)]
    if not seen[0]:  # the second may have been refused, or be waiting
        cannot_tell("the program was not seen to start")
    _close(kit.subject)
    for marker in (*markers, sessions_marker):
        kit.expect_nothing_left(marker)
    for call in calls:
        call.cancel()


def close_twice(subject: Subject) -> None:
    """L01: it can be closed, and closed again."""
    for _ in range(2):
        _close(subject)


def _close(subject: Subject) -> None:
    """Close the executor and first its copy, which may hold the end of a pipe that a worker waits for."""
    subject.elsewhere.close()
    subject.finish("close")


def broken_back_end(kit: Kit) -> None:
    """X01: a back end that breaks during a run raises `InfrastructureError`, and nothing is left."""
    kit.expect_sight()
    marker = kit.nonce()
    request = kit.request(
        kit.code("orphan", marker=marker), wall=kit.deadlines.stop_limit, extensions={FAULT_EXTENSION: "backend"}
    )
    outcome = kit.outcome(request)
    raised = isinstance(outcome.error, InfrastructureError)
    expect(raised, f"expected an InfrastructureError, got {told(outcome.error or outcome.result, request)}")
    kit.expect_nothing_left(marker)


def broken_once(kit: Kit) -> None:
    """X02: a program whose back end breaks is not started again."""
    kit.expect_sight()
    usual = _counted(kit, {}, kit.deadlines.stop_limit) or _counted(kit, {}, kit.deadlines.run_limit)
    if not usual:
        cannot_tell("the program was not seen to start")
    broken = _counted(kit, {FAULT_EXTENSION: "backend"}, kit.deadlines.stop_limit)
    if broken > usual:  # a busy machine may have started only some of the usual ones before their limit
        usual = max(usual, _counted(kit, {}, kit.deadlines.run_limit))
    expect(broken <= usual, f"{broken} processes of the program were seen, {usual} of one that is started once")


def _counted(kit: Kit, extensions: dict[str, str], wall: float) -> int:
    marker = kit.nonce()
    return kit.counted(kit.request(kit.code("orphan", marker=marker), wall=wall, extensions=extensions), marker)


def engine_missing(kit: Kit) -> None:
    """X03: a missing engine is not blamed on the program."""
    request = kit.request(kit.code("say", text="word"))
    report = kit.elsewhere(request, Circumstances(has_path=False))
    expect(report.kind != "other", f"expected an InfrastructureError where PATH leads nowhere, got {report.error}")
    if not report.error:
        kit.reported(request, report, Status.COMPLETED)


def clean_up_fails(kit: Kit) -> None:
    """X04: a clean-up that fails, or does not return, does not lose the verdict."""
    try:
        _expect_verdicts(kit)
    finally:
        if kit.subject.offers("sweep"):
            with suppress(Failed):  # H02 checks whether it works
                kit.subject.finish("sweep")


def _expect_verdicts(kit: Kit) -> None:
    _cleaned_up(kit, Circumstances(removal=Removal.FAILS), "nothing could be removed")
    # As long as any program with a usual limit may take, however short this one's is.
    secs = kit.allowed_secs(kit.request(""))
    report = _cleaned_up(kit, Circumstances(removal=Removal.HANGS, removal_secs=secs), "removals did not come back")
    expect(not report.waited, f"the program had ended, and its verdict was held back for {secs:g} s by its clean-up")


def _cleaned_up(kit: Kit, circumstances: Circumstances, trouble: str) -> Report:
    """Run a program into its limit, one whose start can be seen if possible, and expect its verdict."""
    secs = circumstances.removal_secs + kit.allowed_secs(kit.request(""))
    if kit.has_sight():
        marker = kit.nonce()
        request = kit.request(kit.code("orphan", marker=marker), wall=kit.deadlines.stop_limit)
        report = kit.copy().run(request, circumstances, secs, partial(kit.left, marker))
        status = Status.TIMED_OUT
    else:
        request = kit.request(kit.code("say", text="word"))
        report = kit.copy().run(request, circumstances, secs)
        status = Status.COMPLETED
    expect(not report.error, f"the program ran, and since {trouble} the call came to {report.error}")
    kit.reported(request, report, status)
    return report


def begun_is_told(kit: Kit) -> None:
    """X05: an error after the program began says so, and does not suggest a retry."""
    if kit.info.protocol < (1, 1):
        raise NotApplicable("the executor is written for protocol 1.0")
    request = kit.request(
        kit.code("before_sleep"), wall=kit.deadlines.stop_limit, extensions={FAULT_EXTENSION: "backend"}
    )
    error = kit.outcome(request).error
    if not isinstance(error, InfrastructureError):
        cannot_tell("the back end did not break")
    expect(error.started is not False, "the error says that the program had not begun, and it had")
    expect(not error.retryable, "the error suggests to retry what may have run")


def host_killed(kit: Kit) -> None:
    """H01: a program ends at its limit even if its host has been killed."""
    kit.expect_sight()
    # A program that is not seen may have met its limit too early: then try again, with a later one.
    marker, wall = _run_with_a_dead_host(kit, kit.deadlines.stop_limit, kit.deadlines.run_limit)
    kit.expect_nothing_left(marker, wall + kit.deadlines.late)


def swept(kit: Kit) -> None:
    """H02: `sweep` ends what a killed host left, and keeps what runs under this host and under others."""
    if not kit.subject.offers("sweep"):
        raise NotApplicable("the executor has no sweep")
    kit.expect_sight()
    if not kit.has("end_soon"):
        cannot_tell("no program to sweep beside")
    marker, _ = _run_with_a_dead_host(kit, _FOR_LONG_SECS)
    mine = kit.nonce()
    request = kit.request(kit.code("end_soon", marker=mine, secs=_BESIDE_SECS, code=0))
    call = kit.start(request)
    kit.sees(mine, call, kit.info.startup_secs + kit.deadlines.late)
    kit.subject.finish("sweep")
    kit.expect_nothing_left(marker)
    result = kit.run(request, call=call)
    expect(result.ok, f"it ended a program of this host: {told(result)}")
    _sweep_beside_another_host(kit)


def _sweep_beside_another_host(kit: Kit) -> None:
    marker = kit.nonce()
    request = kit.request(kit.code("end_soon", marker=marker, secs=_BESIDE_SECS, code=0))

    def sweep_once_it_runs() -> bool:
        if not kit.left(marker):
            return False
        with suppress(Failed):  # the first one worked
            kit.subject.finish("sweep")
        return True

    report = kit.copy().run(request, Circumstances(), kit.allowed_secs(request), sweep_once_it_runs)
    is_ended = bool(report.error) or not report.result.ok
    expect(not is_ended, f"it ended a program of another host that is alive: {report.error or told(report.result)}")


def _run_with_a_dead_host(kit: Kit, *walls: float) -> tuple[str, float]:
    """Kill a host during its program, and return the program's marker and limit."""
    secs = kit.info.startup_secs + kit.deadlines.late
    for wall in walls:
        marker = kit.nonce()
        request = kit.request(kit.code("orphan", marker=marker), wall=wall)
        if kit.copy().killed(request, partial(kit.left, marker), secs):
            return marker, wall
    return cannot_tell("the program was not seen to start")
