"""Runs each program in new namespaces, with bubblewrap: the sandbox that starts in 20 ms.

No mode of the configuration names it; `piston_server.py` uses it. It shares the host's kernel, as Docker does.

Needs: bubblewrap, util-linux, coreutils, a root file system (`.ci/rootfs` builds one), the right to create cgroups. A
host that is root gives up root before bubblewrap starts, so that a hole in the sandbox leads to the user `nobody`.

What surprises:

* Bubblewrap is process 1 inside, where the program reads its environment: it gets one of its own. `--clearenv` is for
  the program alone.
* It makes `/proc/sys` read-only only for a host that is root, and leaves `/dev` writable.
* A tmpfs takes half of the machine's memory unless told otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from codeexec_config.executor import (
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    run_then_clean_up_async,
)
from examples.executors._cgroup import Cgroup
from examples.executors._command import PATH, require_commands
from examples.executors._launch import CLEANUP_SECS, launch, verdict
from examples.executors._payload import UNPRIVILEGED, installed, pack, supports
from examples.executors._sweep import Sweep

if TYPE_CHECKING:
    from codeexec_config.executor import ExecutionLimits
    from examples.executors._payload import Payload

NAME: Final = "bubblewrap"
STARTUP_SECS: Final = 2.0
PROCESSES: Final = 256
CONCURRENCY: Final = 16

CAPABILITIES: Final = frozenset(
    {
        Capability.ARTIFACTS,
        Capability.BYTES,
        Capability.CANCEL,
        Capability.CLEAN_ENV,
        Capability.DISK,
        Capability.ENV,
        Capability.EXIT_CODE,
        Capability.FILES,
        Capability.HOST_DEATH,
        Capability.ISOLATED_FS,
        Capability.ISOLATED_PROCESSES,
        Capability.MEMORY,
        Capability.MEMORY_STATUS,
        Capability.NO_NETWORK,
        Capability.PIDS,
        Capability.SIGNALS,
        Capability.STDERR,
        Capability.STDIN,
    }
)


class BubblewrapExecutor:
    """Run each program in a fresh sandbox over a shared, read-only root file system.

    Args:
        rootfs: the root file system; every folder above it must be open to the user `nobody`.
        max_concurrency: how many programs it runs concurrently.
    """

    def __init__(self, rootfs: Path, *, max_concurrency: int = CONCURRENCY) -> None:
        self._rootfs = rootfs.absolute()
        self._left: set[Cgroup] = set()
        self._info = ExecutorInfo(
            name=NAME,
            languages=supports(installed(rootfs), CAPABILITIES),
            startup_secs=STARTUP_SECS,
            max_concurrency=max_concurrency,
        )

    def describe(self) -> ExecutorInfo:
        """Return what the root file system can run."""
        return self._info

    async def check_health_async(self) -> None:
        """Raise `ExecutorUnavailable` if a command that it needs is missing."""
        require_commands("bwrap", "env", "prlimit", "setpriv")

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; its sandbox is gone when this returns, raises or is cancelled."""
        payload = pack(request, self._info)
        await self.check_health_async()
        group = Cgroup.create(NAME, memory_bytes=request.limits.memory_bytes, processes=PROCESSES)

        async def run() -> ExecutionResult:
            return await self._run(group, payload, request.limits)

        async def remove() -> None:
            self._left.add(group)  # until it is gone
            await group.close()
            self._left.discard(group)

        return await run_then_clean_up_async(run, remove, secs=CLEANUP_SECS)

    async def sweep_async(self) -> None:
        """End and remove what hosts that have died left, and what this one failed to remove."""
        with Sweep() as sweep:
            for group in (*self._left, *Cgroup.abandoned(NAME)):
                with sweep.removing(group.name):
                    await group.close()
                    self._left.discard(group)

    async def _run(self, group: Cgroup, payload: Payload, limits: ExecutionLimits) -> ExecutionResult:
        user = UNPRIVILEGED if os.geteuid() == 0 else None
        run = await launch(
            (*self._sandbox(limits.memory_bytes), *payload.command),
            payload,
            limits,
            startup_secs=STARTUP_SECS,
            env={"PATH": PATH},
            group=group,
            user=user,
        )
        return verdict(run, out_of_memory=group.out_of_memory, peak_memory_bytes=group.peak_memory_bytes)

    def _sandbox(self, memory_bytes: int) -> tuple[str, ...]:
        size = str(memory_bytes)  # what is in a tmpfs counts as the program's memory too
        return (
            "bwrap",
            "--unshare-all",  # network, processes, users, host name, IPC, cgroups
            *("--unshare-user", "--disable-userns"),  # nested user namespaces are the way to many kernel holes
            *("--uid", str(UNPRIVILEGED), "--gid", str(UNPRIVILEGED), "--hostname", "sandbox"),
            "--die-with-parent",  # a host that crashes leaves nothing behind
            "--new-session",  # no way to type into the host's terminal, or to signal the host's process group
            *("--clearenv", "--setenv", "PATH", "/usr/bin:/bin"),
            *("--ro-bind", str(self._rootfs), "/"),
            *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
            *("--dev", "/dev", "--size", size, "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108
            *("--size", size, "--perms", "1777", "--tmpfs", "/tmp"),  # noqa: S108 -- inside the sandbox
        )


def from_environment() -> BubblewrapExecutor:
    """Make one for the root file system that CODEEXEC_ROOTFS names."""
    return BubblewrapExecutor(Path(os.environ["CODEEXEC_ROOTFS"]))
