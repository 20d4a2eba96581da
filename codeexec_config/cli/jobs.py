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
"""Amounts that take about as long to check as the workers take to start."""

_RESERVED: Final = 32
"""Descriptors reserved for the command itself."""


def cores() -> int:
    """Return how many processes can run simultaneously."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def check_all(work: Work, places: Iterable[Place], jobs: int | None) -> Results:
    """Yield each place with its outcome, in order.

    Args:
        work: checks a place.
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
    """Check that the system can fork, and that no other thread runs, which a fork would not copy."""
    threading = sys.modules.get("threading")
    return hasattr(os, "fork") and (threading is None or threading.active_count() == 1)


def _most() -> int:
    """Return how many workers the descriptors suffice for; each needs two pipes to start."""
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
