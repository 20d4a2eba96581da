"""Findings of a stage, before their places in a text are known.

A leaf rule knows its own key and its callers prefix the path; places, masked excerpts and edits are added at the end,
and only if there is something to place.
"""

# No string annotations here: a named tuple compiles each of its own when its class is created, at every start-up.

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from codeexec_config.codes import CODES, Severity

if TYPE_CHECKING:
    from codeexec_config.diagnostics import Related

Path = tuple[str | int, ...]

LISTED: Final = 1000
"""The most findings in one report; a file with more has the same mistake many times."""
_LONGEST: Final = 100


class Target(NamedTuple):
    """The part of a path that a finding marks.

    `part` is "value" or "key"; `within` narrows a string value to a stretch of its text.
    """

    path: Path
    part: str = "value"
    within: tuple[int, int] | None = None


class Amendment(NamedTuple):
    """A fix before it has places.

    `action` is "rename" (a key), "replace" (a value), "reword" (a string within its quotes), "remove" (an entry),
    "drop" (a key with its value) or "move" (the same, below the header of `onto`); `also` are its other parts.
    """

    title: str
    action: str
    path: Path
    text: str = ""
    also: "tuple[Amendment, ...]" = ()
    onto: Path = ()

    def under(self, *prefix: str | int) -> "Amendment":
        """Return the same fix with a prefix to its paths."""
        return self._replace(
            path=prefix + self.path,
            also=tuple(other.under(*prefix) for other in self.also),
            onto=prefix + self.onto,
        )


class Finding(NamedTuple):
    """What is wrong, and with which key; `elsewhere` are places in other files, such as a policy."""

    code: str
    message: str
    path: Path = ()
    help: str | None = None
    severity: Severity | None = None
    target: Target | None = None
    related: tuple[tuple[str, Target], ...] = ()
    amendment: Amendment | None = None
    elsewhere: "tuple[Related, ...]" = ()

    @property
    def weight(self) -> Severity:
        """The effective severity: the finding's own, or the usual one of its code."""
        return self.severity or CODES[self.code]

    def under(self, *prefix: str | int) -> "Finding":
        """Return the same finding with a prefix to its paths."""
        return self._replace(
            path=prefix + self.path,
            target=self.target and self.target._replace(path=prefix + self.target.path),
            related=tuple((text, other._replace(path=prefix + other.path)) for text, other in self.related),
            amendment=self.amendment and self.amendment.under(*prefix),
        )


def errors(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings that fail."""
    return [finding for finding in found if finding.weight is Severity.ERROR]


def few(found: Iterable[Finding]) -> Iterator[Finding]:
    """Return the first findings, one more than a report lists."""
    return islice(found, LISTED + 1)


def listed(found: list[Finding]) -> list[Finding]:
    """Return as many findings as a report lists; if there are more, the last one says so."""
    if len(found) <= LISTED:
        return found
    last = found[LISTED - 1]
    return [
        *found[: LISTED - 1],
        last._replace(help=f"{last.help or 'fix this'}; there are more findings than are listed here"),
    ]


def printable_line(text: str) -> str:
    """Return a text with escapes for anything that moves the cursor, ends the line or changes the text direction."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() else f"\\u{{{ord(ch):x}}}" for ch in text)


def printable(name: str) -> str:
    """Return a name from a file for a message: on one line, and not too long."""
    shown = printable_line(name[:_LONGEST])
    return shown if len(name) <= _LONGEST else f"{shown}…"


def dotted(path: Path) -> str:
    """Return a path as in a header, with quotes around names that need them."""
    return ".".join(_part(str(part)) for part in path)


def _part(name: str) -> str:
    if name.isascii() and name.replace("_", "0").replace("-", "0").isalnum():
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(escaped)}"'
