"""The corpus: every text of it is read, or refused, as it says, by the package and by both parsers.

Where the parsers disagree the package has one answer, and the disagreement is listed here.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config import Diagnostic, check_text
from tests.toml.corpus import (
    ALONE,
    BROKEN_ALONE,
    BROKEN_VALUES,
    ENDLESS_VALUES,
    MARK,
    MODERN_VALUES,
    OPEN_VALUES,
    SETTINGS,
    VALUES,
    Setting,
)
from tests.toml.documents import BROKEN_DOCUMENTS, DOCUMENTS, MODERN_DOCUMENTS
from tests.toml.reading import by_tomlkit, by_tomllib, by_us, same

if TYPE_CHECKING:
    from collections.abc import Iterable


def put(data: dict[str, Any], path: tuple[str | int, ...], value: Any) -> None:
    """Put a value at its path; arrays on the path are as long as necessary."""
    here: Any = data
    for part, after in pairwise(path):
        empty: Any = [] if isinstance(after, int) else {}
        if isinstance(part, int):
            here.extend({} for _ in range(part + 1 - len(here)))
            here = here[part]
        else:
            here = here.setdefault(part, empty)
    if isinstance(path[-1], int):
        here.append(value)
    else:
        here[path[-1]] = value


def data_of(setting: Setting, value: Any) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for path, other in (*setting.rest, (setting.path, value)):
        put(data, path, other)
    if setting.after.endswith("[[t]]"):
        data["t"].append({})
    return data


def read_in(values: dict[str, Any], documents: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the texts that each value makes, with their data, and each document."""
    made = {text: {s.before + text + s.after: data_of(s, value) for s in SETTINGS} for text, value in values.items()}
    return {**made, **{text: {text: data} for text, data in documents.items()}}


def broken_in(settings: Iterable[Setting], values: Iterable[str]) -> dict[str, list[str]]:
    listed = tuple(settings)
    return {text: [s.before + text + s.after for s in listed] for text in values}


OLD = read_in(VALUES, DOCUMENTS)
MODERN = read_in(MODERN_VALUES, MODERN_DOCUMENTS)
BROKEN = {
    **broken_in(SETTINGS, BROKEN_VALUES),
    **broken_in(ALONE, BROKEN_ALONE),
    **broken_in((s for s in ALONE if s.after[:1] in {"", "\n"}), OPEN_VALUES),
    **broken_in((s._replace(after="") for s in ALONE), ENDLESS_VALUES),
    **{text: [text] for text in BROKEN_DOCUMENTS},
}

TOMLKIT_TAKES = {
    "blanks of Unicode behind a value": re.compile(r"1[\u00a0\u2028\x0b\x0c]"),
}
"""Where tomlkit is laxer than TOML; the package refuses, as the standard library does."""


def short(text: str) -> str:
    return ascii(text)[1:-1].replace("\\xa6", MARK)


def test_the_corpus_is_large() -> None:
    assert sum(map(len, OLD.values())) > 1_000
    assert sum(map(len, MODERN.values())) > 150
    assert sum(map(len, BROKEN.values())) > 1_500


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("name", OLD, ids=short)
def test_what_toml_1_0_has_is_read_alike_by_all(name: str) -> None:
    for text, data in OLD[name].items():
        assert same(data, by_us(text)), text
        assert same(data, by_tomllib(text)), text
        assert same(data, by_tomlkit(text)), text


@pytest.mark.parametrize("name", MODERN, ids=short)
def test_what_toml_1_1_added_is_read_whatever_the_standard_library_makes_of_it(name: str) -> None:
    for text, data in MODERN[name].items():
        assert same(data, by_us(text)), text
        assert same(data, by_tomlkit(text)), text
        assert by_tomllib(text) is None or same(data, by_tomllib(text)), text


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("name", BROKEN, ids=short)
def test_what_is_not_toml_is_refused_by_all_and_where_it_ceases_to_be(name: str) -> None:
    for marked in BROKEN[name]:
        text = marked.replace(MARK, "")
        at = marked.index(MARK)
        [found] = check_text(text).diagnostics
        assert ("invalid-toml", at, min(at + 1, len(text))) == place(found), marked
        assert by_tomllib(text) is None, marked
        assert (by_tomlkit(text) is not None) == any(known.search(text) for known in TOMLKIT_TAKES.values()), marked


def place(found: Diagnostic) -> tuple[str, int, int]:
    assert found.span is not None
    return found.code, found.span.start.offset, found.span.end.offset
