"""Runs programs on gVisor, a kernel of its own in user space: what `runtime = "gvisor"` asks for.

Needs: `runsc` (Debian packages it), root, a root file system (`.ci/rootfs` makes one), the right to make cgroups.

What surprises:

* `runsc do` is the short way, and shows the program the host's files; a bundle with a root of its own does not.
* `runsc do` has no memory limit. Here everything that belongs to a run sits in a cgroup of ours, which also ends it:
  killing `runsc run` alone would leave its sandbox behind.
* All of a run's memory belongs to one process, gVisor's kernel. When it is too much the whole sandbox dies, never the
  one child that asked for it: `memory` is declared and `memory_status` is not.
* `--platform=kvm` can hang where `/dev/kvm` exists but is of no use. `ptrace` works everywhere.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any, Final

from codeexec_config.executor import Capability, ExecutionLimits, ExecutionRequest, ExecutionResult, ExecutorInfo
from examples.executors._cgroup import Cgroup
from examples.executors._launch import launch, unstoppable, verdict
from examples.executors._payload import UNPRIVILEGED, Payload, installed, pack, supports

STARTUP_SECS: Final = 5.0
KERNEL_BYTES: Final = 64 * 1024 * 1024
"""What gVisor's own kernel may take beside the program's share."""
PROCESSES: Final = 1024
"""A ceiling for the host's sake: on ptrace each process inside is one outside, beside the kernel's own threads."""

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
        Capability.NO_NETWORK,
        Capability.PIDS,
        Capability.SIGNALS,
        Capability.STDERR,
        Capability.STDIN,
    }
)


class GvisorExecutor:
    """Run each program on a gVisor kernel of its own, over a shared, read-only root file system.

    Args:
        rootfs: the root file system.

    Attributes:
        owner: what the names of its cgroups hold; they are the one place where a machine shows what is running.
    """

    def __init__(self, rootfs: Path) -> None:
        self.owner = f"gvisor-{secrets.token_hex(4)}"
        self._rootfs = rootfs
        self._info = ExecutorInfo(
            name="gvisor", languages=supports(installed(rootfs), CAPABILITIES), startup_secs=STARTUP_SECS
        )

    def describe(self) -> ExecutorInfo:
        """Say what the root file system can run."""
        return self._info

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; its sandbox is gone when this returns, raises or is cancelled."""
        payload = pack(request, self._info)
        with tempfile.TemporaryDirectory(prefix="codeexec-gvisor-") as folder:
            self._write_bundle(Path(folder), payload)
            return await self._run(Path(folder), payload, request.limits)

    def _write_bundle(self, folder: Path, payload: Payload) -> None:
        (folder / "config.json").write_text(json.dumps(self._bundle(payload)))

    async def _run(self, folder: Path, payload: Payload, limits: ExecutionLimits) -> ExecutionResult:
        group = Cgroup.create(self.owner, memory_bytes=limits.memory_bytes + KERNEL_BYTES, processes=PROCESSES)
        try:
            run = await launch(
                group.joining(_command(folder, group.name)),
                payload,
                limits,
                startup_secs=STARTUP_SECS,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                kill=group.kill,
            )
            return verdict(run, out_of_memory=group.out_of_memory)
        finally:
            await unstoppable(group.close())

    def _bundle(self, payload: Payload) -> dict[str, Any]:
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
            },
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "dev", "source": "dev"},
                # The only place that it can write; what is there counts as its memory.
                {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"]},  # noqa: S108
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")]},
        }


def _command(folder: Path, name: str) -> tuple[str, ...]:
    return (
        "runsc",
        f"--root={folder}/state",
        "--network=none",
        "--platform=ptrace",
        "--ignore-cgroups",  # it is in ours already, which outlives it and can tell why it died
        *("run", f"--bundle={folder}", name),
    )


def from_environment() -> GvisorExecutor:
    """Make one for the root file system that CODEEXEC_ROOTFS names."""
    return GvisorExecutor(Path(os.environ["CODEEXEC_ROOTFS"]))
