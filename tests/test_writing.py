"""What is written back loads as the same config."""

from __future__ import annotations

import copy
import pickle
import string
import tomllib
from typing import Any

import attrs
import cattrs
import pytest
import tomlkit
from hypothesis import assume, given
from hypothesis import strategies as st

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    External,
    Policy,
    Runtime,
    Sandboxed,
    Secret,
    Wasm,
    check_mapping,
    check_text,
    limits,
    register_hooks,
    to_toml,
)
from codeexec_config.references import Reference
from codeexec_config.testing import assert_no_leak
from tests.facts import BOUNDS

# -- generated configs -------------------------------------------------------------------------------------------------

header_safe = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1).filter(
    lambda text: text.strip(" ") == text
)
variables = st.from_regex(rf"{limits.VARIABLE_PATTERN}", fullmatch=True).filter(
    lambda name: len(name) <= 64 and not Reference(0, 0, name).is_pasted
)
odd_texts = st.lists(
    st.sampled_from(["$", "{", "}", "<", ">", "${A}", "$<A>", "$${", "'", '"', "%20", "é", "🜚", "a", "_"]), max_size=8
).map("".join)
hosts = st.sampled_from(["code-exec.example.com", "127.0.0.1", "[::1]", "localhost", "a.b"])
urls = st.builds(
    lambda host, port, path: f"https://{host}{port}/{path}", hosts, st.sampled_from(["", ":8443"]), odd_texts
)
names = st.sampled_from(limits.KNOWN_LANGUAGES) | st.from_regex(limits.LANGUAGE_PATTERN, fullmatch=True).filter(
    lambda name: len(name) <= limits.LANGUAGE_LENGTH
)


@st.composite
def referenced(draw: st.DrawFn) -> tuple[Secret, dict[str, str]]:
    """Return a key made of references, and the environment that it was read from."""
    env = draw(st.dictionaries(variables, header_safe, min_size=1, max_size=3))
    value = "".join(env.values())
    return Secret(value, reference="".join(f"${{{name}}}" for name in env)), env


@st.composite
def configs(draw: st.DrawFn, *, literal: bool = False) -> tuple[CodeExecutionConfig, dict[str, str]]:
    """Return a valid config and the environment that it was read from."""
    env: dict[str, str] = {}
    kind = draw(st.sampled_from([Wasm, Sandboxed, External]))
    enabled = draw(st.booleans())
    mode: Any = Wasm()
    if kind is Sandboxed:
        mode = Sandboxed(runtime=draw(st.sampled_from(Runtime)))
    elif kind is External:
        key, env = draw(st.tuples(header_safe.map(Secret), st.just({})) if literal else referenced())
        mode = External(url=draw(urls), api_key=draw(st.sampled_from([key, None])))
    allowed = st.sampled_from(limits.WASM_LANGUAGES) if kind is Wasm and enabled else names
    config = CodeExecutionConfig(
        enabled=enabled,
        mode=mode,
        allowed_languages=draw(st.lists(allowed, min_size=int(enabled), max_size=4)),
        timeout_secs=draw(st.integers(BOUNDS["timeout_secs"].minimum, BOUNDS["timeout_secs"].maximum)),
        max_memory_mb=draw(st.integers(6, 4096 if kind is Wasm else BOUNDS["max_memory_mb"].maximum)),
    )
    return config, env


def read(text: str, env: dict[str, str]) -> CodeExecutionConfig:
    """Load without the warnings."""
    report = check_text(text, env=env)
    assert not report.errors
    assert report.config is not None
    return report.config


def shape(config: CodeExecutionConfig) -> CodeExecutionConfig:
    """Return a config without its key, which an unread one cannot equal."""
    if not isinstance(config.mode, External):
        return config
    return attrs.evolve(config, mode=attrs.evolve(config.mode, api_key=None))


# -- laws --------------------------------------------------------------------------------------------------------------


@given(configs())
def test_what_is_written_loads_as_the_same_config(pair: tuple[CodeExecutionConfig, dict[str, str]]) -> None:
    config, env = pair
    loaded = read(to_toml(config), env)

    assert shape(config) == shape(loaded)
    if config.enabled:
        assert config == loaded
        assert hash(config) == hash(loaded)


@given(configs())
def test_what_is_loaded_is_written_the_same_again(pair: tuple[CodeExecutionConfig, dict[str, str]]) -> None:
    config, env = pair
    loaded = read(to_toml(config), env)

    assert to_toml(config) == to_toml(loaded)
    assert loaded == read(to_toml(loaded), env)


@given(configs(literal=True))
def test_a_revealed_key_loads_as_the_same(pair: tuple[CodeExecutionConfig, dict[str, str]]) -> None:
    config, _ = pair
    text = to_toml(config, reveal_secrets=True)

    loaded = read(text, {})

    assume("$" not in text.partition("api_key")[2] or loaded.enabled)
    assert config == loaded


@given(configs())
def test_what_is_written_is_toml_for_every_parser(pair: tuple[CodeExecutionConfig, dict[str, str]]) -> None:
    text = to_toml(pair[0])

    assert tomllib.loads(text) == tomlkit.parse(text).unwrap()
    assert ["features"] == list(tomllib.loads(text))


@given(configs())
def test_a_converter_gives_what_the_toml_parses_to_and_takes_it_back(
    pair: tuple[CodeExecutionConfig, dict[str, str]],
) -> None:
    config, env = pair
    converter = cattrs.Converter()
    register_hooks(converter, env=env)

    plain = converter.unstructure(config)

    assert tomllib.loads(to_toml(config))["features"]["code_execution"] == plain
    assert read(to_toml(config), env) == check_mapping(plain, env=env).config


# -- the text ----------------------------------------------------------------------------------------------------------


def test_the_defaults() -> None:
    assert (
        "[features.code_execution]\n"
        "enabled = true\n"
        'mode = "wasm"\n'
        'allowed_languages = ["python", "javascript"]\n'
        "timeout_secs = 30\n"
        "max_memory_mb = 256\n"
    ) == to_toml(CodeExecutionConfig())


def test_a_mode_with_keys_is_a_table_below() -> None:
    config = CodeExecutionConfig(
        enabled=False,
        mode=External(url="https://x.example/\"${A}'$<B>$", api_key=Secret("k", reference="${K}")),
        allowed_languages=(),
    )

    assert (
        "[features.code_execution]\n"
        "enabled = false\n"
        "allowed_languages = []\n"
        "timeout_secs = 30\n"
        "max_memory_mb = 256\n"
        "\n"
        "[features.code_execution.mode.external]\n"
        'url = "https://x.example/\\"$${A}\'$$<B>$"\n'
        'api_key = "${K}"\n'
    ) == to_toml(config)


def test_a_sandbox_names_its_runtime() -> None:
    text = to_toml(CodeExecutionConfig(mode=Sandboxed(runtime=Runtime.GVISOR)))

    assert text.endswith('\n[features.code_execution.mode.sandboxed]\nruntime = "gvisor"\n')


# -- secrets -----------------------------------------------------------------------------------------------------------

CANARY = "sk-canary-0a9b8c"


def service(key: Secret | None) -> CodeExecutionConfig:
    return CodeExecutionConfig(mode=External(url="https://code-exec.example.com", api_key=key))


def disabled(url: str, api_key: str) -> CodeExecutionConfig:
    table = {"enabled": False, "mode": {"external": {"url": url, "api_key": api_key}}}
    config = check_mapping(table, env={}).config
    assert config is not None
    return config


def test_a_literal_key_is_refused() -> None:
    with pytest.raises(ValueError, match="the secret is a literal"):
        assert_no_leak(lambda: to_toml(service(Secret(CANARY))), CANARY)


def test_a_literal_key_is_written_on_demand() -> None:
    text = to_toml(service(Secret(f"{CANARY}${{A}}")), reveal_secrets=True)

    assert f'api_key = "{CANARY}$${{A}}"\n' in text


def test_a_reference_is_written_even_when_secrets_are_revealed() -> None:
    text = to_toml(service(Secret(CANARY, reference="${A}${B}")), reveal_secrets=True)

    assert 'api_key = "${A}${B}"\n' in text
    assert CANARY not in text


@pytest.mark.parametrize("form", ["${K}", "$<K>", "${K:?say}", "${K:-}"])
def test_an_unread_key_is_written_as_its_reference(form: str) -> None:
    config = disabled("https://code-exec.example.com", form)

    assert 'api_key = "${K}"\n' in to_toml(config)
    assert config == read(to_toml(config), {})


@pytest.mark.parametrize("reveal", [True, False])
def test_an_unread_key_that_is_no_reference_is_refused(reveal: bool) -> None:  # noqa: FBT001
    config = disabled("https://code-exec.example.com", f"{CANARY}${{K}}")

    with pytest.raises(ValueError, match="was not read"):
        assert_no_leak(lambda: to_toml(config, reveal_secrets=reveal), CANARY)


@pytest.mark.parametrize("reveal", [True, False])
def test_a_mode_that_was_not_read_is_refused(reveal: bool) -> None:  # noqa: FBT001
    config = disabled("https://${H}", "${K}")

    assert Wasm() == config.mode
    for same in (config, attrs.evolve(config, timeout_secs=5)):
        with pytest.raises(ValueError, match="was not read"):
            to_toml(same, reveal_secrets=reveal)


def test_a_mode_that_was_not_read_is_refused_as_a_copy_too() -> None:
    config = disabled("https://${H}", "${K}")

    assert Wasm() == copy.deepcopy(Wasm()) == pickle.loads(pickle.dumps(Wasm()))  # noqa: S301
    for same in (copy.copy(config), copy.deepcopy(config), pickle.loads(pickle.dumps(config))):  # noqa: S301
        with pytest.raises(ValueError, match="was not read"):
            to_toml(same)


# -- register_hooks ----------------------------------------------------------------------------------------------------


@attrs.define
class Host:
    name: str
    section: CodeExecutionConfig
    sections: list[CodeExecutionConfig] = attrs.Factory(list)


def test_a_converter_structures_the_section_inside_a_hosts_own_classes() -> None:
    converter = cattrs.Converter()
    register_hooks(converter, env={"T": "40"})

    host = converter.structure(
        {"name": "x", "section": {"timeout_secs": "${T}"}, "sections": [{"timeout_secs": 5}]}, Host
    )

    assert Host("x", CodeExecutionConfig(timeout_secs=40), [CodeExecutionConfig(timeout_secs=5)]) == host


def test_a_detailed_converter_wraps_the_one_error() -> None:
    converter = cattrs.Converter(detailed_validation=True)
    register_hooks(converter)

    with pytest.raises(cattrs.ClassValidationError) as caught:
        converter.structure({"name": 1, "section": {"timeout_secs": 0, "mode": "cloud"}}, Host)

    [error] = caught.value.exceptions
    assert isinstance(error, ConfigError)
    assert {"out-of-range", "unknown-mode"} == {d.code for d in error.diagnostics}
    assert {("features", "code_execution", "timeout_secs"), ("features", "code_execution", "mode")} == {
        d.path for d in error.diagnostics
    }


@pytest.mark.parametrize("detailed", [True, False])
def test_a_section_alone_raises_the_error_itself(detailed: bool) -> None:  # noqa: FBT001
    converter = cattrs.Converter(detailed_validation=detailed)
    register_hooks(converter)

    with pytest.raises(ConfigError):
        converter.structure({"timeout_secs": "30"}, CodeExecutionConfig)


def test_a_converter_keeps_its_own_ways_with_other_types() -> None:
    converter = cattrs.Converter()
    register_hooks(converter)

    assert converter.structure("30", int) == 30
    assert converter.structure(1, str) == "1"


def test_a_converter_reads_the_environment_at_the_time_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    converter = cattrs.Converter()
    register_hooks(converter)
    for value in ("40", "50"):
        monkeypatch.setenv("CODEEXEC_TEST_T", value)
        config = converter.structure({"timeout_secs": "${CODEEXEC_TEST_T}"}, CodeExecutionConfig)
        assert int(value) == config.timeout_secs


def test_a_converter_allows_the_same_variables_each_time() -> None:
    converter = cattrs.Converter()
    register_hooks(converter, env={"T": "40"}, allow_env=iter(["T"]))

    for _ in range(2):
        assert converter.structure({"timeout_secs": "${T}"}, CodeExecutionConfig).timeout_secs == 40


@pytest.mark.parametrize("arguments", [{"env": "x"}, {"env": 3}, {"allow_env": 3}, {"allow_env": [b"x"]}])
def test_wrong_arguments_are_told_when_they_are_given(arguments: Any) -> None:
    with pytest.raises(TypeError):
        register_hooks(cattrs.Converter(), **arguments)


def test_a_literal_key_does_not_unstructure() -> None:
    converter = cattrs.Converter()
    register_hooks(converter)

    with pytest.raises(ValueError, match="the secret is a literal"):
        assert_no_leak(lambda: converter.unstructure(service(Secret(CANARY))), CANARY)


def test_the_alphabet_of_a_header_is_written_as_it_is() -> None:
    value = string.printable[:94]

    assert service(Secret(value)) == read(to_toml(service(Secret(value)), reveal_secrets=True), {})


@pytest.mark.parametrize("value", [Wasm(), Policy(), External(url="https://h"), {}, None, "x"])
def test_what_is_no_config_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="config must be a CodeExecutionConfig"):
        to_toml(value)
