"""What a host implements: two methods, and small extras, each a protocol of its own.

The sync and the async form of a method have different names, so that a mix-up is an AttributeError and not a coroutine
that nobody awaits. Each takes one record: fields may grow, signatures may not. None is runtime-checkable, because
`isinstance` would prove the names only; `check_executor` looks at the shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from codeexec_config.executor.records import (
        ExecutionRequest,
        ExecutionResult,
        ExecutorInfo,
        OutputChunk,
        SessionRequest,
    )

__all__ = [
    "AsyncCodeExecutor",
    "AsyncSupportsClose",
    "AsyncSupportsHealth",
    "AsyncSupportsSessions",
    "AsyncSupportsStreaming",
    "AsyncSupportsSweep",
    "CodeExecutor",
    "SupportsClose",
    "SupportsHealth",
    "SupportsSessions",
    "SupportsStreaming",
    "SupportsSweep",
]


class CodeExecutor(Protocol):
    """Runs programs, one per call; called from several threads at once."""

    def describe(self) -> ExecutorInfo:
        """Return what it runs: at once, without I/O, the same each time.

        A version that takes I/O to know is None; `check_health` may fill it in for the calls after it.
        """
        ...

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program once and return the verdict on it.

        Whatever the program does is returned, never raised: an undecodable output, a death of the interpreter. What is
        raised is an `ExecutionError`, and means that no verdict exists. A verdict, once there, is returned even when
        the clean-up after it fails or hangs (see `run_then_clean_up`). Otherwise nothing of the program runs any more,
        and nothing of it is left, when this returns or raises.

        The limits are the request's, whatever the executor was made with. Where the two streams cannot be told apart,
        everything is in `stdout`, and the capability `stderr` is not declared.
        """
        ...


class AsyncCodeExecutor(Protocol):
    """Runs programs, several at once on one event loop, which it never blocks."""

    def describe(self) -> ExecutorInfo:
        """Return what it runs, as `CodeExecutor.describe` does."""
        ...

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program once and return the verdict on it, as `CodeExecutor.execute` does.

        When it is cancelled it stops the program and lets the `CancelledError` pass.
        """
        ...


class SupportsClose(Protocol):
    """Holds something that has an end, such as connections; declared by the capability `close`."""

    def close(self) -> None:
        """Release it, and stop what is still running; a second call does nothing."""
        ...


class AsyncSupportsClose(Protocol):
    """The async twin of `SupportsClose`."""

    async def close_async(self) -> None:
        """Release it, and stop what is still running; a second call does nothing."""
        ...


class SupportsHealth(Protocol):
    """Knows whether it would work now."""

    def check_health(self) -> None:
        """Return normally if a run would work now; otherwise raise the `InfrastructureError` that it would meet."""
        ...


class AsyncSupportsHealth(Protocol):
    """The async twin of `SupportsHealth`."""

    async def check_health_async(self) -> None:
        """Return normally if a run would work now; otherwise raise the `InfrastructureError` that it would meet."""
        ...


class SupportsSessions(Protocol):
    """Keeps an interpreter between programs; declared by the capability `sessions`.

    What holds in a session, as far as it differs from a run without one:

    * State: a program sees the variables, modules and files that the earlier ones of its session left. Sessions see
      nothing of each other, and nothing of runs without a session.
    * Working folder: one for the session, kept between its programs. The files of a request are put into it and replace
      those of the same path; `collect` looks for what is there after the run, whichever program wrote it.
    * Environment: the variables of a request are there for its own run.
    * Concurrency: a session runs one program at a time. Another request for it meanwhile is a retryable
      `ExecutorOverloaded` with `started=False`, or waits its turn, first come, first served; the guard takes such a
      wait from the run's deadline, so that a long one is to be refused. Different sessions run side by side, and each
      run counts towards `max_concurrency`.
    * Limits: the time and the output are those of each request. The memory is that of the whole session, what earlier
      programs left included, within what the session was opened with.
    * After a time limit: the program has stopped when the result is returned. Either the session goes on with the state
      of that moment, or it has ended; then `detail` states it, and later requests are a `SessionNotFound`. What the
      stopped program would still have written never reaches the result of a later one.
    * After any other involuntary end, such as one for memory or a dead interpreter: the session has ended.
    * Expiry: an executor may end a session that has been idle for a time that it documents; from then on it is a
      `SessionNotFound`, as if it had been closed. A session that runs a program is not idle.
    * Language: a request for another language than the session's is a `RequestError`.
    """

    def open_session(self, request: SessionRequest, /) -> str:
        """Start a session and return its name, for `ExecutionRequest.session`; it must not be guessable."""
        ...

    def close_session(self, session: str, /) -> None:
        """End a session and all that runs in it; a request that names it from then on is a `SessionNotFound`.

        Closing one that has ended already, or that never was, does nothing.
        """
        ...


class AsyncSupportsSessions(Protocol):
    """The async twin of `SupportsSessions`, which describes what holds in a session.

    A run that is cancelled is stopped as one that reached its time limit.
    """

    async def open_session_async(self, request: SessionRequest, /) -> str:
        """Start a session and return its name, as `SupportsSessions.open_session` does."""
        ...

    async def close_session_async(self, session: str, /) -> None:
        """End a session and all that runs in it, as `SupportsSessions.close_session` does."""
        ...


class SupportsStreaming(Protocol):
    """Yields output while the program runs."""

    def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[OutputChunk | ExecutionResult]:
        """Yield the chunks as they come, and last the result, whose streams hold everything once more.

        A host that closes the iterator before the result stops the program.
        """
        ...


class AsyncSupportsStreaming(Protocol):
    """The async twin of `SupportsStreaming`."""

    def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncIterator[OutputChunk | ExecutionResult]:
        """Yield the chunks as they come, and last the result, as `SupportsStreaming.execute_streaming` does."""
        ...


class SupportsSweep(Protocol):
    """Removes what a host that was killed left behind: processes, containers, folders, control groups."""

    def sweep(self) -> None:
        """End and remove what executors of this name left when their host died, or when a clean-up failed.

        A host calls it at start-up. What belongs to a host that is still alive stays, as does what is running under
        this one; a second call does nothing.
        """
        ...


class AsyncSupportsSweep(Protocol):
    """The async twin of `SupportsSweep`."""

    async def sweep_async(self) -> None:
        """End and remove what executors of this name left, as `SupportsSweep.sweep` does."""
        ...
