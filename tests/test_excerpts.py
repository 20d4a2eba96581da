"""Excerpts: the source line of a finding, with everything in it masked that could be a secret."""

from __future__ import annotations

import json
import random as plain_random
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_config import Report, check_text
from codeexec_config.diagnostics import marker_column
from codeexec_config.rendering.concise import render_concise
from codeexec_config.rendering.structured import document, file_entry
from tests.counts import examples
from tests.test_fixes import Slips

HEAD = "[features.code_execution]\n"
CANARY = "CAN%ARY"
"""A canary where a secret could be. It is neither a bare key nor the name of a variable, which are not secrets."""


def excerpts(text: str, **options: Any) -> list[str]:
    """Return the lines that a report on a text quotes."""
    findings = check_text(text, filename="app.toml", env={}, **options).diagnostics
    quoted = [finding.excerpt for finding in findings]
    quoted += [other.excerpt for finding in findings for other in finding.related]
    return [line for line in quoted if line is not None]


def everything(report: Report) -> str:
    """Return all that a report says, in every form that it has."""
    return "\n".join(
        (
            str(report),
            repr(report.diagnostics),
            repr(report.deferred),
            render_concise(report.diagnostics),
            json.dumps(document([file_entry("app.toml", report, valid=report.ok)])),
        )
    )


# -- the section -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("timeout_sec = 30", "timeout_sec = **"),
        ("x = 'ab'", "x = '**'"),
        ('x = "a\\"b"', 'x = "****"'),
        ("x = true", "x = ****"),
        ("x = 1979-05-27T07:32:00Z", "x = ********************"),
        ("x = [ 'ab', 1 ]", "x = ***********"),
        ("x = { y = 'ab' }", "x = ************"),
        ("x.y = 'ab'", "x.* = '**'"),
        ("x = 1 # why", "x = * #****"),
        ("enabled = 1 # why", "enabled = 1 # why"),
        ("enabled = 'yes'", "enabled = 'yes'"),
        ("mode = 'wsm'", "mode = 'wsm'"),
        ("allowed_languages = ['Ab', 1, [2]]", "allowed_languages = ['Ab', 1, ***]"),
        ("allowed_languages = { a = 'ab' }", "allowed_languages = { a = '**' }"),
        ("allowed_languages = { a = 1 }", "allowed_languages = { a = * }"),
        ("timeout_secs = { a = 'ab' }", "timeout_secs = { a = '**' }"),
        ("timeout_secs = ['ab']", "timeout_secs = ['**']"),
        ("timeout_secs = '${A:-ab}'", "timeout_secs = '${A:-**}'"),
        ("timeout_secs = '${A}' # why", "timeout_secs = '${A}' # why"),
        ("timeout_secs = '${A:?ab}' # why", "timeout_secs = '${A:?**}' #****"),
        ('timeout_secs = "\\u0024{A:-ab}"', 'timeout_secs = "*************"'),
        ("timeout_secs = 'ab${c d}'", "timeout_secs = 'ab${***}'"),
        ("mode = 'http://a:b@c'", "mode = 'http://***@c'"),
        ("mode = 'c#${A:?ab}' # why", "mode = 'c#${A:?**}' #****"),
        ("mode.external.api_key.ab = 'cd'", "mode.external.api_key.** = '**'"),
        ("# one\nx = 'a#b'", "x = '***'"),
        ("mode = 'c#?a@'", "mode = 'c#?a@'"),
        ("allowed_languages = ['python@3.11', 'a=b']", "allowed_languages = ['python@3.11', 'a=b']"),
        ("mode = ['ab']", "mode = ['**']"),
        ("mode = { ab = 'cd' }", "mode = { ab = '**' }"),
        ("mode = { wasm = 'ab' }", "mode = { wasm = '**' }"),
        ("mode = { external = 'ab' }", "mode = { external = '**' }"),
        ("mode = { external = ['ab'] }", "mode = { external = ****** }"),
        ("mode.sandboxed.runtime = 'ab'", "mode.sandboxed.runtime = 'ab'"),
        ("mode.sandboxed.runtime = { a = 'ab' }", "mode.sandboxed.runtime = { a = '**' }"),
        ("mode = { external = {}, sandboxed = 1 }", "mode = { external = {}, sandboxed = * }"),
        ("enabled = 1\nx = 'ab'", "enabled = 1"),
        ("bogus = 1 # old key sk-live-1 # rotate", "bogus = * #***************************"),
    ],
)
def test_a_line_of_the_section_shows_known_keys_that_are_no_secret(line: str, expected: str) -> None:
    assert expected == excerpts(HEAD + line + "\n")[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("''", "''"),
        ("'ab'", "'**'"),
        ('"""ab"""', '"******"'),
        ("'''ab'''", "'******'"),
        ("'${KEY}'", "'${KEY}'"),
        ("'$<KEY>'", "'$<KEY>'"),
        ("'a${KEY}b'", "'*${KEY}*'"),
        ("'${KEY:-ab}'", "'${KEY:-**}'"),
        ("'${KEY:?ab}'", "'${KEY:?**}'"),
        ("'${sk-live}'", "'**********'"),
        ("'${sk live}'", "'**********'"),
        ("'$KEY'", "'****'"),
        ("'$${KEY}'", "'*******'"),
        ("'$<sk-live>'", "'**********'"),
        ('"\\u0061${KEY}"', '"******${KEY}"'),
        ('"\\u0024${KEY}"', '"************"'),
        ('"\\U00000024${KEY}"', '"****************"'),
        ('"\\u0024${KEY}${KEY}"', '"************${KEY}"'),
        ('"$\\u007bKEY}"', '"***********"'),
        ("12", "**"),
        ("['ab', '${KEY}']", "****************"),
        ("{ a = '${KEY}' }", "****************"),
    ],
)
def test_the_value_of_a_secret_key_shows_the_names_of_references_alone(value: str, expected: str) -> None:
    [line, *_] = excerpts(f"{HEAD}mode = {{ external = {{ url = 1, api_key = {value} }} }}\n")
    assert f"mode = {{ external = {{ url = 1, api_key = {expected} }} }}" == line


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("x://h/p", "x://h/p"),
        ("x://a:b@h/p", "x://***@h/p"),
        ("x://a@b@h", "x://***@h"),
        ("x://a:b/c@h", "x://*****@h"),
        ("a:b@h", "***@h"),
        ("x://h:1/p", "x://h:1/p"),
        ("x://[::1]:1/p", "x://[::1]:1/p"),
        ("x://h:${P}/p", "x://h:${P}/p"),
        ("x://h:${P:-a}/p", "x://h:${P:-*}/p"),
        ("x://[${H}%${Z}]:${P}/p", "x://[${H}%${Z}]:${P}/p"),
        ("CodeExecutionHost${N}.example", "CodeExecutionHost${N}.example"),
        ("x://h:80${PORT}80/p", "x://h:80${PORT}80/p"),
        ("x://a:b/p", "x://***/p"),
        ("x://a:65535/p", "x://a:65535/p"),
        ("x://a:655350/p", "x://********/p"),
        ("x://k=v/p", "x://***/p"),
        ("x://a:b@k=v/p", "x://*******/p"),
        ("x://$H.x-1/p", "x://$H.x-1/p"),
        ("sk-live-X", "*********"),
        ("eyJhbGciOiJIUzI1NiIsInR5.x.y", "****************************"),
        ("wJalrXUt/K7MDENG/bPxRf+iCY==", "****************************"),
        ("sk!live.x", "*********"),
        ("sk.live==", "*********"),
        ("h.example.com/a=b+c", "h.example.com/a=b+c"),
        ("abcdefghijklmnopqR0.example", "abcdefghijklmnopqR0.example"),
        ("x://abcdefghijklmnopqrS0.example", "x://abcdefghijklmnopqrS0.example"),
        ("h.example.com", "h.example.com"),
        ("localhost:1", "localhost:1"),
        ("x://a:b", "x://***"),
        ("a:b", "a:b"),
        ("x://h/?a=b&c=d;e", "x://h/?a=*&c=*;*"),
        ("x://h?ab", "x://h?**"),
        ("x://h?a=b=c", "x://h?a=***"),
        ("x://h#ab", "x://h#**"),
        ("x://h?a=b#c=d", "x://h?a=*#***"),
        ("x://${H}/", "x://${H}/"),
        ("x://${H:-a}/${P:-b}", "x://${H:-*}/${P:-*}"),
        ("x://${U}:${P:-a}@h", "x://${U}*${P:-*}@h"),
        ("x://h?a=${Q:-b}", "x://h?a=${Q:-*}"),
        ("https://${HOST}:hunter2/x", "https://${HOST}********/x"),
        ("https://a${HOST}:hunter2/x", "https://*${HOST}********/x"),
        ("user:pw1@host//x", "********@host//x"),
        ("user:pw1@host//x@y", "****************@y"),
        ("user:pw1@host//@", "***************@"),
        ("user:pa//ss@host", "***********@host"),
        ("user:pa://ss@host", "************@host"),
        ("//user:pw1@host", "//********@host"),
        ("user:pw1@host?x//", "********@host?***"),
        ("https://user:pa//ss@host", "https://***********@host"),
        ("https:///user:pw@host", "https://********@host"),
        ("https:user:pw@host", "*************@host"),
        ("https://[user:pw]/", "https://*********/"),
        ("https://[fe80::1%eth0]:1/", "https://[fe80::1%eth0]:1/"),
        ("https://h/run sk-live", "https://h/run********"),
        ("https://h/run\t-H sk-live", "https://h/run***********"),
        ('https://h"sk-live"', 'https://h********"'),
        ("curl -u a:b https://h", "*********************"),
        ("Endpoint=https://h/;AccessKey=sk-live", "*********https://h/;AccessKey=*******"),
        (" https://h", " https://h"),
        ("h.example.com sk-live", "h.example.com********"),
        ("${S}://${H:-a b}/c d", "${S}://${H:-***}/c**"),
    ],
)
def test_a_url_hides_user_password_query_values_and_defaults(url: str, expected: str) -> None:
    [line, *_] = excerpts(f"{HEAD}mode = {{ external = {{ url = '{url}', x = 1 }} }}\n")
    assert f"mode = {{ external = {{ url = '{expected}', x = * }} }}" == line


@pytest.mark.parametrize(
    "text",
    [
        'api_key = """\nSECRET=\x01x\n"""\nb = 1',
        'api_key = """\nSECRET=\n\x01"""\nb = 1\n',
        "api_key = '''SECRET=\x7f\nz'''\n[next]\nb = 1\n",
        'x = """\\\n  SECRET=\n\x08\n"""\nb = 1',
        '"""\nSECRET=\x01"""\nb = 1\n',
        '"""SECRET=\x01\n""" = 1\nb = 1\n',
        '"SECRET=\x01" = 1\nb = 1',
        'a."SECRET=\x01\n" = 1\nb = 1',
    ],
)
def test_a_control_character_in_a_string_or_key_shows_nothing_of_it(text: str) -> None:
    report = check_text(f"{HEAD}[features.code_execution.mode.external]\n{text}".replace("SECRET", "sk-live-secret"))
    assert "sk-live" not in str(report)
    assert ["invalid-toml"] == [found.code for found in report.diagnostics]


def test_a_comment_beside_a_key_is_masked() -> None:
    text = HEAD + 'mode.external.url = "https://h" # shown\nmode.external.api_key = "${K}" # was sk-live\n'
    [line, *_] = [found.excerpt for found in check_text(text, env={}).errors]
    assert 'mode.external.api_key = "${K}" #************' == line


def test_a_url_with_an_escape_is_hidden_whole() -> None:
    [line, *_] = excerpts(HEAD + 'mode.external = { url = "x:\\u002f/a\\u0040h", x = 1 }\n')
    assert 'mode.external = { url = "*****************", x = * }' == line


def test_a_value_over_lines_is_masked_on_each() -> None:
    text = HEAD + 'mode.external = { url = """\nCANARY\n${A}""", api_key = [\n"CANARY", {} ] , x = 1} # CANARY\n'
    assert CANARY not in "".join(excerpts(text)).replace('url = """', "")
    text = HEAD + "[features.code_execution.mode.external]\nurl = 1\napi_key = '''\nCANARY ${A} CANARY\n'''\n"
    assert "****** ${A} ******".replace(" ", "*") in excerpts(text)


def test_a_long_value_is_masked_whole() -> None:
    [line, *_] = excerpts(f"{HEAD}x = '${{A}}{CANARY * 1000}'\n")
    assert "x = " + "*" * 156 + "…" == line


def test_a_comment_is_hidden_beside_a_mask_only() -> None:
    text = f"{HEAD}# one\nenabled = 1 # shown\n# two\n  # three\nx = 1 # hidden\n# four\ny = ['#', # hidden\n1]\n"
    assert ["enabled = 1 # shown", "x = * #*******", "y = **************"] == excerpts(text)[:3]


@pytest.mark.parametrize(
    "comment",
    [
        'api_key = "old"',
        "was: TOKEN abc",
        "the passwd",
        "sk_live_0123456789",
        "redis://:pw@h/0",
        "https://h/?x=1",
        "//u:pw@h",
        "https:/u:pw@h",
        "url = 'u:pw@h'",
        "AKIAIOSFODNN7EXAMPLE",
        "a/b+c/d+e/f+g/h=",
    ],
)
def test_a_comment_that_may_hold_a_key_is_hidden_beside_anything(comment: str) -> None:
    text = f"{HEAD}enabled = 1 # {comment}\n"
    shown = f"{HEAD}# {comment}\nenabled = 1 # seconds, not minutes\n# {comment}\n"

    assert [f"enabled = 1 #{'*' * len(comment)}*"] == excerpts(text)
    assert ["enabled = 1 # seconds, not minutes"] == excerpts(shown)


# -- around the section ------------------------------------------------------------------------------------------------


def test_other_tables_on_the_line_are_masked() -> None:
    text = "features = { code_execution = { mode = 'x' }, 'k' = 'CANARY', t = { u = 1 } } # CANARY\n"
    assert ["features = { code_execution = { mode = 'x' }, 'k' = '******', t = ********* } #*******"] == excerpts(text)


def test_a_near_miss_is_masked() -> None:
    text = "code_execution = { enabled = true, api_key = 'CANARY' } # CANARY\n"
    [line] = excerpts(text)
    assert CANARY not in line
    assert line.startswith("code_execution = ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('features.code_exec.mode = "sk-live-1"', 'features.code_exec.mode = "*********"'),
        ("[features]\ncode_exec.mode = 'sk-live-1' # sk", "code_exec.mode = '*********' #***"),
        ("code_execution.timeout_secs = 30", "code_execution.timeout_secs = **"),
        ("code_execution = { enabled = true }", "code_execution = ******************"),
    ],
)
def test_every_value_of_a_near_miss_is_masked(text: str, expected: str) -> None:
    assert expected == excerpts(text)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("features = 'ab'", "features = '**'"),
        ("features = ['ab']", "features = ['**']"),
        ("features.code_execution = 'ab'", "features.code_execution = '**'"),
        ("features.code_execution = [{ a = 'ab' }]", "features.code_execution = [************]"),
    ],
)
def test_a_section_that_is_no_table_is_masked(text: str, expected: str) -> None:
    assert [expected] == excerpts(text)


# -- what is not TOML --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("api_key = sk-live", "api_key = *******"),
        ("  api_key\t= sk-live # x", "  api_key\t= ******* * *"),
        ("api_key =", "api_key ="),
        ("api_key sk-live", "******* *******"),
        ("api_key: sk-live", "******** *******"),
        ("api_key.a = sk", "********* * **"),
        ("'api_key' = sk", "********* * **"),
        ("a = 'b", "a = **"),
        ("a = 1 b", "a = * *"),
        ("[a . b-c] d", "[a . b-c] *"),
        ("[[a]] d", "[[a]] *"),
        ("[a", "**"),
        ("[a]]", "[a]*"),
        ("[[a] b]", "**** **"),
        ("['a'] b", "***** *"),
        ("[a b]", "** **"),
        ("[a, b]", "*** **"),
        ("[\n  ab,\n]", "*"),
        ("a = [\n  sk-live,\n]", "  ********"),
        ("a = [\n  sk = 1\n]", "  ** * *"),
        ('a = """\nsk = \\q"""', "** * *****"),
        ('a = """\n[a]\n""" b', "*** *"),
        ("a = {\n sk = live\n}", " ** * ****"),
        ("sk==", "****"),
        ("eS12YWx1ZQ=", "***********"),
        ("  eS12YWx1ZQ=é", "  ************"),
        ("aTimeoutOf30_ms = é", "aTimeoutOf30_ms = *"),
        ("timeout_30 = é", "timeout_30 = *"),
        ("{ 'a': 'b' }", "* **** *** *"),
        ("é = 1", "* * *"),
        ("a = '\0b'", "a = ****"),
        ("- a", "* *"),
        ("a = \r", "a = *"),
    ],
)
def test_a_text_that_is_no_toml_shows_a_header_or_a_bare_key_alone(text: str, expected: str) -> None:
    assert expected == excerpts(text)[0]


@pytest.mark.parametrize("behind", ["", "b = 1\n", "[b]\n"])
def test_a_line_inside_a_value_is_masked_whole_whatever_stands_behind(behind: str) -> None:
    assert ["****************"] == excerpts(f'{HEAD}api_key = """\nsk-live-secret=\0\n"""\n{behind}')


def test_a_key_given_twice_is_shown_at_both_places() -> None:
    assert ["a   =  *", "a = ******** * *"] == excerpts("a = 'CANARY' # x\na   =  2\n")


def test_no_letter_of_a_query_is_shown() -> None:
    for letter in string.ascii_letters:
        text = f'{HEAD}mode.external.url = "ftp://h/?q={letter * 3}"\n'
        assert {'mode.external.url = "ftp://h/?q=***"'} == set(excerpts(text))


def test_a_table_in_a_list_is_masked_whole() -> None:
    [line] = excerpts(f'{HEAD}allowed_languages = [{{ a = 1 }}, "python"]\n')

    assert 'allowed_languages = [*********, "python"]' == line


# -- crops -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [159, 160, 161])
def test_a_line_of_160_characters_is_shown_whole(length: int) -> None:
    start, end = 'allowed_languages = ["python",', '"A"]'
    line = f"{start}{end:>{length - len(start)}}"

    [finding] = check_text(f"{HEAD}mode.sandboxed.runtime = 'gvisor'\n{line}\n").errors

    assert "invalid-language" == finding.code
    assert (line == finding.excerpt) == (length <= 160)


def test_the_mark_of_a_crop_may_stand_within_a_line() -> None:
    assert 'allowed_languages = ["A…b"]' in excerpts(f'{HEAD}allowed_languages = ["A…b"]\n')


def test_a_long_line_is_cropped_around_the_place() -> None:
    text = HEAD + "allowed_languages = [" + "'python', " * 20 + "'Ab', " + "'r', " * 50 + "]\n"
    found = next(d for d in check_text(text, env={}).diagnostics if d.code == "invalid-language")
    assert found.excerpt is not None
    assert found.span is not None
    column = marker_column(found.excerpt, found.span.start.column)
    assert "'Ab'" == found.excerpt[column - 1 : column + 3]
    assert ("…", "…", 162) == (found.excerpt[0], found.excerpt[-1], len(found.excerpt))


@pytest.mark.parametrize("length", [1, 39, 40, 41, 42, 43, 158, 159, 160, 161, 300])
def test_the_marked_column_is_true_wherever_the_crop_begins(length: int) -> None:
    text = HEAD + 'mode.external.url = """\n' + "…" * length + "${A}" + "x" * 300 + '"""\n'
    found = [d for d in check_text(text, env={}).diagnostics if d.code == "unset-variable"][-1]
    assert found.excerpt is not None
    assert found.span is not None
    column = marker_column(found.excerpt, found.span.start.column)
    assert "${A}" == found.excerpt[column - 1 : column + 3]
    assert found.excerpt.startswith("…") is (length > 41)


def test_a_line_far_down_is_shown_whole_with_its_comment() -> None:
    names = '"python", ' * 5
    line = f'allowed_languages = [{names}"Ab"] # shown'
    assert line in excerpts(f"# {'x' * 5000}\n{HEAD}{line}\n")


@pytest.mark.parametrize("key", ["allowed_languages = [VALUE]", "mode = VALUE", "mode.sandboxed.runtime = VALUE"])
@pytest.mark.parametrize("quote", ['"""', "'''"])
def test_what_a_string_of_several_lines_has_taken_in_is_masked(key: str, quote: str) -> None:
    value = f"{quote}\napi_key = 'sk-live' # sk-live\n……${{A}}\n{quote}"
    text = HEAD + key.replace("VALUE", value) + "\n"

    report = everything(check_text(text, env={}))

    assert "sk-live" not in report
    assert "…" not in "".join(excerpts(text))


@pytest.mark.parametrize(
    "text", ["[" + "a." * 500 + "a]", "a" * 500 + " b", "k = " + "x" * 500, "[a" + " " * 500 + "b]"]
)
def test_a_long_line_that_is_no_toml_is_cropped(text: str) -> None:
    [line] = excerpts(text)
    assert 162 >= len(line)


# -- the law -----------------------------------------------------------------------------------------------------------


class Canaries(Slips):
    """Write sections that are nearly right, with canaries wherever a secret could be."""

    def section(self) -> str:
        """Write a section."""
        lines = super().section().splitlines(keepends=True)
        for _ in range(self.random.randint(1, 3)):
            lines.insert(self.random.randint(0, len(lines)), self._secret_line())
        text = "".join(lines)
        return text if self._maybe(0.4) else self._broken(text)

    def _secret_line(self) -> str:
        spelt = self.string(CANARY) if self._maybe(0.8) else f"[{self._space()}{self._basic(CANARY)}{self._space()}]"
        lines = (
            f"{self.dotted((self.random.choice(('api_key', 'token', 'x y')),))}= {spelt} # SECRET\n",
            f"[features.code_execution.mode.external]\napi_key = {spelt}\nurl = 'https://a:SECRET@x/?k=SECRET'\n",
            f"mode.external = {{ url = 'http://SECRET@x', api_key = {spelt}, 'x' = {spelt} }} # SECRET\n",
            "timeout_secs = '${SET:-SECRET}'\n",
            "api_key = '${A:-SECRET}SECRET'\n",
            f"mode = {{ external = {spelt} }}\n",
            f"allowed_languages = {{ a = {spelt} }}\n",
            f"[features.code_exec]\napi_key = {spelt}\n",
            "x = '''\nSECRET\n  SECRET=1\n[SECRET]\n'''\n",
            "x = [\nSECRET,\n  SECRET\n]\n",
            "api_key SECRET = 1\n",
            '["SECRET"\n',
            "x = SECRET # SECRET\n",
            "mode.external.url = 'https://${SET}:SECRET/x'\n",
            "mode.external.url = 'SECRET:SECRET@host//x'\n",
            "mode.external.url = 'https://user:SECRET//SECRET@host'\n",
            "bogus = 1 # SECRET # SECRET\n",
            "enabled = True # SECRET\n",
            "api_key = “SECRET”\n",
            "api_key = SECRET\n",
            "api_key = 'SECRET' 'SECRET'\n",
            "api_key: 'SECRET',\n",
            "api_key = '''\nSECRET=\"SECRET\"\n",
            "\nfeatures.code_exec.mode = 'SECRET' # SECRET\n",
        )
        return self.random.choice(lines).replace("SECRET", CANARY)

    def _broken(self, text: str) -> str:
        """Cut, double or turn a stretch without part of a canary, or the text would no longer contain one."""
        pieces = text.split(CANARY)
        index = self.random.randrange(len(pieces))
        piece = pieces[index]
        start = self.random.randint(0, len(piece))
        end = min(len(piece), start + self.random.randint(0, 3))
        middle = self.random.choice(("", piece[start:end] * 2, self.random.choice("\"'\\\n[]{}=#,.\0\r é")))
        pieces[index] = piece[:start] + middle + piece[end:]
        return CANARY.join(pieces)


def is_a_key(report: Report) -> bool:
    """Check whether a canary has become a key; keys are no secrets, and messages name them."""
    return any(CANARY in "".join((finding.message, *map(str, finding.path))) for finding in report.diagnostics)


@examples(150)
@given(st.randoms(use_true_random=False).map(lambda random: Canaries(random).section()))
def test_nothing_that_a_report_says_holds_a_secret_of_a_broken_file(text: str) -> None:
    report = check_text(text, filename="app.toml", env={"SET": CANARY, "A": CANARY})
    if not is_a_key(report):
        assert CANARY not in everything(report), text


def test_the_generator_writes_canaries_into_files_of_both_kinds() -> None:
    """A law about files without canaries, or about files that are all TOML, would say little."""
    texts = [Canaries(plain_random.Random(seed)).section() for seed in range(300)]  # noqa: S311 -- test data
    assert 250 <= sum(CANARY in text for text in texts)
    codes = [{d.code for d in check_text(text, env={}).diagnostics} for text in texts]
    assert 50 <= sum("invalid-toml" in found for found in codes) <= 280
