"""An instance that exists is valid."""

import copy
import pickle

import attrs
import pytest

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    External,
    Policy,
    Runtime,
    Sandboxed,
    Secret,
    Severity,
    Wasm,
    load_mapping,
    loads,
)


def refused(make):
    with pytest.raises(ConfigError) as caught:
        make()
    assert all(d.span is None and d.file is None for d in caught.value.diagnostics)
    return [(d.code, d.path) for d in caught.value.diagnostics]


def test_the_defaults_are_those_of_an_empty_section():
    assert load_mapping({}) == CodeExecutionConfig()
    assert (
        CodeExecutionConfig(
            enabled=True,
            mode=Wasm(),
            allowed_languages=("python", "javascript"),
            timeout_secs=30,
            max_memory_mb=256,
        )
        == CodeExecutionConfig()
    )


@pytest.mark.parametrize("runtime", list(Runtime))
def test_a_runtime_is_a_member_or_its_string(runtime):
    assert Sandboxed(runtime=runtime) == Sandboxed(runtime=str(runtime))
    assert runtime is Sandboxed(runtime=str(runtime)).runtime


def test_languages_are_a_list_or_a_tuple_and_become_a_tuple():
    assert ("python",) == CodeExecutionConfig(allowed_languages=["python"]).allowed_languages


def test_equal_configs_are_equal_and_hash_equal():
    one, two = (
        CodeExecutionConfig(mode=External(url="https://x", api_key=Secret("k", reference="${K}"))) for _ in range(2)
    )

    assert one == two
    assert hash(one) == hash(two)
    assert one != CodeExecutionConfig(mode=External(url="https://x", api_key=Secret("other")))


@pytest.mark.parametrize("cls", [CodeExecutionConfig, Wasm, Sandboxed, External])
def test_the_model_is_frozen_slotted_and_keyword_only(cls):
    instance = {Sandboxed: {"runtime": "gvisor"}, External: {"url": "https://x"}}.get(cls, {})
    instance = cls(**instance)

    assert not hasattr(instance, "__dict__")
    with pytest.raises(TypeError, match="positional"):
        cls("x")
    for field in attrs.fields(cls):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(instance, field.name, None)


def test_a_config_without_a_key_copies_and_pickles():
    config = CodeExecutionConfig(mode=Sandboxed(runtime="firecracker"), allowed_languages=["bash"])

    assert config == copy.deepcopy(config)
    assert config == pickle.loads(pickle.dumps(config))  # noqa: S301 -- our own
    assert config == attrs.evolve(config)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enabled", 1),
        ("enabled", "true"),
        ("mode", "wasm"),
        ("mode", None),
        ("allowed_languages", "python"),
        ("allowed_languages", {"python"}),
        ("timeout_secs", True),
        ("timeout_secs", 30.0),
        ("max_memory_mb", "256"),
    ],
)
def test_a_field_of_another_type_is_refused(field, value):
    assert [("wrong-type", (field,))] == refused(lambda: CodeExecutionConfig(**{field: value}))


def test_everything_wrong_is_said_together():
    assert [
        ("wrong-type", ("enabled",)),
        ("invalid-language", ("allowed_languages", 0)),
        ("wrong-type", ("allowed_languages", 1)),
        ("out-of-range", ("timeout_secs",)),
        ("out-of-range", ("max_memory_mb",)),
    ] == refused(lambda: CodeExecutionConfig(enabled=0, allowed_languages=["C D", 3], timeout_secs=0, max_memory_mb=0))


def test_rules_across_keys_hold():
    assert [("unsupported-language", ("allowed_languages", 1))] == refused(
        lambda: CodeExecutionConfig(allowed_languages=["python", "bash"])
    )
    assert [("out-of-range", ("max_memory_mb",))] == refused(lambda: CodeExecutionConfig(max_memory_mb=4097))
    assert [("out-of-range", ("max_memory_mb",))] == refused(
        lambda: CodeExecutionConfig(mode=Sandboxed(runtime="docker"), max_memory_mb=5)
    )
    assert [("insecure-url", ("mode", "external", "url"))] == refused(
        lambda: CodeExecutionConfig(mode=External(url="http://x.example", api_key=Secret("k")))
    )
    assert [("empty-languages", ("allowed_languages",))] == refused(lambda: CodeExecutionConfig(allowed_languages=[]))


@pytest.mark.parametrize("service", ["url = '${U}'", "url = 'https://h'\napi_key = '${K}'"])
def test_what_a_disabled_section_did_not_read_cannot_be_switched_on(service: str) -> None:
    text = f"[features.code_execution]\nenabled = false\n[features.code_execution.mode.external]\n{service}\n"
    config = loads(text, env={})

    assert attrs.evolve(config, timeout_secs=5).mode == config.mode
    for enable in (lambda: attrs.evolve(config, enabled=True), lambda: CodeExecutionConfig(mode=config.mode)):
        assert [("unset-variable", ("mode",))] == refused(enable)


def test_a_copy_keeps_what_a_policy_permitted() -> None:
    table = {"mode": {"external": {"url": "http://intern", "api_key": "${K}"}}}
    config = load_mapping(table, env={"K": "k"}, policy=Policy(insecure_hosts=["intern"]))

    for mode in (copy.copy(config.mode), copy.deepcopy(config).mode):
        assert config == CodeExecutionConfig(mode=mode)


def test_the_repr_names_each_field_and_shows_no_key() -> None:
    key = Secret("canary", reference="${K}")

    assert repr(CodeExecutionConfig(mode=External(url="https://x", api_key=key), timeout_secs=5)) == (
        "CodeExecutionConfig(enabled=True, mode=External(url='https://x', api_key=Secret('${K}')), "
        "allowed_languages=('python', 'javascript'), timeout_secs=5, max_memory_mb=256)"
    )
    assert [repr(Wasm()), repr(External.__new__(External))] == ["Wasm()", "External(url=NOTHING, api_key=NOTHING)"]


def test_a_disabled_config_may_break_the_rules_across_keys():
    config = CodeExecutionConfig(enabled=False, allowed_languages=["bash"], max_memory_mb=5000)

    assert ("bash",) == config.allowed_languages
    assert () == CodeExecutionConfig(enabled=False, allowed_languages=[]).allowed_languages


@pytest.mark.parametrize("config", [{"allowed_languages": ["nope"]}, {"allowed_languages": ["r", "r"]}])
def test_a_constructor_issues_no_warning(config):
    assert CodeExecutionConfig(mode=Sandboxed(runtime="docker"), **config)


def test_a_variant_checks_what_one_key_says():
    assert [("unknown-runtime", ("runtime",))] == refused(lambda: Sandboxed(runtime="podman"))
    assert [("wrong-type", ("runtime",))] == refused(lambda: Sandboxed(runtime=3))
    assert [("wrong-type", ("url",))] == refused(lambda: External(url=None))
    assert [("invalid-url", ("url",)), ("wrong-type", ("api_key",))] == refused(
        lambda: External(url="${URL}", api_key="k")
    )
    assert [("metadata-url", ("url",)), ("empty-secret", ("api_key",))] == refused(
        lambda: External(url="https://metadata", api_key=Secret(""))
    )
    assert External(url="http://x.example", api_key=Secret("k"))


def test_instances_are_equal_by_their_class_and_fields():
    made = [Wasm(), *(Sandboxed(runtime=runtime) for runtime in Runtime), External(url="https://x"), "wasm", ()]
    again = [Wasm(), *(Sandboxed(runtime=str(runtime)) for runtime in Runtime), External(url="https://x"), "wasm", ()]

    assert [[left is right for right in made] for left in made] == [[left == right for right in again] for left in made]
    assert len(made) == len({*made, *again})


@pytest.mark.parametrize(
    ("value", "found"),
    [(None, "None"), (3, "an int"), (b"u", "a bytes"), (OSError(), "an OSError"), (Wasm(), "a Wasm"), ({}, "a dict")],
)
def test_a_value_of_another_type_is_named_by_it(value, found):
    with pytest.raises(ConfigError) as caught:
        External(url=value)

    assert f"expected a str, found {found}" == caught.value.diagnostics[0].message


@pytest.mark.parametrize("value", [" k", "k ", "k\n", "k\t", "k\x7f", "schlüssel", "\u00a0k", " "])
def test_a_key_that_no_header_can_carry_is_malformed(value):
    assert [("malformed-secret", ("api_key",))] == refused(lambda: External(url="https://x", api_key=Secret(value)))


def test_a_finding_of_a_constructor_is_an_error():
    with pytest.raises(ConfigError) as caught:
        Sandboxed(runtime="podman")

    assert [Severity.ERROR] == [d.severity for d in caught.value.diagnostics]
    assert "error[unknown-runtime]" in str(caught.value)


def test_a_key_that_is_no_secret_is_told_to_be_made_one():
    with pytest.raises(ConfigError, match=r"help: wrap the text: Secret\(text\)"):
        External(url="https://h", api_key="k")
    with pytest.raises(ConfigError) as caught:
        External(url="https://h", api_key=3)

    assert caught.value.diagnostics[0].help is None


def test_a_flood_of_findings_is_cut_short_as_a_report_is():
    """A list may have a million entries; which of them are wrong is clear from the first thousand."""
    with pytest.raises(ConfigError) as caught:
        CodeExecutionConfig(allowed_languages=["BAD"] * 1_100)

    assert len(caught.value.diagnostics) == 1_000
    assert "there are more findings than are listed here" in (caught.value.diagnostics[-1].help or "")


def test_a_subclass_stays_one_when_it_is_copied() -> None:
    class Browser(Wasm):
        __slots__ = ()

    assert all(type(other) is Browser for other in (copy.copy(Browser()), copy.deepcopy(Browser())))


def test_a_subclass_adds_no_field() -> None:
    @attrs.frozen(kw_only=True)
    class Wider(CodeExecutionConfig):
        extra: int = 3

    with pytest.raises(TypeError, match="`extra` is not a key of the section"):
        Wider()
