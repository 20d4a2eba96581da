"""Find the name that somebody meant."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEY_CUTOFF = 0.6
_NAME_CUTOFF = 0.7
_SEPARATORS = re.compile(r"[\s_.-]+")
_LONGEST = 64


def squeeze(name: str) -> str:
    """Drop what people vary: case and separators."""
    return _SEPARATORS.sub("", name).casefold()


def nearest_key(name: str, candidates: Iterable[str]) -> str | None:
    """Return the key that a misspelt one stands for, or None."""
    return _nearest(name, candidates, _KEY_CUTOFF)


def nearest_name(name: str, candidates: Iterable[str]) -> str | None:
    """Return the mode, runtime or language that a misspelt one stands for, or None; stricter, as names are short."""
    return _nearest(name, candidates, _NAME_CUTOFF)


def _nearest(name: str, candidates: Iterable[str], cutoff: float) -> str | None:
    plain = _squeezed(tuple(candidates))
    wanted = squeeze(name)
    if wanted in plain:
        return plain[wanted]
    if not wanted or len(wanted) > _LONGEST:
        return None
    from difflib import get_close_matches  # here: a file that is right needs no suggestion

    likely = [text for text in plain if _may_match(wanted, text, cutoff)]
    close = get_close_matches(wanted, likely, n=1, cutoff=cutoff)
    return plain[close[0]] if close else None


@cache
def _squeezed(candidates: tuple[str, ...]) -> dict[str, str]:
    # Kept for good: the candidates are names of the table, never text of a file.
    return {squeeze(candidate): candidate for candidate in candidates}


def _may_match(wanted: str, candidate: str, cutoff: float) -> bool:
    """Rule out, cheaply, what cannot reach difflib's ratio: letters that both have, doubled, in all letters."""
    total = len(wanted) + len(candidate)
    return 2 * min(len(wanted), len(candidate)) / total >= cutoff and (
        2 * sum(map(candidate.__contains__, wanted)) / total >= cutoff
    )


def is_near(text: str, target: str) -> bool:
    """Check whether two squeezed texts are one or two letters apart, fewer in a short text."""
    slack = min(2, len(target) // 4)
    if abs(len(text) - len(target)) > slack:
        return False
    from difflib import SequenceMatcher

    same = sum(block.size for block in SequenceMatcher(None, text, target, autojunk=False).get_matching_blocks())
    return max(len(text), len(target)) - same <= slack
