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
    """Runs programs, one a call; called from several threads at once."""

    def describe(self) -> ExecutorInfo:
        """Say what it runs: at once, without I/O, the same each time."""
        ...

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program once and give the verdict on it.

        Whatever the program does is returned, never raised. What is raised is an `ExecutionError`, and means that there
        is no verdict. When it returns, nothing of the program runs any more.
        """
        ...


class AsyncCodeExecutor(Protocol):
    """Runs programs, several at once on one event loop, which it never blocks."""

    def describe(self) -> ExecutorInfo:
        """Say what it runs: at once, without I/O, the same each time."""
        ...

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program once and give the verdict on it, as `CodeExecutor.execute` does.

        When it is cancelled it stops the program and lets the `CancelledError` pass.
        """
        ...


class SupportsClose(Protocol):
    """Holds something that has an end, such as connections; declared by the capability `close`."""

    def close(self) -> None:
        """Let go of it; a second call does nothing."""
        ...


class AsyncSupportsClose(Protocol):
    """The async twin of `SupportsClose`."""

    async def close_async(self) -> None:
        """Let go of it; a second call does nothing."""
        ...


class SupportsHealth(Protocol):
    """Can say whether it would work now."""

    def check_health(self) -> None:
        """Return when it would; raise the `InfrastructureError` that a run would meet when not."""
        ...


class AsyncSupportsHealth(Protocol):
    """The async twin of `SupportsHealth`."""

    async def check_health_async(self) -> None:
        """Return when it would; raise the `InfrastructureError` that a run would meet when not."""
        ...


class SupportsSessions(Protocol):
    """Keeps an interpreter between programs; declared by the capability `sessions`."""

    def open_session(self, request: SessionRequest, /) -> str:
        """Start one and give its name, for `ExecutionRequest.session`."""
        ...

    def close_session(self, session: str, /) -> None:
        """End one; a request that names it from then on is a `SessionNotFound`."""
        ...


class AsyncSupportsSessions(Protocol):
    """The async twin of `SupportsSessions`."""

    async def open_session_async(self, request: SessionRequest, /) -> str:
        """Start one and give its name, for `ExecutionRequest.session`."""
        ...

    async def close_session_async(self, session: str, /) -> None:
        """End one; a request that names it from then on is a `SessionNotFound`."""
        ...


class SupportsStreaming(Protocol):
    """Gives output while the program runs."""

    def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[OutputChunk | ExecutionResult]:
        """Yield the chunks as they come, and last the result, whose streams hold everything once more."""
        ...


class AsyncSupportsStreaming(Protocol):
    """The async twin of `SupportsStreaming`."""

    def execute_streaming_async(self, request: ExecutionRequest, /) -> AsyncIterator[OutputChunk | ExecutionResult]:
        """Yield the chunks as they come, and last the result, whose streams hold everything once more."""
        ...


class SupportsSweep(Protocol):
    """Removes what a host that was killed left behind: processes, containers, folders, control groups."""

    def sweep(self) -> None:
        """End and remove what executors of this name left when their host died.

        A host calls it at start-up. What belongs to a host that is still alive stays, as does what is running under
        this one; a second call does nothing.
        """
        ...


class AsyncSupportsSweep(Protocol):
    """The async twin of `SupportsSweep`."""

    async def sweep_async(self) -> None:
        """End and remove what executors of this name left when their host died, as `SupportsSweep.sweep` does."""
        ...
