"""Executors that run nothing and do what a test tells them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from codeexec_config.executor import (
    Capability,
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    LanguageSupport,
    SessionRequest,
    Status,
    guarded,
    guarded_async,
)
from codeexec_config.model import CodeExecutionConfig, External, Runtime, Sandboxed

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER = CodeExecutionConfig(
    mode=Sandboxed(runtime=Runtime.GVISOR),
    allowed_languages=("python", "ruby"),
    timeout_secs=2,
    max_memory_mb=64,
)
SERVICE = CodeExecutionConfig(mode=External(url="https://code-exec.example.com"))
LIMITS = ExecutionLimits(wall_secs=1, memory_bytes=1_000_000, output_bytes=100)
DONE = ExecutionResult(status=Status.COMPLETED, exit_code=0, stdout=b"hello\n")


def info(*capabilities: Capability | str, startup_secs: float = 0.0, language: str = "python") -> ExecutorInfo:
    """Describe an executor of one language."""
    support = LanguageSupport(version="3.12", capabilities=frozenset(Capability(item) for item in capabilities))
    return ExecutorInfo(name="fake", languages={language: support}, startup_secs=startup_secs)


def request(language: str = "python", **fields: Any) -> ExecutionRequest:
    """Return a request for any program."""
    return ExecutionRequest(language=language, code="print('hello')", **{"limits": LIMITS, **fields})


def throwing(error: BaseException) -> Callable[..., Any]:
    """Return what raises an error, whatever it is called with."""

    def throw(*_: object) -> Any:
        raise error

    return throw


class Fake:
    """A sync executor: `act` is the whole run, and `seen` contains the requests that arrived."""

    def __init__(
        self, act: Callable[[ExecutionRequest], Any] = lambda _: DONE, described: Callable[[], Any] = info
    ) -> None:
        self.act = act
        self.described = described
        self.seen: list[ExecutionRequest] = []

    def describe(self) -> ExecutorInfo:
        described: ExecutorInfo = self.described()
        return described

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        self.seen.append(request)
        result: ExecutionResult = self.act(request)
        return result


class FakeAsync(Fake):
    """An async one; `act` gives an awaitable."""

    execute = None  # type: ignore[assignment]  # only the async form is there

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        self.seen.append(request)
        result: ExecutionResult = await self.act(request)
        return result


class FakeWithExtras(Fake):
    """A sync executor with every optional method, which records its calls."""

    def __init__(self) -> None:
        super().__init__(described=lambda: info(Capability.SESSIONS, Capability.CLOSE, Capability.CANCEL))
        self.asked: list[object] = []

    def close(self) -> None:
        self.asked.append("close")

    def check_health(self) -> None:
        self.asked.append("check_health")

    def sweep(self) -> None:
        self.asked.append("sweep")

    def open_session(self, request: SessionRequest, /) -> str:
        self.asked.append(request)
        return "s1"

    def close_session(self, session: str, /) -> None:
        self.asked.append(session)


def run(executor: Fake, config: CodeExecutionConfig, asked: ExecutionRequest, **options: float) -> ExecutionResult:
    """Run one request through the sync guard."""
    return guarded(executor, config, **options).execute(asked)


def run_async(
    executor: Fake, config: CodeExecutionConfig, asked: ExecutionRequest, **options: float
) -> ExecutionResult:
    """Run one request through the async guard; a sync fake's act becomes one that is awaited."""
    if not isinstance(executor, FakeAsync):
        executor = _Awaited(executor)
    return asyncio.run(guarded_async(executor, config, **options).execute_async(asked))


class _Awaited(FakeAsync):
    def __init__(self, executor: Fake) -> None:
        super().__init__(described=executor.describe)
        self._executor = executor

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        return self._executor.execute(request)
