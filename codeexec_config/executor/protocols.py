"""What a host implements: two methods, and small extras, each a separate protocol.

The sync and the async form of a method have different names, so that a mix-up is an AttributeError and not a coroutine
that is never awaited. Each takes one record: fields may be added, signatures may not change. None is runtime-checkable,
because `isinstance` would check only the names; `check_executor` checks the signatures.
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
        """Return what it runs: immediately, without I/O, and the same each time.

        A version that cannot be known without I/O is None; `check_health` may fill it in for later calls.
        """
        ...

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program once and return the verdict on it.

        Whatever the program does is returned, never raised: undecodable output, the death of the interpreter. Only an
        `ExecutionError` is raised, and means that no verdict exists. A verdict that exists is returned even if the
        clean-up after it fails or hangs (see `run_then_clean_up`). Otherwise nothing of the program still runs, and
        nothing of it is left, when this returns or raises.

        The limits are the request's, whatever the executor was created with. If the two streams cannot be told apart,
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

        When it is cancelled, it stops the program and lets the `CancelledError` propagate.
        """
        ...


class SupportsClose(Protocol):
    """Holds resources to release, such as connections; declared by the capability `close`."""

    def close(self) -> None:
        """Release it, and stop what is still running; a second call does nothing."""
        ...


class AsyncSupportsClose(Protocol):
    """The async twin of `SupportsClose`."""

    async def close_async(self) -> None:
        """Release it, and stop what is still running; a second call does nothing."""
        ...


class SupportsHealth(Protocol):
    """Can check whether it would work now."""

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

    A session differs from runs without one as follows:

    * State: a program sees the variables, modules and files that the earlier ones of its session left. Sessions see
      nothing of each other, and nothing of runs without a session.
    * Working folder: one for the session, kept between its programs. The files of a request are put into it and replace
      those of the same path; `collect` finds what is there after the run, whichever program wrote it.
    * Environment: the variables of a request apply only to its own run.
    * Concurrency: a session runs one program at a time. Another request for it meanwhile is a retryable
      `ExecutorOverloaded` with `started=False`, or waits its turn, first come, first served; the guard counts such a
      wait towards the run's deadline, so a long one should be refused. Different sessions run in parallel, and each run
      counts towards `max_concurrency`.
    * Limits: time and output are limited for each request, memory for the whole session, including what earlier
      programs left, within what the session was opened with.
    * After a time limit: the program has stopped when the result is returned. Either the session continues with its
      state at that moment, or it has ended; then `detail` says so, and later requests raise `SessionNotFound`. Further
      output of the stopped program never reaches the result of a later one.
    * After any other involuntary end, such as one for memory or a dead interpreter: the session has ended.
    * Expiry: an executor may end a session that has been idle for a documented time; later requests raise
      `SessionNotFound`, as if it had been closed. A session that runs a program is not idle.
    * Language: a request for another language than the session's is a `RequestError`.
    """

    def open_session(self, request: SessionRequest, /) -> str:
        """Start a session and return its name, for `ExecutionRequest.session`; it must not be guessable."""
        ...

    def close_session(self, session: str, /) -> None:
        """End a session and all that runs in it; later requests that name it raise `SessionNotFound`.

        Closing one that has already ended, or that never existed, does nothing.
        """
        ...


class AsyncSupportsSessions(Protocol):
    """The async twin of `SupportsSessions`, which describes sessions.

    A cancelled run is stopped like one that reached its time limit.
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
        """Yield the chunks as they come, and finally the result, whose streams contain everything again.

        A host that closes the iterator before the result stops the program.
        """
        ...


class AsyncSupportsStreaming(Protocol):
    """The async twin of `SupportsStreaming`."""

    def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncIterator[OutputChunk | ExecutionResult]:
        """Yield the chunks as they come, and finally the result, as `SupportsStreaming.execute_streaming` does."""
        ...


class SupportsSweep(Protocol):
    """Removes what a host that was killed left behind: processes, containers, folders, control groups."""

    def sweep(self) -> None:
        """End and remove what executors of this name left when their host died, or when a clean-up failed.

        A host calls it at start-up. It keeps what belongs to a host that is still alive, and what is running under
        this one; a second call does nothing.
        """
        ...


class AsyncSupportsSweep(Protocol):
    """The async twin of `SupportsSweep`."""

    async def sweep_async(self) -> None:
        """End and remove what executors of this name left, as `SupportsSweep.sweep` does."""
        ...
