"""Read a file once no other program can write to it, if the system can tell."""

from __future__ import annotations

import time
from typing import Final

_ATTEMPTS: Final = 200
_PAUSE_SECS: Final = 0.005


def settled(path: str) -> bytes | None:
    """Return a file's contents once no other program has it open for writing, or None if one keeps it open.

    The file's name must be unknown by now, so that only programs that found it before can still write to it.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 -- pathlib costs start-up time
        for _ in range(_ATTEMPTS):
            if _is_quiet(file.fileno()):
                return file.read()
            time.sleep(_PAUSE_SECS)
    return None


def _is_quiet(descriptor: int) -> bool:
    """Check that no program has a file open for writing or is about to; True if the system cannot tell.

    Linux refuses a lease while one has. A program that comes later waits until the lease is released, and its request
    shows in the lease; the pause is for one that has found the file but not yet opened it.
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
