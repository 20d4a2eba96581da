"""What the table of mounts in a sandbox tells of the host."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from codeexec_config.conformance.mounts import KNOWN_FOLDERS, is_of_the_host_alone, sources

HOSTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 8:2 /volumes/data /data rw - ext4 /dev/sda2 rw
31 22 0:25 / /run rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("device", "root", "found"),
    [
        ("8:1", "/usr", ["/usr"]),
        ("8:1", "/home/a\\040b", ["/home/a b"]),
        ("8:2", "/volumes/data/x", ["/data/x"]),
        ("8:2", "/volumes/data", ["/data"]),
        ("8:2", "/volumes/database", []),
        ("0:25", "/docker.sock", ["/run/docker.sock"]),
        ("0:25", "/", []),
        ("0:99", "/usr", []),
        ("0:4", "net:[4026531840]", []),
    ],
)
def test_a_mount_is_found_where_the_host_has_it(device: str, root: str, found: list[str]) -> None:
    line = f"612 600 {device} {root} /inside ro,nosuid - ext4 /dev/sda ro\n"

    assert [str(path) for path in sources(line, HOSTS)] == found


def test_what_is_no_table_tells_nothing() -> None:
    assert list(sources("no such file\ntried\n", HOSTS)) == []


def test_a_socket_a_known_folder_and_a_secret_are_the_hosts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))

        assert is_of_the_host_alone(tmp_path / "s")
    assert is_of_the_host_alone(Path(KNOWN_FOLDERS[0]))
    assert is_of_the_host_alone(tmp_path / ".ssh")
    assert not is_of_the_host_alone(tmp_path)
    assert not is_of_the_host_alone(tmp_path / "gone")
