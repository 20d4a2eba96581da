"""Show the progress of a long run on a terminal."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Final

from codeexec_config.cli.files import Finder

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATIENCE: Final = 1.0
_INTERVAL: Final = 0.1
_WIPE: Final = "\r\x1b[K"


class Progress:
    """A line on standard error that is rewritten repeatedly, once a run takes more than a second.

    Args:
        paths: the arguments, whose files are counted once there is something to show.
        is_wanted: whether to show anything; nothing is shown unless a person is reading.
    """

    def __init__(self, paths: Iterable[str], *, is_wanted: bool) -> None:
        self._paths = paths
        self._is_wanted = is_wanted and sys.stderr.isatty()
        self._due = monotonic() + _PATIENCE
        self._done = 0
        self._total = 0
        self._is_shown = False

    def step(self, found: int) -> None:
        """Count a file; show the line if it is due.

        Args:
            found: the errors and warnings so far.
        """
        self._done += 1
        if not self._is_wanted or monotonic() < self._due:
            return
        self._total = self._total or sum(1 for _ in Finder(self._paths))
        findings = "1 finding" if found == 1 else f"{found} findings"
        sys.stderr.write(f"{_WIPE}checked {self._done} of {max(self._total, self._done)} files: {findings}")
        sys.stderr.flush()
        self._due = monotonic() + _INTERVAL
        self._is_shown = True

    def wipe(self) -> None:
        """Remove the line, before anything else is printed."""
        if self._is_shown:
            sys.stderr.write(_WIPE)
            sys.stderr.flush()
            self._is_shown = False
