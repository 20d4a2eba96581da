"""Two validators, one verdict: what the schema refuses the validator refuses, and the reverse but for a named list.

Documents are made near the valid ones, with slips in any place. `CODEEXEC_FULL=1` judges 20 000 and more of them.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

import jsonschema
import pytest
import tomlkit
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codeexec_config import Diagnostic, check_mapping, check_text
from codeexec_config.limits import KNOWN_LANGUAGES
from codeexec_config.schema import json_schema
from tests.counts import examples, tries
from tests.facts import MODES, RUNTIMES, SECTION_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SECTIONS = settings(max_examples=tries(600, full=20_000))
DOCUMENTS = examples(150)

VALIDATORS: dict[Any, type[jsonschema.protocols.Validator]] = {
    "7": jsonschema.Draft7Validator,
    "2020-12": jsonschema.Draft202012Validator,
}
KINDS: tuple[Any, ...] = ("document", "section")
JUDGES = {(kind, draft): judge(json_schema(kind, draft)) for kind in KINDS for draft, judge in VALIDATORS.items()}
DRAFTS = tuple(VALIDATORS)


# What a schema cannot say


class Unsayable(NamedTuple):
    """A rule of the validator that no schema says: errors with one of `codes` on values that it `concerns`.

    The example is a section that breaks this rule alone.
    """

    codes: frozenset[str]
    concerns: Callable[[Any], bool]
    reason: str
    example: dict[str, Any]


def _with_url(url: str, **more: str) -> dict[str, Any]:
    return {"mode": {"external": {"url": url, **more}}}


def _host(url: str) -> str:
    return re.split(r"[/?]", url.partition("://")[2])[0]


_DEFAULT = re.compile(r"\$\{[A-Za-z0-9_]+:-")
_BESIDE = re.compile(r"[^$]\$[{<][A-Za-z_]|\$\{[A-Za-z0-9_]+:\?|[}>].")
_NUMERIC_END = re.compile(r"(?:^|\.)[0-9][0-9A-Fa-fxX]*\.?(?::\d+)?$")
_HIGH_PORT = re.compile(r":0*[6-9][0-9]{4}$")

UNSAYABLE = {
    "the text of a default, but for its type": Unsayable(
        frozenset(
            {
                "out-of-range",
                "invalid-language",
                "unsupported-language",
                "invalid-url",
                "credentials-in-url",
                "metadata-url",
                "insecure-url",
                "malformed-secret",
            }
        ),
        lambda value: isinstance(value, str) and bool(_DEFAULT.search(value)),
        "it is a value only where the variable is not set, and a pattern would have to repeat every rule on values",
        {"timeout_secs": "${T:-0}"},
    ),
    "a float without a fraction": Unsayable(
        frozenset({"wrong-type"}),
        lambda value: isinstance(value, float) and value.is_integer(),
        "JSON Schema takes 30.0 for an integer",
        {"timeout_secs": 30.0},
    ),
    "a key over plain http": Unsayable(
        frozenset({"insecure-url"}),
        lambda value: isinstance(value, str) and value.lower().startswith("http:"),
        "a host's policy may permit it, and the schema knows no policy",
        _with_url("http://code-exec.example.com", api_key="${K}"),
    ),
    "a credential in the query of a URL": Unsayable(
        frozenset({"credentials-in-url"}),
        lambda value: isinstance(value, str) and "?" in value,
        "names are compared in any case and after percent-decoding",
        _with_url("https://code-exec.example.com/?Token=1"),
    ),
    "the address of a metadata service": Unsayable(
        frozenset({"metadata-url"}),
        lambda value: isinstance(value, str),
        "an address has more notations than a pattern can list",
        _with_url("http://0xa9fea9fe/"),
    ),
    "a host that looks like an IPv4 address but is not one": Unsayable(
        frozenset({"invalid-url"}),
        lambda value: isinstance(value, str) and bool(_NUMERIC_END.search(_host(value))),
        "a resolver accepts many notations of one",
        _with_url("https://1.2.3.4.5"),
    ),
    "a malformed IPv6 address": Unsayable(
        frozenset({"invalid-url"}),
        lambda value: isinstance(value, str) and "[" in _host(value),
        "its grammar is beyond a readable pattern",
        _with_url("https://[1::2::3]/"),
    ),
    "the length of a host": Unsayable(
        frozenset({"invalid-url"}),
        lambda value: isinstance(value, str) and len(_host(value)) > 253,
        "a pattern cannot count characters across labels",
        _with_url("https://" + "a." * 130),
    ),
    "a port over 65535": Unsayable(
        frozenset({"invalid-url"}),
        lambda value: isinstance(value, str) and bool(_HIGH_PORT.search(_host(value))),
        "a range of numbers makes a pattern, and with it every message on a URL, unreadable",
        _with_url("https://code-exec.example.com:65536"),
    ),
    "a character that does not print": Unsayable(
        frozenset({"invalid-url"}),
        lambda value: isinstance(value, str) and not value.isprintable(),
        "engines disagree on classes of characters outside ASCII",
        _with_url("https://code-exec.example.com/\u200b"),
    ),
    "text beside a reference": Unsayable(
        frozenset(
            {
                "invalid-language",
                "unsupported-language",
                "invalid-url",
                "credentials-in-url",
                "metadata-url",
                "malformed-secret",
            }
        ),
        lambda value: isinstance(value, str) and bool(_BESIDE.search(value)),
        "no readable pattern tells what is wrong whatever the variable holds",
        _with_url("ftp://${H}/run"),
    ),
}


def _is_unsayable(error: Diagnostic, document: dict[str, Any]) -> bool:
    return any(error.code in rule.codes and rule.concerns(_at(document, error.path)) for rule in UNSAYABLE.values())


def _at(value: Any, path: Iterable[str | int]) -> Any:
    for part in path:
        value = value[part]
    return value


# Strings with slips in them

FRAGMENTS = [
    *[
        "$",
        "$$",
        "{",
        "}",
        "<",
        ">",
        "${",
        "$${",
        "$$<",
        "${A}",
        "$<A>",
        "${A:-",
        "${A-",
        "${A:?",
        "${A?",
        "${ghp_16C7e42F292c6912E77}",
    ],
    *[":-", ":?", "?", "A", "9", "30", "0x1e", "1_0", "+1", "true", "python", "ruby", "c++", "é", "A" * 64, "a" * 64],
    *["https://", "http://", "ftp://", "h.example.com", "localhost", "127.0.0.1", "0x7f", "1.2", "[::1]", "[", "]"],
    *[":", "/", "#", "@", "%25", "-", ".", "_", "=", " ", "\n", "\t", "\x00", "\u200b", "\u00a0"],
]
SPELT = st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join)

VARIABLES = st.sampled_from(
    ["A", "_b1", "CODE_EXEC_API_KEY", "ghp_16C7e42F292c6912E77", "A" * 64, "A" * 65, "9A", "é", ""]
)
BEHIND = st.sampled_from(
    [
        *["", "30", "0", "0x1e", "+1", "1_000", "-1", "030", "1__0", "true", "false", "True", "ruby", "Ruby"],
        *[" x", "x ", "é", "a\nb", "\t", "$", "$x", "$$", "$${", "${B}", "$<B>"],
        *["https://h.example.com", "http://h.example.com"],
    ]
)
REFERENCES = st.one_of(
    st.builds("${{{}}}".format, VARIABLES),
    st.builds("$<{}>".format, VARIABLES),
    st.builds("${{{}{}{}}}".format, VARIABLES, st.sampled_from([":-", "-", ":?", "?", ":", "+"]), BEHIND),
)
LOOSE = st.one_of(SPELT, REFERENCES, st.builds("{}{}{}".format, SPELT, REFERENCES, SPELT))

# Sections that are right, except perhaps for the rules across keys

RIGHT_REFERENCES = st.sampled_from(["${A}", "$<A>", "${A:?set é}"])
RIGHT_URLS = st.sampled_from(
    [
        *["https://code-exec.example.com", "http://localhost:2000/api", "HTTP://127.0.0.1", "https://[::1]:8080/x?y=z"],
        *["https://h.example.com./", "https://a_b.example.com?x", "https://${HOST}:${PORT}/v1", "https://h/$${x}/$y"],
        *["https://h/é", "http://h.example.com", "${URL}", "https://https/x//", "https://http.h//"],
    ]
)
RIGHT_KEYS = st.sampled_from(
    ["${K}", "$<K>", "${K:-}", "${K:-x}", "${K:?setz ü}", "${A}${B}", "Bearer ${K}", "a b", "$K", "$${K}"]
)
RIGHT_NUMBERS = st.sampled_from([1, 5, 6, 30, 256, 4096, 4097, 86_400])
RIGHT_SECTIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "mode": st.one_of(
            st.just("wasm"),
            st.just({"wasm": {}}),
            st.fixed_dictionaries({"sandboxed": st.fixed_dictionaries({"runtime": st.sampled_from(RUNTIMES)})}),
            st.fixed_dictionaries({"external": st.fixed_dictionaries({"url": RIGHT_URLS})}),
            st.fixed_dictionaries({"external": st.fixed_dictionaries({"url": RIGHT_URLS, "api_key": RIGHT_KEYS})}),
        )
    },
    optional={
        "enabled": st.booleans() | RIGHT_REFERENCES | st.just("${A:-false}"),
        "allowed_languages": st.one_of(
            st.lists(st.sampled_from(["python", "javascript"]), min_size=1, max_size=2),
            st.lists(st.sampled_from(KNOWN_LANGUAGES) | RIGHT_REFERENCES, max_size=3),
        ),
        "timeout_secs": RIGHT_NUMBERS | RIGHT_REFERENCES | st.just("${A:-0x1_e}"),
        "max_memory_mb": RIGHT_NUMBERS | RIGHT_REFERENCES | st.just(1_048_576),
    },
)

# Slips

NUMBERS = st.sampled_from([0, 1, 5, 86_401, 1_048_577, 2**63, 2**80, -1, "30", "${A:-0}", "${A:-30} "])
NAMES = st.sampled_from(["py", "c++", "x.y", "a" * 64, "Python", "", "r ", "python\n", "a" * 65, "9", "é"])
URLS = st.sampled_from(
    [
        *["", "code-exec.example.com", "https:/h", "https://", "https://u:p@h", "https://h:0", "https://h:"],
        *["https://h/#f", "https://h/ x", "https://h\n", "https://h\\x", "https://-h", "https://h-/", "https://h..x"],
        *["https://.h", "https://é.example.com", "https://" + "a" * 64, "https://1.2.3.4.", "https://h:x"],
        *["https://https//h", "HTTP://Http//h"],
        *[rule.example["mode"]["external"]["url"] for rule in UNSAYABLE.values() if "mode" in rule.example],
    ]
)
KEYS = st.sampled_from(["", " ", "${K-}", "${K-x}", " ${K}", "${K} ", "${K:?x} ", "${K:- x}", "sk\n", "sk\t1", "é"])
SCALARS = st.one_of(
    st.booleans(),
    NUMBERS,
    st.sampled_from([0.0, 1.5, 30.0, 1e300, float("inf"), float("nan")]),
    st.sampled_from([*MODES, *RUNTIMES, "wasm\n", "Wasm", "dockre", "${M}", "docker\n"]),
    LOOSE,
    st.sampled_from([dt.date(2026, 1, 2), dt.time(3, 4), dt.datetime(2026, 1, 2, tzinfo=dt.UTC)]),
)
KEY_NAMES = st.sampled_from([*SECTION_KEYS, *MODES, "runtime", "url", "api_key", "timeout_sec", "Mode", "", "${A}"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEY_NAMES, inner, max_size=2),
    max_leaves=4,
)
SPELLINGS: dict[str | int, st.SearchStrategy[Any]] = {
    "enabled": LOOSE,
    "timeout_secs": NUMBERS | LOOSE,
    "max_memory_mb": NUMBERS | LOOSE,
    "url": URLS | st.builds("https://{}".format, SPELT) | LOOSE,
    "api_key": KEYS | LOOSE,
}
"""Other values of a key; a number is an index in a list of languages."""


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from _places(child, (*path, key))


@st.composite
def slipped(draw: st.DrawFn, sections: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """Make up to two mistakes in a section, anywhere: a value, a key too many, one too few, one misspelt."""
    section = copy.deepcopy(draw(sections))
    for _ in range(draw(st.integers(0, 2))):
        _slip(draw, section)
    return section


def _slip(draw: st.DrawFn, section: dict[str, Any]) -> None:
    kind = draw(st.sampled_from(["respell", "respell", "respell", "replace", "add", "remove", "rename", "wrap"]))
    places = list(_places(section))
    spelt = [place for place in places if isinstance(place[-1], int) or place[-1] in SPELLINGS]
    if kind == "respell" and spelt:
        *path, key = draw(st.sampled_from(spelt))
        _at(section, path)[key] = draw(SPELLINGS.get(key, NAMES | LOOSE) | SCALARS)
    elif kind == "add" or not places:
        tables = [table for place in [(), *places] if isinstance(table := _at(section, place), dict)]
        draw(st.sampled_from(tables))[draw(KEY_NAMES)] = draw(VALUES)
    else:
        *path, key = draw(st.sampled_from(places))
        _change(draw, kind, _at(section, path), key)


def _change(draw: st.DrawFn, kind: str, table: Any, key: Any) -> None:
    if kind == "remove":
        del table[key]
    elif kind == "rename" and isinstance(table, dict):
        table[draw(KEY_NAMES)] = table.pop(key)
    else:
        table[key] = [table[key]] if kind == "wrap" else draw(VALUES)


# The laws


def in_host(section: Any) -> dict[str, Any]:
    """Return the whole of a host's file with this section."""
    return {"features": {"code_execution": section}, "server": {"port": 1}}


def errors_of(section: dict[str, Any]) -> tuple[Diagnostic, ...]:
    """Judge as an editor must: without the environment."""
    return check_mapping(section, offline=True).errors


def assert_same_verdict(
    judged: dict[str, Any], kind: str, errors: tuple[Diagnostic, ...], document: dict[str, Any]
) -> None:
    """Check that schema and validator agree, but for what a schema cannot say."""
    sayable = [(error.code, error.path) for error in errors if not _is_unsayable(error, document)]
    for draft in DRAFTS:
        if JUDGES[kind, draft].is_valid(judged):
            assert [] == sayable
        else:
            assert errors


@SECTIONS
@given(slipped(RIGHT_SECTIONS))
@example({})
@example({"": "wasm"})
def test_schema_and_validator_agree_on_a_section(section: dict[str, Any]) -> None:
    assert_same_verdict(section, "section", errors_of(section), in_host(section))


@DOCUMENTS
@given(slipped(RIGHT_SECTIONS.map(in_host)))
@example({"features": 1})
@example({"features": {"code_execution": [{}]}})
@example({"feature": {"code_execution": {"mode": 1}}})
def test_schema_and_validator_agree_on_a_document(document: dict[str, Any]) -> None:
    """The same through the text of a file, whose other tables the schema leaves alone, near misses among them."""
    text = tomlkit.dumps(document)
    parsed = tomllib.loads(text)
    errors = tuple(error for error in check_text(text, offline=True).errors if error.code != "misplaced-section")

    assert_same_verdict(parsed, "document", errors, parsed)


@pytest.mark.parametrize("name", UNSAYABLE)
@pytest.mark.parametrize("draft", DRAFTS)
def test_what_is_unsayable_is_refused_by_the_validator_alone(name: str, draft: str) -> None:
    """So the list contains nothing that the schema can say after all."""
    rule = UNSAYABLE[name]
    (error,) = errors_of(rule.example)

    assert JUDGES["section", draft].is_valid(rule.example)
    assert error.code in rule.codes
    assert rule.concerns(_at(in_host(rule.example), error.path))
