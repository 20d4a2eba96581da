"""`--policy FILE`: the host's policy on the command line, and what a broken one does."""

import json

import pytest

from codeexec_config.cli import main

APP = "[features.code_execution]\ntimeout_secs = 60\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(policy, app=APP):
        (tmp_path / "app.toml").write_text(app)
        (tmp_path / "policy.toml").write_text(policy)

    return write


def validate(*options):
    return main(["validate", "--policy", "policy.toml", *options, "app.toml"])


@pytest.mark.parametrize(("policy", "status"), [("max_timeout_secs = 60", 0), ("max_timeout_secs = 59", 1), ("", 0)])
def test_the_same_file_has_a_verdict_by_each_policy(files, policy, status):
    files(policy)

    assert status == validate()


def test_a_second_policy_is_a_usage_error(files, capsys):
    files("max_timeout_secs = 60")

    assert 2 == validate("--policy", "policy.toml")
    assert "--policy: given twice, but a check takes only one policy" in capsys.readouterr().err


def test_a_breach_shows_the_policy_s_own_line(files, capsys):
    files("# ours\nmax_timeout_secs = 59\n")

    assert 1 == validate()
    assert """\
error[policy-violation]: 60 is more than the policy's maximum of 59 seconds (`max_timeout_secs`)
 --> app.toml:2:16
""" in (out := capsys.readouterr().out)
    assert " --> policy.toml:2:" in out


def test_a_doubtful_policy_is_told_on_standard_error_and_holds(files, capsys):
    said = "policy.toml:1:14: warning[unknown-language]: unknown language `py`"
    files('languages = ["py", "javascript"]', f"{APP}allowed_languages = ['javascript']\n")

    for command, words in (["validate"], said), (["validate", "--quiet"], ""), (["show"], said):
        assert 0 == main([*command, "--policy", "policy.toml", "app.toml"])
        err = capsys.readouterr().err
        assert err.startswith(words)
        assert words or not err


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_many_processes_hold_files_to_it_too(files, capsys):
    files("max_timeout_secs = 59")

    assert 1 == main(["validate", "--policy", "policy.toml", "--jobs", "2", "--format", "concise", "app.toml", "."])
    assert "policy-violation" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("max_timeout = 5", "unknown-key"),
        ("max_timeout_secs = 0", "out-of-range"),
        ('modes = ["wasn"]', "unknown-mode"),
        ('minimum_isolation = "gvizor"', "unknown-runtime"),
        ('url_hosts = ["${H}"]', "reference-not-allowed"),
        ("max_timeout_secs =", "invalid-toml"),
    ],
)
def test_with_an_error_in_the_policy_no_other_file_is_judged(files, capsys, policy, code):
    files(policy, app="x =")

    assert 1 == validate("--format", "json")
    out, err = capsys.readouterr()
    [entry] = json.loads(out)["files"]
    assert ("policy.toml", False, [code]) == (entry["path"], entry["valid"], [d["code"] for d in entry["diagnostics"]])
    assert err.startswith("checked 1 file: 1 error")


def test_a_policy_that_cannot_be_read_is_status_2(files, capsys, tmp_path):
    files("")
    (tmp_path / "policy.toml").unlink()

    assert 2 == validate("--format", "concise")
    assert capsys.readouterr().out.startswith("policy.toml: error[unreadable-file]: ")


@pytest.mark.parametrize("command", ["validate", "show"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_text_in_place_of_a_policy_s_path_is_not_printed(files, capsys, command, form):
    files("")

    assert 2 == main([command, "--policy", 'api_key = "sk-live"', "--format", form, "app.toml"])
    out, err = capsys.readouterr()
    assert "<text>" in out
    assert "sk-live" not in out + err


def test_a_folder_is_no_policy_and_is_not_searched(files, capsys, tmp_path):
    files("")

    assert 2 == main(["validate", "--policy", str(tmp_path), "--format", "json", "app.toml"])
    assert [str(tmp_path)] == [entry["path"] for entry in json.loads(capsys.readouterr().out)["files"]]


def test_a_broken_policy_is_not_mended_and_nothing_else_is_either(files, tmp_path):
    files("max_timout_secs = 5", app="[features.code_execution]\ntimeout_sec = 5\n")

    assert 1 == validate("--fix")
    assert "max_timout_secs = 5" == (tmp_path / "policy.toml").read_text()
    assert "[features.code_execution]\ntimeout_sec = 5\n" == (tmp_path / "app.toml").read_text()


def test_fixes_are_held_to_the_policy(files, tmp_path):
    files("max_timeout_secs = 60", app="[features.code_execution]\ntimeout_sec = 5\n")

    assert 0 == validate("--fix")
    assert "[features.code_execution]\ntimeout_secs = 5\n" == (tmp_path / "app.toml").read_text()


def test_a_policy_s_variables_and_the_option_s_must_both_allow(files, capsys, monkeypatch):
    monkeypatch.setenv("A_T", "5")
    files('allow_env = ["A_*"]', app='[features.code_execution]\ntimeout_secs = "${A_T}"\n')

    assert 0 == validate()
    assert 1 == validate("--allow-env", "B_*")
    assert "forbidden-variable" in capsys.readouterr().out
