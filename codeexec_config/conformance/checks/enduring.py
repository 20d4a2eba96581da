"""N: several programs at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import expect, told
from codeexec_config.executor import Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit


def together(kit: Kit) -> None:
    """N01: as many programs as may run at once all complete, each with its own output."""
    nonces = [kit.nonce() for _ in range(kit.most_at_once())]
    requests = [kit.request(kit.code("pause", text=nonce)) for nonce in nonces]
    calls = [kit.start(request) for request in requests]
    for nonce, request, call in zip(nonces, requests, calls, strict=True):
        result = kit.run(request, Status.COMPLETED, call=call)
        words = result.text().split()
        expect(words == [f"{nonce}-1", f"{nonce}-2"], f"expected its own two lines, got {told(result)}")
