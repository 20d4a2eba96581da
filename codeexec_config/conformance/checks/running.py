"""R: how programs end, and how their source gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.conformance.kit import expect, told
from codeexec_config.conformance.snippets import QUOTED
from codeexec_config.executor import RequestTooLarge, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit
    from codeexec_config.executor import ExecutionResult


def hello(kit: Kit) -> None:
    """R01: a program that prints completes, and its exit code is 0 or not known."""
    nonce = kit.nonce()
    result = kit.run(kit.request(kit.code("say", text=nonce)), Status.COMPLETED)
    expect(result.stdout.strip() == nonce.encode(), f"expected {nonce!r} alone, got {told(result)}")


def empty_code(kit: Kit) -> None:
    """R02: an empty program gets a verdict."""
    kit.run(kit.request(""), Status.COMPLETED, Status.FAILED)


def syntax_error(kit: Kit) -> None:
    """R03: what is no program failed."""
    kit.run(kit.request(kit.code("syntax_error")), Status.FAILED)


def uncaught_error(kit: Kit) -> None:
    """R04: a program that ends by an error failed, and the error's text is there."""
    nonce = kit.nonce()
    result = kit.run(kit.request(kit.code("uncaught_error", text=nonce)), Status.FAILED)
    expect(nonce in _said(result), f"the error's text is nowhere: {told(result)}")


def _said(result: ExecutionResult) -> str:
    error = result.error
    return result.text() + result.text("stderr") + (f"{error.message}\n{error.traceback}" if error else "")


def exit_code(kit: Kit, code: int) -> None:
    """R05-R07: a program's own exit code is its own, whatever shells and engines mean by the number."""
    result = kit.run(kit.request(kit.code("exit", code=code)), Status.FAILED)
    expect(result.exit_code == code, f"expected exit code {code}, got {told(result)}")


def own_signal(kit: Kit) -> None:
    """R08: a program that kills itself was killed or failed."""
    result = kit.run(kit.request(kit.code("kill_itself")), Status.KILLED, Status.FAILED)
    expect(b"survived" not in result.stdout, "it survived its own SIGKILL: is it process 1?")


def long_source(kit: Kit) -> None:
    """R09: a long program runs to its last line, or is refused as too large."""
    nonce = kit.nonce()
    line = kit.code("comment") + "x" * 98 + "\n"
    request = kit.request(line * (kit.sizes.source // len(line) + 1) + kit.code("say", text=nonce))
    outcome = kit.outcome(request)
    if isinstance(outcome.error, RequestTooLarge):
        return
    result = kit.verdict(outcome, Status.COMPLETED)
    expect(nonce.encode() in result.stdout, f"its last line did not run: {told(result)}")


def quoting(kit: Kit) -> None:
    """R10: quotes, dollars, backticks, backslashes and Unicode in the source arrive as they are."""
    result = kit.run(kit.request(kit.code("quoting")), Status.COMPLETED)
    expect(result.stdout.rstrip(b"\r\n") == QUOTED.encode(), f"not byte for byte: {told(result)}")
