"""The guard of a sync executor, called from several threads at once."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.executor.adapting import without_cancel
from codeexec_config.executor.errors import DeadlineOverrun
from codeexec_config.executor.guarding.base import GuardOf, as_faults, opened, require_session
from codeexec_config.executor.guarding.holding import ChunkCutter, hold
from codeexec_config.executor.records import OutputChunk
from codeexec_config.executor.shapes import SYNC_EXTRAS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codeexec_config.executor.guarding.admission import Admitted
    from codeexec_config.executor.protocols import CodeExecutor  # noqa: F401 -- named in a base class
    from codeexec_config.executor.records import ExecutionRequest, ExecutionResult, ExecutorInfo, SessionRequest

_NAMES: Final = frozenset(shape.name for shape in SYNC_EXTRAS)


class Guard(GuardOf["CodeExecutor"]):
    """The guard that `guarded` returns."""

    __slots__ = ()

    def describe(self) -> ExecutorInfo:
        """Return the executor's description, with only the languages that may run, and without `cancel`."""
        with as_faults(started=False):
            return without_cancel(super().describe())

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program within the rules."""
        admitted = self._admit(request)
        with self._places.in_thread(admitted.most, self._rules.queue_secs):
            start = time.monotonic()
            with as_faults():
                result = self._executor.execute(admitted.request)
            secs = time.monotonic() - start
        held = hold(result, admitted.request)
        if secs > admitted.deadline_secs:
            raise DeadlineOverrun(admitted.deadline_secs, started=True)
        return held

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = self._optional(name, _NAMES)
        match name:
            case "open_session":
                return partial(self._open_session, method)
            case "close_session":
                return partial(self._close_session, method)
            case "execute_streaming":
                return partial(self._execute_streaming, method)
            case _:
                return partial(self._call, method)

    def _call(self, method: Callable[[], object], /) -> None:
        with as_faults():
            method()

    def _open_session(self, method: Callable[..., object], request: SessionRequest, /) -> str:
        admitted = self._admit_session(request)
        with as_faults():
            session = method(admitted)
        return opened(session)

    def _close_session(self, method: Callable[..., object], session: str, /) -> None:
        require_session(session)
        self._call(partial(method, session))

    def _execute_streaming(
        self, method: Callable[..., Any], request: ExecutionRequest, /
    ) -> Iterator[OutputChunk | ExecutionResult]:
        return self._stream(method, self._admit(request))

    def _stream(self, method: Callable[..., Any], admitted: Admitted) -> Iterator[OutputChunk | ExecutionResult]:
        cutter = ChunkCutter(admitted.request)
        left = admitted.deadline_secs
        with self._places.in_thread(admitted.most, self._rules.queue_secs):
            with as_faults():
                items = iter(method(admitted.request))
            try:
                while True:
                    start = time.monotonic()
                    with as_faults():
                        item = next(items, None)
                    left -= time.monotonic() - start  # the host's time between two chunks does not count
                    if left < 0:
                        raise DeadlineOverrun(admitted.deadline_secs)
                    if not isinstance(item, OutputChunk):
                        break
                    if chunk := cutter.cut(item):
                        yield chunk
            finally:
                with suppress(Exception):  # keep what was yielded or raised
                    items.close()
        yield hold(item, admitted.request)
