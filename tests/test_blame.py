"""Who is at fault for a wrong value: the file, at its character, or the environment, by its variable."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codeexec_config import Policy, check_text
from tests.counts import examples

if TYPE_CHECKING:
    from codeexec_config import Diagnostic

HEADER = "[features.code_execution]\n"
EXTERNAL = "[features.code_execution.mode.external]\n"
URL = 'url = "https://h.example.com"\n'
ENV = {
    "K": "key",
    "H": "h.example.com",
    "U": "https://h.example.com",
    "L": "python",
    "EMPTY": "",
    "PORT": "99999",
    "BLANK": "key ",
    "NEWLINE": "key\n",
    "TAB": " k\tey ",
    "LIST": "python,javascript",
    "BAD": "wss://canary",
    "CAPITAL": "Canary",
}


def finding(text: str) -> Diagnostic:
    [found] = check_text(text, env=ENV).errors
    assert "canary" not in f"{found.message}{found.help}".lower()
    return found


def key(text: str) -> Diagnostic:
    return finding(f'{EXTERNAL}{URL}api_key = "{text}"\n')


def url(text: str) -> Diagnostic:
    return finding(f'{EXTERNAL}api_key = "${{K}}"\nurl = "{text}"\n')


def language(text: str) -> Diagnostic:
    return finding(f'{HEADER}allowed_languages = ["{text}"]\n')


def column(found: Diagnostic) -> tuple[int, int] | None:
    return found.span and (found.span.start.column, found.span.end.column)


def fixed(found: Diagnostic) -> str | None:
    return found.fix and found.fix.edits[0].text


# -- a key -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("sk-li\u028be-1", "U+028B LATIN SMALL LETTER V WITH HOOK", (17, 18)),
        ("sk\\u0009x", "U+0009 CHARACTER TABULATION", (14, 20)),
        ("sk\u200b", "U+200B ZERO WIDTH SPACE", (14, 15)),
        ("\u00e9${K}", "U+00E9 LATIN SMALL LETTER E WITH ACUTE", (11, 18)),
        ("Bearer\\t${K}", "U+0009 CHARACTER TABULATION", (18, 20)),
    ],
)
def test_a_character_of_the_file_is_named_at_its_place(text: str, name: str, place: tuple[int, int]) -> None:
    found = key(text)

    assert f"the key contains {name}, which no HTTP header can carry" == found.message
    assert "write the key without this character" == found.help
    assert place == column(found)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"${K}"', "${K} "),
        ('"${K}"', " ${K}"),
        ('"${K}${L}"', "${K}${L} "),
        (None, "Bearer ${K} "),
        (None, "sk "),
        (None, "${K:-x} "),
    ],
)
def test_a_blank_of_the_file_is_the_files(written: str | None, text: str) -> None:
    found = key(text)

    assert "the key begins or ends with a space, which no HTTP header can carry" == found.message
    assert "set" not in (found.help or "")
    assert written == fixed(found)


@pytest.mark.parametrize(
    ("message", "hint", "text"),
    [
        ("the key from BLANK begins or ends with a space", "set BLANK to the key alone", "${BLANK}"),
        ("the key from NEWLINE contains a control character", "set NEWLINE to the key alone", "${NEWLINE}"),
        ("the key from TAB contains a control character", "set TAB to the key alone", "${TAB}"),
        ("the key from K and BLANK begins or ends with a space", "set K and BLANK to", "${K}${BLANK}"),
        ("the key from BLANK begins or ends with a space", "set BLANK to the key alone", "x${BLANK}"),
        ("the key from the default of NO contains a character", "set the default of NO to", "${NO:-\u00e9}"),
        ("the key from EMPTY is empty", "set EMPTY, or remove api_key", "${EMPTY}"),
        ("the key is empty", 'write api_key = "${CODE_EXEC_API_KEY}", or remove api_key', ""),
    ],
)
def test_a_key_of_the_environment_is_its_variables(message: str, hint: str, text: str) -> None:
    found = key(text)

    assert found.message.startswith(message)
    assert (found.help or "").startswith(hint)
    assert found.fix is None


# -- a URL and a language ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "place", "written"),
    [
        ("https://h.example.com\u200b/", "U+200B ZERO WIDTH SPACE", (29, 30), '"https://h.example.com/"'),
        ("https://h.example.com\u00a0", "U+00A0 NO-BREAK SPACE", (29, 30), '"https://h.example.com"'),
        ("\u201chttps://h.example.com\u201d", "U+201C LEFT DOUBLE QUOTATION MARK", (8, 9), '"https://h.example.com"'),
        ("https://h\u2010x.example.com", "U+2010 HYPHEN", (17, 18), '"https://h-x.example.com"'),
        ("https://h.example.com/?a=1\u200b", "U+200B ZERO WIDTH SPACE", (34, 35), None),
        ("https://h.example.com/\\u0007", "U+0007 BELL", (30, 36), '"https://h.example.com/"'),
        ("https://h.example.com\\n", "U+000A LINE FEED", (29, 31), '"https://h.example.com"'),
        ("\\thttps://h.example.com", "U+0009 CHARACTER TABULATION", (8, 10), '"https://h.example.com"'),
    ],
)
def test_a_character_of_a_url_is_named_at_its_place(
    text: str, name: str, place: tuple[int, int], written: str | None
) -> None:
    found = url(text)

    assert f"invalid URL: it contains {name}" == found.message
    assert place == column(found)
    assert written == fixed(found)


@pytest.mark.parametrize("letter", "btnfre")
@pytest.mark.parametrize(
    "text", ["https://h.example.com\\{}un", "https://h\\{}.example.com", "https://h.example.com/a\\{}o"]
)
def test_a_letter_behind_a_backslash_is_never_taken_from_a_url(letter: str, text: str) -> None:
    found = url(text.format(letter))

    assert f"an escape such as \\{letter} makes one; write / for a backslash, or remove this character" == found.help
    assert found.fix is None


def test_a_host_in_another_script_keeps_its_punycode() -> None:
    assert "write the host as xn--e1afmkfd.example" == url("https://пример.example").help


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("рython", "U+0440 CYRILLIC SMALL LETTER ER", "write `p` in its place"),  # noqa: RUF001
        ("python\u200b", "U+200B ZERO WIDTH SPACE", "remove this character"),
    ],
)
def test_a_character_of_a_language_is_named_at_its_place(text: str, name: str, hint: str) -> None:
    found = language(text)

    assert f"invalid language name: it contains {name}" == found.message
    assert hint == found.help


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("${U}", "${U} "),
        ("${U}", " ${U}"),
        ("${U}${L}", "${U}${L}\\t"),
        ("https://${H}.${B_C}/", "https://${H}.{{ B_C }}/"),
        (None, "https://${H} /x"),
        (None, "https://${H} "),
        (None, "https://${H}/#"),
        (None, "https://${H}:x"),
        (None, "h.example.com:${PORT}"),
        (None, "wss://${H}"),
        (None, "${U:-x} "),
    ],
)
def test_what_stands_beside_a_reference_is_the_files(written: str | None, text: str) -> None:
    found = url(text)

    assert found.message.startswith("invalid URL: ")
    assert (f'write "{written}"' if written else "this is in the file, next to the reference") == found.help
    assert (written and f'"{written}"') == fixed(found)


@pytest.mark.parametrize("text", ["https://${H}:${K}@h.example.com", "https://u:${K:-x}@h", "https://${H}/?token=${K}"])
def test_a_credential_that_the_file_puts_together_is_the_files(text: str) -> None:
    found = url(text)

    assert "credentials-in-url" == found.code
    assert " from " not in found.message
    assert 'move the credential to api_key = "${CODE_EXEC_API_KEY}"' == found.help


@pytest.mark.parametrize(
    ("message", "hint", "text"),
    [
        ("invalid URL from BAD: its scheme is not https or http", "set BAD to an absolute URL", "${BAD}"),
        ("invalid URL from L: its scheme is not https or http", "check the value of L", "${L}://h.example.com"),
        ("invalid URL from BAD: ", "set BAD to an absolute URL", "${BAD:-https://x}"),
        ("invalid URL from the default of NO: ", "set the default of NO to", "${NO:-wss://canary}"),
        ("invalid URL from H and PORT: ", "check the value of H and PORT", "https://${H}:${PORT}"),
    ],
)
def test_a_url_of_the_environment_is_its_variables(message: str, hint: str, text: str) -> None:
    found = url(text)

    assert found.message.startswith(message)
    assert (found.help or "").startswith(hint)
    assert found.fix is None


def test_a_blank_beside_a_language_is_the_files() -> None:
    assert ('write "${L}"', '"${L}"') == ((found := language("${L} ")).help, fixed(found))


@pytest.mark.parametrize("name", ["LIST", "CAPITAL", "BLANK", "EMPTY"])
def test_one_variable_gives_one_language(name: str) -> None:
    found = language(f"${{{name}}}")

    assert f"invalid language name from {name}" == found.message
    assert f'set {name} to one lower-case name, such as python: for two write ["${{A}}", "${{B}}"]' == found.help


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize(
    ("text", "made"),
    [
        ('timeout_secs = "${T:-}"', "the default of T"),
        ('enabled = "${T:-}"', "the default of T"),
        ('mode.external.url = "${T:-}"', "the default of T"),
        ('timeout_secs = "${T:-x}"', "the default of T"),
    ],
)
def test_an_empty_default_is_one(text: str, made: str, offline: bool) -> None:  # noqa: FBT001
    [found] = check_text(f"[features.code_execution]\n{text}\n", env={}, offline=offline).errors

    assert f"from {made}" in found.message
    assert f"set {made} to" in str(found.help)


def test_a_credential_is_taken_out_of_the_variable() -> None:
    text = '[features.code_execution]\nmode.external.url = "${U}"\n'
    [found] = check_text(text, env={"U": "https://u:p@h"}).errors

    assert str(found.help).startswith("take it out of U")


# -- a text with unread references -------------------------------------------------------------------------------------

SWITCHES = ["true", "false"]
"""A section that is off reads nothing either."""


def unread(text: str, switch: str = "true", **more: Any) -> list[Diagnostic]:
    report = check_text(f"{HEADER}enabled = {switch}\n{text}", offline=True, **more)
    assert None is report.config or not report.errors
    return [*report.errors]


def unread_url(url: str, switch: str = "true", **more: Any) -> list[Diagnostic]:
    return unread(f'{EXTERNAL}url = "{url}"\n', switch, **more)


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("http://169.254.169.254/latest/${X}", "metadata-url", "metadata service"),
        ("https://METADATA/?a=${X}", "metadata-url", "metadata service"),
        ("https://user:hunter2@${H}/", "credentials-in-url", "the user or password"),
        ("https://${USER}:${PASSWORD}@${HOST}", "credentials-in-url", "the user or password"),
        ("https://h.example.com/?token=${X}", "credentials-in-url", "the query"),
        ("https://h.example.com/${X}?api_key=1", "credentials-in-url", "the query"),
        ("ftp://${H}", "invalid-url", "its scheme is ftp"),
        ("localhost:${P}", "invalid-url", "it has no scheme"),
        ("https://${H}/a b", "invalid-url", "a space or a control character"),
        ("${U}#part", "invalid-url", "a fragment"),
        ("https://${H}\\\\x", "invalid-url", "a backslash"),
        ("https://h.example.com:99999/$<X>", "invalid-url", "its port is not between"),
        ("https://?${X}", "invalid-url", "host"),
        ("\u00e9${H}", "invalid-url", "does not start with https:// or http://"),
    ],
)
def test_a_url_that_is_wrong_whatever_its_variables_hold_is_told_without_them(text, code, message, switch):
    [found] = unread_url(text, switch)

    assert (code, ("features", "code_execution", "mode", "external", "url")) == (found.code, found.path)
    assert message in found.message
    assert "hunter2" not in f"{found.message}{found.help}{found.excerpt}"
    if code != "credentials-in-url":
        assert "this is in the file, next to the reference" == found.help


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize(
    "text",
    [
        "${U}",
        "${SCHEME}://${HOST}:${PORT}/x",
        "http${S}://h",
        "HTT${PS}://h",
        "https:${REST}",
        "https://[${IPV6}]/",
        "https://[${IPV6}]/@scope",
        "https://[${IPV6}]?a=@",
        "http://[${IPV6}]:80/",
        "https://h:${PORT}",
        "https://h.example.com:6553${DIGIT}",
        "https://169.254.169.25${MORE}",
        "https://metadata${DOMAIN}/",
        "https://h.example.com/${PATH}",
        "https://${HOST}/@scope/?a=b",
    ],
)
def test_a_url_that_its_variables_may_make_right_is_let_be(text, switch):
    assert [] == unread_url(text, switch)


def test_a_host_that_stands_in_the_file_is_judged_with_the_other_keys_and_by_the_policy():
    text = f'{HEADER}{EXTERNAL}url = "http://h.example.com/${{X}}"\napi_key = "${{K}}"\n'
    only = Policy(url_hosts=["other.example.com"])

    assert ["insecure-url"] == [found.code for found in check_text(text, offline=True).errors]
    assert () == check_text(text, offline=True, policy=Policy(insecure_hosts=["h.example.com"])).errors
    assert ["policy-violation"] == [found.code for found in unread_url("https://h.example.com/${X}", policy=only)]
    assert [] == unread_url("https://other.example.com/${X}", policy=only)


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Bad ${X}", True),
        ("Py${X}", True),
        ("3${X}", True),
        ("${A},${B}", True),
        ("a" * 65 + "${X}", True),
        ("a" * 64 + "${X}", False),
        ("py${X}", False),
        ("${X}++", False),
        ("${A}${B}", False),
    ],
)
def test_a_language_that_is_wrong_whatever_its_variables_hold_is_told_without_them(text, is_wrong):
    sandboxed = '[features.code_execution.mode.sandboxed]\nruntime = "docker"\n'
    found = unread(f'allowed_languages = ["python", "{text}"]\n{sandboxed}')

    assert ["invalid-language"] * is_wrong == [error.code for error in found]


def test_what_is_right_as_one_key_is_judged_as_another_again():
    text = "https://h.example.com/${X}"

    found = unread(f'allowed_languages = ["{text}", "{text}"]\n{EXTERNAL}url = "{text}"\n')
    assert ["invalid-language"] * 2 == [error.code for error in found]


def test_references_alone_load_nothing_that_explains(monkeypatch):
    monkeypatch.setitem(sys.modules, "codeexec_config.section.blame", None)

    assert [] == unread(f'allowed_languages = ["${{L}}", "${{A}}${{B}}"]\n{EXTERNAL}url = "${{U}}"\n')
    with pytest.raises(ImportError):
        unread_url("https://${H}")


PIECES = st.sampled_from(
    ("http", "https", "s", "://", "/", ":", "h.example.com", "h", "80", "8", "99999", " ", "#", "?a=", "@", "u:p@", "%")
) | st.sampled_from(("[", "]", "::1", "169.254.169.254", "metadata", ".", "ftp", "a/b", "\u00e9", "-"))
TEMPLATES = st.lists(PIECES | st.sampled_from(["${A}", "${B}", "${C}"]), min_size=1, max_size=7).map("".join)
VALUES = st.lists(PIECES, max_size=4).map("".join)


@given(TEMPLATES, st.fixed_dictionaries({"A": VALUES, "B": VALUES, "C": VALUES}))
@example("${A}://${B}", {"A": "https", "B": "h", "C": ""})
@examples(300)
def test_no_variables_make_a_url_right_that_is_refused_without_them(template, env):
    """Except for a user's name: the slash that would make it a path may be in a variable."""
    if any(found.code != "credentials-in-url" for found in unread_url(template)):
        assert check_text(f'{EXTERNAL}url = "{template}"\n', env=env).errors
