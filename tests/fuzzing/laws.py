"""The targets: each takes a text and raises AssertionError if it breaks a law of the library."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import attrs

from codeexec_config import ConfigError, apply_fixes, check_mapping, check_text, loads, to_toml
from codeexec_config.cli.diffing import masked
from codeexec_config.references import Literal, Malformed, Reference, escape, parse, read_boolean, read_integer
from codeexec_config.rendering.concise import render_concise
from codeexec_config.rendering.github import render_github
from codeexec_config.rendering.sarif import results
from codeexec_config.rendering.structured import file_entry
from codeexec_config.rendering.text import ANSI, render_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config import Diagnostic, Fix, Report, Span

SECTION: Final = ("features", "code_execution")
CANARY: Final = "kanarienvogel-7b2d-env"
"""A secret in the environment, which must never be printed."""
VALUES: Final = ("30", "true", "false", "https://code-exec.example.com", "python", CANARY, f"https://u:{CANARY}@x", "")
_TOKEN: Final = re.compile(r"[A-Za-z0-9]{10,}")


class Variables(Mapping[str, str]):
    """An environment that has a value for most names, always the same for one name."""

    def __getitem__(self, name: str) -> str:
        number = sum(map(ord, name)) % (len(VALUES) + 1)
        if number == len(VALUES):
            raise KeyError(name)
        return VALUES[number]

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


ENV: Final = Variables()


# -- check_text --------------------------------------------------------------------------------------------------------


def check(text: str) -> None:
    """Whatever a text is, a check answers, in its place, and quotes no secret."""
    report = check_text(text, env=ENV)
    said = everything_said(report)

    assert CANARY in text or CANARY not in said, "a value of the environment is said"
    for secret in secrets_of(text):
        assert secret not in said, "a value of the file is said"
        assert secret not in masked(text, SECTION), "a value of the file is shown in a diff"
    check_places(text, report)
    assert report.ok == (report.config is not None)
    assert all(name in text for name in report.env_reads)
    check_config(report)
    check_other_ways(text, report)


def everything_said(report: Report) -> str:
    """Return all that can be printed of a report, but its config, which is the caller's."""
    told = attrs.evolve(report, config=None, origins=())
    return "\n".join(
        (
            str(told),
            repr(told),
            str(ConfigError(report.diagnostics)),
            render_text(report.diagnostics, ANSI),
            render_concise(report.diagnostics),
            render_github(report.diagnostics),
            json.dumps(list(results(report.diagnostics, "/")), ensure_ascii=False),
            json.dumps(file_entry("app.toml", report, valid=report.ok), ensure_ascii=False),
            *(origin.reference or str(origin.value) for origin in report.origins if origin.kind == "environment"),
        )
    )


def secrets_of(text: str) -> set[str]:
    """Return words that occur once in a text, in a place where they could be a key."""
    with suppress(ValueError, RecursionError):
        return {word for word in secret_words(section_of(tomllib.loads(text))) if text.count(word) == 1}
    found = re.findall(r"^[ \t]*[A-Za-z0-9_-]+[ \t]*=([^\n=]*)$", text, re.MULTILINE)
    words = {word for value in found for word in words_of(value)}
    return {word for word in words if text.count(word) == 1} if is_refused(text) else set()


def is_refused(text: str) -> bool:
    return any(finding.code == "invalid-toml" for finding in check_text(text, env=ENV).diagnostics)


def section_of(data: Any) -> Any:
    """Return the section of a document, or None."""
    for key in SECTION:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def secret_words(section: Any) -> set[str]:
    """Return the words of every value of the section's `api_key`, and of unknown keys."""
    if not isinstance(section, dict):
        return set()
    known = {"enabled", "mode", "allowed_languages", "timeout_secs", "max_memory_mb"}
    values = [value for key, value in section.items() if key not in known]
    mode = section.get("mode")
    external = mode.get("external") if isinstance(mode, dict) else None
    if isinstance(external, dict):
        values += [value for key, value in external.items() if key != "url"]
    return {word for value in values for leaf in leaves(value) for word in words_of(leaf)}


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from leaves(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from leaves(entry)


def words_of(value: str) -> set[str]:
    """Return the words of a value that are not names: with small letters and digits, and near no reference."""
    if "$" in value:
        return set()
    return {word for word in _TOKEN.findall(value) if re.search("[a-z]", word) and re.search("[0-9]", word)}


def check_places(text: str, report: Report) -> None:
    """Every place lies in the text, where its line and column say; findings come in the order of the file."""
    places = [finding.span for finding in report.diagnostics]
    places += [related.span for finding in report.diagnostics for related in finding.related]
    places += [edit.span for finding in report.diagnostics if finding.fix for edit in finding.fix.edits]
    for span in filter(None, places):
        check_span(text, span)
    orders = [finding.order() for finding in report.diagnostics]
    assert orders == sorted(orders)
    refused = [finding for finding in report.diagnostics if finding.code == "invalid-toml"]
    assert not refused or len(report.diagnostics) == 1


def check_span(text: str, span: Span) -> None:
    assert 0 <= span.start.offset <= span.end.offset <= len(text)
    body = int(text.startswith("\ufeff"))
    for place in (span.start, span.end):
        before = text[body : place.offset]
        if place.offset >= body:
            assert place.line == before.count("\n") + 1
            assert place.column == len(before) - before.rfind("\n")


def check_config(report: Report) -> None:
    """A config that was read is written and read back the same."""
    if report.config is None or report.deferred:
        return
    written = to_toml(report.config, reveal_secrets=True)
    assert loads_quietly(written) == report.config


def loads_quietly(text: str) -> Any:
    report = check_text(text, env=ENV)
    return report.require()


def check_other_ways(text: str, report: Report) -> None:
    """The other functions answer too, and say the same."""
    offline = check_text(text, env=ENV, offline=True)
    assert offline.env_reads == ()
    origins = check_text(text, env=ENV, origins=True)
    assert origins.diagnostics == report.diagnostics
    with suppress(ConfigError):
        loads(text, env=ENV, strict=True)
    codes = Counter((finding.code, finding.path) for finding in report.diagnostics)
    section = None
    with suppress(ValueError, RecursionError):
        section = section_of(tomllib.loads(text.removeprefix("\ufeff")))
    of_the_text = {"invalid-toml", "invalid-encoding", "misplaced-section"}
    if isinstance(section, dict) and not any(code in of_the_text for code, _ in codes):
        mapping = check_mapping(section, env=ENV)
        assert codes == Counter((finding.code, finding.path) for finding in mapping.diagnostics)


# -- apply_fixes -------------------------------------------------------------------------------------------------------


def fix(text: str) -> None:
    """Each fix alone, and those of one report together, leave fewer findings and every other value as it was."""
    before = check_text(text, offline=True)
    offered = [finding for finding in before.diagnostics if finding.fix is not None]
    for finding in offered:
        check_fixed(text, before, [finding])
    if len(offered) > 1:
        check_fixed(text, before, offered)


def check_fixed(text: str, before: Report, findings: list[Diagnostic]) -> None:
    fixes: list[Fix] = [finding.fix for finding in findings if finding.fix is not None]
    fixed = apply_fixes(text, fixes)
    after = check_text(fixed, offline=True)
    if before.diagnostics[0].code == "invalid-toml":
        check_further(text, before.diagnostics[0], fixed, after)
        return
    assert weight(after) < weight(before), (text, fixed)
    if not any(finding.code == "misplaced-section" for finding in findings):
        assert same(others(text), others(fixed)), (text, fixed)


def check_further(text: str, finding: Diagnostic, fixed: str, after: Report) -> None:
    """What prevents reading on is further down than before."""
    refused = [other for other in after.diagnostics if other.code == "invalid-toml"]
    assert not any(other.code in {"invalid-encoding", "file-too-large"} for other in after.diagnostics)
    for other in refused:
        assert finding.span is not None
        assert other.span is not None
        assert other.span.start.offset > finding.span.start.offset, (text, fixed)


def weight(report: Report) -> tuple[int, int]:
    return len(report.errors), len(report.warnings)


def others(text: str) -> Any:
    """Return what a document says outside its section."""
    data = tomllib.loads(text.removeprefix("\ufeff")) if text else {}
    table = data.get(SECTION[0])
    if isinstance(table, dict):
        table.pop(SECTION[1], None)
    return data


def same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)  # nan is itself, and 1 is not 1.0


# -- the grammar of references -----------------------------------------------------------------------------------------

_GRAMMAR: Final = re.compile(
    r"(?P<escape>\$\$\{|\$\$<)"
    r"|\$\{(?P<braced>[A-Za-z_][A-Za-z0-9_]{0,63})(?:(?P<operator>:-|:\?)(?P<text>(?:(?!\$\{|\$<)[^}])*))?\}"
    r"|(?P<malformed>\$\{[^}]*\}?)"
    r"|\$<(?P<angled>[A-Za-z_][A-Za-z0-9_]{0,63})>"
)


def reference(text: str) -> None:
    """The grammar is the one that a single pattern spells out, and segments cover the text without a gap."""
    segments = parse(text)

    assert [segment.start for segment in segments] == [0, *(segment.end for segment in segments)][: len(segments)]
    assert (segments[-1].end if segments else 0) == len(text)
    assert told(text) == [kind(segment) for segment in segments if not is_plain(segment, text)]
    for segment in segments:
        quoted = text[segment.start : segment.end]
        if isinstance(segment, Reference):
            assert parse(quoted) == (segment._replace(start=0, end=len(quoted)),)
        elif isinstance(segment, Malformed):
            assert not any(word in segment.reason + segment.help for word in _TOKEN.findall(quoted))
    assert "".join(segment.text for segment in parse(escape(text)) if isinstance(segment, Literal)) == text
    check_typed(text)


def is_plain(segment: object, text: str) -> bool:
    return isinstance(segment, Literal) and segment.text == text[segment.start : segment.end]


def kind(segment: object) -> tuple[object, ...]:
    if isinstance(segment, Reference):
        return (segment.start, segment.end, segment.name, segment.operator, segment.text)
    assert isinstance(segment, Literal | Malformed)
    return (segment.start, segment.end, segment.text if isinstance(segment, Literal) else None)


def told(text: str) -> list[tuple[object, ...]]:
    """Read a text by the one pattern."""
    found: list[tuple[object, ...]] = []
    for match in _GRAMMAR.finditer(text):
        name = match["braced"] or match["angled"]
        if match["escape"]:
            found.append((*match.span(), match["escape"][1:]))
        elif name:
            found.append((*match.span(), name, match["operator"] or "", match["text"] or ""))
        else:
            found.append((*match.span(), None))
    return found


def check_typed(text: str) -> None:
    """A reference that is a number or a boolean is read as TOML reads it in the file."""
    if len(text) > 600 or re.search(r"[\s#]", text):
        return
    value = None
    with suppress(ValueError, RecursionError):
        value = tomllib.loads(f"x = {text}").get("x")
    assert read_integer(text) == (value if type(value) is int else None)
    assert read_boolean(text) is (value if type(value) is bool else None)


TARGETS: Final[dict[str, Callable[[str], None]]] = {"check_text": check, "apply_fixes": fix, "references": reference}
