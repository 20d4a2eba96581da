"""A line a finding, for editors and grep: `file:line:column: severity[code]: message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codeexec_config.diagnostics import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codeexec_config.diagnostics import Diagnostic, Span


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """Give a line a finding, each with its line end."""
    return "".join(render_line(diagnostic) + "\n" for diagnostic in diagnostics)


def render_line(diagnostic: Diagnostic) -> str:
    """Give one finding as one line."""
    where = place(diagnostic.file, diagnostic.span) or dotted(diagnostic)
    lead = f"{where}: " if where else ""
    hint = f" ({diagnostic.help})" if diagnostic.help else ""
    return printable_line(f"{lead}{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}{hint}")


def place(file: str | None, span: Span | None) -> str:
    """Give `file:line:column` as far as it is known."""
    name = file or ""
    if span is None:
        return name
    return f"{name}:{span.start.line}:{span.start.column}" if name else f"{span.start.line}:{span.start.column}"


def dotted(diagnostic: Diagnostic) -> str:
    """Give the path as people write it, for a finding without any other place."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in diagnostic.path).removeprefix(".")
