"""Warn of a key that the file itself holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codeexec_config import limits
from codeexec_config.findings import Finding

if TYPE_CHECKING:
    from codeexec_config.findings import Path

_UNBRACED = re.compile(rf"\$({limits.VARIABLE_PATTERN})")


def literal_secret(text: str, path: Path) -> Finding:
    """Return the warning on a key, or a part of one, that is written into the file."""
    if _UNBRACED.fullmatch(text):
        return Finding(
            "unbraced-reference",
            "this looks like a variable, but without braces it is the key itself",
            path,
            help="write ${NAME}, with the variable's name in braces",
        )
    return Finding(
        "literal-secret",
        "the key, or a part of it, is written into the file",
        path,
        help='put it into the environment and write api_key = "${CODE_EXEC_API_KEY}"',
    )
