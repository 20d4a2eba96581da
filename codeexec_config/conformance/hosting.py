"""Keep the host's standard output from an executor while a report is made."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import IO, TYPE_CHECKING, Final

import attrs

from codeexec_config.conformance.report import CheckResult, Verdict
from codeexec_config.conformance.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.conformance.report import ConformanceReport

__all__ = ["Printed", "own_output", "with_printed"]

_STREAMS: Final = "O09"
_KEPT: Final = 1 << 16
"""How much of the printed output is kept: more than is shown, so that a secret is recognised whole."""
_SETTLE_SECS: Final = 1.0


class Printed:
    """What was printed to standard output meanwhile: its size and its beginning."""

    def __init__(self) -> None:
        self.size = 0
        self.start = b""
        self._reader = self._collecting()

    def settle(self) -> None:
        """Wait until everything printed so far is counted, and keep counting."""
        before, self._reader = self._reader, self._collecting()
        # An abandoned program may keep the other end open forever.
        before.join(_SETTLE_SECS)

    def end(self) -> None:
        """Wait for the rest, once standard output is restored."""
        self._reader.join(_SETTLE_SECS)

    def _collecting(self) -> threading.Thread:
        """Redirect standard output to a pipe, and return the thread that reads it."""
        with contextlib.suppress(AttributeError, OSError, ValueError):  # an executor may have closed or replaced it
            sys.stdout.flush()
        source, sink = os.pipe()
        reader = threading.Thread(target=self._drain, args=(source,), daemon=True)
        reader.start()
        os.dup2(sink, 1)
        os.close(sink)
        return reader

    def _drain(self, source: int) -> None:
        with open(source, "rb", buffering=0) as stream:
            while data := stream.read(1 << 16):
                self.size += len(data)
                self.start = (self.start + data)[:_KEPT]


@contextlib.contextmanager
def own_output() -> Iterator[tuple[IO[str], Printed]]:
    """Keep standard output for the report, on a new descriptor, and collect whatever else is printed."""
    sys.stdout.flush()
    kept, before = os.dup(1), (sys.stdout, sys.stderr)
    printed = Printed()
    # A program that runs in this process may close either.
    sys.stdout, sys.stderr = given = _stand_in(1), _stand_in(2)
    report = os.fdopen(kept, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    try:
        yield report, printed
    finally:
        for stream in given:
            with contextlib.suppress(OSError):
                stream.close()
        sys.stdout, sys.stderr = before
        report.flush()
        os.dup2(kept, 1)
        report.close()
        printed.end()


def _stand_in(descriptor: int) -> IO[str]:
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def with_printed(report: ConformanceReport, printed: Printed) -> ConformanceReport:
    """Return the report, with any output so far as a failure of the check for it."""
    printed.settle()
    if not printed.size:
        return report
    detail = f"the executor printed {printed.size} bytes to the host's standard output: {quoted(printed.start)}"
    if not any(result.id == _STREAMS for result in report.results):
        finding = CheckResult(
            id=_STREAMS,
            title="the host's streams stay the host's",
            language=None,
            capability="core",
            verdict=Verdict.FAIL,
            detail=detail,
            action="look at what the host prints",
        )
        return attrs.evolve(report, results=(*report.results, finding))
    results = (
        attrs.evolve(result, verdict=Verdict.FAIL, detail=result.detail or detail) if result.id == _STREAMS else result
        for result in report.results
    )
    return attrs.evolve(report, results=tuple(results))
