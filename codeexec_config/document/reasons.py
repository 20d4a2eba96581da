"""Explain why a text is not TOML: the reason that a person would give, what to do, and a fix if it is certain.

A message quotes no text of the file but a key, as anything else could be a secret.
"""

from __future__ import annotations

import re
from bisect import bisect
from typing import TYPE_CHECKING, Any, Final

from codeexec_config import limits
from codeexec_config.document.characters import described
from codeexec_config.document.flaws import leads_on
from codeexec_config.document.lookalikes import explain_look_alike
from codeexec_config.document.misquoted import explain_early_end, explain_unclosed
from codeexec_config.document.names import (
    KEY_OF_PAIR,
    PAIR,
    PLAIN_VALUE,
    explain_comment_mark,
    explain_conflict,
    explain_equals,
    explain_header_end,
    explain_key,
)
from codeexec_config.document.numbers import explain_behind_number
from codeexec_config.document.other_files import explain_other_file
from codeexec_config.document.slips import Reason, Slip
from codeexec_config.document.tokens import OPENINGS, Due
from codeexec_config.document.unquoted import due_form, explain_value
from codeexec_config.expressions import expression
from codeexec_config.findings import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.document.scanner import Scan
    from codeexec_config.document.tokens import Flaw
    from codeexec_config.findings import Path

_HEADER: Final = expression(r"[ \t]*\[\[?[A-Za-z0-9_. \t-]+\]\]?[ \t]*(?:#|\r?\n|\Z)")
_NEXT: Final = expression(rf"[;,][;, \t]*(?={KEY_OF_PAIR})|(?:(?:\\r)?\\n[ \t]*){{1,100}}(?={KEY_OF_PAIR}|[\[#]|\Z)")
"""A comma, a semicolon or the escape of a line feed, with the statement that it separates from the one before."""
_VALUE_STARTS: Final = expression(r"[\[{+0-9-]|(?:true|false)\b|([\"'])(?!\1|[ \t]*[,\]])[^\n]*\1")
_NO_COMMENT: Final = expression(rf"[ \t]*(?:[\]}}#]|\Z|{KEY_OF_PAIR}|{_VALUE_STARTS.pattern})")
"""What may follow a semicolon that was meant as a comma."""
_PAIRS_UP_TO_BRACE: Final = expression(
    rf"(?:(?:{PAIR.pattern}|[ \t]*#|(?=\r?\n))[^\n]*(?<![\[{{])(?<![\[{{]\r)\n){{1,1000}}[ \t]*}}"
)
"""Lines of an inline table up to its end; none that open another value over several lines."""
_STATEMENT: Final = expression(rf"{_HEADER.pattern}|{PAIR.pattern}[ \t]*(?:{PLAIN_VALUE.pattern})")
_STRING: Final = r"(?:\"[^\"\\]*\"|'[^']*')"
_STRINGS: Final = expression(rf"{_STRING}(?:[ \t]*,[ \t]*{_STRING}){{1,100}}(?P<close>[ \t]*\])?(?=[ \t]*(?:#|\Z))")
_NAMED: Final = expression(r"\w+[ \t]*=[ \t]*[\"'](?P<value>\w+)[\"']")
_LAST_NAME: Final = expression(r"\w+\.(?P<name>\w+)\]")
_JOINS: Final = expression(r"[\"'+&~]|\.{1,2}[ \t]*[\"'$A-Za-z]|%[ \t]*[(\"'$A-Za-z]|\.?format\(")
"""What puts texts together elsewhere; a second text alone does in Python and C."""
_LEADS: Final = expression(r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*\.(?=[^\n\[\]]*=)")
"""A name of a dotted key that others follow."""


def explain(scan: Scan, flaw: Flaw, section: Path, model: type[Any]) -> Reason:
    """Return why a text is not TOML; a fix that does not make more of the text readable is left out."""
    slip = Slip(scan, flaw, section, model)
    early = (
        _simple(slip, flaw)
        or explain_other_file(slip)
        or _unclosed_bracket(slip)
        or explain_look_alike(slip)
        or _next(slip)
    )
    reason = early or _EXPLAIN[flaw.due](slip)
    at = slip.at if reason.at is None else reason.at
    if reason.changes and not leads_on(slip.text, at, reason.changes):
        return reason._replace(changes=())
    return reason


def _simple(slip: Slip, flaw: Flaw) -> Reason | None:
    if flaw.due is Due.ONCE and flaw.first is not None:
        return _once(slip, flaw.key or "", flaw.first[0])
    return _LIMITS.get(flaw.due)


def _once(slip: Slip, name: str, first: int) -> Reason:
    """Explain a name that is given twice."""
    statements = slip.scan.statements
    headers = [slip.text.startswith("[", statements[bisect(statements, at) - 1]) for at in (first, slip.at)]
    help_ = "keep one of them"
    if all(headers):
        help_ = "a table has one header; put all of its keys below the first"
    elif any(headers) and any(_LEADS.match(slip.text, at) for at in (first, slip.at)):
        help_ = "a header and dotted keys cannot both make a table; put all of its keys below the header"
    elif any(headers):
        kept = "the table, whose name says the same" if _says_the_same(slip, first) else "one of them"
        help_ = f"it is a value at one place and a table at the other; keep {kept}"
    return Reason(f"duplicate key `{printable(name)}`", help_)


def _says_the_same(slip: Slip, first: int) -> bool:
    """Check for a union that is named by a text at one place, and by the last name of a header at the other."""
    found = (_NAMED.match(slip.text, at) for at in (first, slip.at))
    values = [match["value"] for match in found if match]
    named = (_LAST_NAME.match(slip.text, at) for at in (first, slip.at))
    return bool(values) and values == [match["name"] for match in named if match]


def _escape(slip: Slip) -> Reason:
    """Explain a backslash that begins no escape."""
    message, behind = "invalid escape in a string", slip.text[slip.at + 1 : slip.at + 2]
    if behind == "$":
        return Reason(message, "write ${NAME} for a variable, and $${NAME} for that text itself")
    if behind in {"/", "'"}:
        return Reason(message, f"write {behind} alone", f"write {behind} alone", ((slip.at, slip.at + 1, ""),))
    return Reason(message, "write \\\\ for a backslash, or use '...'")


_LIMITS: Final = {
    Due.MOMENT: Reason("that date or time does not exist"),
    Due.FEWER_PARTS: Reason(f"a key has at most {limits.MAX_KEY_PARTS} parts"),
    Due.LESS_DEPTH: Reason(f"arrays and inline tables nest at most {limits.MAX_DEPTH} deep"),
    Due.FEWER_DIGITS: Reason(f"an integer has at most {limits.MAX_INTEGER_DIGITS} digits"),
    Due.READABLE: Reason("this text cannot be read as TOML"),
}


def _unclosed_bracket(slip: Slip) -> Reason | None:
    """Blame the bracket that is open where the next statement begins, or the text ends."""
    is_end = slip.at == len(slip.text)
    line = slip.text.rfind("\n", 0, slip.at) + 1
    before = [place for place in slip.scan.brackets if place < line or is_end]
    if not before or not (is_end or _begins_statement(slip, line, in_array=slip.text[before[-1]] == "[")):
        return None
    name, close = ("array", "]") if slip.text[before[-1]] == "[" else ("inline table", "}")
    return Reason(
        f"this {name} is not closed", f"close it with {close}", related=(f"the {name} begins here", before[-1])
    )


def _begins_statement(slip: Slip, line: int, *, in_array: bool) -> bool:
    """Check that the flaw begins a line that is a header, or a key where only values are allowed."""
    if slip.text[line : slip.at].strip(" \t["):
        return False
    return bool(_HEADER.match(slip.text, line) or (in_array and PAIR.match(slip.text, line)))


def _next(slip: Slip) -> Reason | None:
    """Explain a statement that follows another one on its line."""
    is_behind = slip.due is Due.LINE_END or (slip.due is Due.VALUE and slip.at > slip.began)
    if not is_behind or slip.scan.brackets:
        return None
    what = "header" if slip.text.startswith("[", slip.scan.statements[-1]) else "value"
    message, help_ = f"expected the end of the line after the {what}", "put what follows on a line of its own"
    if found := _NEXT.match(slip.rest):
        return Reason(message, help_, "begin a new line", ((slip.at, slip.at + found.end(), "\n"),))
    return Reason(message, help_) if _STATEMENT.match(slip.rest) else None


def _control(slip: Slip) -> Reason:
    character = slip.text[slip.at]
    if character == "\r":
        return Reason(f"{described(character)} without a line feed after it", "end lines with LF or CRLF")
    return Reason(
        f"control characters are not allowed in TOML: {described(character)}",
        "remove it; in a string, write its escape",
    )


def _value(slip: Slip) -> Reason:
    if early := explain_conflict(slip):
        return early
    if slip.scan.brackets and slip.at == slip.began and (early := explain_comment_mark(slip)):
        return early
    if slip.scan.brackets and slip.rest.startswith(";"):
        return _comma(slip)
    return explain_value(slip)


def _comma(slip: Slip) -> Reason:
    bracket = slip.text[slip.scan.brackets[-1]]
    close, entries = ("]", "entries of an array") if bracket == "[" else ("}", "keys of an inline table")
    message = f"expected `,` or `{close}`: the {entries} are separated by commas"
    if slip.rest.startswith(";"):
        changes = ((slip.at, slip.at + 1, ","),) if _NO_COMMENT.match(slip.rest, 1) else ()
        return Reason(message, "write a comma", "write a comma", changes)
    if slip.text[slip.at - 1] in " \t" and (early := explain_comment_mark(slip)):
        return early
    if _lacks_comma(slip, bracket):
        before = next(reversed(slip.scan.values.values())).end
        return Reason(message, "write a comma between them", "write the comma", ((before, before, ","),))
    if early := explain_early_end(slip):
        return early
    if "\n" not in slip.text[slip.scan.brackets[-1] : slip.at]:
        return Reason(message)
    help_ = "write a comma between them, or close the table with }" if PAIR.match(slip.rest) else None
    related = ("the inline table begins here", slip.scan.brackets[-1]) if bracket == "{" else None
    return Reason(message, help_, related=related)


def _lacks_comma(slip: Slip, bracket: str) -> bool:
    """Check that what follows a value within brackets is the next one; a doubled quote may stand for one quote."""
    if bracket == "{":
        is_one_line = "\n" not in slip.text[slip.scan.brackets[-1] : slip.at]
        return (PAIR if is_one_line else _PAIRS_UP_TO_BRACE).match(slip.text, slip.at) is not None
    is_doubled = slip.text[slip.at - 1 : slip.at + 1] in {'""', "''"}
    return _VALUE_STARTS.match(slip.rest) is not None and (not is_doubled or slip.takes == "list")


def _line_end(slip: Slip) -> Reason:
    if slip.text.startswith(OPENINGS, slip.at):
        return Reason("expected the end of the line after the value", "put the reference inside the quotes")
    found = re.match(r"[;,]+(?=[ \t]*(?:#|\Z))", slip.rest)
    if found:
        name = "semicolon" if slip.rest[0] == ";" else "comma"
        change = (slip.at, slip.at + found.end(), "")
        return Reason(f"a TOML line does not end with a {name}", "remove it", f"remove the {name}", (change,))
    is_header = slip.text.startswith("[", slip.scan.statements[-1])
    if is_header and slip.rest.startswith("]"):
        return Reason(
            "one bracket too many after the header", "a table header has one on each side, an array of tables two"
        )
    reason = None if is_header else _bare_list(slip) or explain_behind_number(slip) or explain_early_end(slip)
    if reason or (reason := explain_comment_mark(slip)):
        return reason
    what = "header" if is_header else "value"
    return Reason(f"expected the end of the line after the {what}", _what_follows(slip, is_header=is_header))


def _what_follows(slip: Slip, *, is_header: bool) -> str:
    """Return what to do with the text after a value or a header."""
    if PAIR.match(slip.rest):
        return "put what follows on a line of its own"
    if slip.rest[0] in "]}":
        return f"remove it, or write the {'[' if slip.rest[0] == ']' else '{'} that it closes"
    if not is_header and slip.text[slip.began] in "\"'" and _JOINS.match(slip.rest):
        return "TOML does not join texts; write them as one"
    remove = "remove what follows"
    return f"{remove if is_header else due_form(slip, remove)}; a comment begins with #"


def _bare_list(slip: Slip) -> Reason | None:
    """Explain several strings on one line: a list without its brackets."""
    found = _STRINGS.match(slip.text, slip.began, slip.end)
    if not found or slip.takes not in {"list", None}:
        return None
    message = "expected the end of the line after the value"
    close = "" if found["close"] else "]"
    changes = ((slip.began, slip.began, "["), (found.end(), found.end(), close))
    return Reason(message, "a list is written in brackets", "put the list in brackets", changes)


_EXPLAIN: Final[dict[Due, Callable[[Slip], Reason]]] = {
    Due.KEY: explain_key,
    Due.EQUALS: explain_equals,
    Due.VALUE: _value,
    Due.LINE_END: _line_end,
    Due.HEADER_END: explain_header_end,
    Due.COMMA: _comma,
    Due.QUOTE: explain_unclosed,
    Due.PRINTABLE: _control,
    Due.ESCAPE: _escape,
}
