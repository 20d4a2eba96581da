"""Witness programs: what a program could see and reach of the host, under a host with bad habits."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config.conformance import processes_with
from tests.backends.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.backends.making import Sandbox

SECONDS = 120
CANARY = f"canary-{secrets.token_hex(8)}"

LOOK = """
import json, os, signal, sys

def text(path):
    try:
        with open(path, "rb") as file:
            return file.read(100_000).decode("latin-1")
    except OSError:
        return ""

def writable(top):
    for folder, _, names in os.walk(top):
        for name in names:
            try:
                # Opened, never written: it is the host's if it works.
                os.close(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                continue
            yield f"{folder}/{name}"

def descriptors(pid):
    found = {}
    try:
        for number in os.listdir(f"/proc/{pid}/fd"):
            if os.path.lexists(f"/proc/{pid}/fd/{number}"):  # the listing's own is closed by now
                found[number] = os.readlink(f"/proc/{pid}/fd/{number}")
    except OSError:
        pass
    return found

pids = [name for name in os.listdir("/proc") if name.isdigit()]
json.dump({
    "environs": {pid: text(f"/proc/{pid}/environ").split("\\0")[:-1] for pid in pids},
    "commands": {pid: text(f"/proc/{pid}/cmdline") for pid in pids},
    "settings": list(writable("/proc/sys")),
    "descriptors": {pid: descriptors(pid) for pid in ["self", *pids]},
    "input": sys.stdin.read(),
    "terminal": any(os.isatty(number) for number in range(3)),
    "ignored": sorted(each.name for each in signal.Signals if signal.getsignal(each) is signal.SIG_IGN),
    "blocked": sorted(each.name for each in signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "user": os.getuid(),
    "effective": [line for line in text("/proc/self/status").splitlines() if line.startswith("CapEff")],
}, sys.stdout)
"""
BUILT_IN = {"PATH", "HOME", "LANG", "LC_CTYPE", "PWD", "HOSTNAME"}


def host(sandbox: Sandbox, program: str, secs: float = 20) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.backends.host", sandbox.factory, str(secs), program],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "CODE_EXEC_API_KEY": CANARY, **sandbox.variables},
        input=f"{CANARY} is the host's own input",
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        start_new_session=True,
    )
    assert 0 == done.returncode, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.partition("\n")[2])
    return result


@pytest.fixture(scope="module")
def seen_by() -> dict[str, dict[str, Any]]:
    return {}


@pytest.fixture
def seen(any_sandbox: Sandbox, seen_by: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what a program sees; it looks once a sandbox."""
    if any_sandbox.name not in seen_by:
        result = host(any_sandbox, LOOK)
        assert ("completed", 0, "") == (result["status"], result["exit_code"], result["stderr"])
        seen_by[any_sandbox.name] = json.loads(result["stdout"])
    return seen_by[any_sandbox.name]


def test_no_process_that_a_program_sees_has_a_variable_of_the_host(seen: dict[str, Any]) -> None:
    assert CANARY not in json.dumps(seen)
    assert {name.partition("=")[0] for environ in seen["environs"].values() for name in environ} <= BUILT_IN


def test_a_program_sees_no_process_of_the_host(seen: dict[str, Any]) -> None:
    assert 0 < len(seen["commands"]) < 6
    assert "tests.backends.host" not in json.dumps(seen["commands"])


def test_no_setting_of_the_kernel_can_be_written(seen: dict[str, Any]) -> None:
    assert [] == seen["settings"]
    assert ["CapEff:\t0000000000000000"] == seen["effective"]


def test_no_descriptor_is_inherited(seen: dict[str, Any]) -> None:
    assert {"0", "1", "2"} == {number for number in seen["descriptors"]["self"] if int(number) < 3}
    kinds = {target.partition(":")[0] for each in seen["descriptors"].values() for target in each.values()}
    # Its own listing, and bubblewrap's own event; gVisor shows pipes of the host as `host`.
    assert {kind for kind in kinds if not kind.startswith(("/proc/", "host"))} <= {"pipe", "/dev/null", "anon_inode"}


def test_the_hosts_input_is_not_the_programs(seen: dict[str, Any]) -> None:
    assert "" == seen["input"]
    assert not seen["terminal"]


def test_signals_do_what_they_do_by_default(seen: dict[str, Any]) -> None:
    # Python itself ignores two.
    assert ["SIGPIPE", "SIGXFSZ"] == seen["ignored"]
    assert [] == seen["blocked"]


def test_a_host_that_ignores_its_children_hears_how_they_ended(any_sandbox: Sandbox) -> None:
    result = host(
        any_sandbox, "import subprocess, sys; sys.exit(subprocess.run(['/bin/sh', '-c', 'exit 7']).returncode)"
    )

    assert ("failed", 7) == (result["status"], result["exit_code"])


def test_a_signal_to_the_group_reaches_no_host(any_sandbox: Sandbox) -> None:
    result = host(any_sandbox, "import os; print('here', flush=True); os.kill(0, 9)")

    assert ("here\n", False) == (result["stdout"], result["status"] == "completed")


def test_a_program_is_not_the_machines_root(any_sandbox: Sandbox) -> None:
    if any_sandbox.name == "gvisor":
        pytest.skip("to the host a program in gVisor is no process")
    marker = f"3.{secrets.randbits(40)}"
    program = f"import subprocess; subprocess.run(['/usr/bin/sleep', '{marker}'])"
    users: set[str] = set()

    def look() -> None:
        while not done.wait(0.05):
            for line in processes_with(marker):
                users.add(_user_of(line))

    done = threading.Event()
    thread = threading.Thread(target=look)
    thread.start()
    host(any_sandbox, program)
    done.set()
    thread.join()

    expected = "65534" if os.geteuid() == 0 else str(os.geteuid())
    assert users - {""} == {expected}


def _user_of(line: str) -> str:
    pid = "".join(character if character.isdigit() else " " for character in line).split()[0]
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
    user = next(each for each in status.splitlines() if each.startswith("Uid:")).split()[1]
    return user if command.startswith("/usr/bin/sleep") else ""


REACH = """
import socket
for family, kind, address in {addresses!r}:
    try:
        with socket.socket(family, kind) as one:
            one.settimeout(1)
            one.connect(address if not isinstance(address, str) else "\\0" + address)
            one.send(b"hello")
            print("sent", family, kind)
    except OSError:
        pass
print("end")
"""


@contextmanager
def listening(family: int, kind: int, address: Any) -> Iterator[socket.socket]:
    with socket.socket(family, kind) as one:
        one.bind(address)
        if kind == socket.SOCK_STREAM:
            one.listen()
        one.settimeout(0)
        yield one


def arrived(one: socket.socket) -> bool:
    try:
        one.accept() if one.type == socket.SOCK_STREAM else one.recv(10)
    except BlockingIOError:
        return False
    return True


def test_nothing_reaches_a_socket_of_the_host(any_sandbox: Sandbox) -> None:
    name = f"codeexec-{secrets.token_hex(8)}"
    with (
        listening(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0)) as tcp,
        listening(socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 0)) as udp,
        listening(socket.AF_INET6, socket.SOCK_STREAM, ("::", 0)) as tcp6,
        listening(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}") as abstract,
    ):
        here = socket.gethostbyname(socket.gethostname())
        addresses = [
            *(
                (int(one.family), int(one.type), (ip, one.getsockname()[1]))
                for one in (tcp, udp)
                for ip in ("127.0.0.1", here)
            ),
            (int(tcp6.family), int(tcp6.type), ("::1", tcp6.getsockname()[1])),
            (int(abstract.family), int(abstract.type), name),
        ]

        result = host(any_sandbox, REACH.format(addresses=addresses))

        assert "end" in result["stdout"]
        assert not any(map(arrived, (tcp, udp, tcp6, abstract)))
