"""A verdict outlives the clean-up after it, in both forms."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from codeexec_config.executor import ExecutorFault, cleaning, run_then_clean_up, run_then_clean_up_async
from tests.executor.fakes import DONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.executor import ExecutionResult

CANARY = "sk-canary-90aa"
NOW = 0.05


def run_sync(run: Callable[[], Any], clean_up: Callable[[], object], **options: float) -> ExecutionResult:
    return run_then_clean_up(run, clean_up, **options)


def run_async(run: Callable[[], Any], clean_up: Callable[[], object], **options: float) -> ExecutionResult:
    async def awaited_run() -> ExecutionResult:
        result: ExecutionResult = run()
        return result

    async def awaited_clean_up() -> None:
        clean_up()

    return asyncio.run(run_then_clean_up_async(awaited_run, awaited_clean_up, **options))


both = pytest.mark.parametrize("finish", [run_sync, run_async])


def throw(error: BaseException) -> Any:
    raise error


@both
def test_the_result_comes_after_the_clean_up(finish: Any) -> None:
    cleaned: list[str] = []

    assert DONE is finish(lambda: DONE, lambda: cleaned.append("once"))
    assert cleaned == ["once"]


@both
@pytest.mark.parametrize("error", [OSError(CANARY), ExecutorFault(CANARY), asyncio.CancelledError()])
def test_a_clean_up_that_fails_is_told_in_the_detail(finish: Any, error: BaseException) -> None:
    result = finish(lambda: attrs.evolve(DONE, detail="engine 7"), lambda: throw(error))

    assert attrs.evolve(DONE, detail=f"engine 7\nclean-up failed: {type(error).__name__}") == result


@both
def test_it_is_the_only_line_where_there_was_none(finish: Any) -> None:
    assert finish(lambda: DONE, lambda: throw(OSError())).detail == "clean-up failed: OSError"


@both
def test_an_error_stands_after_the_clean_up(finish: Any) -> None:
    cleaned: list[str] = []
    error = ExecutorFault(CANARY)

    with pytest.raises(ExecutorFault) as caught:
        finish(lambda: throw(error), lambda: cleaned.append("once"))

    assert error is caught.value
    assert cleaned == ["once"]
    assert not hasattr(error, "__notes__")


@both
def test_an_error_gets_the_clean_ups_failure_as_a_note(finish: Any) -> None:
    with pytest.raises(ExecutorFault) as caught:
        finish(lambda: throw(ExecutorFault()), lambda: throw(OSError(CANARY)))

    assert caught.value.__notes__ == ["clean-up failed: OSError"]


def test_a_clean_up_that_hangs_is_left_behind() -> None:
    released, cleaned = threading.Event(), threading.Event()

    def clean_up() -> None:
        released.wait(10)
        cleaned.set()

    result = run_then_clean_up(lambda: DONE, clean_up, secs=NOW)
    released.set()

    assert attrs.evolve(DONE, detail="clean-up not done after 0.05 s") == result
    assert cleaned.wait(10)


@both
@pytest.mark.parametrize("secs", [1e300, float("inf")])
def test_a_wait_may_be_longer_than_a_thread_can_wait(finish: Any, secs: float) -> None:
    assert DONE is finish(lambda: DONE, lambda: None, secs=secs)


def test_a_result_stands_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda _: throw(RuntimeError("can't start new thread")))

    result = run_then_clean_up(lambda: DONE, lambda: None)

    assert attrs.evolve(DONE, detail="clean-up failed: RuntimeError") == result


async def done() -> ExecutionResult:
    return DONE


def test_an_async_clean_up_that_hangs_is_left_behind() -> None:
    async def main() -> None:
        released, cleaned = asyncio.Event(), asyncio.Event()

        async def clean_up() -> None:
            await released.wait()
            cleaned.set()

        result = await run_then_clean_up_async(done, clean_up, secs=NOW)
        assert len(cleaning._left_behind) == 1  # the event loop alone would keep only a weak reference
        released.set()

        assert attrs.evolve(DONE, detail="clean-up not done after 0.05 s") == result
        async with asyncio.timeout(10):
            await cleaned.wait()

    asyncio.run(main())


@pytest.mark.parametrize("moments", [1, 3])
def test_a_cancellation_passes_after_the_clean_up(moments: int) -> None:
    """The first one meets the run, the others the clean-up."""
    seen: list[str] = []

    async def run() -> ExecutionResult:
        await asyncio.sleep(3600)
        return DONE

    async def clean_up() -> None:
        seen.append("begun")
        await asyncio.sleep(moments * NOW)
        seen.append("done")

    async def main() -> None:
        task = asyncio.create_task(run_then_clean_up_async(run, clean_up))
        for _ in range(moments):
            await asyncio.sleep(0.5 * NOW)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["begun", "done"]


def test_a_cancellation_during_the_clean_up_alone_passes_too() -> None:
    async def main() -> None:
        begun, released = asyncio.Event(), asyncio.Event()

        async def clean_up() -> None:
            begun.set()
            await released.wait()

        task = asyncio.create_task(run_then_clean_up_async(done, clean_up))
        await begun.wait()
        task.cancel("by the host")
        await asyncio.sleep(0)
        released.set()
        with pytest.raises(asyncio.CancelledError, match="by the host"):
            await task

    asyncio.run(main())
