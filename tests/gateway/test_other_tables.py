"""A host's other tables may contain anything that is TOML 1.1, and nothing else; the section is read nevertheless.

The gateway's parser gives the same verdicts but for numbers beyond 64 bits and the line end beside an `=`.
"""

from __future__ import annotations

import pytest

from codeexec_config import check_text
from codeexec_config.limits import MAX_DEPTH, MAX_KEY_PARTS

VALUES = (
    *("0", "-0", "+1", "1_000", "0xf", "0xDEAD_beef", "0o17", "0b1_0", "9223372036854775807"),
    *("9223372036854775808", "1.5", "1e1", "1E+1_0", "-1.0e-400", "1e999", "6.26_6e0_1", "inf", "-inf", "+nan"),
    *("1979-05-27", "0000-01-01", "0000-02-29", "0001-01-01", "9999-12-31", "2000-02-29", "2004-02-29"),
    *("07:32", "07:32:00", "07:32:60", "23:59:60.999", "00:00:00.0123456789", "00:00:60.5"),
    *("1979-05-27T07:32", "1979-05-27 07:32Z", "1979-05-27t07:32:60z", "0000-12-31T23:59:60-23:59"),
    *("1979-05-27T00:32:00.999999-07:00", "1979-05-27 07:32:00+23:59", "1979-05-27T07:32+00:00"),
    *('""', '"\\b\\t\\n\\f\\r\\"\\\\"', '"\\e\\x7F\\xff"', '"\\u00e9\\U0010FFFF"', '"\u0080\ufffe\ufeff"', '"\t"'),
    *('"""\n"""', '"""a""""', '"""a"""""', '"""\\\n  """', '"""a\\  \n\n  b"""', "'''a''''", "'''a'''''", "'\\'"),
    *("[]", "[1, 'a', [true], {}]", "[\n1, # c\n2,\n]", "[07:32:60, {t = 0000-01-01, u = 07:32:60}]"),
    *("{}", "{a.b = 1, a.c = 2}", "{a = 1,}", "{\n}", "{ # c\n a = 1 # c\n , # c\n b = 07:32:60 }", '{"\\e" = 1}'),
)
NO_VALUES = (
    *(
        "01",
        "+01",
        "-01",
        "_1",
        "1_",
        "1__0",
        "+0x1",
        "0X1",
        "0x",
        "0x_1",
        "0xg",
        "0o8",
        "0b2",
        "0B1",
        "\u0661",
        "1 000",
    ),
    *("1.", ".1", "1.e1", "1_.0", "1._0", "1e", "1e_1", "01.0", "1e1.5", "Inf", "NaN", "infinity", "1.1.1"),
    *("1979-5-27", "1979-13-01", "1979-00-01", "2023-02-29", "1900-02-29", "2023-04-31", "2023-01-00", "10000-01-01"),
    *("24:00", "07:60", "7:32", "07:32:61", "07:32:60.", "07:32:", "07:32.5", "07:32Z", "00:60:60"),
    *("1979-05-27T", "1979-05-27T07", "1979-05-27  07:32", "1979-05-27\t07:32", "1979-05-27T07:32+24:00"),
    *("1979-05-27T07:32:00+0100", "1979-05-27T07:32:00+01:60", "0000-02-30", "0000-13-01T00:00:60"),
    *("True", "FALSE", "yes", "null", "wasm", "", "${A}", "$<A>", "@", "1;", "1, 2", "1 b = 2"),
    *('"\\q"', '"\\u12"', '"\\uD800"', '"\\U00110000"', '"\\x4"', '"\\E"', '"\\0"', '"\\ "', '"\n"', '"\x00"'),
    *('"\x7f"', "'\x7f'", "'\n'", '"""\x0b"""', '"""a""""""', "'''a''''''", '"""\\ a"""', '"""\r"""', '"a" "b"', "“a”"),
    *(
        "[,]",
        "[1,,2]",
        "[1 2]",
        "[1",
        "]",
        "{,}",
        "{a = 1,,}",
        "{a = 1 b = 2}",
        "{a}",
        "{a =\n1}",
        "{a\n= 1}",
        "{a.\nb = 1}",
    ),
    *("{a = 1, a = 2}", "{a = 1, a.b = 2}", "{a.b = 1, a = 2}", "{a = {}, a.b = 1}", '{a = 1, "\\u0061" = 2}', "{"),
)
TABLES = (
    *("a.b = 1\na.c = 2", "a . b = 1", '"".a = 1', "1.2 = 3", "-_ = 1", "1979-05-27 = 1", '"a.b" = 1\na.b = 2'),
    *(
        "[a.b]\n[a]",
        "[a]\n[a.b]",
        "a.b = 1\n[a.c]",
        "a.b.c = 1\n[a.b.d]",
        "[ a . 'b' ]",
        '[""]',
        "[[a]]\n[a.b]\n[[a]]\n[a.b]",
    ),
    *("[[a]]\n[[a.b]]\n[[a.b]]", "[a]\n[[a.b]]\n[a.b.c]\n[[a.b]]\n[a.b.c]", "[[a]]\nb.c = 1\n[a.d]", "\ta = 1\t# c"),
)
NO_TABLES = (
    *("a", "a =", "= 1", "a == 1", "a: 1", "a b = 1", "é = 1", ".a = 1", "a. = 1", "a..b = 1", '"a\nb" = 1', "a\n= 1"),
    *("a = 1\na = 2", "a = 1\na.b = 2", "a.b = 1\na = 2", "\"a\" = 1\n'a' = 2", "[a]\n[a]", "[a.b]\n[a]\nb.c = 1"),
    *(
        "a.b = 1\n[a]",
        "a.b.c = 1\n[a.b]",
        "[[a]]\n[a]",
        "[a]\n[[a]]",
        "a = []\n[[a]]",
        "a = [{}]\n[a.b]",
        "[[a.b]]\n[a]\nb = 1",
    ),
    *(
        "a = {}\n[a]",
        "a = {}\n[a.b]",
        "a = {}\na.b = 1",
        "[a]\nb = {}\n[a.b]",
        "[[a]]\n[a.b]\n[a.b]",
        "[[a]]\nb.c = 1\n[a.b]",
    ),
    *(
        "[]",
        "[[]]",
        "[a",
        "[a]]",
        "[[a]",
        "[ [a]]",
        "[a] b",
        "[a\n]",
        "[a.]",
        "[.a]",
        "[a]\rb = 1",
        "\x0ca = 1",
        "\u00a0a = 1",
    ),
)
NESTED = {
    "arrays": lambda depth: "x = " + "[" * depth + "]" * depth,
    "arrays-below-a-header": lambda depth: "[a.b.c]\nx = " + "[" * depth + "1" + "]" * depth,
    "arrays-below-a-dotted-key": lambda depth: "a.b.c = " + "[" * depth + "]" * depth,
    "inline-tables": lambda depth: "x = " + "{a = " * depth + "1" + "}" * depth,
    "empty-inline-table": lambda depth: "x = " + "{a = " * (depth - 1) + "{}" + "}" * (depth - 1),
    "inline-tables-with-dotted-keys": lambda depth: "x = " + "{a.b = " * depth + "1" + "}" * depth,
    "arrays-of-inline-tables": lambda depth: (
        "x = " + "[" * (depth % 2) + "[{a = " * (depth // 2) + "1" + "}]" * (depth // 2) + "]" * (depth % 2)
    ),
    "arrays-of-toml-1-1": lambda depth: "x = " + "[" * depth + "07:32" + "]" * depth,
}
DOTTED = {
    "dotted-key": lambda parts: ".".join("a" * parts) + " = 1",
    "dotted-key-in-quotes": lambda parts: " . ".join(['"a"'] * parts) + " = 1",
    "dotted-key-below-a-header": lambda parts: "[a.b.c]\n" + ".".join("a" * parts) + " = 1",
    "dotted-key-in-an-inline-table": lambda parts: "x = {" + ".".join("a" * parts) + " = 1}",
    "header": lambda parts: "[" + ".".join("a" * parts) + "]",
    "array-header": lambda parts: "[[" + ".".join("a" * parts) + "]]",
}


def _codes(text: str) -> list[str]:
    host = f"{text}\n[features.code_execution]\nenabled = false\n"
    return [finding.code for finding in check_text(host, env={}).diagnostics]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_of_toml_is_read(value: str) -> None:
    assert [] == _codes(f"x = {value}")


@pytest.mark.parametrize("value", NO_VALUES)
def test_what_is_no_value_of_toml_is_refused(value: str) -> None:
    assert ["invalid-toml"] == _codes(f"x = {value}")


@pytest.mark.parametrize("text", TABLES)
def test_keys_and_tables_of_toml_are_read(text: str) -> None:
    assert [] == _codes(text)


@pytest.mark.parametrize("text", NO_TABLES)
def test_what_are_no_keys_or_tables_of_toml_is_refused(text: str) -> None:
    assert ["invalid-toml"] == _codes(text)


@pytest.mark.parametrize("name", NESTED)
def test_values_nest_up_to_the_limit(name: str) -> None:
    assert [[], ["invalid-toml"]] == [_codes(NESTED[name](depth)) for depth in (MAX_DEPTH, MAX_DEPTH + 1)]


@pytest.mark.parametrize("name", DOTTED)
def test_keys_and_headers_have_parts_up_to_the_limit(name: str) -> None:
    assert [[], ["invalid-toml"]] == [_codes(DOTTED[name](parts)) for parts in (MAX_KEY_PARTS, MAX_KEY_PARTS + 1)]


def test_nesting_is_counted_anew_for_each_value() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH

    assert [] == _codes(f"{'.'.join('a' * MAX_KEY_PARTS)} = {deep}\ny = {deep}\nz = [{deep[1:-1]}, {deep[1:-1]}]")


@pytest.mark.parametrize("moment", ["07:32:60", "0000-02-29", "1979-05-27T07:32:60Z", "0000-01-01T07:32"])
def test_a_moment_that_python_lacks_moves_no_place(moment: str) -> None:
    text = f"[host]\nt = [{moment}, {moment}] # é\n[features.code_execution]\nenabled = {moment}\ntimeout_secs = 0\n"

    found = check_text(text, env={}).diagnostics

    assert [("wrong-type", moment), ("out-of-range", "0")] == [
        (finding.code, text[finding.span.start.offset : finding.span.end.offset]) for finding in found if finding.span
    ]


@pytest.mark.parametrize("before", ["t = 07:32:60", "t = 0000-01-01", "t = [07:32:60, 07:32]", '"\\e" = 07:32:60'])
def test_a_bad_value_behind_a_moment_that_python_lacks_is_marked_itself(before: str) -> None:
    text = f"{before}\nu = 2023-02-29\n"

    [finding] = check_text(text, env={}).diagnostics

    assert finding.span
    assert ("invalid-toml", 2, 5) == (finding.code, finding.span.start.line, finding.span.start.column)
