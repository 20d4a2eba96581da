"""The README's section on writing an executor, followed step by step."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backends.conftest import CHECKOUT, need

BLOCKS = re.findall(
    r"^```(\w+) executor\n(.*?)^```$", (CHECKOUT / "README.md").read_text(), flags=re.DOTALL | re.MULTILINE
)
SECONDS = 300


def blocks(kind: str) -> list[str]:
    return [body for each, body in BLOCKS if each == kind]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Write the files of the section, each under the name in its first line."""
    need("bwrap", "prlimit")
    if not Path("/usr/bin/python3").exists():
        pytest.skip("this machine has no /usr/bin/python3 for the sandbox")
    for body in [*blocks("python"), *blocks("toml")]:
        name = body.partition("\n")[0].removeprefix("# ")
        (tmp_path / name).write_text(body)
    return tmp_path


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=SECONDS)


def test_the_executor_of_the_page_passes_the_kit(page: Path) -> None:
    [line], [summary] = blocks("sh"), blocks("text")

    done = run([sys.executable, *line.split()[1:]], page)

    assert ("", 0) == (done.stderr, done.returncode), done.stdout
    assert done.stdout.endswith(summary)


def test_the_host_of_the_page_runs_a_program(page: Path) -> None:
    done = run([sys.executable, "host.py"], page)

    assert ("completed 42\n\n", "", 0) == (done.stdout, done.stderr, done.returncode)
