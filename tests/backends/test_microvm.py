"""Virtual machines: what the host does with any launcher, what each launcher is told, and a few real ones."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import marshal
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from jsonschema import Draft7Validator

from codeexec_config.executor import (
    FAULT_EXTENSION,
    ExecutionLimits,
    ExecutionRequest,
    ExecutorFault,
    ExecutorInfo,
    ExecutorOverloaded,
    ExecutorUnavailable,
    RequestError,
    Status,
)
from examples.executors import _microvm_guest as guest_side
from examples.executors import _microvm_launchers as launchers
from examples.executors import microvm
from examples.executors._microvm_launchers import Host, Launcher, Machine
from examples.executors._microvm_process import Process, Sight
from examples.executors._owner import Owner
from examples.executors._payload import LANGUAGES, supports
from examples.executors.microvm import PREFIX, MicroVMExecutor
from tests.backends.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMITS = ExecutionLimits(wall_secs=10, memory_bytes=128 << 20, output_bytes=1000)
BARE = Host(kvm_trouble="there is no KVM", firecracker=None, qemu=None)
MACHINE = Machine(guest=Path("/guest"), folder=Path("/run,1"), memory_mib=200)


def request(code: str, **fields: Any) -> ExecutionRequest:
    return ExecutionRequest(**{"language": "python", "code": code, "limits": LIMITS} | fields)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hold the folders of runs in one that nothing else uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


# The two launchers


@pytest.mark.parametrize(
    ("host", "available"),
    [
        (BARE, None),
        (attrs.evolve(BARE, firecracker="/fc"), None),
        (attrs.evolve(BARE, firecracker="/fc", kvm_trouble=""), "firecracker"),
        (attrs.evolve(BARE, qemu="/qemu"), "qemu"),
        (attrs.evolve(BARE, firecracker="/fc", qemu="/qemu"), "qemu"),
        (attrs.evolve(BARE, firecracker="/fc", qemu="/qemu", kvm_trouble=""), "firecracker"),
    ],
)
def test_firecracker_is_taken_where_it_works(host: Host, available: str | None) -> None:
    assert available == host.available


@pytest.mark.parametrize(
    ("host", "name", "chosen", "reason"),
    [
        (attrs.evolve(BARE, firecracker="/fc", kvm_trouble=""), None, "firecracker", "KVM works"),
        (attrs.evolve(BARE, qemu="/qemu"), None, "qemu-tcg", "firecracker is not installed"),
        (attrs.evolve(BARE, qemu="/qemu", firecracker="/fc"), None, "qemu-tcg", "there is no KVM"),
        (attrs.evolve(BARE, qemu="/qemu", kvm_trouble=""), None, "qemu-kvm", "firecracker is not installed"),
        (attrs.evolve(BARE, qemu="/qemu", firecracker="/fc", kvm_trouble=""), "qemu", "qemu-kvm", "asked for"),
    ],
)
def test_a_launcher_says_why_it_is_the_one(host: Host, name: str | None, chosen: str, reason: str) -> None:
    launcher = host.launcher(name)

    assert chosen == launcher.name
    assert reason in launcher.reason


@pytest.mark.parametrize(
    ("host", "name", "words"),
    [
        (BARE, None, ("firecracker is not installed", "qemu-system-x86_64 is not installed")),
        (attrs.evolve(BARE, firecracker="/fc"), "firecracker", ("there is no KVM",)),
        (attrs.evolve(BARE, qemu="/qemu"), "firecracker", ("firecracker is not installed",)),
        (attrs.evolve(BARE, firecracker="/fc", kvm_trouble=""), "qemu", ("qemu-system-x86_64 is not installed",)),
    ],
)
def test_without_a_launcher_construction_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, host: Host, name: str | None, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(Host, "look", lambda: host)

    with pytest.raises(ExecutorUnavailable) as caught:
        MicroVMExecutor(name)
    assert not caught.value.retryable
    assert all(word in caught.value.detail for word in words)


def test_a_machine_with_nothing_has_no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "look", lambda: BARE)

    assert microvm.available_launcher() is None


def test_an_unknown_launcher_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="unknown launcher `xen`, expected `firecracker` or `qemu`"):
        BARE.launcher("xen")


def test_a_missing_guest_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Host, "look", lambda: attrs.evolve(BARE, qemu="/qemu"))
    monkeypatch.delenv("CODEEXEC_GUEST", raising=False)

    for guest, words in ((None, "CODEEXEC_GUEST holds no guest"), (tmp_path, "was given holds no guest")):
        with pytest.raises(ExecutorUnavailable) as caught:
            MicroVMExecutor(guest=guest)
        assert words in caught.value.detail
        assert ".ci/microvm makes one" in caught.value.detail


@pytest.mark.parametrize(
    ("mode", "flags", "trouble"),
    [
        (0o666, "fpu vmx", ""),
        (0o660, "fpu svm", ""),
        (0o666, "fpu vmxnot", "neither vmx nor svm"),
        (0o600, "fpu vmx", "open to root only" if os.geteuid() == 0 else ""),
        (None, "fpu vmx", "is missing"),
    ],
)
def test_kvm_is_more_than_a_device(tmp_path: Path, mode: int | None, flags: str, trouble: str) -> None:
    device, cpuinfo = tmp_path / "kvm", tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor : 0\nflags : {flags}\n")
    if mode is not None:
        device.touch()
        device.chmod(mode)

    assert (
        (trouble in launchers.kvm_trouble(device, cpuinfo)) if trouble else not launchers.kvm_trouble(device, cpuinfo)
    )


# What Firecracker's API takes, as far as the configuration uses it: the definitions BootSource, Drive,
# MachineConfiguration and FullVmConfiguration of src/firecracker/swagger/firecracker.yaml, version 1.17. The program
# refuses keys that it does not know in the first three.
FIRECRACKER_API: dict[str, Any] = {
    "type": "object",
    "properties": {
        "boot-source": {
            "type": "object",
            "required": ["kernel_image_path"],
            "properties": {
                "boot_args": {"type": "string"},
                "initrd_path": {"type": "string"},
                "kernel_image_path": {"type": "string"},
            },
            "additionalProperties": False,
        },
        "drives": {
            "type": "array",
            "items": {
                "type": "object",
                # is_read_only and path_on_host: "required for virtio-block config".
                "required": ["drive_id", "is_root_device", "is_read_only", "path_on_host"],
                "properties": {
                    "drive_id": {"type": "string"},
                    "partuuid": {"type": "string"},
                    "is_root_device": {"type": "boolean"},
                    "cache_type": {"enum": ["Unsafe", "Writeback"]},
                    "is_read_only": {"type": "boolean"},
                    "path_on_host": {"type": "string"},
                    "rate_limiter": {"type": "object"},
                    "io_engine": {"enum": ["Sync", "Async"]},
                    "socket": {"type": "string"},
                },
                "additionalProperties": False,
            },
        },
        "machine-config": {
            "type": "object",
            "required": ["mem_size_mib", "vcpu_count"],
            "properties": {
                "cpu_template": {"type": "string"},
                "smt": {"type": "boolean"},
                "mem_size_mib": {"type": "integer"},
                "track_dirty_pages": {"type": "boolean"},
                "vcpu_count": {"type": "integer", "minimum": 1, "maximum": 32},
                "huge_pages": {"enum": ["None", "Transparent", "2M"]},
            },
            "additionalProperties": False,
        },
    },
    # Of the others none is used, and a network interface must never be.
    "additionalProperties": False,
}


def test_the_configuration_is_one_of_firecrackers_api(tmp_path: Path) -> None:
    machine = attrs.evolve(MACHINE, folder=tmp_path)
    launcher = attrs.evolve(BARE, firecracker="/fc", kvm_trouble="").launcher()

    command = launcher.command(machine)

    assert ("/fc", "--no-api", "--config-file", str(tmp_path / "machine.json")) == command
    configuration = json.loads((tmp_path / "machine.json").read_text())
    assert [] == [error.message for error in Draft7Validator(FIRECRACKER_API).iter_errors(configuration)]
    assert {"vcpu_count": 1, "mem_size_mib": 200} == configuration["machine-config"]


@pytest.mark.parametrize(
    "change",
    [
        lambda configuration: configuration["machine-config"].update(mem_size_mib="200"),
        lambda configuration: configuration["drives"][0].pop("is_root_device"),
        lambda configuration: configuration["boot-source"].update(kernel="/guest/vmlinux"),
        lambda configuration: configuration.update({"network-interfaces": []}),
    ],
)
def test_the_api_refuses_another_configuration(change: Callable[[dict[str, Any]], None]) -> None:
    configuration = launchers.firecracker_configuration(MACHINE)
    change(configuration)

    assert not Draft7Validator(FIRECRACKER_API).is_valid(configuration)


@pytest.mark.parametrize("kvm_trouble", ["", "there is no KVM"])
def test_qemu_gets_the_same_machine(kvm_trouble: str) -> None:
    launcher = attrs.evolve(BARE, qemu="/qemu", kvm_trouble=kvm_trouble).launcher()

    command = launcher.command(MACHINE)

    drives = [option for flag, option in itertools.pairwise(command) if flag == "-drive"]
    assert ["root", "payload", "result"] == [drive.split(",")[0].removeprefix("id=") for drive in drives]
    assert ["on", "on", "off"] == [drive.partition("readonly=")[2].partition(",")[0] for drive in drives]
    assert "file=/run,,1/result," in drives[2]
    assert "-nodefaults" in command  # so that it has no network device
    assert not any("net" in option for option in command)


# The two drives


def test_a_drive_holds_what_was_packed() -> None:
    head = {"a": ["\u00e9", 1, 0.25, 1e-9, None, True, False], "b": {}}
    blobs = [b"", b"\x00\xff", b"x" * 5]

    packed = guest_side.pack(head, blobs)

    assert (head, blobs) == guest_side.unpack(io.BytesIO(packed + bytes(700)))


@pytest.mark.parametrize(
    "drive",
    [
        b"",
        bytes(4096),
        b"\xff\xff\xff\xff{}",
        b"\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x02[]",
        b'\x00\x00\x00\x0d{"sizes":[9]}short'[:21],
        b'\x00\x00\x00\x0e{"sizes":[-1]}',
        b'\x00\x00\x00\x0f{"sizes":["1"]}',
        b'\x00\x00\x00\x2b{"sizes":[1000000000000000000000000000000]}',
        b"\x00\x01\x86\xa0" + b"[" * 100_000,
    ],
)
def test_a_drive_with_anything_else_is_refused(drive: bytes) -> None:
    with pytest.raises(ValueError, match="the drive"):
        guest_side.unpack(io.BytesIO(drive))


def test_text_and_numbers_of_any_class_are_ordered() -> None:
    class Text(str):
        __slots__ = ()

    class Number(int):
        pass

    class Data(bytes):
        pass

    limits = ExecutionLimits(wall_secs=1, memory_bytes=Number(128 << 20), output_bytes=Number(9))
    texts = {"env": {Text("A"): Text("é")}, "files": {Text("f"): Data(b"1")}, "collect": (Text("f"),)}
    asked = request(Text("code"), stdin=Data(b"in"), limits=limits, **texts)
    info = ExecutorInfo(name="x", languages=supports(LANGUAGES, microvm.CAPABILITIES))

    order, blobs = marshal.loads(microvm._payload(asked, info) + bytes(700))  # noqa: S302 -- ours

    assert ("é", ["f", "main.py"], ["f"]) == (order["env"]["A"], order["files"], order["collect"])
    assert [b"in", b"1", b"code"] == blobs


def test_artifacts_are_plain_files_that_no_link_leads_to(tmp_path: Path) -> None:
    inside, outside = tmp_path / "work", tmp_path / "outside"
    (inside / "out").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (inside / "out" / "plain").write_bytes(b"\x00\xff")
    (inside / "folder").symlink_to(outside)
    (inside / "link").symlink_to(outside / "secret")
    os.mkfifo(inside / "fifo")
    with (inside / "hole").open("wb") as hole:
        hole.truncate(1 << 40)
    paths = ["link", "folder/secret", "out/plain", "fifo", "out", "missing", "out/plain/x", "hole"]

    assert ({2: b"\x00\xff"}, 1) == guest_side.collect(str(inside), paths, 100)
    assert ({}, 2) == guest_side.collect(str(inside), paths, 1)


# The host, with commands in the place of a launcher's


def _is_closed(path: Path) -> bool:
    return not path.stat().st_mode & stat.S_IXOTH


@pytest.fixture
def launch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., MicroVMExecutor]:
    """Make executors whose machines are lines of shell, with their folder as `$1`."""
    guest = folder / "guest"
    guest.mkdir()
    for name in ("vmlinux", "initrd.gz", "root.squashfs"):
        (guest / name).touch()
    if os.geteuid() == 0:  # the machines run as another user, who has to get here
        for path in itertools.takewhile(_is_closed, (folder, *folder.parents)):
            path.chmod(path.stat().st_mode | stat.S_IXOTH)

    def made(script: str, **options: Any) -> MicroVMExecutor:
        launcher = Launcher(
            name="script",
            reason="a test",
            startup_secs=5,
            command=lambda machine: ("/bin/sh", "-c", script, "sh", str(machine.folder)),
        )
        monkeypatch.setattr(Host, "look", lambda: BARE)
        monkeypatch.setattr(Host, "launcher", lambda *_: launcher)
        return MicroVMExecutor(guest=guest, **options)

    return made


START = f"echo '{guest_side.STARTED.decode()}'\n"


def runs(folder: Path) -> list[Path]:
    return list(folder.glob(f"{PREFIX}*"))


def result_of(folder: Path, **head: Any) -> str:
    """Return the lines of a machine that writes a result."""
    told = {"end": "exited", "wait_status": 0, "wall_secs": 0.5, "out_of_memory": False, "peak_memory_bytes": 0}
    told |= {"cut": [False, False], "artifacts": [], "too_large": 0}
    drive = folder / "drive"
    drive.write_bytes(guest_side.pack(told | head, [b"out", b"err"]))
    drive.chmod(0o644)
    return f"{START}cat '{drive}' >$1/result\n"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, (Status.COMPLETED, 0, None)),
        ({"wait_status": 3 << 8}, (Status.FAILED, 3, None)),
        ({"wait_status": 137 << 8}, (Status.FAILED, 137, None)),
        ({"wait_status": 9}, (Status.KILLED, None, 9)),
        ({"wait_status": 9, "out_of_memory": True}, (Status.MEMORY_EXCEEDED, None, None)),
        ({"wait_status": 137 << 8, "out_of_memory": True}, (Status.MEMORY_EXCEEDED, None, None)),
        ({"out_of_memory": True}, (Status.COMPLETED, 0, None)),
        ({"end": "flooded", "wait_status": None}, (Status.OUTPUT_EXCEEDED, None, None)),
        ({"end": "stopped", "wait_status": None}, (Status.TIMED_OUT, None, None)),
    ],
)
def test_the_verdict_is_what_the_guest_wrote(
    launch: Callable[..., MicroVMExecutor], folder: Path, told: dict[str, Any], expected: tuple[object, ...]
) -> None:
    result = launch(result_of(folder, **told)).execute(request(""))

    assert expected == (result.status, result.exit_code, result.signal)
    assert (b"out", b"err", 0.5, None) == (result.stdout, result.stderr, result.wall_secs, result.peak_memory_bytes)
    assert [] == runs(folder)


def test_artifacts_that_did_not_fit_are_counted(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    result = launch(result_of(folder, too_large=2)).execute(request(""))

    assert "2 of the artifacts did not fit into artifact_bytes" == result.detail


def test_a_machine_that_does_not_start_may_be_tried_again(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    with pytest.raises(ExecutorUnavailable) as caught:
        launch("echo no such kernel >&2").execute(request(""))

    assert (True, False) == (caught.value.retryable, caught.value.started)
    assert "no such kernel" in caught.value.detail
    assert [] == runs(folder)


@pytest.mark.parametrize(
    "head", [None, {"cut": []}, {"artifacts": [7]}, {"wall_secs": "1"}, {"end": 3, "out_of_memory": 1, "wall_secs": -1}]
)
def test_a_machine_without_a_result_is_a_fault_and_ran(
    launch: Callable[..., MicroVMExecutor], folder: Path, head: dict[str, Any] | None
) -> None:
    script = f"{START}echo panic" if head is None else result_of(folder, **head) + "echo panic"

    with pytest.raises(ExecutorFault) as caught:
        launch(script).execute(request(""))

    assert (False, True) == (caught.value.retryable, caught.value.started)
    assert "panic" in caught.value.detail
    assert [] == runs(folder)


def test_a_guest_is_asked_to_end_at_the_limit(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    script = result_of(folder, end="stopped", wait_status=None).replace("cat", "read -r line; cat")

    began = time.monotonic()
    result = launch(script).execute(request("", limits=attrs.evolve(LIMITS, wall_secs=0.5)))

    assert (Status.TIMED_OUT, b"out") == (result.status, result.stdout)
    assert time.monotonic() - began >= 0.5


def test_a_guest_that_does_not_answer_is_timed_out(
    launch: Callable[..., MicroVMExecutor], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microvm, "_ANSWER_SECS", 0.2)

    result = launch(f"{START}exec sleep 1000").execute(request("", limits=attrs.evolve(LIMITS, wall_secs=0.2)))

    assert Status.TIMED_OUT == result.status
    assert "did not answer" in result.detail
    assert [] == runs(folder)


def test_what_the_console_shows_later_is_nothing(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    flood = "head -c 3000000 /dev/zero\n"
    script = result_of(folder) + flood + START

    assert launch(script).execute(request("")).ok


def test_a_machine_gets_nothing_of_the_host(
    launch: Callable[..., MicroVMExecutor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODE_EXEC_API_KEY", "canary")
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)  # noqa: FBT003
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    look = "env; ls /proc/self/fd; id -u; pwd; ulimit -f -c; grep -E '^(CapBnd|NoNewPrivs|SigIgn)' /proc/self/status"
    try:
        with pytest.raises(ExecutorUnavailable) as caught:
            launch(look).execute(request(""))
    finally:
        signal.signal(signal.SIGHUP, before)
        os.close(reader)
        os.close(writer)

    seen = caught.value.detail
    lines = seen.splitlines()
    assert "canary" not in seen
    assert str(writer) not in lines
    assert "/" in lines
    assert ["1"] == [line.split()[1] for line in lines if line.startswith("NoNewPrivs")]
    assert ["0000000000000000"] == [line.split()[1] for line in lines if line.startswith("SigIgn")]
    if os.geteuid() == 0:
        assert "0" not in lines[lines.index("/") - 1 : lines.index("/")]
        assert ["0000000000000000"] == [line.split()[1] for line in lines if line.startswith("CapBnd")]


def test_a_machine_cannot_fill_the_disk(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    script = f"{START}head -c 30000000 /dev/zero >$1/result; stat -c %s $1/result"

    with pytest.raises(ExecutorFault) as caught:
        launch(script).execute(request(""))

    size = int(caught.value.detail.split()[-1])
    assert 2 * LIMITS.output_bytes < size < 100_000


def test_a_mistake_of_the_caller_starts_nothing(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    executor = launch(f"touch {folder}/started")
    wrong = [
        {"files": {"main.py": b""}},
        {"files": {"a": b"", "a/b": b""}},
        {"files": {"x" * 300: b""}},
        {"files": {"/".join(["x" * 100] * 40): b""}},
        {"env": {"A": "\ud83d"}},
        {"env": {"A": "x" * 200_000}},
        {"env": {f"A{number}": "x" * 100_000 for number in range(11)}},
        {"stdin": b"x" * (17 << 20)},
        {"language": "cobol"},
        {"session": "one"},
    ]
    for fields in wrong:
        with pytest.raises(RequestError):
            executor.execute(request("print(1)", **fields))
    assert not (folder / "started").exists()


def test_no_more_run_at_once_than_there_are_places(
    launch: Callable[..., MicroVMExecutor], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = launch(result_of(folder) + "sleep 1", max_concurrency=1)
    began = time.monotonic()

    async def together() -> list[Any]:
        return await asyncio.gather(*(executor.execute_async(request("")) for _ in range(2)))

    assert all(result.ok and result.wall_secs == 0.5 for result in asyncio.run(together()))
    assert time.monotonic() - began >= 2
    assert 1 == executor.describe().max_concurrency

    monkeypatch.setattr(microvm, "QUEUE_SECS", 0.2)

    async def one_too_many() -> None:
        first = asyncio.create_task(executor.execute_async(request("")))
        await asyncio.sleep(0.3)
        with pytest.raises(ExecutorOverloaded) as caught:
            await executor.execute_async(request(""))
        assert (True, False) == (caught.value.retryable, caught.value.started)
        assert (await first).ok

    asyncio.run(one_too_many())


def test_a_cancelled_run_leaves_nothing(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    executor = launch(f"echo $$ >{folder}/pid; {START} exec sleep 1000", max_concurrency=1)
    (folder / "pid").touch()
    (folder / "pid").chmod(0o666)

    async def cancelled() -> None:
        running = asyncio.create_task(executor.execute_async(request("")))
        waiting = asyncio.create_task(executor.execute_async(request("")))
        while not (folder / "pid").read_text():
            assert not running.done()
            await asyncio.sleep(0.02)
        for task in (waiting, running):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancelled())

    assert [] == runs(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)


def test_closing_ends_what_runs(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    executor = launch(f"{START}exec sleep 1000")
    ends: list[Exception] = []

    def run() -> None:
        try:
            executor.execute(request(""))
        except ExecutorUnavailable as error:
            ends.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not runs(folder):
        time.sleep(0.02)
    executor.close()
    executor.close()
    thread.join(5)

    run()
    assert ["the executor was closed"] * 2 == [getattr(error, "detail", "") for error in ends]
    assert [] == runs(folder)


def test_a_broken_back_end_is_told(launch: Callable[..., MicroVMExecutor], folder: Path) -> None:
    with pytest.raises(ExecutorFault):
        launch(f"{START}exec sleep 1000").execute(request("", extensions={FAULT_EXTENSION: "backend"}))
    assert [] == runs(folder)


def test_a_folder_that_cannot_be_removed_takes_no_verdict_along(
    launch: Callable[..., MicroVMExecutor], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = launch(result_of(folder))

    def refuse(_: Path) -> None:
        raise OSError("busy")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", refuse)
        result = executor.execute(request(""))
    assert result.ok
    assert result.detail
    assert 1 == len(runs(folder))

    executor.sweep()
    assert [] == runs(folder)


def test_a_sweep_ends_what_a_dead_host_left_and_nothing_else(
    launch: Callable[..., MicroVMExecutor], folder: Path
) -> None:
    executor = launch("")
    gone = attrs.evolve(Owner.current(), started=1)
    mine, dead = (folder / f"{PREFIX}{owner}-x" for owner in (Owner.current(), gone))
    for path in (mine, dead):
        path.mkdir()
    left = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", path]) for path in (mine, dead)]
    try:
        executor.sweep()
        asyncio.run(executor.sweep_async())

        assert -signal.SIGKILL == left[1].wait(5)
        assert left[0].poll() is None
        assert [mine] == runs(folder)
    finally:
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


# Real machines


@pytest.fixture
def executor(guest: Path) -> Iterator[MicroVMExecutor]:
    yield MicroVMExecutor(guest=guest)
    assert [] == mine()


def mine() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"{PREFIX}{Owner.current()}*"))


def test_a_program_cannot_forge_its_verdict(executor: MicroVMExecutor) -> None:
    forged = guest_side.pack({"end": "exited", "wait_status": 0}, [b"forged", b""])
    code = f"""
import os, sys
for path in ("/dev/vda", "/dev/vdb", "/dev/vdc", "/dev/ttyS0", "/dev/console", "/dev/kmsg", "/proc/sysrq-trigger"):
    for mode in (os.O_RDONLY, os.O_WRONLY):
        try:
            os.write(os.open(path, mode), {forged!r})
        except OSError:
            continue
        print("opened", path)
sys.stdout.buffer.write({forged!r} + {guest_side.STARTED!r})
sys.exit(3)
"""

    result = executor.execute(request(code))

    assert (Status.FAILED, 3) == (result.status, result.exit_code)
    assert forged + guest_side.STARTED == result.stdout


def test_a_program_has_all_of_its_memory(executor: MicroVMExecutor) -> None:
    result = executor.execute(request("data = bytearray(100 << 20)\nprint(len(data))"))

    assert (Status.COMPLETED, f"{100 << 20}\n") == (result.status, result.text())
    assert result.peak_memory_bytes is not None
    assert 100 << 20 < result.peak_memory_bytes <= 128 << 20


def test_a_guest_whose_host_is_gone_ends_by_itself(guest: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)  # the machine's user has to get there
    executor = MicroVMExecutor(guest=guest)
    asked = request("import time\ntime.sleep(1000)", limits=attrs.evolve(LIMITS, wall_secs=1))
    payload = microvm._payload(asked, executor.describe())
    process = Process()
    place = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{Owner.current()}-"))
    place.rmdir()
    microvm._prepare(place, payload, microvm._result_bytes(asked), process.user)
    machine = Machine(guest=guest, folder=place, memory_mib=microvm._memory_mib(asked, payload))
    try:
        process.start(executor._launcher.command(machine), groups=executor._launcher.groups, most_written=1 << 20)
        assert Sight.FOUND is process.look_for(guest_side.STARTED, 60)
        assert Sight.ENDED is process.look_for(b"", 60)
        with (place / "result").open("rb") as drive:
            assert "stopped" == guest_side.unpack(drive)[0]["end"]
    finally:
        process.end()
        shutil.rmtree(place)


def test_a_machine_dies_with_its_host_and_is_swept(guest: Path) -> None:
    code = f"""
import logging
from pathlib import Path
from codeexec_config.executor import ExecutionLimits, ExecutionRequest
from examples.executors.microvm import MicroVMExecutor
limits = ExecutionLimits(wall_secs=300, memory_bytes=128 << 20)
asked = ExecutionRequest(language="python", code="import time\\ntime.sleep(300)", limits=limits)
MicroVMExecutor(guest=Path({str(guest)!r})).execute(asked)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT) as host:
        try:
            state = Path(f"/proc/{host.pid}/task/{host.pid}/children")
            until = time.monotonic() + 60
            while not (children := _machines_of(state)) and time.monotonic() < until:
                time.sleep(0.1)
        finally:
            host.kill()
    assert children

    until = time.monotonic() + 60
    while any(_is_alive(pid) for pid in children) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(_is_alive(pid) for pid in children)
    MicroVMExecutor(guest=guest).sweep()
    assert [] == list(Path(tempfile.gettempdir()).glob(f"{PREFIX}*.{host.pid}.*"))


def _machines_of(children: Path) -> list[int]:
    pids = [int(pid) for pid in children.read_text().split()]
    # Not the commands that become the machine: they come first.
    return [pid for pid in pids if Path(f"/proc/{pid}/comm").read_text().startswith(("qemu", "firecracker"))]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
