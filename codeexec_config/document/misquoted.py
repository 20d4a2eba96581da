"""Explain strings that end too early, or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from codeexec_config import limits
from codeexec_config.document.slips import Reason
from codeexec_config.document.unquoted import due_form, fits, in_braces
from codeexec_config.expressions import expression
from codeexec_config.rules.foreign import recognised

if TYPE_CHECKING:
    from codeexec_config.document.slips import Slip

_QUOTES: Final = frozenset("\"'")
_UNCLOSED_TEXT: Final = expression(r"[^\s\"'#,;\\\[\]{}=](?:[^\"'#,;\\\[\]{}=]*[^\s\"'#,;\\\[\]{}=])?(?=[ \t]*\Z)")
_ENDS_BELOW: Final = (
    r"\s*(?:[^{0}\n]*|(?![#\[]|[A-Za-z0-9_.-]+[ \t]*=)[^{0}]*){0}"
    r"[ \t]*[,;]?[ \t]*[\]}}]*[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)"
)
"""Up to the quote that ends a line further down: the next line, or one after lines that are not statements."""
_OTHER_QUOTE: Final = expression(r"[^\"'#,;\\\[\]]*([\"'])(?=[ \t]*\Z)")
_NO_TEXT: Final = expression(r"[,;]|[\]}]+[ \t]*(?:#|\Z)")
"""What may follow a string that ended where it should."""
_APOSTROPHE: Final = expression(r"'[^\"\\#]*'(?=[ \t]*\Z)")
_DOUBLED: Final = expression(r"([\"'])\1([^\s\"'\\#](?:[^\"'\\#]*[^\s\"'\\#])?)\1\1(?=[ \t]*(?:#|\Z))")
_INNER_QUOTES: Final = expression(r"\"(?:[^\"'\\#]*\"){3,100}(?=[ \t]*\Z)")
_QUOTED_DEFAULT: Final = r"{0}[^{0}\\]*\$\{{{1}:?[-?]({0})[^{0}\\]*({0})\}}[^{0}\\]*{0}(?=[ \t]*(?:#|\Z))"

_NEXT_PAIR: Final = expression(r"[\"'][ \t]*,[ \t]*[A-Za-z0-9_.-]+[ \t]*=")
"""What follows a string that ends where it should, before another key."""
_RUNS_ON: Final = expression(r",(?:[ \t]*[A-Za-z0-9_.-]+[ \t]*=)?[ \t]*\Z")
"""The end of a string that runs up to the opening quote of the next one in its array or inline table."""
_ENDED: Final = "a quote within this string ends it"


def explain_unclosed(slip: Slip) -> Reason:
    """Return why a string has no end."""
    opening = slip.at if slip.opening is None else slip.opening
    related = ("the string begins here", opening)
    quote = slip.text[opening]
    if slip.text.startswith(quote * 3, opening):
        return Reason("this string is not closed", f"close it with {quote * 3}", related=related)
    body = slip.text[opening + 1 : slip.at]
    message = "this string is not closed on its line"
    if re.compile(_ENDS_BELOW.format(quote)).match(slip.text, slip.at):
        more = "" if slip.key else f"; a multi-line string is written in {quote * 3}"
        return Reason(message, f"write it on one line{more}", related=related)
    if found := _OTHER_QUOTE.fullmatch(body.rstrip()):
        place = opening + 1 + found.start(1)
        help_ = "close it with the quote that opens it"
        return Reason(message, help_, "write the same quote", ((place, place + 1, quote),), related=related)
    if found := _UNCLOSED_TEXT.match(body):
        place = opening + 1 + found.end()
        return Reason(message, "write the quote", "write the quote", ((place, place, quote),), related=related)
    if quote == '"' and body.endswith('\\"'):
        return Reason(message, 'a backslash before a quote makes it part of the text; write \\\\"', related=related)
    return Reason(message, "close it with the quote that opens it", related=related)


def explain_early_end(slip: Slip) -> Reason | None:
    """Return why there is more text after a string that has ended at a quote."""
    quote = slip.text[slip.began]
    before = slip.text[slip.at - 1]
    if quote not in _QUOTES or before != quote or slip.began == slip.at or _NO_TEXT.match(slip.rest):
        return None
    reason = _explain_default(slip) or _explain_doubled(slip) or _explain_stray(slip) or _explain_behind(slip)
    return (reason or _explain_inner(slip))._replace(related=("the string begins here", slip.began))


def _explain_default(slip: Slip) -> Reason | None:
    """Explain quotes around the default of a reference."""
    found = re.match(_QUOTED_DEFAULT.format(slip.text[slip.began], limits.VARIABLE_PATTERN), slip.line)
    if not found:
        return None
    inner = tuple((slip.began + found.start(group), slip.began + found.end(group), "") for group in (1, 2))
    return Reason(_ENDED, "the default of a reference is written without quotes", "remove its quotes", inner)


def _explain_doubled(slip: Slip) -> Reason | None:
    """Explain an empty string with text after it: the quotes around that text are doubled."""
    if slip.at - slip.began > len('""'):
        return None
    message, help_ = "a second quote ends this string immediately", "write one quote at each end"
    found = _DOUBLED.match(slip.line)
    places = (slip.began, slip.began + found.end(2)) if found else ()
    return Reason(message, help_, help_, tuple((place, place + 1, "") for place in places))


def _explain_stray(slip: Slip) -> Reason | None:
    """Explain a quote after a string where its value should end; only a secret or an unknown value may contain one."""
    if slip.text[slip.at] not in _QUOTES or not slip.ends_value(slip.at + 1) or _is_long(slip):
        return None
    certain = slip.takes not in {"secret", None}
    help_ = "remove it" if certain else f"remove it, or {_within(slip.text[slip.began])}"
    changes = ((slip.at, slip.at + 1, ""),) if certain else ()
    return Reason("one quote too many after this string", help_, "remove it", changes)


def _explain_behind(slip: Slip) -> Reason | None:
    """Explain text after a string that no other quote closes."""
    quote = slip.text[slip.began]
    if slip.scan.brackets and _RUNS_ON.search(slip.text, slip.began, slip.at - 1):
        return Reason("this string ends where the next one should begin", "close it before the comma")
    behind, *_ = re.split(r"[#,\]}]" if slip.scan.brackets else "#", slip.rest, maxsplit=1)
    if quote in behind:
        return None
    return Reason("unexpected text directly after a string", due_form(slip, "remove it, or move it inside the quotes"))


def _explain_inner(slip: Slip) -> Reason:
    """Explain a quote that is part of the text."""
    quote = slip.text[slip.began]
    pattern, other = (_APOSTROPHE, '"') if quote == "'" else (_INNER_QUOTES, "'")
    found = pattern.match(slip.line)
    if not found or _is_long(slip) or slip.text[slip.at] == quote or "${" in found[0] or _NEXT_PAIR.search(found[0]):
        return Reason(_ENDED, _within(quote))
    if reference := _as_reference(slip, found.end()):
        return reference
    if not fits(slip, found[0][1:-1]):  # an address has no quotes in it, and a template is not a key
        return Reason(_ENDED, "write the value itself, with one quote at each end")
    start, last = slip.began, slip.began + found.end() - 1
    changes = ((start, start + 1, other), (last, last + 1, other))
    return Reason(_ENDED, _within(quote), f"use {other} around it", changes)


def _as_reference(slip: Slip, end: int) -> Reason | None:
    """Explain a variable as another tool writes it, with quotes around its name."""
    foreign = recognised(slip.text[slip.began + 1 : slip.began + end - 1])
    if foreign is None or foreign.variable is None or slip.key is None or not slip.key.takes_references:
        return None
    changes = in_braces(slip, foreign.variable, slip.began + end)
    return Reason(_ENDED, 'a variable is written "${NAME}"', "write it in braces", changes)


def _is_long(slip: Slip) -> bool:
    """Check for a multi-line string."""
    return slip.text.startswith(slip.text[slip.began] * 3, slip.began)


def _within(quote: str) -> str:
    """Return how to write a quote within a string."""
    return 'use "..." around a text with \'' if quote == "'" else 'write \\" for a quote within it'
