"""A stream through the guard: the same limits, the same deadline, the same errors, in both forms."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from codeexec_config.executor import (
    DeadlineOverrun,
    ExecutionLimits,
    ExecutionResult,
    ExecutorFault,
    ExecutorUnavailable,
    OutputChunk,
    guarded,
    guarded_async,
)
from tests.executor.fakes import DONE, LIMITS, SERVER, Fake, FakeAsync, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from codeexec_config.executor import ExecutionRequest

NOW = 0.05
BRIEF = ExecutionLimits(wall_secs=NOW, memory_bytes=1)
CANARY = "sk-canary-5a5a"
CHUNK = OutputChunk(stream="stdout", data=b"12345")


class Streaming(Fake):
    """Streams what it is given; a callable among the items is called."""

    def __init__(self, *items: Any) -> None:
        super().__init__()
        self.items = items
        self.ended: list[str] = []

    def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[OutputChunk | ExecutionResult]:
        self.seen.append(request)
        try:
            for item in self.items:
                yield item() if callable(item) else item
        finally:
            self.ended.append("closed")


class StreamingAsync(FakeAsync):
    def __init__(self, *items: Any) -> None:
        super().__init__()
        self.items = items
        self.ended: list[str] = []

    async def execute_streaming_async(
        self, request: ExecutionRequest, /
    ) -> AsyncIterator[OutputChunk | ExecutionResult]:
        self.seen.append(request)
        try:
            for item in self.items:
                yield item() if callable(item) else item
        finally:
            self.ended.append("closed")


def stream(asked: ExecutionRequest, *items: Any) -> tuple[list[object], Streaming]:
    executor = Streaming(*items)
    guard: Any = guarded(executor, SERVER)
    return list(guard.execute_streaming(asked)), executor


def stream_async(asked: ExecutionRequest, *items: Any) -> tuple[list[object], StreamingAsync]:
    executor = StreamingAsync(*items)
    guard: Any = guarded_async(executor, SERVER)

    async def main() -> list[object]:
        return [item async for item in guard.execute_streaming_async(asked)]

    return asyncio.run(main()), executor


both = pytest.mark.parametrize("streamed", [stream, stream_async])


@both
def test_chunks_come_and_then_the_result(streamed: Any) -> None:
    other = OutputChunk(stream="stderr", data=b"x")

    items, executor = streamed(request(), CHUNK, other, DONE)

    assert [CHUNK, other, DONE] == items
    assert executor.ended == ["closed"]


@both
def test_the_executor_sees_the_configs_limits(streamed: Any) -> None:
    greedy = ExecutionLimits(wall_secs=9e9, memory_bytes=2**50)

    _, executor = streamed(request(limits=greedy), DONE)

    assert [seen.limits for seen in executor.seen] == [ExecutionLimits.from_config(SERVER)]


@both
def test_streams_are_cut(streamed: Any) -> None:
    eight = attrs.evolve(LIMITS, output_bytes=8)

    items, _ = streamed(request(limits=eight), CHUNK, CHUNK, CHUNK, attrs.evolve(DONE, stdout=b"1234512345"))

    assert [CHUNK, attrs.evolve(CHUNK, data=b"123")] == items[:2]
    assert [attrs.evolve(DONE, stdout=b"12345123", stdout_truncated=True)] == items[2:]


@both
def test_nothing_comes_after_the_result(streamed: Any) -> None:
    assert streamed(request(), DONE, CHUNK, DONE)[0] == [DONE]


@both
@pytest.mark.parametrize("items", [(), (CHUNK,), (CHUNK, b"x"), ("x",)])
def test_a_stream_without_a_result_is_a_fault(streamed: Any, items: tuple[object, ...]) -> None:
    with pytest.raises(ExecutorFault) as caught:
        streamed(request(), *items)

    assert caught.value.detail.startswith("expected an ExecutionResult, found ")


@pytest.mark.parametrize("items", [(CHUNK, DONE), (CHUNK, "x")])
def test_a_stream_is_closed_even_where_the_executor_still_holds_it(items: tuple[object, ...]) -> None:
    executor, executor_async = Streaming(*items, DONE), StreamingAsync(*items, DONE)
    made: list[Any] = [executor.execute_streaming(request()), executor_async.execute_streaming_async(request())]
    executor.execute_streaming = lambda _: made[0]  # type: ignore[method-assign]
    executor_async.execute_streaming_async = lambda _: made[1]  # type: ignore[method-assign]

    async def main() -> None:
        stream: Any = guarded_async(executor_async, SERVER)
        with suppress(ExecutorFault):
            [item async for item in stream.execute_streaming_async(request())]
        assert executor_async.ended == ["closed"]

    guard: Any = guarded(executor, SERVER)
    with suppress(ExecutorFault):
        list(guard.execute_streaming(request()))
    assert executor.ended == ["closed"]
    asyncio.run(main())


def throwing(error: Exception) -> Callable[[], None]:
    def throw() -> None:
        raise error

    return throw


@both
def test_an_executors_own_exception_is_a_fault(streamed: Any) -> None:
    error = ValueError(CANARY)

    with pytest.raises(ExecutorFault) as caught:
        streamed(request(), CHUNK, throwing(error))

    assert error is caught.value.__cause__


@both
def test_an_error_of_the_protocol_passes(streamed: Any) -> None:
    with pytest.raises(ExecutorUnavailable):
        streamed(request(), CHUNK, throwing(ExecutorUnavailable(started=True)))


@pytest.mark.parametrize("made", [None, 3])
def test_what_is_no_stream_is_a_fault(made: object) -> None:
    executor: Any = Fake()
    executor.execute_streaming = lambda _: made
    executor_async: Any = FakeAsync()
    executor_async.execute_streaming_async = lambda _: made
    guard: Any = guarded(executor, SERVER)
    async_guard: Any = guarded_async(executor_async, SERVER)

    with pytest.raises(ExecutorFault):
        next(guard.execute_streaming(request()))
    with pytest.raises(ExecutorFault):
        asyncio.run(anext(async_guard.execute_streaming_async(request())))


def test_an_iterator_that_cannot_be_closed_is_fine() -> None:
    executor: Any = Fake()
    executor.execute_streaming = lambda _: iter([CHUNK, DONE])
    guard: Any = guarded(executor, SERVER)

    assert list(guard.execute_streaming(request())) == [CHUNK, DONE]


def test_an_async_iterator_that_cannot_be_closed_is_fine() -> None:
    class Once:
        def __aiter__(self) -> Once:
            return self

        async def __anext__(self) -> ExecutionResult:
            return DONE

    executor: Any = FakeAsync()
    executor.execute_streaming_async = lambda _: Once()
    guard: Any = guarded_async(executor, SERVER)

    assert asyncio.run(anext(guard.execute_streaming_async(request()))) == DONE


def test_a_sync_stream_that_comes_back_late_is_told_so() -> None:
    def late() -> ExecutionResult:
        time.sleep(3 * NOW)
        return DONE

    executor = Streaming(CHUNK, late)
    guard: Any = guarded(executor, SERVER, grace_secs=0)

    with pytest.raises(DeadlineOverrun) as caught:
        list(guard.execute_streaming(request(limits=BRIEF)))

    assert caught.value.deadline_secs == NOW
    assert executor.ended == ["closed"]


def test_an_async_stream_may_take_its_time_within_its_deadline() -> None:
    executor: Any = FakeAsync()

    async def pause(_: object) -> AsyncIterator[OutputChunk | ExecutionResult]:
        for item in (CHUNK, CHUNK, DONE):
            await asyncio.sleep(NOW)
            yield item

    executor.execute_streaming_async = pause
    guard: Any = guarded_async(executor, SERVER)

    async def main() -> list[object]:
        return [item async for item in guard.execute_streaming_async(request())]

    assert asyncio.run(main()) == [CHUNK, CHUNK, DONE]


def test_each_wait_for_a_chunk_takes_from_the_same_deadline() -> None:
    executor: Any = FakeAsync()

    async def dawdle(_: object) -> AsyncIterator[OutputChunk | ExecutionResult]:
        while True:
            await asyncio.sleep(NOW / 2)
            yield CHUNK

    executor.execute_streaming_async = dawdle
    guard: Any = guarded_async(executor, SERVER, grace_secs=NOW)

    async def main() -> None:
        async with asyncio.timeout(10):
            [item async for item in guard.execute_streaming_async(request(limits=BRIEF))]

    with pytest.raises(DeadlineOverrun):
        asyncio.run(main())


@pytest.mark.parametrize("is_deaf", [False, True])
def test_an_async_stream_that_hangs_is_cancelled_and_left(is_deaf: bool) -> None:  # noqa: FBT001 -- a parameter of a test
    ends: list[str] = []

    async def main() -> None:
        over = asyncio.Event()
        executor: Any = FakeAsync()

        async def hang(_: object) -> AsyncIterator[OutputChunk | ExecutionResult]:
            try:
                yield CHUNK
                while not over.is_set():
                    try:
                        await over.wait()
                    except asyncio.CancelledError:
                        if not is_deaf:
                            raise
            finally:
                ends.append("closed")

        executor.execute_streaming_async = hang
        guard: Any = guarded_async(executor, SERVER, grace_secs=NOW)
        stream = guard.execute_streaming_async(request(limits=BRIEF))
        assert await anext(stream) == CHUNK
        with pytest.raises(DeadlineOverrun) as caught:
            await anext(stream)
        ends.append("returned")
        assert caught.value.deadline_secs == 2 * NOW
        over.set()
        await asyncio.gather(*guard._tasks)

    asyncio.run(main())
    assert ends == (["returned", "closed"] if is_deaf else ["closed", "returned"])


def test_what_the_host_does_meanwhile_is_not_the_runs_time() -> None:
    async def main() -> list[object]:
        guard: Any = guarded_async(StreamingAsync(CHUNK, CHUNK, DONE), SERVER, grace_secs=NOW)
        items = []
        async for item in guard.execute_streaming_async(request(limits=BRIEF)):
            items.append(item)
            await asyncio.sleep(3 * NOW)
        return items

    sync_guard: Any = guarded(Streaming(CHUNK, CHUNK, DONE), SERVER, grace_secs=NOW)
    items = []
    for item in sync_guard.execute_streaming(request(limits=BRIEF)):
        items.append(item)
        time.sleep(3 * NOW)

    assert [CHUNK, CHUNK, DONE] == items == asyncio.run(main())


def test_a_cancelled_stream_ends_the_executors() -> None:
    executor = StreamingAsync()

    async def main() -> None:
        begun = asyncio.Event()

        async def hang(asked: ExecutionRequest) -> AsyncIterator[OutputChunk | ExecutionResult]:
            del asked
            try:
                begun.set()
                await asyncio.sleep(3600)
                yield DONE
            finally:
                executor.ended.append("closed")

        executor.execute_streaming_async = hang  # type: ignore[method-assign]
        guard: Any = guarded_async(executor, SERVER)
        task = asyncio.create_task(anext(guard.execute_streaming_async(request())))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert executor.ended == ["closed"]
