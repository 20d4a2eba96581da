"""Completion in shells: what shtab makes of the parser, in bash itself."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codeexec_config.cli import COMMANDS, make_parser
from codeexec_config.cli.completion import make_parser as make_completed_parser
from codeexec_config.codes import CODES

shtab = pytest.importorskip("shtab", reason="shtab is not installed: pip install -e '.[tests]'")
README = Path(__file__).parent.parent / "README.md"
COMMAND = ["--shell=bash", "codeexec_config.cli.completion.make_parser"]
COMPLETE = """
source ./script
COMP_WORDS=(codeexec-config "$@") COMP_CWORD=$#
_shtab_codeexec_config
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder with bash's script, which shtab's own command has written, and things to complete."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "app.toml").touch()
    (folder / "secrets").mkdir()
    command = [sys.executable, "-m", "shtab", *COMMAND]
    script = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    (folder / "script").write_text(script)
    return folder


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["va"], {"validate"}),
        ([""], set(COMMANDS)),
        (["validate", "--off"], {"--offline"}),
        (["validate", "--format", ""], {"text", "concise", "json", "sarif", "github"}),
        (["validate", "app"], {"app.toml"}),
        (["validate", "app.toml", "sec"], {"secrets"}),
        (["validate", "--policy", "app"], {"app.toml"}),
        (["validate", "--secrets-dir", ""], {"secrets"}),
        (["validate", "--section", "app"], {""}),
        (["show", "app"], {"app.toml"}),
        (["explain", "unknown-"], {code for code in CODES if code.startswith("unknown-")}),
    ],
)
def test_what_bash_offers(folder, words, expected):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("this machine has no bash")

    done = subprocess.run(
        [bash, "-c", COMPLETE, "bash", *words], cwd=folder, capture_output=True, check=True, text=True
    )

    assert expected == {word.rstrip("/ ") for word in done.stdout.splitlines()}


@pytest.mark.parametrize("shell", shtab.SUPPORTED_SHELLS)
def test_every_shell_gets_a_script(shell):
    script = shtab.complete(make_completed_parser(), shell)

    assert "codeexec-config" in script
    assert all(command in script for command in COMMANDS)


def test_what_is_completed_is_what_is_parsed():
    for make in (make_parser, make_completed_parser):
        parsed = make().parse_args(["validate", "--strict", "app.toml"])
        assert (["app.toml"], True) == (parsed.paths, parsed.strict)


def test_the_readme_shows_the_command_that_the_tests_run():
    assert " ".join(["shtab", *COMMAND]) in README.read_text(encoding="utf-8")
