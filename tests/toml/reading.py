"""Read a text in every way: by the package, by the standard library, by tomlkit."""

from __future__ import annotations

import tomllib
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from codeexec_config.document import Document
from codeexec_config.document.parse import BOM, parse


def by_us(text: str) -> dict[str, Any] | None:
    """Read a text as the package does, or return None where it refuses."""
    outcome = parse(text, None)
    return outcome.data if isinstance(outcome, Document) else None


def by_tomllib(text: str) -> dict[str, Any] | None:
    """Read a text with this Python's own parser, of TOML 1.0 or 1.1."""
    try:
        return tomllib.loads(text.removeprefix(BOM))
    except ValueError:
        return None


def by_tomlkit(text: str) -> dict[str, Any] | None:
    """Read a text with tomlkit, of TOML 1.1; it keeps the line ends of long strings."""
    try:
        return tomlkit.parse(text.removeprefix(BOM).replace("\r\n", "\n")).unwrap()
    except (TOMLKitError, ValueError):
        return None


def same(one: Any, other: Any) -> bool:
    """Compare plain data; nan equals itself, 1 is not 1.0, and 0.0 is not -0.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    equal = repr(one) == repr(other) if isinstance(one, float) else one == other
    return type(one) is type(other) and equal
