"""Read, check and explain the `[features.code_execution]` section of a TOML file.

`load` and `loads` return a `CodeExecutionConfig` or raise one `ConfigError`; `check_file` and `check_text` return a
`Report` of everything that is wrong; `load_mapping` and `check_mapping` take the section's own table. `Policy` limits
what a file may ask for, `SecretsDirectory` reads variables from mounted files, `to_toml` and `json_schema` write a
config and its schema, `apply_fixes` fixes a text, `register_hooks` teaches a cattrs converter the section.
"""

from typing import TYPE_CHECKING

from codeexec_config.loading import check_file, check_mapping, check_text, load, load_mapping, loads
from codeexec_config.model import CodeExecutionConfig, External, Mode, Runtime, Sandboxed, Wasm
from codeexec_config.secret import Secret

if TYPE_CHECKING:
    from codeexec_config._version import VERSION as __version__  # noqa: N811 -- the name that tools look for
    from codeexec_config.codes import CODES, Severity
    from codeexec_config.diagnostics import Deferred, Diagnostic, Edit, Fix, Origin, Position, Related, Span
    from codeexec_config.document.edits import apply_fixes
    from codeexec_config.hooks import register_hooks
    from codeexec_config.policy import Policy
    from codeexec_config.policy_file import load_policy
    from codeexec_config.report import ConfigError, ConfigWarning, Report
    from codeexec_config.schema import json_schema
    from codeexec_config.secrets_directory import SecretsDirectory
    from codeexec_config.writing import to_toml

__all__ = [
    "CODES",
    "CodeExecutionConfig",
    "ConfigError",
    "ConfigWarning",
    "Deferred",
    "Diagnostic",
    "Edit",
    "External",
    "Fix",
    "Mode",
    "Origin",
    "Policy",
    "Position",
    "Related",
    "Report",
    "Runtime",
    "Sandboxed",
    "Secret",
    "SecretsDirectory",
    "Severity",
    "Span",
    "Wasm",
    "__version__",
    "apply_fixes",
    "check_file",
    "check_mapping",
    "check_text",
    "json_schema",
    "load",
    "load_mapping",
    "load_policy",
    "loads",
    "register_hooks",
    "to_toml",
]

# Imported on first use: a host that loads a valid file needs none of these.
_LATER = {
    "CODES": "codes",
    "ConfigError": "report",
    "ConfigWarning": "report",
    "Deferred": "diagnostics",
    "Diagnostic": "diagnostics",
    "Edit": "diagnostics",
    "Fix": "diagnostics",
    "Origin": "diagnostics",
    "Policy": "policy",
    "Position": "diagnostics",
    "Related": "diagnostics",
    "Report": "report",
    "SecretsDirectory": "secrets_directory",
    "Severity": "codes",
    "Span": "diagnostics",
    "__version__": "_version",
    "apply_fixes": "document.edits",
    "json_schema": "schema",
    "load_policy": "policy_file",
    "register_hooks": "hooks",
    "to_toml": "writing",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"codeexec_config.{_LATER[name]}")
    value: object = getattr(module, "VERSION" if name == "__version__" else name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
