"""M, P and G: limits of memory, processes and disk."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import NotApplicable, cannot_tell, expect, told
from codeexec_config.executor import Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionResult

_FEW = 3
_HELD_SECS = 3.0
_OWN_CODES = (1, 254)
"""The exit codes of interpreters that cannot start a process."""


def memory_limit(kit: Kit) -> None:
    """M01: a program gets no memory beyond the limit, and had started."""
    result = kit.once("touch", partial(_touch, kit))
    most = f"{kit.sizes.touched_mebibytes} MiB under a limit of {kit.sizes.memory_limit} bytes"
    expect(b"touched" not in result.stdout, f"it filled {most}")
    expect(result.status is not Status.TIMED_OUT, "it was timed out instead of stopped at its memory limit")


def memory_status(kit: Kit) -> None:
    """M02: a program stopped at its memory limit is distinguished from one that failed."""
    result = kit.once("touch", partial(_touch, kit))
    expect(result.status is Status.MEMORY_EXCEEDED, f"expected memory_exceeded, got {told(result)}")


def _touch(kit: Kit) -> ExecutionResult:
    code = kit.code("touch", mebibytes=kit.sizes.touched_mebibytes)
    result = kit.run(kit.request(code, memory=kit.sizes.memory_limit, wall=kit.deadlines.latency_limit))
    if b"begin" not in result.stdout:
        # Either its output was lost with it, or nothing can start under this limit.
        small = kit.run(kit.request(kit.code("say", text="small"), memory=kit.sizes.memory_limit))
        expect(small.ok, f"no program starts under this memory limit: {told(small)}")
    return result


def memory_together(kit: Kit) -> None:
    """M04: the memory of a program and its children counts together."""
    children = 8
    share = 3 * kit.sizes.memory_limit // children >> 20
    code = kit.code("touch_together", children=children, mebibytes=share)
    result = kit.run(kit.request(code, memory=kit.sizes.memory_limit, wall=kit.deadlines.latency_limit))
    full = f"full {children}".encode() in result.stdout
    expect(not full, f"{children} children held {share} MiB each under a limit of {kit.sizes.memory_limit} bytes")
    if kit.has("touch_shared"):
        most = kit.sizes.touched_mebibytes
        code = kit.code("touch_shared", mebibytes=most)
        result = kit.run(kit.request(code, memory=kit.sizes.memory_limit, wall=kit.deadlines.latency_limit))
        full = b"touched" in result.stdout
        expect(not full, f"it filled {most} MiB of shared memory under a limit of {kit.sizes.memory_limit} bytes")


def childs_memory(kit: Kit) -> None:
    """M03: if a child runs out of memory and its parent ends well, the program completed."""
    code = kit.code("child_touch", mebibytes=kit.sizes.touched_mebibytes)
    request = kit.request(code, memory=kit.sizes.memory_limit, wall=kit.deadlines.latency_limit)
    result = kit.run(request, Status.COMPLETED)
    expect(b"child died" in result.stdout, f"the child did not die: {told(result)}")


def fork_storm(kit: Kit) -> None:
    """P01: a fork storm meets a limit, and the next request works."""
    most = kit.sizes.forks
    result = kit.once("forks", partial(_storm, kit))
    expect(result.status is not Status.TIMED_OUT, "it was timed out before it met a limit of processes")
    expect(f"forks {most}".encode() not in result.stdout, f"it started all {most} processes")
    kit.hello_works()


def _storm(kit: Kit) -> ExecutionResult:
    code = kit.code("forks", forks=kit.sizes.forks)
    return kit.run(kit.request(code, memory=kit.sizes.storm_memory, wall=kit.deadlines.latency_limit))


def storms_verdict(kit: Kit) -> None:
    """P03: a back end that does not survive a fork storm is not the program's failure."""
    result = kit.once("forks", partial(_storm, kit))
    own = b"forks" in result.stdout or result.exit_code in _OWN_CODES
    expect(own or result.status is not Status.FAILED, f"the program has no such end: {told(result)}")


def processes_apart(kit: Kit) -> None:
    """P02: one program's processes do not count towards another's limit."""
    if kit.most_at_once() == 1:
        raise NotApplicable("the executor runs one program at once")
    held = kit.request(kit.code("forks_held", forks=kit.sizes.forks, secs=_HELD_SECS), memory=kit.sizes.storm_memory)
    few = kit.request(kit.code("forks", forks=_FEW), memory=kit.sizes.storm_memory)
    alone = kit.run(few)
    if f"forks {_FEW}".encode() not in alone.stdout:
        cannot_tell(f"the program could not start {_FEW} processes: {told(alone)}")
    call = kit.start(held)
    call.wait(kit.info.startup_secs + _HELD_SECS / 2)
    result = kit.run(few)
    kit.run(held, call=call)
    expect(f"forks {_FEW}".encode() in result.stdout, f"next to a program with many processes: {told(result)}")


def disk_bounded(kit: Kit) -> None:
    """G01: what a program writes to files is bounded."""
    most = kit.sizes.disk_mebibytes
    code = kit.code("fill_disk", mebibytes=most)
    result = kit.run(kit.request(code, wall=kit.deadlines.latency_limit))
    expect(f"wrote {most}\n".encode() not in result.stdout, f"it wrote {most} MiB")
