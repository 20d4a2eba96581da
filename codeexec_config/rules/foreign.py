"""Recognise how other tools write a reference: shells, templates, secret managers, paths of files.

Here each of these is a text like any other. A name is offered in braces only if it is in capitals: anything else may
be a key, and no message repeats a key.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from codeexec_config import limits, references
from codeexec_config.expressions import expression

_NAME: Final = rf"[\"']?(?P<name>{limits.VARIABLE_PATTERN})[\"']?"
_WRAPPER: Final = expression(
    r"[$#@%]?\{{1,3}(?P<a>[^{}]*)\}{1,3}#?|<%=?(?P<b>[^<>]*)%>|%(?P<c>[^%]*)%|!(?P<d>[^!]*)!|%\((?P<e>[^()]*)\)s?"
    r"|\$\({1,2}(?P<f>[^()]*)\){1,2}|\$\[{1,2}(?P<g>[^\[\]]*)\]{1,2}|\$<(?P<h>[^<>]*)>|\${1,2}(?P<i>[^$]*)"
    r"|@(?P<j>[A-Z_][A-Z0-9_]*)@|\[\[\s*(?P<k>[A-Z_][A-Z0-9_]*)\s*\]\]"
)
"""The syntax around the name of a variable; `{{ $env.NAME }}` is wrapped twice."""
_ENVIRONMENT: Final = (
    r"!?\.?_?(?:(?:import\.meta|process|deno|bun|os|sys|system)\.|std::)?"
    r"(?:getenv|printenv|environ(?:ment)?|env(?:_var)?)"
)
_GETTER: Final = r"(?:\.get|\.fetch|::var|!)?"
_NO_DEFAULT: Final = r"\s*(?:\"\"|''|none|null|nil|undefined)?\s*"
_NAMED: Final = (
    rf"{_ENVIRONMENT}\s*(?:[.:/!\s]|://)\s*{_NAME}",
    rf"{_ENVIRONMENT}{_GETTER}\s*[(\[{{]\s*{_NAME}\s*(?:,{_NO_DEFAULT})?[)\]}}]",
    rf"lookup\(\s*[\"']env[\"']\s*,\s*{_NAME}\s*\)",
    rf"(?:vars?|secrets?)\.{_NAME}",
)
"""Names that identify themselves as environment variables."""
_MANAGERS: Final = (
    "1password|akeyless|akv|aws-?s?sm|aws-?secrets?(?:manager)?|az(?:ure)?-?(?:kv|keyvault)|bitwarden|bws?|chamber|conjur"
    "|credhub|cyberark|doppler|enc|exec|cmd|file|gcp-?(?:sm|secrets?(?:manager)?)|gopass|gsm|hashi(?:corp)?-?vault"
    "|infisical|k8s|keepassx?c?|key-?(?:chain|ring|vault)|kms|kube(?:rnetes)?|lastpass|op|openbao|pass|path|sm|sops|ssm"
    "|secrets?(?:-?manager|-?ref)?|vault|wincred"
)
_NAMELESS: Final = (
    rf"{_ENVIRONMENT}{_GETTER}\s*[(\[{{]\s*{_NAME}\s*,.*[)\]}}]",
    r"\$\(.*\)|`.*`|<%.*%>|\{\{.*\}\}|[%@#]\{.*\}",
    r"(?:\w+_)?(?:secrets?|vault|secret_?manager|key_?vault|credentials?)[.(\[]\S.*",
    r"\$(?:file|secret|sys|vault)\{.+\}",
    r"enc\[[a-z0-9_]+,data:.*\]",
    r"@microsoft\.keyvault\(.*\)",
    rf"(?:ref\+)?(?:{_MANAGERS})(?:\+[a-z0-9]+)?:.+",
    r"!(?:vault|secret|env|sops|include|file)\b.*",
    r"(?!https?:)[a-z][a-z0-9+.-]*://.*",
    r"https?://[^/]*(?:vault|secret)[^/]*/.*",
    r"arn:aws[a-z-]*:.*|projects/[^/]+/secrets/.*",
    r"[<@]?(?:~|\.{1,2}|[a-z]:)[/\\].*|@[\w.-]+\.[a-z]{2,5}",
)
"""Sources that name no variable: a secret manager, a command, a path. A variable with a default counts as one, since
its name in braces would lose the default."""
_PATH: Final = expression(r"[<@]?((?:/[A-Za-z0-9._@-]+){2,}/?|/[A-Za-z0-9._-]+\.[A-Za-z]{2,5})")
_CAPITALS: Final = "[A-Z_][A-Z0-9_]*"
_WITHIN: Final = expression(
    rf"\$(?:env:)?(?P<a>{_CAPITALS})(?![A-Za-z0-9_({{[])|%(?P<b>{_CAPITALS})%|\$\((?P<c>{_CAPITALS})\)"
    rf"|\{{\$(?P<d>{_CAPITALS})\}}|[@#%]?\{{{{1,2}}\s*(?:env[:.])?(?P<e>{_CAPITALS})\s*\}}{{1,2}}"
    rf"|\$(?:env|ENV)\{{(?P<f>{_CAPITALS})\}}|%(?:env|ENV)\[(?P<g>{_CAPITALS})\]%"
    rf"|\$\[(?P<h>{_CAPITALS})\]|\[\[(?P<i>{_CAPITALS})\]\]"
)
"""References within a text; not a bare word in capitals, as any word may be one."""
_PLAIN: Final = expression(r"(?:[A-Za-z0-9+.-]+://)?[A-Za-z0-9._-]*(?::[0-9]{1,9})?(?:/[A-Za-z0-9._/-]*)?")
_LONGEST: Final = 300
_MAY_HOLD_SECRETS: Final = frozenset("@?#")
"""Characters of a URL before or after which a credential may be, which no fix repeats."""
_PLACEHOLDERS: Final = frozenset(
    {"CHANGE", "CHANGEME", "ENTER", "FIXME", "INSERT", "PLACEHOLDER", "PUT", "REPLACE", "REPLACEME", "TODO", "YOUR"}
)
"""Words that begin a template's placeholder for a value, but no variable's name."""
_LONGEST_WORD: Final = 15
"""A longer word with a digit in it may be a key in capitals rather than part of a name."""


class Foreign(NamedTuple):
    """A reference in another tool's syntax, with the variable that it names in capitals, if any."""

    variable: str | None


def recognised(text: str) -> Foreign | None:
    """Return what a whole text refers to in another tool's syntax, or None if it is not a reference."""
    if len(text) > _LONGEST or "${" in text:
        return None
    if _is_variable(text) and "_" in text.strip("_"):
        is_marked = text.startswith("__") and text.endswith("__")  # for a tool that replaces it
        variable = text.strip("_") if is_marked else text
        return None if _is_placeholder(variable) else Foreign(variable)
    if name := _name(text):
        return Foreign(name if _is_variable(name) else None)
    if any(re.fullmatch(pattern, text, re.IGNORECASE) for pattern in _NAMELESS):
        return Foreign(None)
    path = _PATH.fullmatch(text)
    return Foreign(None) if path and not any(map(_may_be_key, path[1].split("/"))) else None


def is_manager(scheme: str) -> bool:
    """Check whether a URL's scheme is that of a secret manager or of a file, whose text is not an address."""
    return re.fullmatch(_MANAGERS, scheme, re.IGNORECASE) is not None


def unwrapped(text: str) -> str | None:
    """Return the variable that a malformed `${...}` names in capitals, or None."""
    foreign = recognised(text.removeprefix("$"))
    return foreign and foreign.variable


def _name(text: str) -> str | None:
    """Return the name that a text gives a variable by its syntax."""
    core = text
    while wrapper := _WRAPPER.fullmatch(core):
        core = next((inner.strip() for inner in wrapper.groups() if inner), "")
    patterns = (*_NAMED, _NAME) if core != text else _NAMED
    found = (re.fullmatch(pattern, core, re.IGNORECASE) for pattern in patterns)
    return next((match["name"] for match in found if match), None)


def _is_variable(name: str) -> bool:
    return name.isupper() and limits.is_variable(name) and not any(map(_may_be_key, name.split("_")))


def _is_placeholder(name: str) -> bool:
    words = name.split("_")
    return words[0] in _PLACEHOLDERS or words[-1] == "HERE"


def _may_be_key(word: str) -> bool:
    return len(word) > _LONGEST_WORD and any(character.isdigit() for character in word)


def braced(text: str) -> str | None:
    """Return a text with the variables that it names in capitals written in braces, or None if it names none."""
    foreign = recognised(text)
    if foreign is not None:
        return foreign.variable and f"${{{foreign.variable}}}"
    if len(text) > _LONGEST or not _MAY_HOLD_SECRETS.isdisjoint(text):
        return None
    pieces: list[str] = []
    for segment in references.parse(text):
        stretch = text[segment.start : segment.end]
        if isinstance(segment, references.Malformed) or _has_text(segment):
            return None
        pieces.append(_WITHIN.sub(_in_braces, stretch) if isinstance(segment, references.Literal) else stretch)
    written = "".join(pieces)
    return written if written != text and _is_plain(written) else None


def _is_plain(text: str) -> bool:
    """Check that references are surrounded only by parts of a name or an address: no other characters, no secret."""
    return _PLAIN.fullmatch(references.filled(text, "0")) is not None


def _in_braces(found: re.Match[str]) -> str:
    name = next(filter(None, found.groups()))
    return f"${{{name}}}" if _is_variable(name) else found[0]


def referred(text: str) -> str | None:
    """Return the one variable that a text in place of a key names, as a reference; None for none or several."""
    named = {each.canonical for each in references.references(references.parse(text)) if not each.is_pasted}
    foreign = recognised(text)
    if foreign is not None and foreign.variable is not None:
        named.add(f"${{{foreign.variable}}}")
    return named.pop() if len(named) == 1 else None


def mended(text: str) -> str | None:
    """Return a text with its variables in braces and no space around a reference, or None if nothing changes."""
    return unpadded(text) or braced(text)


def unpadded(text: str) -> str | None:
    """Return references without the spaces around them, or None if there are none or one has a default."""
    stripped = text.strip()
    segments = references.parse(stripped)
    is_plain = all(isinstance(segment, references.Reference) and not segment.text for segment in segments)
    return stripped if stripped != text and stripped and is_plain else None


def _has_text(segment: references.Segment) -> bool:
    return isinstance(segment, references.Reference) and bool(segment.text)


def hint(text: str) -> str | None:
    """Return how to write a value that the environment provides, or None if the text looks like no reference."""
    written = mended(text)
    if written is not None:
        return f'write "{written}"'
    if recognised(text) is not None:
        return "a variable is written in braces, as in ${NAME}"
    if references.references(references.parse(text)):
        return "a reference is written alone between the quotes, as in ${NAME}"
    return None


def list_hint(text: str) -> str | None:
    """Return how to write a list whose entries the environment provides, or None if a text looks like no reference."""
    if hint(text) is None:
        return None
    return 'one variable gives one value, and the list is in the file: write ["${A}", "${B}"]'
