"""The laws hold for what is kept, and the fuzzer runs."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from codeexec_config import check_text
from tests.fuzzing import corpus, laws

ROOT = Path(__file__).parents[2]


def test_each_target_has_its_corpus():
    assert list(laws.TARGETS) == list(corpus.TARGETS)
    assert all(corpus.kept(target) for target in corpus.TARGETS)


@pytest.mark.parametrize("target", corpus.TARGETS)
def test_the_laws_hold_for_what_is_kept(target):
    for text in corpus.kept(target):
        laws.TARGETS[target](text)


@pytest.mark.parametrize("target", corpus.TARGETS)
def test_what_is_kept_is_in_order_and_there_once(target):
    lines = (corpus.HERE / f"{target}.jsonl").read_text("ascii").splitlines()

    assert sorted(set(lines), key=lambda line: (len(line), line)) == lines


def test_a_text_that_is_not_utf_8_comes_through():
    assert "a\udcff" == corpus.decode(b"a\xff")
    assert b"a\xff" == corpus.encode("a\udcff")


@pytest.mark.parametrize(
    ("target", "name", "wrong"),
    [
        ("check_text", "everything_said", lambda report: f"{laws.CANARY} {report}"),
        ("check_text", "masked", lambda text, _: text),
        ("check_text", "loads_quietly", lambda _: None),
        ("apply_fixes", "apply_fixes", lambda text, _: text),
        ("apply_fixes", "apply_fixes", lambda text, _: text.replace("timeout_sec ", "timeout_secs ") + "[other]\n"),
        ("references", "parse", lambda _: ()),
        ("references", "read_integer", lambda _: None),
    ],
)
def test_a_law_that_is_broken_is_noticed(target, name, wrong, monkeypatch):
    texts = {
        "check_text": '[features.code_execution]\ntimeout_secs = 31\nkye = "sk1canary9x"\n',
        "apply_fixes": "[features.code_execution]\ntimeout_sec = 31\n",
        "references": "31",
    }
    text = texts[target] if name != "loads_quietly" else "[features.code_execution]\ntimeout_secs = 31\n"
    laws.TARGETS[target](text)
    monkeypatch.setattr(laws, name, wrong)

    with pytest.raises(AssertionError):
        laws.TARGETS[target](text)


def test_the_secrets_that_are_looked_for_are_those_of_the_section():
    text = '[features.code_execution]\nkye = "sk1canary9x"\n[other]\nkye = "sk2canary9x"\n'

    assert check_text(text).errors
    assert {"sk1canary9x"} == laws.secrets_of(text)
    assert {"sk3canary9x"} == laws.secrets_of("[a]\nb = sk3canary9x\n")


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed: the extra is fuzz")
def test_the_fuzzer_runs_and_finds_what_is_broken(tmp_path):
    run = [sys.executable, "-m", "tests.fuzzing", "references", "--seconds", "1", "--folder", str(tmp_path)]
    assert 0 == subprocess.run(run, cwd=ROOT, capture_output=True, check=False).returncode

    (tmp_path / "broken-law").write_bytes(b"text")
    done = subprocess.run(run, cwd=ROOT, capture_output=True, check=False, text=True)
    assert (1, f"broken-law {json.dumps('text')}") == (done.returncode, done.stdout.splitlines()[-1])
