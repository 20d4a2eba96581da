"""The grammar of `${NAME}`: parse a text into segments, and expand them.

A text is read once, from left to right. The value of a reference is never parsed again.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from codeexec_config import limits

if TYPE_CHECKING:
    import re

    from codeexec_config.keys import Kind

_BEYOND: Final = 2**64
_SURELY_CONVERTED: Final = 640
"""The most digits that every interpreter converts (`sys.int_info.str_digits_check_threshold`)."""


class Literal(NamedTuple):
    """A stretch of literal text, with escapes already decoded."""

    start: int
    end: int
    text: str


class Reference(NamedTuple):
    """A well-formed reference: `operator` is "", ":-" or ":?", and `text` follows it."""

    start: int
    end: int
    name: str
    operator: str = ""
    text: str = ""

    @property
    def canonical(self) -> str:
        """The reference without its default or message."""
        return f"${{{self.name}}}"

    @property
    def default(self) -> str | None:
        """The text to use if the variable is unset or empty."""
        return self.text if self.operator == ":-" else None

    @property
    def is_pasted(self) -> bool:
        """Whether the name looks like a key pasted between the braces."""
        return looks_pasted(self.name)


class Malformed(NamedTuple):
    """A stretch that opens like a reference but is not one; the reason repeats nothing of it."""

    start: int
    end: int
    reason: str
    help: str = ""


Segment = Literal | Reference | Malformed


def parse(text: str) -> tuple[Segment, ...]:
    """Parse a text into segments."""
    if text.startswith("${") and text.endswith("}") and limits.is_variable(text[2:-1]):
        return (Reference(0, len(text), text[2:-1]),)
    segments: list[Segment] = []
    at = 0
    while "$" in text and (opening := _opening().search(text, at)):
        start = opening.start()
        segment = _read(text, start, opening[0])
        if start > at:
            segments.append(Literal(at, start, text[at:start]))
        segments.append(segment)
        at = segment.end
    if at < len(text):
        segments.append(Literal(at, len(text), text[at:]))
    return tuple(segments)


# Few files need a pattern, so each is compiled on first use.


@cache
def _opening() -> re.Pattern[str]:
    import re

    return re.compile(r"\$\$\{|\$\$<|\$\{|\$<")


def _read(text: str, start: int, opening: str) -> Segment:
    if opening in {"$${", "$$<"}:
        return Literal(start, start + 3, opening[1:])
    if opening == "$<":
        end = text.find(">", start, start + limits.VARIABLE_LENGTH + 3)
        if end < 0 or not limits.is_variable(text[start + 2 : end]):
            return Literal(start, start + 2, opening)
        return Reference(start, end + 1, text[start + 2 : end])
    end = text.find("}", start)
    if end < 0:
        return Malformed(start, len(text), "it has no closing brace")
    return _read_body(text[start + 2 : end], start, end + 1)


def _read_body(body: str, start: int, end: int) -> Segment:
    name, colon, rest = body.partition(":")
    if not limits.is_variable(name) or (colon and not rest.startswith(("-", "?"))):
        return Malformed(start, end, *_flaw(name, colon))
    text = rest[1:]
    if "${" in text or "$<" in text:
        return Malformed(start, end, "a default or message cannot contain another reference")
    return Reference(start, end, name, colon + rest[:1], text)


def _flaw(name: str, colon: str) -> tuple[str, str]:
    """Return why a text between braces is not a reference, and further help."""
    plain = name.strip()
    if not plain:
        return "the name between the braces is missing", ""
    if not limits.is_variable(plain):
        return _flaw_of_name(plain)
    if plain != name:
        return "there is whitespace beside the name", ""
    return f"`{colon}` must be followed by - and a default, or by ? and a message", ""


def _flaw_of_name(name: str) -> tuple[str, str]:
    if name.isascii() and name.isidentifier():
        return f"a name has at most {limits.VARIABLE_LENGTH} characters", ""
    first = name.partition("-")[0].partition("?")[0]
    operator = name[len(first) : len(first) + 1] if limits.is_variable(first) else ""
    if operator == "-":
        return "there is a hyphen between the braces", "a name contains no hyphen; a default is written ${NAME:-text}"
    if operator == "?":
        return "a question mark follows the name", "a message is written ${NAME:?text}"
    return "a name consists of letters A to Z, digits and underscores, and does not begin with a digit", ""


def references(segments: tuple[Segment, ...]) -> list[Reference]:
    """Return the well-formed references among segments."""
    return [segment for segment in segments if isinstance(segment, Reference)]


def is_unset(reference: Reference, value: str | None) -> bool:
    """Check whether a reference yields nothing for a variable's value."""
    missing = not value if reference.operator.startswith(":") else value is None
    return missing and reference.default is None


def expand(reference: Reference, value: str | None) -> str:
    """Return the text of a reference that is not unset."""
    missing = not value if reference.operator == ":-" else value is None
    return reference.text if missing else value or ""


def filled(text: str, stand_in: str) -> str:
    """Return a text with each reference taken as set: as its default, or as the stand-in."""
    return "".join(
        segment.text
        if isinstance(segment, Literal)
        else (isinstance(segment, Reference) and segment.default) or stand_in
        for segment in parse(text)
    )


def canonical(segments: tuple[Segment, ...]) -> str | None:
    """Return a text that consists only of references as `${A}${B}`, or None for any other."""
    if not segments or not all(isinstance(segment, Reference) for segment in segments):
        return None
    return "".join(reference.canonical for reference in references(segments))


def looks_pasted(word: str) -> bool:
    """Check whether a word mixes capitals, small letters and digits, and is as long as a key."""
    return len(word) >= limits.PASTED_LENGTH and (
        word.lower() != word != word.upper() and any(character.isdigit() for character in word)
    )


def holds_pasted(text: str) -> bool:
    """Check whether a stretch of a text without dots looks like a key, or part of one, in any Base64."""
    words = "".join(character if character.isalnum() or character in "_-+/" else " " for character in text)
    return any(map(looks_pasted, words.split()))


def is_public(text: str) -> bool:
    """Check that a text may be printed in place of a secret: only references, no default, no pasted key."""
    segments = parse(text)
    return canonical(segments) == text and not any(reference.is_pasted for reference in references(segments))


def escape(text: str) -> str:
    """Escape a text so that parsing it yields the text itself."""
    return text.replace("${", "$${").replace("$<", "$$<")


def read_integer(text: str) -> int | None:
    """Read an integer by TOML's grammar; return one beyond 64 bits for one of absurd length."""
    if text.isascii() and text.isdigit() and not text.startswith("0") and len(text) <= _SURELY_CONVERTED:
        return int(text)
    found = _integer().fullmatch(text)
    if found is None or "__" in text:
        return None
    if found.lastgroup != "dec":
        return int(text, 0)
    if len(text) > _SURELY_CONVERTED:
        return -_BEYOND if text.startswith("-") else _BEYOND
    return int(text)


@cache
def _integer() -> re.Pattern[str]:
    import re

    # A repeated group would keep a frame for each digit; double underscores are checked for separately.
    return re.compile(
        r"(?P<other>0x[0-9A-Fa-f][0-9A-Fa-f_]*+|0o[0-7][0-7_]*+|0b[01][01_]*+)(?<!_)"
        r"|(?P<dec>[+-]?(?:0|[1-9][0-9_]*+))(?<!_)"
    )


def read_boolean(text: str) -> bool | None:
    """Read a boolean by TOML's grammar."""
    return {"true": True, "false": False}.get(text)


def read_typed(kind: Kind, text: str) -> bool | int | None:
    """Read a text as TOML reads the value of a typed key, a boolean or an integer."""
    return read_boolean(text) if kind == "boolean" else read_integer(text)
