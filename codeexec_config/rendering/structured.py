"""The JSON view of reports, as plain data; field names and their order are API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codeexec_config.diagnostics import Diagnostic, Fix, Position, Span
    from codeexec_config.report import Report

VERSION: Final = 1


def document(files: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the one object that `--format json` prints."""
    entries = list(files)
    found = [diagnostic["severity"] for entry in entries for diagnostic in entry["diagnostics"]]
    summary = {
        "files": len(entries),
        "valid": sum(entry["valid"] for entry in entries),
        "errors": found.count("error"),
        "warnings": found.count("warning"),
    }
    return {"version": VERSION, "summary": summary, "files": entries}


def file_entry(path: str, report: Report, *, valid: bool) -> dict[str, Any]:
    """Return the entry of one file."""
    return {
        "path": path,
        "valid": valid,
        "env_reads": list(report.env_reads),
        "deferred": [{"path": list(item.path), "reference": item.reference} for item in report.deferred],
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in report.diagnostics],
    }


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        "path": list(diagnostic.path),
        "span": _span(diagnostic.span),
        "help": diagnostic.help,
        "related": [
            {"message": related.message, "file": related.file, "span": _span(related.span)}
            for related in diagnostic.related
        ],
        "fix": _fix(diagnostic.fix),
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {"title": fix.title, "edits": [{"span": _span(edit.span), "text": edit.text} for edit in fix.edits]}


def _span(span: Span | None) -> dict[str, Any] | None:
    return None if span is None else {"start": _position(span.start), "end": _position(span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column, "offset": position.offset}
