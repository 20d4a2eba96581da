"""Read the dotted path of a section as TOML reads a key."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from codeexec_config import limits
from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from codeexec_config.findings import Path

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_SECTION = expression(rf"[ \t]*{_PART}(?:[ \t]*\.[ \t]*{_PART})*[ \t]*")


def read_path(section: str) -> Path:
    """Return the parts of a dotted path; a part in quotes may contain dots.

    Raises:
        ValueError: it is not a dotted path.
    """
    path = _key_parts(section) if _SECTION.fullmatch(section) else ()
    if not path:
        raise ValueError('section must be a dotted path such as features.code_execution, or a."b.c"')
    if len(path) > limits.MAX_KEY_PARTS:
        raise ValueError(f"section has more parts than a key may have, {limits.MAX_KEY_PARTS}")
    return path


def _key_parts(key: str) -> Path:
    try:
        table: Any = tomllib.loads(f"{key} = 0")
    except (ValueError, RecursionError):
        return ()
    parts: list[str] = []
    while table != 0:
        [(part, table)] = table.items()
        parts.append(part)
    return tuple(parts)
