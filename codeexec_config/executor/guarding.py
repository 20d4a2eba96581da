"""The config, enforced around an executor that need not know it.

A guard is an executor itself. Before a run it asks, in this order, and raises the first answer that is no:

1. is code execution enabled, 2. does the mode run on the server, 3. is the language allowed, 4. does the executor run
it, 5. has it declared a capability for each field that the request uses.

Then it lowers the request's limits to the config's, so that the executor sees those that count, and holds the executor
to a deadline: the limit, its declared start-up, and a grace. What comes back must be an `ExecutionResult`, and its
streams are cut to `output_bytes`. An exception that is none of the protocol's becomes an `ExecutorFault` with its
cause; cancellation passes through.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import attrs

from codeexec_config.executor.adapting import EXTRAS, refuse_misshapen
from codeexec_config.executor.errors import (
    CapabilityUnsupported,
    ClientSideOnly,
    DeadlineOverrun,
    ExecutionDisabled,
    ExecutionError,
    ExecutorFault,
    LanguageNotAllowed,
    LanguageUnsupported,
)
from codeexec_config.executor.records import (
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    SessionRequest,
)
from codeexec_config.executor.shapes import DESCRIBE, EXECUTE, EXECUTE_ASYNC
from codeexec_config.model import CodeExecutionConfig, Wasm

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Iterator

    from codeexec_config.executor.protocols import AsyncCodeExecutor, CodeExecutor
    from codeexec_config.executor.records import LanguageSupport

__all__ = ["GRACE_SECS", "guarded", "guarded_async"]

_Guarded = TypeVar("_Guarded", bound="CodeExecutor | AsyncCodeExecutor")

GRACE_SECS: Final = 5.0
"""What an executor may take beyond the limit and its start-up, to stop a program and to collect what it left."""


def guarded(executor: CodeExecutor, config: CodeExecutionConfig, *, grace_secs: float = GRACE_SECS) -> CodeExecutor:
    """Give an executor that runs what the config allows, within its limits, and nothing else.

    A thread that hangs cannot be stopped: a sync guard cannot pre-empt the executor, and raises `DeadlineOverrun` only
    when it comes back too late. Where that matters use `guarded_async`.

    Its `describe` names the languages that are both run and allowed. `close`, `check_health` and the session methods
    are there when the executor has them; sessions are opened under the same rules.

    Raises:
        TypeError: the executor has not the shape of one, or the config is none.
    """
    refuse_misshapen(executor, DESCRIBE, EXECUTE)
    return _Guard(executor, _Rules.of(config, grace_secs))


def guarded_async(
    executor: AsyncCodeExecutor, config: CodeExecutionConfig, *, grace_secs: float = GRACE_SECS
) -> AsyncCodeExecutor:
    """Give an async executor that runs what the config allows, within its limits, and nothing else.

    It returns at its deadline whatever the executor does, short of blocking the event loop: the call is cancelled, gets
    the grace to clean up, and is then left behind. When the guard itself is cancelled it does the same, and the
    `CancelledError` passes on.

    Raises:
        TypeError: the executor has not the shape of one, or the config is none.
    """
    refuse_misshapen(executor, DESCRIBE, EXECUTE_ASYNC)
    return _AsyncGuard(executor, _Rules.of(config, grace_secs))


class _Admitted(NamedTuple):
    """A request that may run, and the seconds that the executor has for it."""

    request: ExecutionRequest
    deadline_secs: float


class _Rules(NamedTuple):
    """What a config says about requests; it knows no executor and runs nothing."""

    config: CodeExecutionConfig
    grace_secs: float

    @classmethod
    def of(cls, config: CodeExecutionConfig, grace_secs: float) -> _Rules:
        if not isinstance(config, CodeExecutionConfig):
            raise TypeError("config must be a CodeExecutionConfig")
        return cls(config, grace_secs)

    @property
    def runs_here(self) -> bool:
        return self.config.enabled and not isinstance(self.config.mode, Wasm)

    def admit(self, request: ExecutionRequest, info: ExecutorInfo) -> _Admitted:
        if not isinstance(request, ExecutionRequest):
            raise TypeError("request must be an ExecutionRequest")
        support = self.admit_language(request.language, info)
        _refuse_undeclared(request, support)
        lowered = attrs.evolve(request, limits=self.lower(request.limits))
        return _Admitted(lowered, lowered.limits.wall_secs + info.startup_secs + self.grace_secs)

    def admit_language(self, language: str, info: ExecutorInfo) -> LanguageSupport:
        if not self.config.enabled:
            raise ExecutionDisabled
        if isinstance(self.config.mode, Wasm):
            raise ClientSideOnly
        if language not in self.config.allowed_languages:
            raise LanguageNotAllowed(language)
        if language not in info.languages:
            raise LanguageUnsupported(language)
        return info.languages[language]

    def lower(self, limits: ExecutionLimits) -> ExecutionLimits:
        return limits.clamped_to(ExecutionLimits.from_config(self.config))

    def narrow(self, info: ExecutorInfo) -> ExecutorInfo:
        allowed = self.config.allowed_languages if self.runs_here else ()
        return attrs.evolve(info, languages={name: info.languages[name] for name in info.languages if name in allowed})


def _refuse_undeclared(request: ExecutionRequest, support: LanguageSupport) -> None:
    for capability in request.needs:
        if capability not in support.capabilities:
            raise CapabilityUnsupported(capability)


@contextmanager
def _as_faults() -> Iterator[None]:
    try:
        yield
    except ExecutionError:
        raise
    except Exception as error:
        raise ExecutorFault from error


def _described(executor: CodeExecutor | AsyncCodeExecutor) -> ExecutorInfo:
    with _as_faults():
        info: object = executor.describe()
    if not isinstance(info, ExecutorInfo):
        raise ExecutorFault(f"describe() gave {type(info).__name__}")
    return info


def _verdict(result: object, limits: ExecutionLimits) -> ExecutionResult:
    if not isinstance(result, ExecutionResult):
        if iscoroutine(result):
            result.close()  # nobody will await it
        raise ExecutorFault(f"the call gave {type(result).__name__}")
    return _cut(result, limits.output_bytes)


def _cut(result: ExecutionResult, most: int) -> ExecutionResult:
    if len(result.stdout) <= most and len(result.stderr) <= most:
        return result
    return attrs.evolve(
        result,
        stdout=result.stdout[:most],
        stderr=result.stderr[:most],
        stdout_truncated=result.stdout_truncated or len(result.stdout) > most,
        stderr_truncated=result.stderr_truncated or len(result.stderr) > most,
    )


class _GuardOf(Generic[_Guarded]):
    """What both guards share: an executor, the rules for it, and a description of what is left of it."""

    __slots__ = ("_executor", "_rules")

    def __init__(self, executor: _Guarded, rules: _Rules) -> None:
        self._executor = executor
        self._rules = rules

    def describe(self) -> ExecutorInfo:
        return self._rules.narrow(_described(self._executor))

    def _admit(self, request: ExecutionRequest) -> _Admitted:
        return self._rules.admit(request, _described(self._executor))

    def _permit(self, record: Any) -> Any:
        """Judge the record of an optional method: only one that opens a session asks for anything."""
        if not isinstance(record, SessionRequest):
            return record
        self._rules.admit_language(record.language, _described(self._executor))
        return attrs.evolve(record, limits=self._rules.lower(record.limits))


class _Guard(_GuardOf["CodeExecutor"]):
    __slots__ = ()

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        admitted = self._admit(request)
        start = time.monotonic()
        with _as_faults():
            result = self._executor.execute(admitted.request)
        if time.monotonic() - start > admitted.deadline_secs:
            raise DeadlineOverrun(admitted.deadline_secs)
        return _verdict(result, admitted.request.limits)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in EXTRAS:
            raise AttributeError(name)
        method = getattr(self._executor, name)

        def passed_on(*records: Any) -> Any:
            allowed = [self._permit(record) for record in records]
            with _as_faults():
                return method(*allowed)

        return passed_on


class _AsyncGuard(_GuardOf["AsyncCodeExecutor"]):
    __slots__ = ("_running",)

    def __init__(self, executor: AsyncCodeExecutor, rules: _Rules) -> None:
        super().__init__(executor, rules)
        # The event loop holds its tasks weakly: one that was left behind must not vanish in mid-run.
        self._running: set[asyncio.Task[ExecutionResult]] = set()

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        import asyncio

        admitted = self._admit(request)
        task = asyncio.create_task(self._call(admitted.request))
        self._running.add(task)
        task.add_done_callback(self._forget)
        try:
            # Not wait_for, which would wait for a cancelled task however long that takes.
            await asyncio.wait({task}, timeout=admitted.deadline_secs)
            in_time = task.done()
        finally:
            await self._stop(task)
        if not in_time:
            raise DeadlineOverrun(admitted.deadline_secs)
        with _as_faults():
            result = task.result()
        return _verdict(result, admitted.request.limits)

    async def _call(self, request: ExecutionRequest) -> ExecutionResult:
        return await self._executor.execute_async(request)

    async def _stop(self, task: asyncio.Task[ExecutionResult]) -> None:
        """Cancel what still runs and give it the grace to clean up; after that it is on its own."""
        import asyncio

        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=self._rules.grace_secs)

    def _forget(self, task: asyncio.Task[ExecutionResult]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # asked for, so that asyncio does not log what nobody waits for

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        if name.removesuffix("_async") not in EXTRAS or not name.endswith("_async"):
            raise AttributeError(name)
        method = getattr(self._executor, name)

        async def passed_on(*records: Any) -> Any:
            allowed = [self._permit(record) for record in records]
            with _as_faults():
                return await method(*allowed)

        return passed_on
