"""The part of the library that a host implements: what an executor is, and how a config reaches one.

The library itself runs nothing. An executor gives `describe()` and `execute(request)`, or `execute_async(request)`;
`dispatch` picks the one for a config's mode, `guarded` holds it to the config, and `codeexec_config.conformance` tells
whether it keeps its promises.
"""

from __future__ import annotations

from codeexec_config.executor.adapting import as_async
from codeexec_config.executor.dispatching import ClientSideHandoff, dispatch, dispatch_runtime
from codeexec_config.executor.errors import (
    CapabilityUnsupported,
    ClientSideOnly,
    DeadlineOverrun,
    ExecutionDisabled,
    ExecutionError,
    ExecutorAuthError,
    ExecutorFault,
    ExecutorOverloaded,
    ExecutorUnavailable,
    InfrastructureError,
    LanguageNotAllowed,
    LanguageUnsupported,
    PolicyError,
    RequestError,
    RequestTooLarge,
    SessionNotFound,
)
from codeexec_config.executor.guarding import guarded, guarded_async
from codeexec_config.executor.protocols import (
    AsyncCodeExecutor,
    AsyncSupportsClose,
    AsyncSupportsHealth,
    AsyncSupportsSessions,
    AsyncSupportsStreaming,
    AsyncSupportsSweep,
    CodeExecutor,
    SupportsClose,
    SupportsHealth,
    SupportsSessions,
    SupportsStreaming,
    SupportsSweep,
)
from codeexec_config.executor.records import (
    FAULT_EXTENSION,
    Capability,
    ErrorInfo,
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    LanguageSupport,
    OutputChunk,
    SessionRequest,
    Status,
)
from codeexec_config.executor.shapes import check_executor

__all__ = [
    "FAULT_EXTENSION",
    "AsyncCodeExecutor",
    "AsyncSupportsClose",
    "AsyncSupportsHealth",
    "AsyncSupportsSessions",
    "AsyncSupportsStreaming",
    "AsyncSupportsSweep",
    "Capability",
    "CapabilityUnsupported",
    "ClientSideHandoff",
    "ClientSideOnly",
    "CodeExecutor",
    "DeadlineOverrun",
    "ErrorInfo",
    "ExecutionDisabled",
    "ExecutionError",
    "ExecutionLimits",
    "ExecutionRequest",
    "ExecutionResult",
    "ExecutorAuthError",
    "ExecutorFault",
    "ExecutorInfo",
    "ExecutorOverloaded",
    "ExecutorUnavailable",
    "InfrastructureError",
    "LanguageNotAllowed",
    "LanguageSupport",
    "LanguageUnsupported",
    "OutputChunk",
    "PolicyError",
    "RequestError",
    "RequestTooLarge",
    "SessionNotFound",
    "SessionRequest",
    "Status",
    "SupportsClose",
    "SupportsHealth",
    "SupportsSessions",
    "SupportsStreaming",
    "SupportsSweep",
    "as_async",
    "check_executor",
    "dispatch",
    "dispatch_runtime",
    "guarded",
    "guarded_async",
]
