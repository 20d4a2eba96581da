"""Write a config as plain built-ins and as TOML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

import attrs

from codeexec_config import limits
from codeexec_config.keys import Key, keys_of, union_of
from codeexec_config.model import VARIANTS, CodeExecutionConfig, is_stand_in, name_of
from codeexec_config.references import escape

if TYPE_CHECKING:
    from codeexec_config.secret import Secret


def to_toml(config: CodeExecutionConfig, *, reveal_secrets: bool = False) -> str:
    """Write a config as the TOML of its section, so that loading it gives an equal one.

    Args:
        config: what to write; secrets are written as their references, and a literal `${` is escaped.
        reveal_secrets: whether to write a literal secret's value into the text.

    Raises:
        TypeError: it is not a `CodeExecutionConfig`.
        ValueError: a secret is a literal, or the config's mode was not read.
    """
    if not attrs.has(type(config)) or union_of(type(config)) is None:
        raise TypeError("config must be a CodeExecutionConfig")
    plain = to_plain(config, reveal_secrets=reveal_secrets)
    tables = {key: value for key, value in plain.items() if isinstance(value, dict)}
    lines = [f"[{limits.SECTION}]"]
    lines += (f"{key} = {_value(value)}" for key, value in plain.items() if key not in tables)
    for key, table in tables.items():
        for name, variant in table.items():
            lines += ("", f"[{limits.SECTION}.{key}.{name}]")
            lines += (f"{inner} = {_value(value)}" for inner, value in variant.items())
    return "\n".join(lines) + "\n"


def to_plain(config: Any, *, reveal_secrets: bool = False) -> dict[str, Any]:
    """Return a config, or one of its variants, as the built-ins that its TOML would parse to.

    Raises:
        ValueError: as in `to_toml`.
    """
    values = ((key, getattr(config, key.name)) for key in keys_of(type(config)))
    return {
        key.name: _plain(key, value, reveal=reveal_secrets)
        for key, value in values
        if value is not None or key.default is not None
    }


def _plain(key: Key, value: Any, *, reveal: bool) -> Any:
    match key.kind:
        case "boolean" | "integer":
            return value
        case "text":
            return escape(value)
        case "choice":
            return str(value)
        case "secret":
            return secret_to_plain(value, reveal_secrets=reveal)
        case "list":
            return [escape(entry) for entry in value]
        case "union":
            return union_to_plain(value, reveal_secrets=reveal)
        case _:
            assert_never(key.kind)


def union_to_plain(mode: Any, *, reveal_secrets: bool = False) -> str | dict[str, Any]:
    """Return a mode as the value of its key: the bare name, or a table with the discriminator.

    Raises:
        ValueError: as in `to_toml`.
    """
    if is_stand_in(mode):
        raise ValueError("the mode was not read, because code execution is disabled, so it cannot be written")
    name = name_of(mode)
    plain = to_plain(mode, reveal_secrets=reveal_secrets)
    return {name: plain} if plain or name != next(iter(VARIANTS)) else name


def secret_to_plain(secret: Secret, *, reveal_secrets: bool = False) -> str:
    """Return a secret as its reference.

    Raises:
        ValueError: as in `to_toml`.
    """
    if secret.reference is not None:
        return secret.reference
    if not secret.resolved:
        raise ValueError("the secret was not read, because code execution is disabled, and its text is not a reference")
    if not reveal_secrets:
        raise ValueError(
            "the secret is a literal; put it into the environment, or use to_toml(..., reveal_secrets=True)"
        )
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
