"""Read a TOML text into plain built-ins: the one place that knows a TOML library.

The standard library's parser reads the document. What it refuses is scanned for the reason; values that TOML 1.1 added
are read by tomlkit, each alone, and the document around them by the standard library again. So both parsers obey one
set of limits, and a large document never waits for the slow one.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config import limits
from codeexec_config.diagnostics import Diagnostic, Finding, Path, Position, Related, Severity, Span, printable

if TYPE_CHECKING:
    from codeexec_config.scanner import Flaw, Scan, Stretch

BOM: Final = "\ufeff"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_BREAK = re.compile(r"[\s,\]}#]")
_SHORTEST_LONG_KEY: Final = 2 * limits.MAX_KEY_PARTS + 1
_PLACE = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")


class Document(NamedTuple):
    """A text and what it says; `body` is the text without a byte order mark, `shift` the mark's length."""

    body: str
    shift: int
    data: dict[str, Any]


def read(path: str | os.PathLike[str]) -> bytes | Finding:
    """Read a regular file, up to the limit of its size."""
    try:
        with open(path, "rb", opener=_open_regular) as stream:
            raw = stream.read(limits.MAX_FILE_BYTES + 1)
    except _NotRegularError:
        return Finding(
            "unreadable-file",
            "this is no regular file",
            help="pipe it in and write - for the path",
        )
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "no file has such a name"
        return Finding("unreadable-file", f"the file cannot be read: {reason.lower()}", help=None)
    return too_large() if len(raw) > limits.MAX_FILE_BYTES else raw


class _NotRegularError(Exception):
    pass


def _open_regular(path: str, flags: int) -> int:
    # Without O_NONBLOCK opening a pipe waits for its writer; some devices act on being opened, so look first.
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
        raise _NotRegularError
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _NotRegularError
    return descriptor


def too_large() -> Finding:
    """Refuse a text over the limit."""
    return Finding(
        "file-too-large",
        f"the file is over {limits.MAX_FILE_BYTES // limits.MEBIBYTE} MiB",
        help="a configuration is smaller; is this the right file?",
    )


def decode(raw: bytes) -> str | Diagnostic:
    """Read UTF-8, or say at which byte it is none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
    return _encoding_error(before, "the file is not UTF-8")


def check_text(text: str) -> Finding | Diagnostic | None:
    """Hold a str to what a file may be: its size, and no half of a surrogate pair."""
    try:
        size = len(text) if text.isascii() else len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        return _encoding_error(text[: error.start], "the text holds half of a surrogate pair, which UTF-8 cannot write")
    return too_large() if size > limits.MAX_FILE_BYTES else None


def _encoding_error(before: str, message: str) -> Diagnostic:
    shift = before.startswith(BOM)
    line_start = before.rfind("\n") + 1
    column = len(before) - line_start + 1 - (shift and line_start == 0)
    start = Position(before.count("\n") + 1, column, len(before))
    end = Position(start.line, column + 1, len(before) + 1)
    return Diagnostic(
        code="invalid-encoding",
        severity=Severity.ERROR,
        message=message,
        span=Span(start, end),
        help="save the file as UTF-8",
    )


def parse(text: str, file: str | None) -> Document | Diagnostic:
    """Read a text, or say where it is not TOML."""
    shift = int(text.startswith(BOM))
    body = text[shift:]
    if _may_pass_limits(body):
        try:
            data = tomllib.loads(body)
        except (ValueError, RecursionError) as error:
            return _parse_refused(body, shift, file, _place_of(error))
        if not _is_deep(data):
            return Document(body, shift, data)
    return _parse_refused(body, shift, file, None)


def _may_pass_limits(body: str) -> bool:
    """Rule out long keys and integers before the parser, which takes quadratic time for them."""
    lines = body.split("\n")
    longest = max(map(len, lines))
    if longest < _SHORTEST_LONG_KEY:
        return True
    return longest <= limits.MAX_INTEGER_DIGITS and not any(
        line.count(".") >= limits.MAX_KEY_PARTS for line in lines if len(line) >= _SHORTEST_LONG_KEY
    )


def _is_deep(data: dict[str, Any]) -> bool:
    """Say whether containers nest so deep that a limit may be broken; cheaper than the exact answer."""
    level: list[Any] = [data]
    for _ in range(limits.MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True


def _place_of(error: ValueError | RecursionError) -> tuple[int, int] | None:
    found = _PLACE.search(str(error))
    return (int(found[1]), int(found[2])) if found else None


def _parse_refused(body: str, shift: int, file: str | None, place: tuple[int, int] | None) -> Document | Diagnostic:
    from codeexec_config.scanner import Flaw, Lines, Scan

    scan = Scan(body)
    lines = Lines(body, shift)
    forbidden = _FORBIDDEN.search(body)
    flaw = scan.flaw
    if forbidden and (flaw is None or not _BREAK.search(body, flaw.start, forbidden.start())):
        reason = "a carriage return ends no line without a line feed" if forbidden[0] == "\r" else "a control character"
        flaw = Flaw(forbidden.start(), forbidden.end(), reason)
    if flaw is None:
        read = _read_modern(scan)
        if not isinstance(read, int):
            return Document(body, shift, read)
        is_modern = scan.modern or scan.modern_keys or scan.stand_ins
        at = lines.offset(*place) if place and not is_modern else read
        flaw = Flaw(at, min(at + 1, len(body)), "this is no value of TOML")
    return _refusal(flaw, scan, lines, file)


def _read_modern(scan: Scan) -> dict[str, Any] | int:
    """Read a text whose tokens are right but which TOML 1.0 may lack; give the offset of what is wrong otherwise."""
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
    """Give the text with moments that Python's types can hold; every offset stays what it is."""
    pieces: list[str] = []
    at = 0
    for start, digits in scan.stand_ins:
        pieces += (scan.text[at:start], digits)
        at = start + len(digits)
    return "".join((*pieces, scan.text[at:]))


def _downgrade(scan: Scan, text: str) -> list[tuple[int, str]]:
    """Give the text with 0 for each value of TOML 1.1 and older escapes in its keys, as pieces with their offsets."""
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
    from codeexec_config.scanner import Lines

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
    """Find the date or time that is none, inside a value of TOML 1.1; all else of it the scanner has looked at."""
    times = (token for token in scan.values.values() if token.kind == "scalar" and start <= token.start < end)
    return min(token.start for token in times if _modern_value(scan.text[token.start : token.end]) is None)


def _put(data: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


def _refusal(flaw: Flaw, scan: Scan, lines: Any, file: str | None) -> Diagnostic:
    from codeexec_config.excerpts import blind_excerpt

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
