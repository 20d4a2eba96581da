"""Explain what is wrong with a key, a header, or the text between a key and its value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from codeexec_config import limits
from codeexec_config.document.characters import described, plain
from codeexec_config.document.slips import Reason, example_of_list
from codeexec_config.document.tokens import OPENINGS
from codeexec_config.expressions import expression
from codeexec_config.rules.foreign import recognised

if TYPE_CHECKING:
    from codeexec_config.document.slips import Slip

KEY_OF_PAIR: Final = r"[A-Za-z0-9_.-]+[ \t]*="
PAIR: Final = expression(rf"[ \t]*{KEY_OF_PAIR}")
PLAIN_VALUE: Final = expression(r"(?:true|false|[+-]?[0-9]+|\"[^\"\\]*\"|'[^']*')[ \t]*(?:#|\Z)")
_CONFLICT: Final = expression(r"(?:<{7}|={7}|>{7}|[|]{7})(?!\S)")
_OF_YAML: Final = expression(r"(?:---|[^:\s]*:)[ \t]*(?:#|\Z)")
_BLOCK_OF_YAML: Final = expression(r"\n[ \t]*(?:-[ \t]+)?[A-Za-z0-9_./\"'-]+:[ \t]*(?:[|>][+-]?[ \t]*)?(?=\r?\n|\Z)")
_BARE_HEADER: Final = expression(r"(?=[^\n#]*[.\]])[A-Za-z0-9_. \t-]+(?:\][ \t]*)?(?:#|\r?\n|\Z)")
"""A line of names with dots, or with the closing bracket of a header."""
_BLOCK: Final = expression(r"(?:\"[^\"]*\"[ \t]*){0,10}\{")
"""The labels and the brace that open a block of HCL."""
_MARKED: Final = expression(rf"[^\w\s\[\"'=#]{{1,9}}(?:[ \t]*(?P<header>\[)|{PAIR.pattern})")
_GOES_ON_BELOW: Final = expression(r"(?P<space>\s*(?:#[^\n]*\n\s*){0,100})(?P<mark>\]+|\.)")
_EQUALS_BELOW: Final = expression(r"\s*=")
_WORD: Final = expression(r"\w[\w-]*")
_CLOSES: Final = expression(r"[\]}]")
_BRACES: Final = expression(r"\{[^{}\n\"']{1,100}\}")
_DECLARES: Final = expression(rf"(?P<word>export|set|let|const|var|local|readonly|-)[ \t]+(?={KEY_OF_PAIR})")
"""What precedes an assignment elsewhere: a shell's or JavaScript's word, or the mark of a list or a diff."""

_LINE_NUMBER: Final = expression(rf"[0-9]+(?:[ \t]*[:|)][ \t]*|[ \t]+)(?:\[|#|{KEY_OF_PAIR}|\r?\n|\Z)")
_HERE_DOCUMENT: Final = expression(r"[\w./-]+[ \t][^\n=\"#]*<<[~-]?[ \t]*[\"']?[A-Za-z_]")
"""A command that reads the lines below it."""
_END_OF_TEXT: Final = expression(r"(?:EO[A-Z]{1,6}|END)\s*\Z")
_WHOLE_PATH: Final = f"each header repeats the whole path, such as [{limits.SECTION}.mode.external]"
_COMMENT: Final = "a TOML comment begins with #"
_NO_KEY: Final = "expected a key"
_KEY_RULE: Final = "a key consists of ASCII letters, digits, _ and -, or is written in quotes"
_NO_VALUE: Final = "expected `=` and a value after the key"
_HEADER_RULE: Final = "a header is written in brackets, one on each side"
_DOT_RULE: Final = "a dot goes between two names; write the missing name, or remove the dot"
_PAIR_RULE: Final = "write `key = value`; a comment begins with #"
_PAIRS: Final = "each entry of an inline table is written `key = value`"


def explain_key(slip: Slip) -> Reason:
    """Return why a key is missing where one is due."""
    if conflict := explain_conflict(slip):
        return conflict
    if slip.scan.brackets and slip.text[slip.at - 1 : slip.at + 1] in {"{{", "{%"}:
        return Reason("expected a value; this looks like a template", "check what it is rendered to")
    if slip.text.startswith(OPENINGS, slip.at):
        return Reason("references are not expanded in keys and headers", "write the name itself")
    if mended := explain_comment_mark(slip) or _of_another_format(slip):
        return mended
    if slip.rest[:1] in {"", "=", ".", "]", ","}:
        return Reason("a key is missing", _form_of_missing(slip))
    return _variable(slip, _NO_KEY) or _odd_key(slip, slip.at) or _marked(slip) or Reason(_NO_KEY, _KEY_RULE)


def _form_of_missing(slip: Slip) -> str:
    """Return how to write the text around a missing key."""
    before = slip.text[: slip.at].rstrip(" \t")[-1:]
    if slip.rest.startswith("."):
        return _WHOLE_PATH if before == "[" else _DOT_RULE
    if before == ".":
        return _DOT_RULE
    if slip.rest.startswith(","):
        return "remove the comma"
    if before == "[":
        return "write the name of the table between the brackets"
    if slip.rest.startswith("]"):
        return "remove it, or write the [ that it closes"
    return "write the key in front of the `=`"


def _marked(slip: Slip) -> Reason | None:
    """Explain what precedes a header or a key: the marks of a diff, a quotation or Markdown."""
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
    return _braces(slip) if slip.rest.startswith("{") and not slip.scan.brackets else None


def _braces(slip: Slip) -> Reason:
    """Explain a brace where a statement is due."""
    if len(slip.scan.statements) == 1:
        return Reason(f"{_NO_KEY}; this looks like JSON", 'TOML writes `key = value` for `"key": value`')
    return Reason(_NO_KEY, "the keys of a table go below its header, without braces")


def _odd_key(slip: Slip, start: int) -> Reason | None:
    """Explain a bare key with a letter that is not ASCII."""
    word = _WORD.match(slip.text, start)
    if not word or word.end() <= slip.at or slip.text[slip.at].isascii():
        return None
    changes = ((start, start, '"'), (word.end(), word.end(), '"'))
    message = f"a key without quotes consists of ASCII letters, digits, _ and -, not {described(slip.text[slip.at])}"
    return Reason(message, "put the key in quotes", "put the key in quotes", changes)


def explain_comment_mark(slip: Slip) -> Reason | None:
    """Explain the mark of a comment of another language."""
    found = re.match(r"//+|;+|--(?=[ \t])", slip.rest)
    if not found:
        return None
    change = (slip.at, slip.at + found.end(), "#")
    if slip.scan.brackets and _CLOSES.search(slip.rest):  # it would be part of the comment
        return Reason(_COMMENT, "write # instead, and move the closing bracket to a line below")
    return Reason(_COMMENT, "write # instead", "write #", (change,))


def explain_equals(slip: Slip) -> Reason:
    """Return why a key has no value."""
    if early := _declaration(slip) or _pasted(slip):
        return early
    start = slip.at
    while start > 0 and (slip.text[start - 1].isalnum() or slip.text[start - 1] in "_-"):
        start -= 1
    if early := _pair_of_another_format(slip) or _colon(slip) or _odd_key(slip, start) or _escaped(slip):
        return early
    if PLAIN_VALUE.match(slip.rest) and slip.text[slip.at - 1] in " \t":
        return Reason(_NO_VALUE, "write = between them", "write `=`", ((slip.at, slip.at, "= "),))
    if early := _variable(slip, _NO_VALUE):
        return early
    if slip.rest[:1] in {",", "}"} and slip.scan.brackets and slip.text[slip.scan.brackets[-1]] == "{":
        is_list = "=" not in slip.text[slip.scan.brackets[-1] : slip.at] and slip.takes in {"list", None}
        form = f"a list is written in brackets, such as {example_of_list(slip.key)}"
        return Reason(_NO_VALUE, form if is_list else _PAIRS)
    return Reason(_NO_VALUE, _form_of_line(slip))


def _variable(slip: Slip, message: str) -> Reason | None:
    """Explain the name of a variable between the braces of an inline table."""
    opened = slip.scan.brackets[-1] if slip.scan.brackets else slip.at
    braces = _BRACES.match(slip.text, opened)
    foreign = recognised(braces[0]) if braces else None
    return Reason(message, 'a variable is written in quotes, as in "${NAME}"') if foreign and foreign.variable else None


def _form_of_line(slip: Slip) -> str:
    """Return how to write a line that begins with a name without a `=` after it."""
    if "=" in slip.rest and not slip.rest.startswith("="):
        return _KEY_RULE
    if _BARE_HEADER.match(slip.text, slip.scan.statements[-1]):
        return _HEADER_RULE
    goes_on = _EQUALS_BELOW.match(slip.text, slip.line_end(slip.at))
    return "write them on the line of the key" if goes_on else _PAIR_RULE


def _declaration(slip: Slip) -> Reason | None:
    """Explain a word before a key; a hyphen may also mark a line to be deleted."""
    began = slip.scan.statements[-1]
    found = _DECLARES.match(slip.text, began)
    if not found or found.end() < slip.at:
        return None
    word = found["word"]
    changes = () if word == "-" else ((began, found.end(), ""),)
    return Reason(
        f"a key is written alone, without `{word}`", f"remove `{word}`", f"remove `{word}`", changes, at=began
    )


def _pasted(slip: Slip) -> Reason | None:
    """Explain what comes along with a text that is copied: the numbers of lines, a shell's here-document."""
    began = slip.scan.statements[-1]
    if _LINE_NUMBER.match(slip.text, began):
        return Reason(f"{_NO_VALUE}; this looks like the number of a line", "remove it, in each line")
    if _HERE_DOCUMENT.match(slip.text, began, slip.line_end(began)):
        help_ = "remove the line, and the word that ends the text below"
        return Reason(f"{_NO_VALUE}; this looks like a shell's here-document", help_)
    if _END_OF_TEXT.match(slip.text, began):
        return Reason(f"{_NO_VALUE}; this looks like the end of a shell's here-document", "remove the line")
    return None


def _pair_of_another_format(slip: Slip) -> Reason | None:
    began = slip.scan.statements[-1]
    if _OF_YAML.match(slip.text, began, slip.line_end(slip.at)) or _begins_yaml(slip):
        return Reason(
            f"{_NO_VALUE}; this looks like YAML", f"write a table as [{limits.SECTION}], and a list in brackets"
        )
    if _BLOCK.match(slip.rest):
        return Reason(f"{_NO_VALUE}; this looks like HCL", "write a table as a header in brackets, its keys below it")
    if slip.text[began : slip.at].rstrip(" \t") == "--":
        return Reason(_COMMENT, "write # instead", "write #", ((began, began + 2, "#"),))
    return None


def _begins_yaml(slip: Slip) -> bool:
    """Check for a colon in the first line of a file that has a block of YAML further down."""
    is_first = len(slip.scan.statements) == 1 and slip.rest.startswith(":")
    return is_first and _BLOCK_OF_YAML.search(slip.text, slip.at) is not None


def _colon(slip: Slip) -> Reason | None:
    """Explain a colon, or what looks like one, in the place of the equals sign."""
    found = re.match(r".=?", slip.rest)
    if not found or (plain(found[0][0]) or found[0][0]) != ":":
        return None
    change = (slip.at, slip.at + found.end(), "=" if slip.text[slip.at - 1] == " " else " =")
    # Any text of the form "name: value" gets this far, such as a server's response in place of the file.
    changes = (change,) if slip.concerns_section else ()
    return Reason("TOML writes `=` between a key and its value", "write = instead", "write `=`", changes)


def _escaped(slip: Slip) -> Reason | None:
    """Explain a backslash before a character that Markdown escapes."""
    found = re.match(r"\\([_.\]-])", slip.rest)
    if not found:
        return None
    help_ = f"write {found[1]} alone"
    return Reason("a name without quotes cannot contain a backslash", help_, help_, ((slip.at, slip.at + 1, ""),))


def explain_header_end(slip: Slip) -> Reason:
    """Return why a header has no end."""
    if escaped := _escaped(slip):
        return escaped
    close = "]]" if slip.text.startswith("[[", slip.opening or 0) else "]"
    message = f"expected `{close}` at the end of the header"
    if slip.rest and slip.rest[0] not in "#]":
        return Reason(
            message, "join the names with dots; a name with anything but letters, digits, _ and - needs quotes"
        )
    if close == "]]" and slip.rest.startswith("]"):
        return Reason(message, "a table header has one bracket on each side, an array of tables two")
    at = len(slip.text[: slip.at].rstrip(" \t"))
    if found := _GOES_ON_BELOW.match(slip.text, at):
        is_certain = found["mark"] in {close, "."} and not found["space"].strip()
        changes = ((*found.span("space"), ""),) if is_certain else ()
        return Reason(message, "write it on one line", "join the lines", changes)
    # A bracket after a # may be the header's own.
    changes = () if "]" in slip.rest else ((at, at, close),)
    return Reason(message, f"close it with {close}", f"write {close}", changes)


def explain_conflict(slip: Slip) -> Reason | None:
    """Explain the markers left by a merge."""
    return Reason("a merge conflict is left in this file", "resolve it") if _CONFLICT.match(slip.rest) else None
