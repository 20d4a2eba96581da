"""Regular expressions that are compiled when they are first used.

What explains mistakes has dozens of them, and one mistake needs a few: compiling them all took longer than the rest of
an import.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Expression:
    """Stand for a compiled pattern, from which it takes each method that is asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # `re` keeps what it compiles only for a while; what is set here is not asked for again.
        method = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, method)
        return method


def expression(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what does as `re.compile` does, later."""
    return cast("re.Pattern[str]", _Expression(pattern, flags))
