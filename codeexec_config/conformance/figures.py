"""The kit's numbers: every deadline and size that a verdict depends on; they stand in each report."""

from __future__ import annotations

from typing import NamedTuple

from codeexec_config.limits import MEBIBYTE

__all__ = ["Deadlines", "Sizes"]


class Deadlines(NamedTuple):
    """Seconds, generous enough for a busy machine: what they catch is minutes."""

    describe: float = 1.0
    """One `describe()`."""
    run_limit: float = 10.0
    """The wall limit of programs that are meant to end."""
    stop_limit: float = 2.0
    """The wall limit of programs that are meant to meet it."""
    late: float = 5.0
    """On time is the wall limit, the declared start-up, and this."""
    latency_limit: float = 30.0
    """The wall limit beside which a short program must not wait."""
    latency: float = 10.0
    """What a short program may take under `latency_limit`."""
    once: float = 3.0
    """How long a program runs that must not be run again."""
    settle: float = 5.0
    """What may pass between a result and the end of the program's last process."""
    cancel: float = 10.0
    """From a cancellation to its `CancelledError`."""
    stall: float = 0.2
    """The longest that the event loop may stand still."""
    close: float = 10.0
    """One call of `close`, or of a session method."""
    abandon: float = 1.0
    """What a stuck call gets to react to its cancellation, before it is left behind."""


class Sizes(NamedTuple):
    """Bytes, and counts."""

    memory: int = 512 * MEBIBYTE
    """The memory limit of programs that are not meant to meet it."""
    memory_limit: int = 128 * MEBIBYTE
    """The memory limit of programs that are meant to meet it."""
    touched_mebibytes: int = 1024
    """What those touch."""
    output_limit: int = 64 * 1024
    """The output limit of programs that are meant to meet it."""
    host_growth: int = 64 * MEBIBYTE
    """What the host process may grow by during an endless flood."""
    source: int = 200_000
    """A long program."""
    forks: int = 500
    """The processes that a fork storm tries to start."""
    storm_memory: int = 4096 * MEBIBYTE
    """Its memory limit, so high that only a limit of processes can stop it."""
    together: int = 4
    """Programs at once."""
    artifacts: int = 1 * MEBIBYTE
    """The artifact limit of a program that is meant to meet it."""
    sparse: int = 512 * MEBIBYTE
    """The artifact that it leaves."""
    disk_mebibytes: int = 2048
    """What a program tries to write to a file."""
