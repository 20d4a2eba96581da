"""Variables are looked up once, only where a file names them, and leave nothing behind when that fails."""

from __future__ import annotations

import traceback
from collections import ChainMap, UserDict
from types import MappingProxyType
from typing import Any

import pytest

from codeexec_config import ConfigError, Policy, check_file, check_mapping, check_text, load, load_mapping, loads
from codeexec_config.section.environment import Environment

HEADER = "[features.code_execution]\n"
EXTERNAL = HEADER + "[features.code_execution.mode.external]\n"
EVERY = """\
[features.code_execution]
enabled = "${ENABLED}"
timeout_secs = "${TIMEOUT:-60}"
max_memory_mb = "$<MEMORY>"
allowed_languages = ["${LANGUAGE}", "python", "${LANGUAGE}", "c${SUFFIX:-}"]
mode.external.url = "https://${HOST}:${PORT:-443}/${LANGUAGE}"
mode.external.api_key = "${KEY:?the key of the service}"
"""
NAMES = ("ENABLED", "HOST", "KEY", "LANGUAGE", "MEMORY", "PORT", "SUFFIX", "TIMEOUT")
VALUES = dict(zip(NAMES, ("true", "code-exec.example.com", "the-key", "ruby", "512", "8443", "pp", "30"), strict=True))


class Recording(UserDict[str, str]):
    """An environment that records each look-up."""

    def __init__(self, *args: Any) -> None:
        self.looked_up: list[str] = []
        super().__init__(*args)

    def __getitem__(self, name: str) -> str:
        self.looked_up.append(name)
        return super().__getitem__(name)


class Forbidden:
    """An environment that must not be read."""

    def __getitem__(self, name: str) -> str:
        raise AssertionError("looked up")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("touched")


def table_of(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)["features"]["code_execution"]


# -- what is looked up -------------------------------------------------------------------------------------------------


def test_each_name_is_looked_up_once_and_reported() -> None:
    env = Recording(VALUES)

    report = check_text(EVERY, env=env)

    assert report.config is not None
    assert NAMES == report.env_reads
    assert list(NAMES) == sorted(env.looked_up)


def test_unset_variables_are_looked_up_once_and_reported_too() -> None:
    env = Recording()

    report = check_text(EVERY, env=env)

    assert NAMES == report.env_reads
    assert list(NAMES) == sorted(env.looked_up)


def test_enabled_is_looked_up_first() -> None:
    env = Recording(VALUES)

    check_text(EVERY, env=env)

    assert env.looked_up[0] == "ENABLED"


def test_nothing_else_of_a_mapping_is_used() -> None:
    class Least:
        def __getitem__(self, name: str) -> str:
            return VALUES[name]

    env: Any = Least()

    assert loads(EVERY, env=env) == loads(EVERY, env=VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEADER,
        HEADER + 'mode = "wasm"\ntimeout_secs = 5\n',
        HEADER + 'timeout_secs = "30"\n',
        EXTERNAL + 'url = "https://a$b.example.com/$${A}$$<B>$<"\napi_key = "$KEY"\n',
        EXTERNAL + 'url = "https://a.example.com"\napi_key = "${sk-live}"\n',
        HEADER + 'unknown = "${A}"\ntimeout_sec = "${B}"\n[features.code_execution.more]\nx = "${C}"\n',
        HEADER + 'mode = "${M}"\n',
        HEADER + 'mode.sandboxed.runtime = "$<R>"\n',
        HEADER + 'timeout_secs = " ${T}"\nenabled = "${E}${F}"\n',
        HEADER + '"${A}" = 1\n',
        HEADER + 'mode.wasm = {}\nmode.external = { url = "${U}", api_key = "${K}" }\n',
        HEADER + 'mode.external = ["${U}"]\nallowed_languages = { x = "${L}" }\n',
        HEADER + 'allowed_languages = [["${L}"]]\n',
        '[other]\nx = "${A}"\n[feature.code_execution]\ntimeout_secs = "${B}"\n',
        "not TOML ${A}",
        HEADER + 'enabled = false\ntimeout_secs = "${T}"\nallowed_languages = ["${L}"]\n'
        'mode = { external = { url = "${U}", api_key = "${K}" } }\n',
    ],
)
def test_an_environment_that_no_reference_needs_is_never_touched(text: str) -> None:
    env: Any = Forbidden()

    report = check_text(text, env=env)

    assert () == report.env_reads


def test_offline_touches_no_environment() -> None:
    env: Any = Forbidden()

    assert () == check_text(EVERY, env=env, offline=True).env_reads


def test_without_an_argument_it_is_the_process_environment_at_the_time_of_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = HEADER + 'timeout_secs = "${CODEEXEC_TEST_T}"\n'
    monkeypatch.setenv("CODEEXEC_TEST_T", "40")
    assert loads(text).timeout_secs == 40

    monkeypatch.setenv("CODEEXEC_TEST_T", "50")
    assert loads(text).timeout_secs == 50

    monkeypatch.delenv("CODEEXEC_TEST_T")
    assert [d.code for d in check_text(text).diagnostics] == ["unset-variable"]


@pytest.mark.parametrize("wrap", [dict, UserDict, MappingProxyType, ChainMap])
def test_any_mapping_will_do(wrap: Any) -> None:
    assert loads(EVERY, env=wrap(VALUES)) == loads(EVERY, env=VALUES)


# -- what comes back ---------------------------------------------------------------------------------------------------


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not this"

    def encode(self, *_: Any) -> bytes:
        raise AssertionError


def test_a_value_that_is_a_subclass_of_str_is_read_as_what_it_holds() -> None:
    text = HEADER + 'mode = "wasm"\ntimeout_secs = "${T}"\n'

    assert loads(text, env={"T": Loud("40")}).timeout_secs == 40


@pytest.mark.parametrize("value", [None, 30, True, b"30", ["30"], object()])
def test_a_value_that_is_no_str_is_a_type_error_that_names_the_variable(value: Any) -> None:
    env: Any = {"T": value}

    with pytest.raises(TypeError, match=r"^the environment's value of T is not a str$"):
        check_text(HEADER + 'timeout_secs = "${T}"\n', env=env)


@pytest.mark.parametrize("value", ["\ud800", "3\udcff0", "30\udfff"])
def test_a_value_that_is_not_utf_8_counts_as_unset(value: str) -> None:
    report = check_text(HEADER + 'timeout_secs = "${T}"\nmax_memory_mb = "${T:-300}"\n', env={"T": value})

    assert [("unset-variable", "timeout_secs")] == [(d.code, d.path[-1]) for d in report.diagnostics]
    assert ("T",) == report.env_reads
    assert "the value of the variable T is not UTF-8" == report.diagnostics[0].message


def test_a_key_error_of_any_kind_is_unset() -> None:
    class MissingError(KeyError):
        pass

    class Env(UserDict[str, str]):
        def __getitem__(self, name: str) -> str:
            raise MissingError(name)

    assert [d.code for d in check_text(HEADER + 'timeout_secs = "${T}"\n', env=Env()).diagnostics] == ["unset-variable"]


@pytest.mark.parametrize("value", ["v", "é", "日本", "\U0001f511"])
def test_a_value_in_any_script_is_kept_as_it_is(value: str) -> None:
    environment = Environment({"A": value, "B": "", "C": "\ud800"})

    assert [None, None, None] == [environment.fetch(name) for name in "ABC"]
    assert [value, "", None] == [environment[name] for name in "ABC"]
    assert [True, False, False] == [environment.is_set(name) for name in "ABC"]


LONG = "N" * 20
MIXED = "MixedCapitals1Digits"


@pytest.mark.parametrize(
    ("text", "value", "secret"),
    [
        ("${A}", "a", "a"),
        (f"${{{LONG}}}", "long", "long"),
        (f"${{{MIXED}}}", "mixed", None),
        (f"${{{MIXED[:-1]}}}", "short", "short"),
        *((text, None, None) for text in ("A", "${A", "A}", "xxA}", "${Ax", "x${A}", "${A}x", "$<A>", "${A:-}", "${}")),
        *((f"${{{name}}}", None, None) for name in ("EMPTY", "UNSET", "FORBIDDEN")),
    ],
)
def test_a_text_that_is_one_reference_is_read_at_once(text: str, value: str | None, secret: str | None) -> None:
    values = {"A": "a", LONG: "long", MIXED: "mixed", MIXED[:-1]: "short", "EMPTY": "", "FORBIDDEN": "x"}
    environment = Environment(values, [("[!F]*",)])

    assert value == environment.read(text, is_secret=False)
    assert secret == environment.read(text, is_secret=True)


@pytest.mark.parametrize(("name", "error"), [("B", RuntimeError), ("C", TypeError)])
def test_nothing_is_kept_of_a_look_up_that_failed(name: str, error: type[Exception]) -> None:
    class Env(UserDict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            if name == "B":
                raise RuntimeError
            return CANARY if name == "A" else 5

    environment = Environment(Env())

    assert environment.fetch("A") is None
    assert isinstance(environment.read(f"${{{name}}}", is_secret=True), error)
    assert () == environment.reads
    assert not environment.is_set("A")
    with pytest.raises(KeyError):
        environment["A"]


# -- what the mapping raises -------------------------------------------------------------------------------------------

CANARY = "sk-canary-e1e2e3e4"


class Vault:
    """An environment that fails after the first secret."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.asked = 0

    def __getitem__(self, name: str) -> str:
        self.asked += 1
        if self.asked < 3:
            return CANARY
        raise self.error


class EmptyError(Exception):
    """A custom group of errors; without one in it, it is false."""

    def __len__(self) -> int:
        return 0


FAILING = HEADER + 'timeout_secs = "${A}"\nmode.external.url = "https://${B}"\nmode.external.api_key = "${C}"\n'


@pytest.mark.parametrize("kind", [RuntimeError, OSError, ValueError, TypeError, LookupError, SystemExit, EmptyError])
@pytest.mark.parametrize("call", ["load", "loads", "load_mapping", "check_file", "check_text", "check_mapping"])
def test_any_other_exception_passes_through_as_it_is(call: str, kind: type[BaseException], tmp_path: Any) -> None:
    error = kind("down")
    path = tmp_path / "app.toml"
    path.write_text(FAILING)
    env: Any = Vault(error)
    calls: dict[str, Any] = {
        "load": lambda: load(path, env=env),
        "loads": lambda: loads(FAILING, env=env),
        "load_mapping": lambda: load_mapping(table_of(FAILING), env=env),
        "check_file": lambda: check_file(path, env=env),
        "check_text": lambda: check_text(FAILING, env=env),
        "check_mapping": lambda: check_mapping(table_of(FAILING), env=env),
    }

    with pytest.raises(kind) as caught:
        calls[call]()

    assert error is caught.value
    assert ("down",) == error.args
    assert not hasattr(error, "__notes__")
    assert error.__context__ is None
    assert error.__cause__ is None
    assert [call, "__getitem__"] == [step.name for step in traceback.extract_tb(error.__traceback__)][-2:]


def test_the_variables_are_looked_up_no_further_once_one_fails() -> None:
    env: Any = Vault(RuntimeError())

    with pytest.raises(RuntimeError):
        check_text(EVERY, env=env)

    assert env.asked == 3


def test_an_exception_that_is_false_passes_through_where_a_reference_has_a_default() -> None:
    env: Any = Vault(EmptyError())
    env.asked = 2

    with pytest.raises(EmptyError):
        check_text(HEADER + 'timeout_secs = "${T:-3}"\n', env=env)


def test_an_exception_that_c_raises_passes_through_too() -> None:
    env: Any = memoryview(b"x")

    with pytest.raises(TypeError) as caught:
        check_text(HEADER + 'timeout_secs = "${T}"\n', env=env)

    assert caught.value.__context__ is None


# -- which may be read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow_env", "allowed"),
    [
        (None, ["A", "CODE_EXEC_KEY", "a"]),
        ("*", ["A", "CODE_EXEC_KEY", "a"]),
        ("CODE_EXEC_*", ["CODE_EXEC_KEY"]),
        (["CODE_EXEC_*"], ["CODE_EXEC_KEY"]),
        (["A", "CODE_?XEC_[JK]EY"], ["A", "CODE_EXEC_KEY"]),
        ({"A"}, ["A"]),
        (iter(["A"]), ["A"]),
        ("A", ["A"]),
        ("[!A]", ["a"]),
        ("code_*", []),
        ((), []),
        ("", []),
    ],
)
def test_only_what_a_pattern_names_is_read(allow_env: Any, allowed: list[str]) -> None:
    env = Recording()
    text = HEADER + 'allowed_languages = ["${A}", "${CODE_EXEC_KEY}", "${a}"]\n'

    report = check_text(text, env=env, allow_env=allow_env)

    expected = ["unset-variable" if name in allowed else "forbidden-variable" for name in ("A", "CODE_EXEC_KEY", "a")]
    assert expected == [d.code for d in report.diagnostics]
    assert allowed == sorted(env.looked_up) == list(report.env_reads)


@pytest.mark.parametrize("prefix", ["", "enabled = false\n"])
@pytest.mark.parametrize("offline", [False, True])
def test_a_forbidden_variable_is_said_enabled_or_not_offline_or_not(prefix: str, offline: bool) -> None:  # noqa: FBT001
    text = (
        HEADER + prefix + 'timeout_secs = "${A:-30}"\nmode.external = { url = "https://x.example", api_key = "${B}" }\n'
    )
    env: Any = Forbidden()

    report = check_text(text, env=env, allow_env="C", offline=offline)

    assert ["forbidden-variable"] * 2 == [d.code for d in report.errors]
    assert report.config is None


def test_a_forbidden_enabled_counts_as_true() -> None:
    env = Recording({"E": "false", "T": "20"})

    report = check_text(HEADER + 'enabled = "${E}"\ntimeout_secs = "${T}"\n', env=env, allow_env=["T"])

    assert ["forbidden-variable"] == [d.code for d in report.diagnostics]
    assert ["T"] == env.looked_up


def test_every_group_of_patterns_must_allow_a_name() -> None:
    environment = Environment({}, [("A*", "B"), ("*B",)])

    assert [False, True, True] == [environment.permits(name) for name in ("A", "AB", "B")]


@pytest.mark.parametrize(
    ("allow_env", "said"),
    [
        ((), "the host allows none"),
        (["A_*", "B"], "the host allows A_*, B: use such a variable, or have this one allowed"),
    ],
)
def test_the_help_names_what_is_allowed(allow_env: Any, said: str) -> None:
    [found] = check_text(HEADER + 'timeout_secs = "${T}"\n', env={}, allow_env=allow_env).diagnostics

    assert said == found.help


@pytest.mark.parametrize(
    ("name", "policy", "allow_env", "said"),
    [
        ("T", ["*_KEY"], ["A_*", "B"], "the host allows A_*, B, and of these *_KEY: "),
        ("A_T", ["*_KEY"], ["A_*", "B"], "the host allows A_*, B, and of these *_KEY: "),
        ("T_KEY", ["*_KEY"], ["A_*", "B"], "the host allows A_*, B, and of these *_KEY: "),
        ("T", ["A_*"], ["A_*"], "the host allows A_*: "),
        ("A_T", [], ["A_*"], "the host allows none"),
        ("A_T", ["A_*"], [], "the host allows none"),
    ],
)
def test_the_help_names_what_argument_and_policy_both_allow(
    name: str, policy: list[str], allow_env: list[str], said: str
) -> None:
    text = HEADER + f'timeout_secs = "${{{name}}}"\n'
    [found] = check_text(text, env={name: "5"}, policy=Policy(allow_env=policy), allow_env=allow_env).diagnostics

    assert "forbidden-variable" == found.code
    assert str(found.help).startswith(said)


def test_the_message_names_the_variable() -> None:
    with pytest.raises(ConfigError, match="this file may not read SECRET_THING"):
        loads(HEADER + 'timeout_secs = "${SECRET_THING}"\n', env={}, allow_env=())


@pytest.mark.parametrize("url", ["${HOST}", "https://${HOST}/"])
@pytest.mark.parametrize("policy", [None, Policy()])
def test_an_environment_that_raises_is_not_asked_again(url: str, policy: Policy | None) -> None:
    class Failing(Recording):
        def __getitem__(self, name: str) -> str:
            super().__getitem__(name)
            raise RuntimeError(name)

    env = Failing(VALUES)
    with pytest.raises(RuntimeError) as caught:
        check_mapping({"mode": {"external": {"url": url, "api_key": "${KEY}"}}}, env=env, policy=policy)

    assert [str(caught.value)] == env.looked_up
