"""Read a TOML text into plain built-ins with the standard library; a text that it refuses goes to `refusal`."""

from __future__ import annotations

import os
import stat
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from codeexec_config import limits
from codeexec_config.document import Document

if TYPE_CHECKING:
    import re

    from codeexec_config.diagnostics import Diagnostic
    from codeexec_config.findings import Finding, Path

BOM: Final = "\ufeff"
_CONTAINERS: Final = frozenset({dict, list})
_CHUNK: Final = 1 << 16
_READ_ONLY: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""Flags that are safe for any path: a pipe opens without waiting for a writer, a terminal without being taken over."""
_LINES: Final = 1 << 10
"""Characters to look at together: few enough that they rarely have many dots, which would take a look at each line."""
_FEWEST: Final = min(limits.MAX_DEPTH, limits.MAX_KEY_PARTS)
"""The fewest dots and brackets with which a text can exceed a limit."""


def read(path: str) -> bytes | Finding:
    """Read a regular file, up to the size limit."""
    try:
        raw = _read_all(os.open(path, _READ_ONLY))
    except (OSError, ValueError) as error:
        from codeexec_config.document.unreadable import not_read

        return not_read(path, error)
    if raw is not None and len(raw) <= limits.MAX_FILE_BYTES:
        return raw
    from codeexec_config.document.unreadable import not_regular, too_large

    return not_regular(path) if raw is None else too_large()


def _read_all(descriptor: int) -> bytes | None:
    """Read up to a little over the limit, and close; plain reads cost a third of what a stream does.

    What can be read to the end that `lseek` reports is a file, or a disk as small as one. Anything else needs an
    `fstat`, which costs more: it may be a file that reports no size or changes meanwhile. If it is not a regular file,
    return None.
    """
    try:
        try:
            size = os.lseek(descriptor, 0, os.SEEK_END)
            os.lseek(descriptor, 0, os.SEEK_SET)
        except OSError:
            size = 0
        raw = os.read(descriptor, min(size, limits.MAX_FILE_BYTES) + 1) if size else b""
        if len(raw) == size and raw:
            return raw
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        while len(raw) <= limits.MAX_FILE_BYTES and (more := os.read(descriptor, max(_CHUNK, len(raw)))):
            raw += more
    finally:
        os.close(descriptor)
    return raw


def decode(raw: bytes) -> str | Diagnostic:
    """Decode UTF-8, or return the finding for the first byte that is not."""
    before = ""
    try:
        text = raw.decode("utf-8")
        if 0 not in raw:
            return text
    except UnicodeDecodeError as error:
        text, before = None, raw[: error.start].decode("utf-8")
    from codeexec_config.document.encodings import encoding_error, wide

    return encoding_error(raw, before) if text is None or wide(raw) else text


def check_text(text: str) -> Finding | Diagnostic | None:
    """Check that a str could be a file: its size, and that it has no half of a surrogate pair."""
    try:
        size = len(text) if text.isascii() else len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        from codeexec_config.document.encodings import error_at

        return error_at(text[: error.start], "the text contains half of a surrogate pair, which UTF-8 cannot write")
    if size <= limits.MAX_FILE_BYTES:
        return None
    from codeexec_config.document.unreadable import too_large

    return too_large()


def parse(text: str, file: str | None, section: Path = (), model: type[Any] | None = None) -> Document | Diagnostic:
    """Read a text, or return where it is not TOML; explanations know the section and its model's keys."""
    shift = int(text.startswith(BOM))
    body = text[shift:] if shift else text
    is_small = _is_small(body)
    try:
        data = tomllib.loads(body) if is_small or _may_pass_limits(body) else None
    except (ValueError, RecursionError):
        data = None
    if data is not None and (is_small or not _is_deep(data)):
        return Document(body, shift, data)
    from codeexec_config.document.refusal import read_refused

    return read_refused(body, shift, file, section, model)


def _is_small(body: str) -> bool:
    """Check whether a text has too few digits, and too few dots and brackets, to exceed a limit."""
    if len(body) > _LINES:
        return False
    raw = body.encode()
    return len(raw) - len(raw.translate(None, b".[{")) < _FEWEST  # takes half the time of counting each


def _may_pass_limits(body: str) -> bool:
    """Rule out long keys and integers, for which the parser takes quadratic time."""
    start = 0
    while start < len(body):
        # As many whole lines as fit in one chunk, or a single longer one.
        end = body.rfind("\n", start, start + _LINES)
        if end < 0:
            end = body.find("\n", start)
            end = end if end >= 0 else len(body)
        if body.count(".", start, end) >= limits.MAX_KEY_PARTS and _has_long_key(body[start:end]):
            return False
        if end - start > limits.MAX_INTEGER_DIGITS and _long_number().search(body, start, end):
            return False
        start = end + 1
    return True


def _has_long_key(lines: str) -> bool:
    return any(line.count(".") >= limits.MAX_KEY_PARTS for line in lines.split("\n"))


@cache
def _long_number() -> re.Pattern[str]:
    import re

    # Search only from where a word begins, or a line of many words would take quadratic time.
    return re.compile(rf"(?<![0-9A-Za-z_])[0-9A-Za-z_]{{{limits.MAX_INTEGER_DIGITS + 1}}}")


def _is_deep(data: dict[str, Any]) -> bool:
    """Check whether containers nest so deep that they may exceed a limit; cheaper than the exact answer."""
    import gc

    # An object that the garbage collector does not track contains no container: on CPython, most tables.
    may_hold = getattr(gc, "is_tracked", None)
    level: list[Any] = [data]
    for _ in range(limits.MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in filter(may_hold, parent.values() if type(parent) is dict else parent)
            if type(child) in _CONTAINERS
        ]
        if not level:
            return False
    return True
