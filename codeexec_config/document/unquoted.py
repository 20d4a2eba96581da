"""Explain values that people write and TOML does not have: a boolean in capitals, a null, bare text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from codeexec_config import limits
from codeexec_config.document.names import KEY_OF_PAIR
from codeexec_config.document.numbers import explain_number
from codeexec_config.document.slips import Reason, example_of_list
from codeexec_config.document.tokens import OPENINGS
from codeexec_config.expressions import expression
from codeexec_config.references import Malformed, Reference, filled, parse
from codeexec_config.rules.alone import judge
from codeexec_config.rules.foreign import recognised
from codeexec_config.rules.templates import is_whole_reference
from codeexec_config.rules.variants import (
    NO_RUN,
    NO_VARIANT,
    meant_choice,
    meant_variant,
    union_forms,
    variant_form,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.document.slips import Slip
    from codeexec_config.keys import Key

_BOOLEANS: Final = {"true": "true", "false": "false", "yes": "true", "no": "false", "on": "true", "off": "false"}
_QUOTE: Final = "put quotes around text"
_NO_QUOTES: Final = "expected a value, found text without quotes"
_FROM_ENVIRONMENT: Final = 'a key comes from the environment: write "${NAME}", with the name of the variable'
_NO_LIST: Final = "write it in quotes in place of the brackets"
_LITERALS: Final = {"boolean": "write true or false", "integer": "write a whole number"}
_NULLS: Final = frozenset({"null", "none", "nil", "undefined", "~"})
_COMMENT_OF_ANOTHER_KIND: Final = expression(r"[ \t](?://|;|--)")
_GOES_ON: Final = expression(r"[ \t]*,[ \t]*(?![A-Za-z0-9_.-]+[ \t]*=)[^\s#]")
"""A comma that no key follows may be part of the text."""
_ONE_ENTRY: Final = 'one variable gives one entry, in quotes and brackets: ["${NAME}"]'
_STAND_INS: Final = ("x", "1", "https", "https://x")
"""What references may yield: part of a name, a number, a scheme, a whole URL."""
_NAME: Final = rf"\$<{limits.VARIABLE_PATTERN}>"
_REFERENCE: Final = expression(
    rf"(?:\$\{{[^}}\n\"\\]{{0,1000}}\}}|{_NAME}|\$(?![{{<])|[^\s#,\"'\[\]{{}}\\$]){{1,1000}}"
)
_BARE_TEXT: Final = expression(
    r"[A-Za-z0-9/~.]*[A-Za-z0-9](?:[^\x00-\x1f\x7f\"\\#,\[\]{}=$]{0,998}[^\x00-\x20\x7f\"\\#,\[\]{}=$])?"
)
_BARE_WORD: Final = expression(r"[A-Za-z][A-Za-z0-9_+.-]*")
_MORE_WORDS: Final = expression(r"[ \t]*,[ \t]*([A-Za-z][A-Za-z0-9_+.-]*)(?=[ \t]*(?:[,\]\r\n]|\Z)|[ \t]+#)")
_ENDS_LINE: Final = expression(r"[ \t]*(?:\r?\n|\Z)|[ \t]+#")
_VALUE_BELOW: Final = expression(rf"\s*+(?!#|{KEY_OF_PAIR}|([\"'])[^\"'\n]*\1[ \t]*=|\[\[?[A-Za-z0-9_. \t-]+\])\S")
"""A value on a line further down that is not a statement; a header in quotes counts as an array."""
_HALF_QUOTED: Final = expression(r"[^\s\"'#,\\\[\]{}=][^\"'#,\\\[\]{}=\n]*([\"'])")
_DOTS_AND_COLONS: Final = expression(r"[0-9]+[.:-].*[.:-]")

_FORMS: Final = (
    (
        expression(r"\\[\"'u]|&(?:quot|apos|#)|`|<(?!<)|[bfru]{1,2}([\"'])(?=[^\n]*\1)", re.IGNORECASE),
        "a TOML string begins with \" or '",
        "write plain quotes around the text, with nothing before them",
    ),
    (
        expression(r"(?:(?<!=)[|>][+-]?[1-9]?|<<[~-]?\w+)(?=[ \t]*(?:#|\r?\n|\Z))"),
        "TOML has no block scalars or here-documents",
        "write the text in quotes, on one line",
    ),
    (
        expression(r"\("),
        "TOML has no parentheses",
        "an array is written in brackets, an inline table in braces",
    ),
)
"""How other languages begin a value, the message and the help."""
_FORMS_OF_ENTRIES: Final = (
    (expression(r"-[ \t]"), "a TOML array has no hyphens", "write commas between its values"),
    (
        expression(r"[A-Za-z0-9_.-]+[ \t]*="),
        "an array contains values without keys",
        "an inline table is written in braces",
    ),
)
"""The same for the entries of an array."""


def explain_value(slip: Slip) -> Reason:
    """Return why a value cannot be read."""
    return next(filter(None, (explain(slip) for explain in _REASONS)))


def _missing(slip: Slip) -> Reason | None:
    if slip.at != slip.began or slip.word:
        return None
    if slip.scan.brackets:
        is_doubled = slip.rest.startswith(",") and _is_entry(slip)
        return Reason("expected a value", "remove the comma" if is_doubled else None)
    goes_on = _VALUE_BELOW.match(slip.text, slip.end)
    help_ = "write the value on the line of its key" if goes_on else "write one, or comment the line out with #"
    return Reason("expected a value", help_)


def _other_form(slip: Slip) -> Reason | None:
    """Explain a value as another language writes it."""
    forms = (*_FORMS, *(_FORMS_OF_ENTRIES if _is_entry(slip) else ()))
    found = ((message, help_) for pattern, message, help_ in forms if pattern.match(slip.text, slip.began))
    return next((Reason(message, due_form(slip, help_)) for message, help_ in found), None)


def _doubled_equals(slip: Slip) -> Reason | None:
    found = re.match(r"[=>]+", slip.line)
    if not found:
        return None
    change = (slip.began, slip.began + found.end(), "")
    return Reason(
        "a key and its value are separated by one `=`", "remove the extra characters", "write one `=`", (change,)
    )


def _reference(slip: Slip) -> Reason | None:
    found = _REFERENCE.match(slip.text, slip.began)
    if not any(mark in (found[0] if found else slip.word) for mark in OPENINGS):
        return None
    message = "a reference must be in quotes: the file is parsed before references are expanded"
    if slip.key is not None and not slip.key.takes_references:
        return Reason(message, f"`{slip.key.name}` takes no reference; write the value itself")
    if slip.takes == "list" and not slip.scan.brackets:
        return Reason(message, _ONE_ENTRY)
    is_whole = slip.text.startswith(OPENINGS, slip.began)
    help_ = (
        'quote it: "${NAME}" may yield a text, an integer or a boolean'
        if is_whole
        else 'quote the whole value, with the "${NAME}" in it'
    )
    if _is_no_entry(slip):
        return Reason(message, _NO_LIST)
    if found is None or not _is_whole(slip, found.end()) or not _may_be_set(slip.key, found[0]):
        return Reason(message, help_)
    return _quoted(slip, message, help_, found.end())


def _may_be_set(key: Key | None, text: str) -> bool:
    """Check that a text with references, taken as set, has no other error."""
    if key is None:
        return True
    if any(isinstance(each, Malformed) or (isinstance(each, Reference) and each.is_pasted) for each in parse(text)):
        return False
    if key.is_typed:
        return is_whole_reference(key, text)
    described = key.item or key
    if described.kind != "text":
        return True
    return any(judge(described, filled(text, stand_in), (), {}) is None for stand_in in _STAND_INS)


def _is_whole(slip: Slip, end: int) -> bool:
    """Check that a text without quotes ends at a place, and is not cut off at a comma."""
    return slip.ends_value(end) and (bool(slip.scan.brackets) or not _GOES_ON.match(slip.text, end))


def _is_entry(slip: Slip) -> bool:
    """Check for a place in an array."""
    return bool(slip.scan.brackets) and slip.text[slip.scan.brackets[-1]] == "["


def _is_no_entry(slip: Slip) -> bool:
    """Check for a place in an array where the key takes no array."""
    return _is_entry(slip) and slip.takes not in {"list", None}


def _quoted(slip: Slip, message: str, help_: str, end: int) -> Reason:
    changes = ((slip.began, slip.began, '"'), (end, end, '"'))
    return Reason(message, help_, "put it in quotes", changes)


def _boolean(slip: Slip) -> Reason | None:
    meant = _BOOLEANS.get(slip.word.lower())
    if meant is None or slip.takes in {"union", "choice"}:
        return None
    is_case = slip.word.lower() in {"true", "false"}
    message = (
        f"TOML writes `{meant}` in lower case" if is_case else "expected a boolean, which TOML writes `true` or `false`"
    )
    certain = slip.takes == "boolean" or (is_case and slip.takes is None)
    if not certain:
        return Reason(message, due_form(slip, f"write {meant}, or put quotes around text"))
    change = (slip.began, slip.began + len(slip.word), meant)
    return Reason(message, f"write {meant}", f"write `{meant}`", (change,), at=slip.began)


def _null(slip: Slip) -> Reason | None:
    if slip.word.lower() not in _NULLS:
        return None
    help_ = "leave the key out, or comment the line out with #"
    if slip.scan.brackets:
        help_ = f"leave {'the entry' if _is_entry(slip) else 'its key'} out"
    elif slip.takes == "union":
        help_ = f"leave the key out for its default; {NO_RUN}"
    return Reason("TOML has no null", help_)


def _semicolon(slip: Slip) -> Reason | None:
    found = re.match(r";+(?=[ \t]*(?:#|\Z))", slip.rest)
    if not found:
        return None
    change = (slip.at, slip.at + found.end(), "")
    return Reason("a TOML line does not end with a semicolon", "remove it", "remove the semicolon", (change,))


def _half_quoted(slip: Slip) -> Reason | None:
    """Explain a value whose opening quote is missing."""
    found = _HALF_QUOTED.match(slip.text, slip.began)
    if not found or not slip.ends_value(found.end()):
        return None
    change = (slip.began, slip.began, found[1])
    return Reason("the opening quote of a string is missing", "put it in front", "put the quote in front", (change,))


def _behind(slip: Slip) -> Reason | None:
    """Explain text after a number or a boolean that is not part of it."""
    if slip.at == slip.began or _DOTS_AND_COLONS.match(slip.word):
        return None
    return Reason("unexpected text after a value", f"{due_form(slip, _QUOTE)}; a comment begins with #")


def due_form(slip: Slip, otherwise: str) -> str:
    """Return how to write a value without quotes, if the key is known to take one."""
    return _LITERALS.get(slip.takes, otherwise) if slip.takes else otherwise


def _text(slip: Slip) -> Reason:
    """Explain text without quotes."""
    message = _NO_QUOTES
    if slip.takes == "list" and not slip.scan.brackets:
        return _list(slip, message)
    if slip.takes in _LITERALS:
        return Reason(message, due_form(slip, _QUOTE))
    if slip.scan.brackets:
        return Reason(message, _NO_LIST) if _is_no_entry(slip) else _words(slip, message, _named_form(slip) or _QUOTE)
    found = _BARE_TEXT.match(slip.text, slip.began)
    is_text = found and _is_whole(slip, found.end()) and not found[0].endswith(";")
    if not found or not is_text or not fits(slip, found[0]):
        return Reason(message, _named_form(slip) or _QUOTE)
    if _COMMENT_OF_ANOTHER_KIND.search(found[0]):
        return Reason(message, f"{_QUOTE}; a comment begins with #")
    return _quoted(slip, message, _QUOTE, found.end())


def _bare(slip: Slip) -> str:
    """Return a value without quotes: one word within brackets, elsewhere the line up to a comment."""
    return slip.word if slip.scan.brackets else slip.line.partition("#")[0].strip()


def _named_form(slip: Slip) -> str | None:
    """Return how a choice or a union is written, as far as the text tells what was meant."""
    key = slip.key
    text = _bare(slip)
    if key is not None and key.choices is not None and key.variants is None:
        meant = meant_choice(text, key)
        return f'write "{meant}"' if meant else f"write one of {', '.join(map(_in_quotes, key.choices))}"
    if key is None or key.variants is None:
        return None
    if text.lower() in NO_VARIANT:
        return NO_RUN
    meant = meant_variant(text, key)
    return variant_form(meant, key.variants, text) if meant else union_forms(key.variants)


def _in_quotes(name: str) -> str:
    return f'"{name}"'


def _foreign(slip: Slip) -> Reason | None:
    """Explain a variable as another tool writes it; the fix writes around its name without repeating it."""
    item = slip.key and (slip.key.item or slip.key)
    if item is None or not item.takes_references or item.form == "variable pattern":
        return None
    text = _bare(slip)
    foreign = recognised(text)
    if foreign is None:
        return None
    if foreign.variable is None:
        return Reason(_NO_QUOTES, _FROM_ENVIRONMENT) if item.kind == "secret" else None
    message = "a variable is written in quotes and braces"
    if slip.takes == "list" and not slip.scan.brackets:
        return Reason(message, _ONE_ENTRY, at=slip.began)
    changes = in_braces(slip, foreign.variable, slip.began + len(text))
    return Reason(message, 'write "${NAME}"', "write it in quotes and braces", changes, at=slip.began)


def in_braces(slip: Slip, variable: str, end: int) -> tuple[tuple[int, int, str], ...]:
    """Return the changes that put a variable in quotes and braces, without repeating its name."""
    start = slip.text.index(variable, slip.began)
    return (slip.began, start, '"${'), (start + len(variable), end, '}"')


def _list(slip: Slip, message: str) -> Reason:
    """Put the bare words of a list in quotes and brackets."""
    words = _words(slip, message, f"write a list in brackets, such as {example_of_list(slip.key)}")
    if not words.changes or not _ENDS_LINE.match(slip.text, words.changes[-1][0]):
        return words._replace(changes=())
    first, *inner, last = words.changes
    changes = ((*first[:2], '["'), *inner, (*last[:2], '"]'))
    return words._replace(title="put the list in brackets", changes=changes)


def _words(slip: Slip, message: str, help_: str) -> Reason:
    """Quote all bare words of an array."""
    found = _BARE_WORD.match(slip.text, slip.began)
    changes: list[tuple[int, int, str]] = []
    place = (slip.began, found.end()) if found and slip.ends_value(found.end()) and fits(slip, found[0]) else None
    while place:
        changes += ((place[0], place[0], '"'), (place[1], place[1], '"'))
        more = _MORE_WORDS.match(slip.text, place[1])
        place = more.span(1) if more and fits(slip, more[1]) else None
    return Reason(message, help_, "put it in quotes", tuple(changes))


def fits(slip: Slip, text: str) -> bool:
    """Check that a text would be right once in quotes, as far as the key tells."""
    key = slip.key
    if key is None:
        return True
    if key.item is not None:
        is_language = key.item.form == "language"  # an unknown name may be misspelt
        return text in limits.KNOWN_LANGUAGES if is_language else judge(key.item, text, (), {}) is None
    if key.choices is not None:
        return text in (list(key.choices)[:1] if key.kind == "union" else key.choices)  # the others need a table
    if key.is_typed:
        return is_whole_reference(key, text)
    if key.kind == "secret":
        return recognised(text) is None
    return key.form != "url" or judge(key, text, (), {}) is None


_REASONS: Final[tuple[Callable[[Slip], Reason | None], ...]] = (
    _missing,
    _other_form,
    _doubled_equals,
    _reference,
    _boolean,
    _null,
    explain_number,
    _semicolon,
    _half_quoted,
    _foreign,
    _behind,
    _text,
)
