"""K: cancellation, and the event loop during a run."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from codeexec_config.conformance.checks.enduring import begun_beside, expect_a_good_end, start_up_beside
from codeexec_config.conformance.kit import Failed, expect, told
from codeexec_config.executor import Status

if TYPE_CHECKING:
    from codeexec_config.conformance.calling import Call
    from codeexec_config.conformance.kit import Kit

_TICK_SECS = 0.01
_ATTEMPTS = 6
_FIRST_MOMENT_SECS = 0.01
_MOMENTS_BETWEEN_SECS = 0.001, 0.02
_MOMENTS_OF_SEVERAL_SECS = 0.002, 0.005, 0.01
_MOST_PLACES = 8
_MOST_POOLED = 6
_BESIDE_SECS = 2.0


def while_running(kit: Kit) -> None:
    """K01: a cancelled run raises `CancelledError` soon, and leaves nothing."""
    start_up = start_up_beside(kit)
    marker = kit.nonce()
    request = kit.request(kit.code("orphan", marker=marker))
    call = kit.start(request)
    kit.subject.sights[kit.language] = kit.sees(marker, call, kit.info.startup_secs + kit.deadlines.late)
    beside = begun_beside(kit, start_up, _BESIDE_SECS)
    cancel(kit, call)
    if beside is not None:
        expect_a_good_end(kit, beside, "cancelled")
    kit.expect_nothing_left(marker)
    _expect_places_back(kit)
    kit.expect_sight()


def _expect_places_back(kit: Kit) -> None:
    """Cancel as many runs as there are places, and expect that the next one gets one."""
    places = kit.info.max_concurrency
    if places is None or places > _MOST_PLACES:
        return
    calls = [kit.start(kit.request(kit.code("orphan", marker=kit.nonce()))) for _ in range(places)]
    calls[0].wait(_FIRST_MOMENT_SECS)
    for call in calls:
        cancel(kit, call)
    try:
        kit.run(kit.request(kit.code("say", text="word")))
    except Failed as failed:
        raise Failed(f"after {places} more runs were cancelled, the next one got no place: {failed}") from None


def during_start_up(kit: Kit) -> None:
    """K02: so does a run cancelled before its program starts: nothing new is left, marked or not."""
    kit.expect_sight()
    start_up = kit.start_up_secs()
    for secs in (_FIRST_MOMENT_SECS, _FIRST_MOMENT_SECS + start_up / 2):
        kit.expect_none_left_by(partial(_cancel_soon, kit, secs, start_up), times=_MOST_POOLED)
    # Several that start at once delay each other, as on a busy machine, so that each is at a different stage.
    together = kit.most_at_once()
    for secs in _MOMENTS_OF_SEVERAL_SECS if together > 1 else ():
        act = partial(_cancel_soon, kit, secs, start_up, together=together)
        kit.expect_none_left_by(act, times=_MOST_POOLED)


def _cancel_soon(kit: Kit, secs: float, start_up: float, *, together: int = 1) -> None:
    marker = kit.nonce()
    calls = [kit.start(kit.request(kit.code("orphan", marker=marker))) for _ in range(together)]
    calls[0].wait(secs)
    cancel(kit, *calls)
    time.sleep(start_up * max(2, together))  # a run that is still starting would show only then
    kit.expect_nothing_left(marker)


def twice(kit: Kit) -> None:
    """K04: a second cancellation, as when the host shuts down meanwhile, does not end the clean-up."""
    kit.expect_sight()
    for secs in _MOMENTS_BETWEEN_SECS:
        marker = kit.nonce()
        call = kit.start(kit.request(kit.code("orphan", marker=marker)))
        kit.sees(marker, call, kit.info.startup_secs + kit.deadlines.late)
        call.cancel()
        call.wait(secs)
        cancel(kit, call)
        kit.expect_nothing_left(marker)


def cancel(kit: Kit, *calls: Call) -> None:
    """Cancel calls, each of which must raise `CancelledError` soon, at worst one after the other."""
    cancelled = time.monotonic()
    allowed = len(calls) * kit.deadlines.cancel
    for call in calls:
        call.cancel()
    for call in calls:
        outcome = kit.subject.settled(call, "the cancelled call", call.secs + allowed)
        passed = isinstance(outcome.error, asyncio.CancelledError)
        expect(passed, f"expected CancelledError, got {told(outcome.error or outcome.result)}")
        expect(time.monotonic() - cancelled < allowed, "its CancelledError was late")


def heartbeat(kit: Kit) -> None:
    """K03: the event loop keeps running during a run; single stalls are forgiven, since the machine may be busy."""
    stalls: list[float] = []
    while len(stalls) < _ATTEMPTS:
        stalls.append(_stall_beside(kit))
        if stalls[-1] < kit.deadlines.stall:
            return
    raise Failed(f"the event loop stood still for {min(stalls):.2f} s")


def _stall_beside(kit: Kit) -> float:
    """Return the longest stall of the event loop, less that of a plain thread: the machine itself may be busy."""
    beats: list[float] = []

    async def beat() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(_TICK_SECS)

    heart = kit.subject.loop.call(beat)
    with _Pulse() as pulse:
        kit.run(kit.request(kit.code("pause", text="beat")), Status.COMPLETED)
    heart.cancel()
    heart.wait(kit.deadlines.cancel)
    return _longest(beats) - _longest(pulse.beats)


def _longest(beats: list[float]) -> float:
    return max((later - sooner for sooner, later in pairwise(beats)), default=0.0)


class _Pulse:
    """A thread that only records the time, as the event loop should be able to."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="conformance-pulse")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(_TICK_SECS):
            self.beats.append(time.monotonic())
