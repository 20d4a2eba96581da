"""A section's table may come from any parser: what TOML yields is read, as subclasses too; the rest is `wrong-type`."""

from __future__ import annotations

import copy
import datetime as dt
import enum
import gc
from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import CodeExecutionConfig, ConfigError, External, check_mapping, load_mapping, loads
from codeexec_config.section.plain import Plain
from codeexec_config.section.resolution import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTION = ("features", "code_execution")
ENV = {"K": "the-key"}
TEXT = """\
[features.code_execution]
enabled = true
allowed_languages = ["python", 'r']
timeout_secs = 0x3C
max_memory_mb = 1_024
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${K}"
"""
TABLE: dict[str, Any] = {
    "enabled": True,
    "mode": {"external": {"url": "https://code-exec.example.com", "api_key": "${K}"}},
    "allowed_languages": ["python", "r"],
    "timeout_secs": 60,
    "max_memory_mb": 1024,
}
EXPECTED = loads(TEXT, env=ENV)


def found(table: Any) -> list[tuple[Any, ...]]:
    """Return code and path below the section of what is wrong; a mapping has no places."""
    report = check_mapping(table, env={})
    assert all(d.span is None and d.file is None and d.excerpt is None for d in report.diagnostics)
    assert all(d.path[:2] == SECTION for d in report.diagnostics)
    return [(d.code, *d.path[2:]) for d in report.errors]


def changed(value: Any, wrap: Any) -> Any:
    """Return a table with every container and scalar wrapped."""
    if isinstance(value, dict):
        return wrap({key: changed(item, wrap) for key, item in value.items()})
    if isinstance(value, list):
        return wrap([changed(item, wrap) for item in value])
    return wrap(value)


class Str(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not this"

    def __repr__(self) -> str:
        return "nor this"


class Int(int):
    def __int__(self) -> int:
        return 7

    def __index__(self) -> int:
        return 8


class Float(float):
    __slots__ = ()


class Name(enum.StrEnum):
    MODE = "mode"
    WASM = "wasm"


# -- what TOML yields --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [dict, OrderedDict, MappingProxyType, UserDict, ChainMap])
def test_any_mapping_is_a_table(wrap: Any) -> None:
    table = changed(TABLE, lambda value: wrap(value) if isinstance(value, dict) else value)

    assert EXPECTED == load_mapping(table, env=ENV)


def test_a_mapping_with_defaults_gets_none_of_them() -> None:
    table = defaultdict(lambda: "surprise", TABLE)

    assert EXPECTED == load_mapping(table, env=ENV)
    assert TABLE.keys() == table.keys()


@pytest.mark.parametrize("wrap", [list, tuple, UserList, deque])
def test_any_sequence_is_an_array(wrap: Any) -> None:
    assert EXPECTED == load_mapping({**TABLE, "allowed_languages": wrap(["python", "r"])}, env=ENV)


def test_subclasses_of_scalars_are_read_as_what_they_hold() -> None:
    kinds: dict[type, Any] = {str: Str, int: Int}
    table = changed(TABLE, lambda value: kinds.get(type(value), lambda same: same)(value))
    table = {Str(key): value for key, value in table.items()}

    config = load_mapping(table, env=ENV)

    assert EXPECTED == config
    assert {int} == {type(config.timeout_secs), type(config.max_memory_mb)}
    assert {str} == {type(name) for name in config.allowed_languages}
    assert isinstance(config.mode, External)
    assert str is type(config.mode.url)


def test_members_of_a_str_enum_are_strings() -> None:
    assert load_mapping({Name.MODE: Name.WASM}) == load_mapping({})


INLINE = """\
[features]
code_execution = { allowed_languages = ['python', 'r'], timeout_secs = 60, max_memory_mb = 1024, \
mode = { external = { url = 'https://code-exec.example.com', api_key = '${K}' } } }
"""
DOTTED = """\
[features.code_execution]
mode.external.url = "https://code-exec.example.com"
mode.external.api_key = "${K}"
allowed_languages = ["python", "r"]
timeout_secs = 60
max_memory_mb = 1024
"""
OUT_OF_ORDER = """\
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${K}"
[other]
[features.code_execution]
allowed_languages = ["python", "r"]
timeout_secs = 60
max_memory_mb = 1024
"""


@pytest.mark.parametrize("text", [TEXT, INLINE, DOTTED, OUT_OF_ORDER], ids=["text", "inline", "dotted", "out of order"])
def test_what_tomlkit_parses_is_read(text: str) -> None:
    document: Any = tomlkit.parse(text)

    assert EXPECTED == load_mapping(document["features"]["code_execution"], env=ENV)
    assert text == tomlkit.dumps(document)


@pytest.mark.parametrize(
    ("expected", "spelling"),
    [
        ("an integer", "1"),
        ("a float", "1.5"),
        ("a boolean", "true"),
        ("an array", "[1]"),
        ("a table", "{ x = 1 }"),
        ("a date or time", "1979-05-27"),
        ("a date or time", "07:32:00"),
        ("a date or time", "1979-05-27T07:32:00Z"),
    ],
)
def test_every_item_of_tomlkit_has_its_type(expected: str, spelling: str) -> None:
    item: Any = tomlkit.parse(f"x = {spelling}")["x"]

    [finding] = check_mapping({"mode": {"sandboxed": {"runtime": item}}}, env={}).diagnostics

    assert f"expected a string, found {expected}" == finding.message


def test_a_boolean_of_tomlkit_by_itself_is_one() -> None:
    on, off = map(tomlkit.item, (True, False))

    assert not check_mapping({"enabled": off}, env={}).diagnostics
    [finding] = check_mapping({"allowed_languages": [on]}, env={}).diagnostics
    assert "expected a string, found a boolean" == finding.message


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (1, Int(1)),
        (1.5, Float(1.5)),
        ("x", Str("x")),
        (True, True),
        (dt.date(1979, 5, 27), dt.date(1979, 5, 27)),
        (dt.time(7, 32), dt.time(7, 32)),
        (dt.datetime(1979, 5, 27, tzinfo=dt.UTC), dt.datetime(1979, 5, 27, tzinfo=dt.UTC)),
        ([], ("x",)),
        ({}, {"x": 1}),
    ],
)
def test_a_scalar_has_its_exact_type_and_a_container_in_its_place_only_its_kind(expected: Any, value: Any) -> None:
    plain = Plain({"timeout_secs": value}, CodeExecutionConfig)

    assert {"timeout_secs": expected} == plain.value
    assert type(expected) is type(plain.value["timeout_secs"])
    assert [] == plain.findings


def test_the_callers_table_is_left_as_it_is() -> None:
    table = copy.deepcopy(TABLE)

    load_mapping(table, env=ENV)

    assert TABLE == table


# -- what TOML cannot hold ---------------------------------------------------------------------------------------------


class Odd:
    pass


@pytest.mark.parametrize("odd", [None, b"x", bytearray(b"x"), memoryview(b"x"), {1}, 1j, Odd(), Odd, iter([])])
def test_what_toml_cannot_hold_is_a_wrong_type_wherever_it_stands(odd: Any) -> None:
    for key in TABLE:
        assert [("wrong-type", key)] == found({key: odd})
    assert [("wrong-type", "allowed_languages", 1)] == found({"allowed_languages": ["python", odd]})
    assert [("wrong-type", "mode", "wasm")] == found({"mode": {"wasm": odd}})
    assert [("wrong-type", "mode", "sandboxed", "runtime")] == found({"mode": {"sandboxed": {"runtime": odd}}})
    assert [("wrong-type",)] == found(odd)


@pytest.mark.parametrize("odd", ["x", 1, 1.5, True, [], [("mode", "wasm")], dt.date(1979, 5, 27)])
def test_the_section_itself_must_be_a_table(odd: Any) -> None:
    assert [("wrong-type",)] == found(odd)
    with pytest.raises(ConfigError):
        load_mapping(odd)


@pytest.mark.parametrize(
    ("odd", "way_out"),
    [
        (None, "for an absent section pass {}, or use the defaults, CodeExecutionConfig()"),
        ("[features.code_execution]", "`loads` takes TOML text and `load` a path"),
        (b"x", "`loads` takes TOML text"),
        ([], 'document["features"]["code_execution"]'),
    ],
)
def test_what_is_no_table_is_told_what_to_pass(odd: Any, way_out: str) -> None:
    [finding] = check_mapping(odd, env={}).errors

    assert way_out in str(finding.help)


@pytest.mark.parametrize(
    ("table", "section", "name", "way_down"),
    [
        (
            {"server": {}, "features": {"code_execution": {}}},
            "features.code_execution",
            "features",
            'document["features"]["code_execution"]',
        ),
        ({"code_execution": {"mode": "x"}}, "features.code_execution", "code_execution", 'table["code_execution"]'),
        ({"mode": "wasm", "a": {"b c": {}}}, 'a."b c"', "a", 'document["a"]["b c"]'),
        ({"code": {}}, "code", "code", 'document["code"]'),
    ],
)
def test_a_table_around_the_section_is_one_mistake(table: Any, section: str, name: str, way_down: str) -> None:
    [finding] = check_mapping(table, env={}, section=section).diagnostics

    assert ("unknown-key", name) == (finding.code, finding.path[-1])
    assert f"pass {way_down}" == finding.help


@pytest.mark.parametrize("table", [{"features": 1}, {"features": {}}, {"features": {"code_execution": 1}}])
def test_a_key_that_leads_to_no_section_is_unknown(table: Any) -> None:
    [finding] = check_mapping(table, env={}).errors

    assert "unknown key `features`" == finding.message


def test_none_is_told_apart_from_what_toml_cannot_hold() -> None:
    [finding] = check_mapping({"mode": {"external": {"url": "https://h", "api_key": None}}}, env={}).errors

    assert "TOML has no null: leave the key out" == finding.help


@pytest.mark.parametrize("key", [None, 1, True, b"mode", ("mode",), 1.5])
def test_a_key_that_is_no_string_is_a_wrong_type_at_its_table(key: Any) -> None:
    assert [("wrong-type",)] == found({key: 1})
    assert [("wrong-type",)] == found({key: 1, "mode": "wasm"})
    assert [("wrong-type", "mode")] == found({"mode": {key: {}}})
    assert [("wrong-type", "mode")] == found({"mode": {key: {}, "wasm": {}}})
    assert [("wrong-type", "mode", "wasm")] == found({"mode": {"wasm": {key: 1}}})


def test_below_an_unknown_key_the_key_is_the_one_mistake() -> None:
    assert [("unknown-key", "surprise")] == found({"surprise": {1: None}})
    assert [("unknown-mode", "mode", "cloud")] == found({"mode": {"cloud": None}})
    assert [("unknown-key", "mode", "wasm", "x")] == found({"mode": {"wasm": {"x": b""}}})
    assert [("unknown-key", "mode", "extra")] == found({"mode": {"wasm": {}, "extra": {None: 1}}})
    assert [("ambiguous-mode", "mode", "sandboxed")] == found({"mode": {"wasm": None, "sandboxed": None}})


def test_a_misspelt_required_key_is_the_one_mistake_here_too() -> None:
    assert [("unknown-key", "mode", "sandboxed", "run_time")] == found({"mode": {"sandboxed": {"run_time": None}}})


def test_a_container_where_none_is_due_is_the_one_mistake() -> None:
    assert [("wrong-type", "timeout_secs")] == found({"timeout_secs": [None, {1: 2}]})
    assert [("wrong-type", "allowed_languages", 0)] == found({"allowed_languages": [[None]]})
    assert [("wrong-type", "allowed_languages")] == found({"allowed_languages": {1: None}})


def test_a_table_that_contains_itself_is_a_wrong_type() -> None:
    table: dict[str, Any] = {}
    table["mode"] = table
    languages: list[Any] = ["python"]
    languages.append(languages)
    variant: dict[str, Any] = {}
    variant["runtime"] = variant

    assert [("wrong-type", "mode")] == found(table)
    assert [("wrong-type", "allowed_languages", 1)] == found({"allowed_languages": languages})
    assert [("wrong-type", "mode", "sandboxed", "runtime")] == found({"mode": {"sandboxed": variant}})


def test_the_section_may_not_stand_in_its_own_array_or_variant() -> None:
    table: dict[str, Any] = {"mode": {}}
    table["allowed_languages"] = [table]
    table["mode"]["wasm"] = table["mode"]

    assert {("wrong-type", "allowed_languages", 0), ("wrong-type", "mode", "wasm")} == set(found(table))


def test_an_array_that_stands_in_two_places_contains_itself_in_none() -> None:
    shared: dict[str, Any] = {}

    assert [("unknown-key", "mode", "other")] == found({"mode": {"wasm": shared, "other": shared}})


def deep(levels: int, wrap: Any) -> Any:
    value: Any = "python"
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Keep Python's own collector away: where the stack is small, as in WebAssembly, deep tables overflow it."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}])
@pytest.mark.parametrize("levels", [3, 100_000])
def test_depth_is_no_danger(wrap: Any, levels: int) -> None:
    value = deep(levels, wrap)

    assert [("wrong-type", "timeout_secs")] == found({"timeout_secs": value})
    assert [("unknown-key", "surprise")] == found({"surprise": value})
    while not isinstance(value, str):  # a deep object is taken apart gently
        [value] = value.values() if isinstance(value, dict) else value


def test_an_array_shared_over_and_over_is_not_unfolded() -> None:
    value: Any = ["python"]
    for _ in range(100):
        value = [value, value]

    assert [("wrong-type", "allowed_languages", 0), ("wrong-type", "allowed_languages", 1)] == found(
        {"allowed_languages": value}
    )


# -- laws --------------------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=2)
anything = st.recursive(
    scalars | st.dates() | st.just(Odd()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.sampled_from([*TABLE, "wasm", "external", "url", "api_key", "sandboxed", "x", 1]), inner)
    ),
    max_leaves=12,
)


@given(anything)
def test_no_table_makes_a_check_raise(table: Any) -> None:
    report = check_mapping(table, env={})

    assert (report.config is None) is bool(report.errors)


@given(st.dictionaries(st.sampled_from([*TABLE]), anything))
def test_what_is_reported_does_not_depend_on_the_kind_of_container(table: dict[str, Any]) -> None:
    wrapped = changed(
        table, lambda value: UserDict(value) if type(value) is dict else tuple(value) if type(value) is list else value
    )

    assert found(table) == found(wrapped)


def test_what_nobody_can_know_is_marked() -> None:
    assert {"mode": UNKNOWN} == Plain({"mode": None}, CodeExecutionConfig).value


class Failing(UserDict[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(key)


def test_an_exception_of_the_table_itself_passes_through_and_says_where_it_arose() -> None:
    with pytest.raises(RuntimeError, match="mode") as caught:
        load_mapping(Failing(mode="wasm"))

    assert [__file__] == [note.removeprefix("raised at ").rpartition(":")[0] for note in caught.value.__notes__]
    assert caught.value.__context__ is None
