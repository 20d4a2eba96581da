"""Where the editors' engines are, on a machine that has them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas" / "document.draft-07.json"
SECTION_SCHEMA = ROOT / "schemas" / "section.draft-07.json"

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
HOME = Path(os.environ.get("CODEEXEC_ENGINES") or _CACHE / "codeexec-config" / "engines")


PATIENCE_SECS = 60
"""How long a program may take, on a machine that is busy with other things."""
TAPLO_TRIES = 10


def run(*command: object, cwd: Path, env: dict[str, str] | None = None, text: str | None = None) -> str:
    """Run a program that ends with 0 or, when it finds something, with 1; give what it prints."""
    done = _run(*command, cwd=cwd, env=env, text=text)
    return done.stdout + done.stderr


def taplo_lint(*arguments: str, cwd: Path) -> str:
    """Run Taplo's linter; give what it prints.

    It may end before its last lines are written, a verdict among them: one run in ten does. The very last line tells
    whether all are there.
    """
    command = (python_tool("taplo"), "lint", "--colors", "never", *arguments)
    for _ in range(TAPLO_TRIES):
        done = _run(*command, cwd=cwd)
        if done.returncode == 0 or "operation failed" in done.stderr:
            return done.stdout + done.stderr
    raise AssertionError(f"taplo never wrote its last line: {done.stderr}")


def _run(
    *command: object, cwd: Path, env: dict[str, str] | None = None, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env=env, input=text, capture_output=True, text=True, timeout=PATIENCE_SECS, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    return done


def python_tool(name: str) -> str:
    """Return the program of a Python package, or skip the test and say why."""
    return _present(HOME / "venv" / "bin" / name)


def node_script(name: str, package: str) -> list[str]:
    """Return the command that runs a script of this folder on a package from npm, or skip the test and say why."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on this machine")
    _present(HOME / "node" / "node_modules" / package)
    return [node, str(Path(__file__).with_name(name))]


def multitool() -> str:
    """Return Microsoft's validator of SARIF, or skip the test and say why."""
    package = HOME / "node" / "node_modules" / "@microsoft"
    found = sorted(package.glob("sarif-multitool-*/Sarif.Multitool"))
    return str(found[0]) if found else _present(package / "sarif-multitool")


def node_env() -> dict[str, str]:
    """Return the variables with which node finds the packages."""
    return {**os.environ, "NODE_PATH": str(HOME / "node" / "node_modules")}


def _present(path: Path) -> str:
    if not path.exists():
        pytest.skip(f"{path} is not there: run .ci/install-engines")
    return str(path)
