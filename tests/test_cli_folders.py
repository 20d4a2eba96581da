"""Which files a command line names: folders, links, duplicates, and what is skipped."""

import io
import os
import shutil
from pathlib import Path

import pytest

from codeexec_config.cli import main
from codeexec_config.cli.checking import _mentions
from codeexec_config.cli.files import Finder

HEADER = "[features.code_execution]\n"
BROKEN = f"{HEADER}stray = 1\n"


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(*names, text=BROKEN):
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text)

    return make


def found(*paths):
    return [place.path for place in Finder(paths)]


def test_files_of_a_folder_come_before_those_below_it_by_name(make):
    make("d/b.toml", "d/a/z.toml", "d/c.toml", "d/a/a.toml", "d/b/x.toml")

    assert ["d/b.toml", "d/c.toml", "d/a/a.toml", "d/a/z.toml", "d/b/x.toml"] == found("d")


def test_the_suffix_may_be_written_in_any_case(make):
    make("d/UPPER.TOML", "d/Mixed.Toml", "d/toml", "d/x.tomls")

    assert ["d/Mixed.Toml", "d/UPPER.TOML"] == found("d")


def test_what_is_skipped_in_a_folder_is_read_when_it_is_given(make):
    make(
        "d/.hidden.toml", "d/.git/a.toml", "d/node_modules/a.toml", "d/__pycache__/a.toml", "d/venv/a.toml", "v/a.toml"
    )
    make("d/venv/pyvenv.cfg", "v/pyvenv.cfg", text="")
    given = ("d/.hidden.toml", "d/.git", "d/node_modules", "v")

    assert [] == found("d")
    assert ["d/.hidden.toml", "d/.git/a.toml", "d/node_modules/a.toml", "v/a.toml"] == found(*given)


def test_a_folder_that_holds_nothing_says_what_was_passed_over(make, capsys):
    make("d/.hidden.toml", "d/node_modules/a.toml", "d/venv/pyvenv.cfg", "d/.cache/x", "e/good.toml")
    make("f/other.toml", text="[server]\n")

    assert 0 == main(["validate", "d"])
    out, err = capsys.readouterr()
    skipped = "d/.hidden.toml, d/.cache, d/node_modules, d/venv"
    assert ("", f"d: no file has the section, or anything like it; skipped: {skipped}\n") == (out, err)

    assert 1 == main(["validate", "d", "e", "f"])
    err = capsys.readouterr().err
    assert "d: no file" in err
    assert "f: no file has the section, or anything like it\n" in err
    assert "e: no file" not in err


def test_a_folder_whose_file_is_named_as_well_is_not_said_to_hold_nothing(make, capsys):
    make("d/a.toml", "e/other.toml", text="[server]\n")
    make("d/b.toml", text=HEADER)
    Path("link.toml").symlink_to("d/b.toml")
    Path("e/b.toml").symlink_to("../d/b.toml")

    assert 0 == main(["validate", "link.toml", "d", "e"])
    assert "checked 1 file: all valid\n" == capsys.readouterr().err


def test_a_few_of_many_that_were_passed_over_are_named(make, capsys):
    make(*(f"d/.{number}.toml" for number in range(9)))

    main(["validate", "d"])

    assert "skipped: d/.0.toml, d/.1.toml, d/.2.toml, d/.3.toml, d/.4.toml, and more\n" in capsys.readouterr().err


def test_kubernetes_folders_are_followed_and_read_once(make):
    make("k/..2026_01_01/conf.d/app.toml", "k/..2026_01_01/top.toml")
    Path("k/..data").symlink_to("..2026_01_01")
    Path("k/conf.d").symlink_to("..data/conf.d")
    Path("k/other.d").symlink_to("..data/conf.d")
    Path("k/top.toml").symlink_to("..data/top.toml")

    assert ["k/top.toml", "k/conf.d/app.toml"] == found("k")


def test_links_in_a_circle_end(make):
    make("d/a/x.toml")
    Path("d/a/up").symlink_to("..")
    Path("d/self.toml").symlink_to("self.toml")
    Path("d/loop").symlink_to("loop")

    assert ["d/self.toml", "d/a/x.toml"] == found("d")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("a.toml", "./a.toml", "a.toml"), ["a.toml"]),
        (("d", "d/b.toml"), ["d/c.toml", "d/b.toml"]),
        (("d/b.toml", "d"), ["d/b.toml", "d/c.toml"]),
        (("d", "./d", "link"), ["d/b.toml", "d/c.toml"]),
        (("link", "d"), ["link/b.toml", "link/c.toml"]),
        (("-", "-", "a.toml"), ["-", "a.toml"]),
        (("absent.toml", "./absent.toml"), ["absent.toml"]),
        (("to-a.toml", "a.toml"), ["to-a.toml"]),
        (("links", "d"), ["links/1.toml", "d/c.toml"]),
        (("d", "links"), ["d/b.toml", "d/c.toml"]),
        (("same",), ["same/b.toml"]),
        (("a.toml", "hard.toml"), ["a.toml", "hard.toml"]),
        (("dangling",), ["dangling/x.toml"]),
        (("hard.toml", "hards"), ["hard.toml", "hards/a.toml"]),
    ],
)
def test_the_same_file_is_read_once(make, paths, expected):
    make("a.toml", "d/b.toml", "d/c.toml", "same/b.toml")
    for name, target in {
        "link": "d",
        "to-a.toml": "a.toml",
        "links/1.toml": "../d/b.toml",
        "links/2.toml": "../d/b.toml",
        "same/a.toml": "b.toml",
        "dangling/x.toml": "nowhere",
    }.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).symlink_to(target)
    os.link("a.toml", "hard.toml")
    Path("hards").mkdir()
    os.link("a.toml", "hards/a.toml")

    assert expected == found(*paths)


def test_a_link_to_what_a_walk_passes_over_is_read(make):
    make("d/a.txt", "d/.b.toml")
    Path("d/a.toml").symlink_to("a.txt")
    Path("d/b.toml").symlink_to(".b.toml")

    assert ["d/a.toml", "d/b.toml"] == found("d")


def test_a_folder_that_cannot_be_read_does_not_stop_the_rest(make, monkeypatch, capsys):
    make("d/a/x.toml", "d/b/y.toml", text=HEADER)
    scan = os.scandir

    def refuse(path):
        if path.endswith("a"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)

    assert 2 == main(["validate", "--format", "concise", "d"])
    out, err = capsys.readouterr()
    assert f"{Path('d/a')}: error[unreadable-file]: cannot read the folder: permission denied\n" == out
    assert "checked 2 files: 1 error, 0 warnings\n" == err


def test_a_file_that_cannot_be_read_does_not_stop_the_rest(make, capsys):
    make("d/b.toml")
    os.mkfifo("d/a.toml")

    assert 2 == main(["validate", "d", "absent.toml"])
    assert ["unreadable-file", "unknown-key", "unreadable-file"] == [
        line.partition("[")[2].partition("]")[0]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("error")
    ]


def test_a_file_that_goes_while_a_folder_is_read_is_passed_over(make, monkeypatch, capsys):
    from codeexec_config import check_file
    from codeexec_config.cli import checking

    make("d/a.toml", text="x = \n")

    def check_and_remove(path, **arguments):
        report = check_file(path, **arguments)
        shutil.rmtree("d")
        return report

    monkeypatch.setattr(checking, "check_file", check_and_remove)

    assert 0 == main(["validate", "d"])
    assert "no file has the section" in capsys.readouterr().err


def test_standard_input_may_be_somebody_elses_file_too(make, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"[code_execution]\ntimeout_secs = 1\n")))

    assert 0 == main(["validate", "--if-present", "-"])
    assert "warning[misplaced-section]" in capsys.readouterr().out


def test_a_file_that_is_gone_by_now_mentions_nothing(tmp_path):
    assert not _mentions(str(tmp_path / "gone.toml"), "code_execution")
