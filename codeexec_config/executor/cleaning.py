"""Return a verdict whatever happens afterwards: a clean-up that fails or hangs only adds to `detail`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from codeexec_config.executor.records import ExecutionResult

__all__ = ["run_then_clean_up", "run_then_clean_up_async"]

CLEAN_UP_SECS: Final = 5.0
"""How long a result waits for the clean-up after it."""

_left_behind: set[asyncio.Task[str]] = set()
"""Clean-ups that are no longer awaited; an event loop keeps only weak references to its tasks."""


def run_then_clean_up(
    run: Callable[[], ExecutionResult], clean_up: Callable[[], object], *, secs: float = CLEAN_UP_SECS
) -> ExecutionResult:
    """Return what `run` returns, whatever happens in `clean_up`.

    A clean-up that raises, or is not done in time, adds a line to the result's `detail`; `sweep` should try again.
    After an error of `run`, the clean-up is called too, and the error gets the line as a note.

    Args:
        run: runs the program.
        clean_up: removes what the run left; it is called in another thread, which goes on after the time is up.
        secs: how long to wait for the clean-up.
    """
    try:
        result = run()
    except BaseException as error:
        _add_note(error, _attempt(clean_up, secs))
        raise
    return _add_detail(result, _attempt(clean_up, secs))


async def run_then_clean_up_async(
    run: Callable[[], Awaitable[ExecutionResult]],
    clean_up: Callable[[], Awaitable[object]],
    *,
    secs: float = CLEAN_UP_SECS,
) -> ExecutionResult:
    """Return what `run` returns, whatever happens in `clean_up`, as `run_then_clean_up` does.

    A cancellation of `run` propagates after the clean-up, as does one that arrives meanwhile.
    """
    try:
        result = await run()
    except BaseException as error:
        _add_note(error, await _attempt_async(clean_up, secs))
        raise
    return _add_detail(result, await _attempt_async(clean_up, secs))


def _add_note(error: BaseException, trouble: str) -> None:
    if trouble:
        error.add_note(trouble)


def _add_detail(result: ExecutionResult, trouble: str) -> ExecutionResult:
    if not trouble:
        return result
    return attrs.evolve(result, detail=f"{result.detail}\n{trouble}".lstrip("\n"))


def _attempt(clean_up: Callable[[], object], secs: float) -> str:
    from threading import TIMEOUT_MAX, Thread

    troubles: list[str] = []

    def attempt() -> None:
        try:
            clean_up()
        except BaseException as error:  # noqa: BLE001 -- whatever it is, the verdict stands
            troubles.append(_failure(error))

    thread = Thread(target=attempt, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # the system has no more threads
        return _failure(error)
    thread.join(min(secs, TIMEOUT_MAX))
    return _delay(secs) if thread.is_alive() else "".join(troubles)


async def _attempt_async(clean_up: Callable[[], Awaitable[object]], secs: float) -> str:
    import asyncio

    task = asyncio.ensure_future(_noted(clean_up))
    _left_behind.add(task)
    task.add_done_callback(_left_behind.discard)
    loop = asyncio.get_running_loop()
    end = loop.time() + secs
    cancellation: asyncio.CancelledError | None = None
    while not task.done() and loop.time() < end:
        try:
            await asyncio.wait({task}, timeout=end - loop.time())
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        raise cancellation
    return task.result() if task.done() else _delay(secs)


async def _noted(clean_up: Callable[[], Awaitable[object]]) -> str:
    import asyncio

    try:
        await clean_up()
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- whatever it is, the verdict stands
        return _failure(error)
    return ""


def _failure(error: BaseException) -> str:
    return f"clean-up failed: {type(error).__name__}"  # its text may contain paths, URLs and keys


def _delay(secs: float) -> str:
    return f"clean-up not done after {secs:g} s"
