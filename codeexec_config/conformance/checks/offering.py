"""V: optional methods that no capability declares."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from codeexec_config.conformance import streaming
from codeexec_config.conformance.kit import (
    OTHER_LIMITS,
    REFUSALS,
    Failed,
    NotApplicable,
    cannot_tell,
    expect,
    told,
    traced,
)
from codeexec_config.conformance.wording import quoted
from codeexec_config.executor import ExecutionResult, OutputChunk, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit, Outcome
    from codeexec_config.executor import ExecutionRequest

_STOPPED = 0.8
"""The part of a program's time before which it must have been stopped, rather than have ended."""
_ROOM = 8
_APART_SECS = 0.25
"""Half of the time between the two lines that are streamed."""


def health(kit: Kit) -> None:
    """V01: `check_health` returns normally if a run works."""
    if not kit.subject.offers("check_health"):
        raise NotApplicable("the executor has no check_health")
    kit.subject.finish("check_health")


def stream(kit: Kit) -> None:
    """V02: output is yielded while the program runs, and equals that of the result, which comes last."""
    _expect_an_offer(kit)
    nonce = kit.nonce()
    items = _streamed(kit, kit.request(kit.code("pause", text=nonce)))
    result = _last(items)
    data = _yielded(items, "stdout")
    expect(nonce in result.text(), f"the program's output is not in the result: {told(result)}")
    expect(data == result.stdout, f"it yielded {data!r}, but the result has {result.stdout!r}")
    expect(items[-1].secs - items[0].secs >= _APART_SECS, "nothing was yielded before the program had ended")
    with suppress(NotApplicable):  # a language may have no program for it
        _stream_of_a_failure(kit)


def _stream_of_a_failure(kit: Kit) -> None:
    """Expect the same for a program that fails, including the stream of its error."""
    items = _streamed(kit, kit.request(kit.code("uncaught_error", text=kit.nonce())))
    result = _last(items)
    for name in ("stdout", "stderr"):
        data, whole = _yielded(items, name), getattr(result, name)
        words = f"for a program that fails, it yielded {quoted(data)} for {name}, but the result has {quoted(whole)}"
        expect(not whole or data == whole, words)


def _yielded(items: list[streaming.Item], name: str) -> bytes:
    """Return what was yielded for a stream before the result."""
    return b"".join(_data(item.value, name) for item in items[:-1])


def _data(chunk: object, name: str) -> bytes:
    if not isinstance(chunk, OutputChunk):
        raise Failed(f"an item before the result is {type(chunk).__name__}, not OutputChunk")
    return chunk.data if chunk.stream == name else b""


def _expect_an_offer(kit: Kit) -> None:
    if not kit.subject.offers("execute_streaming"):
        raise NotApplicable("the executor has no execute_streaming")


def closed_stream(kit: Kit) -> None:
    """V03: a program whose stream is closed is stopped."""
    _expect_an_offer(kit)
    kit.expect_sight()
    marker = kit.nonce()
    [first] = _streamed(kit, kit.request(kit.code("orphan", marker=marker)), most=1)
    took = time.monotonic() - first.secs
    expect(took < _STOPPED * kit.deadlines.run_limit, f"it was closed after {took:.1f} s, as long as it may run")
    kit.expect_nothing_left(marker)


def streams_limits(kit: Kit) -> None:
    """V04: a program whose output is streamed has the same limits of time and output as any other."""
    _expect_an_offer(kit)
    wall, cap = kit.deadlines.stop_limit, kit.sizes.output_limit
    result = _last(_streamed_within(kit, kit.request(kit.code("before_sleep"), wall=wall)))
    expect(result.status is Status.TIMED_OUT, f"expected timed_out, got {told(result)}")
    items = _streamed_within(kit, kit.request(kit.code("flood"), wall=wall))
    result, size = _last(items), len(_yielded(items, "stdout"))
    expect(result.status is not Status.COMPLETED, "an endless program completed")
    # A chunk from before the limit was noticed may already have been passed on.
    expect(size <= _ROOM * cap, f"it yielded {size} bytes under a limit of {cap}")
    expect(len(result.stdout) <= cap, f"its result contains {len(result.stdout)} bytes under a limit of {cap}")


def _last(items: list[streaming.Item]) -> ExecutionResult:
    last = items[-1].value
    if not isinstance(last, ExecutionResult):
        raise Failed(f"the last item is {told(last)}")
    return last


def _streamed_within(kit: Kit, request: ExecutionRequest) -> list[streaming.Item]:
    """Return what a run under unusual limits yields; it may be refused."""
    outcome = kit.outcome(request, streaming.start(kit.subject, request))
    if type(outcome.error) in REFUSALS:
        cannot_tell(OTHER_LIMITS)
    return _items(outcome)


def _streamed(kit: Kit, request: ExecutionRequest, most: int | None = None) -> list[streaming.Item]:
    """Return the items that a run yields, or the first of them."""
    return _items(kit.outcome(request, streaming.start(kit.subject, request, most)))


def _items(outcome: Outcome) -> list[streaming.Item]:
    expect(outcome.error is None, f"raised {told(outcome.error)}", traced(outcome.error))
    items: list[streaming.Item] = outcome.result
    expect(items, "it yielded nothing")
    return items
