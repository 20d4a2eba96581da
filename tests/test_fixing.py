"""`--fix` and `--diff`, and the edits that they are made of."""

import ctypes
import json
import os
import re
import signal
import stat
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import Edit, Fix, Position, Span, check_text
from codeexec_config.cli import main, replacing
from codeexec_config.cli.diffing import masked
from codeexec_config.cli.exchanging import exchange
from codeexec_config.cli.fixing import mend, offers
from codeexec_config.cli.replacing import ReplaceError, replace
from codeexec_config.document.edits import apply_fixes, compatible, write_edits
from tests.counts import examples
from tests.test_fixes import ENV, Slips

HEADER = "[features.code_execution]\n"
BROKEN = f"{HEADER}timeout_sec = 5 # kept\n"
FIXED = f"{HEADER}timeout_secs = 5 # kept\n"
CANARY = "sk-canary-7f3a91"
SECTION = ("features", "code_execution")


def edit(start, end, text):
    return Edit(Span(Position(1, start + 1, start), Position(1, end + 1, end)), text)


def fix(*edits):
    return Fix("a fix", tuple(edit(*each) for each in edits))


def fixes_of(text):
    return offers(check_text(text, env=ENV))


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "app.toml"
    path.write_text(BROKEN)
    return path


# -- edits -------------------------------------------------------------------------------------------------------------


def test_fixes_are_applied_in_file_order():
    assert "aXcYe" == apply_fixes("abcde", [fix((3, 4, "Y")), fix((1, 2, "X"))])


@pytest.mark.parametrize(
    "late",
    [((2, 4, "Y"),), ((3, 3, "Y"),), ((1, 1, "Y"),), ((0, 5, ""),), ((4, 5, "Y"), (2, 3, "Z"))],
    ids=["overlap", "at its end", "at its start", "around", "one of two"],
)
def test_a_fix_that_overlaps_an_earlier_one_waits(late):
    first = fix((0, 1, ""), (1, 3, "X"))

    assert (first,) == compatible("abcde", [first, fix(*late)])


def test_edits_side_by_side_do_not_overlap():
    assert "XYcde" == apply_fixes("abcde", [fix((0, 1, "X")), fix((1, 2, "Y"))])


@pytest.mark.parametrize("late", [(3, 4, "Y"), (2, 3, "Y"), (3, 3, "Y"), (2, 4, "Y")])
def test_a_fix_that_touches_an_insertion_waits(late):
    first = fix((0, 1, ""), (3, 3, "X"))

    assert (first,) == compatible("abcde", [fix(late), first])


def test_a_fix_between_the_edits_of_another_goes_with_it():
    first, second = fix((0, 1, "X"), (3, 4, "Y")), fix((1, 3, "Z"))

    assert "XZYe" == apply_fixes("abcde", [second, first])


def test_a_fix_without_edits_does_nothing():
    assert "abc" == apply_fixes("abc", [Fix("nothing", ())])


@pytest.mark.parametrize("wrong", [None, "fix", 3])
def test_what_is_no_fix_is_a_type_error(wrong):
    with pytest.raises(TypeError, match="leave out the findings that have none"):
        apply_fixes("abc", [fix((0, 1, "X")), wrong])


@pytest.mark.parametrize("place", [(2, 9), (9, 9)])
def test_a_fix_of_another_text_is_a_value_error(place):
    with pytest.raises(ValueError, match="does not fit"):
        apply_fixes("abc", [fix((*place, "X"))])


def test_two_fixes_do_not_name_one_key_twice():
    text = f"{HEADER}timeout_sec = 5\ntimeoutSecs = 6\n"

    assert f"{HEADER}timeout_secs = 5\ntimeoutSecs = 6\n" == apply_fixes(text, fixes_of(text))


def test_two_fixes_do_not_merge_dotted_keys():
    text = f"{HEADER}mode.extern.url = 'https://x.example.com'\nmode.exteral.api_key = '${{K}}'\n"
    first, second = text.index("extern"), text.index("exteral")

    both = [fix((first, first + 6, "external")), fix((second, second + 7, "external"))]
    assert text.replace("extern.", "external.") == apply_fixes(text, both)


def test_two_fixes_do_not_merge_dotted_keys_in_an_array():
    text = "x = [[{ a.y = 1, b.z = 1 }]]\n"
    fixes = [fix((8, 9, "c")), fix((17, 18, "c"))]

    assert "x = [[{ c.y = 1, b.z = 1 }]]\n" == apply_fixes(text, fixes)


def test_two_fixes_do_not_make_one_header_of_two():
    text = "[a.c]\nx = 1\n[b.d]\nx = 1\n"
    fixes = [fix((3, 4, "d")), fix((13, 14, "a")), fix((6, 7, "y"))]

    assert "[a.d]\ny = 1\n[b.d]\nx = 1\n" == apply_fixes(text, fixes)


def test_fixes_with_the_same_text_go_together_where_they_mean_two_keys():
    text = f'{HEADER}timeout_secs = "30"\nmax_memory_mb = "30"\n'

    assert text.replace('"30"', "30") == apply_fixes(text, fixes_of(text))


def test_a_text_that_is_not_toml_takes_its_fixes():
    assert "x = true\ny = true" == apply_fixes("x = True\ny = True", [fix((4, 8, "true")), fix((13, 17, "true"))])


def test_what_makes_the_text_no_toml_together_waits():
    assert "x = [1]\n" == apply_fixes("x = [0]\n", [fix((5, 6, "1")), fix((6, 7, ""))])


def test_line_ends_of_an_edit_become_those_of_the_text():
    assert "a\r\nb\r\nc\r\n" == write_edits("a\r\nc\r\n", [edit(3, 3, "b\n")])
    assert "a\nb\nc\r\n" == write_edits("a\nc\r\n", [edit(2, 2, "b\n")])


@examples(100)
@given(st.randoms(use_true_random=False).map(lambda random: Slips(random).section()))
def test_mending_never_makes_it_worse_and_ends_with_nothing_that_helps(text):
    def check(text):
        return check_text(text, env=ENV)

    mended = mend(text, check)
    before, after = check(text), check(mended.text)

    assert (mended.fixed == 0) == (mended.text == text)
    assert bool(mended.fixed) == ((len(after.errors), len(after.warnings)) < (len(before.errors), len(before.warnings)))
    assert all(
        (len(report.errors), len(report.warnings)) >= (len(after.errors), len(after.warnings))
        for fix in offers(after)
        for report in [check(apply_fixes(mended.text, [fix]))]
    )


def test_when_fixes_do_not_help_together_each_is_tried():
    """A check that finds fewer mistakes only where a single fix was applied."""
    text = "ab"
    one, two = fix((0, 1, "X")), fix((1, 2, "Y"))

    def check(text):
        names = {"ab": "x = 1\ny = 1\n", "XY": "x = 1\ny = 1\n", "Xb": "x = 1\n"}
        report = check_text(HEADER + names[text])
        found = [
            d.__class__(code=d.code, severity=d.severity, message="", fix=f)
            for d, f in zip(report.errors, (one, two), strict=False)
        ]
        return report.__class__(config=None, diagnostics=tuple(found) if text == "ab" else report.diagnostics)

    mended = mend(text, check)

    assert ("Xb", 1) == (mended.text, mended.fixed)


# -- the command -------------------------------------------------------------------------------------------------------


def test_fix_writes_what_is_certain_and_checks_again(file, capsys):
    assert 0 == main(["validate", "--fix", "app.toml"])

    assert FIXED == file.read_text()
    assert ("", "checked 1 file: all valid (1 fixed)\n") == capsys.readouterr()


def test_fix_leaves_a_file_without_fixes_alone(file, capsys):
    file.write_text(f"{HEADER}stray = 1\n")
    before = file.stat().st_mtime_ns

    assert 1 == main(["validate", "--fix", "app.toml"])
    assert before == file.stat().st_mtime_ns
    assert "stray" in capsys.readouterr().out


def test_fix_goes_on_until_nothing_is_offered(file):
    file.write_text(f'{HEADER}timeout_secs = "30"\nallowed_languages = ["py", "Python", "python3"]\n')

    assert 0 == main(["validate", "--fix", "--strict", "app.toml"])
    assert f'{HEADER}timeout_secs = 30\nallowed_languages = ["python"]\n' == file.read_text()


def test_fix_does_not_depend_on_the_environment(file, monkeypatch):
    monkeypatch.delenv("CE_URL", raising=False)
    file.write_text(f'{HEADER}mode.extern.url = "${{CE_URL}}"\n')

    assert 1 == main(["validate", "--fix", "app.toml"])
    assert f'{HEADER}mode.external.url = "${{CE_URL}}"\n' == file.read_text()


def test_fix_keeps_bytes_mode_and_link(file, tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    target = real / "target.toml"
    target.write_bytes(b"\xef\xbb\xbf# \xc3\xa9\t\r\n" + BROKEN.replace("\n", "\r\n").encode() + b"# no end")
    target.chmod(0o640)
    file.unlink()
    file.symlink_to("real/target.toml")

    assert 0 == main(["validate", "--fix", "app.toml"])
    assert file.is_symlink()
    assert b"\xef\xbb\xbf# \xc3\xa9\t\r\n" + FIXED.replace("\n", "\r\n").encode() + b"# no end" == target.read_bytes()
    assert 0o640 == stat.S_IMODE(target.stat().st_mode)
    assert ["target.toml"] == os.listdir(real)  # noqa: PTH208


def test_json_counts_what_was_fixed(file, capsys):
    Path("good.toml").write_text(HEADER)

    main(["validate", "--fix", "--format", "json", "app.toml", "good.toml"])

    document = json.loads(capsys.readouterr().out)
    assert [1, 0] == [entry["fixed"] for entry in document["files"]]
    assert {"files": 2, "valid": 2, "errors": 0, "warnings": 0} == document["summary"]


def test_json_without_fix_counts_nothing(file, capsys):
    main(["validate", "--format", "json", "app.toml"])

    assert "fixed" not in json.loads(capsys.readouterr().out)["files"][0]


def test_a_file_that_changes_meanwhile_is_left_alone(file, monkeypatch, capsys):
    newer = f"{HEADER}timeout_sec = 6\n"

    def mend_slowly(text, check):
        file.write_text(newer)
        return mend(text, check)

    monkeypatch.setattr("codeexec_config.cli.fixing.mend", mend_slowly)

    assert 2 == main(["validate", "--fix", "app.toml"])
    out, err = capsys.readouterr()
    assert newer == file.read_text()
    assert "timeout_sec" in out
    assert "app.toml: the file was changed by someone else in the meantime" in err
    assert ["app.toml"] == os.listdir()  # noqa: PTH208


def test_a_file_that_is_gone_or_garbled_meanwhile_is_left_alone(file, monkeypatch, capsys):
    from codeexec_config.cli import checking

    def check_and_change(path, **arguments):
        report = check_text(file.read_text(), filename=path, **arguments)
        file.write_bytes(b"\xff")
        return report

    monkeypatch.setattr(checking, "check_file", check_and_change)

    assert 2 == main(["validate", "--fix", "app.toml"])
    assert "in the meantime" in capsys.readouterr().err


def test_a_read_only_file_is_left_alone(file, capsys):
    file.chmod(0o444)

    assert 2 == main(["validate", "--fix", "app.toml"])
    assert BROKEN == file.read_text()
    out, err = capsys.readouterr()
    assert "error[unknown-key]" in out
    assert "app.toml: the file is read-only" in err


def test_a_folder_that_takes_no_file_is_said(file, monkeypatch, capsys):
    def refuse(path, flags, *mode):
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *mode)

    opened = os.open
    monkeypatch.setattr(os, "open", refuse)

    assert 2 == main(["validate", "--fix", "app.toml"])
    assert "no file can be created in its folder" in capsys.readouterr().err
    assert BROKEN == file.read_text()


def test_the_owner_is_kept_or_the_file_is_left_alone(file, monkeypatch):
    owned = []
    monkeypatch.setattr(os, "fchown", lambda _, user, group: owned.append((user, group)))
    another = os.stat_result((0o600, 0, 0, 1, 12345, 0, 0, 0, 0, 0))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", lambda _: another)
        replace("app.toml", b"new", expected=BROKEN.encode())

    assert [(file.stat().st_uid, file.stat().st_gid)] == owned

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", lambda _: another)
        with pytest.raises(ReplaceError, match="its owner would change"):
            replace("app.toml", b"newer")
    assert b"new" == file.read_bytes()


def test_root_keeps_the_owner(file):
    if os.geteuid() != 0:
        pytest.skip("only root may give a file away")
    os.chown(file, 12345, 54321)
    file.chmod(0o2640)

    assert 0 == main(["validate", "--fix", "app.toml"])
    found = file.stat()
    assert (12345, 54321, 0o2640) == (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))


def test_a_system_without_owners_keeps_the_mode(file, monkeypatch):
    monkeypatch.delattr(os, "fchown")
    file.chmod(0o640)

    replace("app.toml", b"new")

    assert (b"new", 0o640) == (file.read_bytes(), stat.S_IMODE(file.stat().st_mode))


ACCESS_LIST = "system.posix_acl_access"
ONE_MORE_READER = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry)
    for entry in ((1, 6, 2**32 - 1), (2, 4, 12345), (4, 0, 2**32 - 1), (16, 4, 2**32 - 1), (32, 0, 2**32 - 1))
)
"""`user::rw-, user:12345:r--, group::---, mask::r--, other::---`."""


def test_the_access_list_and_other_attributes_are_kept(file):
    """Where there is a list, the mode's bits of the group are its mask: without it they would let the group in."""
    try:
        os.setxattr(file, ACCESS_LIST, ONE_MORE_READER)
        os.setxattr(file, "user.note", b"mine")
    except (AttributeError, OSError):
        pytest.skip("this system has no access lists as Linux has them")

    assert 0 == main(["validate", "--fix", "app.toml"])
    assert FIXED == file.read_text()
    assert (ONE_MORE_READER, b"mine") == (os.getxattr(file, ACCESS_LIST), os.getxattr(file, "user.note"))


@pytest.mark.parametrize(
    ("name", "is_kept_out"), [(ACCESS_LIST, True), ("user.note", True), ("security.selinux", False)]
)
def test_an_attribute_that_cannot_be_kept(file, monkeypatch, capsys, name, is_kept_out):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "listxattr", lambda _: [name], raising=False)
    monkeypatch.setattr(os, "getxattr", lambda *_: b"", raising=False)
    monkeypatch.setattr(os, "setxattr", refuse, raising=False)

    assert (2 if is_kept_out else 0) == main(["validate", "--fix", "app.toml"])
    assert (BROKEN if is_kept_out else FIXED) == file.read_text()
    assert is_kept_out == ("extended attribute cannot be kept" in capsys.readouterr().err)
    assert ["app.toml"] == os.listdir()  # noqa: PTH208


def test_a_system_without_attributes_writes_all_the_same(file, monkeypatch):
    monkeypatch.delattr(os, "listxattr", raising=False)

    assert 0 == main(["validate", "--fix", "app.toml"])
    assert FIXED == file.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_process_waits_for_the_file(file, monkeypatch, number):
    seen = []
    before = signal.signal(number, lambda *_: seen.append((os.listdir(), file.read_text())))  # noqa: PTH208
    sync = os.fsync

    def end(descriptor):
        signal.raise_signal(number)  # for this thread: others, of earlier tests, put off nothing
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", end)
    try:
        replace("app.toml", FIXED.encode())
    finally:
        signal.signal(number, before)

    assert (["app.toml"], FIXED) in seen
    assert all(folder == ["app.toml"] for folder, _ in seen)


def test_a_system_without_masks_of_signals_writes_all_the_same(file, monkeypatch):
    monkeypatch.delattr(signal, "pthread_sigmask")

    replace("app.toml", b"new")

    assert b"new" == file.read_bytes()


def test_a_file_that_went_away_has_changed(file, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: file.unlink(missing_ok=True))

    with pytest.raises(ReplaceError, match="in the meantime"):
        replace("app.toml", b"new", expected=BROKEN.encode())
    assert [] == os.listdir()  # noqa: PTH208


CAN_EXCHANGE = sys.platform == "linux"


@pytest.mark.skipif(not CAN_EXCHANGE, reason="this system cannot exchange two files")
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_written_at_the_last_moment_is_put_back(file, monkeypatch, whole):
    """Between the last look at the file and its replacement, by a whole new file or at the end of the old one."""

    def write_and_exchange(one, other):
        monkeypatch.setattr(replacing, "exchange", exchange)
        if whole:
            file.with_name("theirs").write_text("theirs")
            file.with_name("theirs").replace(file)
        else:
            with file.open("a") as stream:
                stream.write("theirs")
        return exchange(one, other)

    monkeypatch.setattr(replacing, "exchange", write_and_exchange)

    with pytest.raises(ReplaceError, match="in the meantime"):
        replace("app.toml", b"new", expected=BROKEN.encode())
    assert ("theirs" if whole else f"{BROKEN}theirs") == file.read_text()
    assert ["app.toml"] == os.listdir()  # noqa: PTH208


@pytest.mark.skipif(not CAN_EXCHANGE, reason="this system cannot exchange two files")
def test_two_files_are_exchanged(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other é"
    one.write_text("1")
    other.write_text("2")

    assert exchange(str(one), str(other))
    assert ("2", "1") == (one.read_text(), other.read_text())
    assert not exchange(str(one), str(tmp_path / "absent"))
    assert "2" == one.read_text()


@pytest.mark.parametrize("reason", [OSError, TypeError, AttributeError, ImportError])
def test_a_system_that_cannot_exchange_files_replaces_them(file, monkeypatch, reason):
    def fail(*_, **__):
        raise reason

    monkeypatch.setattr(ctypes, "CDLL", fail)
    replace("app.toml", b"new", expected=BROKEN.encode())

    assert b"new" == file.read_bytes()
    assert ["app.toml"] == os.listdir()  # noqa: PTH208


@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_standard_input_cannot_be_fixed(option, capsys):
    assert 2 == main(["validate", option, "-"])
    assert f"{option} needs a file" in capsys.readouterr().err


def test_diff_is_for_people(file, capsys):
    assert 2 == main(["validate", "--diff", "--format", "json", "app.toml"])
    assert "--diff is for people" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--diff"], ["--diff", "--fix"]])
def test_diff_shows_and_writes_nothing(file, capsys, options):
    file.write_text(f"{HEADER}timeout_sec = 5\nallowed_languages = ['py']\n")
    before = file.read_bytes()

    assert 1 == main(["validate", *options, "app.toml"])
    out, err = capsys.readouterr()
    assert before == file.read_bytes()
    assert " --> app.toml\n2 - timeout_sec = *\n2 + timeout_secs = *\n" in out
    assert "3 - allowed_languages = ['py']\n3 + allowed_languages = ['python']\n" in out
    assert "fixed" not in err


def test_diff_without_a_fix_shows_nothing_more(file, capsys):
    file.write_text(f"{HEADER}stray = 1\n")
    main(["validate", "app.toml"])
    plain = capsys.readouterr().out

    main(["validate", "--diff", "app.toml"])
    assert plain == capsys.readouterr().out


def test_a_fix_that_does_not_help_is_not_shown(file, monkeypatch, capsys):
    monkeypatch.setattr("codeexec_config.cli.fixing.offers", lambda _: [])

    assert 1 == main(["validate", "--diff", "app.toml"])
    assert "timeout_secs = " not in capsys.readouterr().out


def test_diff_has_colours(file, capsys):
    main(["validate", "--diff", "--quiet", "--color", "always", "app.toml"])

    assert "\x1b[1;31m- timeout_sec" in capsys.readouterr().out


@pytest.mark.parametrize(
    "lines",
    [
        f'api_kye = "{CANARY}"\ntimeout_sec = 5\n',
        f"timeout_sec = 5 # {CANARY}\n",
        f'languages2 = ["{CANARY}"]\nallowed-languages = ["{CANARY}"]\n',
        f'max-memory-mb = "{CANARY}"\ntimeoutSecs = "30"\n',
        f'mode = {{extern = {{url = "https://u:{CANARY}@x.example.com"}}}}\n',
        f'mode = {{extern = {{url = "https://x.example.com/?key={CANARY}", "api_key" = "{CANARY}"}}}}\n',
        f'[features.code_execution.mode.extern]\nurl = "https://x"\napi_key="{CANARY}"\n',
        f'[features.code_execution.mode.external]\nuri = "https://x"\napi-key="{CANARY}"\n',
        f'[features.code_execution.mode.external]\nurl = "https://x"\napi-key="{" " * 300}{CANARY}"\n',
        f'[server]\npassword = "{CANARY}"\n[features.code_execution.mode.sandboxed]\nruntime = "Docker"\n',
    ],
)
def test_a_diff_shows_nothing_that_an_excerpt_masks(file, capsys, lines):
    file.write_text(f"{HEADER}enabeld = true\n{lines}")

    main(["validate", "--diff", "app.toml"])
    main(["validate", "--fix", "--format", "json", "app.toml"])

    out, err = capsys.readouterr()
    assert " + " in out
    assert CANARY not in out + err


def test_what_is_written_next_to_something_masked_is_masked(file, capsys):
    file.write_text(f'{HEADER}timeout_sec = "3141"\n')

    main(["validate", "--diff", "--quiet", "app.toml"])

    assert "3141" not in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "\n", "x = [\n", "\ufeffx = 1\r\n[a]\r\n", f"y = '{'x' * 500}'\n{HEADER}"])
def test_a_masked_text_has_the_length_and_the_lines_of_the_text(text):
    hidden = masked(text, SECTION)

    assert re.sub(r"[^\r\n]", "x", text) == re.sub(r"[^\r\n]", "x", hidden)
    assert "xx" not in hidden


@pytest.mark.parametrize("length", [159, 160, 161, 199, 200, 201, 320, 321, 1000])
def test_a_long_line_is_put_together_from_its_excerpts(length):
    line = ("timeout_secs = " + "1234567890" * 100)[: length - 1] + "1"

    assert HEADER + line == masked(HEADER + line, SECTION)


@pytest.mark.parametrize(
    ("text", "fixes", "expected"),
    [
        ("a = 1234\n", [fix((4, 6, "9")), fix((6, 8, "8"))], "a = 98\n"),
        ("a = 1234\n", [fix((4, 8, "5")), fix((6, 6, "7"))], "a = 5\n"),
        ("a = 1234\n", [fix((6, 6, "7")), fix((4, 8, "5"))], "a = 5\n"),
        ("a = 1234\n", [fix((4, 6, "9")), fix((6, 6, "0"))], "a = 934\n"),
        ("a = 1234\n", [fix((4, 6, "9")), fix((7, 7, "0"))], "a = 9304\n"),
        ("a = True\nb = 1\n", [fix((4, 8, "true")), fix((13, 14, "true"))], "a = true\nb = true\n"),
    ],
)
def test_edits_that_touch_are_made_together_unless_one_only_inserts(text, fixes, expected):
    assert expected == apply_fixes(text, fixes)


def test_a_fix_that_is_left_out_hides_none_behind_it():
    text = f"{HEADER}Enabled = true\nenabld = false\ntimeout_sec = 3\n"
    fixes = [finding.fix for finding in check_text(text, env={}).errors if finding.fix]

    assert f"{HEADER}enabled = true\nenabld = false\ntimeout_secs = 3\n" == apply_fixes(text, fixes)


def test_fixes_that_write_one_line_go_one_by_one() -> None:
    text = f"{HEADER}disabled = true\nnot_enabled = true\n"
    fixes = fixes_of(text)

    assert 2 == len(fixes)
    assert f"{HEADER}enabled = false\nnot_enabled = true\n" == apply_fixes(text, fixes)
