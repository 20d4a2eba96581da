"""The rules behind the gateway's documents apply to documents that it never saw."""

from __future__ import annotations

import pytest

from codeexec_config import check_text
from tests.gateway import judging

VARIATIONS = judging.variations()
UNQUOTED = {
    "number": "timeout_secs = ${T}",
    "number-with-a-default": "timeout_secs = ${T:-30}",
    "number-behind-a-tab": "timeout_secs =\t${T}",
    "angle-brackets": "timeout_secs = $<T>",
    "boolean": "enabled = ${E} # on",
    "array": "allowed_languages = ${L}",
    "entry": 'allowed_languages = ["python", ${L}]',
    "value-in-an-inline-table": "mode = { external = { url = ${U} } }",
    "behind-a-digit": "timeout_secs = 1${T}",
    "inside-a-bare-text": "mode.external.url = https://${H}/",
    "behind-a-string": 'mode.external.url = "https://x"${P}',
}
NAMES = {
    "key": "${K} = true",
    "dotted-key": "mode.${M}.runtime = 1",
    "inline-key": "mode = { ${M} = {} }",
    "header": "[features.${S}]",
    "array-header": "[[features.$<S>]]",
}


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_document_gets_what_is_written_beside_it(name: str) -> None:
    document = VARIATIONS[name]

    assert judging.expected_verdict(document.expected) == judging.judge(document.toml, document.env)


def test_a_document_shows_a_difference_that_is_listed() -> None:
    listed = {group.name for group in judging.groups()} | {None}

    assert [] == [name for name, document in VARIATIONS.items() if document.group not in listed]


@pytest.mark.parametrize("line", UNQUOTED.values(), ids=UNQUOTED)
def test_the_help_for_an_unquoted_reference_says_to_quote_it(line: str) -> None:
    [finding] = check_text(f"[features.code_execution]\n{line}\n", env={}).diagnostics

    assert "invalid-toml" == finding.code
    assert "quote" in (finding.help or "")


@pytest.mark.parametrize("line", NAMES.values(), ids=NAMES)
def test_the_help_for_a_reference_as_a_name_says_to_write_the_name(line: str) -> None:
    [finding] = check_text(f"[features.code_execution]\n{line}\n", env={}).diagnostics

    assert ("invalid-toml", "write the name itself") == (finding.code, finding.help)


def test_the_help_for_other_bad_values_speaks_of_no_reference() -> None:
    [finding] = check_text("[features.code_execution]\ntimeout_secs = thirty # ${T}\n", env={}).diagnostics

    assert "invalid-toml" == finding.code
    assert "$" not in f"{finding.message} {finding.help}"
