"""Tamper with clean-ups: folders, commands and requests that remove something fail, or do not return.

An executor cleans up when its program is done; what it removes before the program has begun is left alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import threading
from enum import Enum
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Removal", "Removals"]

_WORDS: Final = frozenset({"rm", "rmdir", "remove", "delete", "destroy", "undefine", "cgdelete"})
"""Names of commands, or their first words, that remove a container, a machine, a volume or a folder."""
_JOINS: Final = frozenset(";&|\n")
"""Characters that join several shell commands, one of which may be the program."""
_BLANKS: Final = frozenset(" \t\n")
_FAILS: Final = ("/bin/sh", "-c", "exit 1")
_HANGS: Final = ("/bin/sh", "-c", "exec sleep 3600")


class Removal(Enum):
    """What happens to an attempt to remove something."""

    WORKS = "works"
    FAILS = "fails"
    HANGS = "hangs"


class Removals:
    """The attempts of this process to remove something, from the program's start to the end of the call.

    Args:
        kind: what happens to them.
        most_secs: how long an attempt hangs at most; after that, no other one does.
        has_begun: whether the program has begun.
    """

    def __init__(self, kind: Removal, most_secs: float, has_begun: Callable[[], bool]) -> None:
        self._kind = kind
        self._most_secs = most_secs
        self._has_begun = has_begun
        self._over = threading.Event()
        self._kept: set[str] = set()
        self._stuck: list[subprocess.Popen[Any]] = []
        self.were_waited_for = False

    def end(self) -> None:
        """Let everything continue: the call is over."""
        self._over.set()
        for process in self._stuck:
            process.kill()

    @contextlib.contextmanager
    def tampered_with(self) -> Iterator[None]:
        """Tamper with them while a block runs, and remove what was kept at the end."""
        if self._kind is Removal.WORKS:
            yield
            return
        remove, start, send = os.rmdir, subprocess.Popen.__init__, HTTPConnection.putrequest

        def remove_folder(path: Any, *, dir_fd: int | None = None) -> None:
            if dir_fd is None and self._is_due():
                self._kept.add(os.path.abspath(path))  # noqa: PTH100 -- as the caller spelt it
            self._attempt(path)
            remove(path, dir_fd=dir_fd)

        def start_command(process: Any, args: Any, *rest: Any, **options: Any) -> None:
            is_stuck = _removes(args) and self._is_due()
            if is_stuck:
                args = _FAILS if self._kind is Removal.FAILS else _HANGS
                options |= {"shell": False, "executable": None}
            start(process, args, *rest, **options)
            if is_stuck and self._kind is Removal.HANGS:
                self._stuck.append(process)
                threading.Thread(target=self._hang, daemon=True).start()

        def send_request(connection: Any, method: str, url: str, *rest: Any, **options: Any) -> None:
            if method.upper() == "DELETE":
                self._attempt(url)
            send(connection, method, url, *rest, **options)

        os.rmdir = remove_folder
        subprocess.Popen.__init__ = start_command  # type: ignore[method-assign,assignment]
        HTTPConnection.putrequest = send_request  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            self.end()
            os.rmdir = remove
            subprocess.Popen.__init__ = start  # type: ignore[method-assign]
            HTTPConnection.putrequest = send  # type: ignore[method-assign]
        for path in self._kept:
            shutil.rmtree(path, ignore_errors=True)

    def _is_due(self) -> bool:
        return not self._over.is_set() and self._has_begun()

    def _attempt(self, what: object) -> None:
        if not self._is_due():
            return
        if self._kind is Removal.FAILS:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), what)
        self._hang()

    def _hang(self) -> None:
        if not self._over.wait(self._most_secs):
            self.were_waited_for = True
            self.end()


def _removes(args: Any) -> bool:
    """Check whether a command removes something, by whole words, since a program's source may be an argument too."""
    if isinstance(args, str | bytes | os.PathLike):
        line = os.fsdecode(args)
        words = [] if set(line) & _JOINS else line.split()
    else:
        words = [os.fsdecode(word) for word in args]
    return any(word.rpartition("/")[2] in _WORDS for word in words if not set(word) & _BLANKS)
