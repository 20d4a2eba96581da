"""The inputs and outputs of an executor: frozen records, valid by construction."""

from __future__ import annotations

from codeexec_config.executor.records.description import ExecutorInfo, LanguageSupport
from codeexec_config.executor.records.limiting import CONFIG_KEY, ExecutionLimits
from codeexec_config.executor.records.request import ExecutionRequest, SessionRequest
from codeexec_config.executor.records.result import ErrorInfo, ExecutionResult, OutputChunk
from codeexec_config.executor.records.vocabulary import FAULT_EXTENSION, PROTOCOL, Capability, Status, StreamName

__all__ = [
    "CONFIG_KEY",
    "FAULT_EXTENSION",
    "PROTOCOL",
    "Capability",
    "ErrorInfo",
    "ExecutionLimits",
    "ExecutionRequest",
    "ExecutionResult",
    "ExecutorInfo",
    "LanguageSupport",
    "OutputChunk",
    "SessionRequest",
    "Status",
    "StreamName",
]
