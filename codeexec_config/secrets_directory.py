"""Secrets as Docker and Kubernetes mount them: a folder with a file for each."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from typing import Final

from codeexec_config.limits import VARIABLE_LENGTH, VARIABLE_PATTERN

__all__ = ["SecretsDirectory"]

_NAME: Final = re.compile(VARIABLE_PATTERN)
_MOST_BYTES: Final = 64 * 1024


class SecretsDirectory(Mapping[str, str]):
    """A mapping for `env`: the value of a name is the text of the file of that name, without its final newline.

    A file is read when its name is looked up, so the next `load` sees a renewed secret. Links are followed. Anything
    that is not a file, cannot be read, is over 64 KiB or is not UTF-8 counts as unset; a name that cannot be a
    variable's is not looked up at all. The usual use is `ChainMap(os.environ, SecretsDirectory("/run/secrets"))`.

    Args:
        path: the folder; a missing one counts as empty.

    Raises:
        TypeError: the path is neither a str nor a path that yields one.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str | os.PathLike[str]) -> None:
        name = os.fspath(path)
        if not isinstance(name, str):
            raise TypeError("path must be a str or a path that yields one, not bytes")
        self._path = name

    def __repr__(self) -> str:
        # A traceback may show an instance whose constructor has refused its path.
        return f"{type(self).__name__}({getattr(self, '_path', None)!r})"

    def __getitem__(self, name: str) -> str:
        # Frames that read a value have ended before anything is raised.
        value = self._value(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        try:
            names = sorted(os.listdir(self._path))  # noqa: PTH208 -- pathlib costs start-up time
        except (OSError, ValueError):
            return
        yield from (name for name in names if self._value(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _value(self, name: object) -> str | None:
        if not isinstance(name, str) or len(name) > VARIABLE_LENGTH or not _NAME.fullmatch(name):
            return None
        try:
            text = _read(os.path.join(self._path, name)).decode("utf-8")  # noqa: PTH118
        except (OSError, ValueError):
            return None
        return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def _read(path: str) -> bytes:
    # Opening a pipe waits for its writer, and some devices act on being opened, so look first.
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
        raise OSError
    with open(path, "rb", opener=_open) as file:
        raw = file.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise OSError
    return raw


def _open(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError
    return descriptor
