"""An executor written for protocol 1.0 works with 1.1."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config.executor import (
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    ExecutorUnavailable,
    LanguageSupport,
    Status,
    as_async,
    check_executor,
    guarded,
    guarded_async,
)
from tests.executor.fakes import SERVER

if TYPE_CHECKING:
    from collections.abc import Callable


class Old:
    """Says and returns what 1.0 had, and takes any number of runs."""

    def __init__(self) -> None:
        self.seen: list[ExecutionRequest] = []

    def describe(self) -> ExecutorInfo:
        capabilities = frozenset({"bytes", "clean_env", "exit_code", "isolated_fs", "no_network", "stderr"})
        support = LanguageSupport(version="3.12", capabilities=capabilities)  # type: ignore[arg-type,unused-ignore]
        return ExecutorInfo(name="old", languages={"python": support}, protocol=(1, 0), startup_secs=0.5)

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        self.seen.append(request)
        if request.code == "away":
            raise ExecutorUnavailable("no engine")
        return ExecutionResult(
            status=Status.FAILED,
            exit_code=3,
            stdout=b"o",
            stderr=b"e",
            stdout_truncated=False,
            stderr_truncated=False,
            wall_secs=0.1,
        )


class OldAsync(Old):
    execute = None  # type: ignore[assignment]

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        return Old.execute(self, request)


def run_sync(executor: Old, asked: ExecutionRequest) -> ExecutionResult:
    return guarded(executor, SERVER).execute(asked)


def run_in_threads(executor: Old, asked: ExecutionRequest) -> ExecutionResult:
    return asyncio.run(guarded_async(as_async(executor), SERVER).execute_async(asked))


def run_async(executor: Any, asked: ExecutionRequest) -> ExecutionResult:
    return asyncio.run(guarded_async(executor, SERVER).execute_async(asked))


FORMS = pytest.mark.parametrize(
    ("make", "run"), [(Old, run_sync), (Old, run_in_threads), (OldAsync, run_async)], ids=["sync", "threads", "async"]
)


def asking(code: str = "") -> ExecutionRequest:
    return ExecutionRequest(language="python", code=code, limits=ExecutionLimits(wall_secs=1, memory_bytes=1_000_000))


@FORMS
def test_it_has_the_shape_of_one(make: Callable[[], Old], run: Any) -> None:
    assert check_executor(make()) == []
    assert ExecutorInfo(name="old", languages={}, protocol=(1, 0)).max_concurrency is None


@FORMS
def test_its_verdict_comes_back_unchanged(make: Callable[[], Old], run: Any) -> None:
    executor = make()

    assert run(executor, asking()) == Old().execute(asking())
    assert [seen.limits.wall_secs for seen in executor.seen] == [1]


@FORMS
def test_its_errors_say_what_they_said(make: Callable[[], Old], run: Any) -> None:
    with pytest.raises(ExecutorUnavailable) as caught:
        run(make(), asking("away"))

    assert caught.value.retryable
    assert caught.value.started is None
