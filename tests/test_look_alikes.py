"""Characters that are invisible, or that look like others, in keys and values of a text that is TOML."""

# ruff: noqa: RUF001 -- look-alikes are the subject

from __future__ import annotations

import pytest

from codeexec_config import apply_fixes, check_text

H = "[features.code_execution]\n"
S = "[features.code_execution.mode.sandboxed]\n"
E = "[features.code_execution.mode.external]\n"
ZERO_WIDTH = "U+200B ZERO WIDTH SPACE"


@pytest.mark.parametrize(
    ("text", "said", "fixed"),
    [
        (H + '"time\u200bout_secs" = 3\n', ZERO_WIDTH, H + "timeout_secs = 3\n"),
        (H + '"еnabled" = false\n', "U+0435 CYRILLIC SMALL LETTER IE", H + "enabled = false\n"),
        (H + '"timeout＿secs" = 3\n', "U+FF3F FULLWIDTH LOW LINE", H + "timeout_secs = 3\n"),
        (H + '"\u202eenabled" = true\n', "U+202E RIGHT-TO-LEFT OVERRIDE", H + "enabled = true\n"),
        (H + 'mode = "wa\u200bsm"\n', ZERO_WIDTH, H + 'mode = "wasm"\n'),
        (H + "mode = 'wаsm'\n", "U+0430 CYRILLIC SMALL LETTER A", H + "mode = 'wasm'\n"),
        (H + 'mode = { "wаsm" = {} }\n', "U+0430 CYRILLIC SMALL LETTER A", H + "mode = { wasm = {} }\n"),
        (S + "runtime = 'dосker'\n", "U+043E CYRILLIC SMALL LETTER O", S + "runtime = 'docker'\n"),
        (S + "runtime = 'doc\u00adker'\n", "U+00AD SOFT HYPHEN", S + "runtime = 'docker'\n"),
        (H + "allowed_languages = ['pythоn']\n", "U+043E CYRILLIC", H + "allowed_languages = ['python']\n"),
        (H + "allowed_languages = ['python\u200b']\n", ZERO_WIDTH, H + "allowed_languages = ['python']\n"),
        (H + "allowed_languages = ['“python”']\n", "U+201C LEFT DOUBLE", H + "allowed_languages = ['python']\n"),
        (H + "enabled = 'ｔｒｕｅ'\n", "U+FF54 FULLWIDTH LATIN SMALL LETTER T", H + "enabled = true\n"),
        (H + "timeout_secs = '$\u200b{T}'\n", ZERO_WIDTH, None),
        (H + "timeout_secs = '${T\u200b}'\n", ZERO_WIDTH, None),
        (E + "api_key = '${K}'\nurl = 'ｈttps://h'\n", "U+FF48 FULLWIDTH", E + "api_key = '${K}'\nurl = 'https://h'\n"),
        (E + "api_key = '${K}'\nurl = 'https://exаmple.com'\n", "xn--exmple-4nf.com", None),
        (E + "url = 'https://h'\napi_key = '${K}\\n'\n".replace("'", '"'), 'write "${K}"', None),
    ],
)
def test_the_character_is_named_and_mended_where_that_is_certain(text: str, said: str, fixed: str | None) -> None:
    [finding] = check_text(text, env={"T": "3", "K": "k"}).errors

    assert said in f"{finding.message} {finding.help}"
    if fixed is not None:
        assert finding.fix
        assert fixed == apply_fixes(text, [finding.fix])


def test_a_letter_of_a_host_may_be_its_own() -> None:
    [finding] = check_text(E + "api_key = '${K}'\nurl = 'https://exаmple.com'\n", env={"K": "k"}).errors

    assert finding.fix is None


def test_a_character_of_a_key_between_braces_is_not_named() -> None:
    [finding] = check_text(E + "url = 'https://h'\napi_key = '${sk\u200blive}'\n", env={}).errors

    assert "U+" not in finding.message


@pytest.mark.parametrize(
    "header", ['[features."соde_execution"]', '["features\u00a0".code_execution]', '["соde_execution"]']
)
def test_a_header_that_looks_like_the_sections_is_a_near_miss(header: str) -> None:
    [finding] = check_text(f"{header}\ntimeout_secs = 3\n", env={}).diagnostics

    assert ("misplaced-section", "error") == (finding.code, finding.severity)
