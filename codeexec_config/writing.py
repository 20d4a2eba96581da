"""Write a config back: as plain built-ins and as TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codeexec_config import limits
from codeexec_config.model import CodeExecutionConfig, Mode, Sandboxed, Wasm, is_stand_in
from codeexec_config.references import escape

if TYPE_CHECKING:
    from codeexec_config.secret import Secret


def to_toml(config: CodeExecutionConfig, *, reveal_secrets: bool = False) -> str:
    """Write a config as the TOML of its section, so that loading it gives an equal one.

    Args:
        config: what to write; secrets are written as their references, and a literal `${` is escaped.
        reveal_secrets: write a literal secret's value into the text.

    Raises:
        ValueError: a secret is a literal, or the config stands for a mode that was not read.
    """
    plain = to_plain(config, reveal_secrets=reveal_secrets)
    mode = plain.pop("mode")
    lines = [f"[{limits.SECTION}]"]
    lines += (f"{key} = {_value(value)}" for key, value in plain.items())
    if isinstance(mode, str):
        lines.insert(2, f"mode = {_value(mode)}")
        return "\n".join(lines) + "\n"
    [(name, variant)] = mode.items()
    lines += ("", f"[{limits.SECTION}.mode.{name}]")
    lines += (f"{key} = {_value(value)}" for key, value in variant.items())
    return "\n".join(lines) + "\n"


def to_plain(config: CodeExecutionConfig, *, reveal_secrets: bool = False) -> dict[str, Any]:
    """Give a config as the built-ins that its TOML would parse to.

    Raises:
        ValueError: as in `to_toml`.
    """
    return {
        "enabled": config.enabled,
        "mode": _mode(config.mode, reveal_secrets=reveal_secrets),
        "allowed_languages": list(config.allowed_languages),
        "timeout_secs": config.timeout_secs,
        "max_memory_mb": config.max_memory_mb,
    }


def _mode(mode: Mode, *, reveal_secrets: bool) -> str | dict[str, Any]:
    if is_stand_in(mode):
        raise ValueError("the mode of this disabled section was not read, so it cannot be written; set its variables")
    if isinstance(mode, Wasm):
        return "wasm"
    if isinstance(mode, Sandboxed):
        return {"sandboxed": {"runtime": str(mode.runtime)}}
    external = {"url": escape(mode.url)}
    if mode.api_key is not None:
        external["api_key"] = _secret(mode.api_key, reveal=reveal_secrets)
    return {"external": external}


def _secret(secret: Secret, *, reveal: bool) -> str:
    if secret.reference is not None:
        return secret.reference
    if not secret.resolved:
        raise ValueError("the secret was not read, because code execution is disabled, and its text is no reference")
    if not reveal:
        raise ValueError("the secret is a literal; put it into the environment, or pass reveal_secrets=True")
    return escape(secret.reveal())


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _string(value) if isinstance(value, str) else str(value)


def _string(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(ch if ch.isprintable() else f"\\U{ord(ch):08X}" for ch in quoted) + '"'
