"""V: the methods that an executor may have beside those of its capabilities."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from codeexec_config.conformance import streaming
from codeexec_config.conformance.kit import Failed, NotApplicable, expect, told, traced
from codeexec_config.executor import ExecutionResult, OutputChunk

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionRequest

_STOPPED = 0.8
"""The part of a program's time by which it has been stopped, and has not come to its own end."""
_APART_SECS = 0.25
"""Half of what passes between the two lines that are streamed."""


def health(kit: Kit) -> None:
    """V01: `check_health` returns where a run works."""
    if not kit.subject.offers("check_health"):
        raise NotApplicable("the executor has no check_health")
    kit.subject.finish("check_health")


def stream(kit: Kit) -> None:
    """V02: output is yielded while the program runs, and is what the result, which comes last, holds."""
    _expect_an_offer(kit)
    nonce = kit.nonce()
    items = _streamed(kit, kit.request(kit.code("pause", text=nonce)))
    *chunks, last = items
    if not isinstance(last.value, ExecutionResult):
        raise Failed(f"the last item is {told(last.value)}")
    data = b"".join(_data(item.value) for item in chunks)
    expect(nonce in last.value.text(), f"the program's output is not in the result: {told(last.value)}")
    expect(data == last.value.stdout, f"it yielded {data!r}, and the result has {last.value.stdout!r}")
    expect(last.secs - items[0].secs >= _APART_SECS, "nothing was yielded before the program had ended")


def _data(chunk: object) -> bytes:
    if not isinstance(chunk, OutputChunk):
        raise Failed(f"an item before the result is {type(chunk).__name__} and no OutputChunk")
    return chunk.data if chunk.stream == "stdout" else b""


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


def _streamed(kit: Kit, request: ExecutionRequest, most: int | None = None) -> list[streaming.Item]:
    """Return what a run yields, or the first items of it."""
    outcome = kit.outcome(request, streaming.start(kit.subject, request, most))
    expect(outcome.error is None, f"raised {told(outcome.error)}", traced(outcome.error))
    items: list[streaming.Item] = outcome.result
    expect(items, "it yielded nothing")
    return items
