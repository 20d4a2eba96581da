"""I: what a program reaches besides what it was given."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from codeexec_config.conformance.checks.isolating import host_variable, listening, own_addresses, places
from codeexec_config.conformance.circumstances import Circumstances
from codeexec_config.conformance.kit import NotApplicable, Skipped, expect
from codeexec_config.executor import Capability, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.conformance.kit import Kit

_BOOT: Path = Path("/proc/sys/kernel/random/boot_id")
_SETTINGS = (
    *("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/sysrq", "/proc/sysrq-trigger"),
    *("/proc/sys/kernel/panic", "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/swappiness", "/proc/sys/fs/file-max"),
    *("/sys/kernel/uevent_helper", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/power/state"),
    *("/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/loop-control", "/dev/fuse", "/dev/kvm"),
)
_LONGEST_ABSTRACT_NAME = 107
_WAITS = """
import signal, sys
signal.signal(signal.SIGUSR1, lambda *_: print("signalled", flush=True))
print("ready", flush=True)
sys.stdin.read()
"""


def datagrams(kit: Kit) -> None:
    """I06: no datagram reaches the kit's listener."""
    nonce = kit.nonce()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("", 0))
        code = kit.code("datagram", hosts=" ".join(own_addresses()), port=listener.getsockname()[1], nonce=nonce)
        kit.shown(kit.request(code), "tried")
        listener.settimeout(0)
        expect(nonce.encode() not in _waiting(listener), "a datagram arrived")


def _waiting(listener: socket.socket) -> bytes:
    with contextlib.suppress(OSError):
        return listener.recv(100)
    return b""


def newer_protocol(kit: Kit) -> None:
    """I07: no connection over IPv6 reaches the kit's listener."""
    nonce = kit.nonce()
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        raise NotApplicable("this machine has no IPv6") from None
    with listening(server) as listener:
        code = kit.code("connect", hosts="::1", port=server.getsockname()[1], nonce=nonce)
        kit.shown(kit.request(code), "tried")
    expect(nonce.encode() not in listener.received, "a connection over IPv6 arrived")


def abstract_sockets(kit: Kit) -> None:
    """I08: no abstract socket of the host can be reached."""
    # Some libraries pad the name of such a socket with zeros: a name of full length is the same to all.
    name, nonce = kit.nonce().ljust(_LONGEST_ABSTRACT_NAME, "x"), kit.nonce()
    server = socket.socket(socket.AF_UNIX)
    try:
        server.bind(f"\0{name}")
        server.listen()
    except OSError:
        server.close()
        raise NotApplicable("this system has no abstract sockets") from None
    with listening(server) as listener:
        kit.shown(kit.request(kit.code("abstract", name=name, nonce=nonce)), "tried")
    expect(nonce.encode() not in listener.received, "a connection to an abstract socket arrived")


def host_files_written(kit: Kit) -> None:
    """I09: a world-writable file of the host is not written."""
    nonce = kit.nonce()
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_open_file(folder)) for folder in places()]
        kit.shown(kit.request(kit.code("write", paths=" ".join(map(str, files)), nonce=nonce)), "tried")
        written = [str(path.parent.parent) for path in files if nonce in path.read_text(encoding="ascii")]
    expect(not written, f"a file of the host was written to below {', '.join(written)}")


@contextlib.contextmanager
def _open_file(folder: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="codeexec-kit-", dir=folder) as made:
        Path(made).chmod(0o777)
        path = Path(made) / "host.txt"
        path.write_text("", encoding="ascii")
        path.chmod(0o666)
        yield path


def kernel_settings(kit: Kit) -> None:
    """I10: no setting of the host's kernel, and none of its devices, can be opened for writing."""
    try:
        boot = _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        raise NotApplicable("this system does not tell one kernel from another") from None
    result = kit.shown(kit.request(kit.code("settings", paths=" ".join(_SETTINGS))), "tried")
    # The program's own kernel, as in a virtual machine, is not the host's.
    opened = [line[5:] for line in result.text().splitlines() if line.startswith("open ")]
    expect(boot not in result.text() or not opened, f"open for writing: {', '.join(opened)}")


def descriptors(kit: Kit) -> None:
    """I11: descriptors that the host has open and inheritable do not reach a program."""
    canary, nonce = kit.nonce(), kit.nonce()
    report = kit.elsewhere(kit.request(kit.code("inherited", nonce=nonce)), Circumstances(inherited=canary.encode()))
    result = kit.reported(kit.request(""), report)
    expect(nonce.encode() not in report.received, "a socket of the host was written to")
    expect(canary.encode() not in result.stdout, "a file that the host has open was read")


@contextlib.contextmanager
def _bystander(nonce: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process of the host with a canary in its arguments and in its environment."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(  # noqa: S603 -- a program of the kit's own
        [sys.executable, "-c", _WAITS, nonce],
        env={**os.environ, "CODEEXEC_KIT_BYSTANDER": nonce},
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None  # noqa: S101 -- for the type checker
        process.stdout.readline()
        try:
            yield process
        finally:
            process.stdin.close() if process.stdin else None


def _looking_for(kit: Kit, nonce: str) -> str:
    # In two parts: if the source is an argument of a process, it must not be found itself.
    return kit.code("look_around", head=nonce[:8], tail=nonce[8:])


def others_environment(kit: Kit) -> None:
    """I05: no process that a program can see shows it a variable of the host."""
    with host_variable(kit.nonce()) as nonce, _bystander(nonce):
        result = kit.shown(kit.request(_looking_for(kit, nonce)), "tried")
    seen = [line for line in result.text().splitlines() if line.startswith("seen in environ")]
    expect(not seen, f"a variable of the host is in the environment of a process that it can see: {'; '.join(seen)}")


def host_processes_seen(kit: Kit) -> None:
    """I12: no process of the host can be seen, nor one of another run."""
    expect_no_process(kit)
    if kit.most_at_once() > 1 and kit.has("end_soon"):
        _beside_unseen(kit)


def expect_no_process(kit: Kit, *, session: str | None = None) -> None:
    """Let a program look for a process of the host."""
    nonce = kit.nonce()
    with _bystander(nonce):
        result = kit.shown(kit.request(_looking_for(kit, nonce), session=session), "tried")
    expect(b"seen in cmdline" not in result.stdout, "a process of the host was seen")


def _beside_unseen(kit: Kit) -> None:
    """Look for the child of a concurrent program."""
    marker = kit.nonce()
    request = kit.request(kit.code("end_soon", marker=marker, secs=kit.deadlines.once, code=0))
    call = kit.start(request)
    kit.sees(marker, call, kit.deadlines.once / 2)
    result = kit.shown(kit.request(_looking_for(kit, marker)), "tried")
    kit.outcome(request, call)
    expect(b"seen in cmdline" not in result.stdout, "a process of a concurrent run was seen")


def host_processes_signalled(kit: Kit) -> None:
    """I13: a process of the host cannot be signalled."""
    with _bystander(kit.nonce()) as process:
        kit.shown(kit.request(kit.code("signal", pid=process.pid)), "tried")
        assert process.stdin is not None  # noqa: S101 -- for the type checker
        process.stdin.close()
        heard = process.stdout.read() if process.stdout else ""
    expect("signalled" not in heard, "a process of the host received a signal")


def group_signalled(kit: Kit) -> None:
    """I14: a signal to a program's own group does not reach the host."""
    kit.elsewhere(kit.request(kit.code("signal_group")), Circumstances())


def ignored_signals(kit: Kit) -> None:
    """R14: signals that the host ignores, as under nohup, are not ignored in a program."""
    ignored = (signal.SIGHUP, signal.SIGUSR1)
    report = kit.elsewhere(kit.request(kit.code("ignored_signals")), Circumstances(ignored=ignored))
    text = kit.reported(kit.request(""), report).text()
    if "SigIgn" not in text:
        raise Skipped("cannot tell: the program could not see which signals it ignores")
    mask = int(text.split()[1], 16)
    inherited = [number.name for number in ignored if mask & 1 << (number - 1)]
    expect(not inherited, f"the program ignores {', '.join(inherited)} because the host does")


def ignored_children(kit: Kit) -> None:
    """R15: verdicts are right when the host ignores SIGCHLD, as under some supervisors."""
    for purpose, status in (("say", Status.COMPLETED), ("uncaught_error", Status.FAILED)):
        request = kit.request(kit.code(purpose, text="word"))
        report = kit.elsewhere(request, Circumstances(ignored=(signal.SIGCHLD,)))
        if report.kind != "infrastructure":  # honest: it says that it cannot tell
            kit.reported(request, report, status)


def hosts_process_unchanged(kit: Kit) -> None:
    """I18: a run changes nothing in the host's own process."""
    env = {"KIT_ONE": kit.nonce()} if kit.declares(Capability.ENV) else {}
    report = kit.elsewhere(kit.request(kit.code("change_host"), env=env), Circumstances(has_child=True))
    expect(not report.changes, f"the run changed {', '.join(report.changes)} in the host's process")
