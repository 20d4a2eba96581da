"""Read, check and explain the `[features.code_execution]` section of a TOML file."""

from codeexec_config.diagnostics import (
    ConfigError,
    ConfigWarning,
    Deferred,
    Diagnostic,
    Edit,
    Fix,
    Position,
    Related,
    Report,
    Severity,
    Span,
)
from codeexec_config.loading import check_file, check_mapping, check_text, load, load_mapping, loads, register_hooks
from codeexec_config.model import CodeExecutionConfig, External, Mode, Runtime, Sandboxed, Wasm
from codeexec_config.secret import Secret
from codeexec_config.writing import to_toml

__all__ = [
    "CodeExecutionConfig",
    "ConfigError",
    "ConfigWarning",
    "Deferred",
    "Diagnostic",
    "Edit",
    "External",
    "Fix",
    "Mode",
    "Position",
    "Related",
    "Report",
    "Runtime",
    "Sandboxed",
    "Secret",
    "Severity",
    "Span",
    "Wasm",
    "check_file",
    "check_mapping",
    "check_text",
    "load",
    "load_mapping",
    "loads",
    "register_hooks",
    "to_toml",
]
