"""M and P: limits of memory and of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import expect, told
from codeexec_config.executor import Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionResult


def memory_limit(kit: Kit) -> None:
    """M01: memory beyond the limit is not to be had, and the program had started."""
    result = _touch(kit)
    expect(result.status is not Status.TIMED_OUT, "it was timed out instead of stopped at its memory limit")


def memory_status(kit: Kit) -> None:
    """M02: a program stopped at its memory limit is told apart from one that failed."""
    result = _touch(kit)
    expect(result.status is Status.MEMORY_EXCEEDED, f"expected memory_exceeded, got {told(result)}")


def _touch(kit: Kit) -> ExecutionResult:
    code = kit.code("touch", mebibytes=kit.sizes.touched_mebibytes)
    result = kit.run(kit.request(code, memory=kit.sizes.memory_limit, wall=kit.deadlines.latency_limit))
    expect(b"begin" in result.stdout, f"it did not even start under its memory limit: {told(result)}")
    over = b"touched" in result.stdout or result.status is Status.COMPLETED
    expect(not over, f"it filled {kit.sizes.touched_mebibytes} MiB under a limit of {kit.sizes.memory_limit} bytes")
    return result


def childs_memory(kit: Kit) -> None:
    """M03: when a child dies of memory and its parent ends well, the program completed."""
    code = kit.code("child_touch", mebibytes=kit.sizes.touched_mebibytes)
    request = kit.request(code, memory=kit.sizes.memory_limit, wall=kit.deadlines.latency_limit)
    result = kit.run(request, Status.COMPLETED)
    expect(b"child died" in result.stdout, f"the child did not die: {told(result)}")


def fork_storm(kit: Kit) -> None:
    """P01: a fork storm meets a limit, and the next request works."""
    most = kit.sizes.forks
    request = kit.request(
        kit.code("forks", forks=most), memory=kit.sizes.storm_memory, wall=kit.deadlines.latency_limit
    )
    result = kit.run(request)
    expect(result.status is not Status.TIMED_OUT, "it was timed out before it met a limit of processes")
    expect(f"forks {most}".encode() not in result.stdout, f"it started all {most} processes")
    kit.hello_works()
