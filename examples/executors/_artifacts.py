"""Bring files out of a sandbox, without reading anything in it from outside.

What a program leaves at a path may be a link, a pipe, a device, or a sparse file of terabytes. So the host opens none
of it: when the program has ended, a few lines of shell kill whatever it left running inside, look at each component of
each path, and send the plain files that fit to standard output, after a marker.
"""

from __future__ import annotations

import itertools
import shlex
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

_HELPERS = """\
take() {
  [ -r "$1" ] && size=$(wc -c <"$1") || { echo -; return; }
  [ "$size" -le "$room" ] || { echo +; return; }
  room=$((room - size)); echo "$size"; cat "$1"
}
exec 9>&2 2>/dev/null
(exec "$@" 2>&9 9>&-)
code=$?
kill -KILL -1
"""


@attrs.frozen
class Collection:
    """The paths to bring back, and the marker between the program's output and what follows it."""

    paths: tuple[str, ...]
    most_bytes: int
    marker: str

    @property
    def script(self) -> str:
        """The lines of shell that run the program `"$@"` in its folder, report its exit code, and send its files."""
        head = f"room={self.most_bytes}\n{_HELPERS}printf '%s%s\\n' {self.marker} $code\n"
        return head + "".join(f"{_guarded(path)}\n" for path in self.paths) + "exit $code\n"

    @property
    def report_bytes(self) -> int:
        """The most bytes after the marker: the files, and a line for the exit code and for each path."""
        return self.most_bytes + 32 * (len(self.paths) + 1)

    def parse(self, report: bytes) -> Report:
        """Return what the script sent; anything that the program forged is only its own bytes, within bounds."""
        code, _, rest = report.partition(b"\n")
        files: dict[str, bytes] = {}
        too_large: list[str] = []
        for path in self.paths:
            line, newline, rest = rest.partition(b"\n")
            if line == b"+":
                too_large.append(path)
            elif line.isdigit() and len(line) < 20:  # noqa: PLR2004 -- digits of a 64-bit number
                files[path], rest = rest[: int(line)], rest[int(line) :]
                if len(files[path]) != int(line):
                    newline = b""
            elif line != b"-":
                newline = b""
            if not newline:
                return Report(_number(code), {}, "the artifacts were not sent whole")
        words = f"{len(too_large)} of the artifacts did not fit into artifact_bytes" if too_large else ""
        return Report(_number(code), files, words)


@attrs.frozen
class Report:
    """What came after the marker: the program's exit code if it was sent, its files, and what went wrong."""

    exit_code: int | None
    files: Mapping[str, bytes]
    complaint: str = ""


def _number(line: bytes) -> int | None:
    return int(line) if line.isdigit() and len(line) <= 3 else None  # noqa: PLR2004 -- a shell's exit codes


def _guarded(path: str) -> str:
    # `./` in front, since a name may begin with a dash.
    steps = itertools.accumulate(path.split("/"), "{}/{}".format)
    tests = " && ".join(f"[ ! -L {shlex.quote(f'./{step}')} ]" for step in steps)
    file = shlex.quote(f"./{path}")
    return f"if {tests} && [ -f {file} ]; then take {file}; else echo -; fi"
