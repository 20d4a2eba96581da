"""The formats of `validate` for machines, each read by a consumer."""

import json
import shutil
import subprocess
from urllib.parse import unquote

import pytest

from codeexec_config.cli import main
from codeexec_config.cli.formats import FORMATS
from tests import workflow_commands

HOSTILE = "a%0A,b::c.toml"
BROKEN = "[features.code_execution]\ntimeout_sec = 5\nallowed_languages = ['python', 'python']\n"
GOOD = "[features.code_execution]\n"
CODES = ["unknown-key", "duplicate-language"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(form, *options, files, status=1):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        assert status == main(["validate", "--format", form, *options, *files])
        return capsys.readouterr().out

    return run


def sarif_results(out):
    return json.loads(out)["runs"][0]["results"]


def uri(result):
    return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_the_formats_are_these():
    assert ["text", "concise", "json", "sarif", "github"] == list(FORMATS)


def test_a_hostile_name_survives_json(run):
    assert [HOSTILE] == [entry["path"] for entry in json.loads(run("json", files={HOSTILE: BROKEN}))["files"]]


def test_jq_reads_the_json(run):
    jq = shutil.which("jq")
    if jq is None:
        pytest.skip("jq is not on this machine")
    out = run("json", files={HOSTILE: BROKEN, "good.toml": GOOD})

    done = subprocess.run(
        [jq, "-r", '.files[] | select(.valid | not) | .path as $path | .diagnostics[] | "\\($path) \\(.code)"'],
        input=out,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [f"{HOSTILE} {code}" for code in CODES] == done.stdout.splitlines()


def test_a_hostile_name_survives_sarif(run):
    found = sarif_results(run("sarif", files={HOSTILE: BROKEN}))

    assert CODES == [result["ruleId"] for result in found]
    assert {"a%250A%2Cb%3A%3Ac.toml"} == {uri(result) for result in found}
    assert HOSTILE == unquote(uri(found[0]))


def test_a_hostile_name_survives_workflow_commands(run):
    read = workflow_commands.read(run("github", files={HOSTILE: BROKEN}))

    assert [(HOSTILE, code) for code in CODES] == [(one.properties["file"], one.properties["title"]) for one in read]
    assert all(one.data.startswith(f"{HOSTILE}:") for one in read)


@pytest.mark.parametrize("form", ["text", "concise"])
def test_a_hostile_name_survives_what_people_read(run, form):
    assert f"{HOSTILE}:2:1" in run(form, files={HOSTILE: BROKEN})


def test_sarif_that_is_put_together_is_written_as_one(run):
    for files in ({}, {"a.toml": BROKEN}, {"a.toml": BROKEN, "b.toml": GOOD, "c.toml": BROKEN}):
        out = run("sarif", files=files or {"b.toml": GOOD}, status=int(bool(files)))

        assert f"{json.dumps(json.loads(out), ensure_ascii=False, indent=2)}\n" == out
        assert [name for name in files if name != "b.toml" for _ in CODES] == [uri(r) for r in sarif_results(out)]


def test_a_good_file_has_no_line_of_its_own(run):
    assert "" == run("github", files={"b.toml": GOOD}, status=0)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("form", FORMATS)
def test_quiet_prints_what_fails_in_every_format(run, form, strict):
    out = run(form, "--quiet", *(["--strict"] if strict else []), files={"a.toml": BROKEN})

    assert (["unknown-key", "duplicate-language"] if strict else ["unknown-key"]) == [
        code for code in CODES if f"[{code}]" in out or f'"ruleId": "{code}"' in out or f'"code": "{code}"' in out
    ]


@pytest.mark.parametrize(("text", "status"), [(GOOD + "allowed_languages = ['python', 'python']\n", 1), ("", 0)])
@pytest.mark.parametrize("form", FORMATS)
def test_strict_fails_for_warnings_and_never_for_notes(run, form, text, status):
    assert "" != run(form, "--strict", files={"a.toml": text}, status=status)


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_a_diff_does_not_stand_in_what_machines_read(run, form, capsys):
    assert "" == run(form, "--diff", files={"a.toml": BROKEN}, status=2)


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_what_is_left_after_fixes_is_what_is_printed(run, form):
    out = run(form, "--fix", files={"a.toml": BROKEN + "max_memory_mb = 0\n"})

    assert "out-of-range" in out
    assert "timeout_sec`" not in out


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_no_secret_is_in_them(run, form, monkeypatch):
    monkeypatch.setenv("K", "sk-canary\n")
    secret = '[features.code_execution.mode.external]\nurl = "https://h"\napi_key = "${K}"\nkee = "hunter2"\n'

    out = run(form, files={"a.toml": secret, "b.toml": 'x = "hunter2'})

    assert "invalid-toml" in out
    assert "malformed-secret" in out
    assert "hunter2" not in out
    assert "canary" not in out
