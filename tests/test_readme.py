"""Every block of the README runs, and its tables are those of `limits`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codeexec_config import check_text, limits, loads

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
ELSEWHERE = {"executor", "schema", "gateway"}
"""Marks of blocks that the tests of their own subject run."""


def blocks(language, mark=""):
    return [body for kind, marked, body in BLOCKS if kind == language and marked == mark]


def keys_table():
    defaults = {
        "enabled": "true",
        "mode": '"wasm"',
        "allowed_languages": '["python", "javascript"]',
        "timeout_secs": limits.DEFAULT_TIMEOUT_SECS,
        "max_memory_mb": limits.DEFAULT_MAX_MEMORY_MB,
        "runtime": "required",
        "url": "required",
        "api_key": "none",
    }
    names = {"runtime": "mode.sandboxed.runtime", "url": "mode.external.url", "api_key": "mode.external.api_key"}
    rows = [f"| `{names.get(key, key)}` | {_code(defaults[key])} | {text} |" for key, text in limits.KEY_TEXTS.items()]
    return ["| key | default | meaning |", "|---|---|---|", *rows]


def _code(default):
    return default if default in {"required", "none"} else f"`{default}`"


def modes_table():
    rows = [f"| `{name}` | {text} |" for name, text in {**limits.MODE_TEXTS, **limits.RUNTIME_TEXTS}.items()]
    return ["| mode or runtime | code |", "|---|---|", *rows]


@pytest.mark.parametrize(("name", "table"), [("keys", keys_table()), ("modes", modes_table())])
def test_a_table_is_that_of_the_limits(name, table):
    found = re.search(rf"<!-- begin: {name} -->\n(.*?)<!-- end: {name} -->", README, re.DOTALL)

    assert "\n".join(table) + "\n" == found[1]


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
