"""The scanner: it finds each key and value of a TOML text, and agrees with the parsers on what is TOML."""

from __future__ import annotations

import itertools
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st
from tomlkit.exceptions import TOMLKitError

from codeexec_config.diagnostics import Position, Span
from codeexec_config.document.lines import Lines
from codeexec_config.document.scanner import Scan, locate
from codeexec_config.document.spelling import Spelling
from codeexec_config.document.stems import Stems
from codeexec_config.findings import Target
from tests.counts import examples
from tests.toml.reading import same
from tests.toml_writer import Writer, documents, walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

DIGITS = "1" * 4300
NOT_TOML_ANYWHERE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


def read(text: str) -> dict[str, Any]:
    """Read a text by whichever parser takes it; TOML 1.1 is tomlkit's."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return tomlkit.parse(text.replace("\r\n", "\n")).unwrap()


def is_taken(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except (ValueError, TOMLKitError):
        return False
    return True


def slice_of(text: str, path: tuple[str | int, ...], part: str = "value") -> str:
    stretch = locate(Scan(text), Target(path, part))
    assert stretch is not None
    return text[slice(*stretch)]


# -- the laws ----------------------------------------------------------------------------------------------------------


@given(documents())
def test_each_value_read_from_its_slice_alone_is_the_value_of_the_document(written: Any) -> None:
    text, data = written
    scan = Scan(text)
    for path, value in walk(data):
        token = scan.values.get(path)
        if token is not None:
            assert same(value, read(f"x = {text[token.start : token.end]}")["x"])
        else:
            assert scan.tables[path]


@given(documents())
def test_each_key_read_from_its_slice_alone_is_the_key(written: Any) -> None:
    text, data = written
    scan = Scan(text)
    for path, _ in walk(data):
        for start, end in scan.mentions[path] if isinstance(path[-1], str) else ():
            assert [path[-1]] == list(read(f"{text[start:end]} = 1"))


@given(documents())
def test_a_scan_knows_no_path_that_the_document_lacks(written: Any) -> None:
    text, data = written
    scan = Scan(text)
    known = {path for path, _ in walk(data)}
    assert known >= {*scan.values, *scan.tables, *scan.mentions}


def assert_same_below(text: str, paths: list[tuple[str | int, ...]]) -> None:
    """Check that a scan for some paths finds what a scan of everything finds at them and below."""
    whole, part = Scan(text), Scan(text, Stems(paths))
    assert part.flaw is None
    for path in paths:
        stem = tuple(itertools.takewhile(lambda name: isinstance(name, str), path))
        for kind in ("values", "tables", "mentions"):
            for at, found in getattr(whole, kind).items():
                if at[: len(stem)] == stem:
                    assert found == getattr(part, kind).get(at), (text, at)
    lines = {text.count("\n", 0, token.end) for token in part.values.values()}
    beside = [comment for comment in whole.comments if text.count("\n", 0, comment[0]) in lines]
    assert set(beside) <= set(part.comments)


@given(documents(), st.data())
def test_a_scan_for_some_paths_finds_them_as_a_scan_of_everything_does(written: Any, data: Any) -> None:
    text, table = written
    paths = [path for path, _ in walk(table)]
    assert_same_below(text, data.draw(st.lists(st.sampled_from([*paths, ("no", "such")]), min_size=1, max_size=3)))


HIDDEN = "[s.e.mode]\ns.e.x = 1\n[s]\ne = 2"
TRAPS = {
    "a multi-line string": f'[a]\nt = """\n{HIDDEN}\n"""\n',
    "a multi-line literal": f"[a]\nt = '''\n{HIDDEN}\n''' # '''\n",
    "a string that ends with quotes": f'[a]\nt = """\n{HIDDEN}"""""\nu = """"""\n',
    "escaped quotes": f'[a]\nt = """\\"""\n{HIDDEN}\n\\\\"""\n',
    "a string with a quote in it": '[a]\nt = "\\"[s.e]" # "\nu = \'[s.e]"\'\n',
    "an array of arrays": "[a]\nt = [\n[\n['s'],\n[\"e\", ], # ]\n]\n, {s.e.x = 1}]\n",
    "a root key": "t = [\n'''\n[s.e]\n''']\n'u' = 1\n",
    "an inline table over lines": "[a]\nt = {\n s = 1, # }\n\n e = 2,\n}\n",
    "a comment": "[a]\n# [s.e]\n  # [s]\nt = 1 # [s.e]\n",
    "names that are longer": "[s.e2]\nx = 1\n[s2.e]\nx = 1\n[t.s.e]\nx = 1\n[[s.e3]]\nx = 1\n[a.s]\ne.x = 1\n",
    "quoted names": '[\'a\'.s]\nx = 1\n["\\u0061".e]\n\'s\'.e = 1\n[["b]"]]\nx = 1\n[["b]"]]\nx = 1\n',
    "arrays of tables": "[[a]]\n[a.b]\nx = 1\n[[a]]\n['a'.b]\nx = 1\n[[a]]\n['a'.b]\nx = 1\n",
    "a table on the way": "[s]\nx = [1]\n y.z = 1\n",
}
SECTIONS = (
    '[s.e]\nx = "1" # c\n[s.e.mode]\ny = [1,\n2]',
    " [ s . 'e' ] # c\r\nx = 1\r\n[b2]\r\nx = 1\r\n[s.e.mode]\r\n",
    "['s'.e.mode]\nx = 1\n[b2]\n[s.e.other]\ny.x = 1\n",
)


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
@pytest.mark.parametrize("paths", [[("s", "e")], [("s", "e", "mode", "y", 1)], [("s", "e"), ("t",), ("b]", 0)], [()]])
def test_what_is_passed_over_hides_nothing(trap: Any, section: Any, paths: Any) -> None:
    """What looks like a header in a string is not one, and the section is found after anything."""
    assert_same_below(trap + section, paths)


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("header", ["", "[s]\n", "[t]\n"])
@pytest.mark.parametrize("end", [" = 1", " = 'x' # why", ".z = 1", ' . "z" = 1'])
def test_a_name_may_stand_in_quotes_that_it_does_not_need(header: str, end: str) -> None:
    spelt = [("s", "'s'", '"s"', '"\\u0073"'), ("e", "'e'", '"e"'), ("x", "'x'")]
    dots = (".", "\t. ")
    for *names, dot in itertools.product(*spelt, dots):
        for key in (dot.join(names), dot.join(names[1:]), dot.join(names[2:])):
            text = f"{header}a = 1\n{key}{end}\nb = 2\n"
            paths = [path for path, _ in walk(read(text))]
            assert_same_below(text, [("s", "e")])
            assert_same_below(text, [paths[-2]])


def test_what_nobody_asks_for_is_not_read() -> None:
    text = "".join(f"[a.b{n}]\nx = 'y'\nz = [1]\n" for n in range(3000)) + "[s.e]\nx = 1\n"
    assert {("s", "e", "x")} == Scan(text, Stems([("s", "e")])).values.keys()


class Skimming(Scan):
    """A scan that counts the statements it passes over one by one."""

    skimmed = 0

    def _skim(self) -> None:
        self.skimmed += 1
        super()._skim()


def test_plain_tables_are_not_passed_over_one_by_one() -> None:
    text = "a = 1\n" + "".join(f"[a.b{n}]\nx = 'y' # why\n\n" for n in range(3000)) + "[s.e]\nx = 1\n"
    scan = Skimming(text, Stems([("s", "e")]))
    assert ({("s", "e", "x")}, 1) == (scan.values.keys(), scan.skimmed)


PLAIN = "a = 1\n\n  # [s.e]\n\tb . c = 'x[' # why\r\nd-1 = \"y\"\ne2 = ''\nf = 1, \"z\" + 2\n"
"""Lines that lead to nothing of `s.e`; what of them is TOML is for a parser to say."""


@pytest.mark.parametrize(
    ("table", "passed", "stop"),
    [
        (None, f"{PLAIN}[t]\nx = 1\n[[u . v]] # why\n[s2]\n[s.x]\n[s.e2]\n[t.s.e]\ne = 1\n", "[s.e]\n"),
        (None, "[t]\n", "[s]\n"),
        (None, "[t]\n", "[[s . e . x]]\n"),
        (None, "[t]\n", "[ s . 'e' ]\n"),
        (None, "[t]\n", "['t']\n"),
        ((), f"{PLAIN}s.x = 1\ns2.e = 1\n", "s.e = 1\n"),
        ((), "s.e2 = 1\n", "s = 1\n"),
        ((), "s.x = 1\n", "s . e.x = 1\n"),
        ((), "s.x = 1\n", "s.'e' = 1\n"),
        ((), "x.y = 1\n", "'x'.y = 1\n"),
        ((), "x = 1\n", "[t]\n"),
        (("s",), "x = 1\ns.e = 1\ne2 = 1\n", "e = 1\n"),
        (("s",), "x.e = 1\n", "\te.x = 1\n"),
        (("s",), "x = 1\n", '"e" = 1\n'),
        (("s", "e"), "", "x = 1\n"),
        (("t",), "", "x = 1\n"),
        ((), "x = 1\n", 'y = """\n'),
        ((), "x = 1\n", "y = '''\n"),
        ((), "x = 1\n", "y = [\n"),
        ((), "x = 1\n", "y = {\n"),
        ((), "x = 1\n", 'y = "\\""\n'),
    ],
)
def test_plain_lines_that_lead_to_nothing_asked_for_are_passed_over_together(
    table: Any, passed: str, stop: str
) -> None:
    pattern = Stems([("s", "e"), ("s", "e", "x", 1)]).passable(table)
    found = pattern and pattern.match(passed + stop + "z = 1\n")
    assert passed == (found[0] if found else "")


def test_a_name_that_needs_quotes_may_stand_wherever_a_key_has_some() -> None:
    pattern = Stems([("s", "e f", "g")]).passable(())
    assert pattern is not None
    assert [True, True, True, False, False, False] == [
        bool(pattern.match(f"{key} = 1\n")) for key in ("x", "x.s", "s2", "s.x", "s.'x'", "'x'")
    ]
    pattern = Stems([("e f",)]).passable(())
    assert pattern is not None
    assert [True, False, False] == [bool(pattern.match(line)) for line in (" # x\n", "x = 1\n", "'x' = 1\n")]
    assert Stems([()]).passable(()) is None


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ([], []),
        ([2000], [1999, 2000]),
        ([1500, 2000, 2001], [1499, 1500, 1999, 2000, 2001]),
        ([1000], [1000]),
        ([2999], [2998, 2999]),
    ],
)
def test_of_a_long_array_the_first_entries_are_read_and_those_that_are_asked_for(
    asked: list[int], kept: list[int]
) -> None:
    entries = [f" '{number}'," for number in range(3000)]
    text = f"[s]\ne = [{''.join(entries)}]\nf = 1\n"
    paths = [("s", "e", number) for number in asked] + [("s", "f", 1200), ("s", 1300), ("e", 1400)]

    whole, part = Scan(text), Scan(text, Stems([("s",), *paths]))

    read = {("s", "e", number) for number in [*range(1000), *kept]}
    assert {("s", "e"), ("s", "f"), *read} == part.values.keys()
    assert part.values == {path: whole.values[path] for path in part.values}
    assert (whole.unread, whole.flaw, part.flaw) == ([], None, None)
    bounds = [999, *kept, 3000]
    between = ["".join(entries[low + 1 : high]) + " " * (high < 3000) for low, high in itertools.pairwise(bounds)]
    assert [stretch for stretch in between if stretch.strip()] == [text[slice(*stretch)] for stretch in part.unread]


def test_a_text_is_read_as_a_whole_for_the_sake_of_many_paths() -> None:
    names = [str(number) for number in range(101)]
    assert Stems.few([("s", name) for name in names[:100]]) is not None
    assert Stems.few([("s", name) for name in names]) is None
    assert Stems.few([("s",), *(("s", name) for name in names)]) is not None


@given(documents(modern=False))
def test_what_tomllib_takes_has_no_flaw_and_nothing_modern(written: Any) -> None:
    text, _ = written
    tomllib.loads(text)
    scan = Scan(text)
    assert (None, {}, []) == (scan.flaw, scan.modern, scan.modern_keys)


def mutants(random: Random) -> str:
    """Write a document and damage it in one or two places."""
    text, _ = Writer(random).document()
    for _ in range(random.randint(1, 2)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.randint(0, 4))
        middle = random.choice(
            ("", text[start:end][::-1], text[start:end] * 2, random.choice("ab.=[]{}\"'#,\\ \t\n\r0_-+:${}xé\0"))
        )
        text = text[:start] + middle + text[end:]
    return text


@examples(300)
@given(st.randoms(use_true_random=False).map(mutants))
def test_what_the_scanner_refuses_both_parsers_refuse(text: Any) -> None:
    if Scan(text).flaw is None:
        return
    assert not is_taken(tomllib.loads, text)
    # tomlkit accepts control characters and a lone carriage return where TOML does not.
    if not NOT_TOML_ANYWHERE.search(text):
        assert not is_taken(tomlkit.parse, text.replace("\r\n", "\n"))


KEYS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)
STATEMENTS = st.one_of(
    KEYS.map("[{}]".format),
    KEYS.map("[[{}]]".format),
    st.builds(
        "{} = {}".format, KEYS, st.sampled_from(("1", "{}", "{a.b = 1}", "{a = {c = 1}, b = [{}]}", "[{a = 1}]"))
    ),
)


@examples(500)
@given(st.lists(STATEMENTS, min_size=1, max_size=5).map("\n".join))
def test_the_scanner_and_tomllib_agree_on_which_tables_may_follow_which(text: Any) -> None:
    assert is_taken(tomllib.loads, text) == (Scan(text).flaw is None)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *(("'a'", "string"), ('"""a"""', "string"), ("[]", "array"), ("[1]", "array"), ("[1,]", "array")),
        *(("{}", "table"), ("{ a = 1 }", "table"), ("{ a = 1, }", "table"), ("1", "scalar"), ("true", "scalar")),
    ],
)
def test_a_value_has_its_kind(value: str, kind: str) -> None:
    token = Scan(f"x = {value}").values[("x",)]
    assert (4, 4 + len(value), kind) == token


# -- what makes a table ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("[a]\nb = 1", ("a",), "[a]"),
        ("[ a . b ]", ("a", "b"), "[ a . b ]"),
        ("[a.b]\n[a]", ("a",), "[a]"),
        ("[a.b]", ("a",), "[a.b]"),
        ("a = { b = 1 }", ("a",), "{ b = 1 }"),
        ("a . b = 1\na.c = 2", ("a",), "a . b"),
        ("[x]\n 'a'.\"b\".c = 1", ("x", "a", "b"), "'a'.\"b\".c"),
        ("[[a]]\nb = 1\n[[a]]\n", ("a",), "[[a]]"),
        ("[[a]]\n[[ a ]]\n", ("a", 1), "[[ a ]]"),
        ("[[a]]\n[a.b]\n[[a]]\n[ a.b ]\n", ("a", 1, "b"), "[ a.b ]"),
        ("a = [{ b = 1 }, {c = 2}]", ("a", 1), "{c = 2}"),
        ("a = {}", ("a",), "{}"),
    ],
)
def test_a_table_stands_where_it_is_made(text: Any, path: Any, expected: Any) -> None:
    assert expected == slice_of(text, path)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a = 1", ("a",), "a"),
        ("'a b' = 1", ("a b",), "'a b'"),
        ('"\\u0061" = 1', ("a",), '"\\u0061"'),
        ("x.  \ta  . b = 1", ("x", "a"), "a"),
        ("[x . 'a']", ("x", "a"), "'a'"),
        ("a = {x = 1,\t'b' = 2}", ("a", "b"), "'b'"),
    ],
)
def test_a_key_stands_without_the_blanks_around_it(text: Any, path: Any, expected: Any) -> None:
    assert expected == slice_of(text, path, "key")


@pytest.mark.parametrize("part", ["key", "value"])
def test_what_is_not_there_has_no_place(part: Any) -> None:
    assert locate(Scan("a = 1"), Target(("b",), part)) is None


def test_every_place_that_names_a_key_is_known() -> None:
    text = "[a.b]\n[a.c]\n[a]\n"
    assert [(1, 2), (7, 8), (13, 14)] == Scan(text).mentions[("a",)]


def test_a_statement_is_known_by_where_it_begins() -> None:
    text = "a = [\n1]\n # c\n [b.c]\n\t'd'.e = {\n x = 1 }\n[[f]] # g = 1\nh = '\0'"
    assert ["a = [", "[b.c]", "'d'.e", "[[f]]", "h = '"] == [text[at : at + 5] for at in Scan(text).statements]


# -- inside strings ----------------------------------------------------------------------------------------------------


@given(st.randoms(use_true_random=False), st.data())
def test_a_stretch_of_a_string_is_found_in_its_spelling(random: Any, data: Any) -> None:
    writer = Writer(random)
    text = data.draw(st.text(alphabet="ab${}\"'\\\n\té\U0001f600", min_size=1, max_size=12))
    raw = writer.string(text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = raw[slice(*Spelling(raw).inside((start, end)))]
    # Quotes inside a long string would close it; the pieces around them are compared.
    quote = "'''" if raw[0] == "'" else '"""'
    if raw[0] not in found:
        assert text[start:end] == read(f"x = {quote}\n{found}{quote}")["x"]


@pytest.mark.parametrize(
    ("raw", "within", "expected"),
    [
        ('"ab"', (0, 2), "ab"),
        (r'"\u0061\U0001F600b"', (1, 2), r"\U0001F600"),
        (r'"\x61\eb"', (1, 2), r"\e"),
        ('"""\nab"""', (0, 1), "a"),
        ('"""\r\nab"""', (0, 1), "a"),
        ('"""a\r\nb"""', (1, 2), "\r\n"),
        ('"""a\r\nb"""', (2, 3), "b"),
        ('"""${A} \\\n   b"""', (0, 4), "${A}"),
        ('"""${A}\\\n   b"""', (0, 4), "${A}"),
        ('"""${A}\\\n   b"""', (4, 5), "b"),
        ("'''\na\r\n\\b'''", (2, 4), "\\b"),
        (r"'\u0061'", (0, 6), r"\u0061"),
    ],
)
def test_a_stretch_ends_with_its_last_character(raw: Any, within: Any, expected: Any) -> None:
    assert expected == raw[slice(*Spelling(raw).inside(within))]


def test_a_stretch_narrows_strings_only() -> None:
    scan = Scan("a = [1]\nb = '${A}'")
    assert (4, 7) == locate(scan, Target(("a",), within=(0, 1)))
    assert (13, 17) == locate(scan, Target(("b",), within=(0, 4)))


# -- flaws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a", 1),
        ("a\n", 1),
        ("a b = 1", 2),
        ("= 1", 0),
        (". = 1", 0),
        ("a. = 1", 3),
        ("é = 1", 0),
        ("a = ", 4),
        ("a =\n1", 3),
        ("a = # none", 4),
        ("a = word", 4),
        ("a = ${T}", 4),
        ("a = 1_", 5),
        ("a = 1__0", 5),
        ("a = 01", 5),
        ("a = 1._0", 5),
        ("a = 0x_f", 5),
        ("a = 0xf_", 7),
        ("a = 1e_1", 5),
        ("a = True", 4),
        ("a = 30s", 6),
        ("a = 30;", 6),
        ("a = 30.", 6),
        ("a = .5", 4),
        ("a = 256| Key", 7),
        ("a = 1.2.3", 7),
        ("a = 2020-01-01x", 14),
        ("a = 2020-01-32", 4),
        ("a = 2021-02-29", 4),
        ("a = 1979-05-27T25:00", 14),
        ("a = truex", 4),
        ("a = 1 2", 6),
        ("${A} = 1", 0),
        ("[a.$<B>]", 3),
        ("a = 1 b = 2", 6),
        ('a = "b', 6),
        ('a = "b\n"', 6),
        ('a = "b\\\n"', 7),
        ("a = 'b", 6),
        ("a = 'b\n'", 6),
        ('a = """b""', 10),
        ('a = """b\\', 9),
        ("a = '''b''", 10),
        (r'a = "b\q"', 6),
        (r'a = "\xg0"', 5),
        (r'a = "\ud800"', 5),
        (r'a = "\U00110000"', 5),
        ('a = """b\\ c"""', 8),
        ('"a = 1', 6),
        ("'a = 1", 6),
        ('"a\\q" = 1', 2),
        ('"a\\ \n" = 1', 4),
        ("a = [1", 6),
        ("a = [1 2]", 7),
        ("a = [,]", 5),
        ("a = [1,,]", 7),
        ("a = {b = 1", 10),
        ("a = {b = 1 c = 2}", 11),
        ("a = {,}", 5),
        ("a = {b = 1,,}", 11),
        ("a = {b}", 6),
        ("[a", 2),
        ("[a] b", 4),
        ("[a]]", 3),
        ("[[a] ]", 3),
        ("[]", 1),
        ("[a.]", 3),
    ],
)
def test_a_flaw_stands_at_the_first_code_point_that_no_toml_has_there(text: Any, at: Any) -> None:
    flaw = Scan(text).flaw
    assert flaw is not None
    assert (at, min(at + 1, len(text))) == flaw[:2]
    assert (None, None) == (flaw.key, flaw.first)


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("a = [1, [2 3]]", 8),
        ("a = [1", 4),
        ("a = {b = {c = 1 d = 2}}", 9),
        ("a = {b = 1", 4),
        ("[a.b c]", 0),
        ("x = 1\n[[a]", 6),
        ("x = 1\na.b 2", 6),
    ],
)
def test_a_flaw_within_something_tells_where_that_begins(text: str, opening: int) -> None:
    flaw = Scan(text).flaw
    assert flaw is not None
    assert opening == flaw.opening


@pytest.mark.parametrize(
    ("text", "key", "first", "second"),
    [
        ("a = 1\na = 2", "a", 0, 6),
        ("a = 1\n'a' = 2", "a", 0, 6),
        ("[a]\n[a]", "a", 1, 5),
        ("a = 1\n[a]", "a", 0, 7),
        ("a = 1\na.b = 2", "a", 0, 6),
        ("a.b = 1\n[a]", "a", 0, 9),
        ("[a]\n[x]\n[a.b]\n[[a]]", "a", 1, 16),
        ("[[a]]\n[a]", "a", 2, 7),
        ("a = []\n[[a]]", "a", 0, 9),
        ("a = {b = 1}\na.c = 2", "a", 0, 12),
        ("a = {b = 1, b = 2}", "b", 5, 12),
        ("a = {b = {c = 1}, b.d = 2}", "b", 5, 18),
        ("[a.b]\n[a]\nb.c = 1", "b", 3, 10),
        ("[[a.b]]\n[a]\nb.c = 1", "b", 4, 12),
        ("[a]\nb = 1\n[a.b.c]", "b", 4, 13),
        ("a = 1\na = 2\na = 3", "a", 0, 6),
        ("a = 1\na = 2\n= 3", "a", 0, 6),
    ],
)
def test_a_key_given_twice_is_told_at_the_second_with_the_first(text: Any, key: Any, first: Any, second: Any) -> None:
    flaw = Scan(text).flaw
    assert flaw is not None
    assert (second, second + 1, key) == (flaw.start, flaw.end, flaw.key)
    assert first == (flaw.first or (None,))[0]
    assert not is_taken(tomllib.loads, text)


@pytest.mark.parametrize(
    "text",
    [
        f"a = {'[' * 80}{']' * 80}",
        f"a = {'{a=' * 80}1{'}' * 80}",
        f"{'.'.join(['a'] * 80)} = 1",
        f"[{'.'.join(['a'] * 80)}]",
        f"a = {DIGITS}",
        f"a = -{DIGITS}",
        f"a = 0x{DIGITS}",
        f"a = 1_{DIGITS[1:]}",
        f"a = {DIGITS}1.0",
        f"a = 1.{DIGITS}",
        f"a = {DIGITS}1e1",
    ],
    ids=lambda text: f"{text[:12]}...{len(text)}",
)
def test_the_limits_themselves_are_allowed(text: Any) -> None:
    assert Scan(text).flaw is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (f"a = {'[' * 81}{']' * 81}", 84),
        (f"a = {'{a=' * 81}1{'}' * 81}", 4 + 3 * 80),
        (f"a = {'[' * 100_000}", 84),
        (f"{'.'.join(['a'] * 81)} = 1", 160),
        (f"[{'.'.join(['a'] * 81)}]", 161),
        (f"a = {DIGITS}1", 4),
        (f"a = +{DIGITS}1", 4),
        (f"a = 0x{DIGITS}1", 4),
        (f"a = 0b{DIGITS}1", 4),
    ],
    ids=lambda value: f"{value[:12]}...{len(value)}" if isinstance(value, str) else None,
)
def test_beyond_a_limit_is_a_flaw_where_it_is_passed(text: Any, at: Any) -> None:
    flaw = Scan(text).flaw
    assert flaw is not None
    assert (at, at + 1) == flaw[:2]


@pytest.mark.parametrize(
    ("text", "modern"),
    [
        (r'a = "\e"', {("a",)}),
        (r'a = "\x41"', {("a",)}),
        (r'a = """\e"""', {("a",)}),
        ("a = 12:30", {("a",)}),
        ("a = 2020-01-01T12:30Z", {("a",)}),
        ("a = {\nb = 1}", {("a",)}),
        ("a = {b = 1,}", {("a",)}),
        ("a = {b = {c = 1,}}", {("a",)}),
        ("a = [{b = 1,}]", {("a",)}),
        (r'a = {"\e" = 1}', {("a",)}),
        ("[x]\ny.a = {b = 1 # why\n}", {("x", "y", "a")}),
        ("a = [\n{b = 1}\n,]", set()),
        ("a = 12:30:00", set()),
        ("a = '\\e'", set()),
    ],
)
def test_a_value_that_only_toml_1_1_has_is_known_by_the_key_of_its_statement(text: Any, modern: Any) -> None:
    scan = Scan(text)
    assert (modern, []) == (set(scan.modern), scan.modern_keys)


def test_a_modern_value_is_known_by_its_stretch() -> None:
    assert {("a",): (4, 12)} == Scan("a = {b = 1,} # why").modern


def test_a_key_whose_escape_only_toml_1_1_has_is_known() -> None:
    scan = Scan('["\\e".a]\n"\\x41" = 1')
    assert ["\x1b", "A"] == [part.name for part in scan.modern_keys]
    assert {} == scan.modern


# -- lines -------------------------------------------------------------------------------------------------------------


def test_positions_count_code_points_and_lines_end_with_line_feeds() -> None:
    lines = Lines("é\u2028\r\n漢x\n")
    assert Position(1, 2, 1) == lines.position(1)
    assert Position(1, 4, 3) == lines.position(3)
    assert Span(Position(2, 2, 5), Position(2, 3, 6)) == lines.span(5, 6)
    assert Position(3, 1, 7) == lines.position(7)


def test_what_stands_before_the_text_counts_in_offsets_and_not_in_columns() -> None:
    assert Position(1, 1, 1) == Lines("a", shift=1).position(0)


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("", 0, "\n"),
        ("a", 1, "\n"),
        ("a\n", 2, "\n"),
        ("a\r\n", 0, "\r\n"),
        ("a\r\n", 3, "\r\n"),
        ("a\r\nb", 4, "\r\n"),
        ("a\r\nb\nc", 3, "\n"),
        ("a\nb\r\nc", 0, "\n"),
    ],
)
def test_an_edit_has_the_line_ends_of_its_place(text: str, at: int, expected: str) -> None:
    assert f"x{expected}" == Lines(text).edit(at, at, "x\n").text


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(0, "ab"), (2, "ab"), (3, "ab"), (4, ""), (5, ""), (6, "c\r"), (8, "c\r")],
)
def test_the_bounds_of_a_line_leave_out_its_line_end(offset: Any, expected: Any) -> None:
    text = "ab\r\n\r\nc\r"
    assert expected == text[slice(*Lines(text).bounds(offset))]


@pytest.mark.parametrize(("line", "column", "expected"), [(1, 1, 0), (2, 2, 4), (2, 99, 5)])
def test_an_offset_is_that_of_its_line_and_column(line: Any, column: Any, expected: Any) -> None:
    assert expected == Lines("ab\ncd").offset(line, column)
