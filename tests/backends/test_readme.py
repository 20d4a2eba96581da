"""The README's section on writing an executor, followed step by step."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.backends.conftest import CHECKOUT, blocks

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 300


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
