"""Places: the part of the source that each finding marks, in every spelling of the section.

The texts contain marks: « and » enclose what the findings of a code mark, in file order, ⟨ and ⟩ what they
are related to. They are taken out before the text is checked.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import pytest

from codeexec_config import Diagnostic, Position, Span, check_text

if TYPE_CHECKING:
    from collections.abc import Iterator

ENV = {"SET": "5", "EMPTY": "", "WORD": "word", "HUGE": "99999999", "FTP": "ftp://x", "BLANK": " x"}
NAME = "features.code_execution"

MODES = {
    "inline": "[S]\nmode = {{ {name} = {{ {inline} }} }}\n",
    "inline over lines": "[S]\nmode = {{ # why\n\t{name} = {{\r\n{lines_inline}\n\t}},\n}}\n",
    "a header and inline": "[S]\nenabled = true\n\n[S.mode]\n{name} = {{{inline}}}\n",
    "a header for the variant": "[S]\ntimeout_secs = 5\n[S.mode.{name}]\n{lines}\n",
    "a header alone": "[S.mode.{name}] # why\n{lines}\n",
    "out of order": "[S.mode.{name}]\n{lines}\n[other]\ntimeout_secs = 'x'\n[S]\ntimeout_secs = 5\n",
    "quoted": "[S . \"mode\" . '{name}']\n{lines}\n",
    "dotted": "[S]\n{dotted}\n",
    "dotted and inline": "[S]\nmode . {name} = {{ {inline} }}\n",
    "dotted from the root": "{rooted}\n",
    "inline from the root": "S_INLINE = {{ mode = {{ {name} = {{ {inline} }} }} }}\n",
}
"""A variant with its pairs, in every spelling; S is the section."""

PAIRS = [
    ("unknown-key", "sandboxed", ["«runtime_» = 1", 'runtime = "docker"']),
    ("unknown-key", "sandboxed", ['runtime = "docker"', "«'漢 \"'» = [1,\n 2]"]),
    ("unknown-key", "external", ["url = 'https://x'", '«"\\u0061pi-key"» = "x"']),
    ("unknown-key", "wasm", ["«memory» = 1"]),
    ("unknown-key", "wasm", ["«a».b = 1"]),
    ("wrong-type", "sandboxed", ["runtime = «3»"]),
    ("wrong-type", "sandboxed", ["runtime = «[ 'docker' # why\n]»"]),
    ("wrong-type", "sandboxed", ["runtime = «{ docker = {} }»"]),
    ("wrong-type", "sandboxed", ["«runtime.docker» = 1"]),
    ("wrong-type", "external", ["url = «1979-05-27 07:32:00Z»", "api_key = «1.5»"]),
    ("unknown-runtime", "sandboxed", ["runtime = «'dokcer'»"]),
    ("unknown-runtime", "sandboxed", ['runtime = «"""\\\n  docker\\u0020"""»']),
    ("reference-not-allowed", "sandboxed", ['runtime = "é«${RUNTIME:-docker}»"']),
    ("reference-not-allowed", "sandboxed", ["runtime = '''«$<RUNTIME>»'''"]),
    ("invalid-reference", "sandboxed", ['runtime = "x«${ R }»"']),
    ("invalid-reference", "external", ['url = "https://\\u00e9$${A}«${}»«${1}»/«${»"']),
    ("invalid-reference", "external", ["url = 'https://x'", 'api_key = "«${A-b}»"']),
    ("unset-variable", "external", ['url = "https://«${HOST}»\\u0041«$<PORT>»/${SET}"', 'api_key = "\\\\«${KEY}»"']),
    ("unset-variable", "external", ['url = """\nhttps://\\\r\n  «${HOST}»\\\n  /"""', "api_key = '«${K:?set \"K\"}»'"]),
    ("unset-variable", "external", ["url = 'https://«${EMPTY:?}»'"]),
    ("forbidden-variable", "external", ['url = "https://«${DENIED_A}»/«${DENIED_B:-x}»"']),
    ("invalid-url", "external", ["url = «'ftp://x'»"]),
    ("invalid-url", "external", ["url = «'${FTP}'»"]),
    ("credentials-in-url", "external", ['url = «"https://a:b@x"»']),
    ("metadata-url", "external", ['url = «"http://169.254.169.254"»']),
    ("insecure-url", "external", ['api_key = "${SET}"', 'url = «"http://x/${SET}"»']),
    ("empty-secret", "external", ["url = 'https://x'", "api_key = «''»"]),
    ("empty-secret", "external", ["url = 'https://x'", 'api_key = «"${EMPTY}"»']),
    ("malformed-secret", "external", ["url = 'https://x'", 'api_key = """\nx«\n»"""']),
    ("malformed-secret", "external", ["url = 'https://x'", 'api_key = «"${BLANK}"»']),
    ("literal-secret", "external", ["url = 'https://x'", 'api_key = «"x${SET}"»']),
    ("foreign-reference", "external", ["url = 'https://x'", "api_key = «'$KEY'»"]),
]

SECTIONS = {
    "a header": "[S]\n{lines}\n",
    "a header with blanks": "[\tS ] # why\n\t{lines}\n",
    "dotted from the root": "{rooted}\n",
    "inline from the root": "S_INLINE = {{ {inline} }}\n",
    "inline over lines from the root": "S_INLINE = {{\n\t# why\n{lines_inline}\n}}\n",
}
"""The section's own pairs, in every spelling."""

KEYS = [
    ("unknown-key", ["«timeout_sec» = 5", "«'é'» = '''\n'''", "«a».b = 1", "«c» = {}"]),
    ("wrong-type", ["enabled = «1»", 'timeout_secs = «"30"»', "max_memory_mb = «1_0.5e1»"]),
    ("wrong-type", ["mode = «'sandboxed'»", 'allowed_languages = «"""\npython"""»']),
    ("wrong-type", ["allowed_languages = ['python', «1», «[ 2 ]»,\n «{ a = 1 }»]", "timeout_secs = «{ a = 1 }»"]),
    ("wrong-type", ["«timeout_secs . a» = 1", "timeout_secs.b = 2", "max_memory_mb = «[]»"]),
    ("wrong-type", ['enabled = "«${WORD}»"', 'timeout_secs = "«${NONE:-x}»"', "max_memory_mb = «'${SET} '»"]),
    ("out-of-range", ["timeout_secs = «0»", "max_memory_mb = «+1_048_577»"]),
    ("out-of-range", ["timeout_secs = «0x1_0000_0000_0000_0000»", 'max_memory_mb = «"${HUGE}"»']),
    ("out-of-range", ['timeout_secs = «"""${NONE:-0}"""»']),
    ("unset-variable", ['timeout_secs = "«${NONE}»"', "allowed_languages = [\"é«${NONE}»«${NONE}»\", '«$<NONE>»']"]),
    ("unknown-mode", ["mode = «'漢'»"]),
    ("invalid-reference", ["mode = '«${»'"]),
    ("reference-not-allowed", ["mode = '«${MODE}»'"]),
    ("empty-mode", ["mode = «{\t}»"]),
    ("empty-languages", ["allowed_languages = «[ # none\n]»"]),
    ("invalid-language", ["allowed_languages = [«'Python'», \"javascript\", «\"é漢😀\"», «''»]"]),
    ("invalid-language", ["allowed_languages = ['python',\n\t«\"${BLANK}\"» , ]"]),
    ("unsupported-language", ["allowed_languages = ['é', «'r'»,\n«\"go\"»]"]),
    ("unknown-language", ["mode.sandboxed.runtime = 'docker'", "allowed_languages = [«'forth'», «'py'»]"]),
    ("duplicate-language", ["allowed_languages = [⟨'python'⟩, 'javascript', «'python'»,\n«\"python\"»]"]),
]

TEXTS = [
    ("unknown-mode", "[S]\nmode = { «wsm» = {}, other = 1 }"),
    ("unknown-mode", "[S.mode]\n«'é'» . x = 1\nother = {}"),
    ("unknown-mode", "[S.mode.«sandbox»]\nruntime = 'docker'"),
    ("unknown-mode", "[S . mode . «\"sandbox\"» ]\nruntime = 'docker'"),
    ("unknown-mode", "[S]\nmode.«docker».runtime = 1"),
    ("unknown-mode", "S.mode . «docker» = {}"),
    ("unknown-mode", "[S.mode.«docker».x]\ny = 1\n[S.mode.docker]"),
    ("empty-mode", "«[S.mode]»"),
    ("empty-mode", "«[ S . 'mode' ]» # why\n[x]"),
    ("empty-mode", "[S]\nmode = «{}»"),
    ("empty-mode", "S.mode = «{ }»"),
    ("ambiguous-mode", "[S.mode]\n⟨wasm⟩ = {}\n«'external'» = 1"),
    ("ambiguous-mode", "[S]\nmode = { ⟨sandboxed⟩ = {}, x = 1, «wasm» = {} }"),
    ("ambiguous-mode", "[S]\nmode = {\n⟨sandboxed⟩.runtime = 'x',\n «external» . url = 'x',\n}"),
    ("ambiguous-mode", "[S.mode.⟨external⟩]\n[x]\n[S.mode.«wasm»]"),
    ("ambiguous-mode", '[S.mode]\n⟨wasm⟩.a = 1\n[S.mode . «"external"»]'),
    ("ambiguous-mode", "S.mode.⟨wasm⟩ = {}\nS.mode.«sandboxed» = {}"),
    ("unknown-key", "[S.mode]\nwasm = {}\n«x» = 1"),
    ("unknown-key", "[S]\nmode = { wasm = {}, «x».y = 1 }"),
    ("unknown-key", "[S]\n[S.«modes»]\nx = 1"),
    ("unknown-key", "[S.«modes»]\nwasm = {}\n[S]"),
    ("unknown-key", "[[S.«x»]]\n[[S.x]]"),
    ("missing-key", "[S]\nmode = { sandboxed = «{}» }"),
    ("missing-key", "[S]\nmode = {\n sandboxed = «{\n }», }"),
    ("missing-key", "[S.mode]\nexternal = «{ api_key = '${SET}' }»"),
    ("missing-key", "«[S.mode.sandboxed]»"),
    ("missing-key", "[S]\n[x]\n«[S.mode.'external']»\napi_key = '${SET}'"),
    ("missing-key", "[S]\n«mode . external . api_key» = '${SET}'"),
    ("missing-key", "[S.mode]\n«external.api_key» = '${SET}'"),
    ("missing-key", "«S.mode.external.api_key» = '${SET}'"),
    ("missing-key", "[S]\nmode.sandboxed = «{}»"),
    ("missing-secret", "[S]\nmode = { external = «{ url = 'https://x' }» }"),
    ("missing-secret", "«[S.mode.external]»\nurl = 'https://x'"),
    ("missing-secret", "[S]\n«mode.external.url» = 'https://x'"),
    ("wrong-type", "«[S.timeout_secs]»\na = 1\n[x]\n[S]"),
    ("wrong-type", "«[S.timeout_secs.a]»\nb = 1"),
    ("wrong-type", "«[[S.mode]]»\n[[S.mode]]"),
    ("wrong-type", "[S.mode]\nwasm = «1»"),
    ("wrong-type", "«[[S.mode.wasm]]»"),
    ("wrong-type", "«[[S.allowed_languages]]»\na = 1\n«[[ S.allowed_languages ]]»"),
    ("misplaced-section", "«[feature.code_execution]»"),
    ("misplaced-section", "«[features . code_exec]» # why"),
    ("misplaced-section", "«[code_execution]»\n«[Features.CodeExecution]»"),
    ("misplaced-section", "«['features.code_execution']»\nenabled = false"),
    ("misplaced-section", "[features]\n«code-execution.enabled» = false"),
    ("misplaced-section", "[features]\ncode_executions = «{ enabled = false }»"),
    ("misplaced-section", "features = { «code_exec . x» = 1, y = {}}"),
    ("misplaced-section", "«[feature.code_execution.mode.sandboxed]»\nruntime = 'docker'"),
]


class Marked(NamedTuple):
    text: str
    spans: list[tuple[int, int]]
    related: list[tuple[int, int]]


def unmark(source: str) -> Marked:
    """Take the marks out of a text."""
    text = ""
    found: dict[str, list[int]] = {mark: [] for mark in "«»⟨⟩"}
    for piece in re.split("([«»⟨⟩])", source):
        if piece in found and piece:
            found[piece].append(len(text))
        else:
            text += piece
    return Marked(
        text,
        list(zip(found["«"], found["»"], strict=True)),
        list(zip(found["⟨"], found["⟩"], strict=True)),
    )


def spell(template: str, name: str, pairs: list[str]) -> str:
    prefix = f"mode.{name}." if name else ""
    return template.format(
        name=name,
        inline=", ".join(pairs),
        lines_inline=",\n".join(f"\t{pair}" for pair in pairs) + ", # last",
        lines="\n".join(pairs),
        dotted="\n".join(_prefixed(prefix, pair) for pair in pairs),
        rooted="\n".join(_prefixed(f"S.{prefix}", pair) for pair in pairs),
    )


def _prefixed(prefix: str, pair: str) -> str:
    """Put the path of a table before a pair; a mark around a dotted key encloses the path too."""
    dotted = re.match(r"«([^»=]*\.[^»=]*)»", pair)
    return f"«{prefix}{pair[1:]}" if dotted else prefix + pair


SURROUNDINGS = {
    "as it is": "{}",
    "with a byte order mark": "\ufeff{}",
    "below other lines": "\t# é漢😀 «\n'漢' = '''\n\u2028\n'''\n\n{}\n[other.'漢']\nx = 1\n".replace("«", ""),
}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}
SECTION_NAMES = {"plain": NAME, "multi-byte": "'é漢😀'.\"code execution\""}


def variations(source: str) -> Iterator[tuple[str, str]]:
    """Yield a marked text in every surrounding, with the section's name."""
    for surrounding, line_end, name in product(SURROUNDINGS.values(), LINE_ENDS.values(), SECTION_NAMES.values()):
        if name != NAME and "S" not in re.sub("[^S]", "", re.sub(r"SET", "", source)):
            continue
        head, _, last = name.rpartition(".")
        text = re.sub(r"\bS_INLINE = (.*)\n\Z", rf"{head} = {{ {last} = \1 }}\n", source, flags=re.DOTALL)
        text = re.sub(r"(?<![A-Za-z0-9_])S(?![A-Za-z0-9_])", name, text)
        text = surrounding.replace("{}", text)
        yield text.replace("\r\n", "\n").replace("\n", line_end), name


def stretch(span: Span | None) -> tuple[int, int]:
    assert span is not None
    return span.start.offset, span.end.offset


def position(text: str, offset: int) -> Position:
    """Count lines and columns as the contract words it."""
    before = text[:offset]
    column = len(before) - before.rfind("\n") - (before.startswith("\ufeff") and "\n" not in before)
    return Position(before.count("\n") + 1, column, offset)


def assert_marked(source: str, code: str) -> None:
    for marked, section in variations(source):
        text, spans, related = unmark(marked)
        findings = check_text(text, filename="é.toml", env=ENV, section=section, allow_env=["[!D]*"]).diagnostics
        found = [finding for finding in findings if finding.code == code]
        assert [text[slice(*span)] for span in spans] == [text[slice(*stretch(d.span))] for d in found], text
        assert spans == [stretch(d.span) for d in found], text
        assert_related(found, related)
        assert_counted(text, findings)


def assert_related(found: list[Diagnostic], expected: list[tuple[int, int]]) -> None:
    others = [other for finding in found for other in finding.related]
    assert set(expected) == {stretch(other.span) for other in others}
    assert {"é.toml"} >= {other.file for other in others}


def assert_counted(text: str, findings: tuple[Diagnostic, ...]) -> None:
    for finding in findings:
        spans = [finding.span, *(other.span for other in finding.related)]
        spans += [edit.span for edit in (finding.fix.edits if finding.fix else ())]
        for span in filter(None, spans):
            assert Span(position(text, span.start.offset), position(text, span.end.offset)) == span


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("spelling", MODES)
@pytest.mark.parametrize(("code", "name", "pairs"), PAIRS, ids=[f"{code}-{pairs[-1]}" for code, _, pairs in PAIRS])
def test_a_finding_of_a_variant_marks_the_same_in_every_spelling(
    code: str, name: str, pairs: list[str], spelling: str
) -> None:
    assert_marked(spell(MODES[spelling], name, pairs), code)


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("spelling", SECTIONS)
@pytest.mark.parametrize(("code", "pairs"), KEYS, ids=[f"{code}-{pairs[-1]}" for code, pairs in KEYS])
def test_a_finding_of_the_section_marks_the_same_in_every_spelling(code: str, pairs: list[str], spelling: str) -> None:
    assert_marked(spell(SECTIONS[spelling], "", pairs), code)


@pytest.mark.parametrize(("code", "source"), TEXTS, ids=[f"{code}-{source}" for code, source in TEXTS])
def test_a_table_is_marked_by_what_makes_it_and_a_key_of_a_header_by_its_part(code: str, source: str) -> None:
    assert_marked(source + "\n", code)
