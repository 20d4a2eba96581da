"""Clean-ups that are tampered with: what counts as one, and how it fails or hangs."""

# ruff: noqa: S602 -- executors start their commands so, too

from __future__ import annotations

import asyncio
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from codeexec_config.conformance.removals import Removal, Removals

LONG_SECS = 60
TRUE = Path("/bin/true")


def removals(kind: Removal = Removal.FAILS, secs: float = LONG_SECS, *, begun: bool = True) -> Removals:
    return Removals(kind, secs, lambda: begun)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Return a folder with commands that do nothing, and do it well."""
    for name in ("docker", "rm", "sandbox", "cgdelete"):
        (tmp_path / name).symlink_to(TRUE)
    return tmp_path


class TestCommands:
    @pytest.mark.parametrize(
        "command",
        [
            ["docker", "rm", "--force", "box"],
            ["docker", "container", "rm", "box"],
            ["rm", "-rf", "folder"],
            ["cgdelete", "memory:box"],
            ["sandbox", "--root", "/x", "delete", "box"],
        ],
        ids=" ".join,
    )
    def test_one_that_removes_something_fails(self, command: list[str], tools: Path) -> None:
        command = [f"{tools}/{command[0]}", *command[1:]]

        with removals().tampered_with():
            assert subprocess.run(command, check=False).returncode == 1
            assert subprocess.run(" ".join(command), shell=True, check=False).returncode == 1
        assert subprocess.run(command, check=False).returncode == 0

    @pytest.mark.parametrize(
        "command",
        [
            ["docker", "run", "--rm", "box"],
            ["docker", "kill", "box"],
            ["sandbox", "-c", "remove = 1"],
            ["sandbox", "-c", "ls /bin/rm"],
            ["sandbox", "/rm/main.py"],
            f"{TRUE} program; rm -f nothing",
            TRUE,
        ],
        ids=str,
    )
    def test_another_works(self, command: Any, tools: Path) -> None:
        if isinstance(command, list):
            command = [f"{tools}/{command[0]}", *command[1:]]

        with removals().tampered_with():
            subprocess.run(command, shell=isinstance(command, str), check=True)

    def test_one_of_an_event_loop_fails_too(self) -> None:
        async def remove() -> int | None:
            process = await asyncio.create_subprocess_exec("rm", "-r", "/nowhere")
            return await process.wait()

        with removals().tampered_with():
            assert asyncio.run(remove()) == 1

    def test_one_hangs_until_the_end(self) -> None:
        with removals(Removal.HANGS).tampered_with():
            process = subprocess.Popen(["rm", "-r", "/nowhere"])
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.05)
        assert process.wait(LONG_SECS) < 0

    def test_one_that_is_waited_for_is_told(self) -> None:
        tampering = removals(Removal.HANGS, 0.01)
        with tampering.tampered_with():
            assert subprocess.run(["rm", "-r", "/nowhere"], check=False).returncode < 0

        assert tampering.were_waited_for


class TestFolders:
    def test_one_fails_until_the_end(self, tmp_path: Path) -> None:
        (tmp_path / "inner").mkdir()

        with removals().tampered_with():
            with pytest.raises(OSError, match="busy"):
                tmp_path.rmdir()
            assert tmp_path.exists()
        assert not tmp_path.exists()

    def test_the_first_that_is_waited_for_is_the_last(self, tmp_path: Path) -> None:
        tampering = removals(Removal.HANGS, 0.01)
        with tampering.tampered_with():
            for name in ("one", "two"):
                (tmp_path / name).mkdir()
                (tmp_path / name).rmdir()

        assert tampering.were_waited_for
        assert list(tmp_path.iterdir()) == []

    def test_nothing_is_tampered_with_before_the_program_has_begun(self, tmp_path: Path) -> None:
        with removals(begun=False).tampered_with():
            tmp_path.rmdir()
            subprocess.run(["rm", "--version"], stdout=subprocess.DEVNULL, check=True)
        assert not tmp_path.exists()


class TestRequests:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Return the methods that requests reach a server with."""
        seen: list[str] = []
        monkeypatch.setattr(HTTPConnection, "putrequest", lambda _, method, url: seen.append(f"{method} {url}"))
        return seen

    def send(self, method: str) -> None:
        HTTPConnection("localhost").putrequest(method, "/box")

    def test_one_that_deletes_fails(self, asked: list[str]) -> None:
        with removals().tampered_with():
            self.send("GET")
            with pytest.raises(OSError, match="busy"):
                self.send("DELETE")
        self.send("DELETE")

        assert asked == ["GET /box", "DELETE /box"]

    def test_one_that_deletes_hangs(self, asked: list[str]) -> None:
        tampering = removals(Removal.HANGS, 0.01)
        with tampering.tampered_with():
            self.send("DELETE")

        assert tampering.were_waited_for
        assert asked == ["DELETE /box"]
