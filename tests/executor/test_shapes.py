"""`check_executor` tells an implementer what `isinstance` on a protocol cannot."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from codeexec_config.executor import Capability, ExecutorInfo, check_executor, guarded, guarded_async
from tests.executor.fakes import SERVER, Fake, FakeAsync, FakeWithExtras, info


class Bare:
    """Nothing of an executor; a test hangs methods on an instance."""

    def __init__(self, **methods: Any) -> None:
        vars(self).update({"describe": info, **methods})


async def coroutine(*_: Any) -> None:
    """Stand for any async method."""


def one(_: object, /) -> None:
    """Stand for a method that takes one argument."""


def two(_: object, __: object, /) -> None:
    """Stand for a method that takes two."""


def by_name(*, request: object) -> None:
    """Stand for a method that takes its argument by name."""
    del request


class AsyncCallable:
    async def __call__(self, request: object, /) -> None:
        """Stand for a callable object whose call is awaited."""


@pytest.mark.parametrize("executor", [Fake(), FakeAsync(), FakeAsync(described=lambda: info("cancel"))])
def test_a_whole_executor_gets_no_complaint(executor: object) -> None:
    assert check_executor(executor) == []


@pytest.mark.parametrize(
    ("executor", "complaints"),
    [
        (Fake, ["Fake is a class: pass an instance of it"]),
        (
            object(),
            ["`execute` and `execute_async` are both missing: one of them runs a request", "`describe` is missing"],
        ),
        (Bare(), ["`execute` and `execute_async` are both missing: one of them runs a request"]),
        (Bare(describe=None, execute=lambda _: 0), ["`describe` is missing"]),
        (Bare(execute=3), ["`execute` is not a method"]),
        (Bare(execute=coroutine), ["`execute` must not be an async function: its async form is named `execute_async`"]),
        (
            Bare(execute=AsyncCallable()),
            ["`execute` must not be an async function: its async form is named `execute_async`"],
        ),
        (Bare(execute_async=lambda _: 0), ["`execute_async` must be an async function"]),
        (Bare(describe=coroutine, execute=lambda _: 0), ["`describe` must not be an async function"]),
        (Bare(execute=lambda: 0), ["`execute` must be callable with one positional argument, the record"]),
        (
            Bare(execute=two),
            ["`execute` must be callable with one positional argument, the record"],
        ),
        (Bare(execute=by_name), ["`execute` must be callable with one positional argument, the record"]),
        (Bare(describe=one, execute=lambda _: 0), ["`describe` must be callable with no arguments"]),
        (Bare(execute=lambda _: 0, close=one), ["`close` must be callable with no arguments"]),
        (Bare(execute=lambda _: 0, sweep=one), ["`sweep` must be callable with no arguments"]),
        (Bare(execute=lambda _: 0, sweep_async=lambda: 0), ["`sweep_async` must be an async function"]),
        (
            Bare(execute=lambda _: 0, close=coroutine),
            ["`close` must not be an async function: its async form is named `close_async`"],
        ),
        (Bare(execute=lambda _: 0, close_async=lambda: 0), ["`close_async` must be an async function"]),
        (
            Bare(execute=lambda _: 0, execute_streaming_async=coroutine),
            ["`execute_streaming_async` must not be an async function"],
        ),
    ],
)
def test_a_wrong_shape_is_told(executor: object, complaints: list[str]) -> None:
    assert complaints == check_executor(executor)


@pytest.mark.parametrize("method", [max, partial(two, 1)])
def test_anything_that_may_take_the_record_is_fine(method: Any) -> None:
    assert check_executor(Bare(execute=method)) == []


class Unreachable:
    def __getattr__(self, name: str) -> Any:
        raise ConnectionError(f"sk-canary: {name}")


def test_an_attribute_that_raises_is_told() -> None:
    words = "an attribute cannot be read: ConnectionError was raised"

    assert check_executor(Unreachable()) == [words]
    for make in (guarded, guarded_async):
        with pytest.raises(TypeError, match=f"not an executor: {words}"):
            make(Unreachable(), SERVER)  # type: ignore[arg-type]


def broken() -> ExecutorInfo:
    raise ValueError("sk-canary")


@pytest.mark.parametrize(
    ("describe", "complaint"),
    [
        (broken, "`describe` raised ValueError"),
        (lambda: {"name": "x"}, "`describe` must return an ExecutorInfo, not dict"),
        (
            lambda: ExecutorInfo(name="x", languages={}, protocol=(2, 0)),
            "protocol 2 is declared, but this library speaks protocol 1",
        ),
        (
            lambda: info(Capability.CLOSE),
            "the capability close is declared without `close`",
        ),
        (
            lambda: info(Capability.SESSIONS),
            "the capability sessions is declared without `open_session` and `close_session`",
        ),
        (
            lambda: info(Capability.CANCEL),
            "the capability cancel is declared without `execute_async`, the only form that can be cancelled",
        ),
    ],
)
def test_a_wrong_description_is_told(describe: Any, complaint: str) -> None:
    assert [complaint] == check_executor(Fake(described=describe))


def test_an_async_executor_needs_its_extras_in_async_form() -> None:
    executor = FakeAsync(described=lambda: info(Capability.CLOSE))
    executor.close = lambda: None  # type: ignore[attr-defined]

    assert check_executor(executor) == ["the capability close is declared without `close_async`"]


def test_extras_of_the_right_shape_are_fine() -> None:
    assert check_executor(FakeWithExtras()) == [
        "the capability cancel is declared without `execute_async`, the only form that can be cancelled"
    ]
