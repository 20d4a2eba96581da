"""Process 1 of the virtual machine: it runs one program, and ends the machine.

The program arrives on one drive, as the host's marshalled order. The result leaves on another, as a JSON head and the
bytes that the head describes: the host reads its verdict from there, and trusts nothing in it. The program, an
unprivileged user of the guest, can open neither: whatever it prints is only output.

The guest's Python runs this file, so it needs only the standard library; the host imports it for the formats of the
drives. Modules that are slow to import are far slower in an emulated machine, where json, signal and typing would take
as long as everything else.
"""

# pathlib is slow to import
# ruff: noqa: PTH102, PTH103, PTH118, PTH120, PTH123

from __future__ import annotations

import marshal
import os
import select
import stat
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, BinaryIO, Final

STARTED: Final = b"codeexec: the program starts"
"""What the console shows when the program's time begins; what it shows later means nothing."""
STOP: Final = b"\n"
"""What the host types on the console when the program's time is up."""
WORK: Final = "/tmp/work"  # noqa: S108 -- a tmpfs of the guest's
USER: Final = 65534
PROCESSES: Final = 256
MAX_HEAD: Final = 32 * 1024 * 1024

_PAYLOAD: Final = "/dev/vdb"
_RESULT: Final = "/dev/vdc"
_CONSOLE: Final = "/dev/ttyS0"
_GROUP: Final = "/run/cgroup/program"
_CHUNK: Final = 64 * 1024
_DRAIN_SECS: Final = 5.0
_LENGTH: Final = struct.Struct(">I")
_MARSHAL_VERSION: Final = 4
"""The version that every Python since 3.4 reads; the guest's may be older than the host's."""
_SIGNAL: Final[Any] = __import__("_signal")
"""What `signal` stands on; that makes enumerations of its numbers, which is what takes long."""


def order(request: dict[str, Any], blobs: list[bytes]) -> bytes:
    """Return the contents of the payload drive."""
    return marshal.dumps((request, blobs), _MARSHAL_VERSION)


def pack(head: dict[str, Any], blobs: Iterable[bytes]) -> bytes:
    """Return the contents of the result drive: the length of the head, the head, and its blobs."""
    blobs = list(blobs)
    encoded = _json(head | {"sizes": [len(blob) for blob in blobs]}).encode()
    return b"".join((_LENGTH.pack(len(encoded)), encoded, *blobs))


def _json(value: object) -> str:
    """Return a value as JSON; its texts are all from this file, and need no escapes."""
    if isinstance(value, dict):
        return f"{{{','.join(f'{_json(key)}:{_json(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    if isinstance(value, str):
        return f'"{value}"'
    return "null" if value is None else repr(value).lower()


def unpack(drive: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """Return the head and the blobs of a result drive.

    Raises:
        ValueError: the drive contains something else.
    """
    import json  # the host's affair alone

    prefix = drive.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size or not 0 < _LENGTH.unpack(prefix)[0] <= MAX_HEAD:
        raise ValueError("the drive has no head")
    try:
        head = json.loads(drive.read(_LENGTH.unpack(prefix)[0]))
        sizes = head.pop("sizes")
        blobs = [drive.read(size) for size in sizes if size >= 0]
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        raise ValueError("the drive's head is broken") from None
    if [len(blob) for blob in blobs] != sizes:
        raise ValueError("the drive ends too early")
    return head, blobs


class Stream:
    """One of the program's two streams, kept up to its cap."""

    def __init__(self, cap: int) -> None:
        self.reader, self.writer = os.pipe()
        self.cap = cap
        self.data = bytearray()
        self.cut = False
        self.ended = False

    def take(self) -> None:
        """Read what is there, and keep what fits."""
        chunk = os.read(self.reader, _CHUNK)
        room = self.cap - len(self.data)
        self.data += chunk[:room]
        self.cut = self.cut or len(chunk) > room
        self.ended = not chunk


class Supervisor:
    """The program's clock and its end, by whatever comes first.

    Args:
        pid: the program's process.
        streams: its two streams.
        console: where the host asks for the end.
        watchdog_secs: when to end it though the host has not asked, because the host may be gone.
    """

    def __init__(self, pid: int, streams: tuple[Stream, Stream], console: int, watchdog_secs: float) -> None:
        self.pid = pid
        self.streams = streams
        self.status: int | None = None
        self._console = console
        self._deadline = time.monotonic() + watchdog_secs
        self._children, writer = os.pipe()
        os.set_blocking(writer, False)
        _SIGNAL.set_wakeup_fd(writer, warn_on_full_buffer=False)
        _SIGNAL.signal(_SIGNAL.SIGCHLD, lambda *_: None)

    def watch(self) -> str:
        """Wait for the end, and return what it was: `exited`, `flooded` or `stopped`."""
        poller = self._poller()
        poller.register(self._console, select.POLLIN)
        poller.register(self._children, select.POLLIN)
        self._reap()  # what ended before the signal had a handler
        while self.status is None:
            left = self._deadline - time.monotonic()
            ready = {fd for fd, _ in poller.poll(max(0.0, left) * 1000)}
            self._take(poller, ready)
            if any(stream.cut for stream in self.streams):
                return "flooded"
            if left <= 0 or self._console in ready:
                return "stopped"
            if self._children in ready:
                os.read(self._children, _CHUNK)
                self._reap()
        return "exited"

    def drain(self) -> None:
        """Read what is left in the pipes, whose writers are dead or about to be."""
        poller = self._poller()
        until = time.monotonic() + _DRAIN_SECS
        while not all(stream.ended for stream in self.streams) and time.monotonic() < until:
            self._take(poller, {fd for fd, _ in poller.poll(100)})

    def _poller(self) -> select.poll:
        poller = select.poll()
        for stream in self.streams:
            if not stream.ended:
                poller.register(stream.reader, select.POLLIN)
        return poller

    def _take(self, poller: select.poll, ready: set[int]) -> None:
        for stream in self.streams:
            if stream.reader in ready:
                stream.take()
                if stream.ended:
                    poller.unregister(stream.reader)

    def _reap(self) -> None:
        # All of them: an orphan that is not reaped counts as a process of the program forever.
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.pid:
                self.status = status


def run(request: dict[str, Any], blobs: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Run the requested program, and return its result."""
    stdin, *files = blobs
    for path, data in zip(request["files"], files, strict=True):
        _write(os.path.join(WORK, path), data)
    _own(WORK)
    streams = (Stream(request["output_bytes"]), Stream(request["output_bytes"]))
    source = _stdin(stdin)
    console = os.open(_CONSOLE, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    _limit(request["memory_bytes"])
    # Ahead of whatever the program computes, so that the host is answered.
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    os.write(1, STARTED + b"\n")
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _become(request, source, streams)
    for stream in streams:
        os.close(stream.writer)
    supervisor = Supervisor(pid, streams, console, request["watchdog_secs"])
    end = supervisor.watch()
    wall_secs = time.monotonic() - began
    _put(f"{_GROUP}/cgroup.kill", "1")
    supervisor.drain()
    if any(stream.cut for stream in streams) and end == "exited":
        end = "flooded"
    artifacts, too_large = collect(WORK, request["collect"], request["artifact_bytes"])
    head = {
        "end": end,
        "wait_status": supervisor.status,
        "wall_secs": wall_secs,
        "out_of_memory": _killed_for_memory(),
        "peak_memory_bytes": int(_get(f"{_GROUP}/memory.peak")),
        "cut": [stream.cut for stream in streams],
        "artifacts": list(artifacts),
        "too_large": too_large,
    }
    return head, [*(bytes(stream.data) for stream in streams), *artifacts.values()]


def _limit(memory_bytes: int) -> None:
    _put("/run/cgroup/cgroup.subtree_control", "+memory +pids")
    os.mkdir(_GROUP)
    _put(f"{_GROUP}/memory.max", str(memory_bytes))
    _put(f"{_GROUP}/pids.max", str(PROCESSES))


def _become(request: dict[str, Any], stdin: int, streams: tuple[Stream, Stream]) -> None:
    try:
        for number, descriptor in enumerate((stdin, streams[0].writer, streams[1].writer)):
            os.dup2(descriptor, number)
        _put("/proc/self/oom_score_adj", "0")
        _put(f"{_GROUP}/cgroup.procs", "0")
        for ignored in (_SIGNAL.SIGPIPE, _SIGNAL.SIGXFSZ):  # by Python, and what is ignored stays so
            _SIGNAL.signal(ignored, _SIGNAL.SIG_DFL)
        os.setsid()
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
        os.chdir(WORK)
        command = request["command"]
        os.execve(command[0], command, request["env"])  # noqa: S606
    except OSError as error:
        os.write(2, f"{request['command'][0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _stdin(data: bytes) -> int:
    # A file, which needs no writer, and which ends.
    path = "/run/stdin"
    _write(path, data)
    return os.open(path, os.O_RDONLY)


def _own(folder: str) -> None:
    for path, _, files in os.walk(folder):
        for name in ("", *files):
            os.chown(os.path.join(path, name), USER, USER)


def collect(folder: str, paths: list[str], room: int) -> tuple[dict[int, bytes], int]:
    """Return the plain files among the paths, by their place in the list, and how many did not fit."""
    found: dict[int, bytes] = {}
    too_large = 0
    for place, path in enumerate(paths):
        descriptor = _open_below(folder, path)
        if descriptor is None:
            continue
        status = os.fstat(descriptor)
        fits = status.st_size <= room
        if stat.S_ISREG(status.st_mode) and fits:
            with open(descriptor, "rb", closefd=False) as file:
                found[place] = file.read()
            room -= len(found[place])
        too_large += stat.S_ISREG(status.st_mode) and not fits
        os.close(descriptor)
    return found, too_large


def _open_below(folder: str, path: str) -> int | None:
    """Open the file at a path below a folder, unless it is missing or reached through a link."""
    *folders, name = path.split("/")
    current = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=current)
            os.close(current)
            current = inner
        # Without O_NONBLOCK a FIFO would wait for a writer.
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=current)
    except OSError:
        return None
    finally:
        os.close(current)


def _killed_for_memory() -> bool:
    lines = _get(f"{_GROUP}/memory.events").splitlines()
    return any(line.startswith("oom_kill ") and not line.endswith(" 0") for line in lines)


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def _put(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _get(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()


def main() -> None:
    """Run the program of the payload drive, and write the result drive."""
    _put("/proc/self/oom_score_adj", "-1000")
    with open(_PAYLOAD, "rb") as payload:
        request, blobs = marshal.loads(payload.read())  # noqa: S302 -- the host has written it
    result = pack(*run(request, blobs))
    with open(_RESULT, "r+b") as drive:
        drive.write(result)
        drive.flush()
        os.fsync(drive.fileno())


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # noqa: BLE001 -- process 1 has no other place to report to
        print(f"the guest failed: {error!r}", file=sys.stderr, flush=True)  # noqa: T201 -- the console
    finally:
        _put("/proc/sysrq-trigger", "b")  # restarts at once, which ends the machine
