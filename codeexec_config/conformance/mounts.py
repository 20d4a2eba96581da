"""Find what of the host is mounted in a sandbox, from the table of mounts that a program there sees."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KNOWN_FOLDERS", "MOUNTS", "is_of_the_host_alone", "sources"]

MOUNTS: Final = Path("/proc/self/mountinfo")
KNOWN_FOLDERS: Final = ("/etc", "/home", "/root", "/var/lib", "/var/log", "/run", "/srv", "/opt", "/boot")
"""Folders of a host that no sandbox needs as a whole."""
_SECRETS: Final = (
    *(".ssh", ".aws", ".azure", ".config", ".docker", ".gnupg", ".kube", ".netrc", ".git-credentials", ".npmrc"),
    *(".pypirc", ".pgpass", ".bash_history", ".vault-token"),
)
_FEWEST_FIELDS: Final = 10
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


class _Mount(NamedTuple):
    """A line of the table: which part of which file system is mounted where."""

    device: str
    root: str
    point: str


def _mounts(table: str) -> Iterator[_Mount]:
    for line in table.splitlines():
        fields = [_ESCAPED.sub(lambda code: chr(int(code[1], 8)), field) for field in line.split(" ")]
        if len(fields) >= _FEWEST_FIELDS and fields[3].startswith("/"):
            yield _Mount(*fields[2:5])


def sources(table: str, hosts: str) -> Iterator[Path]:
    """Yield the host's paths of what is mounted in a sandbox, except whole file systems."""
    here = list(_mounts(hosts))
    for mount in _mounts(table):
        for own in here:
            inside = Path(mount.root).is_relative_to(own.root) and mount.root != "/"
            if inside and own.device == mount.device:
                yield Path(own.point, Path(mount.root).relative_to(own.root))


def is_of_the_host_alone(path: Path) -> bool:
    """Check whether something does not belong in a sandbox: a socket of the host, one of its folders, or a secret."""
    if str(path) in KNOWN_FOLDERS or path in [Path.home() / name for name in _SECRETS]:
        return True
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:  # it belonged to the run, or is on another file system
        return False
