"""Streams that are closed, full, piped, or a terminal."""

import contextlib
import os
import pty
import shlex
import subprocess
import sys
from types import SimpleNamespace

import pytest

from codeexec_config.cli import main, streams
from codeexec_config.cli.streams import LostOutputError, Output, colours, guarded, read_standard_input

PROGRAM = shlex.join([sys.executable, "-m", "codeexec_config"])
CLOSED = "cannot write to standard output: it is closed"
FULL = "cannot write to standard output: no space left on device"
HEADER = "[features.code_execution]\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.toml").write_text(HEADER)
    (tmp_path / "bad.toml").write_text(f"{HEADER}stray = 1\n")
    return tmp_path


def shell(folder, command):
    return subprocess.run(
        ["bash", "-c", f"{PROGRAM} {command}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )


@pytest.mark.parametrize("command", ["validate bad.toml", "validate good.toml", "schema", "--help", "--version"])
def test_a_closed_output_is_status_2_and_a_word(folder, command):
    done = shell(folder, f"{command} >&-")

    assert 2 == done.returncode
    assert CLOSED in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", ["validate --format json bad.toml", "schema", "conformance --help", "validate --help"]
)
def test_a_full_output_is_status_2_and_a_word(folder, command):
    done = shell(folder, f"{command} >/dev/full")

    assert 2 == done.returncode
    assert FULL in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full", ">&- 2>&-", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize("command", ["validate good.toml", "valdate"])
def test_errors_that_cannot_be_told_are_status_2(folder, command, stream):
    done = shell(folder, f"{command} {stream}")

    assert 2 == done.returncode
    assert "" == done.stderr


def test_findings_are_printed_although_the_summary_cannot_be(folder):
    done = shell(folder, "validate bad.toml 2>&-")

    assert 2 == done.returncode
    assert "error[unknown-key]" in done.stdout


def test_quiet_needs_no_stream_for_errors(folder):
    assert 0 == shell(folder, "validate --quiet good.toml 2>&-").returncode


def test_a_closed_input_matters_only_to_what_reads_it(folder):
    assert 0 == shell(folder, "validate good.toml <&-").returncode
    done = shell(folder, "validate - good.toml <&-")

    assert 2 == done.returncode
    assert "cannot read standard input: it is closed" in done.stdout
    assert "checked 2 files: 1 error" in done.stderr


def test_an_input_that_cannot_be_read_is_said(folder):
    done = shell(folder, "validate - 0>/dev/null")

    assert 2 == done.returncode
    assert "cannot read standard input" in done.stdout
    assert "Traceback" not in done.stderr


def test_no_file_is_opened_in_a_closed_streams_place(folder):
    """A fix writes a file; with standard error closed that file must not become standard error."""
    (folder / "bad.toml").write_text(f"{HEADER}timeout_sec = 5\n")
    done = shell(folder, "validate --fix bad.toml >&- 2>&- <&-")

    assert 2 == done.returncode
    assert f"{HEADER}timeout_secs = 5\n" == (folder / "bad.toml").read_text()


@pytest.mark.parametrize(("command", "status"), [("schema", 0), ("validate bad.toml", 1), ("--help", 0)])
def test_a_closed_pipe_ends_it_silently(folder, command, status):
    done = shell(folder, f"{command} | true; echo ${{PIPESTATUS[0]}}")

    assert ("", f"{status}\n") == (done.stderr.replace("checked 1 file: 1 error, 0 warnings\n", ""), done.stdout)


# -- the same in this process ------------------------------------------------------------------------------------------


class Failing:
    """A stream that fails as it is told to."""

    def __init__(self, error, *, late=False):
        self._error = error
        self._late = late
        self.written = []

    def write(self, text):
        if not self._late:
            raise self._error
        self.written.append(text)

    def flush(self):
        raise self._error

    def isatty(self):
        return True


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(28, "No space left on device"), "no space left on device"), (ValueError("closed"), "it is closed")],
)
def test_a_vital_stream_raises_once(error, reason, late):
    output = Output(Failing(error, late=late), is_vital=True)

    with pytest.raises(LostOutputError) as caught:
        print("x", file=output, flush=True)
    assert reason == caught.value.reason
    print("y", file=output, flush=True)


@pytest.mark.parametrize(("error", "is_lost"), [(OSError(5, "I/O error"), True), (BrokenPipeError(), False)])
def test_a_stream_that_is_not_vital_remembers(error, is_lost):
    output = Output(Failing(error), is_vital=False)
    print("x", file=output, flush=True)

    assert is_lost == output.is_lost


def test_a_closed_stream_is_no_terminal(monkeypatch):
    assert not Output(None, is_vital=True).isatty()
    assert Output(Failing(OSError()), is_vital=True).isatty()


def test_all_else_of_a_stream_is_there():
    assert sys.stdout.encoding == Output(sys.stdout, is_vital=True).encoding


def test_a_full_stream_in_this_process(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Failing(OSError(28, "No space left on device")))

    assert 2 == main(["validate", str(folder / "bad.toml")])
    assert FULL in capsys.readouterr().err


def test_closed_streams_in_this_process(folder, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(streams, "_occupy_descriptors", lambda: None)

    assert 2 == main(["schema"])
    assert CLOSED in capsys.readouterr().err


def test_lost_errors_in_this_process(folder, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Failing(OSError(28, "No space left on device")))

    assert 2 == main(["validate", str(folder / "good.toml")])


def test_descriptors_of_closed_streams_are_occupied(monkeypatch):
    given = iter([0, 2, 7])
    opened, closed = [], []
    monkeypatch.setattr(os, "open", lambda path, _: opened.append(path) or next(given))
    monkeypatch.setattr(os, "close", closed.append)
    monkeypatch.setattr(sys, "stdin", None)

    with guarded():
        pass

    assert [os.devnull] * 3 == opened
    assert [7] == closed


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(9, "Bad file descriptor"), "bad file descriptor"), (OSError(), "it is closed")],
)
def test_the_reason_of_an_input_that_cannot_be_read(monkeypatch, error, reason):
    def read(_):
        raise error

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=SimpleNamespace(read=read)))
    assert reason == read_standard_input(1)

    monkeypatch.setattr(sys, "stdin", None)
    assert "it is closed" == read_standard_input(1)


def test_standard_input_that_is_closed_is_a_finding(monkeypatch, capsys):
    monkeypatch.setattr("codeexec_config.cli.streams.read_standard_input", lambda _: "it is closed")

    assert 2 == main(["validate", "-"])
    assert "cannot read standard input: it is closed" in capsys.readouterr().out


# -- colour ------------------------------------------------------------------------------------------------------------

TERMINAL = SimpleNamespace(isatty=lambda: True)
PIPE = SimpleNamespace(isatty=lambda: False)


@pytest.mark.parametrize(
    ("option", "stream", "environ", "coloured"),
    [
        ("auto", TERMINAL, {}, True),
        ("auto", PIPE, {}, False),
        ("always", PIPE, {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", TERMINAL, {"FORCE_COLOR": "1"}, False),
        ("auto", TERMINAL, {"NO_COLOR": "1"}, False),
        ("auto", TERMINAL, {"NO_COLOR": ""}, True),
        ("auto", TERMINAL, {"TERM": "dumb"}, False),
        ("auto", PIPE, {"FORCE_COLOR": "1"}, True),
        ("auto", PIPE, {"FORCE_COLOR": "true", "TERM": "dumb"}, True),
        ("auto", PIPE, {"FORCE_COLOR": ""}, False),
        ("auto", PIPE, {"FORCE_COLOR": "0"}, False),
        ("auto", TERMINAL, {"FORCE_COLOR": "0"}, True),
        ("auto", TERMINAL, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_decided_as_others_do(option, stream, environ, coloured):
    assert coloured == colours(option, stream, environ)


def test_force_color_reaches_the_report(folder):
    done = subprocess.run(
        [sys.executable, "-m", "codeexec_config", "validate", "bad.toml"],
        cwd=folder,
        capture_output=True,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"FORCE_COLOR": "1"},
    )

    assert b"\x1b[" in done.stdout


def read_all(terminal):
    """Read what a terminal was sent, however the system has cut it; its other end is closed, which is an error here."""
    printed = b""
    with contextlib.suppress(OSError):
        while some := os.read(terminal, 65536):
            printed += some
    return printed


def test_a_terminal_sees_how_far_a_long_run_is(folder, monkeypatch):
    """Time passes in this process as quickly as it is told to, so the test need not wait for it."""
    from codeexec_config.cli import progress

    now = iter(range(1000))
    monkeypatch.setattr(progress, "monotonic", lambda: next(now) * 0.6)
    primary, secondary = pty.openpty()
    with open(secondary, "w", encoding="utf-8") as terminal:  # noqa: PTH123 -- a descriptor
        monkeypatch.setattr(sys, "stderr", terminal)
        status = main(["validate", "--quiet", str(folder)]), main(["validate", "--jobs", "1", str(folder)])
    printed = read_all(primary).decode()
    os.close(primary)

    assert (1, 1) == status
    assert "\r\x1b[Kchecked 2 of 2 files: 1 finding\r\x1b[K" in printed
    assert printed.endswith("checked 2 files: 1 error, 0 warnings\r\n")
    assert 1 == printed.count("2 of 2")


def test_progress_waits_a_second_and_goes_away_before_anything_is_printed(folder, monkeypatch, capsys):
    from codeexec_config.cli import progress

    moments = iter([0.0, 0.5, 1.1, 1.15, 1.3])
    monkeypatch.setattr(progress, "monotonic", lambda: next(moments))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    shown = progress.Progress([str(folder)], is_wanted=True)

    shown.step(0)
    assert "" == capsys.readouterr().err
    shown.step(2)
    assert "\r\x1b[Kchecked 2 of 2 files: 2 findings" == capsys.readouterr().err
    shown.wipe()
    shown.wipe()
    assert "\r\x1b[K" == capsys.readouterr().err


def test_a_pipe_sees_no_progress(folder, monkeypatch, capsys):
    from codeexec_config.cli import progress

    now = iter(range(0, 1000, 10))
    monkeypatch.setattr(progress, "monotonic", lambda: next(now))

    main(["validate", str(folder)])

    assert "checked 2 files: 1 error, 0 warnings\n" == capsys.readouterr().err
