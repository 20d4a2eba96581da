"""The README's ways of attaching the schema, each with the program that it is for."""

from __future__ import annotations

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.engines.conftest import start
from tests.engines.places import ROOT, SCHEMA, SECTION_SCHEMA, python_tool, run, taplo_lint
from tests.test_schema_verdict import UNSAYABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+) schema\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
RIGHT = "[features.code_execution]\ntimeout_secs = 60\n"
WRONG = "[features.code_execution]\ntimeout_secs = 0\n"
HOOK = """\
repos:
  - repo: local
    hooks:
      - id: check-jsonschema
        name: schema
        language: system
        entry: {entry}
        files: ^config/.*\\.toml$
        args: [--schemafile, schemas/document.draft-07.json]
"""
"""The hook of check-jsonschema's own repository, but for the program: the installed one, not one that is built."""


def block(language: str, holding: str) -> str:
    """Return the one block of a language that contains a text."""
    [body] = [body for kind, body in BLOCKS if kind == language and holding in body]
    return str(body)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project as the README sees one: the schemas, and a right and a wrong file."""
    for folder in ("schemas", "config"):
        (tmp_path / folder).mkdir()
    for schema in (SCHEMA, SECTION_SCHEMA):
        shutil.copy(schema, tmp_path / "schemas")
    (tmp_path / "config" / "right.toml").write_text(RIGHT)
    (tmp_path / "config" / "wrong.toml").write_text(WRONG)
    return tmp_path


def taplo(project: Path, name: str) -> str:
    return taplo_lint(f"config/{name}.toml", cwd=project)


def tombi(project: Path, name: str) -> str:
    return run(python_tool("tombi"), "lint", "--offline", f"config/{name}.toml", cwd=project)


@pytest.mark.parametrize(("lint", "complaint"), [(taplo, "less than the minimum of 1"), (tombi, "must be ≥ 1")])
def test_a_line_in_the_file(project: Path, lint: Callable[[Path, str], str], complaint: str) -> None:
    text = block("toml", "#:schema")
    (project / "config" / "right.toml").write_text(text)
    (project / "config" / "wrong.toml").write_text(text.replace("= 60", "= 0"))

    assert complaint not in lint(project, "right")
    assert complaint in lint(project, "wrong")


def test_taplo_by_its_settings(project: Path) -> None:
    (project / ".taplo.toml").write_text(block("toml", "[[rule]]"))

    assert "error" not in taplo(project, "right")
    assert "less than the minimum of 1" in taplo(project, "wrong")


@pytest.mark.parametrize("holding", ["document.draft-07.json", "section.draft-07.json"])
def test_tombi_by_its_settings(project: Path, holding: str) -> None:
    [settings] = [body for kind, body in BLOCKS if kind == "toml" and "[[schemas]]" in body and holding in body]
    (project / "tombi.toml").write_text(settings)

    assert "linted successfully" in tombi(project, "right")
    assert "must be ≥ 1" in tombi(project, "wrong")


def test_vs_code_by_its_settings(project: Path) -> None:
    """The settings reach Taplo's server as the extension passes them on."""
    settings = json.loads(block("json", "evenBetterToml").replace("/path/to/project", str(project)))
    with start("taplo", project, settings["evenBetterToml.schema.associations"]) as server:
        right, wrong = (
            server.findings(server.open(project / "config" / f"{name}.toml")) for name in ("right", "wrong")
        )

    assert [] == right
    assert ["0 is less than the minimum of 1"] == [finding.message for finding in wrong]


def test_pre_commit_with_check_jsonschema(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".pre-commit-config.yaml").write_text(HOOK.format(entry=python_tool("check-jsonschema")))
    (project / "elsewhere.toml").write_text(WRONG)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(project / ".git" / "pre-commit"))
    git, pre_commit = shutil.which("git"), python_tool("pre-commit")
    if git is None:
        pytest.skip("git is not on this machine")
    run(git, "init", "--quiet", cwd=project)
    run(git, "add", ".", cwd=project)

    refused = run(pre_commit, "run", "--all-files", cwd=project)
    run(git, "rm", "--quiet", "--cached", "config/wrong.toml", cwd=project)
    passed = run(pre_commit, "run", "--all-files", cwd=project)

    assert "config/wrong.toml::$.features.code_execution.timeout_secs: 0 is less than the minimum of 1" in refused
    assert "right.toml" not in refused
    assert "elsewhere.toml" not in refused
    assert "Passed" in passed


def test_the_commands_write_and_check_a_file(project: Path) -> None:
    (project / "schemas" / SCHEMA.name).unlink()
    for line in block("sh", "--output").splitlines():
        assert line.startswith("python -m codeexec_config schema ")
        assert "" == run(sys.executable, *line.split()[1:], cwd=project)

    assert SCHEMA.read_bytes() == (project / "schemas" / SCHEMA.name).read_bytes()


def test_the_readme_lists_what_the_schema_cannot_say() -> None:
    found = re.search(r"<!-- begin: unsayable -->\n(.*?)<!-- end: unsayable -->", README, re.DOTALL)
    listed = "".join(f"* {name}: {rule.reason}.\n" for name, rule in UNSAYABLE.items())

    assert found is not None
    assert listed == found[1]
