"""Find the files that a command is given: by name, on standard input, in folders."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import evolve

from codeexec_config import limits
from codeexec_config.diagnostics import placeless
from codeexec_config.document import parse as source
from codeexec_config.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codeexec_config.findings import Path

STANDARD_INPUT: Final = "-"
_SKIPPED: Final = frozenset({"node_modules", "__pycache__"})
_NOT_PARSED: Final = frozenset({"invalid-toml", "invalid-encoding", "file-too-large"})


class Place(NamedTuple):
    """A file to look at; one that was found counts only when it has something of the section."""

    path: str
    found: bool


def find(paths: Iterable[str]) -> Iterator[Place]:
    """Give the files, and for a folder every `*.toml` below it, in a stable order."""
    for path in paths:
        if path != STANDARD_INPUT and os.path.isdir(path):  # noqa: PTH112 -- a path is printed as it was given
            yield from (Place(name, found=True) for name in _below(path))
        else:
            yield Place(path, found=False)


def _below(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_skipped(parent, name))
        for name in sorted(names):
            if name.endswith(".toml") and not name.startswith("."):
                yield os.path.join(parent, name)  # noqa: PTH118


def _is_skipped(parent: str, name: str) -> bool:
    if name.startswith(".") or name in _SKIPPED:
        return True
    return os.path.exists(os.path.join(parent, name, "pyvenv.cfg"))  # noqa: PTH110, PTH118


def concerns(report: Report, path: str, section: Path) -> bool:
    """Say whether a file that was found has the section or a near miss, or is not TOML and mentions it."""
    codes = {diagnostic.code for diagnostic in report.diagnostics}
    if "section-not-found" in codes:
        return False
    if codes & _NOT_PARSED:
        return _mentions(path, str(section[-1]))
    # `features = 3` in somebody else's file stands in the way of a section that nobody wrote.
    return all(len(d.path) >= len(section) or d.code != "wrong-type" for d in report.diagnostics)


def _mentions(path: str, name: str) -> bool:
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return name.encode() in stream.read(limits.MAX_FILE_BYTES)
    except OSError:
        return False


def read_standard_input() -> str | Report:
    """Read what is piped in, up to the limit of a file's size."""
    raw = sys.stdin.buffer.read(limits.MAX_FILE_BYTES + 1)
    if len(raw) > limits.MAX_FILE_BYTES:
        return Report(config=None, diagnostics=(placeless(source.too_large(), STANDARD_INPUT),))
    text = source.decode(raw)
    return text if isinstance(text, str) else Report(config=None, diagnostics=(evolve(text, file=STANDARD_INPUT),))
