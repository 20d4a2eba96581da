"""The command line, as people and CI run it."""

import io
import json
import os
import pty
import runpy
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from codeexec_config.cli import main
from codeexec_config.rendering.structured import document

VALID = "[features.code_execution]\ntimeout_secs = 5\n"
WARNED = '[features.code_execution]\nmode.sandboxed.runtime = "docker"\nallowed_languages = ["py"]\n'
BROKEN = "[features.code_execution]\ntimeout_sec = 5\n"


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "CODE_EXEC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, name="app.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


def run(*arguments, stdin=b"", env=None):
    return subprocess.run(
        [sys.executable, "-m", "codeexec_config", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **(env or {})},
    )


@pytest.mark.parametrize(
    ("text", "options", "status"),
    [
        (VALID, [], 0),
        (WARNED, [], 0),
        (WARNED, ["--strict"], 1),
        (BROKEN, [], 1),
        ("", [], 0),
        ("", ["--strict"], 0),
        ("[code_execution]\n", ["--strict"], 1),
        ("x = \n", [], 1),
    ],
)
def test_the_exit_status_says_whether_findings_fail(write, capsys, text, options, status):
    name = write(text)

    assert [status] * 3 == [
        main(["validate", "--format", form, *options, name]) for form in ("text", "concise", "json")
    ]


def test_a_path_that_cannot_be_read_wins(write, capsys):
    assert 2 == main(["validate", write(BROKEN), "absent.toml"])
    assert "error[unreadable-file]" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--help"], ["validate", "--help"]])
def test_help_has_examples(capsys, arguments):
    status = main(arguments)

    assert (0 if arguments else 2) == status
    assert "examples:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["valdate"], "valdate"),
        (["validate"], "PATH"),
        (["validate", "--format", "xml", "a.toml"], "xml"),
        (["validate", "--section", "a..b", "a.toml"], "dotted path"),
        (["validate", "--section", "", "a.toml"], "dotted path"),
        (["validate", "--offline", "--env-file", "x", "a.toml"], "--offline"),
        (["validate", "--env-file", "absent.env", "a.toml"], "--env-file"),
    ],
)
def test_a_usage_error_is_said_on_standard_error(write, capsys, arguments, said):
    write(VALID, "a.toml")

    assert 2 == main(arguments)
    out, err = capsys.readouterr()
    assert "" == out
    assert said in err


def test_findings_go_to_standard_output_and_the_summary_to_standard_error(write, capsys):
    main(["validate", write(BROKEN), write(WARNED, "b.toml")])

    out, err = capsys.readouterr()
    assert "error[unknown-key]" in out
    assert "warning[unknown-language]" in out
    assert "checked 2 files: 1 error, 1 warning\n" == err


def test_quiet_prints_errors_only(write, capsys):
    main(["validate", "--quiet", write(BROKEN + 'allowed_languages = ["python", "python"]\n')])

    out, err = capsys.readouterr()
    assert "error[unknown-key]" in out
    assert "warning" not in out
    assert "" == err


def test_quiet_prints_what_fails(write, capsys):
    main(["validate", "--quiet", "--strict", write(WARNED)])

    assert "warning[unknown-language]" in capsys.readouterr().out


def test_concise_prints_a_line_a_finding(write, capsys):
    main(["validate", "--format", "concise", write(BROKEN)])

    assert (
        "app.toml:2:1: error[unknown-key]: unknown key `timeout_sec` (did you mean `timeout_secs`?)\n"
        == capsys.readouterr().out
    )


def test_json_is_one_object(write, capsys):
    status = main(
        ["validate", "--format", "json", "--strict", write(BROKEN), write(WARNED, "b.toml"), write(VALID, "c.toml")]
    )

    document = json.loads(capsys.readouterr().out)
    assert 1 == status
    assert {"files": 3, "valid": 1, "errors": 1, "warnings": 1} == document["summary"]
    assert [("app.toml", False), ("b.toml", False), ("c.toml", True)] == [
        (entry["path"], entry["valid"]) for entry in document["files"]
    ]


@pytest.mark.parametrize("texts", [(), (BROKEN,), (BROKEN, WARNED, VALID)])
def test_json_that_is_put_together_is_written_as_one(write, capsys, texts):
    names = [write(text, f"d/{number}.toml") for number, text in enumerate(texts)]
    write("", "d/other.toml")

    main(["validate", "--format", "json", "d"])

    out = capsys.readouterr().out
    found = json.loads(out)
    assert names == [Path(entry["path"]).as_posix() for entry in found["files"]]
    assert json.dumps(document(found["files"]), ensure_ascii=False, indent=2) + "\n" == out


@pytest.mark.parametrize("text", ["x = = code_execution\n", b"\xff code_execution"])
def test_what_is_piped_in_may_have_nothing_of_the_section(text, monkeypatch, capsys):
    raw = text if isinstance(text, bytes) else text.encode()
    for piped, status in ((raw, 1), (raw.replace(b"code_execution", b"y"), 0)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(piped)))
        assert status == main(["validate", "--if-present", "-"])


def test_a_hostile_name_moves_no_cursor(write, capsys):
    (Path("\x1b[2J")).mkdir()
    write(BROKEN, "\x1b[3J.toml")
    Path("\x1b[3J.toml").chmod(0o444)
    write("T='1'\n", "\x1b[4J.env")
    main(["validate", "--env-file", "\x1b[4J.env", "--fix", "\x1b[2J", "\x1b[3J.toml"])

    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert all(f"[{number}J" in err for number in (2, 3, 4))


def test_standard_input_is_a_dash(write):
    done = run("validate", "--format", "json", "-", stdin=BROKEN.encode())

    assert 1 == done.returncode
    [entry] = json.loads(done.stdout)["files"]
    assert "-" == entry["path"]
    assert ["unknown-key"] == [d["code"] for d in entry["diagnostics"]]


@pytest.mark.parametrize(
    ("stdin", "code"),
    [(b"\xff", "invalid-encoding"), (b"#" * (16 * 1024 * 1024 + 1), "file-too-large"), (b"\x00", "invalid-toml")],
)
def test_standard_input_is_held_to_a_file_s_limits(stdin, code):
    done = run("validate", "-", stdin=stdin)

    assert 1 == done.returncode
    assert f"error[{code}]".encode() in done.stdout
    assert b"Traceback" not in done.stderr


def test_a_folder_gives_the_files_that_have_the_section(write, capsys):
    write(BROKEN, "d/b.toml")
    write(VALID, "d/a/a.toml")
    write("[code_execution]\n", "d/near.toml")
    write("x = code_execution\n", "d/bad.toml")
    write(b"\xff code_execution", "d/latin.toml")
    write("x = \n", "d/other.toml")
    write("[server]\n", "d/server.toml")
    write("features = ['a']\n", "d/features.toml")
    for skipped in (".git", "node_modules", "__pycache__", "venv"):
        write(BROKEN, f"d/{skipped}/x.toml")
    write("", "d/venv/pyvenv.cfg")
    write(BROKEN, "d/.hidden.toml")
    write(BROKEN, "d/readme.md")

    status = main(["validate", "--format", "json", "d"])

    document = json.loads(capsys.readouterr().out)
    assert 1 == status
    assert ["d/b.toml", "d/bad.toml", "d/latin.toml", "d/near.toml", "d/a/a.toml"] == [
        Path(entry["path"]).as_posix() for entry in document["files"]
    ]


def test_a_folder_without_a_section_is_fine(write, capsys):
    write("[server]\n", "d/a.toml")

    assert 0 == main(["validate", "d"])
    out, err = capsys.readouterr()
    assert "" == out
    assert "no file has the section" in err


def test_if_present_passes_over_files_without_the_section(write, capsys):
    other, broken = write("[server]\n", "other.toml"), write(BROKEN)

    assert 0 == main(["validate", "--if-present", other])
    assert 1 == main(["validate", "--if-present", other, broken])
    assert "section-not-found" not in capsys.readouterr().out
    assert 2 == main(["validate", "--if-present", "absent.toml"])


def test_another_section_is_named(write, capsys):
    assert 1 == main(["validate", "--section", 'tools."code.run"', write('[tools."code.run"]\nx = 1\n')])


def test_variables_come_from_the_environment_or_a_file(write, capsys, monkeypatch):
    config = write('[features.code_execution]\ntimeout_secs = "${T}"\n')
    monkeypatch.setenv("T", "0")
    assert 1 == main(["validate", config])
    assert 0 == main(["validate", "--env-file", write("# c\n\nT=7\nT=5\n", "a.env"), config])
    assert 1 == main(["validate", "--env-file", write("T=7\nT\n", "b.env"), config])
    assert 0 == main(["validate", "--env-file", write(b"\xef\xbb\xbfT=5\r\n", "c.env"), config])
    monkeypatch.delenv("T")
    assert 1 == main(["validate", "--env-file", write("T\n", "d.env"), config])
    assert 0 == main(["validate", "--offline", config])


def test_a_value_in_an_env_file_is_verbatim(write, capsys):
    config = write('[features.code_execution.mode.external]\nurl = "https://x"\napi_key = "${K}"\n')

    assert 0 == main(["validate", "--env-file", write('K=a=b "c" # d\n', "a.env"), config])
    assert 1 == main(["validate", "--env-file", write("K=trailing \n", "b.env"), config])
    assert "malformed-secret" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A=1\n=canary\n", "line 2"),
        ("A B=canary\n", "line 1"),
        (b"A=1\nB=\xffcanary\n", "line 2"),
        ("canary b\n", "line 1"),
    ],
)
def test_a_bad_line_of_an_env_file_is_told_by_number_only(write, capsys, text, said):
    assert 2 == main(["validate", "--env-file", write(text, "a.env"), write(VALID)])
    err = capsys.readouterr().err
    assert said in err
    assert "canary" not in err


def test_the_variables_that_files_may_read_can_be_limited(write, capsys, monkeypatch):
    monkeypatch.setenv("T_ONE", "7")
    config = write('[features.code_execution]\ntimeout_secs = "${T_ONE}"\n')

    assert 0 == main(["validate", "--allow-env", "A_*", "--allow-env", "T_*", config])
    assert 1 == main(["validate", "--allow-env", "A_*", config])


@pytest.mark.parametrize(
    ("options", "env", "coloured"),
    [
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {}, False),
        ([], {}, False),
    ],
)
def test_colour_without_a_terminal_is_asked_for(write, options, env, coloured):
    done = run("validate", *options, write(BROKEN), env=env)

    assert coloured == (b"\x1b[" in done.stdout)


@pytest.mark.parametrize(
    ("options", "env", "coloured"),
    [([], {}, True), ([], {"NO_COLOR": "1"}, False), ([], {"TERM": "dumb"}, False), (["--color", "never"], {}, False)],
)
def test_colour_on_a_terminal_can_be_declined(write, options, env, coloured):
    primary, secondary = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "codeexec_config", "validate", *options, write(BROKEN)],
        stdout=secondary,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", **env},
    ) as process:
        process.wait()
    os.close(secondary)
    printed = os.read(primary, 65536)
    os.close(primary)

    assert coloured == (b"\x1b[" in printed)


@pytest.mark.parametrize("form", ["text", "concise", "json"])
def test_a_closed_pipe_ends_it_silently(write, form):
    keys = "".join(f"k{number} = 1\n" for number in range(900))
    name = write("[features.code_execution]\n" + keys)
    with subprocess.Popen(
        [sys.executable, "-m", "codeexec_config", "validate", "--format", form, name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        err = process.stderr.read()

    assert 1 == process.returncode
    assert b"" == err


def test_a_closed_pipe_ends_the_help_silently():
    with subprocess.Popen(
        [sys.executable, "-m", "codeexec_config", "validate", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        err = process.stderr.read()

    assert b"" == err


def test_a_name_that_is_no_text_is_still_a_name(tmp_path):
    done = run("validate", os.fsdecode(bytes(tmp_path) + b"/\xff.toml"))

    assert 2 == done.returncode
    assert b"unreadable-file" in done.stdout


def test_an_interrupt_is_no_traceback(write, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("codeexec_config.cli.checking.check_file", interrupt)

    assert 130 == main(["validate", write(VALID)])
    assert ("", "interrupted before a file was checked\n") == capsys.readouterr()


def test_paths_may_stand_on_both_sides_of_an_option(write, capsys):
    names = [write(BROKEN, name) for name in ("a.toml", "b.toml", "-c.toml", "d.toml")]

    status = main(["validate", names[0], "--format", "concise", names[1], "--strict", names[3], "--", names[2]])

    assert 1 == status
    assert [names[0], names[1], names[3], names[2]] == [
        line.split(":")[0] for line in capsys.readouterr().out.split() if line.endswith(":2:1:")
    ]


def test_standard_input_may_stand_behind_an_option(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(VALID.encode())))

    assert 0 == main(["validate", "-", "--strict", "-"])
    assert "checked 1 file: all valid\n" == capsys.readouterr().err


def test_an_interrupt_of_any_command_is_no_traceback(monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("codeexec_config.schema.schema_text", interrupt)

    assert 130 == main(["schema"])
    assert ("", "") == capsys.readouterr()


def test_a_stream_that_cannot_be_reconfigured_is_left_alone(write, capsys, monkeypatch):
    class Stream:
        def __init__(self, stream):
            self.write, self.flush, self.isatty = stream.write, stream.flush, stream.isatty

    monkeypatch.setattr(sys, "stderr", Stream(sys.stderr))

    assert 0 == main(["validate", write(VALID)])


class _Closed(io.StringIO):
    """A standard output whose reader has gone, on a new descriptor."""

    def __init__(self, descriptor):
        super().__init__()
        self._descriptor = descriptor

    def write(self, _):
        raise BrokenPipeError

    def flush(self):
        raise BrokenPipeError

    def fileno(self):
        return self._descriptor


@pytest.mark.parametrize(("arguments", "status"), [(["validate", "--help"], 0), (["validate", "app.toml"], 1)])
def test_what_is_left_for_a_closed_pipe_goes_nowhere(write, monkeypatch, tmp_path, arguments, status):
    write(BROKEN)
    with (tmp_path / "out").open("wb") as out:
        monkeypatch.setattr(sys, "stdout", _Closed(out.fileno()))

        assert status == main(arguments)
        assert 0 == os.fstat(out.fileno()).st_size
        os.write(out.fileno(), b"gone")
    assert b"" == (tmp_path / "out").read_bytes()


@pytest.mark.parametrize(
    ("stdin", "code"),
    [
        (BROKEN.encode(), "unknown-key"),
        (b"\xff", "invalid-encoding"),
        (b"#" * (16 * 1024 * 1024 + 1), "file-too-large"),
    ],
    ids=["broken", "bytes", "large"],
)
def test_what_is_piped_in_is_named_by_its_dash(monkeypatch, capsys, stdin, code):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))

    assert 1 == main(["validate", "--format", "json", "-"])
    [entry] = json.loads(capsys.readouterr().out)["files"]
    assert ("-", code) == (entry["path"], entry["diagnostics"][0]["code"])


def test_what_is_piped_in_has_a_place(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\xff")))

    main(["validate", "--format", "concise", "-"])

    assert capsys.readouterr().out.startswith("-:1:1: error[invalid-encoding]")


def test_colour_can_be_asked_for(write, capsys):
    main(["validate", "--color", "always", write(BROKEN)])

    assert "\x1b[1;31merror" in capsys.readouterr().out


def test_it_runs_nothing_when_it_is_imported(capsys):
    names = runpy.run_module("codeexec_config", run_name="imported")

    assert callable(names["run"])
    assert ("", "") == capsys.readouterr()


@pytest.mark.parametrize("is_held_up", [False, True])
def test_it_runs_as_a_module(is_held_up, write, monkeypatch, capsys):
    """A thread that is left would hold up the end of the process, which then ends at once."""
    ended = []
    monkeypatch.setattr(sys, "argv", ["codeexec_config", "validate", write(BROKEN)])
    monkeypatch.setattr(threading, "active_count", lambda: 2 if is_held_up else 1)
    monkeypatch.setattr(os, "_exit", ended.append)

    with pytest.raises(SystemExit) as caught:
        runpy.run_module("codeexec_config", run_name="__main__")

    assert 1 == caught.value.code
    assert [1] * is_held_up == ended


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "app.toml"],
        ["validate", "--format", "sarif", "app.toml"],
        ["conformance", "host:make"],
        ["schema", "--output", "schema.json"],
    ],
)
def test_a_working_folder_that_was_removed_is_told(arguments, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()

    assert 2 == main(arguments)

    out, err = capsys.readouterr()
    assert "" == out
    assert "error: the working folder was removed: change to one that exists" in err


def test_a_file_of_ours_that_is_missing_is_a_bug(monkeypatch):
    monkeypatch.setattr("codeexec_config.cli._run", lambda _: Path("missing").read_text())

    with pytest.raises(FileNotFoundError):
        main([])
