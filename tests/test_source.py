"""Reading: which bytes are TOML text, which are not, and where the first error is."""

from __future__ import annotations

import datetime as dt
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import Diagnostic, Position, check_file, check_text, limits
from codeexec_config.document import Document
from codeexec_config.document.parse import decode, parse, read
from tests.test_scanner import same
from tests.toml_writer import documents

MOST = limits.MAX_FILE_BYTES
DIGITS = "1" * limits.MAX_INTEGER_DIGITS
DEEP = limits.MAX_DEPTH
PARTS = limits.MAX_KEY_PARTS
SECTION = "[features.code_execution]\n"


def data(text: str) -> dict[str, Any]:
    document = parse(text, "app.toml")
    assert isinstance(document, Document)
    return document.data


def refusal(text: str) -> Diagnostic:
    diagnostic = parse(text, "app.toml")
    assert isinstance(diagnostic, Diagnostic)
    assert ("invalid-toml", "error", "app.toml") == (diagnostic.code, diagnostic.severity, diagnostic.file)
    return diagnostic


def offsets(diagnostic: Diagnostic) -> tuple[int, int]:
    assert diagnostic.span is not None
    return diagnostic.span.start.offset, diagnostic.span.end.offset


# -- the data of a text ------------------------------------------------------------------------------------------------


@given(documents())
def test_a_document_of_any_spelling_says_what_it_was_written_for(written: tuple[str, dict[str, Any]]) -> None:
    text, expected = written
    assert same(expected, data(text))


@given(documents(), st.sampled_from(("\n", "\r\n")))
def test_a_byte_order_mark_changes_nothing(written: tuple[str, dict[str, Any]], line_end: str) -> None:
    text, expected = written
    assert same(expected, data("\ufeff" + text + line_end))


@pytest.mark.parametrize("text", ["", "\n", " \t\r\n", "# nothing", "\ufeff"])
def test_an_empty_text_says_nothing(text: str) -> None:
    assert {} == data(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'a = "\e\x41"', "\x1bA"),
        (r'a = """\x41"""', "A"),
        ("a = 12:30", dt.time(12, 30)),
        ("a = 2020-01-02T12:30Z", dt.datetime(2020, 1, 2, 12, 30, tzinfo=dt.UTC)),
        ("a = 2020-01-02 12:30", dt.datetime(2020, 1, 2, 12, 30)),  # noqa: DTZ001 -- a local date-time of TOML
        ("a = {\n b = 1, # why\n c.d = 2,\n}", {"b": 1, "c": {"d": 2}}),
        ("a = {\r\n b = 1,\r\n}", {"b": 1}),
        ("a = [{b = 1,}, 2]", [{"b": 1}, 2]),
        ('a = {"\\x41" = """\r\nx\r\n"""}', {"A": "x\n"}),
    ],
)
def test_toml_1_1_is_read_on_every_interpreter(text: str, expected: Any) -> None:
    assert {"a": expected} == data(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 0000-01-01", dt.date(2000, 1, 1)),
        ("a = 23:59:60", dt.time(23, 59, 59)),
        ("a = [1990-12-31T23:59:60.5Z]", [dt.datetime(1990, 12, 31, 23, 59, 59, 500_000, tzinfo=dt.UTC)]),
        ('a = [0000-01-01T23:59:60, "\\e"]', [dt.datetime(2000, 1, 1, 23, 59, 59), "\x1b"]),  # noqa: DTZ001 -- local
    ],
)
def test_moments_that_python_has_no_type_for_are_toml(text: str, expected: Any) -> None:
    assert {"a": expected} == data(text)


def test_keys_of_toml_1_1_are_read_wherever_they_stand() -> None:
    text = '["\\x61"."\\e"]\n"\\x62".c = {d = "\\e",}\n[[z]]\n[[z]]\n"\\x63" = "\\e"\n'
    assert {"a": {"\x1b": {"b": {"c": {"d": "\x1b"}}}}, "z": [{}, {"c": "\x1b"}]} == data(text)


def test_values_are_plain_built_ins() -> None:
    [value] = data('a = {b = ["\\e", 1, 1.5, true, {}],}').values()
    assert [dict, list, str, int, float, bool, dict] == [type(value), type(value["b"]), *map(type, value["b"])]


# -- limits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"a = {'[' * DEEP}{']' * DEEP}",
        f"a = {'{b=' * DEEP}1{'}' * DEEP}",
        "a = " + "[\n" * DEEP + "]\n" * DEEP,
        f"a = {'{b=' * DEEP}1,{'}' * DEEP}",
        ".".join(["a"] * PARTS) + " = 1",
        f"[{'.'.join(['a'] * PARTS)}]\n{'.'.join(['b'] * PARTS)} = {'[' * DEEP}{']' * DEEP}",
        f"a = {DIGITS}",
        f"a = -{DIGITS}",
        f"a = 0x{DIGITS}",
        f"a = {DIGITS}.{DIGITS}",
        "a = '" + "x." * 5000 + "'",
    ],
    ids=lambda text: f"{text[:12]!r}...{len(text)}",
)
def test_a_text_may_reach_the_limits(text: str) -> None:
    assert data(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (f"a = {'[' * DEEP}[]{']' * DEEP}", 4 + DEEP),
        (f"a = {'{b=' * DEEP}{{}}{'}' * DEEP}", 4 + 3 * DEEP),
        ("a = " + "[\n" * DEEP + "[]" + "]\n" * DEEP, 4 + 2 * DEEP),
        (f"a = {'{b=' * DEEP}{{b=1,}}{'}' * DEEP}", 4 + 3 * DEEP),
        (f"a = {'[' * 100_000}", 4 + DEEP),
        (f"a = {'[' * 100_000}{']' * 100_000}", 4 + DEEP),
        (".".join(["a"] * PARTS) + ".b = 1", 2 * PARTS),
        (".".join(["a"] * 100_000) + " = 1", 2 * PARTS),
        (f"[{'.'.join(['a'] * PARTS)}.b]", 2 * PARTS + 1),
        (f"[[{'.'.join(['a'] * PARTS)}.b]]", 2 * PARTS + 2),
        (f"a = {{{'.'.join(['a'] * PARTS)}.b = 1}}", 2 * PARTS + 5),
        (f"a = {DIGITS}1", 4),
        (f"a = -{DIGITS}1", 4),
        (f"a = 0x{DIGITS}1", 4),
        (f"a = [\n0o{DIGITS}1\n]", 6),
        (f"a = 1{'_1' * len(DIGITS)}", 4),
    ],
    ids=lambda value: f"{value[:12]!r}...{len(value)}" if isinstance(value, str) else None,
)
def test_beyond_a_limit_a_text_is_refused_at_the_place(text: str, at: int) -> None:
    assert (at, at + 1) == offsets(refusal(text))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_may_hold_16_mib_and_not_a_byte_more(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "app.toml"
    comment = (mark + "#").encode()
    path.write_bytes(comment.ljust(MOST, b"x"))
    assert ["section-not-found"] == [found.code for found in check_file(path).diagnostics]
    path.write_bytes(comment.ljust(MOST + 1, b"x"))
    [found] = check_file(path).diagnostics
    assert ("file-too-large", None, str(path)) == (found.code, found.span, found.file)


def test_the_limit_of_a_text_counts_bytes() -> None:
    assert ["section-not-found"] == [found.code for found in check_text("#é".ljust(MOST - 1)).diagnostics]
    assert ["file-too-large"] == [found.code for found in check_text("#é".ljust(MOST)).diagnostics]
    assert ["file-too-large"] == [found.code for found in check_text("#".ljust(MOST + 1)).diagnostics]


# -- encodings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "position"),
    [
        (b"\xff", Position(1, 1, 0)),
        (b"# \xe9", Position(1, 3, 2)),
        ("# é\n漢\r\n".encode() + b"  \xe2\x82", Position(3, 3, 9)),
        ("\ufeffab".encode() + b"\xc3(", Position(1, 3, 3)),
        ("\ufeff\nab".encode() + b"\x80", Position(2, 3, 4)),
        (b"\xed\xa0\x80", Position(1, 1, 0)),
        (b"\xff\xfea\x00", Position(1, 1, 0)),
    ],
)
def test_bytes_that_are_no_utf_8_are_refused_at_the_first(raw: bytes, position: Position, tmp_path: Path) -> None:
    path = tmp_path / "app.toml"
    path.write_bytes(raw)
    [found] = check_file(path).diagnostics
    assert ("invalid-encoding", str(path)) == (found.code, found.file)
    assert found.span is not None
    assert (position, position.offset + 1) == (found.span.start, found.span.end.offset)
    assert None is found.excerpt


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_wide_encoding_is_named_at_the_beginning(encoding: str, mark: str) -> None:
    found = decode((mark + SECTION + "enabled = true\n").encode(encoding))
    assert isinstance(found, Diagnostic)
    assert ("invalid-encoding", f"the file is {encoding[:6].upper()}, not UTF-8") == (found.code, found.message)
    assert found.span is not None
    assert Position(1, 1, 0) == found.span.start
    assert "PowerShell" in (found.help or "")


@pytest.mark.parametrize(
    ("raw", "guess"),
    [
        ("a = 'déjà vu'".encode("cp1252"), True),
        (b"a = '\x93quoted\x94'", True),
        ("a = 'é' # ".encode() + b"\xe9\xe8", False),
        (b"a = '\xe2\x82'", False),
    ],
)
def test_an_older_encoding_is_guessed_where_every_odd_byte_stands_alone(raw: bytes, guess: bool) -> None:  # noqa: FBT001
    found = decode(raw)
    assert isinstance(found, Diagnostic)
    assert guess == ("Windows-1252" in (found.help or ""))


def test_a_nul_in_a_text_of_utf_8_is_no_matter_of_its_encoding() -> None:
    assert "\0\0\0\0" == decode(b"\0\0\0\0")


def test_half_of_a_surrogate_pair_is_no_text_of_a_file() -> None:
    [found] = check_text("a = 'é'\n# \udcff\n", filename="x.toml").diagnostics
    assert ("invalid-encoding", "x.toml") == (found.code, found.file)
    assert found.span is not None
    assert Position(2, 3, 10) == found.span.start


def test_utf_8_is_decoded_as_it_is() -> None:
    assert "\ufeffé\r\n" == decode(b"\xef\xbb\xbf\xc3\xa9\r\n")


# -- what is not TOML --------------------------------------------------------------------------------------------------


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("code", [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
@pytest.mark.parametrize("frame", ["a = 1{}", "# {}\n", "a = '{}'", '"{}" = 1', 'a = """{}"""', "{}"])
def test_a_control_character_is_refused_where_it_stands(frame: str, code: int) -> None:
    at = frame.index("{}")
    assert (at, at + 1) == offsets(refusal(frame.format(chr(code))))


@pytest.mark.parametrize("text", ["\r", "a = 1\r", "a = 1\rb = 2", "# \r", "a = '''\r'''", "a = [\r]", "\r\r\n"])
def test_a_carriage_return_alone_is_refused_where_it_stands(text: str) -> None:
    at = text.index("\r")
    assert (at, at + 1) == offsets(refusal(text))


def test_the_first_of_two_things_that_are_no_toml_is_told() -> None:
    assert (4, 5) == offsets(refusal("a = x\nb = '\0'"))
    assert (5, 6) == offsets(refusal("a = '\0'\nb = x"))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a = 2020-02-30", "2020-02"),
        ("a = 2020-13-01", "2020"),
        ("a = 24:00:00", "24"),
        ("b = '''\r\n'''\r\na = 2020-02-30", "2020"),
        ("a = 24:00", "24"),
        ("a = 2020-02-30T12:30", "2020"),
        ("a = [2020-01-01,\n 2020-02-30]", "2020-02"),
        ("b = 12:30\na = 2020-02-30", "2020"),
        ("a = 2020-02-30\nb = 12:30", "2020"),
        ("b = '\\e'\nc = \"\\e\"\na = 2020-02-30", "2020"),
        ('"\\e" = 1\na = 2020-02-30', "2020"),
        ('"\\e" = 2020-02-30', "2020"),
        ("a = {b = 12:30,\n c = 2020-01-01,\n d = 24:00}", "24"),
        ("a = {b = 12:30,\n c = 2020-01-01,\n d = 2020-02-30}", "2020-02"),
    ],
)
def test_a_date_or_time_that_is_none_is_refused_where_it_stands(text: str, at: str) -> None:
    assert text.index(at) == offsets(refusal(text))[0]


@pytest.mark.parametrize("text", ["a", "a =", "a = [1,\n", "a = {b = 1", "[a", "[a]\nb"])
def test_what_the_end_of_the_file_cuts_off_has_an_empty_place_there(text: str) -> None:
    assert (len(text), len(text)) == offsets(refusal(text))


@pytest.mark.parametrize("text", ["a = 12:30", "a = '\\x41'\nb = \"\\x41\""])
def test_a_text_that_no_parser_takes_is_refused_whatever_the_scanner_says(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: str) -> None:
        raise ValueError

    monkeypatch.setattr("tomllib.loads", refuse)
    assert (0, 1) == offsets(refusal(text))


def test_a_second_byte_order_mark_is_refused() -> None:
    found = refusal("\ufeff\ufeffa = 1")
    assert found.span is not None
    assert Position(1, 1, 1) == found.span.start


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("a = 1\nb = 2\n a = 3\n", (0, 1), (13, 14)),
        ("\ufeffa = 1\r\n'a' = 3\r\n", (1, 2), (8, 9)),
        ("[x.y]\n[x]\n[x . y]", (3, 4), (15, 16)),
        ("a = {b = 1, 'b' = 2}", (5, 6), (12, 13)),
        ("a = {\nb = 1, b = 2\n}", (6, 7), (13, 14)),
    ],
)
def test_a_key_given_twice_is_told_at_the_second_and_related_to_the_first(
    text: str, first: tuple[int, int], second: tuple[int, int]
) -> None:
    found = refusal(text)
    [related] = found.related
    assert related.span is not None
    assert (second, first) == (offsets(found), (related.span.start.offset, related.span.end.offset))
    assert "app.toml" == related.file


def test_an_unquoted_reference_is_told_to_be_quoted() -> None:
    text = SECTION + "timeout_secs = ${T}\n"
    found = refusal(text)
    assert text.index("$") == offsets(found)[0]
    assert "quote it" in (found.help or "")
    assert "quote it" not in (refusal("a = T").help or "")


def test_what_is_no_toml_is_the_only_finding() -> None:
    report = check_text(SECTION + "timeout_sec = 1\nmode = 3\n]", filename="app.toml")
    assert (["invalid-toml"], None) == ([found.code for found in report.diagnostics], report.config)


# -- files that cannot be read -----------------------------------------------------------------------------------------


def _socket() -> str:
    # Names of sockets are short; a folder of the tests may be too long for one.
    path = str(Path(tempfile.mkdtemp()) / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
    return path


def _fifo(folder: Path) -> str:
    os.mkfifo(folder / "fifo")
    return str(folder / "fifo")


UNREADABLE: dict[str, Any] = {
    "absent": lambda folder: folder / "absent.toml",
    "below a file": lambda folder: Path(__file__) / folder.name,
    "a folder": lambda folder: folder,
    "a pipe": _fifo,
    "a device": lambda _: "/dev/zero",
    "a socket": lambda _: _socket(),
    "no name": lambda _: "",
    "a NUL in the name": lambda _: "a\0b",
    "a name no system has": lambda _: "\ud800",
    "a name too long": lambda _: "x" * 5000,
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_path_that_cannot_be_read_is_one_finding_without_a_place(kind: str, tmp_path: Path) -> None:
    path = UNREADABLE[kind](tmp_path)
    report = check_file(path)
    [found] = report.diagnostics
    assert ("unreadable-file", None, None, os.fspath(path)) == (found.code, found.span, found.excerpt, found.file)
    assert None is report.config


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_permissions_close_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "app.toml"
    path.touch(mode=0)
    assert ["unreadable-file"] == [found.code for found in check_file(path).diagnostics]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes by name")
def test_what_is_not_a_regular_file_may_be_piped_in(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    [found] = check_file(tmp_path / "pipe").diagnostics
    assert "pipe it in" in (found.help or "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes by name")
def test_what_stands_in_a_pipe_is_left_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    both = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        os.write(both, b"a = 1\n")
        [found] = check_file(tmp_path / "pipe").diagnostics
        assert "not a regular file" == found.message
        assert b"a = 1\n" == os.read(both, 100)
    finally:
        os.close(both)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no terminals of a program's own")
def test_what_is_typed_at_a_terminal_is_left_there() -> None:
    keyboard, terminal = os.openpty()
    try:
        os.write(keyboard, b"a = 1\n")
        [found] = check_file(os.ttyname(terminal)).diagnostics
        assert "not a regular file" == found.message
        assert b"a = 1\n" == os.read(terminal, 100)
    finally:
        os.close(keyboard)
        os.close(terminal)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system has no /proc")
def test_a_file_that_names_no_size_is_read() -> None:
    assert Path("/proc/self/status").stat().st_size == 0
    raw = read("/proc/self/status")

    assert isinstance(raw, bytes)
    assert raw.startswith(b"Name:")
    assert b"VmSize:" in raw


@pytest.mark.parametrize("pieces", [[3], [2, 5, 1], [8], [9, 4, 7]])
def test_a_file_that_is_read_in_pieces_is_read_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pieces: list[int]
) -> None:
    """A network's file system may return less than was asked for, and a file may grow while it is read."""
    path = tmp_path / "app.toml"
    path.write_bytes(b"a = 1 #\n")
    whole = b"a = 1 #\n" + b"b = 2 # more\n" * (sum(pieces) > len(b"a = 1 #\n"))
    left = iter(pieces)
    at = 0

    def some(_: int, most: int) -> bytes:
        nonlocal at
        piece = whole[at : at + min(most, next(left, len(whole)))]
        at += len(piece)
        return piece

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", some)
        raw = read(str(path))

    assert whole == raw


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text(SECTION)
    (tmp_path / "link.toml").symlink_to("app.toml")
    assert () == check_file(tmp_path / "link.toml").diagnostics


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_a_name_that_is_no_utf_8_is_read(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.toml")
    Path(path).write_text(SECTION)
    assert () == check_file(path).diagnostics


@pytest.mark.parametrize("around", ["", "".join(f"[host.{n}]\nport = {n}\nat = 2026-01-01\n" for n in range(200))])
@pytest.mark.parametrize("nested", [("[", "", "]"), ("{b=", "1", "}"), ("[1, ", "2", ", 3]")])
@pytest.mark.parametrize(("depth", "found"), [(limits.MAX_DEPTH, []), (limits.MAX_DEPTH + 1, ["invalid-toml"])])
def test_brackets_nest_up_to_the_limit_whatever_stands_around_them(depth, found, nested, around):
    opening, inside, closing = nested
    text = f"a = {opening * depth}{inside}{closing * depth}\n{around}[features.code_execution]\n"

    assert found == [d.code for d in check_text(text, env={}).diagnostics]
