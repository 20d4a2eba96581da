"""Why a run has no verdict: everything that an executor or its guard raises, in families by who can act on it.

A verdict on the user's program is returned as an `ExecutionResult`; an error means that there is none. Its `str()`
consists of fixed sentences and of names and numbers of this protocol, never of code, environment, URLs or keys, so that
a host may log it; an executor's own words are in `detail`, which is never printed.
"""

# ruff: noqa: N818 -- a name says what happened, and its family (PolicyError, ...) ends in Error

from __future__ import annotations

import re
from typing import ClassVar

__all__ = [
    "CapabilityUnsupported",
    "ClientSideOnly",
    "DeadlineOverrun",
    "ExecutionDisabled",
    "ExecutionError",
    "ExecutorAuthError",
    "ExecutorFault",
    "ExecutorOverloaded",
    "ExecutorUnavailable",
    "InfrastructureError",
    "LanguageNotAllowed",
    "LanguageUnsupported",
    "PolicyError",
    "RequestError",
    "RequestTooLarge",
    "SessionNotFound",
]

_NAME = re.compile(r"[a-z][a-z0-9_+#.-]{0,63}")


class ExecutionError(Exception):
    """A request got no verdict.

    Args:
        detail: the raiser's own words, for a debugger; they stay out of `str()`, `repr()` and `args`.
        retryable: whether the same request may succeed later; None for the kind's default.

    Attributes:
        code: the stable kebab-case name of the kind.
    """

    code: ClassVar[str] = "execution-error"
    summary: ClassVar[str] = "the program could not be run"
    retryable: bool = False

    def __init__(self, detail: str = "", *, retryable: bool | None = None) -> None:
        super().__init__()
        self.detail = detail
        if retryable is not None:
            self.retryable = retryable

    def __str__(self) -> str:
        return self.summary


class PolicyError(ExecutionError):
    """The host's configuration forbids it; only the operator can change that."""

    code = "policy-error"
    summary = "the configuration forbids this run"


class ExecutionDisabled(PolicyError):
    """Code execution is switched off."""

    code = "execution-disabled"
    summary = "code execution is disabled in the configuration"


class ClientSideOnly(PolicyError):
    """The mode is wasm: code runs in the user's browser, and no server executor may run it."""

    code = "client-side-only"
    summary = "mode wasm runs code in the browser only; the server runs nothing"


class _OfLanguage(ExecutionError):
    """An error about one language, whose name is shown if it has the form of a name."""

    def __init__(self, language: str = "", detail: str = "", *, retryable: bool | None = None) -> None:
        super().__init__(detail, retryable=retryable)
        self.language = language

    def __str__(self) -> str:
        return f"{self.summary}: {self.language}" if _NAME.fullmatch(self.language) else self.summary


class LanguageNotAllowed(_OfLanguage, PolicyError):
    """The language is not in `allowed_languages`."""

    code = "language-not-allowed"
    summary = "the configuration does not allow this language"


class RequestError(ExecutionError):
    """The request asks for something that this executor does not support; another request may run."""

    code = "request-error"
    summary = "the executor cannot run this request"


class LanguageUnsupported(_OfLanguage, RequestError):
    """The executor does not run the language."""

    code = "language-unsupported"
    summary = "the executor does not run this language"


class CapabilityUnsupported(RequestError):
    """A field of the request needs a capability that the executor does not declare for the language."""

    code = "capability-unsupported"
    summary = "the executor lacks a capability that the request needs"

    def __init__(self, capability: str = "", detail: str = "", *, retryable: bool | None = None) -> None:
        super().__init__(detail, retryable=retryable)
        self.capability = capability

    def __str__(self) -> str:
        return f"{self.summary}: {self.capability}" if _NAME.fullmatch(self.capability) else self.summary


class RequestTooLarge(RequestError):
    """The code, or its input, is larger than the executor accepts."""

    code = "request-too-large"
    summary = "the request is larger than the executor accepts"


class SessionNotFound(RequestError):
    """The session was never opened, is closed, or has expired."""

    code = "session-not-found"
    summary = "the session does not exist, or has ended"


class InfrastructureError(ExecutionError):
    """The executor itself failed, so nothing is known about the program.

    A program that has begun may have had effects, so an error with `started=True` is not retryable unless its raiser
    passes `retryable=True`, for a program that may safely run twice. An executor that does not know whether the program
    had begun, such as after a broken connection, leaves `started` at None and passes `retryable=False`.

    Args:
        detail: the raiser's own words, for a debugger; they stay out of `str()`, `repr()` and `args`.
        retryable: whether the same request may succeed later; None for the kind's default, and False when the
            program had begun.
        started: whether the program had begun; None if that is unknown.
    """

    code = "infrastructure-error"
    summary = "the executor failed"

    def __init__(self, detail: str = "", *, retryable: bool | None = None, started: bool | None = None) -> None:
        if started and retryable is None:
            retryable = False
        super().__init__(detail, retryable=retryable)
        self.started = started


class ExecutorUnavailable(InfrastructureError):
    """The back end cannot be reached or is not ready."""

    code = "executor-unavailable"
    summary = "the executor is not available"
    retryable = True


class ExecutorOverloaded(InfrastructureError):
    """The back end refuses work for now.

    Args:
        detail: the raiser's own words, which nothing prints.
        retryable: as for every kind.
        started: as for every infrastructure error.
        retry_after_secs: how long to wait before the next request, if the back end says so.
    """

    code = "executor-overloaded"
    summary = "the executor is overloaded"
    retryable = True

    def __init__(
        self,
        detail: str = "",
        *,
        retryable: bool | None = None,
        started: bool | None = None,
        retry_after_secs: float | None = None,
    ) -> None:
        super().__init__(detail, retryable=retryable, started=started)
        self.retry_after_secs = retry_after_secs


class ExecutorAuthError(InfrastructureError):
    """The back end refuses the host's key."""

    code = "executor-auth-error"
    summary = "the executor refuses the host's credentials"


class ExecutorFault(InfrastructureError):
    """The executor broke the protocol: it raised another exception (see `__cause__`), or returned another type."""

    code = "executor-fault"
    summary = "the executor broke the protocol"

    def __str__(self) -> str:
        return f"{self.summary} ({type(self.__cause__).__name__})" if self.__cause__ else self.summary


class DeadlineOverrun(InfrastructureError):
    """The executor did not return in time: within the limit, its declared start-up, and a grace.

    Args:
        deadline_secs: the seconds that it had.
        detail: the raiser's own words, which nothing prints.
        retryable: as for every kind.
        started: as for every infrastructure error.
    """

    code = "deadline-overrun"
    summary = "the executor did not return by its deadline"

    def __init__(
        self,
        deadline_secs: float | None = None,
        detail: str = "",
        *,
        retryable: bool | None = None,
        started: bool | None = None,
    ) -> None:
        super().__init__(detail, retryable=retryable, started=started)
        self.deadline_secs = deadline_secs

    def __str__(self) -> str:
        return self.summary if self.deadline_secs is None else f"{self.summary} of {self.deadline_secs:g} s"
