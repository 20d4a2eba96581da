"""Keeps interpreters between programs: each session is an IPython kernel in its own bubblewrap sandbox.

    executor = SessionExecutor(Installation(rootfs, kernel))
    session = await executor.open_session_async(SessionRequest(language="python", limits=limits))
    await executor.execute_async(ExecutionRequest(language="python", code="x = 1", limits=limits, session=session))

What a session is here:

* **One at a time.** A session runs one program. A second one meanwhile raises `ExecutorOverloaded`, since a wait
  would count against it. Different sessions run in parallel.
* **A program that has to be stopped** for its time, or because its call is cancelled, is interrupted, as by Ctrl-C.
  When all of it stops within `INTERRUPT_GRACE_SECS` the state is kept, and the processes that it started are ended.
  Otherwise the session ends, and the result's `detail` says so.
* **A session ends** when it is closed, when it is unused for `IDLE_SECS`, when a program writes more than its
  output limit, and with its interpreter, when a program kills that or fills its memory. Its name is a
  `SessionNotFound` from then on.
* **Children and threads** of a program that ends on its own live on in the session. What they print afterwards is of no
  run any more, and is dropped.
* **Memory** is that of the whole session, the interpreter and its temporary files included; a request may set less.
* A request without a session runs in a fresh interpreter, which is ended before the result is returned.
* `value` is the last expression's value as IPython prints it. Pictures and other displays are printed as text.
  `input()` raises.

The kernel is no part of the host: it runs on the sandbox's own Python, from a folder of wheels that `.ci/kernel`
installs beside the root file system, and both are mounted read-only. The host's interpreter and site-packages would be
one installation less, but they are often in a home that the sandbox's user may not enter, their C libraries are the
host's, and the host's own code and configuration lie between the packages. To offer numpy, install it into that folder.

The host talks to the kernel by `jupyter_client`, over Unix sockets that are handed to the kernel; see
`_sessions_channels.py` for what it does not trust. Needs what `bubblewrap.py` needs, and `jupyter_client`.
"""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from codeexec_config.executor import (
    Capability,
    ExecutionResult,
    ExecutorInfo,
    ExecutorUnavailable,
    LanguageUnsupported,
    RequestTooLarge,
    encode_request,
    require_support,
)
from examples.executors._cgroup import Cgroup
from examples.executors._command import require_commands
from examples.executors._payload import supports
from examples.executors._sessions_channels import abandoned_folders
from examples.executors._sessions_loop import OwnLoop
from examples.executors._sessions_pool import Pool
from examples.executors._sessions_run import INTERRUPT_GRACE_SECS
from examples.executors._sessions_sandbox import COMMANDS, OWNER, Installation
from examples.executors._sweep import Sweep, delete

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from codeexec_config.executor import ExecutionRequest, SessionRequest

__all__ = ["IDLE_SECS", "INTERRUPT_GRACE_SECS", "Installation", "SessionExecutor", "from_environment"]

STARTUP_SECS: Final = 8.0
"""The most that a kernel takes to start: it takes 0.2 s, and 1 s with eight at once on two processors."""
IDLE_SECS: Final = 600.0
"""How long an unused session lives."""
MAX_SOURCE_BYTES: Final = 4 * 1024 * 1024
MAX_SESSIONS: Final = 32
MAX_CONCURRENCY: Final = 8

CAPABILITIES: Final = frozenset(
    {
        Capability.BYTES,
        Capability.CANCEL,
        Capability.CLEAN_ENV,
        Capability.CLOSE,
        Capability.DISK,
        Capability.EXIT_CODE,
        Capability.HOST_DEATH,
        Capability.ISOLATED_FS,
        Capability.ISOLATED_PROCESSES,
        Capability.MEMORY,
        Capability.MEMORY_STATUS,
        Capability.NO_NETWORK,
        Capability.PIDS,
        Capability.SESSIONS,
        Capability.SIGNALS,
        Capability.STDERR,
    }
)


_T = TypeVar("_T")


class SessionExecutor:
    """Run Python programs in interpreters that last as long as their sessions.

    Args:
        installation: the sandbox's root file system and the kernel's packages.
        idle_secs: how long an unused session lives.
        max_sessions: how many sessions are open at once; one more is an `ExecutorOverloaded`.
        max_concurrency: how many programs run at once, in sessions or without.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        idle_secs: float = IDLE_SECS,
        max_sessions: int = MAX_SESSIONS,
        max_concurrency: int = MAX_CONCURRENCY,
    ) -> None:
        self._installation = installation
        self._new_pool = partial(
            Pool,
            installation,
            startup_secs=STARTUP_SECS,
            idle_secs=idle_secs,
            max_sessions=max_sessions,
            max_runs=max_concurrency,
        )
        self._own: OwnLoop | None = None
        self._pool: Pool | None = None
        self._is_closed = False
        self._info = ExecutorInfo(
            name=OWNER,
            languages=supports(["python"], CAPABILITIES),
            startup_secs=STARTUP_SECS,
            max_concurrency=max_concurrency,
        )

    def describe(self) -> ExecutorInfo:
        """Return what it runs: Python, as the sandbox's root file system has it."""
        return self._info

    async def check_health_async(self) -> None:
        """Raise `ExecutorUnavailable` if something that it needs is missing."""
        require_commands(*COMMANDS)
        for folder in (self._installation.rootfs / "usr/bin", self._installation.kernel / "ipykernel"):
            if not folder.is_dir():
                raise ExecutorUnavailable(f"there is no {folder}", retryable=False, started=False)

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program, in its session or in an interpreter that ends with it."""
        require_support(request, self._info)
        if len(encode_request(request).code) > MAX_SOURCE_BYTES:
            raise RequestTooLarge
        return await self._on_own_loop(lambda pool: pool.execute(request))

    async def open_session_async(self, request: SessionRequest, /) -> str:
        """Start an interpreter and return the session's name, which cannot be guessed."""
        if request.language not in self._info.languages:
            raise LanguageUnsupported(request.language)
        return await self._on_own_loop(lambda pool: pool.open(request))

    async def close_session_async(self, session: str, /) -> None:
        """End a session, with whatever runs in it; one that has already ended stays so."""
        if self._own is not None:
            await self._on_own_loop(lambda pool: pool.close_session(session))

    async def close_async(self) -> None:
        """End all sessions, and all programs that still run; a second call does nothing."""
        own, pool, self._own, self._is_closed = self._own, self._pool, None, True
        if own is None:
            return
        if pool:
            await own.run(pool.close())
        await own.close()

    async def sweep_async(self) -> None:
        """Remove what hosts that were killed left, and what this one failed to remove.

        A sandbox ends with its host; its cgroup stays, and the folder of one that was just starting.
        """
        own = self._pool.leftovers if self._pool else []
        with Sweep() as sweep:
            for group in (*own, *Cgroup.abandoned(OWNER)):
                with sweep.removing(group.name):
                    await group.close()
                    if group in own:
                        own.remove(group)
            for folder in abandoned_folders():
                with sweep.removing(folder.name):
                    await asyncio.to_thread(delete, folder)

    async def _on_own_loop(self, work: Callable[[Pool], Coroutine[Any, Any, _T]]) -> _T:
        if self._is_closed:
            raise ExecutorUnavailable("this executor is closed", retryable=False, started=False)
        await self.check_health_async()
        if self._own is None:
            self._own = OwnLoop(OWNER)
        return await self._own.run(self._with_pool(work))

    async def _with_pool(self, work: Callable[[Pool], Coroutine[Any, Any, _T]]) -> _T:
        if self._pool is None:
            self._pool = self._new_pool()
        return await work(self._pool)


def from_environment() -> SessionExecutor:
    """Make one from CODEEXEC_ROOTFS and CODEEXEC_KERNEL, which name the folders that `.ci` installs."""
    return SessionExecutor(Installation(Path(os.environ["CODEEXEC_ROOTFS"]), Path(os.environ["CODEEXEC_KERNEL"])))
