"""Nothing of a wrapped executor is reachable past its guard."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from codeexec_config.executor import (
    Capability,
    CapabilityUnsupported,
    ExecutionDisabled,
    ExecutionError,
    ExecutionRequest,
    ExecutionResult,
    ExecutorFault,
    LanguageNotAllowed,
    OutputChunk,
    RequestError,
    RequestTooLarge,
    SessionRequest,
    check_executor,
    guarded,
    guarded_async,
)
from tests.executor.fakes import DONE, LIMITS, SERVER, Fake, info, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

DISABLED = attrs.evolve(SERVER, enabled=False)
OPENING = SessionRequest(language="python", limits=LIMITS)


class Everything:
    """An executor of both forms, with all optional methods, some of its own, and an answer to any other name."""

    secret = "a backend's key"

    def __init__(self) -> None:
        self.ran: list[object] = []
        self.session: Any = "s1"

    def describe(self) -> Any:
        return info(*(set(Capability) - {"stdin"}))

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        self.ran.append(request)
        return DONE

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        return self.execute(request)

    def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[OutputChunk | ExecutionResult]:
        yield self.execute(request)

    async def execute_streaming_async(
        self, request: ExecutionRequest, /
    ) -> AsyncIterator[OutputChunk | ExecutionResult]:
        yield self.execute(request)

    def open_session(self, request: SessionRequest, /) -> Any:
        self.ran.append(request)
        return self.session

    async def open_session_async(self, request: SessionRequest, /) -> Any:
        return self.open_session(request)

    def close_session(self, session: str, /) -> Any:
        return self

    async def close_session_async(self, session: str, /) -> Any:
        return self

    def close(self) -> Any:
        return self

    check_health = sweep = run_raw = run = run_code = close

    async def close_async(self) -> Any:
        return self

    check_health_async = sweep_async = run_raw_async = run_async = close_async

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.execute


SYNC = {"close", "check_health", "sweep", "open_session", "close_session", "execute_streaming"}
ASYNC = {f"{name}_async" for name in SYNC}
FORMS = pytest.mark.parametrize("make", [guarded, guarded_async])


def names_of(executor: Everything) -> set[str]:
    return {
        *(name for name in dir(executor) if not name.startswith("__")),
        *("submit", "backend", "client", "wrapped", "inner", "_run", "__call__", "__enter__"),
    }


@pytest.mark.parametrize(
    ("make", "reachable"), [(guarded, {"execute", *SYNC}), (guarded_async, {"execute_async", *ASYNC})]
)
def test_only_the_protocols_methods_of_its_form_are_there(make: Any, reachable: set[str]) -> None:
    executor = Everything()
    guard = make(executor, SERVER)

    assert {"describe", *reachable} == {name for name in names_of(executor) if hasattr(guard, name)}
    assert check_executor(guard) == []


def call(guard: Any, name: str, *records: object) -> Any:
    """Call a method in its sync or its async form, and take what it yields."""
    form = name if hasattr(guard, "execute") else f"{name}_async"
    outcome = getattr(guard, form)(*records)
    if inspect.iscoroutine(outcome):
        return asyncio.run(outcome)
    if hasattr(outcome, "__anext__"):
        return asyncio.run(collect(outcome))
    return list(outcome) if hasattr(outcome, "__next__") else outcome


async def collect(items: AsyncIterator[object]) -> list[object]:
    return [item async for item in items]


@FORMS
@pytest.mark.parametrize("name", ["close", "check_health", "sweep"])
def test_what_runs_nothing_is_there_when_disabled(make: Any, name: str) -> None:
    executor = Everything()

    assert call(make(executor, DISABLED), name) is None
    assert call(make(executor, DISABLED), "close_session", "s1") is None
    assert executor.ran == []


CALLERS_MISTAKES = [
    ({"language": "cobol"}, LanguageNotAllowed),
    ({"stdin": b"x"}, CapabilityUnsupported),
    ({"files": {"a": b"", "a/b": b""}}, RequestError),
    ({"files": {"x" * 256: b""}}, RequestError),
    ({"collect": ["/".join(["x" * 200] * 21)]}, RequestError),
    ({"env": {"A": "x" * 200_000}}, RequestTooLarge),
    ({"env": {"A\ud83d": ""}}, RequestError),
    ({"code": "\ud83d"}, RequestError),
    ({"code": "\ud83d", "stdin": b"x"}, CapabilityUnsupported),
]


@FORMS
@pytest.mark.parametrize("name", ["execute", "execute_streaming"])
@pytest.mark.parametrize(("fields", "error"), CALLERS_MISTAKES)
def test_both_ways_to_run_are_under_the_same_checks(
    make: Any, name: str, fields: dict[str, Any], error: type[ExecutionError]
) -> None:
    executor = Everything()

    with pytest.raises(error) as caught:
        call(make(executor, SERVER), name, attrs.evolve(request(), **fields))

    assert error is type(caught.value)
    assert executor.ran == []


@FORMS
@pytest.mark.parametrize("name", ["execute", "execute_streaming"])
def test_nothing_runs_when_disabled(make: Any, name: str) -> None:
    executor = Everything()

    with pytest.raises(ExecutionDisabled):
        call(make(executor, DISABLED), name, request())
    with pytest.raises(ExecutionDisabled):
        call(make(executor, DISABLED), "open_session", OPENING)

    assert executor.ran == []


@FORMS
def test_a_disabled_config_does_not_ask_the_executor(make: Any) -> None:
    executor = Everything()
    executor.describe = lambda: pytest.fail("asked")  # type: ignore[method-assign]

    with pytest.raises(ExecutionDisabled):
        call(make(executor, DISABLED), "execute", request())


@FORMS
@pytest.mark.parametrize("name", ["execute", "execute_streaming", "open_session"])
@pytest.mark.parametrize("record", [{"language": "python"}, "print()", None, object()])
def test_only_a_record_of_the_protocol_is_judged(make: Any, name: str, record: object) -> None:
    executor = Everything()

    with pytest.raises(TypeError, match=r"must be an? (Execution|Session)Request"):
        call(make(executor, SERVER), name, record)

    assert executor.ran == []


@FORMS
def test_no_record_takes_the_place_of_another(make: Any) -> None:
    executor = Everything()
    guard = make(executor, SERVER)

    with pytest.raises(TypeError, match="must be a SessionRequest"):
        call(guard, "open_session", request())
    with pytest.raises(TypeError, match="must be an ExecutionRequest"):
        call(guard, "execute", OPENING)
    with pytest.raises(TypeError, match="session must be a str"):
        call(guard, "close_session", OPENING)
    with pytest.raises(TypeError):
        call(guard, "close", request())

    assert executor.ran == []


@FORMS
def test_a_session_needs_its_capability(make: Any) -> None:
    executor = Everything()
    executor.describe = info  # type: ignore[method-assign]

    with pytest.raises(CapabilityUnsupported) as caught:
        call(make(executor, SERVER), "open_session", OPENING)

    assert caught.value.capability == "sessions"
    assert executor.ran == []


@FORMS
def test_a_session_is_a_name(make: Any) -> None:
    executor = Everything()
    executor.session = executor

    with pytest.raises(ExecutorFault) as caught:
        call(make(executor, SERVER), "open_session", OPENING)

    assert caught.value.detail == "expected the session's name, found Everything"


@FORMS
def test_an_attribute_that_is_none_counts_as_missing(make: Any) -> None:
    executor: Any = Fake() if make is guarded else Everything()
    executor.close = executor.close_async = None

    assert not hasattr(make(executor, SERVER), "close")
    assert not hasattr(make(executor, SERVER), "close_async")
