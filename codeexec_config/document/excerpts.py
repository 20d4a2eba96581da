"""Quote the source line of a finding, with everything that could be a secret masked.

An excerpt is made once, masked as it is made, and no object keeps the text. Each masked code point becomes one `*`, so
that columns stay true and the caret still points at its mark.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from operator import itemgetter
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config.diagnostics import CROPPED, LEAD
from codeexec_config.expressions import expression
from codeexec_config.keys import keys_of, once_a_class
from codeexec_config.references import Literal, Malformed, Reference, holds_pasted, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codeexec_config.document.lines import Stretch
    from codeexec_config.document.scanner import Scan
    from codeexec_config.document.tokens import Token
    from codeexec_config.findings import Path
    from codeexec_config.keys import Key

_WIDTH: Final = 160
_MASK: Final = "*"
_NAMES = r"[ \t]*[A-Za-z0-9_-]+[ \t]*(?:\.[ \t]*[A-Za-z0-9_-]+[ \t]*){0,79}"
_KEPT_BLINDLY = expression(rf"[ \t]*(?:\[{_NAMES}\]|\[\[{_NAMES}\]\]|[A-Za-z0-9_-]+[ \t]*=(?!=))")
_PASTED_TAIL = expression(r"[ \t]*(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^0-9]*[0-9])[A-Za-z0-9_-]{8,}=")
"""Letters of both cases and digits before an equals sign: the end of a key that was cut in two."""
_MAY_HOLD_KEY = expression(
    r"key|token|secret|passw|pwd|bearer|credential|[A-Za-z0-9+/=_-]{16}|://[^\s@?]{0,200}\?|[:/][^\s@]{1,200}@",
    re.IGNORECASE,
)
"""A word in a comment that refers to a key, or that may be one."""
_LONGEST_TEMPLATE: Final = 4000
_DOLLAR = expression(r"\\(?:x24|u0024|U00000024)\Z")
"""A dollar sign written as an escape: before a `${`, it makes that a literal."""
_LONGEST_ESCAPE: Final = len("\\U00000024")

_CREDENTIAL_MARKS: Final = frozenset("@=\\")
"""Characters that no host contains, and that come with a password or a key in a URL, or may spell one that does."""
_ADDRESS_MARKS: Final = frozenset("./:$")
_OPENING = expression(".(?:[^@:]*:)?//")
"""What precedes the user of a URL; slashes after anything else may be part of a password."""
_AUTHORITY = expression("//([^/?#'\"]*)")
_NO_PLACE = expression(r"[^/?#@]*[!=+&*^~]")
"""A character that neither a host nor a port contains, in their place."""
_NO_URL = expression(r"[\s\"'`|<>]")
_OF_SCHEMES: Final = ascii_letters + digits + "+.-"
_HOST_AND_PORT = expression(r"(?:[\w.${}-]*|\[[0-9A-Fa-f:.$]*(?:%[A-Za-z0-9$]*)?\])(?::(?:\$*[0-9]){0,5}\$*)?")
"""A host and a port of five digits at most, with dollar signs for references."""


class Known(NamedTuple):
    """The paths of a model's keys, by how much of them may be shown.

    Attributes:
        tables: the tables whose keys are not part of anyone's value.
        variants: those of the union's variants.
        plain: the keys whose values may be shown.
        lists: the lists among them.
        forms: the names of the grammars that keys, or the entries of lists, follow.
    """

    tables: frozenset[Path]
    variants: frozenset[Path]
    plain: frozenset[Path]
    lists: frozenset[Path]
    forms: Mapping[Path, str]


@once_a_class
def known_paths(model: type[Any]) -> Known:
    """Return the paths of a model's keys, from its description."""
    keys = dict(_described(model, ()))
    variants = {(*path, name) for path, key in keys.items() for name in key.variants or ()}
    unions = {path for path, key in keys.items() if key.variants is not None}
    return Known(
        tables=frozenset({()} | unions | variants),
        variants=frozenset(variants),
        plain=frozenset(path for path, key in keys.items() if key.kind != "secret"),
        lists=frozenset(path for path, key in keys.items() if key.item is not None),
        forms={path: form for path, key in keys.items() if (form := (key.item or key).form)},
    )


def _described(cls: type[Any], path: Path) -> Iterator[tuple[Path, Key]]:
    for key in keys_of(cls):
        way = (*path, key.name)
        yield way, key
        for name, variant in (key.variants or {}).items():
            yield from _described(variant, (*way, name))


class Masked(NamedTuple):
    """A value with something to mask; a plain one is readable except for parts of a URL and defaults of references."""

    start: int
    end: int
    is_plain: bool
    form: str | None = None


def window(bounds: Stretch, at: int) -> tuple[Stretch, str]:
    """Return the part of a line that an excerpt shows around a place, and the lead to write before it."""
    start, end = bounds
    if end - start <= _WIDTH:
        return (start, end), ""
    if at - start <= LEAD + 1:
        return (start, min(end, start + _WIDTH)), ""
    return (at - LEAD, min(end, at - LEAD + _WIDTH)), CROPPED


def _framed(lead: str, line: str, *, goes_on: bool) -> str:
    """Mark what is left out of a line; no line begins with the mark itself, which is readable only within quotes."""
    return lead + line + (CROPPED if goes_on else "")


class Masker:
    """Quote lines of a text that a parser has accepted.

    Args:
        scan: its tokens.
        section: the path of the section; values elsewhere are masked.
        model: the class whose keys the section has.
    """

    def __init__(self, scan: Scan, section: Path, model: type[Any]) -> None:
        self._text = scan.text
        self._known = known_paths(model)
        self._section = section
        self._masked = list(self._masked_values(scan))
        self._comments = scan.comments
        self._lines: dict[Stretch, bool] = {}

    def excerpt(self, bounds: Stretch, at: int) -> str:
        """Return the masked line, or the part of it around `at`."""
        (start, end), lead = window(bounds, at)
        shown = list(self._text[start:end])
        for value in self._overlapping(start, end):
            for place in self._hidden(value, start, end):
                shown[place - start] = _MASK
        if self._hides_comment(bounds):
            comment, until = self._comment(bounds)
            for place in range(max(comment + 1, start), min(until, end)):
                shown[place - start] = _MASK
        return _framed(lead, "".join(shown), goes_on=end < bounds[1])

    def _hides_comment(self, bounds: Stretch) -> bool:
        """Check whether a line's comment is masked, once per line, as a line may have a thousand findings.

        It is masked if anything else on the line is, or if it may contain a key itself.
        """
        if bounds not in self._lines:
            self._lines[bounds] = self._is_masked(bounds) or bool(
                _MAY_HOLD_KEY.search(self._text, *self._comment(bounds))
            )
        return self._lines[bounds]

    def _is_masked(self, bounds: Stretch) -> bool:
        return any(
            not value.is_plain or value.end - value.start > _LONGEST_TEMPLATE or self._hidden(value, *bounds)
            for value in self._overlapping(*bounds)
        )

    def _overlapping(self, start: int, end: int) -> Iterator[Masked]:
        # Masked values never nest, so both their starts and their ends are sorted.
        index = max(bisect_left(self._masked, start, key=itemgetter(0)) - 1, 0)
        while index < len(self._masked) and self._masked[index].start < end:
            if self._masked[index].end > start:
                yield self._masked[index]
            index += 1

    def _comment(self, bounds: Stretch) -> Stretch:
        """Return a line's comment, or an empty stretch at its end; in a run of comments, its first # starts it."""
        index = bisect_left(self._comments, bounds[1], key=itemgetter(0)) - 1
        run_start, run_end = self._comments[index] if index >= 0 else (0, 0)
        end = min(run_end, bounds[1])
        mark = self._text.find("#", max(run_start, bounds[0]), end)
        return (mark, end) if mark >= 0 else (bounds[1], bounds[1])

    def _masked_values(self, scan: Scan) -> Iterator[Masked]:
        found = [self._masked_value(token, path) for path, token in scan.values.items()]
        keys = (place for path, places in scan.mentions.items() if self._is_inner(path) for place in places)
        found += (Masked(start, end, is_plain=False) for start, end in (*keys, *scan.unread))
        covered = 0
        for value in sorted(filter(None, found), key=lambda value: (value.start, -value.end)):
            if value.end > covered:
                covered = value.end
                yield value

    def _masked_value(self, token: Token, path: Path) -> Masked | None:
        is_plain = self._is_plain(token, path)
        if is_plain and token.kind != "string":
            return None
        rest, forms = path[len(self._section) :], self._known.forms
        return Masked(token.start, token.end, is_plain, forms.get(rest) or forms.get(rest[:-1]))

    def _is_inner(self, path: Path) -> bool:
        """Check whether a key is part of the value of a secret or of an unknown key."""
        depth = len(self._section)
        if path[:depth] != self._section or len(path) == depth or path[depth:-1] in self._known.tables:
            return False
        return not any(path[depth:end] in self._known.plain - self._known.tables for end in range(depth + 1, len(path)))

    def _is_plain(self, token: Token, path: Path) -> bool:
        """Check whether a value may be shown: a table on the path to a key, or the value of a non-secret key."""
        if path == self._section[: len(path)]:
            return token.kind in {"table", "array"}
        if path[: len(self._section)] != self._section:
            return False
        rest = path[len(self._section) :]
        if rest in self._known.variants:
            return token.kind == "table"
        if rest[:-1] in self._known.lists and isinstance(rest[-1], int):
            return token.kind not in {"table", "array"}
        return rest in self._known.plain

    def _hidden(self, value: Masked, low: int, high: int) -> set[int]:
        """Return the masked places of a value between two offsets."""
        start, end, is_plain, form = value
        if end - start > _LONGEST_TEMPLATE:
            return set(range(max(start, low), min(end, high)))
        raw = self._text[start:end]
        hidden = _plain_secrets(raw, form) if is_plain else set(range(len(raw)))
        if raw[0] in {'"', "'"}:
            hidden -= {0, len(raw) - 1}
            hidden -= _reference_names(raw)
        return {start + place for place in hidden if raw[place] not in "\r\n" and low <= start + place < high}


def _plain_secrets(raw: str, form: str | None) -> set[int]:
    """Return the places in the spelling of a readable string that are masked nevertheless.

    No valid value spans lines; one that does may have swallowed statements for want of a quote, a key among them.
    """
    if "\n" in raw or (form == "url" and _is_misplaced(raw)):
        return set(range(len(raw)))
    is_host = form == "host pattern"
    is_url = form == "url" or "//" in raw or (is_host and not _CREDENTIAL_MARKS.isdisjoint(raw))
    if "\\" in raw and (is_url or "{" in raw):  # an escape may spell any of the characters searched for
        return set(range(len(raw)))
    return _defaults(raw) | url_secrets(raw) if is_url else _defaults(raw)


def _is_misplaced(raw: str) -> bool:
    """Check for a key that was swapped with its URL; some keys have dots and slashes as an address has."""
    if _ADDRESS_MARKS.isdisjoint(raw):
        return True
    text = _without_references(raw, "$")
    return "://" not in raw and (_NO_PLACE.match(text) is not None or holds_pasted(text))


def _defaults(raw: str) -> set[int]:
    """Return the places of defaults and messages of references, and of anything else in braces that may be a key."""
    return {
        place
        for segment in parse(raw)
        if not isinstance(segment, Literal)
        for place in range(_readable_end(segment), segment.end - (raw[segment.end - 1] in "}>"))
    }


def _readable_end(segment: Reference | Malformed) -> int:
    """Return where the masked part of a reference begins: at its default, or at a name that may be a pasted key."""
    if isinstance(segment, Malformed) or segment.is_pasted:
        return segment.start + len("${")
    return segment.end - 1 - len(segment.text)


def _reference_names(raw: str) -> set[int]:
    """Return the places of well-formed references, without their masked parts."""
    places: set[int] = set()
    for segment in parse(raw):
        if not isinstance(segment, Reference):
            continue
        if _DOLLAR.search(raw, max(0, segment.start - _LONGEST_ESCAPE), segment.start):
            continue
        places.update(range(segment.start, _readable_end(segment)))
        places.add(segment.end - 1)
    return places


def url_secrets(raw: str) -> set[int]:
    """Return the places in a URL's spelling of a user, a password, query values, a fragment, or text around the URL."""
    hidden = _beside_url(_without_references(raw, "0"))
    at = raw.rfind("@")
    if at >= 0:
        opening = _OPENING.match(raw)
        hidden.update(range(opening.end() if opening else 1, at))
    if authority := _AUTHORITY.search(_without_references(raw, "$")):
        # An impossible host or port may be a password whose @ is missing.
        is_place = _HOST_AND_PORT.fullmatch(authority[1].rpartition("@")[2])
        hidden.update(() if is_place else range(*authority.span(1)))
    query = re.search("[?#;]", raw)
    if query:
        names = {
            place
            for found in re.finditer(r"(?<=[?&;])[A-Za-z0-9_.-]+=", raw[query.start() :])
            for place in range(query.start() + found.start(), query.start() + found.end())
        }
        marks = {place for place in range(query.start(), len(raw)) if raw[place] in "?&;#"}
        hidden.update(set(range(query.start(), len(raw))) - names - marks)
    return hidden


def _beside_url(raw: str) -> set[int]:
    """Return the places before a URL's scheme and after its last character, where a command has its options."""
    start, end = (len(raw) - len(raw.lstrip("\"' \t"))), len(raw.rstrip("\"' \t"))
    before = raw[start : max(raw.find("://", start, end), start)].rstrip(_OF_SCHEMES)
    behind = _NO_URL.search(raw, start, end)
    return {*range(start, start + len(before)), *range(behind.start() if behind else end, end)}


def _without_references(raw: str, filler: str) -> str:
    """Return a text of the same length with references filled in, as they may yield a host or a port."""
    references = (segment for segment in parse(raw) if isinstance(segment, Reference))
    text = raw
    for reference in references:
        text = text[: reference.start] + filler * (reference.end - reference.start) + text[reference.end :]
    return text


def blind_excerpt(scan: Scan, bounds: Stretch, at: int) -> str:
    """Quote a line of a text that is not TOML; only a header or a bare key and `=` that begin a statement are shown."""
    (start, end), lead = window(bounds, at)
    kept = _KEPT_BLINDLY.match(scan.text, *bounds) if _begins_statement(scan, bounds) else None
    if kept and _PASTED_TAIL.match(kept[0]):
        kept = None
    visible = min(max(kept.end(), start), end) if kept else start
    hidden = "".join(ch if ch in " \t" else _MASK for ch in scan.text[visible:end])
    return _framed(lead, scan.text[start:visible] + hidden, goes_on=end < bounds[1])


def _begins_statement(scan: Scan, bounds: Stretch) -> bool:
    index = bisect_left(scan.statements, bounds[0])
    return index < len(scan.statements) and scan.statements[index] < bounds[1]
