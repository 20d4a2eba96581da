"""The executor protocol: what a host implements, and how a config reaches it.

The library itself runs nothing. An executor has `describe()` and `execute(request)`, or `execute_async(request)`;
`dispatch` picks the one for a config's mode, `guarded` enforces the config on it, and `codeexec_config.conformance`
tests whether it keeps its promises. `require_support`, `encode_request`, `cut_output` and `run_then_clean_up` spare
authors of executors from writing common code again.
"""

from __future__ import annotations

from codeexec_config.executor.adapting import as_async
from codeexec_config.executor.authoring import OutputFields, cut_output, require_support
from codeexec_config.executor.cleaning import run_then_clean_up, run_then_clean_up_async
from codeexec_config.executor.dispatching import ClientSideHandoff, canonical_language, dispatch, dispatch_runtime
from codeexec_config.executor.encoding import EncodedRequest, encode_request
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
    "EncodedRequest",
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
    "OutputFields",
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
    "canonical_language",
    "check_executor",
    "cut_output",
    "dispatch",
    "dispatch_runtime",
    "encode_request",
    "guarded",
    "guarded_async",
    "require_support",
    "run_then_clean_up",
    "run_then_clean_up_async",
]
