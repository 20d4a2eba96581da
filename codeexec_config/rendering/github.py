"""Findings as workflow commands, which GitHub Actions shows as annotations on the lines of a pull request.

One line per finding: `::error file=app.toml,line=2,endLine=2,col=1,endColumn=12,title=unknown-key::...`, escaped as in
GitHub's "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codeexec_config.codes import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codeexec_config.diagnostics import Diagnostic

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Return a workflow command for each finding, each with its line end."""
    return "".join(f"{_command(diagnostic)}\n" for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in _properties(diagnostic))
    # A job's log drops the properties, so the text contains the place too.
    return f"::{_COMMANDS[diagnostic.severity]} {properties}::{str(diagnostic).translate(_DATA)}"


def _properties(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    span = diagnostic.span
    if diagnostic.file is not None:
        yield "file", diagnostic.file
    if span is not None:
        yield "line", str(span.start.line)
        yield "endLine", str(span.end.line)
        # GitHub accepts columns only if a finding is on one line.
        if span.start.line == span.end.line:
            yield "col", str(span.start.column)
            yield "endColumn", str(span.end.column)
    yield "title", diagnostic.code
