"""The executor under test, and calls to it with deadlines."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from codeexec_config.conformance.calling import Call, EventLoop, call_in_thread
from codeexec_config.conformance.elsewhere import Elsewhere
from codeexec_config.conformance.opinions import Failed, expect
from codeexec_config.conformance.wording import told, traced

if TYPE_CHECKING:
    from codeexec_config.conformance.figures import Deadlines, Sizes
    from codeexec_config.conformance.probing import LeakProbe

__all__ = ["Outcome", "Subject"]


class Outcome(NamedTuple):
    """How a call ended."""

    result: Any
    error: BaseException | None
    secs: float


def _has_async_form(executor: Any) -> bool:
    try:
        return hasattr(executor, "execute_async")
    except Exception:  # noqa: BLE001 -- D01 reports attributes that raise
        return False


class Subject:
    """The executor under test, in either form, and what is learnt about it on the way."""

    def __init__(self, executor: Any, probe: LeakProbe, deadlines: Deadlines, sizes: Sizes) -> None:
        self.executor = executor
        self.probe = probe
        self.deadlines = deadlines
        self.sizes = sizes
        self.is_async = _has_async_form(executor)
        self.elsewhere = Elsewhere(executor)
        self.sights: dict[str, bool] = {}
        self._loop: EventLoop | None = None
        self._lock = threading.Lock()

    def describe(self) -> Outcome:
        """Ask for one description."""
        return self.settled(call_in_thread(self._description), "describe()", self.deadlines.describe)

    def _description(self) -> object:
        return self.executor.describe()

    def offers(self, name: str) -> bool:
        """Check whether an optional method exists, in the executor's form."""
        return getattr(self.executor, f"{name}_async" if self.is_async else name, None) is not None

    def start(self, name: str, *records: object) -> Call:
        """Call a method, in the executor's form."""
        if not self.is_async:
            return call_in_thread(lambda: getattr(self.executor, name)(*records))
        return self.loop.call(lambda: getattr(self.executor, f"{name}_async")(*records))

    def finish(self, name: str, *records: object) -> Any:
        """Call one of the small methods and return its result."""
        return self.returned(name, self.ended(name, *records))

    def ended(self, name: str, *records: object) -> Outcome:
        """Call one of the small methods to any end."""
        return self.settled(self.start(name, *records), f"{name}()", self.deadlines.close)

    def returned(self, name: str, outcome: Outcome) -> Any:
        """Return a method's result; fail if it raised."""
        expect(outcome.error is None, f"{name}() raised {told(outcome.error)}", traced(outcome.error))
        return outcome.result

    @property
    def loop(self) -> EventLoop:
        """The event loop of async calls."""
        with self._lock:
            if self._loop is None:
                self._loop = EventLoop()
            return self._loop

    def settled(self, call: Call, what: str, secs: float) -> Outcome:
        """Wait for the end of a call, or abandon it."""
        if call.wait(secs - call.secs):
            return Outcome(call.result, call.error, call.secs)
        call.cancel()
        call.wait(self.deadlines.abandon)
        self._replace_blocked_loop()
        raise Failed(f"{what} did not return within {secs:g} s")

    def _replace_blocked_loop(self) -> None:
        with self._lock:
            if self._loop is not None and not self._loop.responds():
                self._loop.leave()
                self._loop = None

    def close(self) -> None:
        """Close the event loop, and the process with the copy of the executor."""
        self.elsewhere.close()
        if self._loop is not None:
            self._loop.close()
            self._loop = None
