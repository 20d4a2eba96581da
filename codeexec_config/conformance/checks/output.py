"""O: the two streams."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from codeexec_config.conformance.kit import expect, told
from codeexec_config.conformance.snippets import UNICODE
from codeexec_config.executor import Status

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit

_STATM = Path("/proc/self/statm")
_SAMPLE_SECS = 0.02


def streams_apart(kit: Kit) -> None:
    """O01: what goes to one stream is not in the other."""
    result = kit.run(kit.request(kit.code("both_streams")), Status.COMPLETED)
    apart = result.stdout.strip() == b"to-out" and result.stderr.strip() == b"to-err"
    expect(apart, f"expected to-out and to-err, each in its own stream: {told(result)}")


def raw_bytes(kit: Kit) -> None:
    """O02: bytes that are no text arrive as they are."""
    result = kit.run(kit.request(kit.code("raw_bytes")), Status.COMPLETED)
    expect(result.stdout == b"\xff\xfe", f"expected the bytes ff fe, got {told(result)}")


def utf8(kit: Kit) -> None:
    """O03: text is UTF-8."""
    result = kit.run(kit.request(kit.code("utf8")), Status.COMPLETED)
    expect(result.text().strip() == UNICODE, f"expected {UNICODE!r} in UTF-8, got {told(result)}")


def flood(kit: Kit) -> None:
    """O04: an endless flood is cut and flagged in time, and does not pile up in the host."""
    request = kit.request(kit.code("flood"), wall=kit.deadlines.stop_limit)
    with _Growth() as growth:
        result = kit.run(request)
    expect(result.status is not Status.COMPLETED, "an endless program completed")
    cap = kit.sizes.output_limit
    expect(len(result.stdout) <= cap, f"{len(result.stdout)} bytes came back under a limit of {cap}")
    expect(result.stdout, "nothing of it came back")
    expect(result.stdout_truncated, "it was cut without being flagged")
    expect(growth.bytes <= kit.sizes.host_growth, f"the host process grew by {growth.bytes} bytes")


def exactly_full(kit: Kit) -> None:
    """O05: a stream that is exactly full is whole."""
    cap = kit.sizes.output_limit
    result = kit.run(kit.request(kit.code("fill", count=cap)), Status.COMPLETED)
    expect(len(result.stdout) == cap, f"expected {cap} bytes, got {len(result.stdout)}")
    expect(not result.stdout_truncated, "a whole stream is flagged as cut")


class _Growth:
    """How much this process grew while something ran, as far as the system tells."""

    def __init__(self) -> None:
        self.bytes = 0
        self._start = _resident_bytes()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_SAMPLE_SECS):
            self.bytes = max(self.bytes, _resident_bytes() - self._start)


def _resident_bytes() -> int:
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # another system: nothing is measured, and nothing grows
        return 0
