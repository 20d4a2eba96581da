"""`as_async` adapts a sync executor to an async host."""

from __future__ import annotations

import asyncio
import threading
from concurrent import futures
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config.executor import Capability, ExecutorOverloaded, SessionRequest, as_async, check_executor
from tests.executor.fakes import DONE, LIMITS, Fake, FakeAsync, FakeWithExtras, info, request, throwing

if TYPE_CHECKING:
    from codeexec_config.executor import ExecutionResult


def test_it_runs_in_another_thread() -> None:
    threads: list[threading.Thread] = []

    def act(_: object) -> ExecutionResult:
        threads.append(threading.current_thread())
        return DONE

    executor = Fake(act)

    assert asyncio.run(as_async(executor).execute_async(request())) == DONE
    assert threads != [threading.main_thread()]


def test_a_run_sees_the_hosts_context() -> None:
    tenant = ContextVar[str]("tenant")
    seen: list[str] = []

    def act(_: object) -> ExecutionResult:
        seen.append(tenant.get("nobody"))
        return DONE

    tenant.set("acme")

    assert asyncio.run(as_async(Fake(act)).execute_async(request())) == DONE
    assert seen == ["acme"]


def test_the_event_loop_goes_on_meanwhile() -> None:
    released = threading.Event()
    executor = as_async(Fake(lambda _: DONE if released.wait(10) else None))

    async def main() -> Any:
        run = asyncio.create_task(executor.execute_async(request()))
        await asyncio.sleep(0)
        released.set()
        return await run

    assert asyncio.run(main()) == DONE


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (StopIteration("early"), RuntimeError),
        (futures.CancelledError(), futures.CancelledError),
        (futures.InvalidStateError(), futures.InvalidStateError),
    ],
)
def test_what_asyncio_would_change_is_raised_as_an_async_executor_raises_it(
    error: Exception, raised: type[Exception]
) -> None:
    """The first would never arrive, and the second would pass for a cancellation of the host."""

    async def main() -> Any:
        async with asyncio.timeout(10):
            return await as_async(Fake(throwing(error))).execute_async(request())

    with pytest.raises(raised) as caught:
        asyncio.run(main())

    assert error in (caught.value, caught.value.__cause__)


def test_a_thread_that_cannot_be_started_is_an_overload(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = as_async(Fake())
    monkeypatch.setattr(threading.Thread, "start", throwing(RuntimeError("can't start new thread")))

    with pytest.raises(ExecutorOverloaded) as caught:
        asyncio.run(executor.execute_async(request()))

    assert (caught.value.retryable, caught.value.started) == (True, False)


def test_an_async_executor_is_itself() -> None:
    executor = FakeAsync()

    assert executor is as_async(executor)


def test_cancel_is_not_declared() -> None:
    wrapped = as_async(FakeWithExtras())

    assert info(Capability.SESSIONS, Capability.CLOSE).languages == wrapped.describe().languages
    assert check_executor(wrapped) == []


@pytest.mark.parametrize("executor", [object(), Fake])
def test_what_is_no_executor_is_refused(executor: Any) -> None:
    with pytest.raises(TypeError, match="not an executor: "):
        as_async(executor)


def test_its_extras_are_there_under_their_async_names() -> None:
    executor = FakeWithExtras()
    wrapped: Any = as_async(executor)
    session = SessionRequest(language="python", limits=LIMITS)

    async def main() -> str:
        name: str = await wrapped.open_session_async(session)
        await wrapped.close_session_async(name)
        await wrapped.check_health_async()
        await wrapped.sweep_async()
        await wrapped.close_async()
        return name

    assert asyncio.run(main()) == "s1"
    assert [session, "s1", "check_health", "sweep", "close"] == executor.asked


@pytest.mark.parametrize("name", ["close", "close_async", "describe_async", "_async", "nonsense"])
def test_no_other_method_appears(name: str) -> None:
    assert not hasattr(as_async(Fake()), name)
