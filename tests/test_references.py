"""The grammar of references: what is one, what is a literal, what is neither."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codeexec_config import limits
from codeexec_config.references import (
    Literal,
    Malformed,
    Reference,
    Segment,
    canonical,
    escape,
    expand,
    is_unset,
    parse,
    read_boolean,
    read_integer,
    references,
)

pieces = st.sampled_from(
    ["$", "{", "}", "<", ">", "${", "$<", "$$", "A", "_b9", ":", "-", "?", "é", " ", "\n", "1", '"']
)
texts = st.lists(pieces, max_size=12).map("".join) | st.text(max_size=20)
LONGEST = "N" * limits.VARIABLE_LENGTH


def read(text: str, env: dict[str, str]) -> str | None:
    """Return what a text means, or None when a reference of it is malformed or unset."""
    meant = ""
    for segment in parse(text):
        if isinstance(segment, Malformed):
            return None
        if isinstance(segment, Literal):
            meant += segment.text
        elif is_unset(segment, env.get(segment.name)):
            return None
        else:
            meant += expand(segment, env.get(segment.name))
    return meant


def kinds(text: str) -> list[type[Segment]]:
    return [type(segment) for segment in parse(text)]


# -- the forms ---------------------------------------------------------------------------------------------------------

UNSET: dict[str, str] = {}
EMPTY = {"A": ""}
SET = {"A": "a", "B": "b"}


@pytest.mark.parametrize(
    ("text", "unset", "empty", "given"),
    [
        ("${A}", None, "", "a"),
        ("$<A>", None, "", "a"),
        ("${A:-text}", "text", "text", "a"),
        ("${A:-}", "", "", "a"),
        ("${A:?text}", None, None, "a"),
        ("${A:?}", None, None, "a"),
        ("<${A}>", None, "<>", "<a>"),
        ("${A}${A:-x}$<A>", None, "x", "aaa"),
    ],
)
def test_each_form_on_a_variable_unset_empty_and_given(
    text: str, unset: str | None, empty: str | None, given: str | None
) -> None:
    assert (unset, empty, given) == (read(text, UNSET), read(text, EMPTY), read(text, SET))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$${A}", "${A}"),
        ("$$<A>", "$<A>"),
        ("$$${A}", "$${A}"),
        ("$$$${A}", "$$${A}"),
        ("$$${A}${B}", "$${A}b"),
        ("$${", "${"),
        ("$$<", "$<"),
        ("$$", "$$"),
        ("$$A", "$$A"),
        ("$", "$"),
        ("$A", "$A"),
        ("$1", "$1"),
        ("$<", "$<"),
        ("$<>", "$<>"),
        ("$< A>", "$< A>"),
        ("$<A", "$<A"),
        ("$<A:-x>", "$<A:-x>"),
        ("$<1>", "$<1>"),
        ("$<A$<B>", "$<Ab"),
        ("$<${B}>", "$<b>"),
        (f"$<{LONGEST}N>", f"$<{LONGEST}N>"),
        ("{A}", "{A}"),
        ("}", "}"),
        ("${A}}", "a}"),
        ("", ""),
    ],
)
def test_a_literal_stands_for_itself(text: str, expected: str) -> None:
    assert expected == read(text, SET)


@pytest.mark.parametrize(
    "text",
    [
        "${}",
        "${ A }",
        "${A }",
        "${A",
        "${",
        "${A:}",
        "${A:x}",
        "${A:=x}",
        "${A+x}",
        "${1A}",
        "${a.b}",
        "${a b}",
        "${É}",
        "${A\n}",
        "${A:-${B}}",
        "${A:-$<B>}",
        "${A:-$${B}",
        "${A:?${B}}",
        "${A-$<}",
        "${A-}",
        "${A-text}",
        "${A?}",
        "${A?text}",
        "${code-exec-host}",
        "${{A}}",
        f"${{{LONGEST}N}}",
    ],
)
def test_what_opens_like_a_reference_and_is_none_is_malformed(text: str) -> None:
    malformed = parse(f"é{text}")[1]

    assert isinstance(malformed, Malformed)
    assert malformed.start == 1


def test_a_malformed_reference_ends_at_its_brace_and_the_rest_is_read() -> None:
    assert [Malformed, Literal, Reference] == kinds("${}-${A}")
    assert [Malformed] == kinds("${ ${A")
    assert [Malformed, Literal] == kinds("${ ${A} }")


def test_the_reason_does_not_repeat_the_body() -> None:
    for text in ("${sk:canary key}", "${sk-canary", "${A:-${sk-canary}", "${" + "canary" * 20 + "}"):
        [malformed, *_] = parse(text)
        assert isinstance(malformed, Malformed)
        assert "canary" not in malformed.reason


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("${}", "the name between the braces is missing", ""),
        ("${ :-x}", "the name between the braces is missing", ""),
        ("${ A }", "there is whitespace beside the name", ""),
        ("${A:}", "`:` must be followed by - and a default, or by ? and a message", ""),
        ("${A:=x}", "`:` must be followed by - and a default, or by ? and a message", ""),
        (
            "${A-x}",
            "there is a hyphen between the braces",
            "a name contains no hyphen; a default is written ${NAME:-text}",
        ),
        ("${A?x}", "a question mark follows the name", "a message is written ${NAME:?text}"),
        (f"${{{LONGEST}N}}", "a name has at most 64 characters", ""),
        ("${1-a}", "a name consists of letters A to Z, digits and underscores, and does not begin with a digit", ""),
        ("${A", "it has no closing brace", ""),
    ],
)
def test_the_reason_is_the_slip_that_was_made(text: str, reason: str, hint: str) -> None:
    assert (Malformed(0, len(text), reason, hint),) == parse(text)


@pytest.mark.parametrize("key", ["ghp_16C7e42F292c6912E7710c838347Ae178B4a", "a" * 18 + "B1", "ABCDEFGHIJKLMNOPQRs1"])
def test_a_name_that_mixes_twenty_characters_is_a_pasted_key(key: str) -> None:
    for text in (f"${{{key}}}", f"$<{key}>", f"${{{key}:?set it}}"):
        [reference] = references(parse(text))
        assert reference.is_pasted


@pytest.mark.parametrize(
    "name", ["a" * 17 + "B1", "CODE_EXEC_API_KEY_2026", "code_exec_api_key_2026", "CodeExecApiKeyOfTheService"]
)
def test_a_name_that_is_short_or_mixes_less_is_a_name(name: str) -> None:
    assert not Reference(0, 3, name).is_pasted


def test_a_reference_in_angles_ends_at_the_first_one() -> None:
    assert (Reference(0, 4, "A"), Literal(4, 5, ">")) == parse("$<A>>")
    assert (Reference(0, 4, "A"), Literal(4, 5, "-"), Reference(5, 9, "B")) == parse("$<A>-$<B>")


def test_a_text_runs_to_the_first_brace_over_lines_and_quotes() -> None:
    text = "x\n\"' #$y\\"

    assert (Reference(0, 15, "A", ":-", text), Literal(15, 16, "}")) == parse(f"${{A:-{text}}}}}")


@pytest.mark.parametrize("name", ["A", "a", "_", "_9", "aB_9", LONGEST])
def test_a_name_is_an_identifier_of_ascii(name: str) -> None:
    for text in (f"${{{name}}}", f"$<{name}>"):
        assert (Reference(0, len(text), name),) == parse(text)


def test_a_default_is_what_stands_in_and_a_message_is_none() -> None:
    defaults = [ref.default for ref in references(parse("${A}${A:-x}${A:?m}$<A>"))]

    assert [None, "x", None, None] == defaults


# -- laws --------------------------------------------------------------------------------------------------------------


@given(texts)
def test_the_segments_cover_the_text_exactly(text: str) -> None:
    at = 0
    for segment in parse(text):
        assert at == segment.start < segment.end
        at = segment.end
    assert len(text) == at


@given(texts)
def test_a_segment_quotes_its_stretch(text: str) -> None:
    for segment in parse(text):
        stretch = text[segment.start : segment.end]
        if isinstance(segment, Literal):
            assert stretch in {segment.text, f"${segment.text}"}
        elif isinstance(segment, Reference):
            assert stretch in {f"${{{segment.name}{segment.operator}{segment.text}}}", f"$<{segment.name}>"}
        else:
            assert stretch.startswith("${")


@given(texts)
@example("$")
@example("$$")
@example("$${")
@example("$$$<$${")
def test_an_escaped_text_reads_back_as_it_was(text: str) -> None:
    assert text == read(escape(text), {})
    assert not references(parse(escape(text)))


@given(texts, texts.filter(bool))
def test_a_value_is_never_read_again(text: str, value: str) -> None:
    text = text.replace("\0", "")
    marked = read(text, {"A": "\0"})

    assert (None if marked is None else marked.replace("\0", value)) == read(text, {"A": value})


@given(texts)
def test_a_text_without_a_reference_needs_no_environment(text: str) -> None:
    if not references(parse(text)):
        assert read(text, {}) == read(text, {"A": "a", "_b9": "b"})


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("${A}", "${A}"),
        ("${A}", "$<A>"),
        ("${A}", "${A:?say}"),
        ("${A}", "${A:-x}"),
        ("${A}${B}", "${A}$<B>"),
        (None, ""),
        (None, " ${A}"),
        (None, "${A}."),
        (None, "${A}${}"),
        (None, "$${A}"),
    ],
)
def test_the_canonical_form_is_of_references_alone(expected: str | None, text: str) -> None:
    assert expected == canonical(parse(text))


# -- typed references: TOML's own grammar ------------------------------------------------------------------------------


def toml_value(text: str, kind: type) -> Any:
    """Return what the standard library's parser makes of a value, or None when it is of another type, or none."""
    try:
        data = tomllib.loads(f"x = {text}\n")
    except ValueError:
        return None
    value = data.get("x")
    return value if data.keys() == {"x"} and type(value) is kind else None


numerals = st.lists(st.sampled_from([*"0123456789", "_", "+", "-", "0x", "0o", "0b", "F", "e", "."]), max_size=7)
spellings = (
    numerals.map("".join)
    | st.integers().map(str)
    | st.integers(0).flatmap(lambda n: st.sampled_from([hex(n), oct(n), bin(n), f"+{n}", f"-{n}", f"{n:_}", f"{n:_x}"]))
    | st.text(max_size=4).filter(lambda text: not any(ch in text for ch in "\n\r# \t"))
)


@given(spellings)
@example("0x1e")
@example("+30")
@example("1_000")
@example("-0")
@example("0xFF_ff")
@example("007")
@example("0X1")
@example("+0x1")
@example("1__0")
@example("1_")
@example("٣٠")
@example("")
def test_an_integer_is_read_as_toml_reads_it(text: str) -> None:
    assert toml_value(text, int) == read_integer(text)


@pytest.mark.parametrize("text", [" 30", "30 ", "30\n", "\t30", "30 # half a minute", "30\r"])
def test_nothing_stands_around_a_typed_value(text: str) -> None:
    assert read_integer(text) is None
    assert read_boolean(text.replace("30", "true")) is None


@given(st.sampled_from(["true", "false", "True", "FALSE", "1", "0", "yes", "on", "", "tru"]) | st.text(max_size=5))
def test_a_boolean_is_read_as_toml_reads_it(text: str) -> None:
    assert {"true": True, "false": False}.get(text) is read_boolean(text)


@pytest.mark.parametrize("digits", [640, 641, 5_000, 100_000])
@pytest.mark.parametrize("sign", ["", "+", "-"])
def test_an_integer_of_absurd_length_is_beyond_64_bits_and_of_the_right_sign(sign: str, digits: int) -> None:
    value = read_integer(sign + "9" * digits)

    assert value is not None
    assert abs(value) >= 2**64
    assert (sign == "-") is (value < 0)


@pytest.mark.parametrize("prefix", ["0x", "0o", "0b"])
def test_a_number_of_another_base_may_be_long_too(prefix: str) -> None:
    value = read_integer(prefix + "1" * 100_000)

    assert value is not None
    assert value >= 2**64
