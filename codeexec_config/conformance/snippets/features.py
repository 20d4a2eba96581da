"""Features that an interpreter may lack by design: imports, and child processes."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["FEATURES", "uses"]

FEATURES: Final = ("imports", "processes")
"""Each is the purpose of a program that prints `works`, and a name that a profile of the command can take away."""

_SIGNS: Final = {
    ("python", "imports"): re.compile(r"^\s*(?:import|from) ", re.MULTILINE),
    ("python", "processes"): re.compile(r"\b(?:subprocess|multiprocessing)\b|\bos\.fork\b"),
    ("javascript", "imports"): re.compile(r"\brequire\(|\bprocess\."),
    ("javascript", "processes"): re.compile(r"child_process"),
    ("ruby", "imports"): re.compile(r"^require ", re.MULTILINE),
    ("ruby", "processes"): re.compile(r"\bspawn\(|\bfork\b"),
}


def uses(language: str, feature: str, code: str) -> bool:
    """Check whether a program needs a feature of its interpreter."""
    sign = _SIGNS.get((language, feature))
    return sign is not None and sign.search(code) is not None
