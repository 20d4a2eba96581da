"""Replace a file so that a reader sees either the old bytes or the new ones."""

from __future__ import annotations

import os
import signal
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from codeexec_config.cli.exchanging import exchange
from codeexec_config.cli.settling import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPORARY: Final = ".codeexec-config-{}.tmp"


class ReplaceError(Exception):
    """Why a file was left as it is; `str()` contains nothing of its text."""


def replace(path: str, data: bytes, *, expected: bytes | None = None) -> None:
    """Write a file through a temporary one in the same folder; keep its mode bits, its owner and its access list.

    A link is followed. Anything but a regular file, such as a pipe, is written to directly.

    Args:
        path: the file.
        data: its new contents.
        expected: what it must still contain right before it is replaced; None for anything, even no file.

    Raises:
        ReplaceError: it is read-only, its folder accepts no new file, or it now contains something else.
    """
    target = os.path.realpath(path)
    try:
        before = _status(target)
        if before is not None and not stat.S_ISREG(before.st_mode):
            with open(target, "wb") as file:  # noqa: PTH123 -- pathlib costs start-up time
                file.write(data)
            return
        if before is not None and not (before.st_mode & 0o222 and os.access(target, os.W_OK)):
            raise ReplaceError("the file is read-only")
        with _unended():
            _replace(target, data, before, expected)
    except OSError as error:
        raise ReplaceError(f"the file cannot be written: {_reason(error)}") from None


@contextmanager
def _unended() -> Iterator[None]:
    """Defer signals that end the process, which would leave a temporary file with a copy of the text behind."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _replace(target: str, data: bytes, before: os.stat_result | None, expected: bytes | None) -> None:
    folder = os.path.dirname(target)  # noqa: PTH120
    temporary = os.path.join(folder, _TEMPORARY.format(os.urandom(8).hex()))  # noqa: PTH118
    try:
        # A file that only some may read is never readable by others, not even for a moment.
        mode = 0o666 if before is None else 0o600
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    except OSError as error:
        raise ReplaceError(
            f"no file can be created in its folder, so it cannot be replaced: {_reason(error)}"
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if before is not None:
                _take_over(file.fileno(), temporary, target, before)
            file.flush()
            os.fsync(file.fileno())
        _refuse_changed(_content(target), expected)
        _put_in_place(temporary, target, data, expected)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise
    _sync_folder(folder)


def _put_in_place(temporary: str, target: str, data: bytes, expected: bytes | None) -> None:
    """Replace the target; if someone wrote to it after it was last read, put their text back."""
    if expected is None or not exchange(temporary, target):
        os.replace(temporary, target)  # noqa: PTH105
        return
    try:
        _refuse_changed(_settled(temporary), expected)
    except BaseException:
        _put_back(temporary, target, data)
        raise
    os.unlink(temporary)  # noqa: PTH108


def _put_back(temporary: str, target: str, data: bytes) -> None:
    """Undo an exchange, and keep what was written to the new file in the meantime."""
    exchange(temporary, target)
    written = settled(temporary)
    if written is None or not written.startswith(data):  # someone rewrote it, after the other
        os.replace(temporary, target)  # noqa: PTH105
        return
    with open(target, "ab") as file:  # noqa: PTH123 -- as above
        file.write(written.removeprefix(data))
    os.unlink(temporary)  # noqa: PTH108


def _take_over(descriptor: int, temporary: str, target: str, before: os.stat_result) -> None:
    """Copy the owner and the mode of the old file to the new one; the owner first, since that clears some bits.

    The access list comes before the mode: with one, the bits of the group are its mask.
    """
    if hasattr(os, "fchown"):
        mine = os.fstat(descriptor)
        if (mine.st_uid, mine.st_gid) != (before.st_uid, before.st_gid):
            try:
                os.fchown(descriptor, before.st_uid, before.st_gid)
            except OSError:
                raise ReplaceError("the file belongs to someone else, and its owner would change") from None
    for name in _attributes(target):
        try:
            os.setxattr(temporary, name, os.getxattr(target, name))
        except OSError:
            if not name.startswith("security."):  # the system labels a new file itself
                raise ReplaceError("its access list or another extended attribute cannot be kept") from None
    os.chmod(temporary, stat.S_IMODE(before.st_mode))  # noqa: PTH101


def _attributes(path: str) -> list[str]:
    """Return the names of a file's extended attributes, which on Linux include its access list."""
    try:
        return os.listxattr(path)
    except (AttributeError, OSError):  # another system, or a file system without any
        return []


def _settled(path: str) -> bytes:
    content = settled(path)
    if content is None:
        raise ReplaceError("another program has the file open for writing, so it was left alone")
    return content


def _refuse_changed(content: bytes | None, expected: bytes | None) -> None:
    if expected is not None and content != expected:
        raise ReplaceError("the file was changed by someone else in the meantime, so it was left alone")


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return None


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return None


def _sync_folder(folder: str) -> None:
    # The new name survives a power cut only if the folder is synced too, which not every system allows.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
