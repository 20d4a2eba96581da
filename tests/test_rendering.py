"""Views of a report: text for people, a line a finding, and JSON. Only here are whole sentences asserted on."""

from __future__ import annotations

import json
import traceback

import attrs
import pytest

from codeexec_config import (
    ConfigError,
    Deferred,
    Diagnostic,
    Edit,
    Fix,
    Position,
    Related,
    Report,
    Severity,
    Span,
    check_mapping,
    check_text,
)
from codeexec_config.rendering.concise import render_concise
from codeexec_config.rendering.structured import document, file_entry
from codeexec_config.rendering.text import ANSI, render_plain, render_text, shown, width

HEAD = "[features.code_execution]\n"


def span(line: int, start: int, end: int, *, last: int | None = None) -> Span:
    return Span(Position(line, start, start), Position(last or line, end, end if last is None else 1000))


def finding(excerpt: str | None, where: Span | None, **changes: object) -> Diagnostic:
    base = Diagnostic(
        code="wrong-type", severity=Severity.ERROR, message="no", span=where, file="app.toml", excerpt=excerpt
    )
    return attrs.evolve(base, **changes)  # type: ignore[arg-type] # evolve checks no keywords that it cannot see


def report(text: str, **options: object) -> str:
    return str(check_text(text, filename="app.toml", env={}, **options))  # type: ignore[arg-type] # passed through


def marked(excerpt: str, where: Span) -> list[str]:
    """Return the source line and the line of its mark, without what frames them."""
    lines = render_plain([finding(excerpt, where)]).splitlines()
    return [line[4:] for line in lines[3:5]]


# -- text --------------------------------------------------------------------------------------------------------------


def test_a_finding_shows_its_line_with_the_mark_the_code_and_the_way_out() -> None:
    assert """\
error[unknown-key]: unknown key `timeout_sec`
 --> app.toml:2:1
  |
2 | timeout_sec = ** #****
  | ^^^^^^^^^^^
  |
  = help: did you mean `timeout_secs`?""" == report(HEAD + "timeout_sec = 30 # why\n")


def test_another_place_in_the_same_line_is_marked_beside() -> None:
    assert """\
warning[duplicate-language]: `python` is already listed
 --> app.toml:2:32
  |
2 | allowed_languages = ["python", "python"]
  |                      --------  ^^^^^^^^
  |                      first listed here
  |
  = help: remove the duplicate""" == report(HEAD + 'allowed_languages = ["python", "python"]\n')


def test_another_place_in_another_line_is_a_note_behind_the_help() -> None:
    assert """\
error[ambiguous-mode]: `external` is a second mode beside `wasm`
  --> app.toml:10:1
   |
10 | external = 1
   | ^^^^^^^^
   |
   = help: keep one of them
note: the first mode is here
  --> app.toml:2:1
   |
 2 | wasm = {}
   | ^^^^""" == report("[features.code_execution.mode]\nwasm = {}" + "\n" * 8 + "external = 1\n").replace("= *", "= 1")


def test_a_key_given_twice_shows_both_places() -> None:
    assert """\
error[invalid-toml]: duplicate key `a`
 --> app.toml:2:1
  |
2 | a = *
  | ^
  |
  = help: keep one of them
note: first given here
 --> app.toml:1:1
  |
1 | a = *
  | ^""" == report("a = 1\na = 2\n")


def test_findings_are_parted_by_a_blank_line() -> None:
    first, second = report(HEAD + "a = 1\nb = 2\n").split("\n\n")
    assert "error[unknown-key]: unknown key `a`" == first.splitlines()[0]
    assert "error[unknown-key]: unknown key `b`" == second.splitlines()[0]


def test_a_finding_without_a_place_names_its_file() -> None:
    [found] = check_text("#" * (16 * 1024 * 1024 + 1), filename="big.toml").diagnostics
    assert """\
error[file-too-large]: the file is over 16 MiB
 --> big.toml
  = help: no configuration is this large; is this the right file?""" == render_plain([found])


def test_a_finding_without_a_file_names_its_key() -> None:
    assert """\
error[wrong-type]: expected a string, found an integer
 --> features.code_execution.allowed_languages[1]
  = help: each entry is a name, such as "python\"""" == str(check_mapping({"allowed_languages": ["python", 1]}))


@pytest.mark.parametrize(
    ("section", "key", "where"),
    [
        ('a."b.c"', "x", 'a."b.c".x'),
        ("a.b.c", "x", "a.b.c.x"),
        ("a.b", "c.x", 'a.b."c.x"'),
        ("a", "b x", 'a."b x"'),
        ("a", "", 'a.""'),
        ("a", 'b"', r'a."b\""'),
        ('"".a', "x", '"".a.x'),
    ],
)
def test_a_finding_without_a_file_names_its_key_as_toml_spells_it(section: str, key: str, where: str) -> None:
    """Two paths are told apart: a dot within a name is no dot between names."""
    checked = check_mapping({key: 1}, section=section)
    [found] = checked.diagnostics

    assert f" --> {where}" == str(checked).splitlines()[1]
    assert str(found).startswith(f"{where}: error[unknown-key]: ")


def test_a_finding_with_nothing_but_a_message_is_one_line() -> None:
    assert "error[wrong-type]: no" == render_plain([finding(None, None, file=None)])


def test_other_places_of_a_mapping_are_left_out() -> None:
    assert "first listed here" not in str(check_mapping({"allowed_languages": ["python", "python"]}))


def test_an_exception_is_the_text_of_its_findings() -> None:
    found = finding("x", span(1, 1, 2))
    assert render_plain([found]) == str(ConfigError([found]))


def test_no_findings_are_no_text() -> None:
    assert "" == render_text([]) == render_plain([]) == render_concise([])


@pytest.mark.parametrize(
    ("excerpt", "where", "expected"),
    [
        ("abc", span(1, 2, 3), ["abc", " ^"]),
        ("a", span(1, 2, 2), ["a", " ^"]),
        ("", span(1, 1, 1), ["", "^"]),
        ("\ta = 1", span(1, 6, 7), ["    a = 1", "        ^"]),
        ("ab\tc\t= 1", span(1, 4, 8), ["ab  c   = 1", "    ^^^^^^"]),
        ("\t\tx", span(1, 2, 4), ["        x", "    ^^^^^"]),
        ("'漢字' = 1", span(1, 1, 5), ["'漢字' = 1", "^^^^^^"]),
        ("'漢字' = 1", span(1, 8, 9), ["'漢字' = 1", "         ^"]),
        ("漢\tx", span(1, 3, 4), ["漢  x", "    ^"]),
        ("e\u0301e = 1", span(1, 3, 4), ["e\u0301e = 1", " ^"]),
        ("e\u0301", span(1, 2, 3), ["e\u0301", " ^"]),
        ("☂\ufe0fx", span(1, 3, 4), ["☂\ufe0fx", " ^"]),
        ("\U0001f600 = 1", span(1, 3, 4), ["\U0001f600 = 1", "   ^"]),
        ("ｱA", span(1, 2, 3), ["ｱA", " ^"]),
        ("a\u202eb\u2066c", span(1, 5, 6), ["a\ufffdb\ufffdc", "    ^"]),
        ("a\x1b[2J\x07\x9bb", span(1, 8, 9), ["a\ufffd[2J\ufffd\ufffdb", "       ^"]),
        ("a\u200bb\u2028c", span(1, 5, 6), ["a\ufffdb\ufffdc", "    ^"]),
        ("a = [ # why  ", span(1, 5, 2, last=3), ["a = [ # why", "    ^^^^^^^"]),
        ("…" + "a" * 40 + "bcd", span(1, 200, 202), ["…" + "a" * 40 + "bcd", " " * 41 + "^^"]),
        ("…a", span(1, 2, 3), [".a", " ^"]),
    ],
)
def test_the_mark_stands_under_its_stretch_as_a_terminal_draws_it(
    excerpt: str, where: Span, expected: list[str]
) -> None:
    assert expected == marked(excerpt.replace("…a", ".a") if len(excerpt) == 2 else excerpt, where)


def test_a_mark_ends_where_the_line_is_cropped() -> None:
    text = report(HEAD + f"mode = '{'x' * 300}'\n")
    [source, mark] = text.splitlines()[3:5]
    assert len(source) == len(mark)
    assert source.endswith("x…")


@pytest.mark.parametrize("text", ["a\tb", "漢\t字", "\x00\x1b\x7f\x85\xad\u2029"])
def test_a_shown_line_holds_nothing_that_moves_the_cursor(text: str) -> None:
    assert shown(text).isprintable()
    assert width(shown(text)) >= len(text)


def test_names_from_a_file_are_printed_without_what_moves_the_cursor() -> None:
    text = report(HEAD + '"\\u001b]0;x\\u0007\\n\\u202e" = 1\n')
    assert r"`\u{1b}]0;x\u{7}\u{a}\u{202e}`" in text.splitlines()[0]
    assert r" --> \u{1b}:2:1" in str(check_text(HEAD + "a = 1\n", filename="\x1b"))


def test_colours_tint_the_severity_the_mark_and_the_frame() -> None:
    found = check_text(HEAD + "Mode = 1\n", filename="x", env={}).diagnostics
    assert [
        "\x1b[1;31merror[unknown-key]\x1b[0m\x1b[1m: unknown key `Mode`\x1b[0m",
        " \x1b[1;34m-->\x1b[0m x:2:1",
        "  \x1b[1;34m|\x1b[0m",
        "\x1b[1;34m2\x1b[0m \x1b[1;34m|\x1b[0m Mode = *",
        "  \x1b[1;34m|\x1b[0m \x1b[1;31m^^^^\x1b[0m",
        "  \x1b[1;34m|\x1b[0m",
        "  \x1b[1;34m=\x1b[0m \x1b[1mhelp\x1b[0m: did you mean `mode`?",
    ] == render_text(found, ANSI).splitlines()


@pytest.mark.parametrize(
    ("severity", "tint"), [("error", "\x1b[1;31m"), ("warning", "\x1b[1;33m"), ("note", "\x1b[1;36m")]
)
def test_each_severity_has_its_colour(severity: str, tint: str) -> None:
    found = finding("x", span(1, 1, 2), severity=Severity(severity))
    text = render_text([found], ANSI)
    assert text.startswith(f"{tint}{severity}[")
    assert f"{tint}^\x1b[0m" in text


def test_without_colour_the_text_is_the_same() -> None:
    text = 'allowed_languages = ["漢", "python",\n\t"python", 1]\nmode = { external = {}, wasm = {} }\n'
    found = check_text(HEAD + text, filename="x", env={}).diagnostics
    coloured = render_text(found, ANSI)
    for sequence in filter(None, ANSI):
        coloured = coloured.replace(sequence, "")
    assert render_text(found) == coloured


# -- a line a finding --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (finding("x", span(3, 7, 8)), "app.toml:3:7: error[wrong-type]: no"),
        (finding("x", span(3, 7, 8), file=None), "3:7: error[wrong-type]: no"),
        (finding("x", span(3, 7, 8), help="do"), "app.toml:3:7: error[wrong-type]: no (do)"),
        (finding(None, None), "app.toml: error[wrong-type]: no"),
        (finding(None, None, file=None, path=("a", 1, "b")), "a[1].b: error[wrong-type]: no"),
        (finding(None, None, file=None), "error[wrong-type]: no"),
        (finding(None, None, file="a\nb\x1b"), r"a\u{a}b\u{1b}: error[wrong-type]: no"),
    ],
)
def test_a_line_names_the_place_as_editors_read_it(found: Diagnostic, expected: str) -> None:
    assert expected == str(found)
    assert f"{expected}\n{expected}\n" == render_concise([found, found])


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_json_has_the_fields_of_the_contract_in_its_order() -> None:
    text = HEAD + 'timeout_sec = 5\nallowed_languages = ["python", "python"]\nmode = "${M}"\n'
    checked = check_text(text, filename="app.toml", env={})
    expected = {
        "version": 1,
        "summary": {"files": 1, "valid": 0, "errors": 2, "warnings": 1},
        "files": [
            {
                "path": "app.toml",
                "valid": False,
                "env_reads": [],
                "deferred": [],
                "diagnostics": [
                    {
                        "code": "unknown-key",
                        "severity": "error",
                        "message": "unknown key `timeout_sec`",
                        "path": ["features", "code_execution", "timeout_sec"],
                        "span": {
                            "start": {"line": 2, "column": 1, "offset": 26},
                            "end": {"line": 2, "column": 12, "offset": 37},
                        },
                        "help": "did you mean `timeout_secs`?",
                        "related": [],
                        "fix": {
                            "title": "write `timeout_secs`",
                            "edits": [
                                {
                                    "span": {
                                        "start": {"line": 2, "column": 1, "offset": 26},
                                        "end": {"line": 2, "column": 12, "offset": 37},
                                    },
                                    "text": "timeout_secs",
                                }
                            ],
                        },
                    },
                    {
                        "code": "duplicate-language",
                        "severity": "warning",
                        "message": "`python` is already listed",
                        "path": ["features", "code_execution", "allowed_languages", 1],
                        "span": {
                            "start": {"line": 3, "column": 32, "offset": 73},
                            "end": {"line": 3, "column": 40, "offset": 81},
                        },
                        "help": "remove the duplicate",
                        "related": [
                            {
                                "message": "first listed here",
                                "file": "app.toml",
                                "span": {
                                    "start": {"line": 3, "column": 22, "offset": 63},
                                    "end": {"line": 3, "column": 30, "offset": 71},
                                },
                            }
                        ],
                        "fix": {
                            "title": "remove the second `python`",
                            "edits": [
                                {
                                    "span": {
                                        "start": {"line": 3, "column": 30, "offset": 71},
                                        "end": {"line": 3, "column": 40, "offset": 81},
                                    },
                                    "text": "",
                                }
                            ],
                        },
                    },
                    {
                        "code": "reference-not-allowed",
                        "severity": "error",
                        "message": "`mode` takes no reference: what decides the isolation is in the file",
                        "path": ["features", "code_execution", "mode"],
                        "span": {
                            "start": {"line": 4, "column": 9, "offset": 91},
                            "end": {"line": 4, "column": 13, "offset": 95},
                        },
                        "help": "write the name itself",
                        "related": [],
                        "fix": None,
                    },
                ],
            }
        ],
    }
    built = document([file_entry("app.toml", checked, valid=checked.ok)])
    assert json.dumps(expected) == json.dumps(built)


def test_json_says_null_for_what_there_is_not() -> None:
    bare = finding(None, None, related=(Related("there", None, None),))
    [entry] = file_entry("x", Report(config=None, diagnostics=(bare,)), valid=False)["diagnostics"]
    assert {"span": None, "help": None, "fix": None} == {key: entry[key] for key in ("span", "help", "fix")}
    assert [{"message": "there", "file": None, "span": None}] == entry["related"]


def test_json_lists_what_was_read_and_what_was_not() -> None:
    entry = file_entry(
        "x", Report(config=None, deferred=(Deferred(("a", 0), "${B}"),), env_reads=("A", "C")), valid=True
    )
    assert ["A", "C"] == entry["env_reads"]
    assert [{"path": ["a", 0], "reference": "${B}"}] == entry["deferred"]
    assert ["path", "valid", "env_reads", "deferred", "diagnostics"] == list(entry)


def test_json_counts_files_and_findings() -> None:
    severities = (Severity.ERROR, Severity.WARNING, Severity.WARNING, Severity.NOTE)
    found = tuple(finding(None, None, severity=severity) for severity in severities)
    entries = [
        file_entry("a", Report(config=None, diagnostics=found), valid=False),
        file_entry("b", Report(config=None), valid=True),
    ]
    assert {"files": 2, "valid": 1, "errors": 1, "warnings": 2} == document(iter(entries))["summary"]


def test_json_holds_every_edit_of_a_fix() -> None:
    fix = Fix("both", (Edit(span(1, 1, 2), "a"), Edit(span(2, 1, 2), "b")))
    [entry] = file_entry("x", Report(config=None, diagnostics=(finding(None, None, fix=fix),)), valid=False)[
        "diagnostics"
    ]
    assert ["a", "b"] == [edit["text"] for edit in entry["fix"]["edits"]]


def test_the_repr_of_a_finding_names_its_fields_in_order() -> None:
    assert "Edit(span=Span(start=Position(line=1, column=1, offset=1), end=None), text='y')" == repr(
        Edit(attrs.evolve(span(1, 1, 2), end=None), "y")  # type: ignore[arg-type]
    )


def test_a_finding_that_was_not_made_can_be_shown() -> None:
    with pytest.raises(ValueError, match="unheard") as caught:
        Diagnostic(code="x", severity="unheard", message="m")

    shown_locals = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "Diagnostic(code='x', severity=NOTHING" in shown_locals
