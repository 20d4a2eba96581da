"""The kit's numbers: every deadline and size that a verdict depends on; each report lists them."""

from __future__ import annotations

from typing import NamedTuple

from codeexec_config.limits import MEBIBYTE

__all__ = ["Deadlines", "Sizes"]


class Deadlines(NamedTuple):
    """Deadlines in seconds, generous enough for a busy machine: what they catch takes minutes."""

    describe: float = 1.0
    """One `describe()`."""
    run_limit: float = 10.0
    """The wall limit of programs that should end."""
    stop_limit: float = 2.0
    """The wall limit of programs that should reach it."""
    late: float = 5.0
    """How late a run may end after the wall limit and the declared start-up."""
    latency_limit: float = 30.0
    """The wall limit of a short program, which must not wait for it."""
    latency: float = 10.0
    """How long a short program may take under `latency_limit`."""
    once: float = 3.0
    """The duration of a program that must not be run again."""
    settle: float = 5.0
    """The time between a result and the end of the program's last process."""
    cancel: float = 10.0
    """From a cancellation to its `CancelledError`."""
    stall: float = 0.2
    """The longest stall of the event loop."""
    close: float = 10.0
    """One call of `close`, or of a session method."""
    abandon: float = 1.0
    """How long a stuck call may react to its cancellation, before it is abandoned."""


class Sizes(NamedTuple):
    """Sizes in bytes, and counts."""

    memory: int = 512 * MEBIBYTE
    """The memory limit of programs that should not reach it."""
    memory_limit: int = 128 * MEBIBYTE
    """The memory limit of programs that should reach it."""
    touched_mebibytes: int = 1024
    """How much memory those touch."""
    output_limit: int = 64 * 1024
    """The output limit of programs that should reach it."""
    host_growth: int = 64 * MEBIBYTE
    """How much the host process may grow during an endless flood."""
    source: int = 200_000
    """The size of a long program."""
    forks: int = 500
    """The processes that a fork storm tries to start."""
    storm_memory: int = 4096 * MEBIBYTE
    """Its memory limit, so high that only a limit of processes can stop it."""
    together: int = 4
    """The number of concurrent programs."""
    artifacts: int = 1 * MEBIBYTE
    """The artifact limit of a program that should reach it."""
    sparse: int = 512 * MEBIBYTE
    """The artifact that it leaves."""
    disk_mebibytes: int = 2048
    """How much a program tries to write to a file."""
