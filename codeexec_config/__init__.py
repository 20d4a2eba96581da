"""Read, check and explain the `[features.code_execution]` section of a TOML file."""

from typing import TYPE_CHECKING

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
    "json_schema",
    "load",
    "load_mapping",
    "loads",
    "register_hooks",
    "to_toml",
]

if TYPE_CHECKING:
    from codeexec_config.schema import json_schema
else:

    def __getattr__(name: str) -> object:
        # No host needs a schema to start up.
        if name == "json_schema":
            from codeexec_config.schema import json_schema

            return json_schema
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
