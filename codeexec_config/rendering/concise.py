"""One line per finding, for editors and grep: `file:line:column: severity[code]: message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codeexec_config.diagnostics import Diagnostic


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """Return one line per finding, each with its line end."""
    return "".join(f"{diagnostic}\n" for diagnostic in diagnostics)
