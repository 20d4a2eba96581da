"""The rules on values, one function a rule; the loader and the constructors share them.

A rule takes a value of the right type and gives a finding or None. `made` says that the environment made the value:
then nothing is concluded of it aloud, neither its text nor a number nor a suggestion.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from codeexec_config import limits, urls
from codeexec_config.diagnostics import Amendment, Finding, Severity, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LANGUAGE = re.compile(limits.LANGUAGE_PATTERN)
_HEADER_SAFE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_UNBRACED = re.compile(rf"\$({limits.VARIABLE_PATTERN})")


class Language(NamedTuple):
    """An entry of `allowed_languages`: its place in the array, its name, and whether the environment made it."""

    place: int
    name: str
    made: bool = False


class Choice(NamedTuple):
    """What the rules across keys need of a mode."""

    mode: str
    runtime: str | None = None
    host: str | None = None
    cleartext: bool = False
    keyed: bool = False


WASM: Final = Choice("wasm")


def bounded(key: str, value: int, *, made: bool = False) -> Finding | None:
    """Keep an integer key within its hard limits."""
    bounds = limits.BOUNDS[key]
    if bounds.minimum <= value <= bounds.maximum:
        return None
    low = value < bounds.minimum
    what = "the value" if made else _short_number(value)
    limit, why = (bounds.minimum, bounds.floor_reason) if low else (bounds.maximum, bounds.ceiling_reason)
    return Finding(
        "out-of-range",
        f"{what} is {'below' if low else 'over'} the {'least' if low else 'most'}, {limit} {bounds.unit}: {why}",
        (key,),
        help=f"write a whole number of {bounds.unit} from {bounds.minimum} to {bounds.maximum}",
    )


def _short_number(value: int) -> str:
    longest = 10**20
    return str(value) if abs(value) < longest else "the number"


def language(entry: Language) -> Finding | None:
    """Look at the form of a language's name."""
    if _LANGUAGE.fullmatch(entry.name) and len(entry.name) <= limits.LANGUAGE_LENGTH:
        return None
    message = "this is no name of a language"
    form = (
        f"write a lower-case name: a letter, then letters, digits or _ + # . -, {limits.LANGUAGE_LENGTH} at most, "
        'such as "python"'
    )
    meant = None if entry.made else meant_language(entry.name)
    return Finding(
        "invalid-language",
        message,
        ("allowed_languages", entry.place),
        help=f'did you mean "{meant}"?' if meant else form,
    )


def meant_language(name: str) -> str | None:
    """Give the known language that a text stands for, or None when none is near."""
    plain = name.strip().lower()
    if plain in limits.KNOWN_LANGUAGES:
        return plain
    if plain in limits.LANGUAGE_ALIASES:
        return limits.LANGUAGE_ALIASES[plain]
    from codeexec_config.suggest import nearest_name

    return nearest_name(plain, limits.KNOWN_LANGUAGES)


def empty_languages(*, enabled: bool) -> Finding | None:
    """Refuse a section that is on and allows nothing; called for an array without entries."""
    if not enabled:
        return None
    return Finding(
        "empty-languages",
        "no language is allowed, so nothing could ever run",
        ("allowed_languages",),
        help='name at least one, such as ["python"], or switch the section off with enabled = false',
    )


def url(value: str, *, made: bool = False) -> Finding | None:
    """Look at the URL of an external service, whatever else stands in the section."""
    try:
        parsed = urls.parse(value)
    except urls.UrlError as error:
        hint = "write an absolute URL, such as https://code-exec.example.com"
        if error.punycode and not made:
            hint = f"write the host as {error.punycode}"
        return Finding("invalid-url", f"this is no URL of a service: {error.reason}", ("url",), help=hint)
    if parsed.userinfo:
        return Finding(
            "credentials-in-url",
            "the URL holds a user or a password, which logs and proxies print",
            ("url",),
            help='move the credential to api_key = "${CODE_EXEC_API_KEY}"',
        )
    if urls.has_secret_query(parsed.query):
        return Finding(
            "credentials-in-url",
            "the URL's query holds a credential, which logs and proxies print",
            ("url",),
            help='move the credential to api_key = "${CODE_EXEC_API_KEY}"',
        )
    if urls.is_metadata(parsed.host):
        return Finding(
            "metadata-url",
            "the URL leads to a cloud's metadata service, which hands out this machine's credentials",
            ("url",),
            help="write the address of the code execution service",
        )
    return None


def secret(value: str) -> Finding | None:
    """Look at a key as what it will be: the value of an HTTP header."""
    if not value:
        return Finding(
            "empty-secret",
            "the key is empty",
            ("api_key",),
            help="set the variable, or leave api_key out if the service needs none",
        )
    if _HEADER_SAFE.fullmatch(value):
        return None
    if value.isascii() and value.strip(" ") != value and _HEADER_SAFE.fullmatch(value.strip(" ")):
        reason = "has a blank at an end"
    elif value.isascii():
        reason = "holds a control character, such as a tab or the newline at the end of a mounted file"
    else:
        reason = "holds a character that is not ASCII"
    return Finding(
        "malformed-secret",
        f"the key {reason}, which no HTTP header can carry",
        ("api_key",),
        help="set the variable to the key alone, without blanks or line ends around it",
    )


def literal_secret(text: str) -> Finding:
    """Warn of a key that the file itself holds."""
    if _UNBRACED.fullmatch(text):
        return Finding(
            "unbraced-reference",
            "this looks like a variable, but without braces it is the key itself",
            ("api_key",),
            help="write ${NAME}, with the variable's name in braces",
        )
    return Finding(
        "literal-secret",
        "the key, or a part of it, is written into the file",
        ("api_key",),
        help='put it into the environment and write api_key = "${CODE_EXEC_API_KEY}"',
    )


def choice_of_url(value: str, *, keyed: bool) -> Choice:
    """Give the facts of an external mode whose URL has passed its own rule."""
    parsed = urls.parse(value)
    return Choice("external", host=parsed.host, cleartext=parsed.scheme == "http", keyed=keyed)


def across(
    *,
    enabled: bool,
    choice: Choice | None,
    languages: Iterable[Language],
    memory: int | None,
    memory_made: bool = False,
) -> Iterator[Finding]:
    """Give what is wrong across keys; what is not known (None) is not judged.

    In a disabled section each is a warning.
    """
    if choice is None:
        return
    found: list[Iterator[Finding]] = []
    if choice.mode == "wasm":
        found.append(_unsupported(entry) for entry in languages if entry.name not in limits.WASM_LANGUAGES)
    if memory is not None:
        found.append(_memory_for(choice, memory, made=memory_made))
    if choice.cleartext:
        found.append(_cleartext(choice))
    for finding in chain.from_iterable(found):
        yield finding if enabled else finding._replace(severity=Severity.WARNING)


def _unsupported(entry: Language) -> Finding:
    meant = None if entry.made else meant_language(entry.name)
    hint = "mode wasm runs python and javascript only; choose a sandboxed or external mode for other languages"
    if meant in limits.WASM_LANGUAGES:
        hint = f'did you mean "{meant}"?'
    name = "this language" if entry.made else f"`{entry.name}`"
    return Finding(
        "unsupported-language",
        f"{name} does not run in mode wasm",
        ("allowed_languages", entry.place),
        help=hint,
    )


def _memory_for(choice: Choice, memory: int, *, made: bool) -> Iterator[Finding]:
    what = "the value" if made else str(memory)
    if choice.runtime == "docker" and memory < limits.DOCKER_MEMORY_FLOOR_MB:
        yield Finding(
            "out-of-range",
            f"{what} is below the least that docker takes, {limits.DOCKER_MEMORY_FLOOR_MB} MiB: its engine refuses",
            ("max_memory_mb",),
            help=f"write {limits.DOCKER_MEMORY_FLOOR_MB} or more",
        )
    if choice.mode == "wasm" and memory > limits.WASM_MEMORY_CEILING_MB:
        yield Finding(
            "out-of-range",
            f"{what} is over the most that wasm can use, {limits.WASM_MEMORY_CEILING_MB} MiB: addresses are 32-bit",
            ("max_memory_mb",),
            help=f"write {limits.WASM_MEMORY_CEILING_MB} or less, or choose another mode",
        )


def _cleartext(choice: Choice) -> Iterator[Finding]:
    if urls.is_loopback(choice.host or ""):
        return
    what = "the key and all code" if choice.keyed else "all code"
    yield Finding(
        "insecure-url",
        f"plain http sends {what} unencrypted; use https, or list the host in the policy's insecure_hosts",
        ("mode", "external", "url"),
        help="write https:// if the service speaks it",
        severity=None if choice.keyed else Severity.WARNING,
    )


def remarks(languages: Iterable[Language], *, choice: Choice | None) -> Iterator[Finding]:
    """Give the warnings on languages whose form is right: unknown ones, and mentions after the first."""
    entries = list(languages)
    names = {entry.name for entry in entries}
    in_wasm = choice is not None and choice.mode == "wasm"
    first: dict[str, int] = {}
    for entry in entries:
        if in_wasm and entry.name not in limits.WASM_LANGUAGES:
            continue
        if not entry.made and entry.name in first:
            yield _duplicate(entry, first[entry.name])
        elif entry.name not in limits.KNOWN_LANGUAGES:
            yield _unknown(entry, names)
        if not entry.made:
            first.setdefault(entry.name, entry.place)


def _duplicate(entry: Language, first: int) -> Finding:
    path = ("allowed_languages", entry.place)
    return Finding(
        "duplicate-language",
        f"`{entry.name}` is listed already",
        path,
        help="remove this mention",
        related=(("first listed here", Target(("allowed_languages", first))),),
        amendment=Amendment(f"remove the second `{entry.name}`", "remove", path),
    )


def _unknown(entry: Language, listed: set[str]) -> Finding:
    path = ("allowed_languages", entry.place)
    if entry.made:
        return Finding("unknown-language", "this language is not a known one", path)
    meant = meant_language(entry.name)
    if meant is None:
        hint = "it is allowed as it is, if the executor knows it; the usual names are " + ", ".join(
            limits.KNOWN_LANGUAGES[:8]
        )
        return Finding("unknown-language", f"`{entry.name}` is not a known language", path, help=f"{hint}, ...")
    amendment = (
        Amendment(f"remove `{entry.name}`: `{meant}` is listed already", "remove", path)
        if meant in listed
        else Amendment(f'write "{meant}"', "reword", path, meant)
    )
    return Finding(
        "unknown-language",
        f"`{entry.name}` is not a known language",
        path,
        help=f'did you mean "{meant}"?',
        amendment=amendment,
    )


def missing_secret() -> Finding:
    """Note an external service that is called without a key."""
    return Finding(
        "missing-secret",
        "the service is called without a key",
        ("mode", "external", "api_key"),
        help='add api_key = "${CODE_EXEC_API_KEY}" if the service needs one',
    )
