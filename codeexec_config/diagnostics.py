"""What is said about a file, as data: codes, findings, diagnostics, reports, and the one exception.

Sentences become text in `rendering`; nothing here prints.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codeexec_config.model import CodeExecutionConfig

__all__ = [
    "CODES",
    "ConfigError",
    "ConfigWarning",
    "Deferred",
    "Diagnostic",
    "Edit",
    "Finding",
    "Fix",
    "Path",
    "Position",
    "Related",
    "Report",
    "Severity",
    "Span",
]

Path = tuple[str | int, ...]


class Severity(StrEnum):
    """How much a finding weighs: an error fails, a warning fails under `strict`, a note never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_LONGEST: Final = 100
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}

CODES: Final[dict[str, Severity]] = {
    "unreadable-file": Severity.ERROR,
    "invalid-encoding": Severity.ERROR,
    "file-too-large": Severity.ERROR,
    "invalid-toml": Severity.ERROR,
    "wrong-type": Severity.ERROR,
    "unknown-key": Severity.ERROR,
    "missing-key": Severity.ERROR,
    "unknown-mode": Severity.ERROR,
    "unknown-runtime": Severity.ERROR,
    "empty-mode": Severity.ERROR,
    "ambiguous-mode": Severity.ERROR,
    "out-of-range": Severity.ERROR,
    "empty-languages": Severity.ERROR,
    "invalid-language": Severity.ERROR,
    "unsupported-language": Severity.ERROR,
    "unknown-language": Severity.WARNING,
    "duplicate-language": Severity.WARNING,
    "unset-variable": Severity.ERROR,
    "invalid-reference": Severity.ERROR,
    "forbidden-variable": Severity.ERROR,
    "reference-not-allowed": Severity.ERROR,
    "unbraced-reference": Severity.WARNING,
    "invalid-url": Severity.ERROR,
    "credentials-in-url": Severity.ERROR,
    "metadata-url": Severity.ERROR,
    "insecure-url": Severity.ERROR,
    "empty-secret": Severity.ERROR,
    "malformed-secret": Severity.ERROR,
    "literal-secret": Severity.WARNING,
    "missing-secret": Severity.NOTE,
    "misplaced-section": Severity.WARNING,
    "section-not-found": Severity.NOTE,
    "policy-violation": Severity.ERROR,
}
"""Every code once, with its usual severity; the rules across keys lower theirs in a disabled section."""


@attrs.frozen
class Position:
    """A place in a text: `line` and `column` count from 1, `offset` from 0, all in code points.

    A leading byte order mark counts in `offset` and not in `column`.
    """

    line: int
    column: int
    offset: int


@attrs.frozen
class Span:
    """A stretch of a text, from `start` up to and without `end`."""

    start: Position
    end: Position


@attrs.frozen
class Related:
    """Another place that a finding speaks of, such as the first of two modes."""

    message: str
    file: str | None
    span: Span | None
    excerpt: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Edit:
    """Write `text` where the source has `span`."""

    span: Span
    text: str


@attrs.frozen
class Fix:
    """Edits on the source that cure one finding and keep every other byte."""

    title: str
    edits: tuple[Edit, ...]


@attrs.frozen
class Deferred:
    """A reference that was not looked up: `path` is the key that holds it, `reference` its name as `${NAME}`."""

    path: Path
    reference: str


@attrs.frozen(kw_only=True)
class Diagnostic:
    """One finding with its place.

    Args:
        code: the stable kebab-case name, one of `CODES`.
        severity: what it weighs here.
        message: what is wrong, in plain words without any secret.
        path: the key, from the root of the file; integers are places in arrays.
        span: where, or None where there is no place (an unreadable file, a mapping, a constructor).
        file: the file's name as it was given, or None.
        excerpt: the source line of `span.start`, masked when it was made.
        help: what to write instead.
        related: other places that the message speaks of.
        fix: edits that cure it, where they are certain.
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
        """Give the sort key of a report: without a place first, then start, end, severity, code."""
        where = (-1, -1) if self.span is None else (self.span.start.offset, self.span.end.offset)
        return (*where, _RANK[self.severity], self.code)


def printable_line(text: str) -> str:
    """Give a text without anything that moves the cursor, ends the line or turns the reading direction."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() else f"\\u{{{ord(ch):x}}}" for ch in text)


def printable(name: str) -> str:
    """Give a name from a file as a message can hold it: in one line, and not too long."""
    shown = printable_line(name[:_LONGEST])
    return shown if len(name) <= _LONGEST else f"{shown}…"


class Target(NamedTuple):
    """What of a path a finding marks, before anyone knows where that is.

    `part` is "value" or "key"; `within` narrows a string value to a stretch of its text.
    """

    path: Path
    part: str = "value"
    within: tuple[int, int] | None = None


class Amendment(NamedTuple):
    """A fix before it has places.

    `action` is "rename" (a key), "replace" (a value), "reword" (a string within its quotes) or "remove" (an entry).
    """

    title: str
    action: str
    path: Path
    text: str = ""


class Finding(NamedTuple):
    """What is wrong and with which key; a leaf rule knows its own key, and its callers prefix the path."""

    code: str
    message: str
    path: Path = ()
    help: str | None = None
    severity: Severity | None = None
    target: Target | None = None
    related: tuple[tuple[str, Target], ...] = ()
    amendment: Amendment | None = None

    @property
    def weight(self) -> Severity:
        """The severity that holds: the finding's own, or the usual one of its code."""
        return self.severity or CODES[self.code]

    def under(self, *prefix: str | int) -> Finding:
        """Give the same finding seen from further up."""
        return self._replace(
            path=prefix + self.path,
            target=self.target and self.target._replace(path=prefix + self.target.path),
            related=tuple((text, other._replace(path=prefix + other.path)) for text, other in self.related),
            amendment=self.amendment and self.amendment._replace(path=prefix + self.amendment.path),
        )

    def placeless(self, file: str | None = None) -> Diagnostic:
        """Give the diagnostic of a finding that has no place in a text."""
        return Diagnostic(
            code=self.code,
            severity=self.weight,
            message=self.message,
            path=self.path,
            file=file,
            help=self.help,
            related=tuple(Related(text, file, None) for text, _ in self.related),
        )


class ConfigError(ValueError):
    """Say everything that is wrong with one configuration: the one exception for whatever a file says.

    Args:
        diagnostics: all findings, in file order.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from codeexec_config.rendering.text import render_plain  # here: a config that is right prints nothing

        return render_plain(self.diagnostics)


class ConfigWarning(UserWarning):
    """Carry a finding that is no error through the module `warnings`, as `.diagnostic`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic)

    def __str__(self) -> str:
        from codeexec_config.rendering.concise import render_line

        return render_line(self.diagnostic)


@attrs.frozen(kw_only=True)
class Report:
    """What a check found.

    Args:
        config: the config, or None when there are errors or when `offline` left something open.
        diagnostics: all findings, in file order.
        deferred: the references that were not looked up.
        env_reads: the names that were looked up, sorted.
        file: the file's name as it was given, or None.
    """

    config: CodeExecutionConfig | None
    diagnostics: tuple[Diagnostic, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    env_reads: tuple[str, ...] = ()
    file: str | None = None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that fail."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The findings that fail under `strict`."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.WARNING)

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    def raise_for_errors(self) -> None:
        """Raise what was found.

        Raises:
            ConfigError: there is an error; it carries all findings, the warnings too.
        """
        if not self.ok:
            raise ConfigError(self.diagnostics)

    def __str__(self) -> str:
        from codeexec_config.rendering.text import render_plain

        return render_plain(self.diagnostics)
