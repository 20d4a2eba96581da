"""Explain why a text cannot be the URL of a service, and what it should be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from codeexec_config.expressions import expression
from codeexec_config.findings import Finding
from codeexec_config.references import holds_pasted
from codeexec_config.rules.foreign import hint, is_manager, mended, recognised
from codeexec_config.rules.urls import UrlError, accepted, has_secret_query, is_loopback, listening_hint, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.findings import Path
    from codeexec_config.rules.urls import Url

GENERAL: Final = "write an absolute URL, such as https://code-exec.example.com"
PORT: Final = "write a port from 1 to 65535, as in https://code-exec.example.com:8443"
_BRACES: Final = "a variable is written in braces, as in ${NAME}"
_TEMPLATE: Final = expression(
    r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|<%[^<>]*%>|[#%@]\{[^{}]*\}|\$\([^()]*\)|\[\[[^\[\]]*\]\]|%[A-Z]+\[[^\[\]]*\]%|`[^`]*`"
)
"""A part of a text that another tool would replace."""
_TWICE: Final = expression(r"(?:https?:?[/\\]*)+(?P<scheme>https?)(?::/?|/)/", re.IGNORECASE)
_SECOND: Final = expression(r"https?://[^/?#@]*https?:/", re.IGNORECASE)
_SCHEME: Final = expression(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?![0-9]+(?:[/?#]|$))")
_SLASHES: Final = expression(
    r"(?P<scheme>https?)(?:[:;][/\\]?|[:;,.]?[/\\]{2,})(?=[A-Za-z\[][^;/\\]|[0-9]+[.])", re.IGNORECASE
)
_SCHEMES: Final = frozenset({"https", "http"})
_SLIP: Final = expression(r"(?:h+t*p+s*|h?t?tt?ps?|hxxps?)://", re.IGNORECASE)
_LIST: Final = expression(r"(?<![\s,;|])[\s,;|]++(?=https?://)", re.IGNORECASE)
_OPTION: Final = expression(r"(?<![ \t])[ \t]++[-'\"]")
_PASSWORD: Final = expression(
    r"https?://(?:[^/?#@:\[]*:(?![0-9]+[/?])[^/?#@]*[/?#]|[^#@]*#).*@", re.IGNORECASE | re.DOTALL
)
"""A user and a password that contains a character which ends a host, with the @ somewhere after it."""
_BRACKETED: Final = expression(r"(?:\[(?P<label>[^\[\]]*)\](?=\())?[(\[](?P<url>https?:.*)[)\]]", re.IGNORECASE)
_PLACEHOLDER: Final = expression(r"<[^<>]*>|\{[^{}]*\}")
_PLACE: Final = expression(r"(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]+))?(?:[/?].*)?")
_LIKELY: Final = {"ws": "http", "tcp": "http"}
"""The scheme to use instead of another one, if that is not https."""
_LONGEST_SCHEME: Final = 12
_SHOWN_LENGTH: Final = 200
_MASKED: Final = frozenset("@?#$;&")
"""Characters of texts that a message does not repeat."""
_OPENS_REFERENCE: Final = frozenset("$%{@#")
_GROUPS: Final = 8
"""The groups of a full IPv6 address."""


class Flaw(NamedTuple):
    """The reason in words, what to do, and the URL that was certainly meant, if there is one.

    `quiet` is the reason for a value from the environment, if `reason` contains a word of it.
    """

    reason: str
    help: str
    meant: str | None = None
    quiet: str | None = None


_KEY: Final = 'api_key = "${CODE_EXEC_API_KEY}"'


def refused(value: str, path: Path, *, made: str | None = None) -> Finding:
    """Return what is wrong with a URL that is not accepted: the first of form, credentials, metadata."""
    try:
        parsed = parse(value)
    except UrlError as error:
        return _invalid(value, flaw_of(value, error), path, made)
    source = f" from {made}" if made else ""
    if parsed.userinfo or has_secret_query(parsed.query):
        place = "user or password" if parsed.userinfo else "query"
        return Finding(
            "credentials-in-url",
            f"the {place} of the URL{source} contains a credential, which logs and proxies print",
            path,
            help=f"{f'take it out of {made}, and give it as' if made else 'move the credential to'} {_KEY}",
        )
    return Finding(
        "metadata-url",
        f"the URL{source} leads to a cloud's metadata service, which hands out this machine's credentials",
        path,
        help=f"{f'set {made} to' if made else 'write'} the address of the code execution service",
    )


def _invalid(value: str, flaw: Flaw, path: Path, made: str | None) -> Finding:
    if made:
        remedy = f"set {made} to an absolute URL, such as https://code-exec.example.com"
        return Finding("invalid-url", f"invalid URL from {made}: {flaw.quiet or flaw.reason}", path, help=remedy)
    if value.startswith(("${", "$<")):
        help_ = "references are expanded only in a file, where not escaped as $${; in code, give the URL itself"
        return Finding("invalid-url", "invalid URL: it is a reference that is not expanded here", path, help=help_)
    looks_foreign = value[:1] in _OPENS_REFERENCE or mended(value) is not None
    if looks_foreign and (reference := hint(value)):
        return Finding("invalid-url", "invalid URL: it names a variable without ${...}", path, help=reference)
    return Finding("invalid-url", f"invalid URL: {flaw.reason}", path, help=flaw.help)


def meant_url(value: str) -> str | None:
    """Return the URL that a text was certainly meant as."""
    try:
        parse(value)
    except UrlError as error:
        return flaw_of(value, error).meant
    return None


def flaw_of(text: str, error: UrlError) -> Flaw:
    """Return what is wrong with a text of the file that does not parse."""
    if not text:
        return Flaw("it is empty", GENERAL)
    found = next(filter(None, (explain(text) for explain in _EXPLAIN)), None)
    if found is not None and found.reason.startswith("its scheme is"):
        return found._replace(quiet="its scheme is not https or http")
    if found is not None:
        return found
    if error.punycode:
        return Flaw(error.reason, f"write the host as {error.punycode}")
    is_path = " " in text and " " not in place_of(text)
    return Flaw(error.reason, "write %20 for a space in its path" if is_path else GENERAL)


def _of_template(text: str) -> Flaw | None:
    """Look at a part that is for another tool to replace, which has marks that other reasons would be given for."""
    if _TEMPLATE.search(text) is None or _PLACEHOLDER.search(place_of(text)) or _TEMPLATE.fullmatch(text):
        return None
    return Flaw("a part of it is a template of another tool", f"write the address itself; {_BRACES}")


def _of_wrapping(text: str) -> Flaw | None:
    """Look at the text around a URL."""
    stripped = text.strip()
    if stripped != text:
        return _corrected("there is whitespace beside it", stripped, "remove the whitespace", certain=True)
    if (more := _of_more(text)) is not None:
        return more
    if text[:1] + text[-1:] in {'""', "''", "<>", "``"}:
        return _corrected("it has its own quotes or brackets", text[1:-1], "write it without them", certain=True)
    if bracketed := _BRACKETED.fullmatch(text):
        label, meant = bracketed.groups()
        reason = "it has its own brackets" if label is None else "it is a Markdown link"
        is_certain = label is None or "://" not in label or label == meant
        return _corrected(reason, meant, "write the URL alone", certain=is_certain)
    return None


def _of_repetition(text: str) -> Flaw | None:
    """Look for a URL, or a scheme, that is written twice with nothing in between."""
    half = text[: len(text) // 2]
    if "://" in half and text == half * 2:
        return _corrected("the URL is written twice", half, "write it once", certain=True)
    if twice := _TWICE.match(text):
        rest = text[twice.end() :]
        if "://" in rest:
            return Flaw("the scheme is written twice", "write the scheme once")
        schemes = {scheme.lower() for scheme in re.findall("https?", twice[0], re.IGNORECASE)}
        meant = f"{twice['scheme'].lower()}://{rest}"
        return _corrected("the scheme is written twice", meant, "write the scheme once", certain=len(schemes) == 1)
    if _SECOND.match(text):
        return Flaw("a second scheme begins within its host", "write one URL, with its scheme at the beginning")
    return None


def _of_more(text: str) -> Flaw | None:
    """Look for other text before or after the URL."""
    if (listed := _LIST.search(text.partition("?")[0])) is not None:
        if "." in text[: listed.start()] or "://" in text[: listed.start()]:
            return Flaw("it is a list of URLs", "write one URL: one config calls one service")
        return _corrected("there is a word before it", text[listed.end() :], "write the URL alone")
    if (option := _OPTION.search(text)) is not None and "@" not in text[option.end() :]:
        return _corrected("there is more text after it", text[: option.start()], "write the URL alone")
    if text[-1] in ",;":
        mark = "comma" if text[-1] == "," else "semicolon"
        return _corrected(f"there is a {mark} after it", text[:-1], f"write it without the {mark}", certain=True)
    return None


def _of_scheme(text: str) -> Flaw | None:
    if re.match("https?://(?![/\\\\])", text, re.IGNORECASE):
        return None
    if text.rstrip(":/\\").lower() in _SCHEMES:
        return Flaw("it has no host", GENERAL)
    if (slashes := _SLASHES.match(text)) is not None:
        meant = f"{slashes['scheme'].lower()}://{text[slashes.end() :]}"
        return _corrected("a colon and two slashes must follow its scheme", meant, GENERAL, certain=True)
    if (slip := _SLIP.match(text)) is not None:
        scheme = "https" if "s" in slip[0].lower() else "http"
        meant = f"{scheme}://{text[slip.end() :]}"
        return _corrected("its scheme is misspelt", meant, "write https:// or http://", certain=True)
    named = _SCHEME.match(text)
    if named is not None:
        return _of_other_scheme(named["scheme"].lower(), text[named.end() :])
    return _of_missing_scheme(text)


def _of_other_scheme(scheme: str, rest: str) -> Flaw:
    if "@" in rest or len(scheme) > _LONGEST_SCHEME or scheme in _SCHEMES:
        # The text before the colon may be a user.
        return Flaw("it does not start with https:// or http://", GENERAL)
    reason = f"its scheme is {scheme}, not https or http"
    if scheme == "unix":
        return Flaw(reason, "let the service listen on a port, and write its address, such as http://127.0.0.1:8080")
    if is_manager(scheme):
        return Flaw(reason, "write the address itself, or the variable that contains it in braces, as in ${NAME}")
    likely = _LIKELY.get(scheme, "https")
    return _corrected(reason, f"{likely}:{rest}", GENERAL) if rest.startswith("//") else Flaw(reason, GENERAL)


def _of_missing_scheme(text: str) -> Flaw | None:
    if holds_pasted(text):  # a key swapped with its URL, which no message repeats
        return Flaw("it has no scheme", GENERAL)
    place = text.removeprefix("://").removeprefix("//")
    if _sound(f"https://[{text}]") is not None:
        return _corrected("it has no scheme", f"https://[{text}]", GENERAL)
    found = _PLACE.fullmatch(place)
    if found is None:
        return None
    is_address = "." in found["host"] or place != text or found["port"] or found["host"] == "localhost"
    parsed = _sound(f"https://{place}") if is_address else None
    if parsed is None:
        return Flaw("it has no scheme", _listening(f"https://{place}") or GENERAL) if is_address else None
    if special := _of_host(found["host"], place, parsed):
        return Flaw("it has no scheme", special)
    is_certain = found["port"] != "80" and found["host"].rpartition(".")[2].isalpha() and "." in found["host"]
    return _corrected("it has no scheme", f"https://{place}", GENERAL, certain=is_certain)


def _of_host(host: str, place: str, parsed: Url) -> str | None:
    """Return what to write for a host that is a variable's name, or this machine."""
    if recognised(host) is not None:
        return f"write https:// or http:// in front of it; {_BRACES}"
    return (
        f"write https://{place}, or http:// if the service does not support https" if is_loopback(parsed.host) else None
    )


def _listening(text: str) -> str | None:
    """Return what to say of a URL that may not be shown, but leads to an address to listen on."""
    parsed = accepted(text)
    return listening_hint(parsed.host) if parsed else None


def _of_password(text: str) -> Flaw | None:
    if _PASSWORD.match(text) is None:
        return None
    return Flaw("it seems to contain a user and a password", f"take them out, and give the key as {_KEY}")


def _of_placeholder(text: str) -> Flaw | None:
    if _PLACEHOLDER.match(text):
        return Flaw("it begins with a placeholder", "replace it with the address of the service")
    if _PLACEHOLDER.search(place_of(text)) is None:
        return None
    return Flaw("its host contains a placeholder", "replace it with the address of the service")


def _of_place(text: str) -> Flaw | None:
    scheme, mark, rest = text.partition("://")
    place = place_of(text)
    if not mark or "@" in place or " " in place:
        return None
    if place.count(":") > 1 and not place.startswith("["):
        return _of_ipv6(scheme, place, rest[len(place) :])
    if place.startswith("[") and "]" not in place:
        return Flaw(
            "its IPv6 address has no closing bracket", "write the address in brackets, as in https://[2001:db8::1]"
        )
    if "\\" in text:
        return Flaw("it contains a backslash, which clients interpret differently", "write / in its place")
    if "#" in text:
        meant = text.partition("#")[0]
        return _corrected("it has a fragment, which is never sent", meant, "write it without the # and what follows")
    return _of_port(scheme, place, rest)


_EXPLAIN: Final[tuple[Callable[[str], Flaw | None], ...]] = (
    _of_template,
    _of_wrapping,
    _of_repetition,
    _of_scheme,
    _of_placeholder,
    _of_password,
    _of_place,
)


def place_of(text: str) -> str:
    """Return the host of a text meant as a URL, with its port and user."""
    return re.split("[/?#]", text.partition("://")[2], maxsplit=1)[0]


def _of_port(scheme: str, place: str, rest: str) -> Flaw | None:
    host, colon, port = place.rpartition(":")
    if not colon or not host or place.endswith("]"):
        return None
    if not port:
        return _corrected("its port is missing", f"{scheme}://{host}{rest[len(place) :]}", PORT)
    if port.isascii() and port.isdigit():
        return None if _sound(f"{scheme}://{host}") is None else Flaw("its port is not between 1 and 65535", PORT)
    return Flaw("its port is not a number", PORT)


def _of_ipv6(scheme: str, place: str, path: str) -> Flaw | None:
    """Put an address in brackets; if its last group may be a port, show both readings."""
    address, _, port = place.rpartition(":")
    whole = f"{scheme}://[{place}]{path}"
    if place.count(":") <= _GROUPS and port.isdigit() and _sound(f"{scheme}://[{address}]:{port}{path}"):
        meant = f"{scheme}://[{address}]:{port}{path}"
        reason = "its IPv6 address has no brackets"
        if _sound(whole) is None:
            return _corrected(reason, meant, GENERAL, certain=True)
        return Flaw(reason, f"write {meant}, or {whole} if {port} is not a port")
    if _sound(whole) is None:
        return Flaw("there is more than one colon after its host", PORT)
    return _corrected("its IPv6 address has no brackets", whole, GENERAL, certain=True)


def _corrected(reason: str, meant: str, otherwise: str, *, certain: bool = False) -> Flaw:
    """Show the URL that was meant, if it may be shown."""
    parsed = _sound(meant)
    if parsed is None:
        return Flaw(reason, otherwise)
    if listening := listening_hint(parsed.host):
        return Flaw(reason, listening)
    return Flaw(reason, f"write {meant}", meant if certain else None)


def _sound(text: str) -> Url | None:
    """Return the parts of a URL that no rule refuses, and that has no part to mask."""
    return accepted(text) if may_be_shown(text) else None


def may_be_shown(text: str) -> bool:
    """Check that a text contains none of the parts of a URL that are masked."""
    return text.isascii() and len(text) <= _SHOWN_LENGTH and _MASKED.isdisjoint(text)
