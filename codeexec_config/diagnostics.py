"""What a check reports about a file, as data: places, fixes, diagnostics and origins."""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

from codeexec_config.codes import Severity
from codeexec_config.findings import Finding, Path, dotted, printable_line
from codeexec_config.keys import ByFields

__all__ = [
    "Deferred",
    "Diagnostic",
    "Edit",
    "Fix",
    "Origin",
    "Position",
    "Related",
    "Span",
]

CROPPED: Final = "…"
"""Begins an excerpt whose line starts further left; the marked place is then `LEAD` code points after it."""
LEAD: Final = 40
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@attrs.frozen(repr=False, eq=False)
class Position(ByFields):
    """A place in a text: `line` and `column` count from 1, `offset` from 0, all in code points.

    A leading byte order mark counts in `offset` and not in `column`.
    """

    line: int
    column: int
    offset: int


@attrs.frozen(repr=False, eq=False)
class Span(ByFields):
    """A stretch of a text, from `start` up to but not including `end`."""

    start: Position
    end: Position


@attrs.frozen(repr=False, eq=False)
class Related(ByFields):
    """Another place that a finding refers to, such as the first of two modes."""

    message: str
    file: str | None
    span: Span | None
    excerpt: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(repr=False, eq=False)
class Edit(ByFields):
    """Write `text` where the source has `span`."""

    span: Span
    text: str


@attrs.frozen(repr=False, eq=False)
class Fix(ByFields):
    """Edits to the source that fix one finding and keep every other byte."""

    title: str
    edits: tuple[Edit, ...]


@attrs.frozen(repr=False, eq=False)
class Deferred(ByFields):
    """A reference that was not looked up: `path` is the key that contains it, `reference` its name as `${NAME}`."""

    path: Path
    reference: str


@attrs.frozen(repr=False, eq=False)
class Origin(ByFields):
    """Where one value of the effective config comes from.

    Args:
        path: the key, from the root of the file.
        value: the value, or the reference if it comes from the environment or is a secret.
        kind: `"file"`, `"default"` or `"environment"`.
        span: the value in the file, or None for a default.
        reference: the references in the file's text, as `${NAME}`, or None.
    """

    path: Path
    value: object = attrs.field(hash=False)
    kind: Literal["file", "default", "environment"]
    span: Span | None
    reference: str | None


@attrs.frozen(kw_only=True, repr=False, eq=False)
class Diagnostic(ByFields):
    """One finding with its place.

    Args:
        code: the stable kebab-case name, one of `CODES`.
        severity: its severity here.
        message: what is wrong, in plain words without any secret.
        path: the key, from the root of the file; integers are places in arrays.
        span: where, or None if nothing can be marked (an unreadable file, a mapping, a constructor).
        file: the file's name as given, or None.
        excerpt: the source line of `span.start`, masked when it was made.
        help: what to write instead.
        related: other places that the message refers to.
        fix: edits that resolve it, if they are certain.
    """

    code: str
    severity: Severity = attrs.field(converter=Severity)
    message: str
    path: Path = ()
    span: Span | None = None
    file: str | None = None
    excerpt: str | None = None
    help: str | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None

    def order(self) -> tuple[Any, ...]:
        """Return the sort key in reports: findings without a place first, then start, end, severity, code."""
        where = (-1, -1) if self.span is None else (self.span.start.offset, self.span.end.offset)
        return (*where, _RANK[self.severity], self.code)

    def __str__(self) -> str:
        """Return the finding as one line: `file:line:column: severity[code]: message (help)`."""
        where = place(self.file, self.span) or self.dotted
        lead = f"{where}: " if where else ""
        hint = f" ({self.help})" if self.help else ""
        return printable_line(f"{lead}{self.severity}[{self.code}]: {self.message}{hint}")

    @property
    def dotted(self) -> str:
        """The path as people write it, for a finding without any other place: `a."b.c".names[0]`."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{dotted((part,))}" for part in self.path)
        return "".join(parts).removeprefix(".")


def placeless(finding: Finding, file: str | None = None) -> Diagnostic:
    """Return the diagnostic of a finding without a place in a text."""
    return Diagnostic(
        code=finding.code,
        severity=finding.weight,
        message=finding.message,
        path=finding.path,
        file=file,
        help=finding.help,
        related=(*(Related(text, file, None) for text, _ in finding.related), *finding.elsewhere),
    )


def place(file: str | None, span: Span | None) -> str:
    """Return `file:line:column` as far as it is known."""
    name = file or ""
    if span is None:
        return name
    return f"{name}:{span.start.line}:{span.start.column}" if name else f"{span.start.line}:{span.start.column}"


def marker_column(excerpt: str, column: int) -> int:
    """Return the column in an excerpt of the marked place, given its column in the line; both count from 1."""
    return LEAD + 2 if excerpt.startswith(CROPPED) else column
