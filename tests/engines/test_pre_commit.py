"""The hooks of this repository, as pre-commit builds and runs them in another one."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.engines.places import ROOT, python_tool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    "config/app.toml": "# kept\n[features.code_execution]\ntimeout_sec = 5\n",
    "config/good.toml": '[features.code_execution.mode.external]\nurl = "${CODE_EXEC_URL}"\n',
    "pyproject.toml": '[project]\nname = "sample"\nversion = "1"\n',
    "theirs.toml": "this is = = not TOML\n",
    "--section=theirs.toml": "",
}


CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: codeexec-config
      - id: codeexec-config-fix
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, with a made-up user, and return its output."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", *arguments]
    return subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a configuration with the hooks of this checkout, as it is in the working tree."""
    if shutil.which("git") is None:
        pytest.skip("git is not on this machine")
    if not (ROOT / ".git").exists():
        pytest.skip("the files of the repository are unknown: this is a plain folder")
    repository = tmp_path_factory.mktemp("repository")
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if (ROOT / name).is_file():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, repository / name)
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        git(repository, *command)
    return CONFIGURATION.format(repository=repository, revision=git(repository, "rev-parse", "HEAD").strip())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold the environment of the hooks, which takes long to build."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def sample(tmp_path: Path, configuration: str) -> Path:
    """Make a repository with files of several owners."""
    for name, text in {**FILES, ".pre-commit-config.yaml": configuration}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for command in (["init", "--quiet"], ["add", "."]):
        git(tmp_path, *command)
    return tmp_path


@pytest.fixture
def run_hook(sample: Path, home: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Return what runs a hook on all files of the sample."""

    def run(hook: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            [python_tool("pre-commit"), "run", hook, "--all-files", "--verbose"],
            cwd=sample,
            env={**env, "PRE_COMMIT_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def test_the_hook_reports_what_is_the_section_s_and_nothing_else(
    sample: Path, run_hook: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    done = run_hook("codeexec-config")

    assert 1 == done.returncode, done.stdout + done.stderr
    assert "config/app.toml:3:1" in done.stdout
    assert "checked 2 files: 1 error, 0 warnings" in done.stdout
    assert "theirs.toml" not in done.stdout
    assert FILES["config/app.toml"] == (sample / "config/app.toml").read_text()


def test_the_fixing_hook_fails_once_for_what_it_changes(
    sample: Path, run_hook: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    first, second = (run_hook("codeexec-config-fix") for _ in range(2))

    assert 1 == first.returncode, first.stdout + first.stderr
    assert "files were modified by this hook" in first.stdout
    assert "# kept\n[features.code_execution]\ntimeout_secs = 5\n" == (sample / "config/app.toml").read_text()
    assert {name: text for name, text in FILES.items() if "app" not in name} == {
        name: (sample / name).read_text() for name in FILES if "app" not in name
    }
    assert 0 == second.returncode, second.stdout + second.stderr
