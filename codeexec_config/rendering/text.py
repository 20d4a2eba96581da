"""The report for people: the code, the source line with the place marked, the help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import category, east_asian_width

from codeexec_config.codes import Severity
from codeexec_config.diagnostics import marker_column, place
from codeexec_config.findings import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codeexec_config.diagnostics import Diagnostic, Related, Span

_TAB: Final = 4
_WIDE: Final = frozenset("WF")
_MARKS: Final = frozenset({"Mn", "Me"})
"""The categories of characters that a terminal draws over the one before."""


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
    """Return the text report without colour and without a final line end."""
    return render_text(diagnostics).removesuffix("\n")


def render_text(diagnostics: Iterable[Diagnostic], palette: Palette = PLAIN) -> str:
    """Return the text report, a blank line between findings."""
    return "\n".join("".join(f"{line}\n" for line in _finding(diagnostic, palette)) for diagnostic in diagnostics)


def _finding(diagnostic: Diagnostic, palette: Palette) -> Iterator[str]:
    colour = {Severity.ERROR: palette.error, Severity.WARNING: palette.warning, Severity.NOTE: palette.note}
    tint = colour[diagnostic.severity]
    title = f"{diagnostic.severity}[{diagnostic.code}]"
    yield f"{tint}{title}{palette.reset}{palette.strong}: {printable_line(diagnostic.message)}{palette.reset}"
    beside = [other for other in diagnostic.related if _is_beside(other, diagnostic)]
    apart = [other for other in diagnostic.related if other.span is not None and other not in beside]
    frame = _Frame(palette, [span for span in (diagnostic.span, *(other.span for other in apart)) if span])
    where = place(diagnostic.file, diagnostic.span) or diagnostic.dotted
    yield from frame.header(where)
    yield from frame.source(diagnostic.excerpt, diagnostic.span, tint, beside)
    if diagnostic.help:
        yield from frame.hint(diagnostic.help, below_source=diagnostic.excerpt is not None)
    for related in apart:
        yield f"{palette.note}note{palette.reset}{palette.strong}: {related.message}{palette.reset}"
        yield from frame.header(place(related.file, related.span))
        yield from frame.source(related.excerpt, related.span, palette.note)


def _is_beside(related: Related, diagnostic: Diagnostic) -> bool:
    """Check whether a related place can be marked in the same line of source."""
    span, other = diagnostic.span, related.span
    if span is None or other is None or related.excerpt != diagnostic.excerpt:
        return False
    return span.start.line == other.start.line and other.end.offset <= span.start.offset


class _Frame:
    """Draw source lines, with their numbers on the left."""

    def __init__(self, palette: Palette, spans: list[Span]) -> None:
        self._palette = palette
        self._width = max((len(str(span.start.line)) for span in spans), default=1)
        self._gutter = " " * self._width
        self._bar = f"{palette.frame}|{palette.reset}"

    def header(self, where: str) -> Iterator[str]:
        if where:
            yield f"{self._gutter}{self._palette.frame}-->{self._palette.reset} {printable_line(where)}"

    def source(
        self, excerpt: str | None, span: Span | None, tint: str, beside: Sequence[Related] = ()
    ) -> Iterator[str]:
        if excerpt is None or span is None:
            return
        frame, reset = self._palette.frame, self._palette.reset
        number = str(span.start.line).rjust(self._width)
        yield f"{self._gutter} {self._bar}"
        yield f"{frame}{number}{reset} {self._bar} {shown(excerpt)}".rstrip()
        column = 0
        marks = ""
        labels: list[str] = []
        for other in beside:
            before, length = _mark(excerpt, other.span or span)
            marks += " " * (before - column) + f"{frame}{'-' * length}{reset}"
            labels.append(f"{self._gutter} {self._bar} {' ' * before}{frame}{other.message}{reset}")
            column = before + length
        before, length = _mark(excerpt, span)
        yield f"{self._gutter} {self._bar} {marks}{' ' * (before - column)}{tint}{'^' * length}{reset}"
        yield from labels

    def hint(self, text: str, *, below_source: bool) -> Iterator[str]:
        if below_source:
            yield f"{self._gutter} {self._bar}"
        frame, strong, reset = self._palette.frame, self._palette.strong, self._palette.reset
        yield f"{self._gutter} {frame}={reset} {strong}help{reset}: {printable_line(text)}"


def _mark(excerpt: str, span: Span) -> tuple[int, int]:
    """Return the columns before the mark and those under it, as a terminal counts them."""
    start = marker_column(excerpt, span.start.column) - 1
    if span.end.line > span.start.line:
        marked = excerpt[start:].rstrip()
    else:
        marked = excerpt[start : start + span.end.column - span.start.column]
    before = width(shown(excerpt[:start]))
    return before, max(width(shown(excerpt[:start] + marked)) - before, 1)


def shown(excerpt: str) -> str:
    """Return a source line as a terminal can show it: tabs as spaces, and nothing that moves the cursor."""
    pieces: list[str] = []
    column = 0
    for ch in excerpt:
        piece = " " * (_TAB - column % _TAB) if ch == "\t" else ch if ch.isprintable() else "\ufffd"
        pieces.append(piece)
        column += width(piece)
    return "".join(pieces)


def width(text: str) -> int:
    """Count the columns of a text in a terminal."""
    if text.isascii():
        return len(text)
    return sum(0 if category(ch) in _MARKS else 2 if east_asian_width(ch) in _WIDE else 1 for ch in text)
