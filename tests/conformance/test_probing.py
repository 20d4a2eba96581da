"""The leak probe sees, from outside, what carries a marker."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from codeexec_config.conformance import processes_with
from codeexec_config.conformance.kit import Kit

if TYPE_CHECKING:
    from pathlib import Path

WAITS = [sys.executable, "-c", "print(flush=True); input()"]


@pytest.mark.parametrize("place", ["arguments", "environment"])
def test_a_marked_process_is_seen_until_it_ends(place: str) -> None:
    marker = Kit.nonce()
    arguments = [*WAITS, marker] if place == "arguments" else WAITS
    env = {**os.environ, "KIT": marker} if place == "environment" else None
    with subprocess.Popen(arguments, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # a process that has only just begun has no arguments yet
        seen = processes_with(marker)
        process.communicate(b"\n")

    assert len(seen) == 1
    assert seen[0].startswith(f"process {process.pid}: ")
    assert processes_with(marker) == []


def test_the_kits_own_process_is_not_counted(tmp_path: Path) -> None:
    for pid in (os.getpid(), 4_000_000):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "cmdline").write_bytes(b"python\0kit1\0")

    assert processes_with("kit1", proc=tmp_path) == ["process 4000000: python kit1"]


@pytest.mark.parametrize("blanks", [1, 54, 60])
def test_a_secret_of_the_host_is_left_out_of_a_command_line_and_never_cut(
    blanks: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CE_TOKEN", "sk-canary-1234")
    (tmp_path / "4000000").mkdir()
    (tmp_path / "4000000" / "cmdline").write_bytes(b"run\0kit1\0" + b"." * blanks + b"\0-e\0X=sk-canary-1234\0")

    assert processes_with("kit1", proc=tmp_path) == [f"process 4000000: run kit1 {'.' * blanks} -e X=***"]


def test_a_process_that_cannot_be_read_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / "17").mkdir()

    assert processes_with("kit1", proc=tmp_path) == []


def test_a_system_without_a_process_table_shows_nothing(tmp_path: Path) -> None:
    assert processes_with("kit1", proc=tmp_path / "missing") == []
