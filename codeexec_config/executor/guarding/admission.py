"""A config as rules for requests: which may run, and with which limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import attrs

from codeexec_config.executor import require
from codeexec_config.executor.authoring import require_support
from codeexec_config.executor.encoding import encode_request
from codeexec_config.executor.errors import (
    CapabilityUnsupported,
    ClientSideOnly,
    ExecutionDisabled,
    LanguageNotAllowed,
    LanguageUnsupported,
)
from codeexec_config.executor.records import Capability, ExecutionLimits, ExecutionRequest, SessionRequest
from codeexec_config.model import CodeExecutionConfig, Wasm

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.executor.records import ExecutorInfo


class Admitted(NamedTuple):
    """A request that may run, the seconds that the executor has for it, and how many may run simultaneously."""

    request: ExecutionRequest
    deadline_secs: float
    most: int | None


class Rules(NamedTuple):
    """A config as rules for requests, and the guard's own times."""

    config: CodeExecutionConfig
    grace_secs: float
    queue_secs: float

    @classmethod
    def of(cls, config: CodeExecutionConfig, grace_secs: float, queue_secs: float) -> Rules:
        """Return the rules of a config; raise TypeError or ValueError for wrong arguments."""
        if not isinstance(config, CodeExecutionConfig):
            raise TypeError("config must be a CodeExecutionConfig")
        require.seconds("grace_secs", grace_secs, zero=True)
        require.seconds("queue_secs", queue_secs, zero=True)
        return cls(config, grace_secs, queue_secs)

    def admit(self, request: ExecutionRequest, describe: Callable[[], ExecutorInfo]) -> Admitted:
        """Return a request with its effective limits, or raise the first reason against it."""
        if not isinstance(request, ExecutionRequest):
            raise TypeError("request must be an ExecutionRequest")
        self._require_allowed(request.language)
        info = describe()
        require_support(request, info)
        encode_request(request)
        lowered = attrs.evolve(request, limits=self._lower(request.limits))
        deadline_secs = lowered.limits.wall_secs + info.startup_secs + self.grace_secs
        return Admitted(lowered, deadline_secs, info.max_concurrency)

    def admit_session(self, request: SessionRequest, describe: Callable[[], ExecutorInfo]) -> SessionRequest:
        """Return a session request with its effective limits, or raise the first reason against it."""
        if not isinstance(request, SessionRequest):
            raise TypeError("request must be a SessionRequest")
        self._require_allowed(request.language)
        support = describe().languages.get(request.language)
        if support is None:
            raise LanguageUnsupported(request.language)
        if Capability.SESSIONS not in support.capabilities:
            raise CapabilityUnsupported(Capability.SESSIONS)
        return attrs.evolve(request, limits=self._lower(request.limits))

    def narrow(self, info: ExecutorInfo) -> ExecutorInfo:
        """Return a description without the languages that may not run."""
        runs_here = self.config.enabled and not isinstance(self.config.mode, Wasm)
        allowed = self.config.allowed_languages if runs_here else ()
        return attrs.evolve(info, languages={name: info.languages[name] for name in info.languages if name in allowed})

    def _require_allowed(self, language: str) -> None:
        if not self.config.enabled:
            raise ExecutionDisabled
        if isinstance(self.config.mode, Wasm):
            raise ClientSideOnly
        if language not in self.config.allowed_languages:
            raise LanguageNotAllowed(language)

    def _lower(self, limits: ExecutionLimits) -> ExecutionLimits:
        return limits.clamped_to(ExecutionLimits.from_config(self.config))
