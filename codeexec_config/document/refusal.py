"""Read what the standard library's TOML parser refuses, or find out why nobody could.

The text is scanned for the reason. Values that TOML 1.1 added are read by tomlkit, each alone, and the document around
them by the standard library again. So both parsers obey one set of limits, and a large document never waits for the
slow one.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from codeexec_config.codes import Severity
from codeexec_config.diagnostics import Diagnostic, Related
from codeexec_config.document import Document
from codeexec_config.document.excerpts import blind_excerpt
from codeexec_config.document.scanner import Flaw, Lines, Scan
from codeexec_config.findings import Path, printable

if TYPE_CHECKING:
    from codeexec_config.document.scanner import Stretch

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_BREAK = re.compile(r"[\s,\]}#]")
_PLACE = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")


def _place_of(error: ValueError | RecursionError) -> tuple[int, int] | None:
    found = _PLACE.search(str(error))
    return (int(found[1]), int(found[2])) if found else None


def read_refused(
    body: str, shift: int, file: str | None, error: ValueError | RecursionError | None
) -> Document | Diagnostic:
    """Read what the parser refused, or what may break a limit (`error` is None), or say where it is not TOML."""
    place = _place_of(error) if error else None

    scan = Scan(body)
    lines = Lines(body, shift)
    forbidden = _FORBIDDEN.search(body)
    flaw = scan.flaw
    if forbidden and (flaw is None or not _BREAK.search(body, flaw.start, forbidden.start())):
        reason = "a carriage return needs a line feed after it" if forbidden[0] == "\r" else "a control character"
        flaw = Flaw(forbidden.start(), forbidden.end(), reason)
    if flaw is None:
        read = _read_modern(scan)
        if not isinstance(read, int):
            return Document(body, shift, read)
        is_modern = scan.modern or scan.modern_keys or scan.stand_ins
        at = lines.offset(*place) if place and not is_modern else read
        flaw = Flaw(at, min(at + 1, len(body)), "invalid value")
    return _refusal(flaw, scan, lines, file)


def _read_modern(scan: Scan) -> dict[str, Any] | int:
    """Read a text whose tokens are right but which TOML 1.0 may lack; return the offset of what is wrong otherwise."""
    text = _with_stand_ins(scan)
    pieces = _downgrade(scan, text)
    older = "".join(text for _, text in pieces)
    try:
        data = tomllib.loads(older)
    except (ValueError, RecursionError) as error:
        return _original_offset(pieces, older, _place_of(error))
    for path, (start, end) in scan.modern.items():
        value = _modern_value(text[start:end])
        if value is None:
            return _first_refused(scan, start, end)
        _put(data, path, value)
    return data


def _with_stand_ins(scan: Scan) -> str:
    """Return the text with moments that Python's types can hold; every offset stays what it is."""
    pieces: list[str] = []
    at = 0
    for start, digits in scan.stand_ins:
        pieces += (scan.text[at:start], digits)
        at = start + len(digits)
    return "".join((*pieces, scan.text[at:]))


def _downgrade(scan: Scan, text: str) -> list[tuple[int, str]]:
    """Return the text with 0 for each value of TOML 1.1 and older escapes in its keys, as pieces with their offsets."""
    newer: list[tuple[Stretch, str]] = [(place, "0") for place in scan.modern.values()]
    newer += (((part.start, part.end), _quote(part.name)) for part in scan.modern_keys)
    pieces: list[tuple[int, str]] = []
    at = 0
    for (start, end), older in sorted(newer):
        pieces += ((at, text[at:start]), (start, older))
        at = end
    return [*pieces, (at, text[at:])]


def _quote(name: str) -> str:
    return '"' + "".join(ch if ch.isalnum() else f"\\U{ord(ch):08x}" for ch in name) + '"'


def _original_offset(pieces: list[tuple[int, str]], older: str, place: tuple[int, int] | None) -> int:

    left = Lines(older).offset(*place) if place else 0
    for offset, text in pieces[:-1]:
        if left < len(text):
            return offset + left
        left -= len(text)
    return pieces[-1][0] + left


def _modern_value(text: str) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse("value = " + text.replace("\r\n", "\n")).unwrap()["value"]
    except (TOMLKitError, ValueError, RecursionError):
        return None


def _first_refused(scan: Scan, start: int, end: int) -> int:
    """Find the date or time that is not one, inside a value of TOML 1.1; all else of it the scanner has looked at."""
    times = (token for token in scan.values.values() if token.kind == "scalar" and start <= token.start < end)
    return min(token.start for token in times if _modern_value(scan.text[token.start : token.end]) is None)


def _put(data: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


def _refusal(flaw: Flaw, scan: Scan, lines: Any, file: str | None) -> Diagnostic:

    span = lines.span(flaw.start, flaw.end)
    related: tuple[Related, ...] = ()
    if flaw.first:
        excerpt = blind_excerpt(scan, lines.bounds(flaw.first[0]), flaw.first[0])
        related = (Related("first given here", file, lines.span(*flaw.first), excerpt=excerpt),)
    name = f": `{printable(flaw.key)}`" if flaw.key is not None else ""
    return Diagnostic(
        code="invalid-toml",
        severity=Severity.ERROR,
        message=flaw.reason + name,
        span=span,
        file=file,
        excerpt=blind_excerpt(scan, lines.bounds(flaw.start), flaw.start),
        help=flaw.hint,
        related=related,
    )
