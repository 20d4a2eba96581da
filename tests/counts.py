"""How many examples a property test tries: few by default, thousands with `CODEEXEC_FULL=1`."""

import os
from typing import Final

from hypothesis import settings

FULL: Final = bool(os.environ.get("CODEEXEC_FULL"))
MANY: Final = 5_000


def examples(count: int) -> settings:
    """Return settings for a law that tries so many examples, or `MANY` where all are wanted."""
    return settings(max_examples=MANY if FULL else count)
