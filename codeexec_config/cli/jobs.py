"""Decide how many processes check the files of a command line."""

from __future__ import annotations

import os
import sys
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codeexec_config.cli.files import Place
    from codeexec_config.cli.pool import Results, Work

_ENOUGH_FILES: Final = 128
_ENOUGH_BYTES: Final = 1024 * 1024
"""What takes about as long as it takes to start the workers."""

_RESERVED: Final = 32
"""Descriptors for what the command itself has open."""


def cores() -> int:
    """Return how many processes can run at a time."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def check_all(work: Work, places: Iterable[Place], jobs: int | None) -> Results:
    """Yield each place with what came of it, in order.

    Args:
        work: what is done with a place.
        places: the places.
        jobs: how many processes; None for as many as there are cores, once there is enough to do.
    """
    left = iter(places)
    first: list[Place] = []
    if jobs is None:
        jobs = cores()
        if jobs > 1 and _can_fork():
            first = list(islice(left, _ENOUGH_FILES))
            if not _is_enough(first):
                jobs = 1
    if jobs > 1 and _can_fork():
        from codeexec_config.cli.pool import Pool

        yield from Pool(work, min(jobs, _most())).run(first, left)
        return
    for some in (first, left):
        for place in some:
            yield place, work(place)


def _can_fork() -> bool:
    """Check for a system that forks, and for threads, which a fork would tear apart."""
    threading = sys.modules.get("threading")
    return hasattr(os, "fork") and (threading is None or threading.active_count() == 1)


def _most() -> int:
    """Return for how many workers there are descriptors; each takes two pipes to start."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, (limit - _RESERVED) // 4) if limit != resource.RLIM_INFINITY else sys.maxsize


def _is_enough(places: list[Place]) -> bool:
    if len(places) == _ENOUGH_FILES:
        return True
    total = 0
    for place in places:
        try:
            total += os.stat(place.path).st_size  # noqa: PTH116 -- pathlib costs start-up time
        except (OSError, ValueError):
            continue
    return len(places) > 1 and total >= _ENOUGH_BYTES
