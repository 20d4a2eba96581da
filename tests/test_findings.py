"""Every code has examples that trigger it, each with its expected findings next to it."""

import json
from pathlib import Path

import pytest

from codeexec_config import Severity, check_file, check_text
from codeexec_config.codes import CODES

FOLDER = Path(__file__).parent / "findings"
CASES = sorted(FOLDER.glob("*/*.toml"))
BUILT = {"unreadable-file", "invalid-encoding", "file-too-large"}
"""Codes whose example cannot be a file of text; they are built below."""
POLICED = {"policy-violation"}
"""Codes that take a policy as well as a file; the tests of policies have them."""


def _expected(case):
    return json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))


def _slice(text, span):
    return None if span is None else text[span.start.offset : span.end.offset]


def test_the_folder_and_the_catalogue_name_the_same_codes():
    assert set(CODES) == {folder.name for folder in FOLDER.iterdir()} | BUILT | POLICED


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_a_file_has_the_findings_beside_it(case):
    text = case.read_text(encoding="utf-8")
    expected = _expected(case)

    report = check_file(case, env=expected.get("env", {}), allow_env=expected.get("allow_env"))

    assert [{"code": d.code, "path": list(d.path), "text": _slice(text, d.span)} for d in report.diagnostics] == [
        {key: finding[key] for key in ("code", "path", "text")} for finding in expected["findings"]
    ]
    assert [finding.get("severity", CODES[finding["code"]]) for finding in expected["findings"]] == [
        d.severity for d in report.diagnostics
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_an_example_triggers_the_code_of_its_folder(case):
    assert case.parent.name in {finding["code"] for finding in _expected(case)["findings"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_a_fix_lowers_the_count_of_findings(case):
    text = case.read_text(encoding="utf-8")
    expected = _expected(case)
    options = {"env": expected.get("env", {}), "allow_env": expected.get("allow_env")}
    report = check_text(text, **options)

    for diagnostic in report.diagnostics:
        if diagnostic.fix is not None:
            mended = check_text(_applied(text, diagnostic.fix), **options)
            assert (len(mended.errors), len(mended.warnings)) < (len(report.errors), len(report.warnings))


def _applied(text, fix):
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start.offset):
        text = text[: edit.span.start.offset] + edit.text + text[edit.span.end.offset :]
    return text


def test_an_unreadable_file_is_a_finding_without_a_place(tmp_path):
    [finding] = check_file(tmp_path / "absent.toml").diagnostics

    assert ("unreadable-file", Severity.ERROR, (), None) == (
        finding.code,
        finding.severity,
        finding.path,
        finding.span,
    )
    assert str(tmp_path / "absent.toml") == finding.file


def test_a_byte_that_is_no_utf_8_is_found_at_its_place(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes('# é\nx = "'.encode() + b'\xe9"\n')

    [finding] = check_file(path).diagnostics

    assert "invalid-encoding" == finding.code
    assert (2, 6, 9) == (finding.span.start.line, finding.span.start.column, finding.span.start.offset)


def test_a_file_over_16_mib_is_too_large(tmp_path):
    path = tmp_path / "large.toml"
    path.write_bytes(b"#" * (16 * 1024 * 1024 + 1))

    [finding] = check_file(path).diagnostics

    assert ("file-too-large", None) == (finding.code, finding.span)
