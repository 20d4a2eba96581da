"""What is published: the same bytes from the same files, all that its tests need, and nothing but the package."""

import email
import email.policy
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from codeexec_config._version import PROJECT_URL, VERSION

pytest.importorskip("hatchling", reason="hatchling is not installed: pip install hatchling")

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = f"codeexec_config-{VERSION}"


def build(kind, source, folder, umask=0o022):
    """Build a distribution as an installer does, but without a network to take a back end from."""
    folder.mkdir()
    code = f"import hatchling.build; print(hatchling.build.build_{kind}({str(folder)!r}))"
    env = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, env=env, umask=umask, capture_output=True, check=True, text=True
    )
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("distribution")


@pytest.fixture(scope="module")
def sdist(folder):
    return build("sdist", ROOT, folder / "sdist")


@pytest.fixture(scope="module")
def unpacked(sdist, folder):
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    return folder / "unpacked" / NAME


@pytest.fixture(scope="module")
def wheel(folder):
    return build("wheel", ROOT, folder / "wheel")


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"{NAME}.dist-info/METADATA").decode()
    return email.message_from_string(text, policy=email.policy.default.clone(max_line_length=None))


def test_the_wheel_is_the_same_whenever_and_wherever_it_is_built(wheel, unpacked, folder):
    for path in unpacked.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode & 0o700)
            os.utime(path, (1_900_000_000, 1_900_000_000))

    assert wheel.read_bytes() == build("wheel", unpacked, folder / "again", umask=0o077).read_bytes()


def test_the_source_distribution_is_the_same_when_it_is_made_from_itself(sdist, unpacked, folder):
    assert sdist.read_bytes() == build("sdist", unpacked, folder / "of itself").read_bytes()


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "codeexec_config").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    described = {f"{NAME}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}

    assert "codeexec_config/py.typed" in package
    assert package | described == set(zipfile.ZipFile(wheel).namelist())


def test_the_source_distribution_holds_what_git_does(unpacked):
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.skip("this is no checkout")

    held = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert set(done.stdout.splitlines()) - held == set()


@pytest.mark.thorough
def test_the_tests_run_from_the_source_distribution(unpacked):
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*run, "tests/test_keys.py", "tests/test_schema.py", "tests/test_secret.py"],
        cwd=unpacked,
        env={**os.environ, "PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        text=True,
    )

    assert done.returncode == 0, done.stdout
    assert re.search(r"\d{2,} passed", done.stdout)


def test_the_metadata_is_complete(metadata):
    named = {line.partition(", ")[0]: line.partition(", ")[2] for line in metadata.get_all("Project-URL")}

    assert ("codeexec-config", VERSION) == (metadata["Name"], metadata["Version"])
    assert PROJECT["description"] == metadata["Summary"]
    assert ">=3.11" == metadata["Requires-Python"]
    assert "text/markdown" == metadata["Description-Content-Type"]
    assert (ROOT / "README.md").read_text(encoding="utf-8").strip() == metadata.get_payload().strip()
    assert {"Changelog", "Documentation", "Source"} == named.keys()
    assert all(url.partition("#")[0] == PROJECT_URL for url in named.values())


def test_each_anchor_of_the_metadata_is_a_heading_of_the_page(metadata):
    headings = re.findall(r"^## (.+)$", metadata.get_payload(), re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}

    assert {line.partition("#")[2] for line in metadata.get_all("Project-URL")} - {""} <= anchors


def test_three_libraries_are_needed_and_each_has_a_lower_bound():
    names = [re.fullmatch(r"([a-z]+)>=[\d.]+", line)[1] for line in PROJECT["dependencies"]]

    assert ["attrs", "cattrs", "tomlkit"] == names
