"""An absent section means the defaults; a misspelt header must not silently mean them."""

import re
import shlex
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import CodeExecutionConfig, apply_fixes, check_text, loads
from codeexec_config.findings import dotted
from codeexec_config.loading import check_as_found


def unmarked(text):
    """Return a text without its marks, and where what they enclose starts and ends."""
    return text.replace("«", "").replace("»", ""), text.index("«"), text.index("»") - 1


def found(text, **options):
    return [(d.code, d.path) for d in check_text(text, env={}, **options).diagnostics]


@pytest.mark.parametrize("text", ["", "\ufeff", "# nothing", "[features]\n", "[server]\nport = 1\n"])
def test_an_absent_section_is_noted_and_means_the_defaults(text):
    report = check_text(text, env={})

    assert [("section-not-found", "note", None)] == [(d.code, d.severity, d.span) for d in report.diagnostics]
    assert CodeExecutionConfig() == report.config == loads(text)


@pytest.mark.parametrize(
    "header",
    [
        "feature.code_execution",
        "features.code_exec",
        "features.codeexec",
        "features.code-execution",
        "features.codeExecution",
        "FEATURES.CODE_EXECUTION",
        "code_execution",
        "code-execution",
        "code_exec",
        '"features.code_execution"',
        '"features-code-execution"',
        "features.code_exection",
        "features.code_execution_",
        "features.cod_executon",
        "features.coed-exeecution",
        "features.code_exe",
        "featurse.code_execution",
        "Features.CodeExec",
    ],
)
def test_a_near_miss_is_said_at_its_header(header):
    text = f"[server]\n[{header}]\nenabled = false\n"

    [finding] = check_text(text, env={}).diagnostics

    assert "misplaced-section" == finding.code
    assert f"[{header}]" == text[finding.span.start.offset : finding.span.end.offset]
    assert finding.message.startswith("this looks like [features.code_execution], ")
    assert finding.help.startswith("write the header as [features.code_execution]; ")
    name = dotted(finding.path)
    assert f"pass `--section {shlex.quote(name)}`, " in finding.help


@pytest.mark.parametrize(
    "text",
    [
        "[features.execution]\n",
        "[features.code]\n",
        "[features.code_ex]\n",
        "[features.code_x.code_y.code_z]\n",
        "[features.web_search]\n",
        "[features.code_evaluation]\n",
        "[code]\n",
        "[execution]\n",
        "[server.code_execution]\n",
        "[features.code_execution_ui]\n",
        "[features.code_execution_v2]\n",
        "[features.code_execution2]\n",
        "[features.node_execution]\n",
        "[mode.external]\n",
        "[features.mode]\nwasm = {}\n",
        "features.code_exec = 3\n",
        "[[code_execution]]\n",
        "[[features.code_exec]]\n",
        "[codec]\n",
    ],
)
def test_other_tables_are_none_of_our_business(text):
    assert ["section-not-found"] == [code for code, _ in found(text)]


H = "[features.code_execution]\nenabled = true\n"


@pytest.mark.parametrize(
    ("text", "path", "right"),
    [
        ("[feature.code_execution]\n", ("feature", "code_execution"), "[features.code_execution]"),
        ("[feturs.code_execution]\n", ("feturs", "code_execution"), "[features.code_execution]"),
        (
            "[features.code_excution.mode.sandboxed]\n",
            ("features", "code_excution"),
            "a header below [features.code_execution] repeats its whole path: [features.code_execution.mode.sandboxed]",
        ),
        ("[[features.code_excution]]\n", ("features", "code_excution"), "put its settings below [features.code_exec"),
        ("[features.codeExecution.mode]\n", ("features", "codeExecution"), "[features.code_execution]"),
        ("[features.code.execution.mode]\n", ("features", "code", "execution"), "[features.code_execution]"),
        ('["features.code_execution"]\n', ("features.code_execution",), "[features.code_execution]"),
        ("[code_execution.mode.sandboxed]\n", ("code_execution",), "[features.code_execution.mode.sandboxed]"),
        ("[code_execution]\ntimeout_secs = 3\n", ("code_execution",), "put its settings below [features.code_exec"),
        ("[Mode.External]\n", ("Mode",), "[features.code_execution.mode.external]"),
        ("[mode.external]\n", ("mode",), "[features.code_execution.mode.external]"),
        ("[mode]\nsandboxed = {}\nwasm = {}\n", ("mode",), "[features.code_execution.mode]"),
        ("[mode]\nsandboxed = {}\nwasm = {}\nexternal = {}\n", ("mode",), "[features.code_execution.mode]"),
        ("[features.mode.sandboxed]\n", ("features", "mode"), "[features.code_execution.mode.sandboxed]"),
        (
            "[features.code_execution_mode.wasm]\n",
            ("features", "code_execution_mode"),
            "[features.code_execution.mode.wasm]",
        ),
        (
            '["features.code_execution.mode.sandboxed"]\n',
            ("features.code_execution.mode.sandboxed",),
            "[features.code_execution.mode.sandboxed]",
        ),
        (
            '[features."code_execution.mode.external"]\n',
            ("features", "code_execution.mode.external"),
            "[features.code_execution.mode.external]",
        ),
        (
            "[features.code_execution_mode_sandboxd]\n",
            ("features", "code_execution_mode_sandboxd"),
            "[features.code_execution.mode.sandboxed]",
        ),
    ],
)
def test_beside_a_present_section_a_near_miss_is_an_error(text, path, right):
    report = check_text(H + text, env={})

    [finding] = report.diagnostics
    assert ("misplaced-section", "error", path) == (finding.code, finding.severity, finding.path)
    assert right in finding.help
    assert None is report.config
    is_part = re.search("[Mm]ode(?:[._](?:sandboxe?d|external))?$", path[-1]) is not None
    below = "a part of " if finding.help.startswith("a header below [features.code_execution] ") else ""
    assert finding.message.startswith(f"this looks like {below}[features.code_execution], but is another table, so ")
    assert is_part == ("--section" not in finding.help)


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize(
    ("text", "home", "name"),
    [
        ('«"features.code_execution.enabled"» = false\n', "", "enabled"),
        ("«'Features.Code-Execution.timeout_secs'» = 3\n", "", "timeout_secs"),
        ('[features]\n"feature.x" = 1\n«"code_execution.mode"» = "wasm"\n', "", "mode"),
        ('«"features.code_execution.mode.sandboxed.runtime"» = "gvisor"\n', ".mode.sandboxed", "runtime"),
        ("x = 1\n[features]\nx = 1\n«'code_execution.enabled'» = false # why\n", "", "enabled"),
    ],
)
def test_a_key_with_dots_in_its_name_is_none_of_the_section(text, home, name, present):
    if present:
        text += H
    plain, start, end = unmarked(text)

    [finding] = check_text(plain, env={}).diagnostics

    assert ("misplaced-section", "error") == (finding.code, finding.severity)
    assert (start, end) == (finding.span.start.offset, finding.span.end.offset)
    assert finding.message.endswith(", but is another key, so it has no effect")
    assert finding.help.endswith(f"write `{name}`, without the quotes, below [features.code_execution{home}]")
    assert ["warning"] == [d.severity for d in check_as_found("x.toml", plain, env={}).diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        "[features.code_execution_ui]\n",
        "[features.code_execution_mode_wasi]\n",
        "[features.code_execution_mode_sandboxed_2]\n",
        "['features.code_execution.ui']\n",
        "[other]\n'features.code_execution.enabled' = 1\n",
        "features.'code_execution.colour' = 1\n",
        "features.'code_execution_ui.enabled' = 1\n",
        "features.code_execution_enabled = 1\n",
        "[features.code_execution_v2]\nmode = 1\n",
        "[features.code_execution_mode]\nx = 1\n",
        "[mode]\nx = 1\n",
        "[mode]\nwasm = {}\ncolour = 1\n",
        "[server.mode.external]\n",
        "[codec.mode.external]\n",
        "[model.external]\n",
        "[[mode]]\nwasm = {}\n",
        "[features.code_exec]\nmode = 'wasm'\n",
        "[production.features.code_execution]\n",
        "code_execution = 3\n",
        "[[code_execution]]\n",
    ],
)
def test_beside_a_present_section_other_tables_are_none_of_our_business(text):
    text = f"{text}{H}" if not text.startswith("[") else H + text

    assert [] == found(text)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[server]\nport = 8080\nfeatures.code_execution.enabled = false\n", ("server",)),
        ("[production.features.code_execution]\n", ("production",)),
        ("[a.b.features.code_execution]\n", ("a", "b")),
        ("[[servers]]\n[[servers]]\nfeatures.code_execution.enabled = false\n", ("servers", 1)),
    ],
)
def test_the_whole_path_below_another_table_is_an_error(text, path):
    report = check_text(text, env={})

    [finding] = report.diagnostics
    assert ("misplaced-section", "error") == (finding.code, finding.severity)
    assert (*path, "features", "code_execution") == finding.path
    assert None is report.config
    assert all(isinstance(part, str) for part in path) == ("--section" in finding.help)


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("[code_execution]\nenabled = false\n", "error"),
        ("[Code-Execution]\n", "error"),
        ("[features.code_excution]\n", "error"),
        ("[code_excution]\nenabled = false\n", "warning"),
        ("[code_excution]\ntimeout_secs = 1\n", "error"),
        ("[features.code_exec]\nenabled = false\n", "warning"),
        ("[features.code_exec]\nmode = 1\n", "error"),
        ("[code_exec]\n", "warning"),
    ],
)
def test_a_near_miss_is_an_error_where_nothing_else_can_be_meant(text, severity):
    assert [severity] == [d.severity for d in check_text(text, env={}).diagnostics]
    assert ["warning"] == [d.severity for d in check_as_found("x.toml", text, env={}).diagnostics]


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "[features]\n«code-execution» = false\n",
        "[features]\n«codeExecution» = true\n",
        "[features]\nweb_search = true\n«code_excution» = false # off for now\n",
        "[feature]\n«code_execution» = false\n",
        "features.«Code_Execution» = false\n",
        '«"features.code_execution"» = false\n',
        "Features = { web_search = true, «code_execution» = false }\n",
    ],
)
def test_a_switch_that_nearly_is_the_section_is_an_error(text, present):
    """Other tools' `[features]` holds booleans; one that is misspelt must not mean the defaults in silence."""
    text = text + H if present else text
    plain, start, end = unmarked(text)

    [finding] = check_text(plain, env={}).diagnostics

    assert ("misplaced-section", "error") == (finding.code, finding.severity)
    assert (start, end) == (finding.span.start.offset, finding.span.end.offset)
    assert "this looks like [features.code_execution], but is another key, so it has no effect" == finding.message
    value = str("= true" in plain[end:].partition("\n")[0]).lower()
    assert f"write `enabled = {value}` below [features.code_execution]" == finding.help
    assert ["warning"] == [d.severity for d in check_as_found("x.toml", plain, env={}).diagnostics]


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "[features]\ncode_execution_ui = true\n",
        "[features]\ncode_exec = false\n",
        "[features]\ncode-execution = 3\n",
        "[features]\ncode-execution = 'dep:x'\n",
        "[features]\ncode-execution = ['dep:x']\n",
        "[other]\ncode_execution = false\n",
        "code_execution = false\n",
        "[[code_execution]]\nname = 'a'\nenabled = false\n",
        "[[code_excution]]\nenabled = false\n",
        "code_execution = [{ enabled = false }, 3]\n",
    ],
)
def test_another_switch_or_list_is_none_of_our_business(text, present):
    assert [] == [code for code, _ in found(text + H if present else text) if code != "section-not-found"]


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "«[[code_execution]]»\nenabled = false\n",
        "«[[Code-Execution]]»\nmode = 'wasm'\n[x]\n",
        "«[[code_execution]]»\nenabled = false\n[[code_execution]]\ntimeout_secs = 3\n",
    ],
)
def test_an_array_of_tables_with_the_keys_of_the_section_is_near(text, present):
    text = H + text if present else text
    plain, start, end = unmarked(text)

    [finding] = check_text(plain, env={}).diagnostics

    assert ("misplaced-section", "error") == (finding.code, finding.severity)
    assert (start, end) == (finding.span.start.offset, finding.span.end.offset)
    assert "below [features.code_execution]" in finding.help or "header as [features.code_execution]" in finding.help


def test_without_a_section_the_table_of_its_mode_is_the_whole_section_at_another_place():
    [finding] = check_text("[code_execution.mode.sandboxed]\nruntime = 'docker'\n", env={}).diagnostics

    assert ("misplaced-section", "error", ("code_execution",)) == (finding.code, finding.severity, finding.path)
    assert finding.help.startswith("write the header as [features.code_execution]; ")


@given(st.integers(0, 22), st.sampled_from(["drop", "double", "swap", "change"]), st.booleans())
def test_a_slip_anywhere_in_the_path_is_near(place, slip, present):
    path = "features.code_execution"
    before, letter, after = path[:place], path[place], path[place + 1 :]
    slips = {"drop": "", "double": 2 * letter, "swap": after[:1] + letter, "change": "z"}
    header = before + slips[slip] + (after[1:] if slip == "swap" else after)
    if header == path or "." in {letter, after[:1]} or (slip == "change" and place == path.index("c")):
        return  # another first letter of a short word makes another word
    text = f"[{header}]\n" + (H if present else "")

    assert ["misplaced-section"] == [code for code, _ in found(text)], header


def test_a_clean_file_is_not_searched(monkeypatch):
    monkeypatch.setitem(sys.modules, "codeexec_config.document.near_misses", None)

    assert [] == found(f"[server]\nport = 1\n[features.web_search]\n[[plugins]]\n{H}")
    with pytest.raises(ImportError):
        found(f"[feature.code_execution]\n{H}")


def test_each_near_miss_is_said():
    assert [("misplaced-section", ("features", "code_exec")), ("misplaced-section", ("code_execution",))] == found(
        "[features.code_exec]\n[code_execution]\n"
    )


def test_an_inline_near_miss_is_marked_by_its_braces_or_its_dotted_key():
    for text, mark in (
        ("features = { code_exec = { enabled = false } }\n", "{ enabled = false }"),
        ("features.code_exec.enabled = false\n", "features.code_exec.enabled"),
    ):
        [finding] = check_text(text, env={}).diagnostics
        assert mark == text[finding.span.start.offset : finding.span.end.offset]


def test_another_section_has_its_own_near_misses():
    assert [("misplaced-section", ("tools", "sandbox"))] == found("[tools.sandbox]\n", section="tool.sandbox")
    assert [("section-not-found", ("a", "b"))] == found("[a.c]\n[x]\n", section="a.b")


SPELLINGS = ["'b c'", "b_c", "b-c", "bc", "B_C", "'b  c'", "'b.c'", "b.c"]


@pytest.mark.parametrize("other", SPELLINGS)
@pytest.mark.parametrize("name", ['"b c"', '"b.c"', "b_c", "b-c"])
def test_a_short_section_is_near_in_whatever_separators(name, other):
    if other.replace("'", '"') == name:
        return
    text = f"[x.{other}]\ntimeout_secs = 1\n"
    section = f"x.{name}"

    for there in (text, f"{text}[{section}]\n"):
        [finding] = check_text(there, env={}, section=section).diagnostics
        assert "misplaced-section" == finding.code


@pytest.mark.parametrize("present", [False, True])
@pytest.mark.parametrize("section", ["code.execution", 'features."code.execution"', 'features."a.b".x'])
def test_a_key_that_runs_a_section_s_names_together_is_near_whatever_dots_they_hold(section, present):
    path = section.replace('"', "")
    text = f'"{path}.enabled" = false\n' + (f"[{section}]\n" if present else "")
    [finding] = check_text(text, env={}, section=section).diagnostics

    assert ("misplaced-section", "error", (f"{path}.enabled",)) == (finding.code, finding.severity, finding.path)
    assert finding.help.endswith(f"write `enabled`, without the quotes, below [{section}]")


@pytest.mark.parametrize(("name", "other"), [("a-b", "a_b"), ("a_b", "a-b"), ("a-b", "A-b"), ("ab-c", "ab_c")])
def test_a_short_section_is_spelled_in_other_ways_too(name, other):
    report = check_text(f"[x.{name}]\nenabled = true\n[x.{other}]\nenabled = true\n", section=f"x.{name}")

    assert [("misplaced-section", ("x", other))] == [(found.code, found.path) for found in report.diagnostics]


@pytest.mark.parametrize("value", ["true", "false"])
@pytest.mark.parametrize("form", ["[features]\ncode_execution = {}", "features = {{ code_execution = {} }}"])
def test_a_switch_in_the_section_s_place_is_the_section_with_its_switch(form, value):
    text = form.format(value) + " # why\n"
    [finding] = check_text(text, env={}).diagnostics

    assert "wrong-type" == finding.code
    assert f"write {{ enabled = {value} }}" == finding.help
    mended = apply_fixes(text, [finding.fix])
    assert form.format(f"{{ enabled = {value} }}") + " # why\n" == mended
    assert loads(mended, env={}).enabled is (value == "true")


def test_a_word_in_the_section_s_place_is_told_of_the_switch():
    [finding] = check_text('features.code_execution = "off"\n', env={}).diagnostics

    assert "write it as a table: [features.code_execution]; `enabled = false` below it switches it off" == finding.help


@pytest.mark.parametrize(
    ("text", "path", "mark"),
    [
        ("features = 3\n", ("features",), "3"),
        ("[[features]]\n", ("features",), "[[features]]"),
        ("[features]\ncode_execution = [1]\n", ("features", "code_execution"), "[1]"),
        ("[[features.code_execution]]\n", ("features", "code_execution"), "[[features.code_execution]]"),
    ],
)
def test_what_stands_in_the_section_s_place_must_be_a_table(text, path, mark):
    [finding] = check_text(text, env={}).diagnostics

    assert ("wrong-type", path) == (finding.code, finding.path)
    assert f"expected `{'.'.join(path)}` to be a table" == finding.message
    assert f"write it as a table: [{'.'.join(path)}]" == finding.help
    assert mark == text[finding.span.start.offset : finding.span.end.offset]


@pytest.mark.parametrize("text", ["[a]\n'b.c' = 3\n", "[['a'.'b.c']]\n"])
def test_the_header_to_write_is_the_section_s_own_with_its_quotes(text):
    [finding] = check_text(text, env={}, section='a."b.c"').diagnostics

    assert 'expected `a."b.c"` to be a table' == finding.message
    assert 'write it as a table: [a."b.c"]' == finding.help
    assert [] == found('[a."b.c"]\n', section='a."b.c"')


def test_what_an_environment_raises_reaches_the_caller_of_a_file_that_was_found():
    class Broken(dict):
        def get(self, *_):
            raise RuntimeError("no environment")

        __getitem__ = get

    text = '[features.code_execution.mode.external]\nurl = "${U}"\n'
    with pytest.raises(RuntimeError, match="no environment"):
        check_as_found("x.toml", text, env=Broken())
