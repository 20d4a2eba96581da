"""`--fix` while another program writes: nothing it writes is lost, however it writes."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from codeexec_config.cli import replacing, settling
from codeexec_config.cli.exchanging import exchange
from codeexec_config.cli.replacing import ReplaceError, replace
from codeexec_config.cli.settling import settled
from tests.counts import tries

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="this system cannot exchange two files")


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "app.toml"
    path.write_text("old\n")
    return path


def refused(words="in the meantime"):
    """Replace a file that may not be, which leaves no other file behind."""
    with pytest.raises(ReplaceError, match=words):
        replace("app.toml", b"new\n", expected=b"old\n")
    assert ["app.toml"] == os.listdir()  # noqa: PTH208


def after_the_exchange(monkeypatch, act):
    def exchange_and_act(one, other):
        done = exchange(one, other)
        monkeypatch.setattr(replacing, "exchange", exchange)
        act()
        return done

    monkeypatch.setattr(replacing, "exchange", exchange_and_act)


def test_a_file_that_nobody_else_has_open_is_replaced(file):
    replace("app.toml", b"new\n", expected=b"old\n")

    assert "new\n" == file.read_text()
    assert ["app.toml"] == os.listdir()  # noqa: PTH208


def test_who_opened_the_old_file_before_may_write_it_afterwards(file, monkeypatch):
    """A file that is looked at twice is written a third time; once it is closed, no program can write to it."""
    stream = file.open("a")
    looks = []
    is_quiet = settling._is_quiet

    def look(descriptor):
        looks.append(is_quiet(descriptor))
        if len(looks) == 2:
            stream.write("theirs\n")
            stream.close()
        return looks[-1]

    monkeypatch.setattr(settling, "_is_quiet", look)

    refused()
    assert [False, False, True] == looks[:3]
    assert "old\ntheirs\n" == file.read_text()


def test_a_file_that_stays_open_is_left_alone(file, monkeypatch):
    monkeypatch.setattr(settling, "_ATTEMPTS", 2)
    with file.open("a") as stream:
        refused("another program has the file open for writing")
        stream.write("theirs\n")

    assert "old\ntheirs\n" == file.read_text()


def test_what_readers_have_open_is_replaced(file):
    with file.open():
        replace("app.toml", b"new\n", expected=b"old\n")

    assert "new\n" == file.read_text()


def test_what_was_added_to_the_new_file_is_kept_when_the_old_one_goes_back(file, monkeypatch):
    stream = file.open("a")

    def add_to_both():
        stream.write("first\n")
        stream.close()
        with file.open("a") as new:
            new.write("second\n")

    after_the_exchange(monkeypatch, add_to_both)

    refused()
    assert "old\nfirst\nsecond\n" == file.read_text()


@pytest.mark.parametrize("whole", [True, False])
def test_a_new_file_that_was_written_anew_stays(file, monkeypatch, whole):
    """As without `--fix` in between: the last program to write the whole file wins."""
    stream = file.open("a")

    def write_both():
        stream.write("first\n")
        stream.close()
        other = file.with_name("theirs") if whole else file
        other.write_text("anew\n")
        other.replace(file)

    after_the_exchange(monkeypatch, write_both)

    refused()
    assert "anew\n" == file.read_text()


def test_a_new_file_that_stays_open_stays(file, monkeypatch):
    monkeypatch.setattr(settling, "_ATTEMPTS", 2)
    streams = []

    with file.open("a"):
        after_the_exchange(monkeypatch, lambda: streams.append(file.open("a")))
        with pytest.raises(ReplaceError, match="open for writing"):
            replace("app.toml", b"new\n", expected=b"old\n")
        streams[0].write("theirs\n")
        streams[0].close()

    assert "new\ntheirs\n" == file.read_text()


APPEND = """
import sys
for number in range(int(sys.argv[1])):
    with open("app.toml", "a") as file:
        file.write(f"# {number}\\n")
print("done")
"""


def test_lines_that_are_added_all_the_time_all_arrive(file):
    """Whether the file is replaced in between or left alone; those of such a moment may change places."""
    count = tries(500, full=20_000)
    with subprocess.Popen([sys.executable, "-c", APPEND, str(count)], stdout=subprocess.PIPE) as writer:
        number, has_ended = 0, False
        while not has_ended:
            number, has_ended = number + 1, writer.poll() is not None
            before = file.read_bytes()
            with suppress(ReplaceError):
                replace("app.toml", b"%d\n%s" % (number, before.partition(b"\n")[2]), expected=before)
        assert b"done\n" == writer.communicate()[0]

    first, *lines = file.read_text().splitlines()
    assert str(number) == first
    assert sorted(f"# {each}" for each in range(count)) == sorted(lines)


def test_an_interrupt_puts_the_old_file_back(file, monkeypatch):
    def interrupt(_):
        monkeypatch.undo()
        os.chdir(file.parent)
        raise KeyboardInterrupt

    monkeypatch.setattr(replacing, "settled", interrupt)

    with pytest.raises(KeyboardInterrupt):
        replace("app.toml", b"new\n", expected=b"old\n")
    assert "old\n" == file.read_text()


def test_who_is_about_to_open_a_file_is_let_in_first(file, monkeypatch):
    """The lease makes them wait, and shows that they do."""
    opened = []
    pause = time.sleep

    def open_meanwhile(secs):
        if not opened:
            opened.append(threading.Thread(target=lambda: file.open("a").close()))
            opened[0].start()
            for _ in range(5_000):
                if "BREAKING" in Path("/proc/locks").read_text():
                    break
                pause(0.001)
        pause(secs)

    looks = []
    is_quiet = settling._is_quiet
    monkeypatch.setattr(settling, "_is_quiet", lambda number: looks.append(is_quiet(number)) or looks[-1])
    monkeypatch.setattr(settling.time, "sleep", open_meanwhile)

    assert b"old\n" == settled("app.toml")
    opened[0].join()
    assert [False, True] == [looks[0], looks[-1]]


@pytest.mark.parametrize("reason", [PermissionError, OSError, AttributeError, ImportError])
def test_a_file_system_without_leases_is_read_at_once(file, monkeypatch, reason):
    def fail(*_):
        raise reason

    monkeypatch.setattr("fcntl.fcntl", fail)
    with file.open("a"):
        assert b"old\n" == settled("app.toml")
