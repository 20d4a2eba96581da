"""The linters of Taplo and Tombi, check-jsonschema and ajv, on right and on broken documents."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config import limits
from codeexec_config.schema import json_schema
from tests.engines.documents import BROKEN, CANARY, EXAMPLES, RIGHT, assert_points_at
from tests.engines.language_server import Finding
from tests.engines.places import ROOT, SCHEMA, node_env, node_script, python_tool, run, taplo_lint

if TYPE_CHECKING:
    from pathlib import Path

_TAPLO = re.compile(r"^error: (?P<message>.*)\n +┌─ .*/(?P<file>\w+\.toml):(?P<line>\d+):\d+$", re.MULTILINE)
RIGHT_ONES = EXAMPLES | RIGHT
FILES = {name: f"d{number}.toml" for number, name in enumerate([*RIGHT_ONES, *BROKEN])}

Findings = dict[str, list[Finding]]


def lint_with_taplo(folder: Path) -> Findings:
    output = taplo_lint("--schema", SCHEMA.as_uri(), "*.toml", cwd=folder)
    findings: Findings = {}
    for found in _TAPLO.finditer(output):
        of_file = findings.setdefault(found["file"], [])
        # It says the same of each line of a table: the first is where it begins.
        if found["message"] not in {finding.message for finding in of_file}:
            of_file.append(Finding(int(found["line"]), found["message"]))
    return findings


def lint_with_tombi(folder: Path) -> Findings:
    (folder / "tombi.toml").write_text(f'[[schemas]]\npath = "{SCHEMA}"\ninclude = ["*.toml"]\n')
    report = folder / "report.json"
    options = ["--offline", "--diagnostics-format", "json", "--diagnostics-file", report]
    run(python_tool("tombi"), "lint", *options, *sorted(path.name for path in folder.glob("d*.toml")), cwd=folder)
    (folder / "tombi.toml").unlink()
    findings: Findings = {}
    for item in json.loads(report.read_text("utf-8")):
        findings.setdefault(item["path"], []).append(Finding(item["range"]["start"]["line"], item["message"]))
    return findings


def judge_with_check_jsonschema(folder: Path) -> dict[str, list[str]]:
    files = sorted(path.name for path in folder.glob("d*.toml"))
    tool = python_tool("check-jsonschema")
    report = json.loads(run(tool, "--schemafile", SCHEMA, "--output-format", "json", *files, cwd=folder))
    assert [] == report["parse_errors"]
    messages: dict[str, list[str]] = {}
    for error in report["errors"]:
        messages.setdefault(error["filename"], []).append(error["message"])
    return messages


def judge_with_ajv(schema: dict[str, Any], values: list[Any]) -> list[list[str]]:
    command = node_script("ajv_judge.cjs", "ajv")
    text = json.dumps({"schema": schema, "values": values}, default=str)  # dates of other tables
    messages: list[list[str]] = json.loads(run(*command, cwd=ROOT, env=node_env(), text=text))
    return messages


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all documents; no line in them attaches the schema."""
    folder = tmp_path_factory.mktemp("documents")
    texts = {**RIGHT_ONES, **{name: broken.text for name, broken in BROKEN.items()}}
    for name, text in texts.items():
        (folder / FILES[name]).write_text(text.replace("#:schema", "# schema"), "utf-8")
    return folder


@pytest.fixture(scope="module", params=[lint_with_taplo, lint_with_tombi])
def findings(request: pytest.FixtureRequest, folder: Path) -> Findings:
    """Return what a linter finds in each file."""
    found: Findings = request.param(folder)
    return found


@pytest.fixture(scope="module")
def messages(folder: Path) -> dict[str, list[str]]:
    """Return what check-jsonschema says of each file."""
    return judge_with_check_jsonschema(folder)


@pytest.mark.parametrize("name", RIGHT_ONES)
def test_a_linter_finds_nothing_in_a_right_document(findings: Findings, name: str) -> None:
    assert [] == findings.get(FILES[name], [])


@pytest.mark.parametrize("name", BROKEN)
def test_a_linter_points_at_the_slip_in_a_few_words(findings: Findings, name: str) -> None:
    assert_points_at(BROKEN[name], findings.get(FILES[name], []))


def test_tombi_takes_an_inline_table_over_several_lines(tmp_path: Path) -> None:
    """As TOML 1.1 has them, and this library on every Python; Taplo reads TOML 1.0 only."""
    (tmp_path / "d.toml").write_text('[features.code_execution]\nmode = {\n  sandboxed = { runtime = "gvisor" },\n}\n')

    assert {} == lint_with_tombi(tmp_path)


@pytest.mark.parametrize("name", RIGHT_ONES)
def test_check_jsonschema_finds_nothing_in_a_right_document(messages: dict[str, list[str]], name: str) -> None:
    assert [] == messages.get(FILES[name], [])


@pytest.mark.parametrize("name", BROKEN)
def test_check_jsonschema_says_it_once_or_twice_and_prints_no_key(messages: dict[str, list[str]], name: str) -> None:
    said = messages.get(FILES[name], [])

    assert 1 <= len(said) <= 2
    assert CANARY not in "\n".join(said)


@pytest.mark.parametrize("draft", limits.SCHEMA_DRAFTS)
def test_ajv_takes_a_schema_in_strict_mode_and_gives_the_same_verdicts(draft: Any) -> None:
    right = [tomllib.loads(text) for text in RIGHT_ONES.values()]
    broken = [tomllib.loads(document.text) for document in BROKEN.values()]
    verdicts = judge_with_ajv(json_schema("document", draft), right + broken)

    assert [[]] * len(right) == verdicts[: len(right)]
    assert all(verdicts[len(right) :])
    assert CANARY not in json.dumps(verdicts)


@pytest.mark.parametrize("draft", limits.SCHEMA_DRAFTS)
def test_ajv_takes_the_section_alone(draft: Any) -> None:
    sections = [{}, {"mode": {"sandboxed": {"runtime": "docker"}}}, {"mode": "sandboxed"}]

    assert [True, True, False] == [not messages for messages in judge_with_ajv(json_schema("section", draft), sections)]
