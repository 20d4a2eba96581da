"""What fails in CI may run once more, and is named."""

import subprocess
import sys
from pathlib import Path

import pytest

TWICE = Path(__file__).parent.parent / ".ci" / "twice"
TESTS = """
import pathlib
import pytest

def test_steady():
    pass

@pytest.mark.parametrize("name", ["a [b]", "c/d"])
def test_flaky(name):
    mark = pathlib.Path("tried-" + name[0])
    tried = mark.exists()
    mark.touch()
    assert tried

def test_broken():
    assert not BROKEN
"""


@pytest.fixture
def run(tmp_path):
    def run(text):
        (tmp_path / "test_it.py").write_text(text)
        pytest_of_this = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:hypothesispytest",
            "--rootdir=.",
            "--noconftest",
        ]
        done = subprocess.run(
            [TWICE, "list", "python3", "cache", *pytest_of_this, "-o", "cache_dir=cache"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            text=True,
        )
        named = tmp_path / "list"
        return done.returncode, named.read_text().splitlines() if named.exists() else [], done.stdout

    return run


def test_what_passes_runs_once_and_is_not_named(run):
    status, named, out = run("def test_it():\n    pass\n")

    assert (0, []) == (status, named)
    assert out.count("1 passed") == 1


def test_what_passes_the_second_time_is_named(run):
    status, named, out = run(TESTS.replace("BROKEN", "False"))

    assert status == 0
    assert ["python3: test_it.py::test_flaky[a [b]]", "python3: test_it.py::test_flaky[c/d]"] == sorted(named)
    assert "2 passed" in out


@pytest.mark.thorough
def test_what_fails_twice_is_named_and_fails(run):
    status, named, _ = run(TESTS.replace("BROKEN", "True"))

    assert status == 1
    assert "python3: test_it.py::test_broken" in named


@pytest.mark.thorough
def test_what_cannot_be_collected_fails(run):
    status, _, _ = run("raise RuntimeError\n")

    assert status != 0
