"""The kit's programs do what their purposes say, in every language that this machine has.

An honest executor passes all checks in each, so no program is wrong; a careless one fails all that need a program to
show a defect, so no program is empty. (One public kit's check on children has always passed, because of a `#` in its
shell line.)
"""

from __future__ import annotations

from typing import Any

import pytest

from codeexec_config.conformance import SNIPPETS
from tests.conformance.judging import judge_all
from tests.conformance.local import installed

Reports = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def reports() -> Reports:
    """Run both executors in each installed language."""
    return judge_all([(name, language) for name in ("Local", "Careless") for language in installed()])


@pytest.mark.parametrize("language", SNIPPETS)
def test_an_honest_executor_passes(language: str, reports: Reports) -> None:
    if language not in installed():
        pytest.skip(f"{language} is not installed")
    report = reports["Local", language]
    skipped = {it["capability"] for it in report["results"] if it["verdict"] == "skip"}

    assert report["ok"], report["rendered"]
    assert skipped <= {"sessions", "no_network", "isolated_fs"}, report["rendered"]


@pytest.mark.parametrize("language", SNIPPETS)
def test_a_careless_executor_fails(language: str, reports: Reports) -> None:
    if language not in installed():
        pytest.skip(f"{language} is not installed")
    report = reports["Careless", language]
    applicable = {it["id"] for it in report["results"] if it["verdict"] != "n/a"}

    assert applicable, report["rendered"]
    assert applicable == {it["id"] for it in report["results"] if it["verdict"] == "fail"}, report["rendered"]


@pytest.mark.parametrize("language", ["python", "javascript", "bash", "ruby"])
def test_a_language_with_processes_has_a_program_for_every_purpose(language: str) -> None:
    assert set(SNIPPETS["python"]) == set(SNIPPETS[language])


@pytest.mark.parametrize("language", ["r", "julia", "sql"])
def test_other_languages_have_programs_for_known_purposes(language: str) -> None:
    assert set(SNIPPETS[language]) < set(SNIPPETS["python"])


def test_the_table_of_purposes_is_the_documented_one() -> None:
    from codeexec_config.conformance import snippets

    rows = [line.split("|")[1] for line in (snippets.__doc__ or "").splitlines() if line.startswith("| `")]
    documented = {purpose for row in rows for purpose in row.replace("`", "").replace(",", " ").split()}

    assert set(SNIPPETS["python"]) == documented
