"""Z: isolation and limits apply in a session too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.checks.isolating import expect_no_connection, expect_no_file
from codeexec_config.conformance.checks.lasting import next_in, session
from codeexec_config.conformance.checks.reaching import expect_no_process
from codeexec_config.conformance.kit import NotApplicable, Skipped, expect, told
from codeexec_config.conformance.snippets import VERBATIM
from codeexec_config.executor import Capability, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionResult

_TIMES = 4
_KEPT = 7
_ENDS = ("EOF", "END", "DONE", "__END__", "__EOF__", "__DONE__", "<<<END>>>", "---END---", "===END===")
"""Single words that executors which talk to an interpreter take for the end of a program's output."""


def walls(kit: Kit) -> None:
    """Z09: a program in a session reaches no listener, file or process of the host either."""
    looks = (
        (Capability.NO_NETWORK, "connect", expect_no_connection),
        (Capability.ISOLATED_FS, "read", expect_no_file),
        (Capability.ISOLATED_PROCESSES, "look_around", expect_no_process),
    )
    promised = [look for capability, purpose, look in looks if kit.declares(capability) and kit.has(purpose)]
    if not promised:
        raise NotApplicable("the executor declares no isolation that the kit can test")
    unseen = None
    with session(kit) as name:
        for look in promised:
            try:
                look(kit, session=name)
            except Skipped as skipped:  # as for a program that its session does not wait for
                unseen = skipped
    if unseen is not None:
        raise unseen


def limits(kit: Kit) -> None:
    """Z10: the limits of output, memory and processes apply in a session, which keeps its state or ends."""
    _expect_cut(kit)
    if kit.declares(Capability.MEMORY) and kit.has("touch"):
        _expect_no_memory(kit)
    if kit.declares(Capability.PIDS) and kit.has("forks"):
        _expect_no_processes(kit)


def _expect_cut(kit: Kit) -> None:
    cap = kit.sizes.output_limit
    result = _run_in_one(kit, kit.code("fill", count=_TIMES * cap))
    expect(len(result.stdout) <= cap, f"{len(result.stdout)} bytes came back under a limit of {cap}")
    expect(result.stdout_truncated, "its output was cut without being flagged")


def _expect_no_memory(kit: Kit) -> None:
    most = kit.sizes.touched_mebibytes
    result = _run_in_one(kit, kit.code("touch", mebibytes=most))
    expect(b"touched" not in result.stdout, f"it filled {most} MiB under a limit of {kit.sizes.memory} bytes")
    expect(result.status is not Status.TIMED_OUT, "it was timed out instead of stopped at its memory limit")


def _expect_no_processes(kit: Kit) -> None:
    most = kit.sizes.forks
    result = _run_in_one(kit, kit.code("forks", forks=most), memory=kit.sizes.storm_memory)
    expect(f"forks {most}".encode() not in result.stdout, f"it started all {most} processes")
    expect(result.status is not Status.TIMED_OUT, "it was timed out before it met a limit of processes")


def _run_in_one(kit: Kit, code: str, **limits: int) -> ExecutionResult:
    """Run in a new session, which afterwards must have ended, or have kept its state."""
    with session(kit, **limits) as name:
        kit.run(kit.request(kit.code("session_put", value=_KEPT), session=name, **limits), Status.COMPLETED)
        result = kit.run(kit.request(code, session=name, wall=kit.deadlines.latency_limit, **limits))
        after = next_in(kit, name, kit.code("session_show"), **limits)
        kept = after is None or after.stdout.strip() == b"%d" % _KEPT
        expect(kept, f"a session whose program met a limit goes on without its variables: {told(after)}")
    return result


def any_program(kit: Kit) -> None:
    """Z11: a program in a session may contain and print end marks; sessions run in parallel."""
    with session(kit) as name:
        result = kit.run(kit.request(kit.code("verbatim"), session=name), Status.COMPLETED)
        expect(result.stdout.strip() == VERBATIM.encode(), f"not as it was written: {told(result)}")
        for mark in _ENDS:
            nonce = kit.nonce()
            code = "\n".join(kit.code("say", text=text) for text in (mark, nonce))
            result = kit.run(kit.request(code, session=name), Status.COMPLETED)
            expect(result.stdout.split() == [mark.encode(), nonce.encode()], f"it printed {mark}: {told(result)}")
        _side_by_side(kit, name)


def _side_by_side(kit: Kit, one: str) -> None:
    """Run a program in each of two sessions, concurrently if that many may run: neither waits for the other."""
    with session(kit) as other:
        nonces = {name: kit.nonce() for name in (one, other)}
        requests = [kit.request(kit.code("pause", text=nonce), session=name) for name, nonce in nonces.items()]
        for request, outcome in kit.together(requests):
            result = kit.verdict(outcome, Status.COMPLETED, request=request)
            nonce = nonces[str(request.session)]
            expect(result.text().split() == [f"{nonce}-1", f"{nonce}-2"], f"beside another session: {told(result)}")
