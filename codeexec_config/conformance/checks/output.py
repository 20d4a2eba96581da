"""O: the two streams."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from codeexec_config.conformance.checks.streams import flooded
from codeexec_config.conformance.kit import Skipped, expect, told
from codeexec_config.conformance.snippets import CONTROLS, UNICODE
from codeexec_config.executor import Capability, Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit

_SMALL = 10


def streams_apart(kit: Kit) -> None:
    """O01: what goes to one stream is not in the other."""
    result = kit.run(kit.request(kit.code("both_streams")), Status.COMPLETED)
    apart = result.stdout.strip() == b"to-out" and result.stderr.strip() == b"to-err"
    expect(apart, f"expected to-out and to-err, each in its own stream: {told(result)}")


def raw_bytes(kit: Kit) -> None:
    """O02: bytes that are not text arrive as they are, and so do carriage returns."""
    result = kit.run(kit.request(kit.code("raw_bytes")), Status.COMPLETED)
    expect(result.stdout == b"\xff\xfe", f"expected the bytes ff fe, got {told(result)}")
    if kit.has("controls"):
        result = kit.run(kit.request(kit.code("controls")), Status.COMPLETED)
        lost = CONTROLS.count(b"\r") - result.stdout.count(b"\r")
        expect(lost <= 0, f"{lost} carriage returns are lost: {told(result)}")


def utf8(kit: Kit) -> None:
    """O03: text is UTF-8."""
    result = kit.run(kit.request(kit.code("utf8")), Status.COMPLETED)
    expect(result.text().strip() == UNICODE, f"expected {UNICODE!r} in UTF-8, got {told(result)}")


def flood(kit: Kit) -> None:
    """O04: an endless flood is cut and flagged in time, and does not pile up in the host."""
    flooded(kit, "flood", "stdout")


def exactly_full(kit: Kit) -> None:
    """O05: a stream that is exactly full is whole."""
    cap = kit.sizes.output_limit
    result = kit.run(kit.request(kit.code("fill", count=cap)), Status.COMPLETED)
    expect(len(result.stdout) == cap, f"expected {cap} bytes, got {len(result.stdout)}")
    expect(not result.stdout_truncated, "a whole stream is flagged as cut")
    _cut_where_it_is_small(kit)
    if kit.declares(Capability.STDERR) and kit.has("both_full"):
        result = kit.run(kit.request(kit.code("both_full", count=cap)), Status.COMPLETED)
        sizes = len(result.stdout), len(result.stderr)
        is_whole = sizes == (cap, cap) or b"e" in result.stdout  # O01 reports streams that are not separate
        expect(is_whole, f"a limit of {cap} bytes is for each stream, got {sizes[0]} and {sizes[1]}")


def _cut_where_it_is_small(kit: Kit) -> None:
    with suppress(Skipped):  # such a limit may be refused
        size = len(kit.run(kit.request(kit.code("fill", count=2 * _SMALL), output=_SMALL)).stdout)
        expect(size <= _SMALL, f"{size} bytes came back under a limit of {_SMALL}")
