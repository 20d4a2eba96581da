"""Call an executor that yields output while a program runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from codeexec_config.conformance.calling import call_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from codeexec_config.conformance.calling import Call
    from codeexec_config.conformance.subject import Subject
    from codeexec_config.executor import ExecutionRequest

__all__ = ["Item", "start"]


class Item(NamedTuple):
    """A yielded value, and its time on a monotonic clock, in seconds."""

    secs: float
    value: object


def start(subject: Subject, request: ExecutionRequest, most: int | None = None) -> Call:
    """Start a run whose result is what it yields, and close the iterator after `most` items."""
    if not subject.is_async:
        return call_in_thread(lambda: _taken(subject.executor.execute_streaming(request), most))
    return subject.loop.call(lambda: _taken_async(subject.executor.execute_streaming_async(request), most))


def _taken(stream: Generator[object], most: int | None) -> list[Item]:
    items: list[Item] = []
    for value in stream:
        items.append(Item(time.monotonic(), value))
        if len(items) == most:
            stream.close()
            break
    return items


async def _taken_async(stream: AsyncGenerator[object], most: int | None) -> list[Item]:
    items: list[Item] = []
    async for value in stream:
        items.append(Item(time.monotonic(), value))
        if len(items) == most:
            await stream.aclose()
            break
    return items
