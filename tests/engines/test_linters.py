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
from tests.engines.places import ROOT, SCHEMA, node_env, node_script, python_tool, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TAPLO = re.compile(r"^error: (?P<message>.*)\n +┌─ .*:(?P<line>\d+):\d+$", re.MULTILINE)


def lint_with_taplo(file: Path) -> list[Finding]:
    options = ["--colors", "never", "--schema", SCHEMA.as_uri()]
    output = run(python_tool("taplo"), "lint", *options, file.name, cwd=file.parent)
    findings = [Finding(int(found["line"]), found["message"]) for found in _TAPLO.finditer(output)]
    # It says the same of each line of a table: the first is where it begins.
    return list({finding.message: finding for finding in reversed(findings)}.values())


def lint_with_tombi(file: Path) -> list[Finding]:
    (file.parent / "tombi.toml").write_text(f'[[schemas]]\npath = "{SCHEMA}"\ninclude = ["{file.name}"]\n')
    report = file.parent / "report.json"
    options = ["--offline", "--diagnostics-format", "json", "--diagnostics-file", report]
    run(python_tool("tombi"), "lint", *options, file.name, cwd=file.parent)
    return [Finding(item["range"]["start"]["line"], item["message"]) for item in json.loads(report.read_text("utf-8"))]


def judge_with_check_jsonschema(file: Path) -> list[str]:
    tool = python_tool("check-jsonschema")
    output = run(tool, "--schemafile", SCHEMA, "--output-format", "json", file.name, cwd=file.parent)
    report = json.loads(output)
    assert [] == report.get("parse_errors", [])
    return [error["message"] for error in report.get("errors", [])]


def judge_with_ajv(schema: dict[str, Any], values: list[Any]) -> list[list[str]]:
    command = node_script("ajv_judge.cjs", "ajv")
    text = json.dumps({"schema": schema, "values": values}, default=str)  # dates of other tables
    messages: list[list[str]] = json.loads(run(*command, cwd=ROOT, env=node_env(), text=text))
    return messages


LINTERS = [lint_with_taplo, lint_with_tombi]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "host.toml"


@pytest.mark.parametrize("name", [*EXAMPLES, *RIGHT])
@pytest.mark.parametrize("lint", LINTERS)
def test_a_linter_finds_nothing_in_a_right_document(
    lint: Callable[[Path], list[Finding]], name: str, file: Path
) -> None:
    file.write_text({**EXAMPLES, **RIGHT}[name].replace("#:schema ../", f"#:schema {ROOT.as_uri()}/"), "utf-8")

    assert [] == lint(file)


def test_tombi_takes_an_inline_table_over_several_lines(file: Path) -> None:
    """As TOML 1.1 has them, and this library on every Python; Taplo reads TOML 1.0 only."""
    file.write_text('[features.code_execution]\nmode = {\n  sandboxed = { runtime = "gvisor" },\n}\n')

    assert [] == lint_with_tombi(file)


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("lint", LINTERS)
def test_a_linter_points_at_the_slip_in_a_few_words(
    lint: Callable[[Path], list[Finding]], name: str, file: Path
) -> None:
    file.write_text(BROKEN[name].text, "utf-8")

    assert_points_at(BROKEN[name], lint(file))


@pytest.mark.parametrize("name", [*EXAMPLES, *RIGHT])
def test_check_jsonschema_finds_nothing_in_a_right_document(name: str, file: Path) -> None:
    file.write_text({**EXAMPLES, **RIGHT}[name], "utf-8")

    assert [] == judge_with_check_jsonschema(file)


@pytest.mark.parametrize("name", BROKEN)
def test_check_jsonschema_says_it_once_or_twice_and_prints_no_key(name: str, file: Path) -> None:
    file.write_text(BROKEN[name].text, "utf-8")
    messages = judge_with_check_jsonschema(file)

    assert 1 <= len(messages) <= 2
    assert CANARY not in "\n".join(messages)


@pytest.mark.parametrize("draft", limits.SCHEMA_DRAFTS)
def test_ajv_takes_a_schema_in_strict_mode_and_gives_the_same_verdicts(draft: Any) -> None:
    right = [tomllib.loads(text) for text in (EXAMPLES | RIGHT).values()]
    broken = [tomllib.loads(document.text) for document in BROKEN.values()]
    verdicts = judge_with_ajv(json_schema("document", draft), right + broken)

    assert [[]] * len(right) == verdicts[: len(right)]
    assert all(verdicts[len(right) :])
    assert CANARY not in json.dumps(verdicts)


@pytest.mark.parametrize("draft", limits.SCHEMA_DRAFTS)
def test_ajv_takes_the_section_alone(draft: Any) -> None:
    sections = [{}, {"mode": {"sandboxed": {"runtime": "docker"}}}, {"mode": "sandboxed"}]

    assert [True, True, False] == [not messages for messages in judge_with_ajv(json_schema("section", draft), sections)]
