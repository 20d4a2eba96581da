"""The hooks of this repository, as pre-commit builds and runs them in somebody else's."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.engines.places import ROOT, python_tool

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "config/app.toml": "# kept\n[features.code_execution]\ntimeout_sec = 5\n",
    "config/good.toml": '[features.code_execution.mode.external]\nurl = "${CODE_EXEC_URL}"\n',
    "pyproject.toml": '[project]\nname = "sample"\nversion = "1"\n',
    "theirs.toml": "this is = = not TOML\n",
}


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with files of several owners."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "sample"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    if shutil.which("git") is None:
        pytest.skip("git is not on this machine")
    if not (ROOT / ".git").exists():
        pytest.skip("pre-commit clones a repository, and this is a plain folder")
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def try_repo(sample: Path, hook: str) -> subprocess.CompletedProcess[str]:
    """Run a hook of this checkout on all files of the sample."""
    return subprocess.run(
        [python_tool("pre-commit"), "try-repo", str(ROOT), hook, "--all-files", "--verbose"],
        cwd=sample,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_hook_reports_what_is_the_section_s_and_nothing_else(sample: Path) -> None:
    done = try_repo(sample, "codeexec-config")

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "config/app.toml:3:1" in done.stdout
    assert "checked 2 files: 1 error, 0 warnings" in done.stdout
    assert "theirs.toml" not in done.stdout
    assert FILES["config/app.toml"] == (sample / "config/app.toml").read_text()


def test_the_fixing_hook_fails_once_for_what_it_changes(sample: Path) -> None:
    first, second = (try_repo(sample, "codeexec-config-fix") for _ in range(2))

    assert 1 == first.returncode, first.stdout + first.stderr
    assert "files were modified by this hook" in first.stdout
    assert "# kept\n[features.code_execution]\ntimeout_secs = 5\n" == (sample / "config/app.toml").read_text()
    assert {name: text for name, text in FILES.items() if "app" not in name} == {
        name: (sample / name).read_text() for name in FILES if "app" not in name
    }
    assert 0 == second.returncode, second.stdout + second.stderr
