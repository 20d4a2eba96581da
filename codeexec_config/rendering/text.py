"""The report that people read: the source line with the place marked, the code, the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import combining, east_asian_width

from codeexec_config.diagnostics import Severity, printable_line
from codeexec_config.excerpts import marker_column
from codeexec_config.rendering.concise import dotted, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codeexec_config.diagnostics import Diagnostic, Span

_TAB: Final = 4
_WIDE: Final = frozenset("WF")


class Palette(NamedTuple):
    """The escape sequences of a colour scheme; all empty without colour."""

    error: str = ""
    warning: str = ""
    note: str = ""
    frame: str = ""
    strong: str = ""
    reset: str = ""


PLAIN: Final = Palette()
ANSI: Final = Palette(
    error="\x1b[1;31m",
    warning="\x1b[1;33m",
    note="\x1b[1;36m",
    frame="\x1b[1;34m",
    strong="\x1b[1m",
    reset="\x1b[0m",
)


def render_plain(diagnostics: Iterable[Diagnostic]) -> str:
    """Give the text report without colour and without a final line end."""
    return render_text(diagnostics).removesuffix("\n")


def render_text(diagnostics: Iterable[Diagnostic], palette: Palette = PLAIN) -> str:
    """Give the text report, a blank line between findings."""
    return "\n".join("".join(f"{line}\n" for line in _finding(diagnostic, palette)) for diagnostic in diagnostics)


def _finding(diagnostic: Diagnostic, palette: Palette) -> Iterator[str]:
    colour = {Severity.ERROR: palette.error, Severity.WARNING: palette.warning, Severity.NOTE: palette.note}
    tint = colour[diagnostic.severity]
    title = f"{diagnostic.severity}[{diagnostic.code}]"
    yield f"{tint}{title}{palette.reset}{palette.strong}: {printable_line(diagnostic.message)}{palette.reset}"
    numbers = [span.start.line for span in (diagnostic.span, *(other.span for other in diagnostic.related)) if span]
    gutter = " " * (len(str(max(numbers))) if numbers else 1)
    where = place(diagnostic.file, diagnostic.span)
    key = dotted(diagnostic)
    yield from _source(where or key, diagnostic.span, diagnostic.excerpt, gutter, (palette, tint))
    for related in diagnostic.related:
        if related.span is not None:
            yield f"{gutter} {palette.frame}={palette.reset} {palette.strong}note{palette.reset}: {related.message}"
            where = place(related.file, related.span)
            yield from _source(where, related.span, related.excerpt, gutter, (palette, palette.frame))
    if diagnostic.help:
        hint = printable_line(diagnostic.help)
        yield f"{gutter} {palette.frame}={palette.reset} {palette.strong}help{palette.reset}: {hint}"


def _source(
    where: str, span: Span | None, excerpt: str | None, gutter: str, style: tuple[Palette, str]
) -> Iterator[str]:
    palette, tint = style
    if where:
        yield f"{gutter}{palette.frame}-->{palette.reset} {printable_line(where)}"
    if span is None or excerpt is None:
        return
    before, marked = _mark(excerpt, span)
    bar = f"{palette.frame}|{palette.reset}"
    number = str(span.start.line).rjust(len(gutter))
    yield f"{gutter} {bar}"
    yield f"{palette.frame}{number}{palette.reset} {bar} {shown(excerpt)}".rstrip()
    yield f"{gutter} {bar} {' ' * before}{tint}{'^' * max(marked, 1)}{palette.reset}"


def _mark(excerpt: str, span: Span) -> tuple[int, int]:
    """Give the columns before the mark and those under it, as a terminal counts them."""
    start = marker_column(excerpt, span.start.column) - 1
    length = span.end.column - span.start.column if span.end.line == span.start.line else len(excerpt)
    before = shown(excerpt[:start])
    through = shown(
        excerpt[: start + length].rstrip() if span.end.line > span.start.line else excerpt[: start + length]
    )
    return width(before), width(through) - width(before)


def shown(excerpt: str) -> str:
    """Give a source line as a terminal can show it: tabs as blanks, and nothing that moves the cursor."""
    pieces: list[str] = []
    column = 0
    for ch in excerpt:
        piece = " " * (_TAB - column % _TAB) if ch == "\t" else ch if ch.isprintable() or combining(ch) else "\ufffd"
        pieces.append(piece)
        column += width(piece)
    return "".join(pieces)


def width(text: str) -> int:
    """Count the columns of a text in a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(ch) else 2 if east_asian_width(ch) in _WIDE else 1 for ch in text)
