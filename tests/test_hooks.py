"""A host's converter with the hooks reads each type strictly; one without them creates nothing."""

from __future__ import annotations

from typing import Any

import attrs
import cattrs
import pytest

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    External,
    Mode,
    Policy,
    Runtime,
    Sandboxed,
    Secret,
    Wasm,
    load_mapping,
    register_hooks,
)

URL = "https://code-exec.example.com"
KEYED = {"url": URL, "api_key": "${K}"}


@pytest.fixture(params=[True, False], ids=["detailed", "plain"])
def bare(request: pytest.FixtureRequest) -> cattrs.Converter:
    return cattrs.Converter(detailed_validation=request.param)


@pytest.fixture
def converter(bare: cattrs.Converter) -> cattrs.Converter:
    register_hooks(bare, env={"K": "k"})
    return bare


@pytest.mark.parametrize(
    ("value", "cls"),
    [
        ({}, CodeExecutionConfig),
        ({"mode": {"sandboxed": {"runtime": "docker"}}}, CodeExecutionConfig),
        ({"sandboxed": {"runtime": "docker"}}, Mode),
        ({"runtime": "docker"}, Mode),
        ({"nonsense": 1}, Mode),
        ({"nonsense": 1}, Wasm | External),
        ({}, Wasm),
        ({"runtime": "docker"}, Sandboxed),
        ({"url": URL}, External),
    ],
)
def test_stock_cattrs_makes_nothing(value: Any, cls: Any, bare: cattrs.Converter) -> None:
    stock: Any
    for stock in (bare, cattrs.BaseConverter(), cattrs.Converter(prefer_attrib_converters=True)):
        with pytest.raises((TypeError, cattrs.BaseValidationError)):
            stock.structure(value, cls)


def test_what_stock_cattrs_is_told_names_the_way_out() -> None:
    with pytest.raises(TypeError, match=r"cannot make Wasm: call register_hooks\(converter\) first"):
        cattrs.Converter(detailed_validation=False).structure({"nonsense": 1}, Mode)


@pytest.mark.parametrize(
    ("value", "cls", "made"),
    [
        ({"timeout_secs": 3}, CodeExecutionConfig, CodeExecutionConfig(timeout_secs=3)),
        ("wasm", Mode, Wasm()),
        ({"wasm": {}}, Mode, Wasm()),
        ({"sandboxed": {"runtime": "gvisor"}}, Mode, Sandboxed(runtime=Runtime.GVISOR)),
        ({"external": KEYED}, Mode, External(url=URL, api_key=Secret("k", reference="${K}"))),
        (None, Mode | None, None),
        ("wasm", Mode | None, Wasm()),
        ({}, Wasm, Wasm()),
        ({"runtime": "docker"}, Sandboxed, Sandboxed(runtime=Runtime.DOCKER)),
        (KEYED, External, External(url=URL, api_key=Secret("k", reference="${K}"))),
        ("firecracker", Runtime, Runtime.FIRECRACKER),
        ("${K}", Secret, Secret("k", reference="${K}")),
    ],
)
def test_each_type_comes_and_goes_alone(value: Any, cls: Any, made: Any, converter: cattrs.Converter) -> None:
    structured = converter.structure(value, cls)

    assert made == structured
    assert type(made) is type(structured)
    assert made == converter.structure(converter.unstructure(structured, unstructure_as=cls), cls)


@pytest.mark.parametrize(
    ("value", "cls", "code", "path"),
    [
        ({"nonsense": 1}, Mode, "unknown-mode", ("mode", "nonsense")),
        ({}, Mode, "empty-mode", ("mode",)),
        ("sandboxed", Mode, "wrong-type", ("mode",)),
        (None, Mode, "wrong-type", ("mode",)),
        ({"x": 1}, Wasm, "unknown-key", ("mode", "wasm", "x")),
        ({}, Sandboxed, "missing-key", ("mode", "sandboxed", "runtime")),
        ({"url": "x"}, External, "invalid-url", ("mode", "external", "url")),
        ("dokcer", Runtime, "unknown-runtime", ("mode", "sandboxed", "runtime")),
        (" k", Secret, "malformed-secret", ("mode", "external", "api_key")),
        ({"timeout_sec": 3}, CodeExecutionConfig, "unknown-key", ("timeout_sec",)),
    ],
)
def test_each_type_is_strict(value: Any, cls: Any, code: str, path: tuple[str, ...], bare: cattrs.Converter) -> None:
    register_hooks(bare, env={}, section='host."exec cfg"')

    with pytest.raises(ConfigError) as caught:
        bare.structure(value, cls)

    assert (code, ("host", "exec cfg", *path)) in [(d.code, d.path) for d in caught.value.diagnostics]


@attrs.define
class Host:
    exec_cfg: CodeExecutionConfig
    mode: Mode
    fallback: Mode | None = None
    runtime: Runtime = Runtime.DOCKER


def test_a_host_s_class_comes_back_as_it_went(converter: cattrs.Converter) -> None:
    plain = {
        "exec_cfg": {"mode": {"external": KEYED}, "timeout_secs": 3},
        "mode": {"sandboxed": {"runtime": "gvisor"}},
        "fallback": "wasm",
        "runtime": "gvisor",
    }

    host = converter.structure(plain, Host)
    again = converter.unstructure(host)

    assert {"mode": plain["mode"], "fallback": "wasm", "runtime": "gvisor"}.items() <= again.items()
    assert KEYED == again["exec_cfg"]["mode"]["external"]
    assert host == converter.structure(again, Host)
    assert None is converter.unstructure(attrs.evolve(host, fallback=None))["fallback"]


def test_a_policy_holds_for_each_type() -> None:
    converter = cattrs.Converter(detailed_validation=False)
    policy = Policy(max_timeout_secs=10, modes=["sandboxed"], runtimes=["gvisor"], allow_env=["K"])
    register_hooks(converter, env={"K": "k", "L": "l"}, policy=policy)

    assert Sandboxed(runtime=Runtime.GVISOR) == converter.structure({"runtime": "gvisor"}, Sandboxed)
    assert Secret("k") == converter.structure("${K}", Secret)
    refused: list[tuple[Any, Any, str]] = [
        ({}, CodeExecutionConfig, "policy-violation"),
        ("wasm", Mode, "policy-violation"),
        ("docker", Runtime, "policy-violation"),
        ("${L}", Secret, "forbidden-variable"),
    ]
    for value, cls, code in refused:
        with pytest.raises(ConfigError) as caught:
            converter.structure(value, cls)
        assert {code} == {d.code for d in caught.value.diagnostics}


@pytest.mark.parametrize("arguments", [{"policy": {}}, {"section": 3}, {"allow_env": 3}, {"env": "x"}])
def test_wrong_arguments_are_told_when_they_are_given(arguments: Any) -> None:
    with pytest.raises(TypeError):
        register_hooks(cattrs.Converter(), **arguments)
    with pytest.raises(ValueError, match="dotted path"):
        register_hooks(cattrs.Converter(), section="a..b")


@pytest.mark.parametrize("allow_env", [3, [3], b"K"])
def test_a_wrong_allow_env_is_named_as_load_names_it(allow_env):
    with pytest.raises(TypeError, match=r"^allow_env must hold glob patterns, each a str$"):
        load_mapping({}, allow_env=allow_env)
    with pytest.raises(TypeError, match=r"^allow_env must hold glob patterns, each a str$"):
        register_hooks(cattrs.Converter(), allow_env=allow_env)


@pytest.mark.parametrize("converter", [None, cattrs.Converter, {}])
def test_what_is_no_converter_is_a_type_error(converter: Any) -> None:
    with pytest.raises(TypeError, match=r"converter must be a cattrs\.Converter"):
        register_hooks(converter)
