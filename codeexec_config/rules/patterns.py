"""Judge the glob patterns of a policy: one that can match nothing is a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codeexec_config.expressions import expression
from codeexec_config.findings import Finding

if TYPE_CHECKING:
    from codeexec_config.findings import Path

_HOST: Final = expression(r"(?:[A-Za-z0-9_.*?:-]|\[!?[A-Za-z0-9_.:-]+\])+")
_VARIABLE: Final = expression(r"(?:[A-Za-z0-9_*?]|\[!?[A-Za-z0-9_-]+\])+")
_IPV6_IN_BRACKETS: Final = expression(r"\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\](?::[0-9]*)?")
_PORT: Final = expression(r"[^:]*:[0-9]*|[^:]*[G-Zg-z._][^:]*:[^:]*")
"""A colon before a number, or after characters that cannot be part of an IPv6 address."""


def judge_host(value: str, path: Path) -> Finding | None:
    """Judge the glob of a host, which must contain no other part of a URL."""
    if not value:
        reason = "it is empty"
    elif "/" in value:
        reason = "it is a URL, or part of one"
    elif value.startswith("."):
        reason = "it begins with a dot"
    elif not _HOST.fullmatch(value):
        reason = "it contains a character that hosts cannot have"
    elif _IPV6_IN_BRACKETS.fullmatch(value):
        reason = "it has the brackets of a URL"
    elif _PORT.fullmatch(value):
        reason = "it has a port"
    else:
        return None
    help_ = "write the host alone, such as code-exec.example.com, *.example.com or fd00:*"
    return Finding("invalid-url", f"this pattern matches no host: {reason}", path, help=help_)


def judge_variable(value: str, path: Path) -> Finding | None:
    """Judge a glob of variable names."""
    if _VARIABLE.fullmatch(value):
        return None
    reason = "it contains a character that names cannot have" if value else "it is empty"
    message = f"this pattern matches no variable: {reason}"
    return Finding("invalid-reference", message, path, help="write the name alone, such as CODE_EXEC_*")
