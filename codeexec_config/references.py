"""The grammar of `${NAME}`: a text in, its segments out; segments and a look-up in, text out.

A text is read once, from left to right. What a reference yields is never read again.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from codeexec_config import limits

_OPENING = re.compile(r"\$\$\{|\$\$<|\$\{|\$<")
_BODY = re.compile(rf"(?P<name>{limits.VARIABLE_PATTERN})(?:(?P<op>:-|-|:\?|\?)(?P<text>.*))?", re.DOTALL)
_ANGLED = re.compile(rf"\$<(?P<name>{limits.VARIABLE_PATTERN})>")
# A repeated group would keep a frame for each digit; two underscores in a row are looked for apart.
_INTEGER = re.compile(
    r"(?P<other>0x[0-9A-Fa-f][0-9A-Fa-f_]*+|0o[0-7][0-7_]*+|0b[01][01_]*+)(?<!_)"
    r"|(?P<dec>[+-]?(?:0|[1-9][0-9_]*+))(?<!_)"
)
_BEYOND: Final = 2**64
_SURELY_CONVERTED: Final = 640
"""The digits that no interpreter refuses to convert (`sys.int_info.str_digits_check_threshold`)."""


class Literal(NamedTuple):
    """A stretch of text that stands for itself, escapes already read."""

    start: int
    end: int
    text: str


class Reference(NamedTuple):
    """A well-formed reference: `operator` is "", ":-", "-", ":?" or "?", and `text` what follows it."""

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
        """The text that stands in when the variable is not set."""
        return self.text if self.operator in {":-", "-"} else None


class Malformed(NamedTuple):
    """A stretch that opens like a reference and is not one."""

    start: int
    end: int
    reason: str


Segment = Literal | Reference | Malformed


def parse(text: str) -> tuple[Segment, ...]:
    """Take a text apart."""
    segments: list[Segment] = []
    at = 0
    while opening := _OPENING.search(text, at):
        start = opening.start()
        segment = _read(text, start, opening[0])
        if start > at:
            segments.append(Literal(at, start, text[at:start]))
        segments.append(segment)
        at = segment.end
    if at < len(text):
        segments.append(Literal(at, len(text), text[at:]))
    return tuple(segments)


def _read(text: str, start: int, opening: str) -> Segment:
    if opening in {"$${", "$$<"}:
        return Literal(start, start + 3, opening[1:])
    if opening == "$<":
        found = _ANGLED.match(text, start)
        if found is None or len(found["name"]) > limits.VARIABLE_LENGTH:
            return Literal(start, start + 2, opening)
        return Reference(start, found.end(), found["name"])
    end = text.find("}", start)
    if end < 0:
        return Malformed(start, len(text), "it has no closing brace")
    return _read_body(text[start + 2 : end], start, end + 1)


def _read_body(body: str, start: int, end: int) -> Segment:
    found = _BODY.fullmatch(body)
    if found is None:
        return Malformed(start, end, "between the braces stands a name, or a name, one of :- - :? ? and a text")
    if len(found["name"]) > limits.VARIABLE_LENGTH:
        return Malformed(start, end, f"a name has at most {limits.VARIABLE_LENGTH} characters")
    text = found["text"] or ""
    if "${" in text or "$<" in text:
        return Malformed(start, end, "a default or message holds no other reference")
    return Reference(start, end, found["name"], found["op"] or "", text)


def references(segments: tuple[Segment, ...]) -> list[Reference]:
    """Return the well-formed references among segments."""
    return [segment for segment in segments if isinstance(segment, Reference)]


def is_unset(reference: Reference, value: str | None) -> bool:
    """Check whether a reference has nothing to give for a variable's value."""
    missing = not value if reference.operator.startswith(":") else value is None
    return missing and reference.default is None


def expand(reference: Reference, value: str | None) -> str:
    """Return what a reference that is not unset stands for."""
    missing = not value if reference.operator == ":-" else value is None
    return reference.text if missing else value or ""


def canonical(segments: tuple[Segment, ...]) -> str | None:
    """Return a text that is made of references alone as `${A}${B}`, else None."""
    if not segments or not all(isinstance(segment, Reference) for segment in segments):
        return None
    return "".join(reference.canonical for reference in references(segments))


def escape(text: str) -> str:
    """Spell a text so that reading it as a template gives the text back."""
    return text.replace("${", "$${").replace("$<", "$$<")


def read_integer(text: str) -> int | None:
    """Read an integer by TOML's own grammar; one of absurd length comes back as one beyond 64 bits."""
    found = _INTEGER.fullmatch(text)
    if found is None or "__" in text:
        return None
    if found.lastgroup != "dec":
        return int(text, 0)
    if len(text) > _SURELY_CONVERTED:
        return -_BEYOND if text.startswith("-") else _BEYOND
    return int(text.replace("_", ""))


def read_boolean(text: str) -> bool | None:
    """Read a boolean by TOML's own grammar."""
    return {"true": True, "false": False}.get(text)
