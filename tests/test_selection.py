"""An absent section means the defaults; a misspelt header must not silently mean them."""

import pytest

from codeexec_config import CodeExecutionConfig, check_text, loads


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
        "featurse.code_execution",
        "Features.CodeExec",
    ],
)
def test_a_near_miss_is_warned_of_at_its_header(header):
    text = f"[server]\n[{header}]\nenabled = false\n"

    [finding] = check_text(text, env={}).diagnostics

    assert ("misplaced-section", "warning") == (finding.code, finding.severity)
    assert f"[{header}]" == text[finding.span.start.offset : finding.span.end.offset]


@pytest.mark.parametrize(
    "text",
    [
        "[features.execution]\n",
        "[features.code]\n",
        "[features.web_search]\n",
        "[features.code_evaluation]\n",
        "[code]\n",
        "[execution]\n",
        "[server.code_execution]\n",
        "[a.features.code_execution]\n",
        "features.code_exec = 3\n",
        "[[code_execution]]\n",
        "[codec]\n",
    ],
)
def test_other_tables_are_none_of_our_business(text):
    assert ["section-not-found"] == [code for code, _ in found(text)]


def test_beside_a_present_section_nothing_is_said_of_near_misses():
    assert [] == found("[features.code_execution]\n[code_execution]\n[feature.code_execution]\n")


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
    assert mark == text[finding.span.start.offset : finding.span.end.offset]
