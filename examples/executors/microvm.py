"""Runs each program in a new virtual machine: what `runtime = "firecracker"` asks for.

Needs: a guest (`.ci/microvm` makes one), util-linux, and Firecracker with KVM, or QEMU. Firecracker is taken where it
works; QEMU's `microvm` machine where it does not, without KVM too, which costs seconds at each start.

The guest's process 1 (`_microvm_guest.py`) gets the program on a drive, starts the clock by a line on the serial
console, and writes the result to another drive, which the program cannot open.

What surprises:

* A machine with `/dev/kvm` need not be able to use it: within another virtual machine it may start, and hang.
* The kernel needs memory besides the program's, and more in a larger machine: of 128 MiB, 93 MiB are left.
* When a host dies, the kernel kills the machine by a signal. Should that fail, the guest ends itself
  soon after the program's limit.
* The clock of an emulated machine may be wrong, so the host says when the time is up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.executor import (
    FAULT_EXTENSION,
    Capability,
    ExecutionRequest,
    ExecutionResult,
    ExecutorFault,
    ExecutorInfo,
    ExecutorOverloaded,
    ExecutorUnavailable,
    RequestTooLarge,
    Status,
    encode_request,
    require_support,
    run_then_clean_up,
)
from examples.executors import _microvm_guest as guest_side
from examples.executors._command import require_commands, unstoppable
from examples.executors._microvm_launchers import Host, Machine
from examples.executors._microvm_process import Process, Sight, Stopped, kill_processes_of
from examples.executors._owner import Owner
from examples.executors._payload import LANGUAGES, MAX_BYTES, PATH_BYTES, VARIABLES_BYTES, supports
from examples.executors._sweep import Sweep, delete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codeexec_config.executor import ExecutionLimits

NAME: Final = "microvm"
PREFIX: Final = f"codeexec-{NAME}-"
"""The prefix of the folders of runs, in the folder for temporary files."""
KERNEL_BYTES: Final = 112 * 1024 * 1024
"""How much memory the guest's kernel and its process 1 need, in addition to the program's share."""
QUEUE_SECS: Final = 30.0
"""How long a run waits for a place, if no guard has already made it wait."""

_MEBIBYTE: Final = 1024 * 1024
_PAGE: Final = 4096
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": guest_side.WORK, "LANG": "C.UTF-8"}
_GUEST_FILES: Final = ("vmlinux", "initrd.gz", "root.squashfs")
_HEAD_BYTES: Final = 4096
_ANSWER_SECS: Final = 10.0
"""How long the guest may take, when the program's time is up, to write the result and to end."""
_CLOSE_SECS: Final = 8.0
_TICK_SECS: Final = 0.1

CAPABILITIES: Final = frozenset(
    {
        Capability.ARTIFACTS,
        Capability.BYTES,
        Capability.CANCEL,
        Capability.CLEAN_ENV,
        Capability.CLOSE,
        Capability.DISK,
        Capability.ENV,
        Capability.EXIT_CODE,
        Capability.FAULT_INJECTION,
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

log = logging.getLogger(__name__)


def available_launcher() -> str | None:
    """Return what would start virtual machines on this machine: `firecracker`, `qemu`, or None."""
    return Host.look().available


class MicroVMExecutor:
    """Run each program in a fresh virtual machine.

    Args:
        launcher: `firecracker` or `qemu`; None takes what is available.
        guest: the folder that `.ci/microvm` makes; None takes the one that CODEEXEC_GUEST names.
        languages: which of the languages the guest has.
        max_concurrency: how many machines run at once; None is one for each processor.

    Raises:
        ExecutorUnavailable: this machine has nothing that starts virtual machines, or no guest.
        ValueError: there is no such launcher.
    """

    def __init__(
        self,
        launcher: str | None = None,
        *,
        guest: Path | None = None,
        languages: Iterable[str] = LANGUAGES,
        max_concurrency: int | None = None,
    ) -> None:
        self._launcher = Host.look().launcher(launcher)
        require_commands("env", "prlimit", "setpriv")
        self._guest = _checked_guest(guest)
        most = max_concurrency or os.cpu_count() or 1
        self._places = threading.BoundedSemaphore(most)
        self._running: set[Process] = set()
        self._left: set[Path] = set()
        self._closed = False
        self._info = ExecutorInfo(
            name=f"{NAME}-{self._launcher.name}",
            languages=supports(languages, CAPABILITIES),
            startup_secs=self._launcher.startup_secs,
            max_concurrency=most,
        )
        log.info("virtual machines are started by %s: %s", self._launcher.name, self._launcher.reason)

    def describe(self) -> ExecutorInfo:
        """Return what the guest was said to run; the name contains the launcher's."""
        return self._info

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; its machine is gone when this returns or raises."""
        return self._execute(request, Process())

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; its machine is gone when this returns, raises or is cancelled."""
        process = Process()
        run = asyncio.ensure_future(asyncio.to_thread(self._execute, request, process))
        try:
            return await asyncio.shield(run)
        except asyncio.CancelledError:
            process.stop()
            await unstoppable(asyncio.wait({run}))
            run.exception()  # retrieved, so that asyncio does not log it
            raise

    def close(self) -> None:
        """End what runs, and take no more."""
        self._closed = True
        until = time.monotonic() + _CLOSE_SECS
        while self._running and time.monotonic() < until:
            for process in tuple(self._running):
                process.stop()
            time.sleep(_TICK_SECS)

    async def close_async(self) -> None:
        """End what runs, and take no more."""
        await asyncio.to_thread(self.close)

    def sweep(self) -> None:
        """End and remove what hosts that have died left, and what this one failed to remove."""
        with Sweep() as sweep:
            for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
                host = Owner.found_in(folder.name)
                if folder in self._left or (host and host.is_gone):
                    with sweep.removing(folder.name):
                        kill_processes_of(folder)
                        delete(folder)
                        self._left.discard(folder)

    async def sweep_async(self) -> None:
        """End and remove what hosts that have died left, and what this one failed to remove."""
        await asyncio.to_thread(self.sweep)

    def _execute(self, request: ExecutionRequest, process: Process) -> ExecutionResult:
        payload = _payload(request, self._info)
        folder = Path(tempfile.gettempdir(), f"{PREFIX}{Owner.current()}-{secrets.token_hex(8)}")

        def remove() -> None:
            self._left.add(folder)  # until it is gone
            process.end()
            delete(folder)
            self._left.discard(folder)

        try:
            with self._place(process):
                return run_then_clean_up(lambda: self._run(request, payload, folder, process), remove)
        except Stopped:
            raise ExecutorUnavailable("the executor was closed", retryable=False) from None

    @contextlib.contextmanager
    def _place(self, process: Process) -> Iterator[None]:
        until = time.monotonic() + QUEUE_SECS
        while not self._places.acquire(timeout=_TICK_SECS):
            if process.is_stopped or self._closed:
                raise Stopped
            if time.monotonic() > until:
                raise ExecutorOverloaded(f"no place within {QUEUE_SECS:g} s", started=False)
        self._running.add(process)
        try:
            if self._closed:
                raise Stopped
            yield
        finally:
            self._running.discard(process)
            self._places.release()

    def _run(self, request: ExecutionRequest, payload: bytes, folder: Path, process: Process) -> ExecutionResult:
        machine = Machine(guest=self._guest, folder=folder, memory_mib=_memory_mib(request, payload))
        try:
            _prepare(folder, payload, _result_bytes(request), process.user)
            command = self._launcher.command(machine)
            process.start(command, groups=self._launcher.groups, most_written=_result_bytes(request))
        except OSError as error:
            raise ExecutorUnavailable(f"no virtual machine can be made: {error.strerror}", started=False) from error
        if process.look_for(guest_side.STARTED, self._launcher.startup_secs) is not Sight.FOUND:
            raise ExecutorUnavailable(f"the virtual machine did not start: {process.words}", started=False)
        if request.extensions.get(FAULT_EXTENSION) == "backend":
            process.end()
            raise ExecutorFault("the virtual machine was broken on request", started=True)
        if not _ends_by_itself(process, request.limits):
            detail = "the guest did not answer, and its output is lost"
            return ExecutionResult(status=Status.TIMED_OUT, wall_secs=request.limits.wall_secs, detail=detail)
        try:
            with (folder / "result").open("rb") as drive:
                return _verdict(request, *guest_side.unpack(drive))
        except (IndexError, KeyError, OverflowError, TypeError, ValueError):
            words = process.words
        # Outside the handler: an error of a broken drive may contain the program's output.
        raise ExecutorFault(f"the virtual machine ended without a result: {words}", started=True)


def _checked_guest(guest: Path | None) -> Path:
    folder = guest or Path(os.environ.get("CODEEXEC_GUEST") or os.devnull)
    if not all((folder / name).is_file() for name in _GUEST_FILES):
        where = "the folder that was given" if guest else "CODEEXEC_GUEST"
        raise ExecutorUnavailable(f"{where} holds no guest (.ci/microvm makes one)", retryable=False, started=False)
    return folder.absolute()


def _payload(request: ExecutionRequest, info: ExecutorInfo) -> bytes:
    """Return the drive with a request.

    Raises:
        RequestError: it is one that this executor, or no system at all, can run.
    """
    require_support(request, info)
    language = LANGUAGES[request.language]
    encoded = encode_request(request, reserved=[language.file])
    if any(len(path) > PATH_BYTES for path in (*encoded.files, *encoded.collect)):
        raise RequestTooLarge(f"a path is longer than {PATH_BYTES} bytes")
    if sum(map(len, (*encoded.env.keys(), *encoded.env.values()))) > VARIABLES_BYTES:
        raise RequestTooLarge(f"all variables together are longer than {VARIABLES_BYTES} bytes")
    limits = request.limits
    order = {
        "command": language.running(language.file),
        "env": {**_ENVIRONMENT, **{name.decode(): value.decode() for name, value in encoded.env.items()}},
        "files": [*map(bytes.decode, encoded.files), language.file],
        "collect": [*map(bytes.decode, encoded.collect)],
        "memory_bytes": int(limits.memory_bytes),
        "output_bytes": int(limits.output_bytes),
        "artifact_bytes": int(limits.artifact_bytes),
        # The host is dead if this is reached: it would ask for the end at the limit itself.
        "watchdog_secs": 1.25 * limits.wall_secs + _ANSWER_SECS,
    }
    payload = guest_side.order(order, [*map(bytes, (request.stdin, *request.files.values(), encoded.code))])
    if len(payload) > MAX_BYTES:
        raise RequestTooLarge
    return payload


def _memory_mib(request: ExecutionRequest, payload: bytes) -> int:
    limits = request.limits
    # The kernel keeps 64 bytes for each page of 4 KiB. The payload is on a drive and in a file, a result in process 1
    # and in the drive's cache.
    brought = 2 * (2 * limits.output_bytes + (limits.artifact_bytes if request.collect else 0))
    needed = limits.memory_bytes + limits.memory_bytes // 64 + KERNEL_BYTES + 2 * len(payload) + brought
    return needed // _MEBIBYTE + 1


def _result_bytes(request: ExecutionRequest) -> int:
    head = _HEAD_BYTES + 32 * len(request.collect)
    most = head + 2 * request.limits.output_bytes + (request.limits.artifact_bytes if request.collect else 0)
    return -(-most // _PAGE) * _PAGE


def _prepare(folder: Path, payload: bytes, result_bytes: int, user: int | None) -> None:
    folder.mkdir(mode=0o700)
    drives = folder / "payload", folder / "result"
    drives[0].write_bytes(payload + bytes(-len(payload) % _PAGE))
    drives[1].touch(mode=0o600)
    os.truncate(drives[1], result_bytes)  # sparse: it takes only as much disk as is written
    if user is not None:
        for path in (folder, *drives):
            os.chown(path, user, user)


def _ends_by_itself(process: Process, limits: ExecutionLimits) -> bool:
    """Wait for the machine's end; at the program's limit ask for it."""
    if process.look_for(b"", limits.wall_secs) is Sight.ENDED:
        return True
    process.type(guest_side.STOP)
    return process.look_for(b"", _ANSWER_SECS) is Sight.ENDED


def _verdict(request: ExecutionRequest, head: dict[str, Any], blobs: list[bytes]) -> ExecutionResult:
    stdout, stderr, *artifacts = blobs
    status, exit_code, ended_by = _status(head["end"], head["wait_status"], out_of_memory=head["out_of_memory"])
    too_large = head["too_large"]
    return ExecutionResult(
        status=status,
        exit_code=exit_code,
        signal=ended_by,
        stdout=stdout,
        stderr=stderr,
        stdout_truncated=head["cut"][0],
        stderr_truncated=head["cut"][1],
        artifacts={request.collect[place]: data for place, data in zip(head["artifacts"], artifacts, strict=True)},
        wall_secs=head["wall_secs"],
        peak_memory_bytes=head["peak_memory_bytes"] or None,
        detail=f"{too_large} of the artifacts did not fit into artifact_bytes" if too_large else "",
    )


def _status(end: str, wait_status: int | None, *, out_of_memory: bool) -> tuple[Status, int | None, int | None]:
    """Return the status, and the exit code or the signal, of how the guest saw the program end."""
    if end != "exited" or wait_status is None:
        return (Status.OUTPUT_EXCEEDED if end == "flooded" else Status.TIMED_OUT), None, None
    code = os.waitstatus_to_exitcode(wait_status)
    # A child that ran out of memory is not a verdict on a program that then ends normally; a shell passes it on.
    if out_of_memory and code in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return Status.MEMORY_EXCEEDED, None, None
    if code < 0:
        return Status.KILLED, None, -code
    return (Status.FAILED if code else Status.COMPLETED), code, None


def from_environment() -> MicroVMExecutor:
    """Make one of the guest that CODEEXEC_GUEST names, with the launcher of CODEEXEC_LAUNCHER if that is set."""
    return MicroVMExecutor(os.environ.get("CODEEXEC_LAUNCHER") or None)
