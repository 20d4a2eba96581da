"""`show`: the effective config, each value with its origin."""

import io
import json

import pytest

from codeexec_config import check_text
from codeexec_config.cli import main

HEAD = "[features.code_execution]\n"
TEXT = """\
[features.code_execution]
timeout_secs = "${T:-5}"
allowed_languages = ["python", "r"]
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${K:?no key}"
"""
SHOWN = """\
features.code_execution.enabled = true                                                   # default
features.code_execution.mode.external.url = "https://code-exec.example.com"              # app.toml:5:7
features.code_execution.mode.external.api_key = "${K}"                                   # ${K}, app.toml:6:11
features.code_execution.allowed_languages = ["python", "r"]                              # app.toml:3:21
features.code_execution.timeout_secs = "${T}"                                            # ${T}, app.toml:2:16
features.code_execution.max_memory_mb = 256                                              # default
"""


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("K", "T"):
        monkeypatch.delenv(name, raising=False)

    def show(text, *options, policy=None, status=0):
        (tmp_path / "app.toml").write_text(text)
        if policy is not None:
            (tmp_path / "policy.toml").write_text(policy)
            options = (*options, "--policy", "policy.toml")
        assert status == main(["show", *options, "app.toml"])
        return capsys.readouterr()

    return show


def squeezed(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_each_value_has_its_origin_behind_it(show, monkeypatch):
    monkeypatch.setenv("K", "sk-canary")
    out, err = show(TEXT)

    assert squeezed(SHOWN) == squeezed(out)
    assert 1 == len({line.rindex("  # ") for line in out.splitlines()})
    assert "" == err


def test_no_variable_is_needed_offline(show):
    assert squeezed(SHOWN) == squeezed(show(TEXT, "--offline").out)


def test_json_is_that_of_the_contract(show):
    shown = json.loads(show(TEXT, "--offline", "--format", "json").out)

    assert ["version", "path", "values"] == list(shown)
    assert (1, "app.toml") == (shown["version"], shown["path"])
    assert [
        {
            "path": ["features", "code_execution", "enabled"],
            "value": True,
            "origin": {"kind": "default", "line": None, "column": None, "reference": None},
        },
        {
            "path": ["features", "code_execution", "mode", "external", "url"],
            "value": "https://code-exec.example.com",
            "origin": {"kind": "file", "line": 5, "column": 7, "reference": None},
        },
        {
            "path": ["features", "code_execution", "mode", "external", "api_key"],
            "value": "${K}",
            "origin": {"kind": "environment", "line": 6, "column": 11, "reference": "${K}"},
        },
    ] == shown["values"][:3]


def test_text_and_json_are_views_of_the_report_s_origins(show):
    origins = check_text(TEXT, offline=True, origins=True).origins
    out = show(TEXT, "--offline", "--format", "json").out

    assert [(list(origin.path), origin.value, origin.kind, origin.reference) for origin in origins] == [
        (value["path"], value["value"], value["origin"]["kind"], value["origin"]["reference"])
        for value in json.loads(out)["values"]
    ]


def test_a_literal_key_is_masked_and_a_warning_is_told_beside_it(show):
    out, err = show(TEXT.replace("${K:?no key}", "hunter2"), "--offline")

    assert 'api_key = "**********"' in out
    assert err.startswith("app.toml:6:11: warning[literal-secret]: ")
    assert "hunter2" not in out + err


def test_a_file_with_errors_is_refused_by_printing_them(show):
    out, err = show(HEAD + "timeout_sec = 5\n", status=1)

    assert out.startswith("error[unknown-key]: ")
    assert " = 5" not in out
    assert "" == err


def test_the_errors_of_a_file_are_json_for_who_wants_json(show):
    shown = json.loads(show(HEAD + "timeout_sec = 5\n", "--format", "json", status=1).out)

    assert {"files": 1, "valid": 0, "errors": 1, "warnings": 0} == shown["summary"]
    assert ["unknown-key"] == [found["code"] for found in shown["files"][0]["diagnostics"]]


def test_a_file_that_cannot_be_read_is_status_2(show, capsys):
    assert 2 == main(["show", "absent.toml"])
    assert capsys.readouterr().out.startswith("error[unreadable-file]: ")


def test_an_absent_section_is_all_defaults_and_a_note(show):
    out, err = show("")

    assert 5 == out.count("  # default\n") == len(out.splitlines())
    assert "note[section-not-found]" in err


@pytest.mark.parametrize(
    ("text", "policy", "line"),
    [
        ("", "max_timeout_secs = 60", "timeout_secs = 30 # default (policy: max_timeout_secs = 60)"),
        ("", "max_memory_mb = 512", "max_memory_mb = 256 # default (policy: max_memory_mb = 512)"),
        ("", 'modes = ["wasm"]', 'mode = "wasm" # default (policy: modes = ["wasm"])'),
        (
            'mode = { sandboxed = { runtime = "gvisor" } }',
            'runtimes = ["gvisor"]\nminimum_isolation = "gvisor"',
            (
                'mode.sandboxed.runtime = "gvisor" # app.toml:2:34'
                ' (policy: runtimes = ["gvisor"]; minimum_isolation = "gvisor")'
            ),
        ),
        (
            'mode = { external = { url = "http://h", api_key = "${K}" } }',
            'url_hosts = ["h"]\ninsecure_hosts = ["h"]\nallow_literal_secrets = false',
            'mode.external.url = "http://h" # app.toml:2:29 (policy: url_hosts = ["h"]; insecure_hosts = ["h"])',
        ),
        (
            'allowed_languages = ["python"]',
            'languages = ["python", "r"]',
            'allowed_languages = ["python"] # app.toml:2:21 (policy: languages = ["python", "r"])',
        ),
    ],
)
def test_a_policy_s_ceiling_stands_beside_the_value(show, text, policy, line):
    out = squeezed(show(HEAD + text + "\n", "--offline", policy=policy).out)

    assert f"features.code_execution.{line}" in out
    assert 1 == sum(policy.split(" = ")[0] + " = " in shown.partition("(policy: ")[2] for shown in out)


def test_the_ceiling_is_in_the_json_too(show):
    values = json.loads(show(HEAD, "--format", "json", policy="max_timeout_secs = 60").out)["values"]

    assert {"timeout_secs": {"max_timeout_secs": 60}} == {
        value["path"][-1]: value["ceilings"] for value in values if "ceilings" in value
    }


def test_a_breach_of_the_policy_is_refused(show):
    assert "policy-violation" in show(HEAD + "timeout_secs = 9\n", policy="max_timeout_secs = 5", status=1).out


def test_a_broken_policy_is_shown_instead(show):
    assert "policy.toml:1:1" in show("x =", policy="max = 5", status=1).out


def test_another_section_is_quoted_where_it_must_be(show):
    out = show("[a.'b c']\ntimeout_secs = 9\n", "--section", "a.'b c'").out

    assert 'a."b c".timeout_secs = 9 # app.toml:2:16' in squeezed(out)


def test_what_moves_the_cursor_is_not_printed(show):
    out = show("[a.'b\u202ec']\ntimeout_secs = 9\n", "--section", "a.'b\u202ec'").out

    assert "\u202e" not in out
    assert "\\u{202e}" in out


def test_standard_input_and_variables_from_a_file(show, tmp_path, monkeypatch, capsys):
    class _Piped:
        buffer = io.BytesIO(TEXT.encode())

    monkeypatch.setattr("sys.stdin", _Piped)
    (tmp_path / "a.env").write_text("K=sk-canary\n")

    assert 0 == main(["show", "--env-file", "a.env", "-"])
    out = capsys.readouterr().out
    assert "# ${K}, -:6:11" in out
    assert "canary" not in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--section", "a..b", "x"], "--section: "),
        (["--offline", "--env-file", "a.env", "x"], "--offline reads no environment"),
        (["--env-file", "-", "-"], "standard input cannot be both"),
        (["--secrets-dir", "absent", "x"], "--secrets-dir: no such folder"),
    ],
)
def test_a_usage_error_is_said_on_standard_error(show, capsys, options, said):
    assert 2 == main(["show", *options])
    out, err = capsys.readouterr()
    assert "" == out
    assert f" show: error: {said}" in err
