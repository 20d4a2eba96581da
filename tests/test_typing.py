"""Type checkers hold what the model promises."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FORGOTTEN = """\
from typing import assert_never
from codeexec_config import External, Mode, Sandboxed, Wasm

def place(mode: Mode) -> str:
    match mode:
        case Wasm():
            return "browser"
        case Sandboxed():
            return "here"
        case _:
            assert_never(mode)
"""
TYPING = Path(__file__).parent / "typing"


def _check(checker, path):
    if checker == "mypy":
        pytest.importorskip("mypy", reason="mypy is not installed")
        command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(path)]
    else:
        if shutil.which("pyright") is None and not (Path(sys.executable).parent / "pyright").exists():
            pytest.skip("pyright is not installed")
        pyright = shutil.which("pyright") or str(Path(sys.executable).parent / "pyright")
        command = [pyright, "--pythonpath", sys.executable, str(path)]
    return subprocess.run(command, capture_output=True, check=False, text=True)


@pytest.mark.thorough
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_forgotten_variant_is_a_type_error(checker, tmp_path):
    path = tmp_path / "host.py"
    path.write_text(FORGOTTEN, encoding="utf-8")

    done = _check(checker, path)

    assert 1 == done.returncode
    assert "External" in done.stdout
    assert "assert_never" in done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_api_has_the_types_that_consumers_rely_on(checker):
    done = _check(checker, TYPING / "api.py")

    assert 0 == done.returncode, done.stdout
