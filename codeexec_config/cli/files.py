"""Find the files of a command line: by name, on standard input, in folders."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

STANDARD_INPUT: Final = "-"
_SKIPPED: Final = frozenset({"node_modules", "__pycache__"})
_ENVIRONMENT_MARK: Final = "pyvenv.cfg"
_NAMED: Final = 6
"""The most skipped names to remember; a tree may contain any number."""


class Place(NamedTuple):
    """A file to look at.

    Attributes:
        path: its name, from the argument that led to it.
        root: the argument, if that was a folder; such a file counts only if it concerns the section.
        trouble: why a folder below the argument cannot be read.
    """

    path: str
    root: str | None = None
    trouble: str | None = None


class Finder:
    """Yield the places below the paths of a command line, in a stable order, each file once.

    Links are followed, to folders too.

    Args:
        paths: the arguments.

    Attributes:
        skipped: for each folder among the arguments, the first names that were skipped in it.
        shared: the folders among the arguments with a file that is also reached by another path.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = tuple(paths)
        self.skipped: dict[str, list[str]] = {}
        self.shared: set[str] = set()
        self._given: set[str] = set()
        self._walked: set[Hashable] = set()
        self._single: dict[Hashable, str] = {}

    def __iter__(self) -> Iterator[Place]:
        """Walk once; a second walk would find that everything has been seen."""
        folders = {path: found for path in self._paths if (found := self._look(path))}
        for path in self._paths:
            if path in folders:
                yield from self._below(path, folders[path])
            elif path in self._given:
                self._given.remove(path)
                yield Place(path)

    def _look(self, path: str) -> os.stat_result | None:
        """Return the status of a folder; note the identity of anything else."""
        found = None if path == STANDARD_INPUT else _status(path)
        if found is not None and stat.S_ISDIR(found.st_mode):
            return found
        identity: Hashable = os.path.abspath(path) if found is None else _identity(found)  # noqa: PTH100 -- the same
        if not self._is_known(identity, path):
            self._single[identity] = path
            self._given.add(path)
        return None

    def _below(self, root: str, found: os.stat_result) -> Iterator[Place]:
        if _identity(found) in self._walked:
            return
        self.skipped[root] = []
        pending = [root]
        while pending:
            folder = pending.pop()
            try:
                identity = _identity(os.stat(folder))  # noqa: PTH116 -- paths are printed as given
                with os.scandir(folder) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                yield Place(folder, root, (error.strerror or "").lower())
                continue
            if identity not in self._walked:
                self._walked.add(identity)
                yield from self._files(root, folder, entries, identity[0])
                pending += reversed([entry.path for entry in entries if self._is_open(root, entry)])

    def _files(self, root: str, folder: str, entries: list[os.DirEntry[str]], device: int) -> Iterator[Place]:
        if folder != root and any(entry.name == _ENVIRONMENT_MARK for entry in entries):
            self._skip(root, folder)
            entries.clear()
        for entry in entries:
            if _is_toml(entry.name) and _is_file(entry):
                if entry.name.startswith("."):
                    self._skip(root, entry.path)
                elif self._is_elsewhere(entry, device):
                    self.shared.add(root)
                else:
                    yield Place(entry.path, root)

    def _is_open(self, root: str, entry: os.DirEntry[str]) -> bool:
        """Check whether to walk into an entry."""
        if _is_file(entry):
            return False
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            self._skip(root, entry.path)
            return False
        return True

    def _skip(self, root: str, path: str) -> None:
        if len(self.skipped[root]) < _NAMED:
            self.skipped[root].append(path)

    def _is_elsewhere(self, entry: os.DirEntry[str], device: int) -> bool:
        """Check whether a file has been reached by another path, or will be."""
        if not entry.is_symlink():
            return bool(self._single) and self._is_known((device, entry.inode()), entry.path)
        found = _status(entry.path)
        if found is None:
            return False
        identity = _identity(found)
        if self._is_known(identity, entry.path):
            return True
        folder, name = os.path.split(os.path.realpath(entry.path))
        home = _status(folder)
        if home and _identity(home) in self._walked and _is_toml(name) and not name.startswith("."):
            return True
        self._single[identity] = entry.path
        return False

    def _is_known(self, identity: Hashable, path: str) -> bool:
        """Check for another path to the same file; two hard links are two files, which a fix may separate."""
        other = self._single.get(identity)
        return other is not None and os.path.realpath(other) == os.path.realpath(path)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 -- the same
    except (OSError, ValueError):
        return None


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return not entry.is_dir()
    except OSError:  # a link to itself
        return True


def _is_toml(name: str) -> bool:
    return name[-5:].lower() == ".toml"
