"""No more concurrent runs than an executor accepts, whoever asks."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from codeexec_config.executor import (
    DeadlineOverrun,
    ExecutionLimits,
    ExecutionResult,
    ExecutorInfo,
    ExecutorOverloaded,
    OutputChunk,
    as_async,
    guarded,
    guarded_async,
)
from tests.executor.fakes import DONE, SERVER, Fake, FakeAsync, info, request, throwing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from codeexec_config.executor import ExecutionRequest

NOW = 0.05
LONG = 10.0
BRIEF = ExecutionLimits(wall_secs=NOW, memory_bytes=1)


def one_at_once() -> ExecutorInfo:
    return attrs.evolve(info(), max_concurrency=1)


def two_at_once() -> ExecutorInfo:
    return attrs.evolve(info(), max_concurrency=2)


class Counter:
    """The number of active runs, and its maximum."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.peak = 0

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.peak = max(self.peak, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


def test_threads_are_let_in_as_many_as_the_executor_takes() -> None:
    running = Counter()
    full = threading.Barrier(2)

    def act(_: object) -> ExecutionResult:
        with running:
            full.wait(LONG)
        return DONE

    guard = guarded(Fake(act, described=two_at_once), SERVER)
    results: list[ExecutionResult] = []
    threads = [threading.Thread(target=lambda: results.append(guard.execute(request()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)

    assert [DONE] * 8 == results
    assert running.peak == 2


def test_tasks_are_let_in_in_their_order() -> None:
    running = Counter()

    async def act(_: object) -> ExecutionResult:
        with running:
            await asyncio.sleep(0.001)
        return DONE

    executor = FakeAsync(act, described=two_at_once)

    async def main() -> None:
        guard = guarded_async(executor, SERVER)
        await asyncio.gather(*(guard.execute_async(request(request_id=str(number))) for number in range(9)))

    asyncio.run(main())
    assert running.peak == 2
    assert [seen.request_id for seen in executor.seen] == [str(number) for number in range(9)]


def test_the_wait_is_not_the_runs_time() -> None:
    """Each run takes most of its deadline, and the last waits for all of the others."""

    async def act(_: object) -> ExecutionResult:
        await asyncio.sleep(4 * NOW)
        return DONE

    async def main() -> list[ExecutionResult]:
        guard = guarded_async(FakeAsync(act, described=one_at_once), SERVER, grace_secs=12 * NOW)
        return await asyncio.gather(*(guard.execute_async(request(limits=BRIEF)) for _ in range(6)))

    assert asyncio.run(main()) == [DONE] * 6


@pytest.mark.parametrize("make", [guarded, guarded_async])
def test_a_run_waits_half_a_minute_unless_told(make: Any) -> None:
    guard = make(Fake() if make is guarded else FakeAsync(), SERVER)

    assert guard._rules.queue_secs == 30


@pytest.mark.parametrize("make", [guarded, guarded_async])
@pytest.mark.parametrize(
    ("times", "error"),
    [({"queue_secs": -1}, ValueError), ({"queue_secs": None}, TypeError), ({"grace_secs": -1}, ValueError)],
)
def test_a_time_is_a_number_from_0_up(make: Any, times: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=f"{next(iter(times))} must be"):
        make(Fake() if make is guarded else FakeAsync(), SERVER, **times)


def test_a_thread_that_waits_too_long_is_an_overload() -> None:
    begun, released = threading.Event(), threading.Event()

    def act(_: object) -> ExecutionResult:
        begun.set()
        released.wait(LONG)
        return DONE

    executor = Fake(act, described=one_at_once)
    guard = guarded(executor, SERVER, queue_secs=NOW)
    first = threading.Thread(target=guard.execute, args=(request(),))
    first.start()
    begun.wait(LONG)

    with pytest.raises(ExecutorOverloaded) as caught:
        guard.execute(request())

    released.set()
    first.join(LONG)
    assert (caught.value.retryable, caught.value.started) == (True, False)
    assert len(executor.seen) == 1
    assert guard.execute(request()) == DONE


def test_a_run_that_gets_no_thread_frees_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> ExecutionResult:
        guard = guarded_async(as_async(Fake(described=one_at_once)), SERVER, queue_secs=NOW)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", throwing(RuntimeError("can't start new thread")))
            with pytest.raises(ExecutorOverloaded):
                await guard.execute_async(request())
        return await guard.execute_async(request())

    assert asyncio.run(main()) == DONE


def test_a_task_that_waits_too_long_is_an_overload() -> None:
    executor = FakeAsync(lambda _: asyncio.sleep(3600), described=one_at_once)

    async def main() -> None:
        guard = guarded_async(executor, SERVER, queue_secs=NOW)
        first = asyncio.create_task(guard.execute_async(request()))
        await asyncio.sleep(0)
        with pytest.raises(ExecutorOverloaded) as caught:
            await guard.execute_async(request())
        first.cancel()
        assert (caught.value.retryable, caught.value.started) == (True, False)

    asyncio.run(main())
    assert len(executor.seen) == 1


def test_a_cancelled_waiter_frees_its_place_in_the_line() -> None:
    released = asyncio.Event()

    async def act(_: object) -> ExecutionResult:
        await released.wait()
        return DONE

    executor = FakeAsync(act, described=one_at_once)

    async def main() -> None:
        guard = guarded_async(executor, SERVER)
        runs = [asyncio.create_task(guard.execute_async(request(request_id=name))) for name in "abc"]
        await asyncio.sleep(0)
        runs[1].cancel()
        await asyncio.wait({runs[1]})
        released.set()
        assert [await runs[0], await runs[2]] == [DONE, DONE]

    asyncio.run(main())
    assert [seen.request_id for seen in executor.seen] == ["a", "c"]


def test_a_run_that_is_left_behind_keeps_its_place() -> None:
    async def main() -> None:
        over = asyncio.Event()

        async def act(_: object) -> Any:
            while not over.is_set():
                try:
                    await over.wait()
                except asyncio.CancelledError:
                    continue
            return DONE

        guard = guarded_async(FakeAsync(act, described=one_at_once), SERVER, grace_secs=0, queue_secs=NOW)
        with pytest.raises(DeadlineOverrun):
            await guard.execute_async(request(limits=BRIEF))
        with pytest.raises(ExecutorOverloaded):
            await guard.execute_async(request(limits=BRIEF))
        over.set()
        assert await guard.execute_async(request()) == DONE

    asyncio.run(main())


def test_a_thread_that_is_left_behind_keeps_its_place() -> None:
    """A cancelled task of `as_async` is over at once, and its program is not."""
    running, begun, released = Counter(), threading.Event(), threading.Event()

    def act(_: object) -> ExecutionResult:
        with running:
            begun.set()
            released.wait(LONG)
        return DONE

    async def main() -> None:
        guard = guarded_async(as_async(Fake(act, described=one_at_once)), SERVER, queue_secs=NOW)
        first = asyncio.create_task(guard.execute_async(request()))
        await asyncio.to_thread(begun.wait, LONG)
        first.cancel()
        await asyncio.wait({first})
        with pytest.raises(ExecutorOverloaded):
            await guard.execute_async(request())
        released.set()
        assert await guard.execute_async(request()) == DONE

    asyncio.run(main())
    assert running.peak == 1


def test_threads_of_an_adapted_executor_do_not_wait_for_each_other() -> None:
    """More at once than a pool of asyncio's has threads."""
    together = threading.Barrier(40)

    def act(_: object) -> ExecutionResult:
        together.wait(LONG)
        return DONE

    async def main() -> list[ExecutionResult]:
        executor = as_async(Fake(act))
        return await asyncio.gather(*(executor.execute_async(request()) for _ in range(40)))

    assert asyncio.run(main()) == [DONE] * 40


class Streaming(Fake):
    """Streams one chunk and a result."""

    def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[OutputChunk | ExecutionResult]:
        yield OutputChunk(stream="stdout", data=b"x")
        yield self.execute(request)


class StreamingAsync(FakeAsync):
    async def execute_streaming_async(
        self, request: ExecutionRequest, /
    ) -> AsyncIterator[OutputChunk | ExecutionResult]:
        yield OutputChunk(stream="stdout", data=b"x")
        yield await self.execute_async(request)


@pytest.mark.parametrize("queue_secs", [NOW, 0])
def test_a_stream_has_a_place_until_it_ends_or_is_closed(queue_secs: float) -> None:
    guard: Any = guarded(Streaming(described=one_at_once), SERVER, queue_secs=queue_secs)
    assert guard.execute(request()) == DONE
    stream = guard.execute_streaming(request())
    next(stream)

    with pytest.raises(ExecutorOverloaded):
        guard.execute(request())

    stream.close()
    assert guard.execute(request()) == DONE
    stream = guard.execute_streaming(request())
    assert [next(stream).data, next(stream)] == [b"x", DONE]
    assert guard.execute(request()) == DONE


def test_an_async_stream_has_a_place_until_it_ends_or_is_closed() -> None:
    async def act(_: object) -> ExecutionResult:
        return DONE

    async def main() -> None:
        guard: Any = guarded_async(StreamingAsync(act, described=one_at_once), SERVER, queue_secs=NOW)
        stream = guard.execute_streaming_async(request())
        await anext(stream)
        with pytest.raises(ExecutorOverloaded):
            await guard.execute_async(request())
        await stream.aclose()
        assert await guard.execute_async(request()) == DONE
        stream = guard.execute_streaming_async(request())
        assert [(await anext(stream)).data, await anext(stream)] == [b"x", DONE]
        assert await guard.execute_async(request()) == DONE

    asyncio.run(main())


def test_the_description_names_the_bound() -> None:
    assert guarded(Fake(described=two_at_once), SERVER).describe().max_concurrency == 2
    assert as_async(Fake(described=two_at_once)).describe().max_concurrency == 2
