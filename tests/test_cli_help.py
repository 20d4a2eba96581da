"""What the command line prints about itself: help, versions, suggestions, and the name that it was called by."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from codeexec_config._version import VERSION
from codeexec_config.cli import COMMANDS, main

MODULE = "python -m codeexec_config"


@pytest.fixture(params=["codeexec-config", "codeexec-config.exe", "__main__.py"])
def name(request, monkeypatch):
    monkeypatch.setattr(sys, "argv", [f"/usr/bin/{request.param}"])
    return MODULE if request.param == "__main__.py" else "codeexec-config"


def test_help_names_the_program_as_it_was_called(name, capsys):
    assert 0 == main(["--help"])
    whole = capsys.readouterr().out
    for command in ("validate", "schema"):
        assert 0 == main([command, "--help"])
        whole += capsys.readouterr().out

    other = {"codeexec-config": MODULE, MODULE: "codeexec-config "}[name]
    assert whole.startswith(f"usage: {name} ")
    assert other not in whole
    assert all(f"\n  {name} {command} " in whole for command in ("validate", "schema"))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_purpose_groups_and_two_examples(command, capsys):
    main([command, "--help"])

    text = capsys.readouterr().out
    body, _, examples = text.partition("\nexamples:\n")
    assert len(re.findall(f"{MODULE} {command}", examples)) >= 2
    assert "what" in text or "which" in text
    [purpose] = [block for block in text.split("\n\n")[1:2] if "\n" not in block]
    assert purpose.endswith(".")
    assert all(len(line) <= 100 for line in body.splitlines())


def test_an_example_of_help_works(tmp_path, monkeypatch):
    main(["--help"])
    monkeypatch.chdir(tmp_path)

    assert 0 == main(["schema", "--output", "code-execution.schema.json"])
    assert 0 == main(["schema", "--check", "code-execution.schema.json"])


def test_without_a_command_the_help_is_printed(capsys):
    assert 2 == main([])
    out, err = capsys.readouterr()
    assert all(f"    {command}" in out for command in COMMANDS)
    assert "" == err


def test_the_version(name, capsys):
    assert 0 == main(["--version"])
    assert f"codeexec-config {VERSION}\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["valdate"], ": error: unknown command `valdate`; did you mean `validate`?"),
        (
            ["frobnicate"],
            ": error: unknown command `frobnicate`; choose from validate, schema, show, explain, init, conformance",
        ),
        (["--vresion"], ": error: unknown option `--vresion`; did you mean `--version`?"),
        (["validate", "--ofline", "x"], " validate: error: unknown option `--ofline`; did you mean `--offline`?"),
        (["validate", "--off", "x"], " validate: error: unknown option `--off`"),
        (
            ["validate", "--format", "jsno", "x"],
            " validate: error: unknown value of --format: `jsno`; did you mean `json`?",
        ),
        (["schema", "--kind", "x"], " schema: error: unknown value of --kind: `x`; choose from document, section"),
        (["schema", "extra"], " schema: error: unexpected argument `extra`"),
        (["validate", "--key=hunter2", "x"], " validate: error: unknown option `--key`"),
        (["validate", "--strict=hunter2", "x"], " validate: error: the option `--strict` does not take a value\n"),
        (["init", "--force"], " init: error: unknown option `--force`\n"),
        (["show", "x", "--offline", "y"], " show: error: unexpected argument `y`"),
        (["show", "x", "--offline", "--", "y"], " show: error: unexpected argument `--`"),
        (["validate", "x", "--strict", "y", "--fixx"], " validate: error: unknown option `--fixx`; did you mean"),
        (["--verison"], ": error: unknown option `--verison`; did you mean `--version`?"),
        (["-"], ": error: unknown command `-`; choose from"),
    ],
)
def test_what_is_mistyped_gets_a_suggestion(name, capsys, arguments, said):
    assert 2 == main(arguments)
    out, err = capsys.readouterr()
    assert "" == out
    assert err.startswith(f"{name}{said}")
    assert "hunter2" not in err
    assert re.search(rf"\ntry `{re.escape(name)}( \w+)? --help`\n$", err)


@pytest.mark.parametrize(
    ("arguments", "option", "command"),
    [
        (["--offline", "validate", "x"], "--offline", "validate"),
        (["--format", "json", "validate", "x"], "--format", "validate"),
        (["--draft=7", "schema"], "--draft", "schema"),
    ],
)
def test_an_option_before_the_command_is_sent_behind_it(name, capsys, arguments, option, command):
    assert 2 == main(arguments)

    assert (
        f"{name}: error: the option `{option}` goes after the command: `{name} {command} ... {option}`\n"
        f"try `{name} --help`\n"
    ) == capsys.readouterr().err


def test_a_usage_error_holds_nothing_that_moves_the_cursor(capsys):
    for arguments in (["init", "--output"], ["schema", "--output"], ["schema", "--check"]):
        main([*arguments, "absent/\x1b[31m\n.toml"])
        out, err = capsys.readouterr()
        assert "absent/\\u{1b}[31m\\u{a}.toml: " in err
        assert "\x1b" not in out + err


def test_usage_errors_name_the_program_as_it_was_called(name, capsys):
    main(["schema", "--check", "absent.json"])
    main(["validate", "--section", "a..b", "x"])

    first, second = capsys.readouterr().err.splitlines()
    assert f"{name} schema: error: absent.json: no such file or directory" == first
    assert second.startswith(f"{name} validate: error: --section: ")


def test_both_ways_to_call_it_are_named(tmp_path):
    script = Path(sys.executable).with_name("codeexec-config")
    for command, name in (([script], "codeexec-config"), ([sys.executable, "-m", "codeexec_config"], MODULE)):
        if Path(command[0]).exists():
            done = subprocess.run([*command, "schema", "x"], capture_output=True, text=True, check=False)
            assert done.stderr.startswith(f"{name} schema: error: ")


STARTUP = """
import sys
import argparse, attrs, cattrs, tomllib
before = set(sys.modules)
from codeexec_config.cli import main
assert main({arguments}) == {status}
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""


def loaded(folder, *arguments, status=0):
    script = STARTUP.format(arguments=list(arguments), status=status)
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, check=True, text=True)
    return set(done.stderr.splitlines()[-1].split())


def test_a_good_file_imports_what_it_needs_and_no_more(tmp_path):
    (tmp_path / "app.toml").write_text("[features.code_execution]\ntimeout_secs = 5\n")
    names = loaded(tmp_path, "validate", "app.toml")

    others = {name for name in names if not name.startswith("codeexec_config")}
    assert others <= {"_locale", "gettext", "locale"}
    assert {
        "codeexec_config.cli",
        "codeexec_config.cli.checking",
        "codeexec_config.cli.files",
        "codeexec_config.cli.formats",
        "codeexec_config.cli.inputs",
        "codeexec_config.cli.jobs",
        "codeexec_config.cli.parsing",
        "codeexec_config.cli.progress",
        "codeexec_config.cli.streams",
        "codeexec_config.cli.validate",
        "codeexec_config.cli.validation",
    } == {name for name in names if name.startswith("codeexec_config.cli")}
    unneeded = ("diagnostics", "document.scanner", "rendering.text", "schema", "section.structure")
    assert not names & {f"codeexec_config.{name}" for name in unneeded}


def test_a_folder_in_processes_imports_little_more(tmp_path):
    for number in range(4):
        (tmp_path / f"{number}.toml").write_text("[features.code_execution]\n")

    names = loaded(tmp_path, "validate", "--jobs", "2", ".")

    assert not {name for name in names if not name.startswith("codeexec_config")} - {
        "_locale",
        "gettext",
        "locale",
        "mmap",
        "resource",
        "select",
        "signal",
    }


def test_a_suggestion_is_what_imports_difflib(tmp_path):
    assert "difflib" in loaded(tmp_path, "valdate", status=2)
