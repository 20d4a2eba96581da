"""Exchange two files atomically if the system can, so that the old file is kept, whoever wrote to it last."""

from __future__ import annotations

import os
from typing import Final

_CURRENT_FOLDER: Final = -100
_EXCHANGE: Final = 2
"""`AT_FDCWD` and `RENAME_EXCHANGE` of Linux."""


def exchange(one: str, other: str) -> bool:
    """Swap the files of two names; return False, without doing anything, if the system or file system cannot."""
    try:
        import ctypes

        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, TypeError, AttributeError):  # another system, or an older C library
        return False
    names = (_CURRENT_FOLDER, os.fsencode(one), _CURRENT_FOLDER, os.fsencode(other))
    return bool(rename(*names, _EXCHANGE) == 0)
