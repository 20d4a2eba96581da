"""What starts a virtual machine: Firecracker, or QEMU's `microvm` machine, which was modelled on it.

Firecracker needs KVM. QEMU does without, by emulating the processor, which is what a machine inside a virtual machine
must do, and costs seconds. Both give the guest a kernel, an initial RAM disk, three drives and a serial line, and no
network device.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import shutil
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from codeexec_config.executor import ExecutorUnavailable
from examples.executors._command import PATH

if TYPE_CHECKING:
    from collections.abc import Callable

FIRECRACKER: Final = "firecracker"
QEMU: Final = "qemu"
QEMU_COMMAND: Final = "qemu-system-x86_64"

KVM: Final = Path("/dev/kvm")
CPUINFO: Final = Path("/proc/cpuinfo")

_ARGUMENTS: Final = "console=ttyS0 pci=off quiet panic=-1"
_SECCOMP: Final = "obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


@attrs.frozen(kw_only=True)
class Machine:
    """One virtual machine to start.

    Attributes:
        guest: the folder with its kernel, initial RAM disk and root file system.
        folder: the folder of this run, with the drives `payload` and `result`.
        memory_mib: its memory.
    """

    guest: Path
    folder: Path
    memory_mib: int

    @property
    def drives(self) -> tuple[tuple[str, Path, bool], ...]:
        """Each drive's name, its file, and whether it is read-only; the guest knows them by their order."""
        return (
            ("root", self.guest / "root.squashfs", True),
            ("payload", self.folder / "payload", True),
            ("result", self.folder / "result", False),
        )


@attrs.frozen(kw_only=True)
class Launcher:
    """A launcher of virtual machines.

    Attributes:
        name: what it is called in `describe()`.
        reason: why it was chosen, for the log.
        startup_secs: the longest time until a machine's program starts.
        groups: the groups that its user needs.
        command: creates the command for a machine, and the files that the command reads.
    """

    name: str
    reason: str
    startup_secs: float
    command: Callable[[Machine], tuple[str, ...]]
    groups: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Host:
    """What this machine has to start virtual machines with.

    Attributes:
        kvm_trouble: why KVM cannot be used, or "".
        kvm_groups: the groups that may use it, if it is restricted.
        firecracker: Firecracker's path, or None.
        qemu: QEMU's path, or None.
    """

    kvm_trouble: str
    kvm_groups: tuple[int, ...] = ()
    firecracker: str | None
    qemu: str | None

    @classmethod
    def look(cls) -> Host:
        """Look at this machine."""
        return cls(
            kvm_trouble=kvm_trouble(),
            kvm_groups=_kvm_groups(),
            firecracker=shutil.which(FIRECRACKER, path=PATH),
            qemu=shutil.which(QEMU_COMMAND, path=PATH),
        )

    @property
    def available(self) -> str | None:
        """The launcher to use here: Firecracker before QEMU."""
        if self.firecracker and not self.kvm_trouble:
            return FIRECRACKER
        return QEMU if self.qemu else None

    @property
    def firecracker_trouble(self) -> str:
        """Why Firecracker cannot be used, or ""."""
        return self.kvm_trouble if self.firecracker else "firecracker is not installed"

    def launcher(self, name: str | None = None) -> Launcher:
        """Return the launcher of a name, or the one to use here.

        Raises:
            ExecutorUnavailable: there is none, or it cannot work here.
            ValueError: the name is not that of a launcher.
        """
        if name not in (FIRECRACKER, QEMU, None):
            raise ValueError(f"unknown launcher `{name}`, expected `{FIRECRACKER}` or `{QEMU}`")
        chosen = name or self.available
        if chosen == FIRECRACKER and self.firecracker and not self.kvm_trouble:
            return self._with_firecracker(self.firecracker)
        if chosen == QEMU and self.qemu:
            return self._with_qemu(self.qemu)
        troubles = []
        if name != QEMU:
            troubles.append(f"Firecracker cannot be used: {self.firecracker_trouble}")
        if name != FIRECRACKER:
            troubles.append(f"{QEMU_COMMAND} is not installed (Debian: qemu-system-x86)")
        raise ExecutorUnavailable("; ".join(troubles), retryable=False, started=False)

    def _with_firecracker(self, binary: str) -> Launcher:
        return Launcher(
            name=FIRECRACKER,
            reason="it is installed, and KVM works",
            startup_secs=5.0,
            groups=self.kvm_groups,
            command=lambda machine: _firecracker(binary, machine),
        )

    def _with_qemu(self, binary: str) -> Launcher:
        reason = f"Firecracker cannot be used: {self.firecracker_trouble}" if self.firecracker_trouble else "asked for"
        if not self.kvm_trouble:
            return Launcher(
                name=f"{QEMU}-kvm",
                reason=reason,
                startup_secs=5.0,
                groups=self.kvm_groups,
                command=lambda machine: _qemu(binary, machine, ("-accel", "kvm", "-cpu", "host"), ""),
            )
        clock = _emulated_clock()
        # `max`, since the processor that QEMU emulates by default has no random numbers, which a guest waits for.
        # Without AVX, since what is fast on a processor is slow to emulate: it takes a tenth of a start.
        accelerator = ("-accel", "tcg,tb-size=128", "-cpu", "max,-avx,-avx2")
        return Launcher(
            name=f"{QEMU}-tcg",
            reason=reason,
            startup_secs=60.0,  # 4 s, where the processors have nothing else to do
            command=lambda machine: _qemu(binary, machine, accelerator, clock),
        )


def kvm_trouble(device: Path = KVM, cpuinfo: Path = CPUINFO) -> str:
    """Return why KVM cannot be used on this machine, or "".

    A machine may have the device but not a processor for it: a virtual machine then starts, and hangs.
    """
    try:
        mode = device.stat().st_mode
        flags = set(cpuinfo.read_text().split())
    except OSError as error:
        return f"{error.filename} is missing"
    if not flags & {"vmx", "svm"}:
        return f"{device} is there, but the processor has neither vmx nor svm"
    if os.geteuid() == 0 and not mode & (stat.S_IRWXG | stat.S_IRWXO) & (stat.S_IWGRP | stat.S_IWOTH):
        return (
            f"{device} is open to root only, and no virtual machine runs as root (chmod 660, with a group of its own)"
        )
    if os.geteuid() != 0 and not os.access(device, os.R_OK | os.W_OK):
        return f"{device} is not open to this user"
    return ""


def _kvm_groups() -> tuple[int, ...]:
    try:
        status = KVM.stat()
    except OSError:
        return ()
    return () if status.st_mode & stat.S_IWOTH else (status.st_gid,)


def firecracker_configuration(machine: Machine) -> dict[str, Any]:
    """Return what Firecracker reads with `--config-file`: a `FullVmConfiguration` of its API."""
    return {
        "boot-source": {
            "kernel_image_path": str(machine.guest / "vmlinux"),
            "initrd_path": str(machine.guest / "initrd.gz"),
            "boot_args": f"{_ARGUMENTS} reboot=k",
        },
        "drives": [
            {"drive_id": name, "path_on_host": str(path), "is_root_device": False, "is_read_only": read_only}
            for name, path, read_only in machine.drives
        ],
        "machine-config": {"vcpu_count": 1, "mem_size_mib": machine.memory_mib},
    }


def _firecracker(binary: str, machine: Machine) -> tuple[str, ...]:
    configuration = machine.folder / "machine.json"
    configuration.write_text(json.dumps(firecracker_configuration(machine)))
    return (binary, "--no-api", "--config-file", str(configuration))


def _qemu(binary: str, machine: Machine, accelerator: tuple[str, ...], clock: str) -> tuple[str, ...]:
    return (
        binary,
        *("-M", "microvm,acpi=on,rtc=on"),  # without ACPI Debian's kernel finds no drive
        *accelerator,
        *("-m", str(machine.memory_mib), "-smp", "1"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-sandbox", f"on,{_SECCOMP}"),
        *("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"),
        *("-kernel", str(machine.guest / "vmlinux"), "-initrd", str(machine.guest / "initrd.gz")),
        *("-append", f"{_ARGUMENTS} reboot=t {clock}".rstrip()),
        *(
            option
            for name, path, read_only in machine.drives
            for option in _qemu_drive(name, path, read_only=read_only)
        ),
    )


def _qemu_drive(name: str, path: Path, *, read_only: bool) -> tuple[str, ...]:
    file = str(path).replace(",", ",,")
    switch = "on" if read_only else "off"
    # Nothing of it has to survive the host: `unsafe` waits for no disk.
    drive = f"id={name},file={file},format=raw,if=none,readonly={switch},cache=unsafe"
    return ("-drive", drive, "-device", f"virtio-blk-device,drive={name}")


def _emulated_clock() -> str:
    """Return the kernel's argument that holds the rate of an emulated machine's clock, or "" where it is not known.

    QEMU emulates the processor's time stamp counter by that of the host. A guest's kernel measures its rate against
    another emulated clock, and on a busy host it does not succeed, and hangs.
    """
    if os.uname().machine != "x86_64":
        return ""
    try:
        return f"tsc_early_khz={_counter_khz()}"
    except OSError:
        return ""


def _counter_khz() -> int:
    # rdtsc; shl rdx, 32; or rax, rdx; ret
    with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
        page.write(bytes.fromhex("0f31 48c1e220 4809d0 c3"))
        start = ctypes.c_char.from_buffer(page)
        count = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(start))
        counted, began = count(), time.monotonic_ns()
        time.sleep(0.05)
        counted, elapsed = count() - counted, time.monotonic_ns() - began
        del start  # a page that is pointed to cannot be closed
    return int(counted * 1_000_000 // elapsed)
