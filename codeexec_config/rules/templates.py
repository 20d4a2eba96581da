"""Judge texts with references, each taken as set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config import references
from codeexec_config.references import Reference
from codeexec_config.rules.alone import judge

if TYPE_CHECKING:
    from codeexec_config.keys import Key


def is_whole_reference(key: Key, text: str) -> bool:
    """Check that a text is one reference, whose default, if any, is a valid number or boolean for the key."""
    segments = references.parse(text)
    if len(segments) != 1 or not isinstance(segments[0], Reference):
        return False
    default = segments[0].default
    if default is None:
        return True
    value = references.read_typed(key.kind, default)
    return value is not None and judge(key, value, (key.name,), {}) is None
