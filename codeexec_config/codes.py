"""Every code that a diagnostic can have, with its usual severity."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["CODES", "Severity"]


class Severity(StrEnum):
    """The severity of a finding: an error fails, a warning fails under `strict`, a note never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_ERROR, _WARNING, _NOTE = Severity

CODES: Final[dict[str, Severity]] = {
    "unreadable-file": _ERROR,
    "invalid-encoding": _ERROR,
    "file-too-large": _ERROR,
    "invalid-toml": _ERROR,
    "wrong-type": _ERROR,
    "unknown-key": _ERROR,
    "missing-key": _ERROR,
    "unknown-mode": _ERROR,
    "unknown-runtime": _ERROR,
    "empty-mode": _ERROR,
    "ambiguous-mode": _ERROR,
    "out-of-range": _ERROR,
    "empty-languages": _ERROR,
    "invalid-language": _ERROR,
    "unsupported-language": _ERROR,
    "unknown-language": _WARNING,
    "duplicate-language": _WARNING,
    "unset-variable": _ERROR,
    "invalid-reference": _ERROR,
    "forbidden-variable": _ERROR,
    "reference-not-allowed": _ERROR,
    "foreign-reference": _WARNING,
    "invalid-url": _ERROR,
    "credentials-in-url": _ERROR,
    "metadata-url": _ERROR,
    "insecure-url": _ERROR,
    "empty-secret": _ERROR,
    "malformed-secret": _ERROR,
    "literal-secret": _WARNING,
    "missing-secret": _NOTE,
    "misplaced-section": _WARNING,
    "section-not-found": _NOTE,
    "policy-violation": _ERROR,
}
"""The severity of each code; rules across keys only warn in a disabled section."""
