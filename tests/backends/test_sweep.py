"""What a sweep does with things that stay, and with those that another one removes at the same time."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from codeexec_config.executor import ExecutorUnavailable
from examples.executors._sweep import Sweep, delete

if TYPE_CHECKING:
    from pathlib import Path


def test_what_stays_keeps_nothing_else_and_is_named(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second", "third")]
    for folder in folders[::2]:
        folder.mkdir()

    def remove(folder: Path) -> None:
        if folder.name == "third":
            raise ExecutorUnavailable("a process is stuck")
        folder.rmdir()

    def swept() -> None:
        with Sweep() as sweep:
            for folder in folders:
                with sweep.removing(folder.name):
                    remove(folder)

    with pytest.raises(ExecutorUnavailable) as caught:
        swept()

    assert "not removed: second, third" == caught.value.detail
    assert [folders[2]] == list(tmp_path.iterdir())


def test_a_sweep_replaces_no_other_error() -> None:
    def broken() -> None:
        with Sweep() as sweep:
            with sweep.removing("first"):
                raise OSError
            raise KeyError

    with pytest.raises(KeyError):
        broken()


def test_two_sweeps_delete_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "left"
    for number in range(20):
        (folder / str(number)).mkdir(parents=True)
    whole, first = shutil.rmtree, threading.Event()

    def late(path: Path) -> None:
        if not first.is_set():
            first.set()
            whole(path / "0")
            raise FileNotFoundError
        whole(path)

    monkeypatch.setattr(shutil, "rmtree", late)
    delete(folder)
    delete(folder)

    assert not folder.exists()


def test_what_cannot_be_deleted_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(shutil, "rmtree", refuse)

    with pytest.raises(PermissionError):
        delete(tmp_path)
