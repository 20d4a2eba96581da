"""The public API as a consumer's type checker sees it; checked by mypy and pyright, never run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_never, assert_type

import cattrs

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    ConfigWarning,
    Diagnostic,
    External,
    Mode,
    Report,
    Runtime,
    Sandboxed,
    Secret,
    Severity,
    Span,
    Wasm,
    check_file,
    check_mapping,
    check_text,
    load,
    load_mapping,
    loads,
    register_hooks,
    to_toml,
)


def narrowing(mode: Mode) -> str:
    """Every variant is handled, and each is narrowed to its own fields."""
    match mode:
        case Wasm():
            assert_type(mode, Wasm)
            return "wasm"
        case Sandboxed(runtime=runtime):
            assert_type(runtime, Runtime)
            return runtime.value
        case External(url=url, api_key=key):
            assert_type(url, str)
            assert_type(key, Secret | None)
            return url
        case _:
            assert_never(mode)


def loading(path: Path, text: str, table: Mapping[str, Any], env: Mapping[str, str]) -> None:
    """Each entry point returns the same type."""
    config = load(path, env=env, section="a.b", allow_env=["A_*"], strict=True)
    assert_type(config, CodeExecutionConfig)
    assert_type(load("app.toml", allow_env="A_*"), CodeExecutionConfig)
    assert_type(loads(text, filename="x"), CodeExecutionConfig)
    assert_type(load_mapping(table), CodeExecutionConfig)
    assert_type(config.mode, Wasm | Sandboxed | External)
    assert_type(config.allowed_languages, tuple[str, ...])
    assert_type(to_toml(config, reveal_secrets=False), str)
    register_hooks(cattrs.Converter(), env=env)


def checking(path: Path, text: str, table: Mapping[str, Any]) -> None:
    """A report is data."""
    report = check_file(path, offline=True)
    assert_type(report, Report)
    assert_type(check_text(text), Report)
    assert_type(check_mapping(table), Report)
    assert_type(report.config, CodeExecutionConfig | None)
    assert_type(report.diagnostics, tuple[Diagnostic, ...])
    assert_type(report.errors, tuple[Diagnostic, ...])
    assert_type(report.ok, bool)
    assert_type(report.env_reads, tuple[str, ...])
    for diagnostic in report.diagnostics:
        assert_type(diagnostic.severity, Severity)
        assert_type(diagnostic.span, Span | None)
        assert_type(diagnostic.path, tuple[str | int, ...])


def building() -> CodeExecutionConfig:
    """Constructors take members or their strings, lists or tuples."""
    Sandboxed(runtime="docker")
    Sandboxed(runtime=Runtime.DOCKER)
    return CodeExecutionConfig(
        mode=External(url="https://x", api_key=Secret("k", reference="${K}")), allowed_languages=["python"]
    )


def catching(error: ConfigError, warning: ConfigWarning) -> None:
    """What is raised and what is warned of carries diagnostics."""
    assert_type(error.diagnostics, tuple[Diagnostic, ...])
    assert_type(warning.diagnostic, Diagnostic)
