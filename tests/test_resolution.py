"""Which key takes which reference, what replaces an unread one, and how little is revealed of a value."""

from __future__ import annotations

import sys
from collections import UserDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import (
    CodeExecutionConfig,
    Deferred,
    Diagnostic,
    External,
    Report,
    Sandboxed,
    Secret,
    Wasm,
    check_mapping,
    check_text,
    load,
    to_toml,
)
from codeexec_config.limits import KNOWN_LANGUAGES
from codeexec_config.section import quick
from codeexec_config.section import resolve as resolve_module
from codeexec_config.section.environment import Environment
from codeexec_config.section.resolution import Resolution

if TYPE_CHECKING:
    from pathlib import Path

SECTION = ("features", "code_execution")
HEADER = "[features.code_execution]\n"
URL = "https://code-exec.example.com"
ON = External(url=URL)


def codes(report: Report) -> list[tuple[Any, ...]]:
    """Return code and path below the section."""
    return [(d.code, *d.path[2:]) for d in report.diagnostics]


def check(table: dict[str, Any], env: Any = None, **options: Any) -> Report:
    return check_mapping(table, env=env or {}, **options)


def config_of(table: dict[str, Any], env: Any = None, **options: Any) -> CodeExecutionConfig:
    report = check(table, env, **options)
    assert not report.errors
    assert report.config is not None
    return report.config


def external(api_key: str | None = None, url: str = URL) -> dict[str, Any]:
    return {"mode": {"external": {"url": url} | ({} if api_key is None else {"api_key": api_key})}}


def key_of(config: CodeExecutionConfig) -> Secret:
    assert isinstance(config.mode, External)
    assert config.mode.api_key is not None
    return config.mode.api_key


class Touched(UserDict[str, str]):
    """An environment that says when it is read."""

    def __getitem__(self, name: str) -> str:
        raise AssertionError(name)


# -- values are put in after parsing, once -----------------------------------------------------------------------------


@pytest.mark.parametrize("value", ['"', "#", "\n", "${A}", "$<A>", "$${", "\\", "]", "'''", "a b", "é"])
def test_a_value_stays_the_value_it_is(value: str) -> None:
    text = HEADER + 'mode = { external = { url = "https://x.example/${A}" } }\nallowed_languages = ["python", "${A}"]\n'

    report = check_text(text, env={"A": value, "url": "x"})

    assert ("invalid-language", "allowed_languages", 1) in codes(report)
    assert ("A",) == report.env_reads


@given(st.text("abcXYZ019._~-${}<>#'\"\\", min_size=1))
def test_a_key_is_the_text_of_its_variable(value: str) -> None:
    config = config_of(external("${K}"), {"K": value})

    assert value == key_of(config).reveal()


def test_text_and_references_make_one_value() -> None:
    config = config_of(external(url="https://${A}.example:${P:-8}/$${A}$<B>?q=$$<B>"), {"A": "a", "B": "b"})

    assert External(url="https://a.example:8/${A}b?q=$<B>") == config.mode


def test_keys_are_never_expanded() -> None:
    env = Touched()

    assert [("unknown-key", "${A}")] == codes(check({"${A}": 1}, env))
    assert [("unknown-mode", "mode", "${A}")] == codes(check({"mode": {"${A}": {}}}, env))


@pytest.mark.parametrize("form", ["${A}", "$<A>", "${A:-wasm}", "was${A}", "${A:?x}"])
def test_mode_and_runtime_take_no_reference(form: str) -> None:
    env = Touched()

    assert [("reference-not-allowed", "mode")] == codes(check({"mode": form}, env))
    assert [("reference-not-allowed", "mode", "sandboxed", "runtime")] == codes(
        check({"mode": {"sandboxed": {"runtime": form}}}, env)
    )


def test_a_malformed_reference_in_mode_is_an_invalid_one() -> None:
    assert [("invalid-reference", "mode")] == codes(check({"mode": "${ A }"}))


def test_an_escape_in_mode_is_a_text() -> None:
    assert [("unknown-mode", "mode")] == codes(check({"mode": "$${A}"}))


# -- the quick way -----------------------------------------------------------------------------------------------------

NAMES = {
    "U": URL,
    "K": "key",
    "L": "ruby",
    "EMPTY": "",
    "N" * 25: "key",
    "MixedCapitals1Digits": "key",
    "MixedCapitals1Digit": "key",
}
PLAIN = [
    {},
    {"timeout_secs": 5},
    {"allowed_languages": ["python", "r"]},
    {"timeout_secs": ["${T}"], "mode": ["${M}"]},
    {"allowed_languages": ["python", "${L}", "${L}"]},
    {"allowed_languages": ["${L}"] * 32},
    {"allowed_languages": ["${L}"] * 33},
    {"allowed_languages": ["${L}", "python"] * 40},
    external("${K}"),
    external("${K}", "${U}"),
    external(f"${{{'N' * 25}}}", "${U}"),
    external("${MixedCapitals1Digit}"),
]
OTHERS = [
    external("${MixedCapitals1Digits}"),
    external("sk-literal"),
    external("${NO}", "${U}"),
    external("${U}", "${NO}"),
    external("${EMPTY}"),
    external("$<K>"),
    external("${K} "),
    external("x${K}"),
    external("${K", "K}"),
    external("${K:-x}", "https://${NO:-h.example.com}/"),
    {"timeout_secs": "${T}"},
    {"mode": "${M}"},
    {"allowed_languages": ["${L}", 3, "$${L}"]},
    {"allowed_languages": ["${L}"] * 40 + ["${NO}"]},
    {"allowed_languages": ["${L}"] * 40 + ["x${L}"]},
]


def told(resolution: Any) -> dict[str, Any]:
    """Return all that is known of a resolution, of keys their values too."""
    assert isinstance(resolution, Resolution)
    secret: Any = resolution.values.get("mode")
    while isinstance(secret, dict):
        secret = secret.get("external", secret.get("api_key"))
    known = {name: getattr(resolution, name) for name in Resolution.__slots__ if name != "made_of"}
    return known | {"key": isinstance(secret, Secret) and secret.resolved and secret.reveal()}


@pytest.mark.parametrize("enabled", [{}, {"enabled": True}, {"enabled": False}, {"enabled": "${E}"}, {"enabled": 1}])
@pytest.mark.parametrize("allowed", [(), (("[A-Z]", "EMPTY"),), (("[!K]",),)])
@pytest.mark.parametrize("offline", [False, True])
def test_the_quick_way_reads_what_the_long_one_reads(
    monkeypatch: pytest.MonkeyPatch,
    enabled: dict[str, Any],
    allowed: tuple[tuple[str, ...]],
    offline: bool,  # noqa: FBT001
) -> None:
    for table in PLAIN + OTHERS:
        section = enabled | table
        results = []
        for read in (Environment.read, lambda *_, **__: None):
            environment = Environment(NAMES | {"E": "true"}, allowed)
            monkeypatch.setattr(Environment, "read", read)
            result = resolve_module.resolve(section, environment, CodeExecutionConfig, offline=offline)
            results.append((told(result), environment.reads))
            monkeypatch.undo()
        assert results[0] == results[1], section
        assert results[0][0]["enabled"] is (enabled.get("enabled") is not False)


@pytest.mark.parametrize("table", PLAIN)
def test_what_most_files_hold_goes_the_quick_way(monkeypatch: pytest.MonkeyPatch, table: dict[str, Any]) -> None:
    monkeypatch.setitem(sys.modules, "codeexec_config.section.slots", None)

    assert isinstance(resolve_module.resolve(table, Environment(NAMES), CodeExecutionConfig), Resolution)


@pytest.mark.parametrize("table", OTHERS)
def test_what_else_there_is_goes_the_long_way(monkeypatch: pytest.MonkeyPatch, table: dict[str, Any]) -> None:
    monkeypatch.setitem(sys.modules, "codeexec_config.section.slots", None)

    with pytest.raises(ImportError):
        resolve_module.resolve(table, Environment(NAMES), CodeExecutionConfig)


GOOD = [
    {},
    {"timeout_secs": 5},
    {"mode": "wasm"},
    {"mode": {"wasm": {}}, "enabled": True},
    {"mode": {"sandboxed": {"runtime": "gvisor"}}, "allowed_languages": ["python", "r"]},
    external("${K}", "${U}") | {"allowed_languages": ["python", "${L}"]},
    external(f"${{{'N' * 25}}}"),
    external("${MixedCapitals1Digit}"),
]
LEFT = [
    {"timeout_secs": "${N}"},
    {"timeout_secs": 0},
    {"timeout_secs": True},
    {"timeout_sec": 5},
    {"enabled": False},
    {"enabled": "${E}"},
    {"enabled": 1},
    {"mode": "external"},
    {"mode": {}},
    {"mode": ["wasm"]},
    {"mode": {"wasm": {}, "sandboxed": {"runtime": "docker"}}},
    {"mode": {"wasm": {"x": 1}}},
    {"mode": {"external": "api_key"}},
    {"mode": {"sandboxed": {"runtime": "${L}"}}},
    {"allowed_languages": "python"},
    {"allowed_languages": {"python": 1}},
    {"allowed_languages": ["python", 3]},
    {"allowed_languages": ["py", "python"]},
    {"allowed_languages": ["python", "python"]},
    {"allowed_languages": ["${L}", ["python"]]},
    {"allowed_languages": ["x${L}"]},
    external(),
    external("${K}", "http://h.example.com"),
    external("${K}", "https://${L}/"),
    {"mode": {"external": {"url": 5, "api_key": "${K}"}}},
    {"mode": {"external": {"url": ["$"], "api_key": "${K}"}}},
    {"mode": {"external": {"url": URL, "api_key": 5}}},
    *(table for table in OTHERS if "timeout_secs" not in table),
]


@pytest.mark.parametrize("table", GOOD)
def test_what_most_files_hold_is_structured_in_one_pass(monkeypatch: pytest.MonkeyPatch, table: dict[str, Any]) -> None:
    monkeypatch.setitem(sys.modules, "codeexec_config.section.thorough", None)

    report = check(table, NAMES, allow_env=["?", "N*", "M*"])

    assert report.config is not None
    assert () == report.diagnostics


@pytest.mark.parametrize("table", LEFT)
def test_what_needs_more_is_left_to_the_long_way(monkeypatch: pytest.MonkeyPatch, table: dict[str, Any]) -> None:
    monkeypatch.setitem(sys.modules, "codeexec_config.section.thorough", None)

    with pytest.raises(ImportError):
        check(table, NAMES | {"N": "5", "E": "true"})


@pytest.mark.parametrize("options", [{"offline": True}, {"allow_env": ["X"]}])
def test_what_must_not_be_read_is_left_to_the_long_way(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setitem(sys.modules, "codeexec_config.section.thorough", None)
    env = Touched()

    assert () == check({"timeout_secs": 5}, env, **options).diagnostics
    with pytest.raises(ImportError):
        check(external("${K}"), env, **options)


@pytest.mark.parametrize("value", ['{ "${L}" = "x", bash = [1] }', '{ "${L}" = 1 }'])
def test_a_table_is_no_list_and_its_keys_are_never_read(value: str) -> None:
    report = check_text(f"{HEADER}allowed_languages = {value}\n", env=Touched())

    assert ["wrong-type"] == [found.code for found in report.errors]
    assert () == report.env_reads


def test_a_caller_at_the_limit_of_recursion_is_told_so_on_the_long_way_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(CodeExecutionConfig, "__attrs_post_init__", deep)
    monkeypatch.setattr("codeexec_config.pipeline.structured", lambda *_: None)

    with pytest.raises(RecursionError) as caught:
        check({"timeout_secs": 5}, {})
    assert caught.value.__context__ is None


def test_what_only_says_that_it_is_a_str_is_none() -> None:
    with pytest.raises(TypeError, match="the environment's value of L is not a str"):
        check_text(f'{HEADER}allowed_languages = ["${{L}}"]\n', env={"L": Mock(spec=str)})


def test_a_caller_near_the_limit_of_recursion_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(Sandboxed, "__attrs_post_init__", too_deep)
    with pytest.raises(RecursionError):
        check({"mode": {"sandboxed": {"runtime": "docker"}}}, {})


def test_a_look_up_may_itself_load(tmp_path: Path) -> None:
    """The environment of one call is not that of another within it, nor of another thread."""
    path = tmp_path / "vault.toml"
    path.write_text(HEADER + 'mode.external = { url = "https://vault.example.com", api_key = "${TOKEN}" }\n', "utf-8")

    class Vault(dict[str, str]):
        def __getitem__(self, name: str) -> str:
            with ThreadPoolExecutor(1) as pool:
                configs = [load(path, env={"TOKEN": "inner"}), pool.submit(load, path, env={"TOKEN": "other"}).result()]
            return f"{super().__getitem__(name)} with {' and '.join(key_of(config).reveal() for config in configs)}"

    assert key_of(config_of(external("${K}"), Vault(K="key"))).reveal() == "key with inner and other"
    assert quick._CALL.environment is None


def test_a_list_is_read_in_its_order() -> None:
    class Env(dict[str, str]):
        asked: ClassVar[list[str]] = []

        def __getitem__(self, name: str) -> str:
            self.asked.append(name)
            return super().__getitem__(name)

    names = dict(zip("ABCDEFGH", KNOWN_LANGUAGES, strict=False))
    check({"allowed_languages": [f"${{{name}}}" for name in reversed(names)]}, Env(names))

    assert list(reversed(names)) == Env.asked


def test_what_the_environment_raises_in_the_first_pass_is_raised_once() -> None:
    class Failing(dict[str, str]):
        asked = 0

        def __getitem__(self, name: str) -> str:
            self.asked += 1
            raise KeyboardInterrupt(name)

    env = Failing(K="key")
    with pytest.raises(KeyboardInterrupt) as caught:
        check(external("${K}"), env)

    assert env.asked == 1
    assert caught.value.__context__ is None
    assert quick._CALL.environment is None


def test_an_unknown_key_hides_no_reference_behind_it() -> None:
    assert [("unknown-key", "x"), ("unset-variable", "timeout_secs")] == codes(check({"x": 1, "timeout_secs": "${T}"}))


def test_a_list_that_is_read_the_quick_way_knows_its_variables() -> None:
    [finding] = check({"allowed_languages": ["${L}"]}, {"L": "Bad Name"}).errors

    assert finding.message.endswith(" from L")


# -- references that do not hold ---------------------------------------------------------------------------------------


def test_every_occurrence_of_an_unset_variable_is_a_finding() -> None:
    text = HEADER + 'allowed_languages = ["${A}${A}", "$<A>", "${B:?}"]\ntimeout_secs = "${A}"\n'

    report = check_text(text, env={})

    assert ["unset-variable"] * 5 == [d.code for d in report.diagnostics]
    spans = [d.span for d in report.diagnostics]
    assert ["${A}", "${A}", "$<A>", "${B:?}", "${A}"] == [text[s.start.offset : s.end.offset] for s in spans if s]


def test_the_text_of_a_question_mark_is_the_message() -> None:
    [finding] = check({"timeout_secs": "${T:?seconds, of the batch queue}"}, {"T": ""}).diagnostics

    assert ("unset-variable", "the variable T is not set or is empty: seconds, of the batch queue") == (
        finding.code,
        finding.message,
    )


@pytest.mark.parametrize(
    ("form", "message"),
    [("${T}", "the variable T is not set"), ("${T:?}", "the variable T is not set or is empty")],
)
def test_a_variable_without_a_text_of_its_own_is_said_in_one_sentence(form: str, message: str) -> None:
    assert [message] == [d.message for d in check({"timeout_secs": form}).diagnostics]


def test_a_malformed_reference_does_not_hide_an_unset_one_beside_it() -> None:
    assert [("invalid-reference", "allowed_languages", 0), ("unset-variable", "allowed_languages", 0)] == sorted(
        codes(check({"allowed_languages": ["${A}${}"]}))
    )


@pytest.mark.parametrize("form", ["${}", "${ A }", "${A", "${A:-${B}}"])
def test_the_message_of_a_malformed_reference_does_not_repeat_it(form: str) -> None:
    [finding] = check({"allowed_languages": [f"x{form}"]}).diagnostics

    assert "invalid-reference" == finding.code
    assert form not in f"{finding.message} {finding.help}"


@pytest.mark.parametrize(
    ("code", "line", "mark"),
    [
        ("invalid-reference", 'allowed_languages = ["x${ A }y"]', "${ A }"),
        ("invalid-reference", 'timeout_secs = "${}"', "${}"),
        ("reference-not-allowed", 'mode = "x${M}y"', "${M}"),
        ("unset-variable", 'allowed_languages = ["x${L}y"]', "${L}"),
        ("forbidden-variable", 'allowed_languages = ["x${X}y"]', "${X}"),
    ],
)
def test_what_is_wrong_with_a_reference_is_marked_at_the_reference(code: str, line: str, mark: str) -> None:
    text = HEADER + line

    [finding] = check_text(text, env={}, allow_env="[LM]").diagnostics

    assert code == finding.code
    assert finding.span is not None
    assert mark == text[finding.span.start.offset : finding.span.end.offset]


def test_a_character_beside_a_malformed_reference_is_not_its_fault() -> None:
    beside, within = (
        check({"allowed_languages": [text]}).diagnostics[0].message for text in ("\u200b${ A}", "${A\u200b}")
    )

    assert "U+200B" not in beside
    assert "U+200B" in within


@pytest.mark.parametrize("text", ["${ghp_16C7e42F292c6912E7710c838347Ae178B4a}", "x${MixedCapitals1Digits}"])
def test_a_key_between_braces_is_no_name_and_looks_nothing_up(text: str) -> None:
    [finding] = check(external(text), Touched()).diagnostics

    assert ("invalid-reference", "mode", "external", "api_key") == codes(check(external(text), Touched()))[0]
    assert "there is a key between the braces" in finding.message
    assert "write ${NAME}, and put the key itself into that variable" == finding.help


def test_the_help_of_a_malformed_reference_says_how_one_is_written_there() -> None:
    [key] = check(external("${K")).diagnostics
    [language] = check({"allowed_languages": ["${L"]}).diagnostics

    assert (key.help or "").endswith("put the key itself into that variable")
    assert (language.help or "").endswith("a literal ${ is written $${")


# -- typed references --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["${T}", "$<T>", "${T:-5}", "${T:?x}"])
@pytest.mark.parametrize(("expected", "value"), [(30, "30"), (30, "0x1e"), (30, "+30"), (1000, "1_000"), (8, "0o10")])
def test_a_whole_reference_stands_for_an_integer(form: str, expected: int, value: str) -> None:
    assert expected == config_of({"timeout_secs": form}, {"T": value}).timeout_secs


@pytest.mark.parametrize(("expected", "value"), [(True, "true"), (False, "false")])
def test_a_whole_reference_stands_for_a_boolean(expected: bool, value: str) -> None:  # noqa: FBT001
    assert expected is config_of({"enabled": "${E}"}, {"E": value}).enabled


@pytest.mark.parametrize("value", ["", " 30", "30 ", "30.0", "thirty", "007", "3O", "٣٠", "0X1E", "true", "sk-canary"])
def test_one_that_does_not_parse_is_a_wrong_type_at_the_reference(value: str) -> None:
    text = HEADER + "timeout_secs = '${T}'\nenabled = \"${T:-x}\"\n"

    report = check_text(text, env={"T": value or "\t"} if value != "true" else {"T": "tru"})

    assert [("wrong-type", "timeout_secs"), ("wrong-type", "enabled")] == codes(report)
    spans = [d.span for d in report.diagnostics]
    assert ["${T}", "${T:-x}"] == [text[s.start.offset : s.end.offset] for s in spans if s]
    assert not any(f"`{value}`" in str(d) or "canary" in str(d) for d in report.diagnostics)
    [number, switch] = [d.help or "" for d in report.diagnostics]
    assert number.startswith("set T to an integer as TOML writes it")
    assert switch.startswith("set T to true or false")


@pytest.mark.parametrize("text", ["30", " ${T}", "${T} ", "${T}${T}", "${T}0", "$${T}", "$T", "$<T> "])
def test_a_string_that_is_no_whole_reference_is_a_string(text: str) -> None:
    env = Touched()

    assert [("wrong-type", "timeout_secs")] == codes(check({"timeout_secs": text}, env))
    assert [("wrong-type", "enabled")] == codes(check({"enabled": text}, env))


def test_a_malformed_one_is_no_wrong_type_as_well() -> None:
    assert [("invalid-reference", "timeout_secs")] == codes(check({"timeout_secs": "${T}${"}))
    assert [("invalid-reference", "enabled")] == codes(check({"enabled": "${}"}))


@pytest.mark.parametrize("number", ["0", "86401", "-5", "9" * 5000])
def test_a_number_of_the_environment_is_held_to_the_limits_without_being_said(number: str) -> None:
    [finding] = check({"timeout_secs": "${T}"}, {"T": number}).diagnostics

    assert "out-of-range" == finding.code
    assert finding.message.startswith("the value is ")


# -- the forms of a key ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "given", "empty", "unset"),
    [
        ("${K}", "value", "empty-secret", "unset-variable"),
        ("$<K>", "value", "empty-secret", "unset-variable"),
        ("${K:?m}", "value", "unset-variable", "unset-variable"),
        ("${K:-}", "value", "empty-secret", "unset-variable"),
    ],
)
def test_the_forms_of_a_key(form: str, given: str, empty: str, unset: str) -> None:
    config = config_of(external(form), {"K": given})
    assert (given, "${K}") == (key_of(config).reveal(), key_of(config).reference)
    path = ("mode", "external", "api_key")
    assert [(empty, *path)] == codes(check(external(form), {"K": ""}))
    assert [(unset, *path)] == codes(check(external(form)))


@pytest.mark.parametrize("text", ["${K:-sk-live}", "sk-live", "sk-${K}", "${K}x", "$${K}", "$K1x."])
def test_a_key_in_the_file_is_a_literal(text: str) -> None:
    report = check(external(text), {"K": "v"})

    assert [("literal-secret", "mode", "external", "api_key")] == codes(report)
    assert report.config is not None
    assert key_of(report.config).reference is None


def test_a_default_is_the_key_when_the_variable_is_not_set() -> None:
    config = config_of(external("${K:-sk-live}"))

    assert "sk-live" == key_of(config).reveal()


def test_several_references_and_nothing_else_are_no_literal() -> None:
    config = config_of(external("${A}$<B>${A:?x}"), {"A": "a", "B": "b"})

    assert ("aba", "${A}${B}${A}") == (key_of(config).reveal(), key_of(config).reference)


@pytest.mark.parametrize("text", ["${sk-live-abc}", "${K-}", "x${K-y}"])
def test_a_dash_in_a_key_is_no_reference_and_looks_nothing_up(text: str) -> None:
    [finding] = check(external(text), Touched()).diagnostics

    assert "invalid-reference" == finding.code
    assert "live" not in f"{finding.message}{finding.help}"


@pytest.mark.parametrize("value", [" key", "key ", "ke\ty", "key\n", "kéy", "\x00", "ключ"])
def test_a_key_that_no_header_carries_is_malformed(value: str) -> None:
    assert [("malformed-secret", "mode", "external", "api_key")] == codes(check(external("${K}"), {"K": value}))


def test_an_empty_key_in_the_file_is_empty() -> None:
    assert [("empty-secret", "mode", "external", "api_key")] == codes(check(external("")))


# -- offline -----------------------------------------------------------------------------------------------------------


def test_offline_lists_every_reference_by_its_name() -> None:
    table = {
        "enabled": "${E:-true}",
        "timeout_secs": "$<T>",
        "allowed_languages": ["python", "${L:?x}${L2:-}"],
        **external("${K:-}", "https://${H}/$${no}"),
    }

    report = check(table, Touched(), offline=True)

    assert () == report.diagnostics
    assert report.config is None
    assert {
        Deferred((*SECTION, "enabled"), "${E}"),
        Deferred((*SECTION, "timeout_secs"), "${T}"),
        Deferred((*SECTION, "allowed_languages", 1), "${L}"),
        Deferred((*SECTION, "allowed_languages", 1), "${L2}"),
        Deferred((*SECTION, "mode", "external", "api_key"), "${K}"),
        Deferred((*SECTION, "mode", "external", "url"), "${H}"),
    } == set(report.deferred)


def test_offline_a_section_without_references_is_whole() -> None:
    report = check({"timeout_secs": 5}, Touched(), offline=True)

    assert CodeExecutionConfig(timeout_secs=5) == report.config
    assert () == report.deferred


@pytest.mark.parametrize(
    ("expected", "table"),
    [
        (("wrong-type", "timeout_secs"), {"timeout_secs": "${T:-soon}"}),
        (("out-of-range", "timeout_secs"), {"timeout_secs": "${T:-0}"}),
        (("invalid-language", "allowed_languages", 0), {"allowed_languages": ["${L:-Py thon}"]}),
        (("unsupported-language", "allowed_languages", 0), {"allowed_languages": ["${L:-ruby}"]}),
        (("invalid-url", "mode", "external", "url"), external(url="${U:-nowhere}")),
        (("metadata-url", "mode", "external", "url"), external(url="http://${H:-169.254.169.254}/")),
        (("invalid-reference", "timeout_secs"), {"timeout_secs": "${T:-${U}}"}),
        (("malformed-secret", "mode", "external", "api_key"), external("${K:-two\nlines}")),
        (("literal-secret", "mode", "external", "api_key"), external("${K:-one}")),
        (("malformed-secret", "mode", "external", "api_key"), external("é${K}")),
    ],
)
@pytest.mark.parametrize("enabled", [True, False])
def test_defaults_are_checked_without_the_environment(
    expected: tuple[Any, ...],
    table: dict[str, Any],
    enabled: bool,  # noqa: FBT001
) -> None:
    found = codes(check({"enabled": enabled, **table}, Touched(), offline=enabled))

    assert [expected] == [item for item in found if item[0] != "missing-secret"]


def test_offline_the_default_of_enabled_is_checked() -> None:
    assert [("wrong-type", "enabled")] == codes(check({"enabled": "${E:-yes}"}, Touched(), offline=True))


def test_offline_an_open_enabled_counts_as_true() -> None:
    report = check({"enabled": "${E:-false}", "allowed_languages": []}, Touched(), offline=True)

    assert [("empty-languages", "allowed_languages")] == codes(report)
    assert check({"enabled": "${E:-false}"}, Touched(), offline=True).config is None


def test_offline_a_section_that_is_off_is_as_ever() -> None:
    table = {"enabled": False, "timeout_secs": "${T:-7}", **external("${K}", "${U}")}

    assert check(table, Touched()) == check(table, Touched(), offline=True)


# -- enabled = false ---------------------------------------------------------------------------------------------------

E = "${E}"


@pytest.mark.parametrize(
    ("enabled", "env", "counts", "reads"),
    [
        (False, {}, False, ()),
        (True, {}, True, ("T",)),
        (E, {"E": "false"}, False, ("E",)),
        (E, {"E": "true"}, True, ("E", "T")),
        (E, {}, True, ("E", "T")),
        (E, {"E": ""}, True, ("E", "T")),
        (E, {"E": "no"}, True, ("E", "T")),
        ("${E:-false}", {}, False, ("E",)),
        ("${E:-false}", {"E": ""}, False, ("E",)),
        ("${E:-true}", {"E": ""}, True, ("E", "T")),
        ("${E:-false}", {"E": "true"}, True, ("E", "T")),
        ("${E:-true}", {}, True, ("E", "T")),
        ("$<E>", {"E": "false"}, False, ("E",)),
        ("${E:?x}", {}, True, ("E", "T")),
        ("${ E }", {"E": "false"}, True, ("T",)),
        ("false", {}, True, ("T",)),
        ("$${E}", {}, True, ("T",)),
        (0, {}, True, ("T",)),
        ("x${E}", {"E": "false"}, True, ("T",)),
    ],
)
def test_enabled_is_resolved_first_and_counts_as_true_when_it_cannot_be(
    enabled: Any,
    env: dict[str, str],
    counts: bool,  # noqa: FBT001
    reads: tuple[str, ...],
) -> None:
    report = check({"enabled": enabled, "timeout_secs": "${T}"}, env)

    assert reads == report.env_reads
    assert counts is (("unset-variable", "timeout_secs") in codes(report))
    assert counts is not (Deferred((*SECTION, "timeout_secs"), "${T}") in report.deferred)


@pytest.mark.parametrize(("expected", "text"), [(30, "${T}"), (60, "${T:-60}"), (61, "${T:-0x3d}"), (30, "$<T>")])
def test_disabled_a_number_takes_its_own_default_text_or_the_keys(expected: int, text: str) -> None:
    report = check({"enabled": False, "timeout_secs": text}, Touched())

    assert CodeExecutionConfig(enabled=False, timeout_secs=expected) == report.config
    assert (Deferred((*SECTION, "timeout_secs"), "${T}"),) == report.deferred


@pytest.mark.parametrize("names", [["${L}"], ["ruby", "${L}"], ["${L:-ruby}"], ["x$<L>", "${M}"]])
def test_disabled_languages_with_an_unread_one_are_the_default(names: list[str]) -> None:
    report = check({"enabled": False, "allowed_languages": names, **external()}, Touched())

    assert CodeExecutionConfig(enabled=False, mode=ON) == report.config


def test_disabled_languages_may_be_empty() -> None:
    assert CodeExecutionConfig(enabled=False, allowed_languages=()) == config_of(
        {"enabled": False, "allowed_languages": []}
    )


@pytest.mark.parametrize(
    "url", ["${U}", "https://${H}", "https://${H:-a}.example", "${U:-https://code-exec.example.com}"]
)
def test_disabled_a_service_whose_url_is_unread_is_wasm_and_not_written_back(url: str) -> None:
    report = check({"enabled": False, **external("${K}", url)}, Touched())

    assert CodeExecutionConfig(enabled=False, mode=Wasm()) == report.config
    assert report.ok
    assert report.config is not None
    with pytest.raises(ValueError, match="not read"):
        to_toml(report.config)


def test_disabled_a_key_stays_unresolved() -> None:
    config = config_of({"enabled": False, **external("${K:-}")}, Touched())

    with pytest.raises(LookupError, match=r"^K was not read"):
        key_of(config).reveal()
    assert "${K}" == key_of(config).reference


def test_disabled_a_key_in_the_file_is_known_and_told() -> None:
    report = check({"enabled": False, **external("sk-live")}, Touched())

    assert [("literal-secret", "mode", "external", "api_key")] == codes(report)
    assert report.config is not None
    assert "sk-live" == key_of(report.config).reveal()


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_default_is_an_empty_text_in_a_url(value: str | None) -> None:
    mode = config_of(external(url="https://h.example/${P:-}"), {"P": value} if value is not None else {}).mode

    assert isinstance(mode, External)
    assert "https://h.example/" == mode.url


def test_disabled_every_reference_is_deferred_in_the_order_of_the_file() -> None:
    table = {"enabled": E, "timeout_secs": "${T}", "allowed_languages": ["$<L>"], **external("${K}", "https://${H}")}

    report = check(table, {"E": "false"})

    assert ["T", "L", "H", "K"] == [item.reference[2:-1] for item in report.deferred]
    assert ("E",) == report.env_reads


@pytest.mark.parametrize(
    ("expected", "table"),
    [
        ("wrong-type", {"timeout_secs": "30"}),
        ("out-of-range", {"timeout_secs": 0}),
        ("unknown-key", {"tiemout": 1}),
        ("missing-key", {"mode": {"sandboxed": {}}}),
        ("unknown-mode", {"mode": "cloud"}),
        ("unknown-runtime", {"mode": {"sandboxed": {"runtime": "podman"}}}),
        ("invalid-reference", {"allowed_languages": ["${"]}),
        ("reference-not-allowed", {"mode": "${M}"}),
        ("invalid-language", {"allowed_languages": ["Py thon"]}),
        ("invalid-url", external("${K}", "nowhere")),
        ("empty-secret", external("")),
        ("malformed-secret", external("x ")),
    ],
)
def test_disabled_what_one_key_says_alone_is_checked_as_ever(expected: str, table: dict[str, Any]) -> None:
    report = check({"enabled": False, **table}, Touched())

    assert [expected] == [d.code for d in report.errors]
    assert report.config is None


@pytest.mark.parametrize(
    ("expected", "table"),
    [
        ("unsupported-language", {"allowed_languages": ["ruby"]}),
        ("out-of-range", {"mode": {"sandboxed": {"runtime": "docker"}}, "max_memory_mb": 5}),
        ("out-of-range", {"max_memory_mb": 5000}),
        ("insecure-url", external("${K}", "http://code-exec.example.com")),
    ],
)
def test_disabled_rules_across_keys_are_warnings(expected: str, table: dict[str, Any]) -> None:
    report = check({"enabled": False, **table}, Touched())

    assert [expected] == [d.code for d in report.warnings]
    assert report.ok
    assert report.config is not None
    assert not report.config.enabled


def test_disabled_a_sandbox_is_as_ever() -> None:
    config = config_of({"enabled": False, "mode": {"sandboxed": {"runtime": "gvisor"}}}, Touched())

    assert CodeExecutionConfig(enabled=False, mode=Sandboxed(runtime="gvisor")) == config


# -- nothing is concluded aloud of a value -----------------------------------------------------------------------------

MADE = {
    "PYTHN": "pythn",
    "PYTHON": "python",
    "PY": "py",
    "UPPER": "Python",
    "UNKNOWN": "klingon",
    "BIG": "99999",
    "SMALL": "5",
    "URL": "https://user:canary@münchen.example",
    "HTTP": "http://canary.example.com",
    "BAD_URL": "https://canary münchen.example",
    "IDN": "https://münchen.example",
    "QUERY": "https://a.example/?token=canary",
    "METADATA": "http://169.254.169.254/canary",
    "KEY": "canary key\n",
    "WORD": "canary",
}


@pytest.mark.parametrize(
    ("expected", "table"),
    [
        (["unknown-language"], {"allowed_languages": ["${PYTHN}"], **external()}),
        (["unknown-language"], {"allowed_languages": ["${PY}"], **external()}),
        (["unknown-language"], {"allowed_languages": ["kling${WORD:-}"], **external()}),
        (["invalid-language"], {"allowed_languages": ["${UPPER}"], **external()}),
        (["unsupported-language"], {"allowed_languages": ["${PYTHN}"]}),
        (["unsupported-language"], {"allowed_languages": ["${PY}"]}),
        ([], {"allowed_languages": ["python", "${PYTHON}"]}),
        ([], {"allowed_languages": ["${PYTHON}", "python", "${PYTHON}"]}),
        (["out-of-range"], {"timeout_secs": "${BIG}"}),
        (["out-of-range"], {"max_memory_mb": "${BIG}"}),
        (["out-of-range"], {"max_memory_mb": "${SMALL}", "mode": {"sandboxed": {"runtime": "docker"}}}),
        (["wrong-type"], {"timeout_secs": "${WORD}"}),
        (["wrong-type"], {"enabled": "${WORD}"}),
        (["invalid-url"], external(url="${URL}")),
        (["invalid-url"], external(url="${BAD_URL}")),
        (["invalid-url"], external(url="${IDN}")),
        (["credentials-in-url"], external(url="${QUERY}")),
        (["credentials-in-url"], external(url="https://${WORD}@a.example")),
        (["metadata-url"], external(url="${METADATA}")),
        (["insecure-url"], external(url="${HTTP}")),
        (["malformed-secret"], external("${KEY}")),
    ],
)
def test_a_made_value_earns_its_finding_and_no_word_more(expected: list[str], table: dict[str, Any]) -> None:
    lines = [f"{key} = {_toml(value)}" for key, value in table.items()]
    report = check_text(HEADER + "\n".join(lines), env=MADE)

    found = [d for d in report.diagnostics if d.code != "missing-secret"]
    assert expected == [d.code for d in found]
    for diagnostic in found:
        assert _is_quiet(diagnostic)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return str(value) if isinstance(value, list | int) else f'"{value}"'


def _is_quiet(diagnostic: Diagnostic) -> bool:
    said = f"{diagnostic.message} {diagnostic.help} {diagnostic.excerpt}"
    return (
        diagnostic.fix is None
        and diagnostic.related == ()
        and "did you mean" not in said
        and "xn--" not in said
        and not any(f"`{value}`" in said or f" {value} " in said for value in MADE.values() if value != "python")
        and "canary" not in said
    )


def test_a_literal_beside_a_made_one_is_compared_with_literals_only() -> None:
    report = check({"allowed_languages": ["${A}", "ruby", "${A}", "ruby"], **external()}, {"A": "ruby"})

    assert [("duplicate-language", "allowed_languages", 3)] == [
        item for item in codes(report) if item[0] != "missing-secret"
    ]


def test_the_place_of_a_made_value_is_the_value_with_its_quotes() -> None:
    text = HEADER + 'timeout_secs = "${T}"\n'

    [finding] = check_text(text, env={"T": "0"}).diagnostics

    assert finding.span is not None
    assert '"${T}"' == text[finding.span.start.offset : finding.span.end.offset]


@pytest.mark.parametrize(
    ("code", "entry"),
    [("forbidden-variable", "${X}"), ("invalid-reference", "${a b}"), ("unset-variable", "${LANG_X}")],
)
def test_a_flood_of_mistakes_in_references_is_cut_short(code: str, entry: str) -> None:
    report = check_mapping({"allowed_languages": [entry] * 1_100}, env={}, allow_env=["LANG_*"])

    assert [code] * 1_000 == [finding.code for finding in report.diagnostics]
    assert "there are more findings than are listed here" in (report.diagnostics[-1].help or "")
