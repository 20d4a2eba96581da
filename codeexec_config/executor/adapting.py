"""A sync executor for an async host."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import attrs

from codeexec_config.executor.errors import ExecutorOverloaded
from codeexec_config.executor.records import Capability, ExecutorInfo
from codeexec_config.executor.shapes import DESCRIBE, EXECUTE, EXECUTE_ASYNC, optional_method, require_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

    from codeexec_config.executor.protocols import AsyncCodeExecutor, CodeExecutor
    from codeexec_config.executor.records import ExecutionRequest, ExecutionResult

__all__ = ["as_async"]

_CARRIED: Final = ("close", "check_health", "sweep", "open_session", "close_session")
"""The optional methods that a thread can carry: each returns one thing, once."""


def as_async(executor: CodeExecutor | AsyncCodeExecutor) -> AsyncCodeExecutor:
    """Return the async form of an executor: itself if it has one, else a wrapper that runs it in threads.

    Each run has its own thread, so that none waits in a pool's queue while its time passes; the guard bounds their
    number by `max_concurrency`. A thread cannot be stopped, so the wrapper does not declare `cancel`: a cancelled call
    returns immediately, and the program runs on until its limit. The optional methods except streaming are available
    under their async names.

    Raises:
        TypeError: the object does not have the shape of an executor.
    """
    if optional_method(executor, EXECUTE_ASYNC.name) is not None:
        require_shape(executor, DESCRIBE, EXECUTE_ASYNC)
        return cast("AsyncCodeExecutor", executor)
    require_shape(executor, DESCRIBE, EXECUTE)
    return InThreads(cast("CodeExecutor", executor))


def without_cancel(info: ExecutorInfo) -> ExecutorInfo:
    """Return the description of the sync form, which cannot be cancelled."""
    languages = {
        name: attrs.evolve(support, capabilities=support.capabilities - {Capability.CANCEL})
        for name, support in info.languages.items()
    }
    return attrs.evolve(info, languages=languages)


class InThreads:
    """Run a sync executor's methods in threads."""

    __slots__ = ("_executor",)

    def __init__(self, executor: CodeExecutor) -> None:
        self._executor = executor

    def describe(self) -> ExecutorInfo:
        return without_cancel(self._executor.describe())

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        result: ExecutionResult = await outcome(self.start(request))
        return result

    def start(self, request: ExecutionRequest) -> Future[Callable[[], Any]]:
        """Start a run, whose end is known here even after the caller stops waiting."""
        return _in_thread(self._executor.execute, request)

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        plain = name.removesuffix("_async")
        method = optional_method(self._executor, plain) if plain != name and plain in _CARRIED else None
        if method is None:
            raise AttributeError(name)

        async def carried(*records: Any) -> Any:
            return await outcome(_in_thread(method, *records))

        return carried


async def outcome(thread: Future[Callable[[], Any]]) -> Any:
    """Wait for a call in a thread, and return or raise its outcome.

    An asyncio future would change two exceptions: it accepts no StopIteration, and turns a
    `concurrent.futures.CancelledError` into a cancellation of the host.
    """
    from asyncio import wrap_future

    return (await wrap_future(thread))()


def _in_thread(function: Callable[..., Any], *records: Any) -> Future[Callable[[], Any]]:
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    pool = ThreadPoolExecutor(1, thread_name_prefix="executor")
    try:
        return pool.submit(copy_context().run, _ended, function, *records)
    except RuntimeError as error:
        raise ExecutorOverloaded("no thread can be started", started=False) from error
    finally:
        pool.shutdown(wait=False)


def _ended(function: Callable[..., Any], *records: Any) -> Callable[[], Any]:
    """Call a function, and return a callable that returns or raises its outcome."""
    try:
        result = function(*records)
    except BaseException as error:  # noqa: BLE001 -- passed to the waiting caller
        return partial(_raise, error)
    return lambda: result


def _raise(error: BaseException) -> NoReturn:
    try:
        raise error
    finally:
        del error  # its traceback refers to this frame
