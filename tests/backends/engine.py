"""A Docker engine of the tests' own, for machines where none runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECS = 60.0
STOP_SECS = 20.0

# The engine lives in its own namespaces: its mounts are private, its processes end with the first of them
# whatever happens, and it could not touch the machine's network if it wanted to. An engine without root (rootlesskit)
# would be better still, but limits memory on cgroup v2 only. `/etc/docker` and `/run` take what it writes uninvited;
# images lie in memory, which is gone at once.
_START = """
mkdir -p /etc/docker "$1/data" && cd / &&
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /etc/docker && mount -t tmpfs -o size=3g tmpfs "$1/data" &&
exec dockerd --host "unix://$1/socket" --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" \
  --cgroup-parent "$2" --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
  --userland-proxy=false --no-new-privileges --shutdown-timeout=2
"""


def answers(host: str | None) -> bool:
    """Check whether an engine is there; None means the client's default."""
    return _docker(host, "version").returncode == 0


def load_image(host: str | None, rootfs: Path, name: str) -> None:
    """Make an image of a root file system."""
    tar = ["tar", "-C", str(rootfs), "-cf", "-", "."]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packing:
        _docker(host, "import", "-", name, stdin=packing.stdout).check_returncode()


def remove_image(host: str | None, name: str) -> None:
    """Remove it from an engine that stays."""
    _docker(host, "image", "rm", name).check_returncode()


def containers(host: str | None, label: str) -> list[str]:
    """Name the containers of a label, running or not."""
    return _docker(host, "ps", "--all", "--quiet", "--filter", f"label={label}").stdout.decode().split()


def images(host: str | None) -> set[str]:
    """Name the images of all containers, running or not."""
    return set(_docker(host, "ps", "--all", "--format", "{{.Image}}").stdout.decode().split())


@contextlib.contextmanager
def private_engine() -> Iterator[str]:
    """Yield the address of a fresh engine, and stop it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="engine-of-codeexec-"))
    # Killed with us, should we be killed.
    unshare = [
        "setpriv",
        "--pdeathsig=KILL",
        "unshare",
        "--mount",
        "--pid",
        "--net",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*unshare, "sh", "-c", _START, "sh", folder, folder.name], stdout=log, stderr=log)
    try:
        host = f"unix://{folder}/socket"
        _wait(process, host, folder / "log")
        yield host
    finally:
        _stop(process)
        for left in Path("/sys/fs/cgroup").glob(f"*/{folder.name}"):
            left.rmdir()
        shutil.rmtree(folder)


def _wait(process: subprocess.Popen[bytes], host: str, log: Path) -> None:
    end = time.monotonic() + START_SECS
    while process.poll() is None and time.monotonic() < end:
        if answers(host):
            return
        time.sleep(0.2)
    raise RuntimeError(f"the engine did not start: {log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    # The engine is process 1 of its namespace; unshare, its parent, passes no signal on, but takes it along into death.
    for engine in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(engine), signal.SIGTERM)
    try:
        process.wait(STOP_SECS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _docker(
    host: str | None, *arguments: str, stdin: IO[bytes] | int | None = subprocess.DEVNULL
) -> subprocess.CompletedProcess[bytes]:
    address = [] if host is None else ["--host", host]
    return subprocess.run(["docker", *address, *arguments], stdin=stdin, capture_output=True, check=False, timeout=120)
