"""Explain strings that end too early, or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from codeexec_config import limits
from codeexec_config.document.slips import Reason
from codeexec_config.keys import Kind

if TYPE_CHECKING:
    from codeexec_config.document.slips import Slip

_QUOTES: Final = frozenset("\"'")
_UNCLOSED_TEXT: Final = re.compile(r"[^\s\"'#,;\\\[\]{}=](?:[^\"'#,;\\\[\]{}=]*[^\s\"'#,;\\\[\]{}=])?(?=[ \t]*\Z)")
_ENDS_BELOW: Final = (
    r"\s*(?:[^{0}\n]*|(?![#\[]|[A-Za-z0-9_.-]+[ \t]*=)[^{0}]*){0}"
    r"[ \t]*[,;]?[ \t]*[\]}}]*[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)"
)
"""Up to the quote that ends a line further down: the next line, or one behind lines that are no statements."""
_OTHER_QUOTE: Final = re.compile(r"[^\"'#,;\\\[\]]*([\"'])(?=[ \t]*\Z)")
_NO_TEXT: Final = re.compile(r"[,;]|[\]}]+[ \t]*(?:#|\Z)")
"""What goes on behind a string that has ended where it should."""
_APOSTROPHE: Final = re.compile(r"'[^\"\\#]*'(?=[ \t]*\Z)")
_DOUBLED: Final = re.compile(r"([\"'])\1([^\s\"'\\#](?:[^\"'\\#]*[^\s\"'\\#])?)\1\1(?=[ \t]*(?:#|\Z))")
_INNER_QUOTES: Final = re.compile(r"\"(?:[^\"'\\#]*\"){3,100}(?=[ \t]*\Z)")
_QUOTED_DEFAULT: Final = r"{0}[^{0}\\]*\$\{{{1}:?[-?]({0})[^{0}\\]*({0})\}}[^{0}\\]*{0}(?=[ \t]*(?:#|\Z))"


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
        more = "" if slip.key else f"; a text of several lines stands in {quote * 3}"
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
    """Return why there is more behind a string: a quote within it has ended it."""
    quote = slip.text[slip.began]
    before = slip.text[slip.at - 1]
    if quote not in _QUOTES or before != quote or slip.began == slip.at or _NO_TEXT.match(slip.rest):
        return None
    message = "a quote within this string has ended it"
    related = ("the string begins here", slip.began)
    if found := re.match(_QUOTED_DEFAULT.format(quote, limits.VARIABLE_PATTERN), slip.line):
        inner = tuple((slip.began + found.start(group), slip.began + found.end(group), "") for group in (1, 2))
        return Reason(message, "a default has no quotes of its own", "leave its quotes out", inner, related=related)
    if slip.at - slip.began == len(quote * 2):
        return _explain_doubled(slip)
    is_long = slip.text.startswith(quote * 3, slip.began)
    if slip.text[slip.at] in _QUOTES and slip.ends_value(slip.at + 1) and not is_long:
        return _explain_stray(slip)
    pattern, other = (_APOSTROPHE, '"') if quote == "'" else (_INNER_QUOTES, "'")
    help_ = _within(quote)
    found = pattern.match(slip.line)
    if not found or is_long or slip.text[slip.at] == quote or "${" in found[0]:
        return Reason(message, help_, related=related)
    start, last = slip.began, slip.began + found.end() - 1
    changes = ((start, start + 1, other), (last, last + 1, other))
    return Reason(message, help_, f"use {other} around it", changes, related=related)


def _explain_stray(slip: Slip) -> Reason:
    """Return why a quote follows a string where its value should end; only a text that is not ours may hold it."""
    certain = slip.takes not in {Kind.SECRET, None}
    help_ = "remove it" if certain else f"remove it, or {_within(slip.text[slip.began])}"
    changes = ((slip.at, slip.at + 1, ""),) if certain else ()
    related = ("the string begins here", slip.began)
    return Reason("one quote too many after this string", help_, "remove it", changes, related=related)


def _within(quote: str) -> str:
    """Return how to write a quote within a string."""
    return 'use "..." around a text with \'' if quote == "'" else 'write \\" for a quote within it'


def _explain_doubled(slip: Slip) -> Reason:
    """Return why there is more behind an empty string: the quotes of the text that follows are doubled."""
    message, help_ = "a second quote has ended this string at once", "write one quote at each end"
    related = ("the string begins here", slip.began)
    found = _DOUBLED.match(slip.line)
    if not found:
        return Reason(message, help_, related=related)
    changes = tuple((place, place + 1, "") for place in (slip.began, slip.began + found.end(2)))
    return Reason(message, help_, help_, changes, related=related)
