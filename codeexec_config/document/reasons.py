"""Explain why a text is not TOML: the reason that a person would give, the way out, and a fix where it is certain.

A message quotes no text of the file but a key, as anything else could be a secret.
"""

from __future__ import annotations

import re
from bisect import bisect
from typing import TYPE_CHECKING, Final

from codeexec_config import limits
from codeexec_config.document.characters import described, plain
from codeexec_config.document.flaws import leads_on
from codeexec_config.document.lookalikes import explain_look_alike
from codeexec_config.document.misquoted import explain_early_end, explain_unclosed
from codeexec_config.document.slips import Reason, Slip
from codeexec_config.document.tokens import OPENINGS, Due
from codeexec_config.document.unquoted import due_form, explain_behind_number, explain_value
from codeexec_config.findings import printable
from codeexec_config.keys import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.document.scanner import Scan
    from codeexec_config.document.tokens import Flaw
    from codeexec_config.findings import Path

_HEADER: Final = re.compile(r"[ \t]*\[\[?[A-Za-z0-9_. \t-]+\]\]?[ \t]*(?:#|\r?\n|\Z)")
_KEY_OF_PAIR: Final = r"[A-Za-z0-9_.-]+[ \t]*="
_PAIR: Final = re.compile(rf"[ \t]*{_KEY_OF_PAIR}")
_NEXT: Final = re.compile(rf"[;,][;, \t]*(?={_KEY_OF_PAIR})|(?:(?:\\r)?\\n[ \t]*){{1,100}}(?={_KEY_OF_PAIR}|[\[#]|\Z)")
"""A comma, a semicolon or the escape of a line feed, with the statement that it parts from the one before."""
_VALUE_STARTS: Final = re.compile(r"[\[{+0-9-]|(?:true|false)\b|([\"'])(?!\1|[ \t]*[,\]])[^\n]*\1")
_NO_COMMENT: Final = re.compile(rf"[ \t]*(?:[\]}}#]|\Z|{_KEY_OF_PAIR}|{_VALUE_STARTS.pattern})")
"""What may follow a semicolon in the place of a comma."""
_PAIRS_UP_TO_BRACE: Final = re.compile(
    rf"(?:(?:{_PAIR.pattern}|[ \t]*#|(?=\r?\n))[^\n]*(?<![\[{{])(?<![\[{{]\r)\n){{1,1000}}[ \t]*}}"
)
"""Lines of an inline table up to its end; one that opens another value over several lines is not looked into."""
_PLAIN_VALUE: Final = re.compile(r"(?:true|false|[+-]?[0-9]+|\"[^\"\\]*\"|'[^']*')[ \t]*(?:#|\Z)")
_STATEMENT: Final = re.compile(rf"{_HEADER.pattern}|{_PAIR.pattern}[ \t]*(?:{_PLAIN_VALUE.pattern})")
_CONFLICT: Final = re.compile(r"(?:<{7}|={7}|>{7})(?!\S)")
_OF_YAML: Final = re.compile(r"(?:---|[^:\s]*:)[ \t]*(?:#|\Z)")
_STRING: Final = r"(?:\"[^\"\\]*\"|'[^']*')"
_STRINGS: Final = re.compile(rf"{_STRING}(?:[ \t]*,[ \t]*{_STRING}){{1,100}}(?P<close>[ \t]*\])?(?=[ \t]*(?:#|\Z))")
_LEADS: Final = re.compile(r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*\.(?=[^\n\[\]]*=)")
"""A name of a dotted key that others follow."""
_BARE_HEADER: Final = re.compile(r"(?=[^\n#]*[.\]])[A-Za-z0-9_. \t-]+(?:\][ \t]*)?(?:#|\r?\n|\Z)")
"""A line of names with dots, or with the closing bracket of a header."""
_BLOCK: Final = re.compile(r"(?:\"[^\"]*\"[ \t]*){0,10}\{")
"""The labels and the brace that open a block of HCL."""
_MARKED: Final = re.compile(rf"[^\w\s\[\"'=#]{{1,9}}(?:[ \t]*(?P<header>\[)|{_PAIR.pattern})")
_GOES_ON_BELOW: Final = re.compile(r"(?P<space>\s*(?:#[^\n]*\n\s*){0,100})(?P<mark>\]+|\.)")
_WORD: Final = re.compile(r"\w[\w-]*")
_DECLARES: Final = re.compile(r"(?P<word>export|set|let|const|var|local|readonly|-)[ \t]+(?=[A-Za-z0-9_.-]+[ \t]*=)")
"""What stands before an assignment elsewhere: a shell's or JavaScript's word, or the mark of a list or a diff."""


def explain(scan: Scan, flaw: Flaw, section: Path) -> Reason:
    """Return why a text is not TOML; a fix that would not lead on is left out."""
    slip = Slip(scan, flaw, section)
    early = _simple(slip, flaw) or _unclosed_bracket(slip) or explain_look_alike(slip) or _next(slip)
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
        help_ = "it is a value at one place and a table at the other; keep one of them"
    return Reason(f"duplicate key `{printable(name)}`", help_)


def _escape(slip: Slip) -> Reason:
    """Explain a backslash before what needs none."""
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
    """Check that the flaw is the beginning of a line that is a header, or a key where only values may stand."""
    if slip.text[line : slip.at].strip(" \t["):
        return False
    return bool(_HEADER.match(slip.text, line) or (in_array and _PAIR.match(slip.text, line)))


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
        f"TOML takes no control character: {described(character)}", "remove it; in a string, write its escape"
    )


def _conflict(slip: Slip) -> Reason | None:
    return Reason("a merge conflict is left in this file", "resolve it") if _CONFLICT.match(slip.rest) else None


def _value(slip: Slip) -> Reason:
    if early := _conflict(slip):
        return early
    if slip.scan.brackets and slip.at == slip.began and (early := _comment_mark(slip)):
        return early
    if slip.scan.brackets and slip.rest.startswith(";"):
        return _comma(slip)
    return explain_value(slip)


def _key(slip: Slip) -> Reason:
    if conflict := _conflict(slip):
        return conflict
    if slip.scan.brackets and slip.text[slip.at - 1 : slip.at + 1] in {"{{", "{%"}:
        return Reason("expected a value; this looks like a template", "check what it is rendered to")
    if slip.text.startswith(OPENINGS, slip.at):
        return Reason("keys and headers hold no reference; they are never expanded", "write the name itself")
    if mended := _comment_mark(slip) or _of_another_format(slip):
        return mended
    if slip.rest[:1] in {"", "=", ".", "]", ","}:
        is_path = slip.rest.startswith(".") and slip.text[slip.at - 1] == "["
        help_ = _WHOLE_PATH if is_path else "remove the comma" if slip.rest.startswith(",") else None
        return Reason("a key is missing", help_)
    return _odd_key(slip, slip.at) or _marked(slip) or Reason(_NO_KEY, _KEY_RULE)


def _marked(slip: Slip) -> Reason | None:
    """Explain what stands before a header or a key: the marks of a diff, a quotation or Markdown."""
    found = _MARKED.match(slip.text, slip.at) if slip.at == slip.scan.statements[-1] else None
    if not found:
        return None
    what, more = ("header", "") if found["header"] else ("key", ", or put a key that begins so in quotes")
    return Reason(f"unexpected characters before a {what}", f"remove them{more}")


def _of_another_format(slip: Slip) -> Reason | None:
    message = _NO_KEY
    if slip.rest.startswith(("/*", "<!--", "{#")):
        return Reason(_COMMENT, "write # in front of each of its lines")
    if slip.rest.startswith(("```", "~~~")):
        return Reason(f"{message}; this looks like Markdown", "remove the line, and the one that closes it")
    if slip.rest.startswith(("{{", "{%", "<%")):
        return Reason(f"{message}; this looks like a template", "check what it is rendered to")
    if re.match(r"<[!?/A-Za-z]", slip.rest):
        return Reason(f"{message}; this looks like HTML or XML", "check where the file comes from")
    if slip.rest.startswith("{") and len(slip.scan.statements) == 1:
        return Reason(f"{message}; this looks like JSON", 'TOML writes `key = value` for `"key": value`')
    return None


_WHOLE_PATH: Final = f"each header repeats the whole path, such as [{limits.SECTION}.mode.external]"
_COMMENT: Final = "a comment of TOML begins with #"
_NO_KEY: Final = "expected a key"
_KEY_RULE: Final = "a key consists of ASCII letters, digits, _ and -, or stands in quotes"


def _odd_key(slip: Slip, start: int) -> Reason | None:
    """Explain a bare key with a letter that is not ASCII."""
    word = _WORD.match(slip.text, start)
    if not word or word.end() <= slip.at or slip.text[slip.at].isascii():
        return None
    changes = ((start, start, '"'), (word.end(), word.end(), '"'))
    message = f"a key without quotes consists of ASCII letters, digits, _ and -, not {described(slip.text[slip.at])}"
    return Reason(message, "put the key in quotes", "put the key in quotes", changes)


def _comment_mark(slip: Slip) -> Reason | None:
    found = re.match(r"//+|;+|--(?=[ \t])", slip.rest)
    if not found:
        return None
    change = (slip.at, slip.at + found.end(), "#")
    return Reason(_COMMENT, "write # instead", "write #", (change,))


def _equals(slip: Slip) -> Reason:
    if early := _declaration(slip):
        return early
    start = slip.at
    while start > 0 and (slip.text[start - 1].isalnum() or slip.text[start - 1] in "_-"):
        start -= 1
    if early := _pair_of_another_format(slip) or _colon(slip) or _odd_key(slip, start) or _escaped(slip):
        return early
    if _PLAIN_VALUE.match(slip.rest) and slip.text[slip.at - 1] in " \t":
        return Reason(_NO_VALUE, "write = between them", "write `=`", ((slip.at, slip.at, "= "),))
    if slip.rest[:1] in {",", "}"} and slip.scan.brackets and slip.text[slip.scan.brackets[-1]] == "{":
        is_list = "=" not in slip.text[slip.scan.brackets[-1] : slip.at] and slip.takes in {Kind.LIST, None}
        return Reason(_NO_VALUE, 'a list stands in brackets, such as ["python"]' if is_list else _PAIRS)
    if "=" in slip.rest and not slip.rest.startswith("="):
        return Reason(_NO_VALUE, _KEY_RULE)
    return Reason(_NO_VALUE, _HEADER_RULE if _BARE_HEADER.match(slip.text, slip.scan.statements[-1]) else None)


def _declaration(slip: Slip) -> Reason | None:
    """Explain a word before a key; a hyphen may also mean that the line is to go."""
    began = slip.scan.statements[-1]
    found = _DECLARES.match(slip.text, began)
    if not found or found.end() < slip.at:
        return None
    word = found["word"]
    changes = () if word == "-" else ((began, found.end(), ""),)
    return Reason(f"a key stands alone, without `{word}`", f"remove `{word}`", f"remove `{word}`", changes, at=began)


_NO_VALUE: Final = "expected `=` and a value after the key"

_HEADER_RULE: Final = "a header stands in brackets, one on each side"
_PAIRS: Final = "each entry of an inline table is written `key = value`"


def _pair_of_another_format(slip: Slip) -> Reason | None:
    began = slip.scan.statements[-1]
    if _OF_YAML.match(slip.text, began, slip.line_end(slip.at)):
        return Reason(
            f"{_NO_VALUE}; this looks like YAML", f"write a table as [{limits.SECTION}], and a list in brackets"
        )
    if _BLOCK.match(slip.rest):
        return Reason(f"{_NO_VALUE}; this looks like HCL", "write a table as a header in brackets, its keys below it")
    if slip.text[began : slip.at].rstrip(" \t") == "--":
        return Reason(_COMMENT, "write # instead", "write #", ((began, began + 2, "#"),))
    return None


def _colon(slip: Slip) -> Reason | None:
    """Explain a colon, or what looks like one, in the place of the equals sign."""
    found = re.match(r".=?", slip.rest)
    if not found or (plain(found[0][0]) or found[0][0]) != ":":
        return None
    change = (slip.at, slip.at + found.end(), "=" if slip.text[slip.at - 1] == " " else " =")
    # Any text of "name: value" reads so far, such as what a server answers in place of the file.
    changes = (change,) if slip.concerns_section else ()
    return Reason("TOML writes `=` between a key and its value", "write = instead", "write `=`", changes)


def _escaped(slip: Slip) -> Reason | None:
    """Explain a backslash before a mark that Markdown escapes."""
    found = re.match(r"\\([_.\]-])", slip.rest)
    if not found:
        return None
    help_ = f"write {found[1]} alone"
    return Reason("a name without quotes has no backslash", help_, help_, ((slip.at, slip.at + 1, ""),))


def _header_end(slip: Slip) -> Reason:
    if escaped := _escaped(slip):
        return escaped
    close = "]]" if slip.text.startswith("[[", slip.opening or 0) else "]"
    message = f"expected `{close}` at the end of the header"
    if slip.rest and slip.rest[0] not in "#]":
        return Reason(
            message, "join the names with dots; one that holds anything but letters, digits, _ and - takes quotes"
        )
    if close == "]]" and slip.rest.startswith("]"):
        return Reason(message, "a table has one bracket on each side, an entry of an array two")
    at = len(slip.text[: slip.at].rstrip(" \t"))
    if found := _GOES_ON_BELOW.match(slip.text, at):
        is_certain = found["mark"] in {close, "."} and not found["space"].strip()
        changes = ((*found.span("space"), ""),) if is_certain else ()
        return Reason(message, "write it on one line", "join the lines", changes)
    return Reason(message, f"close it with {close}", f"write {close}", ((at, at, close),))


def _comma(slip: Slip) -> Reason:
    bracket = slip.text[slip.scan.brackets[-1]]
    close, entries = ("]", "entries of an array") if bracket == "[" else ("}", "keys of an inline table")
    message = f"expected `,` or `{close}`: the {entries} are separated by commas"
    if slip.rest.startswith(";"):
        changes = ((slip.at, slip.at + 1, ","),) if _NO_COMMENT.match(slip.rest, 1) else ()
        return Reason(message, "write a comma", "write a comma", changes)
    if _lacks_comma(slip, bracket):
        before = next(reversed(slip.scan.values.values())).end
        return Reason(message, "write a comma between them", "write the comma", ((before, before, ","),))
    if early := explain_early_end(slip):
        return early
    if "\n" not in slip.text[slip.scan.brackets[-1] : slip.at]:
        return Reason(message)
    help_ = "write a comma between them, or close the table with }" if _PAIR.match(slip.rest) else None
    related = ("the inline table begins here", slip.scan.brackets[-1]) if bracket == "{" else None
    return Reason(message, help_, related=related)


def _lacks_comma(slip: Slip, bracket: str) -> bool:
    """Check that what follows a value within brackets is the next one; a doubled quote may stand for one quote."""
    if bracket == "{":
        is_one_line = "\n" not in slip.text[slip.scan.brackets[-1] : slip.at]
        return (_PAIR if is_one_line else _PAIRS_UP_TO_BRACE).match(slip.text, slip.at) is not None
    is_doubled = slip.text[slip.at - 1 : slip.at + 1] in {'""', "''"}
    return _VALUE_STARTS.match(slip.rest) is not None and (not is_doubled or slip.takes is Kind.LIST)


def _line_end(slip: Slip) -> Reason:
    if slip.text.startswith(OPENINGS, slip.at):
        return Reason("expected the end of the line after the value", "put the reference inside the quotes")
    found = re.match(r"[;,]+(?=[ \t]*(?:#|\Z))", slip.rest)
    if found:
        name = "semicolon" if slip.rest[0] == ";" else "comma"
        change = (slip.at, slip.at + found.end(), "")
        return Reason(f"a line of TOML does not end with a {name}", "remove it", f"remove the {name}", (change,))
    is_header = slip.text.startswith("[", slip.scan.statements[-1])
    if is_header and slip.rest.startswith("]"):
        return Reason(
            "one bracket too many behind the header", "a table has one on each side, an entry of an array two"
        )
    reason = None if is_header else _bare_list(slip) or explain_behind_number(slip) or explain_early_end(slip)
    if reason or (reason := _comment_mark(slip)):
        return reason
    what = "header" if is_header else "value"
    return Reason(f"expected the end of the line after the {what}", _what_follows(slip, is_header=is_header))


def _what_follows(slip: Slip, *, is_header: bool) -> str:
    """Return what to do with what stands behind a value or a header."""
    if _PAIR.match(slip.rest):
        return "put what follows on a line of its own"
    if slip.rest[0] in "]}":
        return f"remove it, or write the {'[' if slip.rest[0] == ']' else '{'} that it closes"
    remove = "remove what follows"
    return f"{remove if is_header else due_form(slip, remove)}; a comment begins with #"


def _bare_list(slip: Slip) -> Reason | None:
    """Explain several strings on one line: a list without its brackets."""
    found = _STRINGS.match(slip.text, slip.began, slip.end)
    if not found or slip.takes not in {Kind.LIST, None}:
        return None
    message = "expected the end of the line after the value"
    close = "" if found["close"] else "]"
    changes = ((slip.began, slip.began, "["), (found.end(), found.end(), close))
    return Reason(message, "a list stands in brackets", "put the list in brackets", changes)


_EXPLAIN: Final[dict[Due, Callable[[Slip], Reason]]] = {
    Due.KEY: _key,
    Due.EQUALS: _equals,
    Due.VALUE: _value,
    Due.LINE_END: _line_end,
    Due.HEADER_END: _header_end,
    Due.COMMA: _comma,
    Due.QUOTE: explain_unclosed,
    Due.PRINTABLE: _control,
    Due.ESCAPE: _escape,
}
