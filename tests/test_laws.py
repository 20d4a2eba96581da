"""The laws for every file, right or wrong, in every spelling.

Laws on one subject are elsewhere: what is written loads as the same config (`test_writing`), a fix lowers the count
of findings (`test_fixes`), schema and loader agree (`test_schema_verdict`).
"""

from __future__ import annotations

import copy
import io
import json
import random
from contextlib import redirect_stderr, redirect_stdout
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    Diagnostic,
    External,
    Policy,
    Report,
    Sandboxed,
    Secret,
    Severity,
    Wasm,
    apply_fixes,
    check_file,
    check_mapping,
    check_text,
    pipeline,
)
from codeexec_config.cli import main
from codeexec_config.document.scanner import Scan
from codeexec_config.model import _is_plainly_right, is_flawless, mode_facts
from codeexec_config.rules import across
from codeexec_config.writing import to_plain
from tests.counts import examples
from tests.facts import MODES, RUNTIMES
from tests.test_fixes import Slips
from tests.test_schema_verdict import RIGHT_SECTIONS, slipped
from tests.toml.reading import by_us, same
from tests.toml_writer import Writer, documents, walk

if TYPE_CHECKING:
    from pathlib import Path

SECTION = ("features", "code_execution")
ENV = {"A": "30", "B": "b", "K": "k", "HOST": "h.example.com", "PORT": "8080", "URL": "https://h", "_b1": "x", "M": "1"}
OTHERS: dict[str, Any] = {"server": {"port": 1, "names": ["x", {"y": 2.5}]}, "title": "${NOT_OURS}"}


class File(NamedTuple):
    """A host's file, and what it says."""

    text: str
    data: dict[str, Any]

    @property
    def section(self) -> Any:
        return self.data["features"]["code_execution"]


sources = st.integers(0, 2**32).map(random.Random)
"""Where spellings come from; `st.randoms` would shrink, at ten times the cost."""


@st.composite
def files(draw: st.DrawFn, sections: st.SearchStrategy[dict[str, Any]]) -> File:
    """Write a section among other tables, in any spelling."""
    data = {"features": {"code_execution": draw(sections), "other": {"x": [1]}}, **OTHERS}
    return File(Writer(draw(sources)).write(data), data)


def check(text: str, **options: Any) -> Report:
    return check_text(text, env=ENV, **options)


def told(found: Diagnostic) -> tuple[Any, ...]:
    """What a finding says, without its place."""
    return found.code, found.severity, found.path, found.message


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


def cut(text: str, found: Any) -> str:
    return text[found.span.start.offset : found.span.end.offset]


right = files(RIGHT_SECTIONS)
wrong = files(slipped(RIGHT_SECTIONS))
nearly_right = sources.map(lambda source: Slips(source).section())


# -- places ------------------------------------------------------------------------------------------------------------

OF_A_KEY = {"unknown-key", "ambiguous-mode"}
OF_A_TABLE = {"missing-key", "empty-mode", "misplaced-section", "missing-secret"}
OF_A_REFERENCE = {"unset-variable", "invalid-reference", "forbidden-variable", "reference-not-allowed"}


@examples(60)
@given(wrong)
def test_a_span_slices_to_what_it_says(file: File) -> None:
    text = file.text
    for found in check(text).diagnostics:
        if found.span is None:
            assert found.code == "section-not-found"
            continue
        for place in (found.span.start, found.span.end):
            assert place.line == text.count("\n", 0, place.offset) + 1
            assert place.column == place.offset - text.rfind("\n", 0, place.offset)
        marked = cut(text, found)
        if found.code in OF_A_REFERENCE:
            assert marked.startswith(("$", "\\")), marked
        elif found.code in OF_A_KEY:
            assert [found.path[-1]] == list(by_us(f"{marked} = 0") or ()), marked
        elif found.code not in OF_A_TABLE:
            assert_is_value(marked, file.data, found)


def assert_is_value(marked: str, data: dict[str, Any], found: Diagnostic) -> None:
    """Check that it is the value itself, what defines a table, the reference in it, or an invisible character."""
    if found.code == "unknown-mode":
        return
    value = at(data, found.path)
    if isinstance(value, dict | list):
        return
    alone = (by_us(f"x = {marked}") or {}).get("x")
    within = (by_us(f'x = """-{marked}"""') or {}).get("x", "")[1:]
    is_reference = marked.startswith(("$", "\\"))
    assert same(value, alone) or (isinstance(value, str) and within in value and (is_reference or len(within) == 1))


@examples(60)
@given(wrong)
def test_findings_come_in_the_order_of_the_file(file: File) -> None:
    weights = list(Severity)
    keys = [
        (
            found.span is not None,
            *((found.span.start.offset, found.span.end.offset) if found.span else (0, 0)),
            weights.index(found.severity),
            found.code,
        )
        for found in check(file.text).diagnostics
    ]
    assert sorted(keys) == keys
    assert [Severity.ERROR, Severity.WARNING, Severity.NOTE] == weights


@examples(60)
@given(right, st.booleans())
def test_an_origin_names_the_place_that_made_the_value(file: File, offline: bool) -> None:  # noqa: FBT001
    report = check(file.text, origins=True, offline=offline)
    assume(not report.errors)
    values = dict(walk(file.data))
    for origin in report.origins:
        written = values.get(origin.path)
        if origin.kind == "default":
            assert (None, None) == (origin.span, written)
            continue
        marked = cut(file.text, origin)
        if origin.path[-1] == "mode" and isinstance(written, dict):
            assert origin.value in written
        else:
            assert same(written, by_us(f"x = {marked}")["x"]), marked  # type: ignore[index]
        names = [name for name in ENV if f"${{{name}" in str(written) or f"$<{name}>" in str(written)]
        assert (origin.kind == "environment") == bool(origin.reference) or origin.path[-1] == "api_key"
        assert origin.reference is None or names


# -- fixes -------------------------------------------------------------------------------------------------------------


def leaves(data: Any) -> dict[tuple[str | int, ...], Any]:
    return {path: value for path, value in walk(data) if not isinstance(value, dict | list) or not value}


@examples(60)
@given(nearly_right, st.sampled_from(["", "[server]\r\nport = '${X}' # why\r\n", "title = 1\n\n"]))
def test_a_fix_changes_no_other_meaning_and_no_other_byte(section: str, before: str) -> None:
    text = before + section
    was = leaves(by_us(text))
    findings = check(text).diagnostics
    for found in findings:
        if found.fix is None:
            continue
        mended = apply_fixes(text, [found.fix])
        spans = sorted((edit.span.start.offset, edit.span.end.offset) for edit in found.fix.edits)
        assert mended.startswith(text[: spans[0][0]])
        assert mended.endswith(text[spans[-1][1] :])
        now = leaves(by_us(mended))
        changed = (was.keys() ^ now.keys()) | {
            path for path in was.keys() & now.keys() if not same(was[path], now[path])
        }
        table = found.path[:-1] if found.path[-1:] != ("mode",) else found.path
        assert all(path[: len(table)] == table or path[: len(found.path)] == found.path for path in changed), changed


PIECES = (
    "[S.{v}]\n",
    "[S.{v}]\n{kv}\n",
    "[[S.{v}]]\n{kv}\n",
    "[S]\n{v}.{kv}\n",
    "[S]\n{v} = {{ {kv} }}\n",
    '[S]\n{v} = "docker"\n',
    "[S]\nmode.{kv}\n",
    "[S]\n{kv}\n",
    "[S]\nmode = {{ {kv} }}\n",
    '[S]\nmode = {{ type = "{v}", {kv} }}\n',
    '[S]\nmode = "{v}"\n',
    "[S]\nmode.{v} = {{}}\n",
    "[S]\nmode.{v} = {{ {kv}, other = 1 }}\n",
    "[S.mode]\n",
    "[S.mode]\n{kv}\n",
    '[S.mode]\ntype = "{v}"\n{kv}\n',
    '[S.mode]\n{v} = "docker"\n',
    "[S.mode.{v}]\n",
    "[S.mode.{v}]\n{kv}\n",
    "[S.mode.type]\n{kv}\n",
    "[S.type.{v}]\n{kv}\n",
    "S.mode.kind.{kv}\n",
)
"""Where a part of a mode may be, wrong or right."""
CONTENTS = (
    {"v": "wasm", "kv": "x = 1"},
    {"v": "sandboxed", "kv": 'runtime = "docker"'},
    {"v": "external", "kv": 'url = "https://h"'},
    {"v": "external", "kv": 'api_key = "${K}"'},
    {"v": "wasm", "kv": 'runtime = "gvisor"'},
)


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("piece", PIECES)
def test_a_mode_in_pieces_has_findings_and_fixes_that_help(piece: str) -> None:
    for other, content in product(PIECES, CONTENTS):
        text = (piece + other).format(**content).replace("S", ".".join(SECTION))
        if by_us(text) is None:
            continue
        report = check(text)
        for found in report.diagnostics:
            if found.fix is not None:
                after = check(apply_fixes(text, [found.fix]))
                weights = [(len(each.errors), len(each.warnings)) for each in (after, report)]
                assert weights[0] < weights[1], text


# -- one verdict -------------------------------------------------------------------------------------------------------


@examples(60)
@given(file=wrong)
def test_text_file_mapping_and_command_find_the_same(file: File, tmp_path_factory: pytest.TempPathFactory) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "app.toml"
    path.write_bytes(file.text.encode())
    by_text = check(file.text).diagnostics
    by_file = check_file(path, env=ENV).diagnostics
    parsed: Any = by_us(file.text)  # in the order of the file, which decides what of several unknown modes is named
    by_mapping = check_mapping(at(parsed, SECTION), env=ENV).diagnostics
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()):
        for name, value in ENV.items():
            patch.setenv(name, value)
        main(["validate", "--format", "json", str(path)])
    by_command = json.loads(out.getvalue())["files"][0]["diagnostics"]

    assert [attrs.evolve(found, file=None, related=()) for found in by_text] == [
        attrs.evolve(found, file=None, related=()) for found in by_file
    ]
    assert sorted(map(told, by_text)) == sorted(map(told, by_mapping))
    assert [(found.code, found.severity, list(found.path), found.message, found.help) for found in by_text] == [
        (found["code"], found["severity"], found["path"], found["message"], found["help"]) for found in by_command
    ]


@examples(300)
@given(st.one_of(right, wrong), st.booleans(), st.sampled_from([None, (), ("A", "K", "HOST"), ("*",)]))
def test_the_quick_way_and_the_long_way_agree(
    file: File,
    offline: bool,  # noqa: FBT001
    allow_env: tuple[str, ...] | None,
) -> None:
    quick = check(file.text, offline=offline, allow_env=allow_env)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "structured", lambda *_: None)
        long = check(file.text, offline=offline, allow_env=allow_env)

    assert quick == long


ODD_VALUES = (
    *(
        '{"${A}" = "x", bash = [1]}',
        '{"${A}" = 1}',
        '{a = "${A}"}',
        "{}",
        '[{"${A}" = 1}]',
        '[["${A}"]]',
        '["${A}", 1]',
    ),
    *('["${A}"]', '["${A}", {b = 1}]', '["$"]', '{"$" = 1}', '"${A}"', '""', "[]", "1", "1.5", "true", "1979-01-01"),
)
KEY_PATHS = (
    *("enabled", "mode", "allowed_languages", "timeout_secs", "max_memory_mb", "mode.sandboxed", "mode.external"),
    *("mode.wasm", "mode.sandboxed.runtime", "mode.external.url", "mode.external.api_key"),
)


@pytest.mark.parametrize("key", KEY_PATHS)
def test_the_two_ways_agree_on_a_value_of_any_type(key: str) -> None:
    for value in ODD_VALUES:
        text = f"[{'.'.join(SECTION)}]\n{key} = {value}\n"
        if not key.startswith("mode") or key == "mode.external.api_key":
            text += "mode.external.url = 'https://h'\n"
        if not key.startswith("mode") or key == "mode.external.url":
            text += "mode.external.api_key = '${K}'\n"
        quick = check(text)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pipeline, "structured", lambda *_: None)
            assert check(text) == quick, text
        assert not quick.ok or value[0] != "{" or (key, value) == ("mode.wasm", "{}"), text


@examples(60)
@given(documents())
def test_a_file_without_the_section_is_never_an_error(written: tuple[str, dict[str, Any]]) -> None:
    report = check(written[0])

    assert report.ok
    assert ["section-not-found"] == [found.code for found in report.diagnostics]


# -- what does not count -----------------------------------------------------------------------------------------------


def shuffled(value: Any, source: random.Random) -> Any:
    """Put the keys of every table in another order."""
    if isinstance(value, dict):
        keys = list(value)
        source.shuffle(keys)
        return {key: shuffled(value[key], source) for key in keys}
    return [shuffled(entry, source) for entry in value] if isinstance(value, list) else copy.copy(value)


@examples(60)
@given(right, sources)
def test_the_order_of_keys_and_tables_changes_nothing(file: File, source: random.Random) -> None:
    one = check(file.text)
    other = check(Writer(source).write(shuffled(file.data, source)))

    assert one.config == other.config
    assert sorted(map(told, one.diagnostics)) == sorted(map(told, other.diagnostics))
    assert one.env_reads == other.env_reads


@examples(60)
@given(wrong, st.data())
def test_blanks_and_comments_change_places_only(file: File, data: st.DataObject) -> None:
    fillers = st.sampled_from(["", "\n", "\t", " \t ", "# why\n", " # é\U0001f600 [x] = {\n", "\r\n", "#\r\n\r\n"])
    text = file.text
    for start in reversed(Scan(text).statements):
        text = text[:start] + data.draw(fillers) + text[start:]
    one, other = check(file.text), check(text)

    assert one.config == other.config
    assert [(*told(found), found.help, found.span and cut(file.text, found)) for found in one.diagnostics] == [
        (*told(found), found.help, found.span and cut(text, found)) for found in other.diagnostics
    ]


# -- policies ----------------------------------------------------------------------------------------------------------

policies = st.builds(
    Policy,
    max_timeout_secs=st.sampled_from([None, 1, 30, 86_400]),
    max_memory_mb=st.sampled_from([None, 5, 256, 4096]),
    languages=st.sampled_from([None, ("python",), ("python", "javascript")]),
    modes=st.sampled_from([None, *((mode,) for mode in MODES), MODES]),
    runtimes=st.sampled_from([None, ("gvisor",), RUNTIMES]),
    minimum_isolation=st.sampled_from([None, *RUNTIMES]),
    url_hosts=st.sampled_from([None, ("*.example.com",), ("localhost", "127.0.0.1")]),
    allow_literal_secrets=st.booleans(),
    allow_env=st.sampled_from([None, (), ("A", "K*"), ("*",)]),
)


@examples(60)
@given(st.one_of(right, wrong), policies)
def test_a_policy_only_ever_takes_away(file: File, policy: Policy) -> None:
    free, bound = check(file.text), check(file.text, policy=policy)

    assert set(bound.env_reads) <= set(free.env_reads)
    if not bound.errors:
        assert not free.errors
        assert free.config == bound.config
    if policy.allow_env in {None, ("*",)}:
        assert {told(found) for found in free.errors} <= {told(found) for found in bound.errors}


# -- short cuts --------------------------------------------------------------------------------------------------------

keys = st.sampled_from([None, Secret("k", reference="${K}")])
hosts = st.sampled_from(["h.example.com", "localhost", "127.0.0.1", "[::1]", "10.0.0.1", "0.0.0.0"])
urls = st.builds("{}://{}/run".format, st.sampled_from(["https", "http", "HTTP"]), hosts)
modes = st.one_of(
    st.builds(Wasm),
    st.builds(Sandboxed, runtime=st.sampled_from(RUNTIMES)),
    st.tuples(urls, keys).map(lambda parts: attempt(External, url=parts[0], api_key=parts[1])),
)
names = st.sampled_from(["python", "javascript", "bash", "ruby", "py", "klingon"])


def attempt(make: Any, **values: Any) -> Any:
    """Make an instance, or None of values that its constructor refuses."""
    try:
        return make(**values)
    except ConfigError:
        return None


def facts(values: dict[str, Any]) -> across.Facts:
    """Return all that the rules across keys look at, of a section that is on."""
    languages = values["allowed_languages"]
    return across.Facts(
        enabled=True,
        mode=mode_facts(values["mode"]),
        languages=across.Languages(languages),
        memory=values["max_memory_mb"],
        allows_nothing=not languages,
    )


@examples(300)
@given(
    mode=modes.filter(lambda mode: mode is not None),
    languages=st.lists(names, max_size=4),
    memory=st.sampled_from([1, 5, 6, 256, 4096, 4097, 1_048_576]),
)
def test_a_short_cut_misses_nothing(mode: Any, languages: list[str], memory: int) -> None:
    """What a cheap check finds right has no finding by the rules themselves; these decide whether a config is made."""
    values = {"mode": mode, "allowed_languages": languages, "max_memory_mb": memory}
    told_of_all = list(across.judge(facts(values)))
    config = attempt(CodeExecutionConfig, **values)

    assert (config is None) == bool(told_of_all)
    disabled = CodeExecutionConfig(enabled=False, **values)
    if _is_plainly_right(disabled):
        assert not told_of_all
    if config is not None and is_flawless(config):
        assert not list(across.remarks(facts(values)))
        report = check_mapping(to_plain(config), env=ENV, policy=Policy())
        assert not report.diagnostics
