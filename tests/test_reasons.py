# ruff: noqa: RUF001, RUF002 -- characters that look like others are the subject
"""Why a text is not TOML: the place, the reason that a person would give, and a fix if it is certain.

« and » enclose what is marked, or › alone an empty mark; ⟨ and ⟩ enclose the related place.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import Diagnostic, check_text
from codeexec_config.document import Document, parse
from codeexec_config.document.characters import described, plain, strange
from codeexec_config.document.edits import write_edits
from tests.counts import examples
from tests.test_scanner import mutants
from tests.toml_writer import Writer

SECTION = ("features", "code_execution")
HEAD = "[features.code_execution]\n"
MARKS = re.compile("[«»›⟨⟩]")


def refusal(text: str) -> Diagnostic:
    [found] = check_text(text, filename="app.toml", env={}).diagnostics
    assert "invalid-toml" == found.code
    return found


def fixed(text: str, found: Diagnostic) -> str | None:
    return None if found.fix is None else write_edits(text, found.fix.edits)


def assert_explained(marked: str, phrase: str, mended: str | None) -> None:
    text = MARKS.sub("", marked)
    found = refusal(HEAD + text)
    assert found.span is not None
    start = found.span.start.offset - len(HEAD)
    end = found.span.end.offset - len(HEAD)
    shown = marked.replace("⟨", "").replace("⟩", "")
    assert shown.index("›" if "›" in shown else "«") == start
    assert end - start == ("»" in marked)
    assert phrase in f"{found.message} ({found.help})"
    assert (None if mended is None else HEAD + mended) == fixed(HEAD + text, found)
    opened = re.sub("[«»›]", "", marked)
    if "⟨" in opened:
        [related] = found.related
        assert related.span is not None
        assert opened.index("⟨") == related.span.start.offset - len(HEAD)
    elif "duplicate" not in found.message and "string begins" not in str(found.related):
        assert () == found.related


# -- booleans, nulls, numbers ------------------------------------------------------------------------------------------

LITERALS = [
    ("enabled = «T»rue", "TOML writes `true` in lower case", "enabled = true"),
    ("enabled = «F»ALSE # why", "TOML writes `false` in lower case", "enabled = false # why"),
    ("enabled = «y»es", "expected a boolean", "enabled = true"),
    ("enabled = «O»ff", "expected a boolean", "enabled = false"),
    ("[x]\nflag = «T»RUE", "in lower case", "[x]\nflag = true"),
    ("[x]\ncountry = «n»o", "quotes around text", None),
    ("timeout_secs = «T»rue", "in lower case (write a whole number)", None),
    ("enabled = «n»ull", "TOML has no null", None),
    ("enabled = «N»one", "leave the key out, or comment the line out", None),
    ("allowed_languages = ['python', «N»one]", "leave the entry out", None),
    ("mode = { external = { url = 'https://h', api_key = «n»ull } }", "leave its key out", None),
    ("mode = «n»one", "to run no code, write enabled = false", None),
    ("enabled = «t»ure", "write true or false", None),
    ("timeout_secs = «t»hirty", "write a whole number", None),
    ("[x]\na = «N»aN", "lower case", "[x]\na = nan"),
    ("[x]\na = «-»Infinity", "lower case", "[x]\na = -inf"),
    ("timeout_secs = 30«s»", "without a unit: 30", "timeout_secs = 30"),
    ("timeout_secs = 2«m» # why", "seconds, without a unit: 120", "timeout_secs = 120 # why"),
    ("timeout_secs = 1.5«h»", "5400", "timeout_secs = 5400"),
    ("timeout_secs = 30000«m»s", "without a unit: 30", "timeout_secs = 30"),
    ("timeout_secs = 1500«m»s", "without a unit", None),
    ("timeout_secs = 30_000«m»s", "without a unit: 30", "timeout_secs = 30"),
    ("timeout_secs = 1_500«m»s", "1000 milliseconds are 1 second", None),
    ("timeout_secs = 30«_»_0s", "after a value", None),
    ("timeout_secs = 2«d»ays", "without a unit", None),
    ("timeout_secs = 30 «s»econds", "without a unit: 30", "timeout_secs = 30"),
    ("max_memory_mb = 512«M»B", "MiB, without a unit: 512", "max_memory_mb = 512"),
    ("max_memory_mb = 2 «G»iB", "2048", "max_memory_mb = 2048"),
    ("max_memory_mb = 1000«k»b", "without a unit", None),
    ("max_memory_mb = 30«s»", "without a unit", None),
    ("[x]\ntimeout = 30«s»", "quotes around number and unit", None),
    ("timeout_secs = 30«.»", "a digit after its point", "timeout_secs = 30"),
    ("[x]\na = 30«.»", "a digit after its point", "[x]\na = 30.0"),
    ("timeout_secs = «.»5", "a digit before its point", None),
    ("[x]\na = «-».5", "a digit before its point", "[x]\na = -0.5"),
    ("timeout_secs = 0«3»0", "no leading zero", "timeout_secs = 30"),
    ("[x]\na = 0«0»7", "no leading zero", "[x]\na = 7"),
    ("[x]\nmode = 0«7»55", "no leading zero", None),
    ("[x]\nport = 0«7»55", "no leading zero", None),
    ("timeout_secs = 1«,»000", "no comma", "timeout_secs = 1000"),
    ("[x]\na = 1«,»000", "no comma", None),
    ("timeout_secs = 999«,»999", "no comma", None),
    ("timeout_secs = 1«_»", "write a whole number; a comment begins with #", None),
    ("timeout_secs = 256«|» Key", "after a value", None),
    ("timeout_secs = 1 «0»24", "write a whole number; a comment begins with #", None),
    ("timeout_secs = 3«O»", "write a whole number; a comment begins with #", None),
    ("timeout_secs = 30 «(»seconds)", "write a whole number; a comment begins with #", None),
    ("timeout_secs = 3600 «/»/ 60", "TOML has no arithmetic", None),
    ("max_memory_mb = 1024 «/»/ 2 # half", "TOML has no arithmetic", None),
    ("max_memory_mb = 4 «*» 512", "write the number itself", None),
    ("max_memory_mb = 4«*»512*1", "no arithmetic", None),
    ("max_memory_mb = 1 «<»< 10", "no arithmetic", None),
    ("max_memory_mb = 2«^»10", "no arithmetic", None),
    ("max_memory_mb = 1024 «-» 24", "no arithmetic", None),
    ("[x]\na = 60 «*» 5", "no arithmetic", None),
    ("timeout_secs = 30 «/»/ 60 seconds", "begins with #", "timeout_secs = 30 # 60 seconds"),
    ("timeout_secs = 30«-»60", "write a whole number", None),
    ("timeout_secs = 60 «*» x", "write a whole number", None),
    ("[x]\na = 5«%»", "after a value", None),
    ("[x]\na = 2020-01-01«x»", "quotes around text", '[x]\na = "2020-01-01x"'),
    ("[x]\na = «2»020-02-30", "that date or time does not exist", None),
    ("[x]\na = 1.2«.»3", "quotes around text", '[x]\na = "1.2.3"'),
    ("[x]\na = 0.0«.»0.0:80", "quotes around text", '[x]\na = "0.0.0.0:80"'),
]


@pytest.mark.parametrize(("marked", "phrase", "mended"), LITERALS)
def test_a_literal_of_another_language_is_named(marked: str, phrase: str, mended: str | None) -> None:
    assert_explained(marked, phrase, mended)


# -- invisible characters ----------------------------------------------------------------------------------------------

CHARACTERS = [
    ("timeout_secs = 30«\u00a0»", "U+00A0 NO-BREAK SPACE", "timeout_secs = 30 "),
    ("timeout_secs =«\u00a0»30", "U+00A0 NO-BREAK SPACE", "timeout_secs = 30"),
    ("timeout_secs«\u3000»= 30", "U+3000 IDEOGRAPHIC SPACE", "timeout_secs = 30"),
    ("«\u2003»timeout_secs = 30", "U+2003 EM SPACE", " timeout_secs = 30"),
    ("enabled = true«\u200b\u200b»".replace("\u200b»", "»\u200b"), "U+200B ZERO WIDTH SPACE", "enabled = true"),
    ("ena«\u200b»bled = true", "U+200B ZERO WIDTH SPACE", "enabled = true"),
    ("enabled = tr«\u200b»ue", "U+200B ZERO WIDTH SPACE", "enabled = true"),
    ("«\ufeff»enabled = true", "U+FEFF ZERO WIDTH NO-BREAK SPACE", "enabled = true"),
    ("«\u2800»enabled = true", "U+2800 BRAILLE PATTERN BLANK", "enabled = true"),
    ("enabled = true«\u2028»timeout_secs = 3", "write a line feed", "enabled = true\ntimeout_secs = 3"),
    ("enabled = true«\x85»[server]", "U+0085 NEXT LINE", "enabled = true\n[server]"),
    ("[x]«\u2029»\ta = 'b'", "U+2029 PARAGRAPH SEPARATOR", "[x]\n\ta = 'b'"),
    ("enabled = true «\u2028»\r\n", "write a line feed", "enabled = true \r\n\r\n"),
    ("allowed_languages = ['r',\n'c'«\u2028»]", "write a line feed", "allowed_languages = ['r',\n'c'\n]"),
    ("«\u2028»enabled = true", "write a line feed", "\nenabled = true"),
    ("mode =«\u2028»'wasm'", "it is invisible; remove it", "mode ='wasm'"),
    ("[x«\x85»]", "it is invisible; remove it", "[x]"),
    ("timeout_secs «＝» 30", "U+FF1D FULLWIDTH EQUALS SIGN", "timeout_secs = 30"),
    ("timeout_secs = «３»０", "U+FF13 FULLWIDTH DIGIT THREE", "timeout_secs = 30"),
    ("[x]\na = «−»5", "U+2212 MINUS SIGN", "[x]\na = -5"),
    ("m«о»de = 'wasm'", "U+043E CYRILLIC SMALL LETTER O", "mode = 'wasm'"),
    ("enabled = tru«е»", "U+0435 CYRILLIC SMALL LETTER IE", "enabled = true"),
    ("[a«\u200b»]", "U+200B ZERO WIDTH SPACE", "[a]"),
    ("allowed_languages = ['python'«，» 'r']", "U+FF0C FULLWIDTH COMMA", "allowed_languages = ['python', 'r']"),
    ("mode = «“»wasm”", "U+201C LEFT DOUBLE QUOTATION MARK", 'mode = "wasm"'),
    ("mode = «‘»wasm’", "straight quotes", "mode = 'wasm'"),
    ('mode = «“»wasm"', "straight quotes", 'mode = "wasm"'),
    ('mode = "wasm«”»', "U+201D RIGHT DOUBLE QUOTATION MARK", 'mode = "wasm"'),
    ("allowed_languages = 'python'«]»", "write the [ that it closes", None),
    ("[x]\na = 'b'«}» # c", "write the { that it closes", None),
    ("[x]\na = «b»c;", "quotes around text", None),
    ("[x]\na = «r»'bc'", "plain quotes around the text", None),
    ("[x]\na = «I»t's 'so'", "quotes around text", "[x]\na = \"It's 'so'\""),
    ("mode = «“»wasm", "straight quotes", None),
    ("mode = «“»wasm” # “c”", "straight quotes", 'mode = "wasm" # “c”'),
    ("[x]\na = {b = «“»x”, c = 'it’s'}", "straight quotes", "[x]\na = {b = \"x\", c = 'it’s'}"),
    ('[x]\na = [«“»b”, "he said “c”"]', "straight quotes", '[x]\na = ["b", "he said “c”"]'),
    ('[x]\na = [«“»b”, "ab“cd", “d”]', "straight quotes", '[x]\na = ["b", "ab“cd", “d”]'),
    ('[x]\na = [«“»b”, "c\\"", \'d\', “e”]', "straight quotes", '[x]\na = ["b", "c\\"", \'d\', "e"]'),
    ('[x]\na = [«“»b”, "c”]', "straight quotes", '[x]\na = ["b", "c"]'),
    ("allowed_languages = [«“»python”, “r”]", "straight quotes", 'allowed_languages = ["python", "r"]'),
    ("gr«ö»ße = 1", "U+00F6 LATIN SMALL LETTER O WITH DIAERESIS", '"größe" = 1'),
    ("«é»té = 1", "put the key in quotes", '"été" = 1'),
    ("«р»ежим = 1", "U+0440 CYRILLIC SMALL LETTER ER", '"режим" = 1'),
    ("mode = 'wa«\x07»sm'", "U+0007 BELL", None),
    ("# «\x7f»", "U+007F DELETE", None),
    ("enabled = true«\x0c»", "U+000C FORM FEED", None),
    ("enabled = true«\r»", "U+000D CARRIAGE RETURN without a line feed", None),
]


@pytest.mark.parametrize(("marked", "phrase", "mended"), CHARACTERS)
def test_a_character_that_nobody_can_see_is_named_at_its_place(marked: str, phrase: str, mended: str | None) -> None:
    assert_explained(marked, phrase, mended)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("timeout_secs", None),
        ("größe", None),
        ("ключ", None),
        ("режим", None),
        ("漢字", None),
        ("", None),
        ("a\u200bb", (1, "U+200B ZERO WIDTH SPACE")),
        ("mоde", (1, "U+043E CYRILLIC SMALL LETTER O")),
        ("ср", (0, "U+0441 CYRILLIC SMALL LETTER ES")),
        ("sk-liʋe", (5, "U+028B LATIN SMALL LETTER V WITH HOOK")),
        ("ключ\u00a0", (4, "U+00A0 NO-BREAK SPACE")),
        ("a\tb", (1, "U+0009 CHARACTER TABULATION")),
        ("\ufe0f", (0, "U+FE0F VARIATION SELECTOR-16")),
        ("\x85", (0, "U+0085 NEXT LINE")),
    ],
)
def test_the_first_strange_character_of_a_text_is_found(text: str, expected: tuple[int, str] | None) -> None:
    assert expected == strange(text)


def test_every_look_alike_stands_for_one_ascii_character_or_none() -> None:
    meant = [plain(chr(code)) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    assert all(text is None or (len(text) <= 1 and text.isascii()) for text in meant)
    assert {None} == set(meant[:0x80])


def test_every_control_character_has_a_name() -> None:
    names = [described(chr(code)) for code in [*range(0x20), 0x7F]]
    assert 33 == len({name.split(" ", 1)[1] for name in names})


# -- quotes, marks, brackets -------------------------------------------------------------------------------------------

MARKINGS = [
    ("timeout_secs = 30«;»", "semicolon", "timeout_secs = 30"),
    ("enabled = true«;»", "semicolon", "enabled = true"),
    ("mode = 'wasm'«;» # why", "semicolon", "mode = 'wasm' # why"),
    ("enabled = true«,»", "comma", "enabled = true"),
    ("enabled = true «y»es", "write true or false; a comment begins with #", None),
    ("enabled = true «/»/ why", "begins with #", "enabled = true # why"),
    ("«/»/ why", "begins with #", "# why"),
    ("«;» why", "begins with #", "# why"),
    ("-- «w»hy", "begins with #", "# why"),
    ("--«\n»a = 1", "begins with #", "#\na = 1"),
    ("«/»* why */", "in front of each of its lines", None),
    ("«<»!-- why -->", "in front of each of its lines", None),
    ("«{»# why #}", "in front of each of its lines", None),
    ("«`»``toml", "this looks like Markdown", None),
    ("«~»~~", "this looks like Markdown", None),
    ("«{»{ x }}", "this looks like a template", None),
    ("«{»% if x %}", "this looks like a template", None),
    ("«<»% x %>", "this looks like a template", None),
    ("«{»", "the keys of a table go below its header, without braces", None),
    ("enabled = true\n«{» timeout_secs = 3 }", "below its header, without braces", None),
    ("mode = { wasm = {}, «{»} }", "ASCII letters", None),
    ("mode «{»\n}", "this looks like HCL", None),
    ('features «"»code_execution" {\n}', "this looks like HCL", None),
    ('mode "external" "x"{\r\n}'.replace('"', '«"»', 1), "this looks like HCL", None),
    ("features.code_execution«]»", "a header is written in brackets", None),
    ("server «]» # why\r\nport = 1", "a header is written in brackets", None),
    ("features.code_execution«\n»enabled = true", "a header is written in brackets", None),
    ("features . code_execution «#» why", "a header is written in brackets", None),
    ("enabled«\n»a.b = 1", "(write `key = value`; a comment begins with #)", None),
    ("REM «w»hy", "(write `key = value`; a comment begins with #)", None),
    ('"docker"›', "(write `key = value`; a comment begins with #)", None),
    ("enabled«\n»= true", "(write them on the line of the key)", None),
    ("enabled«\r»\n\n  = true", "(write them on the line of the key)", None),
    ("enabled«\n»# = true", "(write `key = value`; a comment begins with #)", None),
    ("«+»timeout_secs = 60", "before a key (remove them, or put a key that begins so in quotes)", None),
    ("  «@»enabled = true # why\r\n", "unexpected characters before a key", None),
    ("«+»[features.code_execution.mode]", "before a header (remove them)", None),
    ("«>» [a]\n> b = 1", "before a header", None),
    ("«*»*[a]**", "before a header", None),
    ("«\\»[a\\]", "before a header", None),
    ("«$» cat app.toml", "expected a key (a key consists of ASCII letters", None),
    ("[a.«@»b = 1]", "expected a key (a key consists", None),
    ("«<»!DOCTYPE html>", "HTML or XML", None),
    ("«<»a href='x'>", "HTML or XML", None),
    ("[x]\na = { b = 1,«,» c = 2 }", "a key is missing (remove the comma)", None),
    ("timeout«\\»_secs = 30", "cannot contain a backslash (write _ alone)", "timeout_secs = 30"),
    ("mode = { external«\\».url = 'https://h' }\r\n", "write . alone", "mode = { external.url = 'https://h' }\r\n"),
    ("[server«\\»_a\\_b] # why", "write _ alone", "[server_a\\_b] # why"),
    ("[[a«\\»]]", "write ] alone", "[[a]]"),
    ("[a.b «\\»c]", "join the names with dots", None),
    ("mode«:» 'wasm'", "`=` between a key and its value", "mode = 'wasm'"),
    ("mode«：» 'wasm'", "`=` between a key and its value", "mode = 'wasm'"),
    ("timeout_secs «﹕»30 # why\r\n", "`=` between a key and its value", "timeout_secs =30 # why\r\n"),
    ("mode = { wasm «：» {} }", "`=` between a key and its value", "mode = { wasm = {} }"),
    ("[x]\na = 1«：»2", "U+FF1A FULLWIDTH COLON", None),
    ("\"mode\" «:»= 'wasm'", "`=` between a key and its value", "\"mode\" = 'wasm'"),
    ("mode =«=» 'wasm'", "one `=`", "mode = 'wasm'"),
    ("enabled «t»rue", "expected `=`", "enabled = true"),
    ("«e»xport timeout_secs=30", "a key is written alone, without `export` (remove `export`)", "timeout_secs=30"),
    ("«l»et  mode.wasm = {}", "without `let`", "mode.wasm = {}"),
    ("  «s»et timeout_secs = 30 # why", "without `set`", "  timeout_secs = 30 # why"),
    ("«-» timeout_secs = 30", "without `-`", None),
    ("export «t»imeout secs=30", "expected `=`", None),
    ("allowed_languages = {python«,» r}", "a list is written in brackets", None),
    ("allowed_languages = {python«}»", "a list is written in brackets", None),
    ("[x]\na = {'b'«,» 'c'}", "a list is written in brackets", None),
    ("[x]\na = {b = 1, 'c'«}»", "each entry of an inline table is written `key = value`", None),
    ("mode = { wasm «}»", "written `key = value`", None),
    ("enabled = { x «}»", "written `key = value`", None),
    ("timeout_secs = { x «,» y }", "written `key = value`", None),
    ("features.code_execution = { enabled = true, mode «}»", "written `key = value`", None),
    ("mode = {\r\n  external = { url = 'https://h', 'x' «}»\r\n}", "written `key = value`", None),
    ("timeout_secs «3»0 # why", "expected `=`", "timeout_secs = 30 # why"),
    ("features«:»\n  code_execution:\n", "this looks like YAML", None),
    ("allowed_languages«:» # names\n  - python", "a list in brackets", None),
    ("max memory = 1 # note:".replace("m", "«m»", 2).replace("«m»", "m", 1), "is written in quotes", None),
    ("enabled›", "expected `=` and a value", None),
    ("max «m»emory = 1", "is written in quotes", None),
    ("«=» 1", "a key is missing (write the key in front of the `=`)", None),
    (" «=» 1", "a key is missing (write the key in front of the `=`)", None),
    ("[«]»", "a key is missing (write the name of the table between the brackets)", None),
    ("[[ «]»]", "a key is missing (write the name of the table between the brackets)", None),
    ("[«\n»", "a key is missing (write the name of the table between the brackets)", None),
    ("[a.«]»", "a key is missing (a dot goes between two names", None),
    ("a. «=» 1", "a key is missing (a dot goes between two names", None),
    ("«.»a = 1", "a key is missing (a dot goes between two names", None),
    ("enabled = true\n«]»", "a key is missing (remove it, or write the [ that it closes)", None),
    ("[«.»mode.external]", "repeats the whole path, such as [features.code_execution.mode.external]", None),
    ("[a.«.»b]", "a key is missing (a dot goes between two names", None),
    ("«<»<<<<<< HEAD", "merge conflict", None),
    ("«|»|||||| 3f2a1bc", "merge conflict", None),
    ("«|»||||||", "merge conflict", None),
    ("«$»{A} = 1", "references are not expanded", None),
    ("«@» = 1", "ASCII letters", None),
    ("mode = 'wasm›", "not closed", "mode = 'wasm'"),
    ('mode = "wasm  ›', "not closed", 'mode = "wasm"  '),
    ('mode = "wasm«\n»timeout_secs = 5 # "', "not closed", None),
    ('mode = "wasm«\n»timeout_secs = 5 # a "b"\n', "not closed", 'mode = "wasm"\ntimeout_secs = 5 # a "b"\n'),
    ("mode = 'wasm«\n»# the users'\n", "not closed", None),
    ('api_key = "c2Vj«\n»eS12YWx1ZQ=="\n', "(write it on one line)", None),
    ('api_key = "c2Vj«\n»cmV0\n\neS12YWx1ZQ="  # b\n', "(write it on one line)", None),
    ('url = "https://x/«\r»\n  v1/run"\r\n', "(write it on one line)", None),
    ('[x]\na = "b«\n»c"', 'a multi-line string is written in """', None),
    ('[x]\na = ["b«\n»c"]', 'a multi-line string is written in """', None),
    ("mode = \"wasm'›", "quote that opens it", 'mode = "wasm"'),
    ('[x]\na = "don’t tell«”»', "straight quotes", '[x]\na = "don’t tell"'),
    ('[x]\na = "b/“x”/y«”» # z', "straight quotes", '[x]\na = "b/“x”/y" # z'),
    ('[x]\na = "it’s a key›', "not closed", '[x]\na = "it’s a key"'),
    ('[x]\na = ["b’, c«”»]\n', "straight quotes", None),
    ('[x]\na = ["it’s«”»]\n', "straight quotes", '[x]\na = ["it’s"]\n'),
    ('mode = "a, b›', "quote that opens it", None),
    ('mode = "C:\\a\\"›', "a backslash before a quote", None),
    ('mode = """wasm"\n›', 'close it with """', None),
    ('mode = «w»asm"', "opening quote", 'mode = "wasm"'),
    ("mode = «w»asm' # why", "opening quote", "mode = 'wasm' # why"),
    ("mode = «a»'b' c", '(write mode = "wasm" or mode = ', None),
    ("[x]\na = 'don'«t»'", "a quote within this string", '[x]\na = "don\'t"'),
    ('[x]\na = "say "«h»i" now"', "a quote within this string", "[x]\na = 'say \"hi\" now'"),
    ('[x]\na = "say "«h»i" \'now\'"', 'write \\"', None),
    ('[x]\na = "b"«"»', 'remove it, or write \\"', None),
    ("[x]\na = ['b', 'c'«'»]", "remove it, or use", None),
    ("mode = 'wasm'«'» # why", "one quote too many", "mode = 'wasm' # why"),
    ('mode = "wasm"«\'»\r\n', "one quote too many", 'mode = "wasm"\r\n'),
    ('mode = """wasm"""""«"»', 'write \\"', None),
    ('api_key = "${K}"«"»', 'remove it, or write \\"', None),
    ('url = "https://h"«"» # why', "(remove it)", 'url = "https://h" # why'),
    ('mode = { external = { url = "https://h"«"» } }', "(remove it)", 'mode = { external = { url = "https://h" } }'),
    ('allowed_languages = ["python"«"», "r"]', "(remove it)", 'allowed_languages = ["python", "r"]'),
    ('allowed_languages = ["r", "python"«"»]', "(remove it)", 'allowed_languages = ["r", "python"]'),
    ("allowed_languages = [\n'r'«'»,\n'c']", "(remove it)", "allowed_languages = [\n'r',\n'c']"),
    ('allowed_languages = ["python" «"», "r"]', "separated by commas", None),
    ('allowed_languages = ["python"«"»r"]', "write a comma", 'allowed_languages = ["python","r"]'),
    ("[x]\na = ['it'«'»s', 'b']", "a quote within this string", None),
    ("allowed_languages = ['python'«'»'r']", "a quote within this string", None),
    ("mode = 'wasm'«s»", "directly after a string (remove it, or move it inside the quotes)", None),
    ('url = "https://h"«/»run # "why"', "move it inside the quotes", None),
    ('timeout_secs = "30"«s»\r\n', "directly after a string (write a whole number)", None),
    ('[x]\na = """b"""«c»', "directly after a string", None),
    ('allowed_languages = ["python"«s», "r"]', "directly after a string", None),
    ('mode = { external = { url = "https://h"«/»run } }', "directly after a string", None),
    ('[x]\na = ["say "«h»i" now", "b"]', 'write \\" for a quote within it', None),
    ('allowed_languages = ["python, "«j»avascript"]', "close it before the comma", None),
    ("[x]\na = [\n'b' , 'c,'«d»']", "close it before the comma", None),
    ('mode = { external = { url = "https://h, api_key = "«$»{K}" } }', "close it before the comma", None),
    ('allowed_languages = [""«p»ython", "r"]', "one quote at each end", None),
    ('api_key = ""«k»ey""', "one quote at each end", 'api_key = "key"'),
    ("[x]\na = ''«m»y app'' # why", "one quote at each end", "[x]\na = 'my app' # why"),
    ("[x]\na = ''«i»t''s''", "one quote at each end", None),
    ('[x]\na = ""«b»"', "one quote at each end", None),
    ('url = "${U:-"«h»ttps://h"}"', "is written without quotes", 'url = "${U:-https://h}"'),
    ("url = 'http://${H-'«h»'}/x' # why", "is written without quotes", "url = 'http://${H-h}/x' # why"),
    ('api_key = "${K:-"«"»}"', "is written without quotes", 'api_key = "${K:-}"'),
    ('url = "${U:?"«n»ot set"}"', "is written without quotes", 'url = "${U:?not set}"'),
    ('url = "${U:-"«a»"b"}"', "a quote within this string", None),
    ("[x]\na = 'b' «'»c'", "end of the line", None),
    ('mode = «\\»"wasm\\"', "begins with", None),
    ("mode = «\\»u0022wasm\\u0022", "begins with", None),
    ('mode = «r»"wasm" # why', "plain quotes around the text, with nothing before them", None),
    ("allowed_languages = [«u»'python', u'r']", "begins with", None),
    ("mode = { external = { url = «`»https://h` } }\r\n", "begins with", None),
    ("mode = «&»quot;wasm&quot;", "begins with", None),
    ("[x]\na = «<»b>", "begins with", None),
    ("timeout_secs = «`»30`", "write a whole number", None),
    ('[x]\na = «u»"', "opening quote", '[x]\na = "u"'),
    ("api_key = «|»\n  abc", "block scalars", None),
    ("url = «>»- # why\r\n  https://h\r\n", "block scalars or here-documents (write the text in quotes", None),
    ("[x]\na = «<»<-EOF\nb\nEOF", "here-documents", None),
    ("[x]\na =«>»\n", "one `=`", None),
    ("mode = «(» external = 1 )", "an inline table in braces", None),
    ("allowed_languages = «(»'python', 'r')", "an array is written in brackets", None),
    ("timeout_secs = «(»30)", "write a whole number", None),
    ("allowed_languages = [\n  «-» 'python'\n]", "no hyphens (write commas", None),
    ("[x]\na = «-» 'b'", "put quotes around text", None),
    ("mode.external = [ «u»rl = 'https://h' ]", "an inline table is written in braces", None),
    ("allowed_languages = ['python',«,»'r']", "remove the comma", None),
    ("mode = { wasm = «,» }", "expected a value", None),
    ("mode = «w»asm", "text without quotes", 'mode = "wasm"'),
    ("mode = «W»asm", '(write mode = "wasm")', None),
    ("mode = «s»andboxed", '(write mode = { sandboxed = { runtime = "docker" } })', None),
    ("mode = «s»andboxed(gvisor) # why", '(write mode = { sandboxed = { runtime = "gvisor" } })', None),
    ("mode = «s»andboxed { runtime = 'gvisor' }", '(write mode = { sandboxed = { runtime = "gvisor" } })', None),
    ("mode = «r»unsc", '(write mode = { sandboxed = { runtime = "gvisor" } })', None),
    ("mode = «e»xternal", "(write mode = { external = { url = ", None),
    ("mode = «w»asm or docker", '(write mode = "wasm" or mode = { sandboxed = ', None),
    ("mode = «n»ot wasm", '(write mode = "wasm" or mode = { sandboxed = ', None),
    ("mode = «O»ff # for now", "(to run no code, write enabled = false)", None),
    ("mode.sandboxed.runtime = «g»Visor (runsc)", '(write "gvisor")', None),
    ("mode.sandboxed.runtime = «D»ocker", '(write "docker")', None),
    ("mode.sandboxed.runtime = «k»ata", '(write one of "docker", "firecracker", "gvisor")', None),
    ("mode = { sandboxed = { runtime = «m»icrovm } } # docker", '(write "firecracker")', None),
    ("[x]\nname = «M»y App", "text without quotes", '[x]\nname = "My App"'),
    ("[x]\nname = «d»on't panic # why", "text without quotes", '[x]\nname = "don\'t panic" # why'),
    ("[x]\nname = «a» // why", "a comment begins with #", None),
    ("[x]\npath = «/»run/x", "text without quotes", '[x]\npath = "/run/x"'),
    ("[x]\npath = «C»:\\x", "text without quotes", None),
    ("mode.sandboxed.runtime = «g»visor", "text without quotes", 'mode.sandboxed.runtime = "gvisor"'),
    ("mode.external.url = «h»ttps://h", "text without quotes", 'mode.external.url = "https://h"'),
    ("mode.external.url = «f»tp://h", "text without quotes", None),
    ("mode.external.url = «h»ttps://h/a,b", "text without quotes", None),
    ("mode.external.url = «h»ttps://h/a, x", "text without quotes", None),
    ("mode.external.url = «h»ttps://${H}/a,b", "quote the whole value", None),
    ("mode.external.api_key = «a»b,cd,ef", "text without quotes", None),
    ("mode = «w»asm, enabled = true", "text without quotes", 'mode = "wasm", enabled = true'),
    ("mode = «w»asm, # why", "text without quotes", 'mode = "wasm", # why'),
    ("allowed_languages = [«p»ython, r]", "text without quotes", 'allowed_languages = ["python", "r"]'),
    ("allowed_languages = [«p»ython, X]", "text without quotes", 'allowed_languages = ["python", X]'),
    ("allowed_languages = [«P»y]", "text without quotes", None),
    ("allowed_languages = «p»ython", "text without quotes", 'allowed_languages = ["python"]'),
    ("allowed_languages = «p»ython, r # c", "write a list in brackets", 'allowed_languages = ["python", "r"] # c'),
    ("allowed_languages = «p»ython, elvish", "write a list in brackets", None),
    ('allowed_languages = "python"«,» "r"', "a list is written in brackets", 'allowed_languages = ["python", "r"]'),
    (
        "allowed_languages = 'python'«,» 'r'] # c",
        "list is written in brackets",
        "allowed_languages = ['python', 'r'] # c",
    ),
    ("x = 'a'«,» 'b' # c", "a list is written in brackets", "x = ['a', 'b'] # c"),
    ("url = 'a'«,» 'b'", "remove what follows", None),
    ("mode = 'wasm' «|» 'sandboxed'", "remove what follows; a comment begins with #", None),
    ("mode = {wasm = {}} «}»", "remove it, or write the { that it closes", None),
    ("enabled = true «[»a]", "on a line of its own", None),
    ("enabled = true«\\»ntimeout_secs = 3", "on a line of its own", "enabled = true\ntimeout_secs = 3"),
    ("timeout_secs = 3«\\»r\\nenabled=true\\r\\n", "on a line of its own", "timeout_secs = 3\nenabled=true\\r\\n"),
    ("mode = 'wasm'«\\»n\\n[server]\\nport = 1", "on a line of its own", "mode = 'wasm'\n[server]\\nport = 1"),
    ("[server]«\\»nport = 1", "after the header (put what follows", "[server]\nport = 1"),
    ('mode = "wasm"«\\»n', "on a line of its own", 'mode = "wasm"\n'),
    ("[x]\na = ['b']«\\»n# why", "on a line of its own", "[x]\na = ['b']\n# why"),
    ("[x]\na = 'b'«\\»n c", "directly after a string", None),
    ("timeout_secs = 30«[»server]\r\nport = 1", "on a line of its own", None),
    ("enabled = true«[»[server]] # why", "on a line of its own", None),
    ("mode = 'wasm'«[»server]", "on a line of its own", None),
    ("mode = 'wasm'«e»nabled = true # why", "on a line of its own", None),
    ("[x]\na = 5«a»GVsbG8=", "quotes around text", None),
    ("enabled = true«;» timeout_secs = 3", "on a line of its own", "enabled = true\ntimeout_secs = 3"),
    ("mode = 'wasm'«,» enabled=true", "on a line of its own", "mode = 'wasm'\nenabled=true"),
    ("mode = 'wasm'«;» x", "a TOML comment begins", "mode = 'wasm'# x"),
    ("timeout_secs = «$»T", 'write "${NAME}"', 'timeout_secs = "${T}"'),
    ("url = «%»CE_URL%", "in quotes and braces", 'url = "${CE_URL}"'),
    ("api_key = «o»s.environ['K'] # why", "in quotes and braces", 'api_key = "${K}" # why'),
    ('timeout_secs = «E»NV["T"]', "in quotes and braces", 'timeout_secs = "${T}"'),
    ("api_key = «o»s.environ['K'] or 'k'", "quotes around text", None),
    ("api_key = «$»K L", "quotes around text", None),
    ("runtime = «$»R", "found text without quotes", None),
    ("timeout_secs = 1«h»30m", "without a unit: 5400", "timeout_secs = 5400"),
    ("timeout_secs = «$»{T}", "quote it", 'timeout_secs = "${T}"'),
    ("timeout_secs = «$»{T:-30} # why", "quote it", 'timeout_secs = "${T:-30}" # why'),
    ("timeout_secs = «$»{T:-3 0}", "quote it", None),
    ("timeout_secs = «$»{T:-0}", "quote it", None),
    ("timeout_secs = «$»{T:=30}", "quote it", None),
    ("timeout_secs = «$»{T}s", "quote it", None),
    ("enabled = «$»{E:-true}", "quote it", 'enabled = "${E:-true}"'),
    ("enabled = «$»{E:-yes}", "quote it", None),
    ("api_key = «$»{aB3dE5gH7jK9mN1pQ3rS}", "quote it", None),
    ("api_key = «$»{{ secrets.K }}", "quote it", None),
    ("api_key = «$»{K}", "quote it", 'api_key = "${K}"'),
    ("url = «$»{A}}", "quote it", None),
    ("url = «$»{S}://h.example.com", "quote it", 'url = "${S}://h.example.com"'),
    ("url = «h»ttps://u:${P}@h", "quote the whole value", None),
    ("url = «h»ttps://u:p@h.example.com", "quotes around text", None),
    ("allowed_languages = «$»{L}", '["${NAME}"]', None),
    ("allowed_languages = «$»L_X", '["${NAME}"]', None),
    ("allowed_languages = [«$»{L}]", "quote it", 'allowed_languages = ["${L}"]'),
    ("[server]\nmode = «$»{M}", "quote it", '[server]\nmode = "${M}"'),
    ("timeout_secs = 500«m»s # why", "without a unit: 1000 milliseconds are 1 second", None),
    ("enabled = true «m»ax_memory_mb = 0x10", "put what follows on a line of its own", None),
    ("enabled = true «a»llowed_languages = ['r']", "put what follows on a line of its own", None),
    ("max_memory_mb = 100«K»B", "without a unit: 1024 KiB are 1 MiB", None),
    ("timeout_secs = 2«d» 1h", "without a unit", None),
    ("[server]\ntimeout_secs = 5«m»", "around number and unit", None),
    ("[server]\nmax_memory_mb = 0«7»77", "leading zero", None),
    ("[server]\nallowed_languages = «p»ython, c", "quotes around text", None),
    ("[game.mode]\ntimeout_secs = 5«m»", "around number and unit", None),
    ("[other.code_execution]\ntimeout_secs = 5«m»", "around number and unit", None),
    ("timeout_secs = 0«0»", "leading zero", None),
    (f"timeout_secs = 0«0»{'0' * 5_000}7", "leading zero", None),
    (f"timeout_secs = -0«0»{'9' * 5_000}", "leading zero", None),
    (f"[x]\na = 0«7»{'0' * 5_000}", "leading zero", None),
    ("timeout_secs = 0«,»500", "no comma", None),
    ("[features.codeExecution]\ntimeout_secs = 5«m»", "seconds", "[features.codeExecution]\ntimeout_secs = 300"),
    ("timeout_secs = 2.000«s»", "no unit", None),
    ("allowed_languages = [«p»ython, c#]", "quotes around text", 'allowed_languages = ["python", c#]'),
    ("allowed_languages = «p»ython, c#", "in brackets", None),
    ("timeout_secs = {«{» .Values.t }}", "a template", None),
    ("timeout_secs = {«%» if a %}30", "a template", None),
    ("allowed_languages = [\n«<»<<<<<< HEAD", "a merge conflict", None),
    (
        'allowed_languages = [\n"python",\n«/»/ "bash",\n]',
        "begins with #",
        'allowed_languages = [\n"python",\n# "bash",\n]',
    ),
    ("api_key = [«r»edacted]", "in place of the brackets", None),
    ("url = [\n«h»ttps://h, # why\n]", "in place of the brackets", None),
    ("mode = { external = { api_key = [«$»{K}] } }", "in place of the brackets", None),
    ("mode = [«w»asm]", "in place of the brackets", None),
    ("timeout_secs = [«t»hirty]", "write a whole number", None),
    ("[x]\napi_key = [«r»edacted]", "quotes around text", '[x]\napi_key = ["redacted"]'),
    ("allowed_languages = [«$»<A>]", "quote it", 'allowed_languages = ["$<A>"]'),
    ("mode.external.url = «h»ttps://${H}:1/x", "quote the whole value", 'mode.external.url = "https://${H}:1/x"'),
    ("mode = «$»{M}", "takes no reference", None),
    ("timeout_secs = «$»{T", "quote it", None),
    ("timeout_secs = 3«$»{T}", "quote the whole value", None),
    ("mode = 'a'«$»{T}", "inside the quotes", None),
    ("[a] «b» = 1", "end of the line after the header", None),
    ("[a«\n»b = 1", "close it with ]", "[a]\nb = 1"),
    ("[a «#» why", "close it with ]", "[a] # why"),
    ("[feature«#»s.code_execution]\nb = [1]", "close it with ]", None),
    ("[a «#» why\nb = [1]", "close it with ]", "[a] # why\nb = [1]"),
    ("[a«\n»]", "on one line", "[a]"),
    ("[a  «\r»\n\r\n  ] # why\r\nb = 1", "on one line", "[a] # why\r\nb = 1"),
    ("[[a«\n»]]\nb = 1", "on one line", "[[a]]\nb = 1"),
    ("[a«\n»]]", "on one line", None),
    ("[[a«\n»]\n]", "on one line", None),
    ("[a «#» why\r\n\r\n# or\r\n]", "on one line", None),
    ("[a«\n»  .b]", "on one line", "[a.b]"),
    ("[[a«]»", "one bracket on each side", None),
    ("[a]«]»", "one bracket too many", None),
    ("[a «b»]", "join the names with dots", None),
    ("[a«/»b]", "join the names with dots", None),
    ('[a «"»b"]', "join the names with dots", None),
    ("enabled =«\n»", "write one, or comment the line out with #", None),
    ("enabled =«\n»mode = 'wasm'", "write one, or comment the line out", None),
    ("enabled =«\n»'mode' = 'wasm'", "write one, or comment the line out", None),
    ("enabled = «#» true\n\n[a]", "write one, or comment the line out", None),
    ("enabled =«\n»\n[[ a ]]", "write one, or comment the line out", None),
    ("enabled =«\n»# why\ntrue", "write one, or comment the line out", None),
    ("enabled =«\n»\r\n true", "on the line of its key", None),
    ("allowed_languages =«\n»['python']", "on the line of its key", None),
    ("allowed_languages =«\n»[\n'python']", "on the line of its key", None),
    ("[x]\na = [«,»]", "expected a value", None),
    ("enabled = true«]»", "remove it, or write the [ that it closes", None),
    ("enabled = true «m»ode = 'wasm'", "a line of its own", None),
    ("mode = 'C:«\\»x'".replace("'", '"'), "invalid escape", None),
    ('url = "https:«\\»//h"', "write / alone", 'url = "https://h"'),
    ('[x]\na = "don«\\»\'t"', "write ' alone", '[x]\na = "don\'t"'),
    ('api_key = "«\\»${K}"', "write ${NAME} for a variable, and $${NAME} for that text itself", None),
    ("allowed_languages = ['python' «'»r']", "write a comma", "allowed_languages = ['python', 'r']"),
    ("allowed_languages = ['python'«;» 'r']", "write a comma", "allowed_languages = ['python', 'r']"),
    ("allowed_languages = ['python'«;» r]", "write a comma", None),
    ("allowed_languages = [\n'python' «;» why\n]", "write a comma", None),
    ("allowed_languages = [\n'r' «/»/ why\n]", "begins with #", "allowed_languages = [\n'r' # why\n]"),
    ("[x]\na = [\n1\t«-»- why\n, 2]", "begins with #", "[x]\na = [\n1\t# why\n, 2]"),
    ("[x]\na = [\n1, «/»/ why\n2]", "begins with #", "[x]\na = [\n1, # why\n2]"),
    ("allowed_languages = ['r' «/»/ why]", "move the closing bracket to a line below", None),
    ("mode = { wasm = {}, «/»/ why }", "move the closing bracket to a line below", None),
    ("[x]\na = [1, «/»/ why]\nb = 2", "move the closing bracket to a line below", None),
    ("[x]\na = ['b'«/»/c]", "directly after a string", None),
    ("[x]\na = [1«;» 2]", "write a comma", "[x]\na = [1, 2]"),
    ("[x]\na = {\n b = true«;»\n c = 3;\n}", "write a comma", "[x]\na = {\n b = true,\n c = 3;\n}"),
    ("[x]\na = {\r\n b = 3«;» # why\r\n}", "write a comma", "[x]\na = {\r\n b = 3, # why\r\n}"),
    ("[x]\na = { b = 1.5«;» c = 2 }", "write a comma", "[x]\na = { b = 1.5, c = 2 }"),
    ("[x]\na = { b = 'c'«;» }", "write a comma", "[x]\na = { b = 'c', }"),
    ("[x]\na = { b = {}«;»; }", "write a comma", None),
    ("allowed_languages = ['python' «r»]", "expected `,` or `]`", None),
    ("allowed_languages = ⟨[⟩'python',\n«t»imeout_secs = 30", "array is not closed", None),
    ("allowed_languages = ⟨[⟩'python'\n\n«[»other]\nx = 1", "array is not closed", None),
    ("allowed_languages = ⟨[⟩'python',\n[«f»eatures.x]\n", "array is not closed", None),
    ("allowed_languages = ⟨[⟩'python',\n›", "array is not closed", None),
    ("mode = ⟨{⟩ external = { url = 'https://x' }\n«t»imeout_secs = 3", "or close the table with }", None),
    ("mode = ⟨{⟩\n wasm = {}\n«t»imeout_secs = 3\n[a]\nb = {\n}", "or close the table with }", None),
    ("[x]\na = ⟨{⟩\n b = 1\n «c» = {\r\n}\n}", "or close the table with }", None),
    ("[x]\na = ⟨{⟩\n b = 1\n «'»c' = 2\n}", "expected `,` or `}`", None),
    (
        'mode.external = {\n url = "https://h" # why\n «a»pi_key = "${K}"\n}\n',
        "write a comma between them",
        'mode.external = {\n url = "https://h", # why\n api_key = "${K}"\n}\n',
    ),
    (
        "[x]\r\na = {b = 1\r\n «c» = 2,\r\n\r\n# why\r\n d = 3\r\n}",
        "write a comma between them",
        "[x]\r\na = {b = 1,\r\n c = 2,\r\n\r\n# why\r\n d = 3\r\n}",
    ),
    (
        "mode = {\n  external = {\n  url = 'https://h'\n  «a»pi_key = '${K}'\n  }\n}",
        "write a comma between them",
        "mode = {\n  external = {\n  url = 'https://h',\n  api_key = '${K}'\n  }\n}",
    ),
    ("mode = { external = ⟨{⟩ url = 'https://x'\n›", "inline table is not closed", None),
    ("mode = ⟨{⟩ wasm = {}\n«[»x]\n", "inline table is not closed", None),
    ("mode = {\n external = «w»asm\n}", "text without quotes", 'mode = {\n external = "wasm"\n}'),
    ("mode = { wasm = {} «x» = 1 }", "write a comma between them", "mode = { wasm = {}, x = 1 }"),
    ("mode = { wasm = {} «x» }", "expected `,` or `}`", None),
    # A path, a secret manager's address or a template is no key, so no fix makes one of it.
    ("api_key = «/»run/secrets/ce_key", "(a key comes from the environment: write", None),
    ("api_key = «~»/.config/ce_key # why", "(a key comes from the environment: write", None),
    ("api_key = «f»ile:/run/secrets/ce", "(a key comes from the environment: write", None),
    ("api_key = «o»p://vault/item/field", "(a key comes from the environment: write", None),
    ("api_key = «v»ault:secret/data/ce", "(a key comes from the environment: write", None),
    ("api_key = «a»rn:aws:secretsmanager:x", "(a key comes from the environment: write", None),
    ("api_key = «!»vault ce", "(a key comes from the environment: write", None),
    ("api_key = «$»(cat /run/secrets/ce)", "(a key comes from the environment: write", None),
    ("api_key = «E»NC[AES256_GCM,data:x,type:str]", "(a key comes from the environment: write", None),
    ("mode = { external = { api_key = «f»ile:/x/y } }", "(a key comes from the environment: write", None),
    ("api_key = «s»k-live-1", "(put quotes around text)", 'api_key = "sk-live-1"'),
    ("[x]\na = «/»run/secrets/ce_key", "(put quotes around text)", '[x]\na = "/run/secrets/ce_key"'),
    ("api_key = «_»_CE_KEY__", '(write "${NAME}")', 'api_key = "${CE_KEY}"'),
    ("api_key = «@»CE_KEY@", '(write "${NAME}")', 'api_key = "${CE_KEY}"'),
    ("api_key = {CE_KEY«}»", '(a variable is written in quotes, as in "${NAME}")', None),
    ("api_key = { CE_KEY «}»", '(a variable is written in quotes, as in "${NAME}")', None),
    ("api_key = {env.CE_KEY«}»", '(a variable is written in quotes, as in "${NAME}")', None),
    ("api_key = {«$»CE_KEY}", '(a variable is written in quotes, as in "${NAME}")', None),
    ("api_key = {ce_key«}»", "each entry of an inline table is written `key = value`", None),
    ('url = "url = "«h»ttps://ce.example.com""', "(write the value itself, with one quote at each end)", None),
    ("url = 'the users'«h»ttps://x'", "(write the value itself, with one quote at each end)", None),
    ('mode = "the "«w»asm" one"', "(write the value itself, with one quote at each end)", None),
    ('api_key = "{{ .Values.ce | default "«x»" }}"', "(write the value itself, with one quote at each end)", None),
    ('url = "{{ env "«C»E_URL" }}"', '(a variable is written "${NAME}")', 'url = "${CE_URL}"'),
    ("api_key = 'os.environ['«C»E_KEY']'", '(a variable is written "${NAME}")', 'api_key = "${CE_KEY}"'),
    ('timeout_secs = "os.getenv("«T»")"', '(a variable is written "${NAME}")', 'timeout_secs = "${T}"'),
    ('mode = "env("«M»ODE")"', "(write the value itself, with one quote at each end)", None),
    ('timeout_secs = "{{ env "«X»" }}", z = "a"', 'write \\" for a quote within it', None),
    ('[x]\na = "b"«c»", z = "d"', 'write \\" for a quote within it', None),
    ("[x]\na = 'b'«c»', z = 'd'", "use", None),
    ('timeout_secs = "about "«3»0" of them"', "(write the value itself, with one quote at each end)", None),
    ('[x]\na = "env("«M»ODE")"', 'write \\" for a quote within it', "[x]\na = 'env(\"MODE\")'"),
    ('api_key = "say "«h»i" now"', 'write \\" for a quote within it', "api_key = 'say \"hi\" now'"),
    # What is copied along with a text.
    ("12«:» [features.code_execution]", "the number of a line (remove it, in each line)", None),
    ("12«:» enabled = true", "the number of a line", None),
    ("7«:»enabled = true", "the number of a line", None),
    ("1 «[»x]", "the number of a line", None),
    ("1 «|» [x]", "the number of a line", None),
    ("  10«|»# why", "the number of a line", None),
    ("3«)» enabled = true", "the number of a line", None),
    ("2 «e»nabled = true", "the number of a line", None),
    ("2«:»\r\n", "the number of a line", None),
    ("8080«:» true", "`=` between a key and its value", "8080 = true"),
    ("cat «<»<EOF > app.toml", "a shell's here-document (remove the line, and the word that ends the text", None),
    ("sudo «t»ee /etc/app.toml <<'EOF'", "a shell's here-document", None),
    ('cat «>» app.toml << "EOF"', "a shell's here-document", None),
    ("cat «>»> app.toml <<-END # why", "a shell's here-document", None),
    ("enabled = true\nEOF«\n»", "the end of a shell's here-document (remove the line)", None),
    ("enabled = true\nEOT›", "the end of a shell's here-document", None),
    ("enabled = true\n  END «\n»\n", "the end of a shell's here-document", None),
    ("EOF«\n»enabled = true", "(write `key = value`; a comment begins with #)", None),
    # Texts that are put together.
    ('url = "https://" «+» "h.example.com"', "(TOML does not join texts; write them as one)", None),
    ('url = "https://${H}" «"»/run"', "(TOML does not join texts; write them as one)", None),
    ("url = 'https://' «.». host", "(TOML does not join texts; write them as one)", None),
    ('url = "https://%s" «%» host', "(TOML does not join texts; write them as one)", None),
    ("url = 'https://{}' «.»format(host)", "(TOML does not join texts; write them as one)", None),
    ('api_key = "a" «&» "b"', "(TOML does not join texts; write them as one)", None),
    ("url = 'https://h' «%»", "(remove what follows; a comment begins with #)", None),
    ("url = 'https://h' «h»ost", "(remove what follows; a comment begins with #)", None),
]


@pytest.mark.parametrize(("marked", "phrase", "mended"), MARKINGS)
def test_quotes_marks_and_brackets_are_explained(marked: str, phrase: str, mended: str | None) -> None:
    assert_explained(marked, phrase, mended)


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("a = 1\na = 2", "keep one of them"),
        ("a = 1\n[features.code_execution.a]", "it is a value at one place and a table at the other; keep one of them"),
        (
            "[features]\ncode_execution.a = 3\n[features.code_execution]",
            "a header and dotted keys cannot both make a table",
        ),
        ("mode.x.y = 1\n[features.code_execution.mode.x]", "a header and dotted keys cannot both make a table"),
        ("[a.b]\n[a]\nb = 1", "it is a value at one place and a table at the other; keep one of them"),
        ("[a]\n[b]\n[a]", "a table has one header; put all of its keys below the first"),
        ('mode = "external"\n[features.code_execution.mode.external]', "it is a value at one place and a table at"),
        (
            'mode = "sandboxed" # why\n[features.code_execution.mode.sandboxed]\nruntime = "gvisor"',
            "it is a value at one place and a table at the other; keep the table, whose name says the same",
        ),
        (
            "[features.code_execution.mode.sandboxed]\n[features.code_execution]\nmode='sandboxed'",
            "a table has one header",
        ),
        (
            "mode = 'wasm'\n[features.code_execution.mode.sandboxed]\nruntime = 'gvisor'",
            "it is a value at one place and a table at the other; keep one of them",
        ),
        (
            "mode = { wasm = {} }\n[features.code_execution.mode.wasm]",
            "it is a value at one place and a table at the other; keep one of them",
        ),
    ],
)
def test_a_name_given_twice_is_explained(text: str, help_: str) -> None:
    found = refusal(HEAD + text)

    assert found.message.startswith("duplicate key `")
    assert (found.help or "").startswith(help_)
    assert found.fix is None


def test_of_a_name_and_a_table_that_say_the_same_the_table_is_kept_whichever_is_first() -> None:
    found = refusal(
        "[features.code_execution.mode.sandboxed]\nruntime = 'gvisor'\n[features.code_execution]\nmode = 'sandboxed'"
    )

    assert "it is a value at one place and a table at the other; keep the table, whose name says the same" == found.help


@pytest.mark.parametrize(
    ("text", "section", "mended"),
    [
        ("name: Not Found", "features.code_execution", None),
        ('[server]\nhost: "h"\r\n', "features.code_execution", None),
        ("timeout_secs: 30", "features.code_execution", "timeout_secs = 30"),
        ('"url" : "https://h" # why', "features.code_execution", '"url" = "https://h" # why'),
        ("features.code_execution: {}", "features.code_execution", "features.code_execution = {}"),
        ("port: 1 # code_execution", "features.code_execution", "port = 1 # code_execution"),
        ("port: 1\n[tool.run]", "tool.run", "port = 1\n[tool.run]"),
    ],
)
def test_a_colon_is_mended_where_the_section_is_meant(text: str, section: str, mended: str | None) -> None:
    [found] = check_text(text, section=section).diagnostics

    assert "TOML writes `=` between a key and its value" == found.message
    assert mended == fixed(text, found)


@pytest.mark.parametrize(
    "before", ["a = true\\n", "a = true,", "a = 'b'", "a = {b = 1;", "a.b", "+", "[a", "a = [1;", "a = {\nb = 1\nc = 2"]
)
def test_a_long_run_of_blanks_is_read_once(before: str) -> None:
    """Were it read once more from each of them, this would not end."""
    assert "invalid-toml" == refusal(before + " " * 500_000 + "@\n").code


@pytest.mark.parametrize(
    "text",
    [
        *("---\na: 1", "---", "--- # x\r\n", "enabled: true\nmode:\n  wasm: {}\n"),
        "kind: ConfigMap\r\ndata:\r\n  app.toml: |\r\n    [features.code_execution]\r\n",
        "name: x # of features.code_execution\nlist:\n  - url: 1\n  - env:",
    ],
)
def test_the_beginning_of_a_document_of_yaml_is_named(text: str) -> None:
    found = refusal(text)

    assert "YAML" in found.message
    assert found.fix is None


@pytest.mark.parametrize(
    "text",
    [
        "/etc/app.toml",
        "app.toml",
        "../conf/a b.toml\n",
        "./app",
        "~/app",
        "C:\\app\\app.toml",
        "C:/app",
        "..data/x.toml",
    ],
)
def test_a_path_in_the_place_of_a_text_is_called_one(text: str) -> None:
    found = refusal(text)

    assert ("this looks like the path of a file, not like TOML", None) == (found.message, found.fix)
    assert str(found.help).startswith("`load` and `check_file` take a path")


@pytest.mark.parametrize("text", ["app", "//comment", "a/b.toml # x", "/a.toml\n/b.toml", "/", "x" * 300 + ".toml"])
def test_what_only_has_a_slash_or_a_dot_is_no_path(text: str) -> None:
    assert "path of a file" not in refusal(text).message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 3\n", "a Git LFS pointer"),
        *(
            (f"{begin}\n3132\n", "an encrypted file")
            for begin in ("$ANSIBLE_VAULT;1.1;AES256", "-----BEGIN PGP MESSAGE")
        ),
        ("age-encryption.org/v1\n-> X25519 x\n", "an encrypted file"),
        *((text, "the response of a server") for text in ("HTTP/1.1 404 Not Found\nServer: x\n", "404: Not Found")),
        *((text, "a diff") for text in ("diff --git a/x b/x\n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n")),
        ("PK\x03\x04", "a binary file"),
        ("\x7fELF\x02", "a binary file"),
    ],
)
def test_a_file_of_another_kind_is_called_so(text: str, kind: str) -> None:
    found = refusal(text)

    assert f"this looks like {kind}, not like TOML" == found.message
    assert found.help
    assert found.fix is None


@pytest.mark.parametrize(
    "text", ["404 = 1\nx", "version = 'https://git-lfs.github.com/'\nx", "a = 'PK'\n\x03", "---\na: 1"]
)
def test_what_only_begins_alike_is_a_text_of_ours(text: str) -> None:
    assert "not like TOML" not in refusal(text).message


def test_a_document_of_json_is_named() -> None:
    assert "JSON" in refusal('{ "mode": "wasm" }').message


def test_a_string_that_is_not_closed_names_where_it_begins() -> None:
    [related] = refusal("a = 1\nb = 'c\n").related
    assert related.span is not None
    assert (2, 5) == (related.span.start.line, related.span.start.column)


# -- the laws ----------------------------------------------------------------------------------------------------------


SLIPS = (
    *("True", "yes", "30s", "512MB", "30.", ".5", "007", "1,000", "30;", "wasm", "[python, r]", "${T}", "“a”"),
    *("'don't'", '"a', 'a"', "['a' 'b']", "1\u00a0", "\u200btrue", "３０", "- 1", "= 1", "NaN", "true,"),
)


class Slipping(Writer):
    """Write documents with a slip or two that people make."""

    def slip(self) -> str:
        """Write a document and put slips into it."""
        lines = self.document()[0].splitlines(keepends=True) + [self._line() for _ in range(3)]
        self.random.shuffle(lines)
        return HEAD + "".join(lines)

    def _line(self) -> str:
        key = self.random.choice(("enabled", "timeout_secs", "mode", "allowed_languages", "x", "a.b", "y"))
        value = self.random.choice(SLIPS)
        equals = self.random.choice((" = ", " = ", "=", ": ", "＝", "\u00a0= ", " "))
        return f"{key}{equals}{value}{self.random.choice(('', ' # x', ' // x'))}\n"


def assert_leads_on(text: str) -> None:
    document = parse.parse(text, None, SECTION)
    if isinstance(document, Document) or document.fix is None:
        return
    assert document.span is not None
    mended = write_edits(text, document.fix.edits)
    after: Any = parse.parse(mended, None, SECTION)
    if not isinstance(after, Document):
        behind = len(text) - document.span.start.offset
        assert len(mended) - after.span.start.offset < behind, text


@pytest.mark.parametrize(
    "text", ['"a\n', '\n"a\nb = 1\n', "x = 1\n'a b\n", 'a."b\n', '["a\n', 'x = {"a\n', 'x = { a = 1, "b\n}\n']
)
def test_a_key_that_is_not_closed_has_no_fix(text: str) -> None:
    [finding] = check_text(text).errors

    assert "this string is not closed on its line" == finding.message
    assert finding.fix is None


@examples(400)
@given(st.randoms(use_true_random=False).map(lambda random: Slipping(random).slip()))
def test_with_a_fix_applied_the_next_error_stands_further_down(text: str) -> None:
    assert_leads_on(text)


@examples(200)
@given(st.randoms(use_true_random=False).map(mutants))
def test_a_fix_of_any_damage_leads_on(text: str) -> None:
    assert_leads_on(text)


def test_the_generator_writes_slips_that_are_fixed() -> None:
    texts = [Slipping(Random(seed)).slip() for seed in range(200)]  # noqa: S311 -- test data
    found = [parse.parse(text, None, SECTION) for text in texts]
    assert 60 <= sum(isinstance(one, Diagnostic) and one.fix is not None for one in found)


def test_a_control_character_in_a_bad_value_is_the_reason() -> None:
    [found] = check_text("a = x\x01\n").diagnostics

    assert found.span is not None
    assert 6 == found.span.start.column
    assert "U+0001" in found.message
