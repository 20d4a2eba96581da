"""Places for runs: first come, first served, for threads and tasks in one queue."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from codeexec_config.executor import ExecutorOverloaded
from codeexec_config.executor.guarding.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 10.0
"""Longer than any wait here takes."""
NOW = 0.05


def until(condition: Callable[[], object]) -> None:
    """Wait for what another thread is about to do."""
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def waiting(places: Places) -> int:
    return len(places._line)


class Threads:
    """Threads that take a place, note it, and keep it until they are told."""

    def __init__(self, places: Places, most: int) -> None:
        self.places, self.most = places, most
        self.entered: list[int] = []
        self.leave = [threading.Event() for _ in range(10)]
        self.running: list[threading.Thread] = []

    def start(self, number: int) -> None:
        """Start the next one, and wait until it has its place or is in the queue."""
        before = len(self.entered) + waiting(self.places)
        thread = threading.Thread(target=self._run, args=(number,))
        self.running.append(thread)
        thread.start()
        until(lambda: len(self.entered) + waiting(self.places) > before)

    def _run(self, number: int) -> None:
        with self.places.in_thread(self.most, LONG):
            self.entered.append(number)
            assert self.leave[number].wait(LONG)

    def finish(self) -> None:
        for event in self.leave:
            event.set()
        for thread in self.running:
            thread.join(LONG)


class TestThreads:
    def test_they_enter_as_they_came(self) -> None:
        threads = Threads(Places(), most=2)
        for number in range(6):
            threads.start(number)
        first = list(threads.entered)

        for number in range(6):
            threads.leave[number].set()
            until(lambda done=number: len(threads.entered) >= min(6, done + 3))  # type: ignore[misc]

        threads.finish()
        assert first == [0, 1]
        assert threads.entered == [0, 1, 2, 3, 4, 5]

    def test_one_that_just_comes_by_does_not_overtake(self) -> None:
        threads = Threads(Places(), most=1)
        threads.start(0)
        threads.start(1)
        threads.places._taken -= 1  # as if a place became free at this moment, before the queue has moved

        with pytest.raises(ExecutorOverloaded), threads.places.in_thread(1, NOW):
            pass

        threads.places._taken += 1
        threads.finish()
        assert threads.entered == [0, 1]

    def test_a_wait_ends_with_an_overload_that_may_be_retried(self) -> None:
        places = Places()

        with places.in_thread(1, LONG), pytest.raises(ExecutorOverloaded) as caught, places.in_thread(1, NOW):
            pytest.fail("a second place")

        assert caught.value.retryable
        assert caught.value.started is False
        assert caught.value.detail == "no place became free within 0.05 s"
        assert (waiting(places), places._taken) == (0, 0)

    def test_a_place_is_free_after_an_error(self) -> None:
        places = Places()

        for _ in range(3):
            with pytest.raises(ValueError, match="mine"), places.in_thread(1, NOW):
                raise ValueError("mine")

    def test_an_interrupted_wait_leaves_the_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        places = Places()

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        with places.in_thread(1, LONG):
            monkeypatch.setattr(threading.Event, "wait", interrupt)
            with pytest.raises(KeyboardInterrupt), places.in_thread(1, LONG):
                pytest.fail("a second place")

        assert (waiting(places), places._taken) == (0, 0)

    def test_a_place_that_came_with_the_interruption_is_passed_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        places = Places()

        def interrupt(*_: object) -> None:
            places._free()
            raise KeyboardInterrupt

        with ExitStack() as first:
            first.enter_context(places.in_thread(1, LONG))
            monkeypatch.setattr(threading.Event, "wait", interrupt)
            with pytest.raises(KeyboardInterrupt), places.in_thread(1, LONG):
                pytest.fail("an interrupted wait")
            assert (waiting(places), places._taken) == (0, 0)
            first.pop_all()  # its place was freed by hand

    def test_without_a_bound_nobody_waits(self) -> None:
        places = Places()

        with places.in_thread(None, 0), places.in_thread(None, 0):
            assert places._taken == 0


class TestTasks:
    def test_they_enter_as_they_came(self) -> None:
        async def main() -> list[int]:
            places, entered = Places(), list[int]()

            async def run(number: int) -> None:
                free = await places.take_in_task(2, LONG)
                entered.append(number)
                await asyncio.sleep(0)
                free()

            await asyncio.gather(*map(run, range(8)))
            return entered

        assert asyncio.run(main()) == list(range(8))

    def test_a_wait_ends_with_an_overload_that_may_be_retried(self) -> None:
        async def main() -> Places:
            places = Places()
            free = await places.take_in_task(1, LONG)
            with pytest.raises(ExecutorOverloaded) as caught:
                await places.take_in_task(1, NOW)
            free()
            assert caught.value.retryable
            assert caught.value.started is False
            return places

        places = asyncio.run(main())
        assert (waiting(places), places._taken) == (0, 0)

    def test_a_cancelled_wait_leaves_the_line(self) -> None:
        async def main() -> Places:
            places = Places()
            free = await places.take_in_task(1, LONG)
            cancelled = asyncio.create_task(places.take_in_task(1, LONG))
            patient = asyncio.create_task(places.take_in_task(1, LONG))
            await asyncio.sleep(0)
            assert waiting(places) == 2
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            assert waiting(places) == 1
            free()
            (await patient)()
            return places

        assert asyncio.run(main())._taken == 0

    def test_a_place_that_came_with_the_cancellation_is_passed_on(self) -> None:
        async def main() -> Places:
            places = Places()
            free = await places.take_in_task(1, LONG)
            cancelled = asyncio.create_task(places.take_in_task(1, LONG))
            patient = asyncio.create_task(places.take_in_task(1, LONG))
            await asyncio.sleep(0)
            free()
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            (await patient)()
            return places

        assert asyncio.run(main())._taken == 0

    def test_without_a_bound_nobody_waits(self) -> None:
        async def main() -> Places:
            places = Places()
            frees = [await places.take_in_task(None, 0) for _ in range(3)]
            for free in frees:
                free()
            return places

        assert asyncio.run(main())._taken == 0


class TestOneLine:
    def test_a_thread_hands_its_place_to_a_task(self) -> None:
        places = Places()
        threads = Threads(places, most=1)
        threads.start(0)

        async def main() -> None:
            taken = asyncio.create_task(places.take_in_task(1, LONG))
            await asyncio.sleep(0)
            threads.leave[0].set()
            free = await taken
            threads.start(1)
            free()

        asyncio.run(main())
        threads.finish()
        assert threads.entered == [0, 1]

    def test_one_whose_event_loop_is_gone_is_passed_over(self) -> None:
        places = Places()
        threads = Threads(places, most=1)
        threads.start(0)
        loop = asyncio.new_event_loop()
        gone = places.take_in_task(1, LONG)
        loop.call_soon(loop.stop)
        abandoned = loop.create_task(gone)
        loop.run_forever()
        loop.close()
        assert waiting(places) == 1
        threads.start(1)

        threads.leave[0].set()
        until(lambda: threads.entered == [0, 1])

        threads.finish()
        gone.close()
        abandoned._log_destroy_pending = False  # type: ignore[attr-defined]
        assert (waiting(places), places._taken) == (0, 0)


def test_a_wait_may_be_longer_than_a_thread_can_wait() -> None:
    places = Places()
    threads = Threads(places, 1)
    threads.start(0)
    threading.Timer(NOW, threads.finish).start()

    with places.in_thread(1, 1e300):
        assert threads.entered == [0]
