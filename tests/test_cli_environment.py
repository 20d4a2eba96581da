"""Where variables come from on the command line, and what is reported about them."""

import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from codeexec_config.cli import main
from codeexec_config.testing import assert_no_leak

CANARY = "sk-canary-7f3a91"
CONFIG = '[features.code_execution]\ntimeout_secs = "${T_SECS}"\n'
EXTERNAL = '[features.code_execution.mode.external]\nurl = "${T_URL}"\napi_key = "${T_KEY}"\n'


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("T_SECS", "T_URL", "T_KEY"):
        monkeypatch.delenv(name, raising=False)
    Path("app.toml").write_text(CONFIG)
    Path("external.toml").write_text(EXTERNAL)


def write(name, text):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return name


def test_variables_are_read_from_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"T_SECS=5\n")))

    assert 0 == main(["validate", "--env-file", "-", "app.toml"])


def test_variables_are_read_from_a_pipe():
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_text("T_SECS=5\n"))
    writer.start()
    status = main(["validate", "--env-file", "pipe", "app.toml"])
    writer.join()

    assert 0 == status


def test_variables_are_read_from_a_process_substitution():
    command = f"{sys.executable} -m codeexec_config validate --env-file <(echo T_SECS=5) app.toml"

    assert 0 == subprocess.run(["bash", "-c", command], check=False).returncode


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("absent.env", "cannot read the file: no such file or directory"),
        (".", "cannot read the file: is a directory"),
        ("a\0b", "cannot read the file: no file can have such a name"),
        ("/dev/zero", "the file is over 1 MiB"),
    ],
)
def test_an_env_file_that_cannot_be_read_is_a_usage_error(capsys, path, said):
    assert 2 == main(["validate", "--env-file", path, "app.toml"])
    assert f"validate: error: --env-file: {said}" in capsys.readouterr().err


def test_an_input_that_is_closed_is_a_usage_error(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)

    assert 2 == main(["validate", "--env-file", "-", "app.toml"])
    assert "--env-file: cannot read standard input: it is closed" in capsys.readouterr().err


def test_standard_input_is_one_thing(capsys):
    assert 2 == main(["validate", "--env-file", "-", "-"])
    assert "cannot be both" in capsys.readouterr().err


@pytest.mark.parametrize(
    "value",
    [
        *(f'"{CANARY}"', f"'{CANARY}'", f"${{OTHER}}{CANARY}"),
        *(f"{CANARY} # why", f'"{CANARY}" #why'),
    ],
)
def test_a_value_that_other_tools_would_change_is_told_by_line_and_name(capsys, value):
    env_file = write("a.env", f"# c\nT_URL=https://x.example.com\nT_KEY={value}\n")

    def validate():
        return main(["validate", "--env-file", env_file, "external.toml"])

    assert 0 == assert_no_leak(validate, CANARY)
    [word] = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert "a.env:3: the value of `T_KEY` " in word
    assert ("#" in value) == ("a comment needs its own line" in word)


def test_a_value_is_used_as_it_is(capsys):
    assert 1 == main(["validate", "--env-file", write("a.env", 'T_SECS="5"\n'), "app.toml"])
    assert "a.env:1: the value of `T_SECS` is in quotes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ['T_SECS="9"\nT_SECS=5\n', 'T_SECS=5\nOTHER="\nOTHER2=\'"\n', "T_SECS=5\nX=it's\nY=a#b\n"]
)
def test_only_what_counts_is_told(capsys, text):
    assert 0 == main(["validate", "--env-file", write("a.env", text), "app.toml"])
    assert "checked 1 file: all valid\n" == capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (f"{line}\n", "line 1 has whitespace in its name: write NAME=value, ")
            for line in ("export K=v", "K = v", "K: v")
        ),
        (b"\xff\xfeK\x00=\x00v\x00", "the file is UTF-16; save it as UTF-8"),
        (b"\xfe\xff\x00K\x00=\x00v", "the file is UTF-16; save it as UTF-8"),
        (b"K=v\nL=\xff\xfe\n", "line 2 is not UTF-8"),
    ],
)
def test_an_env_file_of_another_format_is_told_its_own(capsys, text, said):
    assert 2 == main(["validate", "--env-file", write("a.env", text), "app.toml"])
    assert f"--env-file: {said}" in capsys.readouterr().err


def test_quiet_keeps_such_words_back(capsys):
    main(["validate", "--quiet", "--env-file", write("a.env", "T_SECS='5'\n"), "app.toml"])

    assert "" == capsys.readouterr().err


def test_secrets_are_read_below_the_environment_and_the_env_file(monkeypatch):
    write("secrets/T_SECS", "0\n")
    options = ["validate", "--secrets-dir", "secrets", "app.toml"]
    assert 1 == main(options)

    write("secrets/T_SECS", "5\n")
    assert 0 == main(options)

    monkeypatch.setenv("T_SECS", "0")
    assert 1 == main(options)
    assert 0 == main([*options, "--env-file", write("a.env", "T_SECS=7\n")])
    assert 1 == main([*options, "--env-file", write("b.env", "T_SECS\n")])


def test_of_several_sources_the_last_wins(monkeypatch):
    for text, name in (("T_SECS=0\n", "bad.env"), ("T_SECS=5\n", "good.env"), ("OTHER=0\n", "other.env")):
        write(name, text)
    write("bad/T_SECS", "0\n")
    write("good/T_SECS", "5\n")
    write("other/OTHER", "0\n")

    def check(option, *sources):
        return main(["validate", *(text for source in sources for text in (option, source)), "app.toml"])

    assert 0 == check("--env-file", "good.env", "other.env")
    assert 0 == check("--env-file", "bad.env", "good.env")
    assert 1 == check("--env-file", "good.env", "bad.env")
    assert 0 == check("--secrets-dir", "good", "other")
    assert 0 == check("--secrets-dir", "bad", "good")
    assert 1 == check("--secrets-dir", "good", "bad")
    monkeypatch.setattr("sys.stdin", None)
    assert 2 == check("--env-file", "-", "good.env")


def test_a_secrets_folder_that_may_not_be_entered_is_a_usage_error(monkeypatch, capsys):
    look = os.stat

    def refuse(path, **options):
        if str(path).startswith("secrets"):
            raise PermissionError(13, "Permission denied")
        return look(path, **options)

    write("secrets/T_SECS", "5\n")
    monkeypatch.setattr(os, "stat", refuse)

    assert 2 == main(["validate", "--secrets-dir", "secrets", "app.toml"])
    assert "validate: error: --secrets-dir: permission denied\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder", "said"), [("absent", "no such folder"), ("file", "it is not a folder"), ("a\0b", "no such folder")]
)
def test_a_secrets_folder_that_is_none_is_a_usage_error(capsys, folder, said):
    write("file", "5\n")

    assert 2 == main(["validate", "--secrets-dir", folder, "app.toml"])
    assert f"validate: error: --secrets-dir: {said}\n" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--env-file", "--secrets-dir"])
def test_offline_reads_no_variables(capsys, option):
    assert 2 == main(["validate", "--offline", option, "x", "app.toml"])
    assert f"--offline reads no environment, so it cannot be used with {option}" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("form", ["text", "json", "concise"])
def test_a_secret_leaks_from_nowhere(form):
    write("secrets/T_KEY", f"{CANARY} \n")
    write("a.env", f"T_URL=https://{CANARY}:{CANARY}@x.example.com\n")
    options = ["--env-file", "a.env", "--secrets-dir", "secrets", "--format", form, "--fix", "--jobs", "2"]

    assert 1 == assert_no_leak(lambda: main(["validate", *options, "external.toml", "app.toml"]), CANARY)


def test_offline_names_what_was_taken_as_set(capsys):
    assert 0 == main(["validate", "--offline", "app.toml", "external.toml"])
    assert (
        "checked 2 files: all valid; 3 references taken as set: ${T_KEY}, ${T_SECS}, ${T_URL}\n"
        == capsys.readouterr().err
    )


def test_offline_names_a_few_of_many(capsys):
    for number in range(7):
        write(f"d/{number}.toml", CONFIG.replace("T_SECS", f"T_{number}"))
    main(["validate", "--offline", "d"])

    assert "7 references taken as set: ${T_0}, ${T_1}, ${T_2}, ${T_3}, ${T_4}, and more\n" in capsys.readouterr().err


def test_an_unset_variable_is_followed_by_the_ways_out_once(capsys):
    assert 1 == main(["validate", "app.toml", "external.toml"])

    out = capsys.readouterr().out
    assert out.endswith("\n\nhelp: " + out.rpartition("\nhelp: ")[2])
    last = out.splitlines()[-1]
    assert all(option in last for option in ("--offline", "--env-file", "--secrets-dir"))
    assert 1 == out.count("--offline")


@pytest.mark.parametrize("options", [["--quiet"], ["--format", "json"], ["--format", "concise"]])
def test_the_ways_out_are_for_people(capsys, options):
    main(["validate", *options, "app.toml"])

    assert "--offline" not in capsys.readouterr().out
