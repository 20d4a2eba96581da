"""Read a file once nobody can write it any more, where the system can tell."""

from __future__ import annotations

import time
from typing import Final

_ATTEMPTS: Final = 200
_PAUSE_SECS: Final = 0.005


def settled(path: str) -> bytes | None:
    """Return what a file holds when no other program has it open for writing, or None when one keeps it open.

    Nobody may know the name by now: only who found the file before can still write it.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 -- pathlib costs start-up time
        for _ in range(_ATTEMPTS):
            if _is_quiet(file.fileno()):
                return file.read()
            time.sleep(_PAUSE_SECS)
    return None


def _is_quiet(descriptor: int) -> bool:
    """Check that nobody has a file open for writing or is about to; True where the system cannot tell.

    Linux refuses a lease while somebody has. Who comes later waits until it is given back, which shows in it; the pause
    is for one who has found the file and not asked for it yet.
    """
    try:
        import fcntl
        import signal

        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # the usual signal would end this process
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return False
    except (ImportError, AttributeError, OSError):  # another system, or a file system without leases
        return True
    time.sleep(_PAUSE_SECS)
    if fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_RDLCK:
        return True
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
