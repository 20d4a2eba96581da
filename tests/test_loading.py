"""The public functions: their arguments, their warnings, and what they read."""

from __future__ import annotations

import inspect
import os
import pathlib
import warnings
from typing import TYPE_CHECKING, Any

import attrs
import cattrs
import pytest

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    ConfigWarning,
    Report,
    check_file,
    check_mapping,
    check_text,
    load,
    load_mapping,
    loads,
    register_hooks,
)
from codeexec_config.loading import section_path
from codeexec_config.testing import assert_no_leak

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = "[features.code_execution]\n"
WARNS = HEADER + 'allowed_languages = ["ruby", "klingon", "ruby"]\nmode.sandboxed.runtime = "gvisor"\n'
WARNED = ["duplicate-language", "unknown-language"]
TABLE: dict[str, Any] = {
    "allowed_languages": ["ruby", "klingon", "ruby"],
    "mode": {"sandboxed": {"runtime": "gvisor"}},
}


@pytest.fixture
def app(tmp_path: pathlib.Path) -> Callable[[str], pathlib.Path]:
    def write(text: str) -> pathlib.Path:
        path = tmp_path / "app.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def calls(path: Any, text: Any, table: Any, **options: Any) -> list[Callable[[], Any]]:
    """Return the six functions on one configuration."""
    return [
        lambda: load(path, **options),
        lambda: loads(text, **options),
        lambda: load_mapping(table, **options),
        lambda: check_file(path, **options),
        lambda: check_text(text, **options),
        lambda: check_mapping(table, **options),
    ]


# -- signatures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "function"),
    [
        (["path", "env", "section", "allow_env", "strict"], load),
        (["text", "filename", "env", "section", "allow_env", "strict"], loads),
        (["table", "env", "section", "allow_env", "strict"], load_mapping),
        (["path", "env", "section", "allow_env", "offline", "origins"], check_file),
        (["text", "filename", "env", "section", "allow_env", "offline", "origins"], check_text),
        (["table", "env", "section", "allow_env", "offline", "origins"], check_mapping),
    ],
)
def test_what_is_no_subject_is_a_keyword(expected: list[str], function: Any) -> None:
    parameters = inspect.signature(function).parameters

    assert expected == [name for name in parameters if name != "policy"]
    assert {inspect.Parameter.KEYWORD_ONLY} == {one.kind for one in list(parameters.values())[1:]}


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"app.toml", None, 7, True, ["app.toml"], object()])
def test_a_path_is_a_str_or_gives_one(path: Any) -> None:
    for function in (load, check_file):
        with pytest.raises(TypeError) as caught:
            function(path)
        assert caught.value.__context__ is None
        assert not hasattr(caught.value, "__notes__")


def test_a_path_like_may_give_no_bytes() -> None:
    class Bytes:
        def __fspath__(self) -> bytes:
            return b"app.toml"

    with pytest.raises(TypeError, match="not bytes"):
        load(Bytes())  # type: ignore[arg-type]


def test_a_path_like_is_a_path(app: Callable[[str], pathlib.Path]) -> None:
    path = app(HEADER + "timeout_secs = 5\n")

    class Like:
        def __fspath__(self) -> str:
            return str(path)

    assert CodeExecutionConfig(timeout_secs=5) == load(path) == load(str(path)) == load(Like())
    assert str(path) == check_file(Like()).file


@pytest.mark.parametrize("path", ["", "no\0name", "\ud800", "missing.toml", "."])
def test_a_path_that_leads_nowhere_is_a_finding(path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(path)

    [finding] = caught.value.diagnostics
    assert ("unreadable-file", None, path) == (finding.code, finding.span, finding.file)


def test_a_folder_is_said_to_be_one(tmp_path: pathlib.Path) -> None:
    [finding] = check_file(tmp_path).diagnostics

    assert ("unreadable-file", "a folder, not a file") == (finding.code, finding.message)
    assert "validate" in (finding.help or "")


@pytest.mark.parametrize(
    "text",
    [
        '[features.code_execution]\nmode.external = { url = "https://h", api_key = "sk-canary" }\n',
        'api_key = "sk-canary"',
        "api_key = 'sk-canary'",
        "# sk-canary\r\n",
        'api_key = "sk-canary"\n' + "x" * 5000,
        'api_key = "sk-canary\0"',
    ],
)
def test_a_path_that_is_a_text_is_not_repeated(text: str) -> None:
    for function in (load, check_file):
        outcome: Any = assert_no_leak(lambda function=function: attempt(function, text), ["sk-canary"])
        [finding] = outcome.diagnostics
        assert ("unreadable-file", "<text>") == (finding.code, finding.file)
        assert "loads" in (finding.help or "")


def attempt(function: Callable[[str], Any], text: str) -> Any:
    """Return the report, or the error in its place; only this frame refers to the text."""
    try:
        return function(text)
    except ConfigError as error:
        return error


def test_a_file_with_a_quote_in_its_name_is_a_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "it's.toml"
    path.write_text(HEADER, encoding="utf-8")
    assert check_file(path).ok
    folder = tmp_path / "it's"
    folder.mkdir()
    assert str(folder) == check_file(folder).file


@pytest.mark.parametrize("text", [b"", bytearray(b""), None, 1, ["x"]])
def test_a_text_is_a_str(text: Any) -> None:
    for function in (loads, check_text):
        with pytest.raises(TypeError):
            function(text)


@pytest.mark.parametrize("filename", [b"x", None, 1, pathlib.Path("x")])
def test_a_file_name_is_a_str(filename: Any) -> None:
    for function in (loads, check_text):
        with pytest.raises(TypeError):
            function("", filename=filename)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (TypeError, {"env": "K=v"}),
        (TypeError, {"env": b"K=v"}),
        (TypeError, {"env": [("K", "v")]}),
        (TypeError, {"env": ()}),
        (TypeError, {"env": 1}),
        (TypeError, {"env": {"K"}}),
        (TypeError, {"allow_env": 1}),
        (TypeError, {"allow_env": b"K"}),
        (TypeError, {"allow_env": ["K", 1]}),
        (TypeError, {"allow_env": [None]}),
        (TypeError, {"section": b"a"}),
        (TypeError, {"section": None}),
        (TypeError, {"section": ("a", "b")}),
        (TypeError, {"allow_env": 3}),
        (ValueError, {"section": ""}),
        (ValueError, {"section": "."}),
        (ValueError, {"section": "a."}),
        (ValueError, {"section": ".a"}),
        (ValueError, {"section": "a..b"}),
        (ValueError, {"section": "a b"}),
        (ValueError, {"section": "a\nb"}),
        (ValueError, {"section": "a.\nb"}),
        (ValueError, {"section": "[a]"}),
        (ValueError, {"section": "a = 1\nb"}),
        (ValueError, {"section": ".".join("a" * 81)}),
        (ValueError, {"section": ".".join("a" * 400)}),
        (ValueError, {"section": "a = 1 #"}),
        (ValueError, {"section": "é"}),
        (ValueError, {"section": '"a'}),
        (ValueError, {"section": '"a\\q"'}),
        (ValueError, {"section": '"a\\'}),
        (ValueError, {"section": '"a\x00"'}),
        (ValueError, {"section": "'''a'''"}),
    ],
)
def test_a_wrong_argument_is_told_before_anything_is_read(kind: type[Exception], options: dict[str, Any]) -> None:
    for call in calls("missing.toml", "not TOML", None, **options):
        with pytest.raises(kind) as caught:
            call()
        assert type(caught.value) is kind
        assert caught.value.__context__ is None
        assert not hasattr(caught.value, "__notes__")


def test_a_wrong_argument_does_not_show_the_others() -> None:
    with pytest.raises(TypeError):
        assert_no_leak(lambda: loads("x", env=["sk-canary-12345"]), "sk-canary-12345")  # type: ignore[arg-type]


# -- the section -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "section"),
    [
        (("features", "code_execution"), "features.code_execution"),
        (("a",), "a"),
        (("a", "b.c"), 'a."b.c"'),
        (("a", "b.c"), "a.'b.c'"),
        (("a", "b"), " a . b "),
        (("a", "b"), "a\t.\tb"),
        (("",), '""'),
        (("1", "-", "_"), "1.-._"),
        (("a#b", "é"), "\"a#b\".'é'"),
        (('a"b', "\\"), r""""a\"b".'\' """),
        (("ab",), '"a\\u0062"'),
        (("a", "a", "a"), "a.a.a"),
        (("0", "0"), "0.0"),
    ],
)
def test_a_section_is_read_as_toml_reads_a_key(expected: tuple[str, ...], section: str) -> None:
    assert expected == section_path(section)


@pytest.mark.parametrize("section", ["a.b", 'a."b.c"', "a", "'x y'.z"])
def test_another_section_is_read(section: str) -> None:
    text = f"[{section}]\ntimeout_secs = 0\n{HEADER}timeout_secs = -5\n"

    report = check_text(text, section=section)

    assert [(*section_path(section), "timeout_secs")] == [d.path for d in report.diagnostics]


def test_of_a_mapping_the_section_only_names_the_paths() -> None:
    report = check_mapping({"timeout_secs": 0}, section='host."code.exec"')

    assert [("host", "code.exec", "timeout_secs")] == [d.path for d in report.diagnostics]


def test_an_absent_section_means_the_defaults_and_a_note() -> None:
    report = check_text("[other]\nx = 1\n", section="a.b")

    assert CodeExecutionConfig() == report.config
    assert [("section-not-found", ("a", "b"), None)] == [(d.code, d.path, d.span) for d in report.diagnostics]
    assert CodeExecutionConfig() == loads("", strict=True)


def test_an_absent_section_needs_no_environment() -> None:
    assert CodeExecutionConfig() == loads('[other]\nx = "${UNSET}"\n', env={})


# -- warnings ----------------------------------------------------------------------------------------------------------


def test_each_warning_is_issued_at_the_callers_line(app: Callable[[str], pathlib.Path]) -> None:
    path = app(WARNS)
    for call in calls(path, WARNS, TABLE)[:3]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            config = call()
        assert ("ruby", "klingon", "ruby") == config.allowed_languages
        assert [ConfigWarning] * 2 == [item.category for item in caught]
        assert WARNED == sorted(item.message.diagnostic.code for item in caught if hasattr(item.message, "diagnostic"))
        assert [(__file__, call.__code__.co_firstlineno)] * 2 == [(item.filename, item.lineno) for item in caught]


def test_a_warning_from_a_converter_points_at_the_host() -> None:
    @attrs.define
    class Host:
        section: CodeExecutionConfig

    converter = cattrs.Converter()
    register_hooks(converter)

    with pytest.warns(ConfigWarning) as caught:
        converter.structure({"section": TABLE}, Host)

    assert {__file__} == {item.filename for item in caught}


def test_a_warning_with_no_caller_outside_is_issued_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codeexec_config.loading._OWN", Everything())

    with pytest.warns(ConfigWarning):
        loads(WARNS)


class Everything:
    def __contains__(self, _: object) -> bool:
        return True


def test_checks_issue_nothing_and_carry_the_warnings(app: Callable[[str], pathlib.Path]) -> None:
    for call in calls(app(WARNS), WARNS, TABLE)[3:]:
        report: Report = call()
        assert WARNED == sorted(d.code for d in report.warnings)
        assert report.ok
        assert report.config is not None
        report.raise_for_errors()


def test_strict_raises_for_warnings_and_issues_none(app: Callable[[str], pathlib.Path]) -> None:
    for call in calls(app(WARNS), WARNS, TABLE, strict=True)[:3]:
        with pytest.raises(ConfigError) as caught:
            call()
        assert WARNED == sorted(d.code for d in caught.value.diagnostics)


def test_strict_does_not_raise_for_notes() -> None:
    text = HEADER + 'mode.external.url = "https://code-exec.example.com"\n'

    assert ["missing-secret"] == [d.code for d in check_text(text).diagnostics]
    assert loads(text, strict=True).enabled


def test_with_an_error_the_warnings_are_in_the_exception_and_not_issued() -> None:
    with pytest.raises(ConfigError) as caught:
        loads(WARNS + "mode.sandboxed.x = 1\n")

    assert {"unknown-key", *WARNED} == {d.code for d in caught.value.diagnostics}


def test_notes_are_never_issued() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loads("")


# -- what is read ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [load, check_file])
@pytest.mark.parametrize("text", [HEADER, HEADER + "timeout_secs = 0\n", "nonsense"])
def test_a_file_is_opened_once(
    function: Any, text: str, app: Callable[[str], pathlib.Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(app(text))
    opened: list[str] = []
    real = os.open

    def recording(name: Any, *rest: Any, **options: Any) -> int:
        opened.append(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(os, "open", recording)
    try:
        str(function(path))
    except ConfigError as error:
        str(error)

    assert [path] == opened


def test_a_file_that_changes_under_the_call_is_read_as_it_was(app: Callable[[str], pathlib.Path]) -> None:
    path = app(HEADER + 'timeout_secs = "${T}"\n')

    class Changing:
        def __getitem__(self, name: str) -> str:
            path.write_text("nonsense")
            return "0"

    env: Any = Changing()
    [finding] = check_file(path, env=env).diagnostics

    assert "out-of-range" == finding.code
    assert finding.excerpt == 'timeout_secs = "${T}"'


def test_a_file_and_its_text_give_the_same_findings(app: Callable[[str], pathlib.Path]) -> None:
    text = WARNS + "mode.sandboxed.x = 1\n"
    path = app(text)

    assert check_file(path) == check_text(text, filename=str(path))


def test_a_mapping_gives_the_same_codes_and_paths_without_places() -> None:
    of_text, of_table = check_text(WARNS), check_mapping(TABLE)

    assert {(d.code, d.path) for d in of_text.diagnostics} == {(d.code, d.path) for d in of_table.diagnostics}
    assert {(None, None)} == {(d.span, d.file) for d in of_table.diagnostics}


def test_a_text_without_a_file_name_is_a_string() -> None:
    assert "<string>" == check_text("x").diagnostics[0].file
    assert "app.toml" == check_text("x", filename="app.toml").file


@pytest.mark.parametrize("text", ["\udc00", "a = '\ud800'", "x" * (16 * 1024 * 1024 + 1)], ids=["low", "high", "long"])
def test_a_text_that_no_file_could_hold_is_refused_as_the_file_would_be(text: str) -> None:
    [finding] = check_text(text).diagnostics

    assert finding.code in {"invalid-encoding", "file-too-large"}


def test_a_file_that_is_not_utf_8_is_refused_at_the_byte(app: Callable[[str], pathlib.Path]) -> None:
    path = app("")
    path.write_bytes(b"a = 1\nb = '\xff'\n")

    [finding] = check_file(path).diagnostics

    assert finding.span is not None
    assert ("invalid-encoding", 2, 6) == (finding.code, finding.span.start.line, finding.span.start.column)


def test_a_flood_of_findings_is_cut_and_says_so() -> None:
    text = HEADER + "".join(f"key_{number} = 1\n" for number in range(1200))

    report = check_text(text)

    assert 1000 == len(report.diagnostics)
    assert "there are more findings" in (report.diagnostics[-1].help or "")


def test_an_internal_contradiction_is_no_silent_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codeexec_config.section.judging.findings", lambda *_: [])

    with pytest.raises(AssertionError, match="disagree"):
        loads(HEADER + "timeout_secs = 0\n")


def test_a_report_raises_its_errors_and_nothing_else() -> None:
    check_text("[features.code_execution]\n").raise_for_errors()
    report = check_text("[features.code_execution]\nx = 1\n")

    with pytest.raises(ConfigError) as caught:
        report.raise_for_errors()

    assert report.diagnostics == caught.value.diagnostics


@pytest.mark.parametrize("findings", ["context", [None], ("a", "b")])
def test_an_error_holds_findings_alone(findings):
    with pytest.raises(TypeError, match="a ConfigError takes findings"):
        ConfigError(findings)
