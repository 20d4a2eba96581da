"""Findings as workflow commands, read back by a parser of them."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import Diagnostic, Position, Severity, Span, check_text
from codeexec_config.rendering.github import render_github
from tests import workflow_commands

WHERE = Span(Position(2, 1, 26), Position(2, 12, 37))
FOUND = Diagnostic(
    code="unknown-key", severity=Severity.ERROR, message="unknown key", span=WHERE, file="app.toml", help="remove it"
)


def command(**changes: object) -> workflow_commands.Command:
    found = attrs.evolve(FOUND, **changes)  # type: ignore[arg-type] # evolve checks no keywords that it cannot see
    [read] = workflow_commands.read(render_github([found]))
    return read


def test_a_finding_is_one_line_with_its_place() -> None:
    assert (
        "::error file=app.toml,line=2,endLine=2,col=1,endColumn=12,title=unknown-key"
        "::app.toml:2:1: error[unknown-key]: unknown key (remove it)\n"
    ) == render_github([FOUND])


@pytest.mark.parametrize(("severity", "name"), [("error", "error"), ("warning", "warning"), ("note", "notice")])
def test_each_severity_has_its_command(severity: str, name: str) -> None:
    assert name == command(severity=severity).name


def test_columns_are_told_only_of_a_finding_in_one_line() -> None:
    assert {"file": "app.toml", "line": "2", "endLine": "3", "title": "unknown-key"} == command(
        span=Span(WHERE.start, Position(3, 1, 40))
    ).properties


def test_a_finding_without_a_place_names_its_file() -> None:
    assert {"file": "app.toml", "title": "unknown-key"} == command(span=None).properties


def test_a_finding_without_a_file_names_its_code() -> None:
    assert {"title": "unknown-key"} == command(span=None, file=None).properties


@given(st.text())
@pytest.mark.parametrize("name", ["a%0A,b::c.toml", "::error ::x", "a=b,line=7", "%25\r\n"])
def test_a_name_and_a_text_arrive_as_they_were(name: str, text: str) -> None:
    for file in (name, text):
        read = command(file=file, message=text)
        assert file == read.properties["file"]
        assert set(read.properties) == {"file", "line", "endLine", "col", "endColumn", "title"}
        assert str(attrs.evolve(FOUND, file=file, message=text)) == read.data


def test_every_finding_has_its_line() -> None:
    text = "[features.code_execution]\ntimeout_sec = 0\nallowed_languages = ['bash', 'bash']\n"
    found = check_text(text, env={}).diagnostics

    assert [diagnostic.code for diagnostic in found] == [
        read.properties["title"] for read in workflow_commands.read(render_github(found))
    ]
    assert render_github([]) == ""
