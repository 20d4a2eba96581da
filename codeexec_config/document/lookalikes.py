"""Explain characters that are invisible, or that look like those of TOML but are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codeexec_config.document.characters import described, is_letter, plain, strange
from codeexec_config.document.slips import Reason
from codeexec_config.document.tokens import Due
from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from codeexec_config.document.flaws import Change
    from codeexec_config.document.slips import Slip

_DOUBLE: Final = "“”„‟″＂"  # noqa: RUF001 -- look-alikes are the subject
_SINGLE: Final = "‘’‚‛′＇"  # noqa: RUF001
_CURLY: Final = expression(f"[{_DOUBLE}{_SINGLE}]")
_CURLY_END: Final = expression(rf"[{_DOUBLE}{_SINGLE}](?=[ \t]*(?:[,;\]}}]|#|\r?\n|\Z))")
"""A curly quote where a string may end; elsewhere it may be an apostrophe."""
_PAIRS: Final = expression(
    r"(?P<right>\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\n]*')|(?P<comment>#)"
    rf"|(?P<double>[{_DOUBLE}\"])[^{_DOUBLE}\"\\\n]*[{_DOUBLE}\"]|[{_SINGLE}'][^{_SINGLE}'\n]*[{_SINGLE}']"
)
_BARE: Final = expression(r"[^\s=.\[\]{}\"',#]+")
_HINTS: Final = {
    " ": "it looks like a space; write a plain one",
    "": "it is invisible; remove it",
    '"': "write straight quotes",
    "'": "write straight quotes",
}
_LINE_ENDS: Final = frozenset("\x85\u2028\u2029")
"""Characters that end a line elsewhere, but not in TOML."""
_NAMED: Final = frozenset({Due.KEY, Due.EQUALS, Due.VALUE, Due.LINE_END, Due.HEADER_END, Due.COMMA})


def explain_look_alike(slip: Slip) -> Reason | None:
    """Name the character at which the text becomes unreadable, and the one that was meant."""
    if slip.due is Due.QUOTE:
        return _curly_end(slip)
    if slip.due not in _NAMED:
        return None
    at = _place(slip)
    if at is None:
        return None
    character = slip.text[at]
    meant = plain(character)
    is_of_key = is_letter(character) and slip.due in {Due.KEY, Due.EQUALS} and not _is_meant(slip, at)
    if meant is None or is_of_key or (meant == ":" and slip.due is Due.EQUALS):
        return None
    if character in _LINE_ENDS and (slip.due in {Due.KEY, Due.LINE_END, Due.COMMA} or at > slip.began):
        change = (at, at + 1, "\n")
        return Reason(f"unexpected {described(character)}", "write a line feed", "write a line feed", (change,), at=at)
    help_ = _HINTS.get(meant, f"it looks like {meant}; write that")
    changes = _quotes(slip, at) if meant in {'"', "'"} else _run(slip.text, at)
    return Reason(f"unexpected {described(character)}", help_, "write it in ASCII", changes, at=at)


def _place(slip: Slip) -> int | None:
    """Return where the character is: at the flaw, or within the word of an unreadable value."""
    if slip.at < len(slip.text) and plain(slip.text[slip.at]) is not None:
        return slip.at
    found = strange(slip.word) if slip.due is Due.VALUE else None
    return slip.began + found[0] if found else None


def _is_meant(slip: Slip, at: int) -> bool:
    """Check that a letter of another script was meant as the ASCII one: in a key that is otherwise ASCII."""
    start = at
    while start > 0 and _BARE.fullmatch(slip.text[start - 1]):
        start -= 1
    found = _BARE.match(slip.text, start)
    return found is not None and strange(found[0]) is not None


def _run(text: str, at: int) -> tuple[Change, ...]:
    """Replace a character and those after it that look like ASCII too."""
    end = at
    written = ""
    while end < len(text) and (meant := plain(text[end])) is not None and meant not in {'"', "'"}:
        written += meant
        end += 1
    return ((at, end, written),)


def _quotes(slip: Slip, at: int) -> tuple[Change, ...]:
    """Straighten the quotes from a place to the end of its line, in pairs, up to a string that may have curly ones."""
    changes: list[Change] = []
    for found in _PAIRS.finditer(slip.text, at, slip.line_end(at)):
        if found["comment"] or (found["right"] and _CURLY.search(found["right"])):
            break
        if found["right"]:
            continue
        quote = '"' if found["double"] else "'"
        ends = ((found.start(), found.start() + 1), (found.end() - 1, found.end()))
        changes += ((start, end, quote) for start, end in ends if slip.text[start] != quote)
    return tuple(changes) if changes and changes[0][0] == at else ()


def _curly_end(slip: Slip) -> Reason | None:
    """Name the curly quote where a string should be closed."""
    opening = slip.at if slip.opening is None else slip.opening
    ends = list(_CURLY_END.finditer(slip.text, opening, slip.at))
    if not ends or slip.text.startswith(slip.text[opening] * 3, opening):
        return None
    found = ends[-1]
    change = (found.start(), found.end(), slip.text[opening])
    message = f"unexpected {described(found[0])}: it does not close a string"
    is_certain = len(ends) == 1 or not slip.scan.brackets
    changes = (change,) if is_certain else ()
    return Reason(message, "write straight quotes", "write a straight quote", changes, at=found.start())
