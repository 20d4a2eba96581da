"""Place findings in the text: spans, masked excerpts and edits, from one scan of the text."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from codeexec_config.diagnostics import Diagnostic, Fix, Related, Span
from codeexec_config.document.excerpts import Masker
from codeexec_config.document.lines import Lines, Stretch
from codeexec_config.document.scanner import Scan, locate
from codeexec_config.document.stems import Stems
from codeexec_config.document.tokens import past_space
from codeexec_config.expressions import expression
from codeexec_config.findings import Finding, Path, Target
from codeexec_config.rules.units import SHORT_CLOCK, THOUSANDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codeexec_config.document import Document
    from codeexec_config.findings import Amendment

_NEEDS_ESCAPES = frozenset("\"'\\\n\r\t")
_BLANKS_AND_COMMA = expression(r"[ \t]*,[ \t]*")
_LEADING_COMMA = expression(r"[ \t]*,[ \t]*\Z")
_COMMENT = expression(r"[ \t]*#")
_END_OF_LINE = expression(r"[ \t]*(?:\r?\n|\Z)")


class Places:
    """The places of one document.

    Args:
        document: a text that a parser has accepted.
        file: its name as given.
        section: the path of the section.
        model: the class whose keys the section has.
        found: the findings that will be placed.
    """

    def __init__(
        self, document: Document, file: str | None, section: Path, model: type[Any], found: Iterable[Finding] = ()
    ) -> None:
        self._scan = Scan(document.body, Stems.few((section, *_paths(found))))
        self._lines = Lines(document.body, document.shift)
        self._masker = Masker(self._scan, section, model)
        self._file = file

    def diagnostic(self, finding: Finding) -> Diagnostic:
        """Return the diagnostic for a finding."""
        stretch = self._find(finding.target or Target(finding.path))
        amendment, help_ = finding.amendment, finding.help
        if amendment is not None and any(map(self._is_spelt_doubtfully, (amendment, *amendment.also))):
            help_ = _without_number(finding, amendment)
            amendment = None
        return Diagnostic(
            code=finding.code,
            severity=finding.weight,
            message=finding.message,
            path=finding.path,
            span=stretch and self._lines.span(*stretch),
            file=self._file,
            excerpt=stretch and self._excerpt(stretch),
            help=help_,
            related=(*(self.related(message, target) for message, target in finding.related), *finding.elsewhere),
            fix=amendment and self._fix(amendment),
        )

    def span(self, path: Path) -> Span | None:
        """Return where the value at a path is."""
        stretch = self._find(Target(path))
        return stretch and self._lines.span(*stretch)

    def _find(self, target: Target) -> Stretch | None:
        return locate(self._scan, target)

    def _excerpt(self, stretch: Stretch) -> str:
        return self._masker.excerpt(self._lines.bounds(stretch[0]), stretch[0])

    def related(self, message: str, target: Target) -> Related:
        """Return another place that a finding refers to."""
        stretch = self._find(target)
        span = stretch and self._lines.span(*stretch)
        return Related(message, self._file, span, excerpt=stretch and self._excerpt(stretch))

    def _fix(self, amendment: Amendment) -> Fix | None:
        """Return the edits of a fix, or None if one of them is impossible in this text."""
        edits: list[tuple[Stretch, str]] = []
        for part in (amendment, *amendment.also):
            made = self._edits(part)
            if not made:
                return None
            edits += made
        edits.sort(key=lambda edit: edit[0])
        return Fix(amendment.title, tuple(self._lines.edit(*place, text) for place, text in edits))

    def _edits(self, amendment: Amendment) -> list[tuple[Stretch, str]]:
        if amendment.action == "rename":
            return [(place, amendment.text) for place in self._scan.mentions[amendment.path]]
        if amendment.action == "remove":
            return [(place, "") for place in self._entry(amendment.path)]
        if amendment.action in {"drop", "move"}:
            return self._pair_edits(amendment)
        return self._replacement(amendment)

    def _replacement(self, amendment: Amendment) -> list[tuple[Stretch, str]]:
        token = self._scan.values[amendment.path]
        quote = self._scan.text[token.start] if amendment.action == "reword" else ""
        if quote and not _NEEDS_ESCAPES.isdisjoint(amendment.text):
            return []
        return [((token.start, token.end), f"{quote}{amendment.text}{quote}")]

    def _is_spelt_doubtfully(self, amendment: Amendment) -> bool:
        """Check for a number whose spelling, which its value does not reveal, may mean another number."""
        if amendment.action != "replace":
            return False
        token = self._scan.values[amendment.path]
        return any(form.fullmatch(self._scan.text, token.start, token.end) for form in (THOUSANDS, SHORT_CLOCK))

    def _entry(self, path: Path) -> list[Stretch]:
        """Return the stretches of an array's entry and of the comma that goes with it; comments stay."""
        text = self._scan.text
        token = self._scan.values[path]
        behind = _BLANKS_AND_COMMA.match(text, token.end)
        if behind:
            return [(token.start, behind.end())]
        after = past_space(text, token.end)
        if text.startswith(",", after):
            return [(token.start, token.end), (after, after + 1)]
        *parent, index = path
        leader = self._scan.values[(*parent, int(index) - 1)]
        before = _BLANKS_AND_COMMA.fullmatch(text, leader.end, token.start)
        if before:
            return [(leader.end, token.end)]
        comma = past_space(text, leader.end)
        return [(comma, comma + 1), (token.start, token.end)]

    def _pair_edits(self, amendment: Amendment) -> list[tuple[Stretch, str]]:
        """Return the edits that take a key and its value out, and write them below a header.

        There are none if that is impossible, or if it would leave a comment behind.
        """
        pair = self._pair(amendment.path)
        if pair is None or amendment.action == "drop":
            return [] if pair is None else [(pair, "")]
        if _COMMENT.match(self._scan.text, pair[1]):
            return []
        below = self._below_header(amendment.onto)
        value = self._scan.values[amendment.path]
        written = f"\n{amendment.text} = {self._scan.text[value.start : value.end]}"
        return [] if below is None else [(pair, ""), ((below, below), written)]

    def _pair(self, path: Path) -> Stretch | None:
        """Return the stretch of a key and its value: the whole line, or an entry of an inline table with a comma."""
        text = self._scan.text
        [(start, _)] = self._scan.mentions[path]
        end = self._scan.values[path].end
        if any(path[:depth] in self._scan.values for depth in range(1, len(path))):
            return self._inline_pair(start, end)
        start = self._scan.statements[bisect_right(self._scan.statements, start) - 1]
        line = text.rfind("\n", 0, start) + 1
        whole = _END_OF_LINE.match(text, end)
        return (line, whole.end()) if whole else (start, end)

    def _inline_pair(self, start: int, end: int) -> Stretch | None:
        text = self._scan.text
        leader = _LEADING_COMMA.search(text, text.rfind("\n", 0, start) + 1, start)
        behind = _BLANKS_AND_COMMA.match(text, end)
        if behind and (leader or text[:start].rstrip(" \t").endswith("{")):
            return start, behind.end()
        return (leader.start(), end) if leader else None

    def _below_header(self, path: Path) -> int | None:
        """Return the end of the line of a table's own header, or None when it has none."""
        text = self._scan.text
        start, end = self._scan.tables[path]
        _, last = self._scan.mentions[path][-1]
        if not text.startswith("[", start) or text[last:end].strip(" \t") != "]":
            return None
        line_end = text.find("\n", end)
        return len(text) if line_end < 0 else line_end - text.startswith("\r", line_end - 1)


def _without_number(finding: Finding, amendment: Amendment) -> str | None:
    """Return the help of a finding whose fix is not offered, without the number."""
    if finding.help == amendment.title:
        return f"did you mean `{amendment.text}`?"
    return finding.help and finding.help.removesuffix(f": {amendment.text}")


def _paths(found: Iterable[Finding]) -> Iterator[Path]:
    """Yield the paths that findings mark and that their fixes edit."""
    for finding in found:
        yield (finding.target or finding).path
        yield from (target.path for _, target in finding.related)
        for amendment in (finding.amendment, *finding.amendment.also) if finding.amendment else ():
            yield from (amendment.path, amendment.onto or amendment.path)
