"""A key is described once: a model with a few more keys passes through every stage without a change to it."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, get_args

import attrs
import jsonschema
import pytest
from cattrs import Converter

from codeexec_config import CodeExecutionConfig, External, Policy, Runtime, Sandboxed, Secret, Wasm, to_toml
from codeexec_config.document.excerpts import known_paths
from codeexec_config.executor import ExecutionLimits
from codeexec_config.keys import REQUIRED, Bounds, Key, Kind, described, keys_of, once_a_class, union_of
from codeexec_config.model import MODE_TEXTS, VARIANTS, Mode, as_tuple
from codeexec_config.pipeline import run_mapping, run_text
from codeexec_config.reporting import report_of
from codeexec_config.schema import _make
from codeexec_config.section import Options
from codeexec_config.section.environment import Environment
from codeexec_config.section.quick import _hook_of_key
from codeexec_config.section.structure import _HOOKS
from codeexec_config.writing import to_plain
from tests.generated import keys_table

CANARY = "sk-canary-1"
HEADER = "[features.code_execution]\n"


@attrs.frozen(kw_only=True)
class Service(External):
    """The external mode with a text and a secret more."""

    region: str = attrs.field(
        default="eu", metadata=described(Key("text", "where the service runs", examples=("eu", "${REGION}")))
    )
    token: Secret | None = attrs.field(
        default=None, metadata=described(Key("secret", "a second key", examples=("${TOKEN}",)))
    )


@attrs.frozen(kw_only=True)
class Bigger(CodeExecutionConfig):
    """The config with a bounded integer, a boolean and a list more."""

    mode: Any = attrs.field(
        default=Wasm(),
        metadata=described(
            Key(
                "union",
                "where code runs",
                examples=("wasm",),
                form="mode",
                choices=MODE_TEXTS,
                variants=MappingProxyType({**VARIANTS, "external": Service}),
            )
        ),
    )
    max_disk_mb: int = attrs.field(
        default=64,
        metadata=described(
            Key(
                "integer",
                "how much a run may write",
                examples=(64, "${DISK:-64}"),
                bounds=Bounds(1, 4096, "MiB", "a program needs some disk", "more fills the host's"),
            )
        ),
    )
    network: bool = attrs.field(
        default=False,
        metadata=described(Key("boolean", "whether a run has a network", examples=(True, "${NET:-false}"))),
    )
    labels: tuple[str, ...] = attrs.field(
        default=(),
        converter=as_tuple,
        metadata=described(Key("list", "what a run is called in logs", examples=(["team-a"],), item=Key("text"))),
    )


LITERAL = (
    HEADER
    + 'max_disk_mb = 128\nnetwork = true\nlabels = ["a", "b"]\n[features.code_execution.mode.external]\nurl = "https://h"\n'
    + 'api_key = "${K}"\nregion = "us"\ntoken = "${T}"\n'
)
REFERENCED = (
    HEADER
    + 'max_disk_mb = "${D:-128}"\nnetwork = "${N}"\nlabels = ["a", "${B}"]\n'
    + '[features.code_execution.mode.external]\nurl = "https://h"\n'
    + 'api_key = "${K}"\nregion = "${R}"\ntoken = "${T}"\n'
)
ENV = {"K": CANARY, "T": CANARY, "N": "true", "R": "us", "B": "b"}


def check(text: str, env: dict[str, str] | None = None, **options: Any) -> Any:
    chosen = Options(Environment(ENV if env is None else env), ("features", "code_execution"), model=Bigger)
    for name, value in options.items():
        setattr(chosen, name, value)
    return report_of(run_text(text, "app.toml", chosen), chosen)


@pytest.mark.parametrize("text", [LITERAL, REFERENCED])
def test_new_keys_load_from_literals_and_references(text: str) -> None:
    report = check(text)

    assert () == report.diagnostics
    config = report.config
    assert (128, True, ("a", "b"), "us", CANARY) == (
        config.max_disk_mb,
        config.network,
        config.labels,
        config.mode.region,
        config.mode.token.reveal(),
    )


def test_new_keys_keep_their_types_and_limits() -> None:
    text = (
        HEADER
        + 'max_disk_mb = 5000\nnetwork = 1\nmax_disk_m = 3\nlabels = ["a", 1]\n'
        + 'mode.external = { url = "https://h", token = 3 }\n'
    )

    codes = {(d.code, d.path[-1]) for d in check(text).diagnostics}
    expected = {("out-of-range", "max_disk_mb"), ("wrong-type", "network"), ("wrong-type", "token"), ("wrong-type", 1)}
    assert expected | {("unknown-key", "max_disk_m")} == codes - {("missing-secret", "api_key")}


def test_an_excerpt_shows_a_plain_key_and_masks_a_secret() -> None:
    text = HEADER + f'mode.external = {{ url = "x", region = "us", token = "{CANARY}" }}\n'

    [excerpt] = {d.excerpt for d in check(text).diagnostics if d.code == "invalid-url"}

    assert '"us"' in excerpt
    assert CANARY not in str(check(text))


def test_new_keys_are_written_and_read_back() -> None:
    config = check(LITERAL).config

    assert config == check(to_toml(config)).config
    assert "max_disk_mb = 128" in to_toml(config)
    assert 'labels = ["a", "b"]' in to_toml(config)
    assert 'token = "${T}"' in to_toml(config)


def test_an_unread_secret_and_text_are_deferred() -> None:
    report = check(REFERENCED, {}, offline=True)

    deferred = {item.path[-1] for item in report.deferred}
    assert {"max_disk_mb", "network", 1, "region", "token", "api_key"} == deferred


@pytest.mark.parametrize(
    "section",
    [
        {"max_disk_mb": 1},
        {"max_disk_mb": 0},
        {"max_disk_mb": "${D:-4096}"},
        {"max_disk_mb": "${D:-4097x}"},
        {"max_disk_mb": "64"},
        {"network": "${N:-false}"},
        {"network": "yes"},
        {"network": 1},
        {"labels": []},
        {"labels": ["a", "${L}"]},
        {"labels": "a"},
        {"labels": ["a", 1]},
        {"mode": {"external": {"url": "https://h", "region": 3}}},
        {"mode": {"external": {"url": "https://h", "region": "${"}}},
        {"mode": {"external": {"url": "https://h", "token": "${T}", "region": "x"}}},
        {"mode": {"external": {"url": "https://h", "token": ""}}},
        {"mode": {"external": {"url": "https://h", "tokens": "${T}"}}},
    ],
)
@pytest.mark.parametrize("draft", ["7", "2020-12"])
def test_schema_and_validator_have_one_verdict(section: dict[str, Any], draft: str) -> None:
    schema = _make("section", draft, Bigger)
    options = Options(Environment({}), ("s",), model=Bigger)
    options.offline = True
    judge = jsonschema.validators.validator_for(schema)(schema)

    assert judge.is_valid(section) == report_of(run_mapping(section, "", options), options).ok


def test_the_schema_describes_new_keys() -> None:
    properties = _make("section", "7", Bigger)["properties"]

    assert (1, 4096, 64) == tuple(properties["max_disk_mb"][name] for name in ("minimum", "maximum", "default"))
    assert "token" in properties["mode"]["properties"]["external"]["properties"]


# -- the real model ----------------------------------------------------------------------------------------------------

CLASSES = (CodeExecutionConfig, *VARIANTS.values(), Policy)
KEYS = [(cls, key) for cls in CLASSES for key in keys_of(cls)]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_field_is_described(cls: type[Any]) -> None:
    assert [field.name for field in attrs.fields(cls)] == [key.name for key in keys_of(cls)]


@pytest.mark.parametrize(("cls", "key"), KEYS)
def test_a_description_is_whole(cls: type[Any], key: Key) -> None:
    assert key.text
    assert key.examples
    assert (key.kind == "integer") == (key.bounds is not None)
    assert (key.kind == "list") == (key.item is not None)
    assert (key.kind == "union") == (key.variants is not None)
    assert (key.kind in {"choice", "union"}) == (key.choices is not None)


@pytest.mark.parametrize(
    "key", [key for cls, key in KEYS if cls is not Policy and key.bounds], ids=lambda key: key.name
)
def test_the_text_of_an_integer_names_its_bounds(key: Key) -> None:
    assert key.bounds is not None
    assert f"{key.bounds.minimum} to {key.bounds.maximum}" in key.text


@pytest.mark.parametrize(("cls", "key"), [(Sandboxed, "runtime"), (Policy, "minimum_isolation")])
def test_the_text_of_a_choice_names_them_all(cls: type[Any], key: str) -> None:
    [text] = [each.text for each in keys_of(cls) if each.name == key]

    assert all(runtime in text for runtime in Runtime)


@pytest.mark.parametrize(("cls", "key"), KEYS)
def test_what_other_tools_call_a_name_is_none_of_ours(cls: type[Any], key: Key) -> None:
    names = set(key.choices or ())

    assert names >= set(key.aliases.values())
    assert names.isdisjoint(key.aliases)


def test_every_kind_has_a_hook_and_a_word() -> None:
    assert set(get_args(Kind)) == {*_HOOKS, "union"}
    assert all(callable(_hook_of_key(Key(kind, variants=VARIANTS))) for kind in get_args(Kind))


def test_every_mode_is_a_variant_with_a_text() -> None:
    union = union_of(CodeExecutionConfig)

    assert union is not None
    assert set(VARIANTS.values()) == set(Mode.__args__)
    assert list(VARIANTS) == list(union.choices or ()) == list(MODE_TEXTS)


def test_every_runtime_has_a_text_and_a_rank_of_its_own() -> None:
    key = next(key for key in keys_of(Sandboxed) if key.kind == "choice")

    assert [str(runtime) for runtime in Runtime] == list(key.choices or ())
    assert len(Runtime) == len({runtime.isolation for runtime in Runtime}) == len({r.summary for r in Runtime})


def test_every_key_has_a_path_that_excerpts_know() -> None:
    known = known_paths(CodeExecutionConfig)
    plain = {path[-1] for path in known.plain}

    for _, key in KEYS[: len(KEYS) - len(keys_of(Policy))]:
        assert (key.name in plain) == (key.kind != "secret")


@pytest.mark.parametrize("config", [CodeExecutionConfig(), CodeExecutionConfig(mode=Sandboxed(runtime="docker"))])
def test_every_key_is_written(config: CodeExecutionConfig) -> None:
    assert set(to_plain(config)) == {key.name for key in keys_of(CodeExecutionConfig) if key.default is not None}
    assert json.dumps(to_plain(config))


def test_every_key_stands_in_the_readmes_table() -> None:
    table = "\n".join(keys_table())

    assert all(f"{key.name}`" in table for cls, key in KEYS if cls is not Policy)


def test_every_limit_of_the_executors_comes_from_a_key_or_stands_alone() -> None:
    config = CodeExecutionConfig(timeout_secs=7, max_memory_mb=9)

    limits = ExecutionLimits.from_config(config)

    assert (7, 9 * 1024**2) == (limits.wall_secs, limits.memory_bytes)
    for field in attrs.fields(ExecutionLimits):
        lower = attrs.evolve(limits, **{field.name: 1})
        assert 1 == getattr(limits.clamped_to(lower), field.name)
        assert 1 == getattr(lower.clamped_to(limits), field.name)


@pytest.mark.parametrize(("cls", "key"), [(cls, key) for cls, key in KEYS if key.kind == "list"])
def test_a_list_is_kept_as_a_tuple(cls: type[Any], key: Key) -> None:
    assert isinstance(key.default, tuple | None)
    assert isinstance(getattr(attrs.evolve(cls(), **{key.name: list(key.examples[0])}), key.name), tuple)


def test_a_required_key_has_no_default() -> None:
    assert {"runtime", "url"} == {key.name for cls, key in KEYS if key.default is REQUIRED and cls is not Policy}


def test_what_is_made_of_a_class_is_made_once() -> None:
    made: list[type[Any]] = []

    @once_a_class
    def make(cls: type[Any]) -> str:
        made.append(cls)
        return cls.__name__

    assert ["Wasm", "Wasm"] == [make(Wasm), make(Wasm)]
    assert [Wasm] == made


def test_hooks_know_every_key() -> None:
    from codeexec_config import register_hooks

    converter = Converter()
    register_hooks(converter, env={})

    written = converter.unstructure(CodeExecutionConfig())
    assert set(written) == {key.name for key in keys_of(CodeExecutionConfig) if key.default is not None}
