"""Find the name that was meant: one that differs in case, in separators, or by a typing slip.

A slip is a letter or two within the words of a name. An extra, missing or different word makes another name, which
means something else.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SEPARATORS = expression(r"[\s_.-]+")
_HUMPS = expression(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIGIT = expression(r"[0-9]")
_LONGEST: Final = 64
_MOST_EDITS: Final = 2
_TOO_MANY: Final = _MOST_EDITS + 1
_SHORT: Final = 4
_TINY: Final = 2
_EXCLUDING: Final = frozenset("!#-^~")
"""Marks that exclude a name in other tools' lists; without its mark, a name means the opposite."""
_OTHER_WORDS: Final = frozenset({"app", "internal", "map", "maximum", "model", "modem", "unable", "wasi"})
"""Words a letter or two from one of ours that are not slips of it."""


def squeeze(name: str) -> str:
    """Drop what people vary: case and separators."""
    return _SEPARATORS.sub("", name).casefold()


def words_of(name: str, *, humps: bool = True) -> tuple[str, ...]:
    """Return the words of a name in lower case, split at separators and, with `humps`, as in camelCase."""
    parts = _SEPARATORS.split(_HUMPS.sub("_", name) if humps else name)
    return tuple(part.casefold() for part in parts if part)


def is_excluded(text: str) -> bool:
    """Check for a mark in front of a text that excludes what it names."""
    return text.strip()[:1] in _EXCLUDING


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the one candidate that a misspelt name means, or None if none or several may be meant."""
    if is_excluded(name):
        return None
    known = tuple(candidates)
    plain = _squeezed(known)
    wanted = squeeze(name)
    if wanted in plain:
        return plain[wanted]
    if not wanted or len(wanted) > _LONGEST or _DIGIT.search(wanted) or not name.isascii():
        return None
    splits = {words_of(name), words_of(name, humps=False)}
    if _has_a_word_more(words_of(name), plain):
        return None
    likely = [known for text, known in plain.items() if abs(len(text) - len(wanted)) <= _MOST_EDITS]
    found = sorted((min(_edits(words, words_of(known)) for words in splits), known) for known in likely)
    if not found:
        return None
    fewest, meant = found[0]
    is_sure = fewest <= _MOST_EDITS and not any(edits == fewest for edits, _ in found[1:])
    return meant if is_sure else None


def _has_a_word_more(words: tuple[str, ...], plain: Mapping[str, str]) -> bool:
    """Check for a known name with one more word in it, which may be as short as a slip."""
    return len(words) > 1 and any("".join((*words[:gap], *words[gap + 1 :])) in plain for gap in range(len(words)))


@cache
def _squeezed(candidates: tuple[str, ...]) -> dict[str, str]:
    # Cached forever: the candidates are names of the model, never text from a file.
    return {squeeze(candidate): candidate for candidate in candidates}


def slipped(words: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Check whether words are known ones with at most a slip or two; a digit, as of a version, makes another name."""
    has_same_digits = _DIGIT.findall("".join(words)) == _DIGIT.findall("".join(known))
    return has_same_digits and _edits(words, known) <= _MOST_EDITS


def _edits(words: tuple[str, ...], known: tuple[str, ...]) -> int:
    """Count the slips between words and known ones, each word in its place; too many if they mean something else.

    A word may be split into several, or several may be run together.
    """
    if not words or not known:
        return 0 if words == known else _TOO_MANY
    best = _TOO_MANY
    for count in range(1, len(known) + 1):
        if (edits := _run_together(words[0], known[:count])) < best:
            best = min(best, edits + _edits(words[1:], known[count:]))
    for count in range(2, len(words) + 1):
        if "".join(words[:count]) == known[0]:
            best = min(best, _edits(words[count:], known[1:]))
    return best


def _run_together(text: str, known: tuple[str, ...]) -> int:
    if abs(len(text) - sum(map(len, known))) > _MOST_EDITS or _has_another_word(text, known):
        return _TOO_MANY
    first, *rest = known
    if not rest:
        return _word_edits(text, first)
    best = _TOO_MANY
    slack = _slack(first)
    for length in range(max(1, len(first) - slack), len(first) + slack + 1):
        if length < len(text) and (edits := _word_edits(text[:length], first)) < best:
            best = min(best, edits + _run_together(text[length:], tuple(rest)))
    return best


def _has_another_word(text: str, known: tuple[str, ...]) -> bool:
    """Check for a word that is not a slip: an extra one of two letters, such as `is` or `no`, or a listed one."""
    whole = "".join(known)
    gaps = list(accumulate((len(word) for word in known), initial=0))
    if len(text) == len(whole) + 2:
        return any(text[:gap] + text[gap + 2 :] == whole for gap in gaps)
    parts = ((whole[:start], whole[end:]) for start, end in pairwise(gaps))
    return any(
        text.startswith(before) and text.endswith(behind) and _between(text, before, behind) in _OTHER_WORDS
        for before, behind in parts
    )


def _between(text: str, before: str, behind: str) -> str:
    return text[len(before) : len(text) - len(behind)]


def _slack(word: str) -> int:
    return 1 if len(word) <= _SHORT else _MOST_EDITS


def _word_edits(text: str, word: str) -> int:
    """Count the edits between a text and a word; in a short word, another first letter makes another word."""
    if text == word:
        return 0
    if text in _OTHER_WORDS:
        return _TOO_MANY
    if len(word) <= _TINY and set(text) != set(word):
        return _TOO_MANY
    is_swap = sorted(text) == sorted(word)
    if len(word) <= _SHORT and len(text) == len(word) and text[0] != word[0] and not is_swap:
        return _TOO_MANY
    edits = distance(text, word)
    return edits if edits <= _slack(word) else _TOO_MANY


def distance(one: str, other: str) -> int:
    """Count the letters to add, drop, change or swap with the next one to turn one text into another.

    More edits than matter are not counted exactly: each letter that one text has and the other lacks needs its own
    edit.
    """
    lacking = max(len(set(other).difference(one)), len(set(one).difference(other)))
    if max(lacking, abs(len(one) - len(other))) > _MOST_EDITS:
        return _TOO_MANY
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, goal in enumerate(other, 1):
            least = min(above[column] + 1, line[column - 1] + 1, above[column - 1] + (letter != goal))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == goal:
                least = min(least, before[column - 2] + 1)
            line.append(least)
        before, above = above, line
    return above[-1]
