"""Enforce the config on an executor that need not know it.

A guard is itself an executor. Before a run it checks, in this order, and raises on the first answer that is no:

1. is code execution enabled, 2. does the mode run on the server, 3. is the language allowed, 4. does the executor run
it, 5. has it declared a capability for each field that the request uses, 6. can any system accept the request (see
`encode_request`).

Then it lowers the request's limits to the config's, so that the executor sees the effective ones, waits until fewer
than `max_concurrency` runs are active, and enforces a deadline: the limit, its declared start-up, and a grace. The
result must be an `ExecutionResult`, and is cut to the request (see `guarding.holding`). An exception that is not of the
protocol becomes an `ExecutorFault` with its cause; cancellation passes through.

Of the wrapped executor's other methods, only those of the optional protocols are reachable. The same checks apply to
streaming and to opening sessions; `close`, `check_health`, `sweep` and `close_session` run no code and are available
even if code execution is disabled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codeexec_config.executor.guarding.admission import Rules
from codeexec_config.executor.guarding.asynchronous import AsyncGuard
from codeexec_config.executor.guarding.synchronous import Guard
from codeexec_config.executor.shapes import DESCRIBE, EXECUTE, EXECUTE_ASYNC, require_shape

if TYPE_CHECKING:
    from codeexec_config.executor.protocols import AsyncCodeExecutor, CodeExecutor
    from codeexec_config.model import CodeExecutionConfig

__all__ = ["GRACE_SECS", "QUEUE_SECS", "guarded", "guarded_async"]

GRACE_SECS: Final = 5.0
"""How long an executor may take beyond the limit and its start-up, to stop a program and collect what it left."""
QUEUE_SECS: Final = 30.0
"""How long a run waits for a free place."""


def guarded(
    executor: CodeExecutor,
    config: CodeExecutionConfig,
    *,
    grace_secs: float = GRACE_SECS,
    queue_secs: float = QUEUE_SECS,
) -> CodeExecutor:
    """Return an executor that runs what the config allows, within its limits, and nothing else.

    A thread that hangs cannot be stopped: a sync guard cannot pre-empt the executor, and raises `DeadlineOverrun` only
    when it returns too late. Where that matters, use `guarded_async`.

    Its `describe` names the languages that are both supported and allowed. It has the methods of the optional protocols
    that the executor has.

    Args:
        executor: the executor; use one guard for it, since two would count their runs separately.
        config: what to enforce.
        grace_secs: how long a run may take beyond its limit and the executor's start-up.
        queue_secs: how long a run waits while `max_concurrency` others are active, first come, first served. The wait
            does not count as the run's time; after it, a retryable `ExecutorOverloaded` is raised.

    Raises:
        TypeError: the executor does not have the shape of one, or an argument has another type.
        ValueError: a time is negative or not finite.
    """
    require_shape(executor, DESCRIBE, EXECUTE)
    return Guard(executor, Rules.of(config, grace_secs, queue_secs))


def guarded_async(
    executor: AsyncCodeExecutor,
    config: CodeExecutionConfig,
    *,
    grace_secs: float = GRACE_SECS,
    queue_secs: float = QUEUE_SECS,
) -> AsyncCodeExecutor:
    """Return an async executor that runs what the config allows, within its limits, and nothing else.

    It returns at its deadline whatever the executor does, short of blocking the event loop: the call is cancelled, gets
    the grace to clean up, and is then abandoned. If the guard itself is cancelled, it does the same, and the
    `CancelledError` propagates. An abandoned run keeps its place until it ends.

    Args:
        executor: as for `guarded`.
        config: what to enforce.
        grace_secs: as for `guarded`, and how long a cancelled run may take to clean up.
        queue_secs: as for `guarded`.

    Raises:
        TypeError: the executor does not have the shape of one, or an argument has another type.
        ValueError: a time is negative or not finite.
    """
    require_shape(executor, DESCRIBE, EXECUTE_ASYNC)
    return AsyncGuard(executor, Rules.of(config, grace_secs, queue_secs))
