"""Two parsers and a scanner: one answer to every text, whichever standard library reads it."""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codeexec_config import Diagnostic, check_text
from codeexec_config.document import parse as parsing
from codeexec_config.document import refusal
from codeexec_config.document.parse import BOM, parse
from tests.counts import examples, tries
from tests.toml.corpus import MARK
from tests.toml.reading import by_tomlkit, by_tomllib, by_us, same
from tests.toml.test_corpus import BROKEN, MODERN, OLD
from tests.toml_writer import Writer, documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ODD = "ab.=[]{}\"'#,\\ \t\n\r0_-+:TZex${}é\0\u00a0\ufeff"
PIECES = (
    *ODD,
    '"""',
    "'''",
    "\r\n",
    "[[",
    "]]",
    "{a = 1,}",
    "{\n}",
    "07:32",
    "\\e",
    "\\x41",
    "0x_f",
    "1e",
    "true",
    "a = 1\n",
    "[a]\n",
    "a.b = 1\n",
)
UNLIKE_TOMLKIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u00a0\u2028\u2029\u3000]|\r(?!\n)|0000-|:60")
"""What tomlkit takes for a blank, and moments that RFC 3339 has and Python's types do not."""


def mutant(random: Random) -> str:
    """Write a document and damage it in up to three places."""
    text, _ = Writer(random).document()
    for _ in range(random.randint(1, 3)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.randint(0, 4))
        middle = random.choice(("", text[start:end][::-1], text[start:end] * 2, *random.choices(PIECES, k=6)))
        text = text[:start] + middle + text[end:]
    return text


mutants = st.randoms(use_true_random=False).map(mutant)
soup = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
texts = st.one_of(mutants, soup)


# -- agreement ---------------------------------------------------------------------------------------------------------


@examples(40)
@given(documents(modern=False))
def test_a_document_of_toml_1_0_is_read_alike_by_all(written: tuple[str, dict[str, Any]]) -> None:
    text, data = written
    assert same(data, by_us(text))
    assert same(data, by_tomllib(text))
    assert same(data, by_tomlkit(text))


@examples(40)
@given(documents())
def test_a_document_of_toml_1_1_is_read_alike_by_those_that_know_it(written: tuple[str, dict[str, Any]]) -> None:
    text, data = written
    assert same(data, by_us(text))
    assert same(data, by_tomlkit(text))


@examples(100)
@given(texts)
def test_what_any_text_says_is_what_the_parsers_read_in_it(text: str) -> None:
    ours, standard = by_us(text), by_tomllib(text)
    if standard is not None:
        assert same(standard, ours)
    if not UNLIKE_TOMLKIT.search(text):
        assert (ours is None) == (by_tomlkit(text) is None)
        assert ours is None or same(ours, by_tomlkit(text))


# -- places ------------------------------------------------------------------------------------------------------------

TAILS = (
    "",
    "1",
    "0",
    "a",
    "a = 1",
    "a=1",
    "= 1",
    ".a = 1",
    " = 1",
    '"',
    "'",
    '"""',
    "'''",
    '" = 1',
    "' = 1",
    '""',
    "''",
    "e1",
    "rue",
    "alse",
    "nf",
    "an",
    "1-01",
    "-01-01",
    "01",
    "01:01",
    "1:01",
    ":01",
    "n",
    "0041",
    "00000041",
    "41",
    "\n",
    '\n"""',
    "n = 1",
    'n" = 1',
)
"""Ends of tokens; with closing brackets after them they complete a small text, if anything does."""
QUOTES = ("", '"', "'", '"""', "'''")
CLOSINGS = ("", "]", "}", "]]", "}}", "]}", "}]", "]]]", "}}}", "}]}", "]}]")
TOKEN = re.compile(r"\\(?:[uUx]\w*|[ \t]*)|\r|[^ \t\r\n#,\[\]{}=\"']*")
TOKEN_END = re.compile(r"[^\s,\]}#]+\Z")
LINE = re.compile(r".*")


def can_go_on(start: str) -> bool:
    """Check whether a text is the beginning of TOML 1.1, by trying how it might go on."""
    tomli = pytest.importorskip("tomli", "2.4", reason="a TOML 1.1 parser that is fast enough to ask a thousand times")
    for tail, quote, closing in product(TAILS, QUOTES, CLOSINGS):
        with suppress(ValueError):
            tomli.loads(f"{start.removeprefix(BOM)}{tail}{quote}{closing}")
            return True
    return False


def beginnings(start: str, found: Diagnostic) -> Iterator[str]:
    """Yield the texts of which one at least goes on where what is reported first does not come first in the text."""
    yield start
    if "is not closed" in found.message:  # an escape is not judged before its string ends
        yield re.sub(r"\\.?", "x", start)
    if "U+" in found.message:  # a character that is allowed nowhere is what is wrong with the whole token
        yield TOKEN_END.sub("", start)
    before, end, line = start.rpartition("\n")  # a name is not judged before its line ends
    if can_go_on(before + end):
        yield line


def assert_is_where_it_ceases_to_be_toml(text: str, found: Diagnostic) -> None:
    assert found.span is not None
    at = found.span.start.offset
    assert any(map(can_go_on, beginnings(text[:at], found))), "what stands before the place is no beginning of TOML"
    # A token is read as a whole: 1_ and `[[a]` are not known before they end, and a name not before its line does.
    token = LINE if found.related or text[at : at + 1] == "]" else TOKEN
    whole = token.match(text, at)
    assert whole is not None
    rest = text[: whole.end() + 1]
    assert rest == text or not can_go_on(rest), "what stands at the place can be read on"


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("name", BROKEN, ids=ascii)
def test_the_place_of_a_broken_text_is_where_no_toml_goes_on(name: str) -> None:
    text = BROKEN[name][0].replace(MARK, "")
    assert_is_where_it_ceases_to_be_toml(text, check_text(text).diagnostics[0])


@examples(30)
@given(soup)
def test_the_place_of_any_text_is_where_no_toml_goes_on(text: str) -> None:
    found = [d for d in check_text(text).diagnostics if d.code == "invalid-toml"]
    assume(found)
    assert_is_where_it_ceases_to_be_toml(text, found[0])


# -- other parsers -----------------------------------------------------------------------------------------------------


def everything() -> Iterator[str]:
    """Yield the corpus, each value in one setting."""
    for texts_of_value in (*OLD.values(), *MODERN.values(), *BROKEN.values()):
        yield next(iter(texts_of_value)).replace(MARK, "")


def outcomes(listed: list[str]) -> list[Any]:
    """Return what is made of texts: data, or the finding."""
    made = (parse(text, None) for text in listed)
    return [outcome if isinstance(outcome, Diagnostic) else outcome.data for outcome in made]


def mute(loads: Callable[[str], Any]) -> Callable[[str], Any]:
    """Make a parser that refuses without a word."""

    def quiet(text: str) -> Any:
        try:
            return loads(text)
        except ValueError:
            raise ValueError from None

    return quiet


@pytest.mark.parametrize("kind", ["of TOML 1.1", "without words"])
@pytest.mark.parametrize("source", ["corpus", "mutants"])
def test_the_standard_library_may_read_toml_1_1_and_word_its_errors_as_it_likes(
    kind: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library of Python 3.15 reads TOML 1.1, and each version words some errors otherwise."""
    seeds = range(tries(200))
    chosen = list(everything()) if source == "corpus" else [mutant(Random(seed)) for seed in seeds]  # noqa: S311
    expected = outcomes(chosen)
    if kind == "of TOML 1.1":
        other = pytest.importorskip("tomli", "2.4").loads
        assert {"a": {"b": 1}} == other("a = {b = 1,}")
    else:
        other = mute(tomllib.loads)
    for module in (parsing, refusal):
        monkeypatch.setattr(module, "tomllib", SimpleNamespace(loads=other, TOMLDecodeError=ValueError))

    for text, before, after in zip(chosen, expected, outcomes(chosen), strict=True):
        assert before == after if isinstance(before, Diagnostic) else same(before, after), text
