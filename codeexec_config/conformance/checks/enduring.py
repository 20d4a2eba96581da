"""N, X and L: several programs at once, a back end that breaks, and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import expect, told
from codeexec_config.executor import FAULT_EXTENSION, InfrastructureError, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit, Subject


def together(kit: Kit) -> None:
    """N01: programs run at once all complete, each with its own output."""
    nonces = [kit.nonce() for _ in range(kit.sizes.together)]
    requests = [kit.request(kit.code("pause", text=nonce)) for nonce in nonces]
    calls = [kit.start(request) for request in requests]
    for nonce, request, call in zip(nonces, requests, calls, strict=True):
        result = kit.run(request, Status.COMPLETED, call=call)
        words = result.text().split()
        expect(words == [f"{nonce}-1", f"{nonce}-2"], f"expected its own two lines, got {told(result)}")


def broken_back_end(kit: Kit) -> None:
    """X01: a back end that breaks during a run is an `InfrastructureError`, and nothing is left."""
    kit.expect_sight()
    marker = kit.nonce()
    request = kit.request(
        kit.code("orphan", marker=marker), wall=kit.deadlines.stop_limit, extensions={FAULT_EXTENSION: "backend"}
    )
    outcome = kit.outcome(request)
    raised = isinstance(outcome.error, InfrastructureError)
    expect(raised, f"expected an InfrastructureError, got {told(outcome.error or outcome.result)}")
    kit.expect_nothing_left(marker)


def close_twice(subject: Subject) -> None:
    """L01: it can be closed, and closed again."""
    subject.finish("close")
    subject.finish("close")
