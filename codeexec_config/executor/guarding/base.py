"""Code that the sync and the async guard share."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from codeexec_config.executor.errors import ExecutionError, ExecutorFault
from codeexec_config.executor.guarding.places import Places
from codeexec_config.executor.records import ExecutorInfo
from codeexec_config.executor.shapes import optional_method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codeexec_config.executor.guarding.admission import Admitted, Rules
    from codeexec_config.executor.protocols import AsyncCodeExecutor, CodeExecutor
    from codeexec_config.executor.records import ExecutionRequest, SessionRequest

_Guarded = TypeVar("_Guarded", bound="CodeExecutor | AsyncCodeExecutor")


@contextmanager
def as_faults(*, started: bool | None = None) -> Iterator[None]:
    """Turn exceptions that are not of the protocol into an `ExecutorFault`."""
    try:
        yield
    except ExecutionError:
        raise
    except Exception as error:
        raise ExecutorFault(started=started) from error


def require_session(session: object) -> None:
    """Refuse anything that cannot be a session's name."""
    if not isinstance(session, str):
        raise TypeError("session must be a str, as `open_session` returns it")


def opened(session: object) -> str:
    """Return what `open_session` returned if it is a session's name, else raise an `ExecutorFault`."""
    if not isinstance(session, str):
        raise ExecutorFault(f"expected the session's name, found {type(session).__name__}")
    return session


class GuardOf(Generic[_Guarded]):
    """The base of both guards: an executor, the rules for it, and the places of its runs."""

    __slots__ = ("_executor", "_places", "_rules")

    def __init__(self, executor: _Guarded, rules: Rules) -> None:
        self._executor = executor
        self._rules = rules
        self._places = Places()

    def describe(self) -> ExecutorInfo:
        """Return the executor's description, with only the languages that may run."""
        with as_faults(started=False):
            return self._rules.narrow(self._describe())

    def _describe(self) -> ExecutorInfo:
        with as_faults(started=False):
            info: object = self._executor.describe()
        if not isinstance(info, ExecutorInfo):
            raise ExecutorFault(f"expected an ExecutorInfo, found {type(info).__name__}", started=False)
        return info

    def _admit(self, request: ExecutionRequest) -> Admitted:
        return self._rules.admit(request, self._describe)

    def _admit_session(self, request: SessionRequest) -> SessionRequest:
        return self._rules.admit_session(request, self._describe)

    def _optional(self, name: str, names: frozenset[str]) -> Callable[..., Any]:
        """Return a method of the optional protocols, if the executor has it."""
        method: Callable[..., Any] | None = optional_method(self._executor, name) if name in names else None
        if method is None:
            raise AttributeError(name)
        return method
