"""S, F and Z: what goes in with a program, what comes out, and what lasts between programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.checks.isolating import host_file
from codeexec_config.conformance.kit import expect, told
from codeexec_config.conformance.snippets import ARTIFACT
from codeexec_config.executor import (
    Capability,
    ExecutionLimits,
    SessionNotFound,
    SessionRequest,
    Status,
)

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit

_ANY_BYTES = bytes(range(256)) + b"\nno line end"
_ANY_TEXT = "first\n\u00e9 \u2603 \U0001f600\nno line end".encode()
_MORE_THAN_A_PIPE_HOLDS = 200_000


def stdin(kit: Kit) -> None:
    """S01: standard input arrives exactly, and a program need not read it."""
    data = _ANY_BYTES if kit.declares(Capability.BYTES) else _ANY_TEXT
    result = kit.run(kit.request(kit.code("stdin"), stdin=data), Status.COMPLETED)
    expect(result.stdout == data, f"not byte for byte: {told(result)}")
    kit.run(kit.request(kit.code("say", text="deaf"), stdin=b"x" * _MORE_THAN_A_PIPE_HOLDS), Status.COMPLETED)


def files(kit: Kit) -> None:
    """F01: files are there, exactly; a request that would put one elsewhere cannot be made."""
    result = kit.run(kit.request(kit.code("file"), files={"data/in.txt": _ANY_TEXT}), Status.COMPLETED)
    expect(result.stdout == _ANY_TEXT, f"not byte for byte: {told(result)}")
    expect(_is_refused(kit), "a request with a file outside the working folder could be made")


def _is_refused(kit: Kit) -> bool:
    try:
        kit.request("", files={"../x": b""})
    except ValueError:
        return True
    return False


def artifacts(kit: Kit) -> None:
    """F02: collected files come back exactly; one that is not there is left out; a link leads nowhere."""
    wanted = ["out/result.bin", "out/missing.bin"]
    result = kit.run(kit.request(kit.code("artifact"), collect=wanted), Status.COMPLETED)
    expected = {"out/result.bin": ARTIFACT}
    expect(result.artifacts == expected, f"expected {expected}, got {dict(result.artifacts)}")
    canary = kit.nonce().encode()
    with host_file(canary.decode()) as path:
        result = kit.run(kit.request(kit.code("link", path=path), collect=["out/link"]), Status.COMPLETED)
    expect(canary not in b"".join(result.artifacts.values()), "a link led to a file of the host")


def sessions(kit: Kit) -> None:
    """Z01: a session keeps a variable between programs, and is gone when closed."""
    limits = ExecutionLimits(wall_secs=kit.deadlines.run_limit, memory_bytes=kit.sizes.memory)
    name = kit.subject.finish("open_session", SessionRequest(language=kit.language, limits=limits))
    expect(isinstance(name, str) and name, "open_session() gave no name")
    kit.run(kit.request(kit.code("session_set"), session=name), Status.COMPLETED)
    getting = kit.request(kit.code("session_get"), session=name)
    result = kit.run(getting, Status.COMPLETED)
    expect(result.stdout.strip() == b"2", f"expected 2, got {told(result)}")
    kit.subject.finish("close_session", name)
    outcome = kit.outcome(getting)
    gone = isinstance(outcome.error, SessionNotFound)
    expect(gone, f"expected SessionNotFound after the close, got {told(outcome.error or outcome.result)}")
