"""Read what the standard library's TOML parser refuses, or find out why it is not TOML.

The text is scanned for the reason. Values in the syntax that TOML 1.1 added are read by tomlkit, each alone, and the
rest of the document again by the standard library. So both parsers obey one set of limits, and a large document never
waits for the slow one.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from codeexec_config.codes import Severity
from codeexec_config.diagnostics import Diagnostic, Fix, Related
from codeexec_config.document import Document
from codeexec_config.document.excerpts import blind_excerpt
from codeexec_config.document.flaws import changed, first_flaw
from codeexec_config.document.lines import Lines
from codeexec_config.document.reasons import explain
from codeexec_config.document.scanner import Scan
from codeexec_config.document.tokens import Due, Flaw
from codeexec_config.model import CodeExecutionConfig

if TYPE_CHECKING:
    from codeexec_config.document.flaws import Change
    from codeexec_config.document.lines import Stretch
    from codeexec_config.document.slips import Reason
    from codeexec_config.findings import Path


def read_refused(
    body: str, shift: int, file: str | None, section: Path, model: type[Any] | None
) -> Document | Diagnostic:
    """Read a text that the parser refused or that may exceed a limit, or return where it is not TOML."""
    scan = Scan(body)
    flaw = first_flaw(scan)
    if flaw is None:
        data = _read_modern(scan)
        if data is not None:
            return Document(body, shift, data)
        flaw = Flaw(0, min(1, len(body)), Due.READABLE)
    reason = explain(scan, flaw, section, model or CodeExecutionConfig)
    return _Refusal(scan, Lines(body, shift), file).diagnostic(flaw, reason)


def _read_modern(scan: Scan) -> dict[str, Any] | None:
    """Read a text whose tokens are valid TOML 1.1, or return None if a parser refuses it."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    text = changed(scan.text, [(start, start + len(digits), digits) for start, digits in scan.stand_ins])
    try:
        data = tomllib.loads(changed(text, _older(scan)))
        for path, (start, end) in scan.modern.items():
            value = tomlkit.parse("value = " + text[start:end].replace("\r\n", "\n")).unwrap()["value"]
            _put(data, path, value)
    except (TOMLKitError, ValueError, RecursionError):
        return None
    return data


def _older(scan: Scan) -> list[Change]:
    """Return the changes that write 0 for each value of TOML 1.1, and TOML 1.0 escapes in its keys."""
    values = [(start, end, "0") for start, end in scan.modern.values()]
    return [*values, *((part.start, part.end, _quote(part.name)) for part in scan.modern_keys)]


def _quote(name: str) -> str:
    return '"' + "".join(ch if ch.isalnum() else f"\\U{ord(ch):08x}" for ch in name) + '"'


def _put(data: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


class _Refusal:
    """Turn a flaw and its reason into a diagnostic."""

    def __init__(self, scan: Scan, lines: Lines, file: str | None) -> None:
        self._scan = scan
        self._lines = lines
        self._file = file

    def diagnostic(self, flaw: Flaw, reason: Reason) -> Diagnostic:
        start = flaw.start if reason.at is None else reason.at
        related = (
            (self._related(reason.related[0], (reason.related[1], reason.related[1] + 1)),) if reason.related else ()
        )
        if flaw.first:
            related = (self._related("first given here", flaw.first),)
        edits = tuple(self._lines.edit(*change) for change in reason.changes)
        return Diagnostic(
            code="invalid-toml",
            severity=Severity.ERROR,
            message=reason.message,
            span=self._lines.span(start, min(start + 1, len(self._scan.text))),
            file=self._file,
            excerpt=self._excerpt(start),
            help=reason.help,
            related=related,
            fix=Fix(reason.title, edits) if edits and reason.title else None,
        )

    def _related(self, message: str, place: Stretch) -> Related:
        return Related(message, self._file, self._lines.span(*place), excerpt=self._excerpt(place[0]))

    def _excerpt(self, at: int) -> str:
        return blind_excerpt(self._scan, self._lines.bounds(at), at)
