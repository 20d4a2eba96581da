"""Regular expressions that are compiled when they are first used.

The code that explains mistakes has dozens of them, and one mistake needs a few: compiling them all took longer than the
rest of an import.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Expression:
    """A proxy of a compiled pattern, which it compiles for the first use of each method."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # The cache of `re` is small; with the attribute set, this is not called again.
        method = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, method)
        return method


def expression(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return a pattern like that of `re.compile`, but compiled on first use."""
    return cast("re.Pattern[str]", _Expression(pattern, flags))
