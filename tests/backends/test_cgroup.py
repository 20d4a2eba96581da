"""The cgroup of a sandbox, on the version that this machine has and on the files of the other."""

from __future__ import annotations

import asyncio
import subprocess
from typing import TYPE_CHECKING

import pytest

from codeexec_config.executor import ExecutorUnavailable
from examples.executors._cgroup import Cgroup, Layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEMORY = 64 << 20


def version_2(root: Path) -> Path:
    (root / "cgroup.controllers").write_text("cpu memory pids\n")
    return root


def version_1(root: Path) -> Path:
    for name in ("memory", "pids", "unified"):
        (root / name).mkdir()
    (root / "unified" / "cgroup.controllers").write_text("hugetlb\n")
    return root


def test_version_2_has_one_folder(tmp_path: Path) -> None:
    group = Cgroup.create("test", memory_bytes=MEMORY, processes=9, root=version_2(tmp_path))

    [folder] = group.folders
    assert str(MEMORY) == (folder / "memory.max").read_text()
    assert "9" == (folder / "pids.max").read_text()
    assert ("/bin/sh", "-c", f'echo $$ > {folder}/cgroup.procs && exec "$@"', "sh", "true") == group.joining(("true",))


def test_version_1_has_one_folder_a_controller(tmp_path: Path) -> None:
    group = Cgroup.create("test", memory_bytes=MEMORY, processes=9, root=version_1(tmp_path))

    memory, pids = group.folders
    assert (tmp_path / "memory", tmp_path / "pids") == (memory.parent, pids.parent)
    assert str(MEMORY) == (memory / "memory.limit_in_bytes").read_text()
    assert "9" == (pids / "pids.max").read_text()


def test_a_machine_that_has_both_uses_the_one_that_manages_memory(tmp_path: Path) -> None:
    (version_1(tmp_path) / "cgroup.controllers").write_text("hugetlb\n")

    assert tmp_path / "memory" == Layout.of(tmp_path).memory


@pytest.mark.parametrize(
    ("version", "swap", "value"),
    [(version_1, "memory.memsw.limit_in_bytes", str(MEMORY)), (version_2, "memory.swap.max", "0")],
)
def test_swap_is_no_way_around_the_limit(
    tmp_path: Path, version: Callable[[Path], Path], swap: str, value: str
) -> None:
    group = Cgroup(Layout.of(version(tmp_path)), "codeexec-x")
    for folder in group.folders:
        folder.mkdir()
    (group.folders[0] / swap).write_text("max")

    group._limit(MEMORY, 9)

    assert value == (group.folders[0] / swap).read_text()


@pytest.mark.parametrize(
    ("version", "file", "text", "killed"),
    [
        (version_1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", False),
        (version_1, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", True),
        (version_2, "memory.events", "low 0\nhigh 0\nmax 31\noom 1\noom_kill 0\noom_group_kill 0\n", False),
        (version_2, "memory.events", "low 0\nhigh 0\nmax 31\noom 1\noom_kill 1\noom_group_kill 0\n", True),
    ],
)
def test_a_kill_for_want_of_memory_is_counted(
    tmp_path: Path, version: Callable[[Path], Path], file: str, text: str, *, killed: bool
) -> None:
    group = Cgroup.create("test", memory_bytes=MEMORY, processes=9, root=version(tmp_path))
    (group.folders[0] / file).write_text(text)

    assert killed is group.out_of_memory


def test_an_old_kernel_knows_no_peak(tmp_path: Path) -> None:
    group = Cgroup.create("test", memory_bytes=MEMORY, processes=9, root=version_2(tmp_path))

    assert group.peak_memory_bytes is None
    (group.folders[0] / "memory.peak").write_text("4096\n")
    assert 4096 == group.peak_memory_bytes


def test_a_host_without_the_right_says_so(tmp_path: Path) -> None:
    with pytest.raises(ExecutorUnavailable):
        Cgroup.create("test", memory_bytes=MEMORY, processes=9, root=tmp_path / "nowhere")


@pytest.mark.usefixtures("cgroups")
def test_closing_ends_what_is_in_it_and_leaves_no_folder() -> None:
    group = Cgroup.create("test", memory_bytes=MEMORY, processes=9)
    with subprocess.Popen(group.joining(("sleep", "1000")), stdout=subprocess.PIPE) as process:
        while not any((folder / "cgroup.procs").read_text() for folder in group.folders):
            assert process.poll() is None

        asyncio.run(group.close())

        assert -9 == process.wait(60)
    assert not any(folder.exists() for folder in group.folders)
    asyncio.run(group.close())
