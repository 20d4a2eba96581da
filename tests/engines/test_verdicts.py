"""One verdict in every engine: generated documents, with slips in any place, judged by all of them as by jsonschema.

They differ in what they do with patterns, unions and conditions, and each has its own dialect of regular expressions.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import Phase, given, settings

from codeexec_config import check_text
from tests.counts import tries
from tests.engines.documents import BROKEN, EXAMPLES, RIGHT
from tests.engines.places import SCHEMA, node_env, node_script, python_tool, run, taplo_lint
from tests.test_schema_verdict import JUDGES, RIGHT_SECTIONS, in_host, slipped

if TYPE_CHECKING:
    from pathlib import Path

COUNT = tries(150, full=1_500)


def _is_read_alike(value: Any) -> bool:
    """Leave out what engines differ on before any schema: 30.0, integers of more than 64 bits, dates."""
    if isinstance(value, dict | list):
        return all(map(_is_read_alike, value.values() if isinstance(value, dict) else value))
    if isinstance(value, float):
        return not value.is_integer()
    return isinstance(value, str) or (isinstance(value, int) and -(2**63) <= value < 2**63)


@pytest.fixture(scope="module")
def documents() -> list[str]:
    """Return the texts of generated documents."""
    texts: set[str] = set()

    @settings(max_examples=COUNT, deadline=None, database=None, phases=[Phase.generate])
    @given(slipped(RIGHT_SECTIONS.map(in_host)))
    def collect(document: dict[str, Any]) -> None:
        if _is_read_alike(document):
            texts.add(tomlkit.dumps(document))

    collect()
    return sorted(texts)


@pytest.fixture
def folder(documents: list[str], tmp_path: Path) -> Path:
    """Return a folder with a file for each document, named by its number."""
    for number, text in enumerate(documents):
        (tmp_path / f"{number}.toml").write_text(text, "utf-8")
    return tmp_path


def refused(documents: list[str]) -> set[str]:
    """Return the documents that jsonschema refuses."""
    found = {text for text in documents if not JUDGES["document", "7"].is_valid(tomllib.loads(text))}
    assert len(documents) > len(found) > len(documents) // 4
    return found


@pytest.mark.parametrize("name", [*EXAMPLES, *RIGHT])
def test_what_editors_are_shown_as_right_is_right(name: str) -> None:
    assert () == check_text({**EXAMPLES, **RIGHT}[name], offline=True).errors


@pytest.mark.parametrize("name", BROKEN)
def test_what_editors_are_shown_as_broken_is_broken_in_one_place(name: str) -> None:
    errors = check_text(BROKEN[name].text, offline=True).errors

    assert {error.span.start.line for error in errors if error.span} <= BROKEN[name].lines
    assert 1 == len(errors)


def test_taplo_refuses_what_jsonschema_refuses(documents: list[str], folder: Path) -> None:
    output = taplo_lint("--schema", SCHEMA.as_uri(), "*.toml", cwd=folder)
    numbers = re.findall(r'invalid file error=schema .*/(\d+)\.toml"', output)

    assert refused(documents) == {documents[int(number)] for number in numbers}


def test_tombi_refuses_what_jsonschema_refuses(documents: list[str], folder: Path) -> None:
    (folder / "tombi.toml").write_text(f'[[schemas]]\npath = "{SCHEMA}"\ninclude = ["*.toml"]\n')
    report = folder / "report.json"
    options = ["--offline", "--diagnostics-format", "json", "--diagnostics-file", report]
    run(python_tool("tombi"), "lint", *options, *(f"{number}.toml" for number in range(len(documents))), cwd=folder)
    items = json.loads(report.read_text("utf-8"))
    numbers = {item["path"].removesuffix(".toml") for item in items if item["level"] == "error"}

    assert refused(documents) == {documents[int(number)] for number in numbers}


@pytest.mark.parametrize("draft", ["7", "2020-12"])
def test_ajv_refuses_what_jsonschema_refuses(documents: list[str], draft: str, tmp_path: Path) -> None:
    """With null for infinity, which JSON has not; both are refused wherever the schema looks."""
    values = [tomllib.loads(text) for text in documents]
    schema = JUDGES["document", draft].schema
    text = json.dumps({"schema": schema, "values": values})
    text = re.sub(r"-?\b(?:NaN|Infinity)\b", "null", text)
    verdicts = json.loads(run(*node_script("ajv_judge.cjs", "ajv"), cwd=tmp_path, env=node_env(), text=text))

    assert refused(documents) == {text for text, messages in zip(documents, verdicts, strict=True) if messages}
