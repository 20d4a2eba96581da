"""Runs programs in namespaces of their own, with bubblewrap: the sandbox that starts in 10 ms.

No mode of the configuration names it; `piston_server.py` stands on it. It shares the host's kernel, as Docker does.

Needs: bubblewrap, a root file system (`.ci/rootfs` makes one), the right to make cgroups. Run as root it gives up root
before bubblewrap starts, so that a hole in the sandbox leads to the user `nobody`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from codeexec_config.executor import Capability, ExecutionRequest, ExecutionResult, ExecutorInfo
from examples.executors._cgroup import Cgroup
from examples.executors._launch import launch, unstoppable, verdict
from examples.executors._payload import UNPRIVILEGED, installed, pack, supports

STARTUP_SECS: Final = 2.0
PROCESSES: Final = 256

CAPABILITIES: Final = frozenset(
    {
        Capability.BYTES,
        Capability.CANCEL,
        Capability.CLEAN_ENV,
        Capability.ENV,
        Capability.EXIT_CODE,
        Capability.FILES,
        Capability.ISOLATED_FS,
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
    """

    def __init__(self, rootfs: Path) -> None:
        self._rootfs = rootfs
        self._info = ExecutorInfo(
            name="bubblewrap", languages=supports(installed(rootfs), CAPABILITIES), startup_secs=STARTUP_SECS
        )

    def describe(self) -> ExecutorInfo:
        """Say what the root file system can run."""
        return self._info

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; its sandbox is gone when this returns, raises or is cancelled."""
        payload = pack(request, self._info)
        group = Cgroup.create("bubblewrap", memory_bytes=request.limits.memory_bytes, processes=PROCESSES)
        try:
            run = await launch(
                group.joining((*_as_nobody(), *self._sandbox(), *payload.command)),
                payload,
                request.limits,
                startup_secs=STARTUP_SECS,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                kill=group.kill,
            )
            return verdict(run, out_of_memory=group.out_of_memory, peak_memory_bytes=group.peak_memory_bytes)
        finally:
            await unstoppable(group.close())

    def _sandbox(self) -> tuple[str, ...]:
        return (
            "bwrap",
            "--unshare-all",  # network, processes, users, host name, IPC, cgroups
            *("--unshare-user", "--disable-userns"),  # nested user namespaces are the way to many kernel holes
            *("--uid", str(UNPRIVILEGED), "--gid", str(UNPRIVILEGED)),
            "--die-with-parent",  # a host that crashes leaves nothing behind
            "--new-session",  # no way to type into the host's terminal
            *("--clearenv", "--setenv", "PATH", "/usr/bin:/bin"),
            *("--ro-bind", str(self._rootfs), "/"),
            *("--proc", "/proc", "--dev", "/dev"),
            *("--tmpfs", "/tmp"),  # noqa: S108 -- the only place it can write; what is there counts as its memory
        )


def _as_nobody() -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    return ("setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups", "--no-new-privs")


def from_environment() -> BubblewrapExecutor:
    """Make one for the root file system that CODEEXEC_ROOTFS names."""
    return BubblewrapExecutor(Path(os.environ["CODEEXEC_ROOTFS"]))
