"""Explain why a file cannot be read."""

from __future__ import annotations

import os

from codeexec_config import limits
from codeexec_config.findings import Finding


def not_read(path: str, error: OSError | ValueError) -> Finding:
    """Return the finding for a path that the system cannot open or read."""
    if isinstance(error, OSError) and _is_special(path):
        return not_regular(path)
    if _is_text(path):
        return Finding(
            "unreadable-file",
            "the path is text, not the name of a file",
            help="use `loads` or `check_text` for TOML text",
        )
    reason = (error.strerror if isinstance(error, OSError) else None) or "no file can have such a name"
    return Finding("unreadable-file", f"cannot read the file: {reason.lower()}")


def not_regular(path: str) -> Finding:
    """Refuse a folder, a pipe or a device."""
    if os.path.isdir(path):  # noqa: PTH112 -- pathlib costs start-up time
        return Finding(
            "unreadable-file",
            "a folder, not a file",
            help="name a file in it; `codeexec-config validate` takes folders",
        )
    return Finding("unreadable-file", "not a regular file", help="pipe it in and write - for the path")


def too_large() -> Finding:
    """Refuse a text over the limit."""
    return Finding(
        "file-too-large",
        f"the file is over {limits.MAX_FILE_BYTES // limits.MEBIBYTE} MiB",
        help="no configuration is this large; is this the right file?",
    )


def name_shown(path: str) -> str:
    """Return what a report calls a path that was not read: TOML text passed as a path may contain a key."""
    return "<text>" if _is_text(path) and not os.path.exists(path) else path  # noqa: PTH110 -- takes any str


def _is_special(path: str) -> bool:
    return os.path.exists(path) and not os.path.isfile(path)  # noqa: PTH110, PTH113 -- the same


def _is_text(path: str) -> bool:
    return any(mark in path for mark in "\n\r\"'")
