"""The explanation of each code is true: its broken example has it, and the repaired one has nothing."""

import re

import pytest

from codeexec_config import Runtime, apply_fixes, check_file, check_text, load_policy
from codeexec_config.codes import CODES
from codeexec_config.explanations import EXPLANATIONS
from codeexec_config.limits import MAX_FILE_BYTES
from codeexec_config.model import VARIANTS

BUILT = {
    "unreadable-file": lambda text: None,
    "invalid-encoding": lambda text: text.encode("latin-1"),
    "file-too-large": lambda text: b"#" * MAX_FILE_BYTES + b"\n" + text.encode(),
}
"""How the `setting` of an example that is not about its text is made; None for no file at all."""


@pytest.fixture
def codes(tmp_path):
    def codes(explanation, text, build=str.encode):
        options = {"env": explanation.env, "allow_env": explanation.allow_env}
        if explanation.policy:
            (tmp_path / "policy.toml").write_text(explanation.policy)
            options["policy"] = load_policy(tmp_path / "policy.toml")
        path = tmp_path / "app.toml"
        raw = build(text)
        if raw is not None:
            path.write_bytes(raw)
        return {diagnostic.code for diagnostic in check_file(path, **options).diagnostics}

    return codes


def test_every_code_is_explained_and_nothing_else():
    assert set(CODES) == set(EXPLANATIONS)


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_the_broken_example_has_its_code_and_no_other(code, codes):
    explanation = EXPLANATIONS[code]

    assert {code} == codes(explanation, explanation.broken, BUILT.get(code, str.encode))


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_the_repaired_example_has_no_finding(code, codes):
    explanation = EXPLANATIONS[code]

    assert set() == codes(explanation, explanation.repaired)


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_the_broken_and_the_repaired_example_differ_in_what_is_wrong(code):
    explanation = EXPLANATIONS[code]

    assert (explanation.broken == explanation.repaired) == (code in BUILT)
    assert not BUILT.keys() & {code} or explanation.setting


@pytest.mark.parametrize(("code", "names"), [("unknown-mode", VARIANTS), ("unknown-runtime", Runtime)])
def test_what_lists_names_lists_them_all(code, names):
    explanation = EXPLANATIONS[code]

    assert all(name in f"{explanation.meaning} {explanation.reason}" for name in names)


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_texts_are_sentences_and_meanings_a_line(code):
    explanation = EXPLANATIONS[code]

    assert re.fullmatch(r"[a-z][^\n|]{10,100}[^.]", explanation.meaning)
    assert all(re.fullmatch(r"[A-Z][^\n]+\.", text) for text in (explanation.reason, explanation.cure))
    assert explanation.broken.endswith("\n")
    assert explanation.repaired.endswith("\n")


def test_what_is_fixed_of_a_broken_example_is_the_repaired_one():
    fixed = set()
    for code, explanation in EXPLANATIONS.items():
        found = check_text(explanation.broken, env=explanation.env).diagnostics
        fixes = [diagnostic.fix for diagnostic in found if diagnostic.fix is not None]
        if fixes and apply_fixes(explanation.broken, fixes) == explanation.repaired:
            fixed.add(code)

    assert {"unknown-key", "unknown-runtime", "wrong-type", "unknown-language", "duplicate-language"} <= fixed
