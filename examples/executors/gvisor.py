"""Runs programs on gVisor, a separate kernel in user space: what `runtime = "gvisor"` asks for.

Needs: `runsc` (Debian packages it), util-linux, coreutils, root, a root file system (`.ci/rootfs` makes one), the right
to make cgroups.

What surprises:

* `runsc do` is the short way, and shows the program the host's files; a bundle with a root of its own does not.
* `runsc do` has no memory limit. Here everything that belongs to a run sits in a cgroup of ours, which also ends it.
* Killing `runsc run` leaves its sandbox behind, and so does the death of the host. Here all of a run's processes are
  in a process namespace of their own, whose first process is killed with the host.
* All of a run's memory belongs to one process, gVisor's kernel. When it is too much the whole sandbox dies, never the
  one child that asked for it: `memory` is declared and `memory_status` is not.
* Where the host refuses gVisor a thread, its kernel panics, and exit code 2 is the panic's, not the program's. So the
  program's own limit on processes is gVisor's to keep, the host's is far above it, and a panic is looked for.
* `/dev/shm` is not writable, which breaks Python's `multiprocessing`, unless a tmpfs is mounted there.
* `--platform=kvm` can hang if `/dev/kvm` exists but cannot be used. `ptrace` works everywhere.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.executor import (
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    ExecutorUnavailable,
    run_then_clean_up_async,
)
from examples.executors._cgroup import Cgroup
from examples.executors._command import PATH, require_commands
from examples.executors._launch import CLEANUP_SECS, launch, verdict
from examples.executors._owner import Owner
from examples.executors._payload import UNPRIVILEGED, installed, pack, supports
from examples.executors._sweep import Sweep, delete

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.executor import ExecutionLimits
    from examples.executors._payload import Payload

NAME: Final = "gvisor"
PREFIX: Final = f"codeexec-{NAME}-"
"""The prefix of the folders of runs, in the folder for temporary files."""
STARTUP_SECS: Final = 5.0
KERNEL_BYTES: Final = 64 * 1024 * 1024
"""How much memory gVisor's own kernel may use, in addition to the program's share."""
PROCESSES: Final = 256
"""How many processes a program may start, as counted by gVisor."""
HOST_PROCESSES: Final = 16 * PROCESSES
"""A ceiling for the host's sake: on ptrace each process inside is several outside, beside the kernel's own threads."""
CONCURRENCY: Final = 8

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
        Capability.NO_NETWORK,
        Capability.PIDS,
        Capability.SIGNALS,
        Capability.STDERR,
        Capability.STDIN,
    }
)


class GvisorExecutor:
    """Run each program on a new gVisor kernel, over a shared, read-only root file system.

    Args:
        rootfs: the root file system.
        max_concurrency: how many programs it runs concurrently.

    Attributes:
        owner: what the names of its cgroups hold; they are the one place where a machine shows what is running.
    """

    def __init__(self, rootfs: Path, *, max_concurrency: int = CONCURRENCY) -> None:
        self.owner = f"{NAME}-{secrets.token_hex(4)}"
        self._rootfs = rootfs.absolute()
        self._left: set[tuple[Cgroup, Path]] = set()
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
        """Raise `ExecutorUnavailable` if this host lacks something that it needs."""
        require_commands("runsc", "unshare", "env", "prlimit", "setpriv")
        if os.geteuid() != 0:
            raise ExecutorUnavailable("gVisor needs root on the host", retryable=False, started=False)

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; its sandbox is gone when this returns, raises or is cancelled."""
        payload = pack(request, self._info)
        await self.check_health_async()
        group = Cgroup.create(
            self.owner, memory_bytes=request.limits.memory_bytes + KERNEL_BYTES, processes=HOST_PROCESSES
        )
        folder = Path(tempfile.gettempdir(), group.name)

        async def run() -> ExecutionResult:
            return await self._run(group, folder, payload, request.limits)

        async def remove() -> None:
            self._left.add((group, folder))  # until they are gone
            await _remove(group, folder)
            self._left.discard((group, folder))

        return await run_then_clean_up_async(run, remove, secs=CLEANUP_SECS)

    async def sweep_async(self) -> None:
        """End and remove what hosts that have died left, and what this one failed to remove."""
        with Sweep() as sweep:
            for group in Cgroup.abandoned(NAME):
                with sweep.removing(group.name):
                    await group.close()
            for group, folder in tuple(self._left):
                with sweep.removing(group.name):
                    await _remove(group, folder)
                    self._left.discard((group, folder))
            for folder in _abandoned_folders():
                with sweep.removing(folder.name):
                    delete(folder)

    async def _run(self, group: Cgroup, folder: Path, payload: Payload, limits: ExecutionLimits) -> ExecutionResult:
        self._write_bundle(folder, payload, limits)
        run = await launch(
            _command(folder),
            payload,
            limits,
            startup_secs=STARTUP_SECS,
            env={"PATH": PATH},
            group=group,
        )
        return verdict(run, out_of_memory=group.out_of_memory, crash=_crash(folder))

    def _write_bundle(self, folder: Path, payload: Payload, limits: ExecutionLimits) -> None:
        folder.mkdir(mode=0o700)
        (folder / "config.json").write_text(json.dumps(self._bundle(payload, limits)))

    def _bundle(self, payload: Payload, limits: ExecutionLimits) -> dict[str, Any]:
        return {
            "ociVersion": "1.0.2",
            "root": {"path": str(self._rootfs), "readonly": True},
            "hostname": "sandbox",
            "process": {
                "args": payload.command,
                "env": ["PATH=/usr/bin:/bin"],
                "cwd": "/",
                "user": {"uid": UNPRIVILEGED, "gid": UNPRIVILEGED},
                "capabilities": {},
                "noNewPrivileges": True,
                "rlimits": [{"type": "RLIMIT_NPROC", "soft": PROCESSES, "hard": PROCESSES}],
            },
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "dev", "source": "dev"},
                _tmpfs("/dev/shm", limits.memory_bytes),  # noqa: S108 -- inside the sandbox
                _tmpfs("/tmp", limits.memory_bytes),  # noqa: S108
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")]},
        }


def _tmpfs(path: str, size: int) -> dict[str, Any]:
    # What is in it counts as the program's memory too.
    return {"destination": path, "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777", f"size={size}"]}


def _command(folder: Path) -> tuple[str, ...]:
    return (
        *("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"),
        "runsc",
        f"--root={folder}/state",
        "--network=none",
        "--platform=ptrace",
        "--ignore-cgroups",  # it is in ours already, which outlives it and can tell why it died
        f"--panic-log={folder}/panic",
        *("run", f"--bundle={folder}", folder.name.rpartition("-")[2]),  # unique on the machine, and short
    )


def _crash(folder: Path) -> str:
    panic = folder / "panic"
    return "gVisor's kernel panicked" if panic.exists() and panic.stat().st_size else ""


async def _remove(group: Cgroup, folder: Path) -> None:
    await group.close()
    await asyncio.to_thread(delete, folder)


def _abandoned_folders() -> Iterator[Path]:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        host = Owner.found_in(folder.name)
        if host and host.is_gone:
            yield folder


def from_environment() -> GvisorExecutor:
    """Make one for the root file system that CODEEXEC_ROOTFS names."""
    return GvisorExecutor(Path(os.environ["CODEEXEC_ROOTFS"]))
