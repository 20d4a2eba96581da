"""Microsoft's own validator of SARIF, by the standard's rules and by GitHub's, on a log of everything that is found."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config.cli import main
from codeexec_config.codes import CODES
from codeexec_config.explanations import EXPLANATIONS
from tests.engines.places import ROOT, multitool, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = ("a%0A,b::c.toml", "é ü #[x]?.toml", "line\nfeed\r\"'.toml", os.fsdecode(b"\xff.toml"), "a:b\\c.toml")
BUILT = {"invalid-encoding": b"# f\xfcr\n", "file-too-large": b"#" * (16 * 1024 * 1024 + 1)}
"""What an explanation cannot show of a file."""

Log = dict[str, Any]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Log:
    """Return the log of every example, every case of the tests, and files whose names are hard to write."""
    multitool()
    monkeypatch.chdir(tmp_path)
    for folder in ("examples", "tests/findings"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.py", "*.json"))
    for code, explanation in EXPLANATIONS.items():
        (tmp_path / f"{code}.toml").write_bytes(BUILT.get(code, explanation.broken.encode()))
    for name in HOSTILE:
        (tmp_path / name).write_text(EXPLANATIONS["duplicate-language"].broken)
    (tmp_path / "policy.toml").write_text(EXPLANATIONS["policy-violation"].policy)
    names = sorted(path.name for path in tmp_path.glob("*.toml") if path.name != "policy.toml")
    # From above the files too: what lies outside of the working folder has an absolute address.
    (tmp_path / "below").mkdir()
    options = ["--format", "sarif", "--policy", str(tmp_path / "policy.toml"), "--allow-env", "[!H]*"]
    assert 2 == main(["validate", *options, "absent.toml", *names, "examples", "tests"])
    whole: Log = json.loads(capsys.readouterr().out)
    monkeypatch.chdir(tmp_path / "below")
    main(["validate", *options, "../unknown-key.toml", "../line\nfeed\r\"'.toml"])
    whole["runs"] += json.loads(capsys.readouterr().out)["runs"]
    return whole


@pytest.fixture
def complaints(tmp_path: Path) -> Callable[[Log], Counter[str]]:
    """Return what counts, by rule, the errors and warnings of the validator on a log."""

    def complaints(log: Log) -> Counter[str]:
        (tmp_path / "log.sarif").write_text(json.dumps(log))
        rules = ("--rule-kind", "Sarif;Ghas", "--level", "Error;Warning")
        output = ("--output", "verdict.sarif", "--log", "ForceOverwrite")
        said = run(multitool(), "validate", "log.sarif", *rules, *output, cwd=tmp_path)
        assert "1 files scanned" in said
        [verdict] = json.loads((tmp_path / "verdict.sarif").read_text(encoding="utf-8-sig"))["runs"]
        return Counter(result["ruleId"] for result in verdict["results"])

    return complaints


def test_every_code_is_in_the_log(log: Log) -> None:
    assert set(CODES) == {result["ruleId"] for run in log["runs"] for result in run["results"]}
    assert any("fixes" in result and "relatedLocations" in result for result in log["runs"][0]["results"])


def test_the_validator_finds_no_error_and_no_warning(log: Log, complaints: Callable[[Log], Counter[str]]) -> None:
    assert Counter() == complaints(log)


@pytest.mark.parametrize(
    ("break_it", "rule"),
    [
        (lambda run: run["results"][0].pop("locations"), "GH1015"),
        (lambda run: run["tool"]["driver"]["rules"][0].pop("help"), "GH2012"),
        (lambda run: _region(run).update(startLine=0), "SARIF1007"),
        (lambda run: _place(run)["artifactLocation"].update(uri="a b"), "SARIF1002"),
    ],
)
def test_the_validator_sees_what_is_wrong(
    log: Log, complaints: Callable[[Log], Counter[str]], break_it: Callable[[Log], object], rule: str
) -> None:
    break_it(log["runs"][0])

    assert 1 == complaints(log)[rule]


def _place(run: Log) -> Any:
    return run["results"][0]["locations"][0]["physicalLocation"]


def _region(run: Log) -> Any:
    return _place(run)["region"]
