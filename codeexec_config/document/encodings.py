"""Recognise the encoding of bytes that are not UTF-8."""

from __future__ import annotations

import re
from typing import Final

from codeexec_config.codes import Severity
from codeexec_config.diagnostics import Diagnostic, Position, Span

_BOM: Final = "\ufeff"
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_UNMARKED: Final = (
    (re.compile(rb"[^\x00]\x00{3}|\x00{3}[^\x00]"), "UTF-32"),
    (re.compile(rb"[^\x00]\x00|\x00[^\x00]"), "UTF-16"),
)
_SINGLE_HIGH_BYTES: Final = re.compile(rb"(?:[\x00-\x7f]|(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])){1,100000}")


def wide(raw: bytes) -> str | None:
    """Return the name of the multi-byte encoding, such as some shells and editors write, or None for any other."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    return next((name for opening, name in _UNMARKED if opening.match(raw)), None)


def encoding_error(raw: bytes, before: str) -> Diagnostic:
    """Return the finding for bytes that are UTF-8 only up to the error."""
    name = wide(raw)
    if name:
        return error_at("", f"the file is {name}, not UTF-8", _WIDE_HELP)
    at = len(before.encode())
    looks_single = _SINGLE_HIGH_BYTES.match(raw, at)
    if looks_single and looks_single.end() in {len(raw), at + 100_000}:
        return error_at(before, "the file is not UTF-8", f"{_HELP}; it may be Windows-1252 or Latin-1 now")
    return error_at(before, "the file is not UTF-8")


_HELP: Final = "save the file as UTF-8"
_WIDE_HELP: Final = f"{_HELP}; PowerShell's > writes UTF-16 unless told otherwise (Out-File -Encoding utf8)"


def error_at(before: str, message: str, help_: str = _HELP) -> Diagnostic:
    """Return a finding at the end of a text."""
    shift = before.startswith(_BOM)
    line_start = before.rfind("\n") + 1
    column = len(before) - line_start + 1 - (shift and line_start == 0)
    start = Position(before.count("\n") + 1, column, len(before))
    end = Position(start.line, column + 1, len(before) + 1)
    return Diagnostic(
        code="invalid-encoding", severity=Severity.ERROR, message=message, span=Span(start, end), help=help_
    )
