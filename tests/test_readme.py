"""Every block of the README runs, and what is generated is what the model makes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codeexec_config import check_text, loads
from tests import generated

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
ELSEWHERE = {"executor", "schema", "gateway"}
"""Marks of blocks that the tests of their own subject run."""


def blocks(language, mark=""):
    return [body for kind, marked, body in BLOCKS if kind == language and marked == mark]


@pytest.mark.parametrize("path", generated.files(), ids=lambda path: path.name)
def test_a_generated_file_is_up_to_date(path):
    assert path not in generated.stale(), "run python -m tests.generated"


def test_every_block_is_of_a_kind_that_is_run():
    known = {("sh", ""), ("python", ""), ("toml", ""), ("toml", "invalid"), ("text", "report")}

    assert {(kind, mark) for kind, mark, _ in BLOCKS if mark not in ELSEWHERE} == known


@pytest.mark.parametrize("text", blocks("toml"))
def test_a_configuration_loads(text):
    assert loads(text, env={"CODE_EXEC_API_KEY": "k"}, strict=True)


def test_the_report_is_what_the_broken_configuration_gets():
    [broken], [report] = blocks("toml", "invalid"), blocks("text", "report")

    assert report == str(check_text(broken, filename="app.toml", env={})) + "\n"


@pytest.mark.parametrize("code", blocks("python"))
def test_a_program_runs(code):
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_a_command_runs(line, tmp_path):
    """Run with this interpreter; making and filling the virtual environment is left to those who have a network."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("this machine has no bash")
    command = line.rsplit(" && ", 1)[-1].replace(".venv/bin/python", f'"{sys.executable}"')
    if command.endswith("-m pytest"):
        command += " --collect-only -q"

    done = subprocess.run(
        [bash, "-c", command], cwd=ROOT, capture_output=True, check=False, text=True, env={**os.environ}
    )

    assert 0 == done.returncode, done.stdout + done.stderr
