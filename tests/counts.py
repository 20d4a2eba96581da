"""How many of the possible cases the tests try.

By default a sample that takes minutes; with `CODEEXEC_THOROUGH=1` every case there is, as `.ci/run` does; with
`CODEEXEC_FULL=1` thousands of examples of each property too.
"""

import os
from typing import Final

from hypothesis import settings

FULL: Final = bool(os.environ.get("CODEEXEC_FULL"))
THOROUGH: Final = FULL or bool(os.environ.get("CODEEXEC_THOROUGH"))
MANY: Final = 5_000
_PART: Final = 4
"""Of the examples of a thorough run, one in this many is tried otherwise."""


def tries(thorough: int, full: int = MANY) -> int:
    """Return how many of something are tried, of which a thorough run and a full one try so many."""
    if FULL:
        return full
    return thorough if THOROUGH else max(1, thorough // _PART)


def examples(thorough: int) -> settings:
    """Return settings for a law of which a thorough run tries so many examples."""
    return settings(max_examples=tries(thorough))
