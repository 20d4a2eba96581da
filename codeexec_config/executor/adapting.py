"""A sync executor for an async host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from codeexec_config.executor.records import Capability, ExecutorInfo
from codeexec_config.executor.shapes import DESCRIBE, EXECUTE, EXECUTE_ASYNC, shape_complaints

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from codeexec_config.executor.protocols import AsyncCodeExecutor, CodeExecutor
    from codeexec_config.executor.records import ExecutionRequest, ExecutionResult

__all__ = ["as_async"]

EXTRAS: Final = ("close", "check_health", "sweep", "open_session", "close_session")
"""The optional methods that pass through a wrapper: each gives one thing, once."""


def as_async(executor: CodeExecutor | AsyncCodeExecutor) -> AsyncCodeExecutor:
    """Give an async form of an executor: one that has it already as it is, else a wrapper that runs it in threads.

    A thread cannot be stopped, so the wrapper does not declare the capability `cancel`: a cancelled call returns at
    once, and the program runs on until its limit. Its other extras are offered under their async names.

    Raises:
        TypeError: it has not the shape of an executor.
    """
    if hasattr(executor, EXECUTE_ASYNC.name):
        refuse_misshapen(executor, DESCRIBE, EXECUTE_ASYNC)
        return cast("AsyncCodeExecutor", executor)
    refuse_misshapen(executor, DESCRIBE, EXECUTE)
    return _InThreads(cast("CodeExecutor", executor))


def refuse_misshapen(executor: object, *needs: Any) -> None:
    """Raise what is wrong with an executor's methods."""
    complaints = list(shape_complaints(executor, needs=needs))
    if complaints:
        raise TypeError("this is no executor: " + "; ".join(complaints))


class _InThreads:
    """Run a sync executor's methods in the event loop's own threads."""

    __slots__ = ("_executor",)

    def __init__(self, executor: CodeExecutor) -> None:
        self._executor = executor

    def describe(self) -> ExecutorInfo:
        info = self._executor.describe()
        return attrs.evolve(
            info,
            languages={
                name: attrs.evolve(support, capabilities=support.capabilities - {Capability.CANCEL})
                for name, support in info.languages.items()
            },
        )

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        from asyncio import to_thread

        return await to_thread(self._executor.execute, request)

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        plain = name.removesuffix("_async")
        if plain == name or plain not in EXTRAS:
            raise AttributeError(name)
        method = getattr(self._executor, plain)

        async def in_thread(*records: Any) -> Any:
            from asyncio import to_thread

            return await to_thread(method, *records)

        return in_thread
