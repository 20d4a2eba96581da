"""`init`: files to start from, valid as they are and generated from the model's descriptions."""

import re
import tomllib

import pytest

from codeexec_config import Policy, check_text, load_policy, loads
from codeexec_config.cli import main
from codeexec_config.cli.init import policy_text, section_text
from codeexec_config.keys import keys_of
from codeexec_config.limits import SECTION
from codeexec_config.model import VARIANTS, CodeExecutionConfig
from codeexec_config.schema import BASE_URL

SET = {"CODE_EXEC_API_KEY": "example"}


@pytest.fixture
def printed(capsys):
    def printed(*options):
        assert 0 == main(["init", *options])
        return capsys.readouterr().out

    return printed


def words(text):
    """Return the words of all comments, even if they are wrapped."""
    return " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))


@pytest.mark.parametrize("mode", VARIANTS)
def test_a_file_is_valid_as_it_stands(printed, mode):
    text = printed("--mode", mode)

    assert isinstance(loads(text, env=SET, strict=True).mode, VARIANTS[mode])
    assert () == check_text(text, env=SET).diagnostics


def test_the_external_file_needs_its_variable_and_nothing_else(printed):
    assert ["unset-variable"] == [found.code for found in check_text(printed("--mode", "external"), env={}).diagnostics]


@pytest.mark.parametrize("mode", VARIANTS)
def test_a_file_names_its_schema_first(mode):
    assert section_text(mode).startswith(f"#:schema {BASE_URL}document.draft-07.json\n\n[{SECTION}]\n")


@pytest.mark.parametrize("mode", VARIANTS)
def test_every_key_stands_under_its_description(mode):
    text = section_text(mode)
    table = tomllib.loads(text)["features"]["code_execution"]

    assert {key.name for key in keys_of(CodeExecutionConfig)} == table.keys()
    assert {key.name for key in keys_of(VARIANTS[mode])} == (
        set(table["mode"][mode]) if keys_of(VARIANTS[mode]) else set()
    )
    for key in (*keys_of(CodeExecutionConfig), *keys_of(VARIANTS[mode])):
        assert key.text[1:] in words(text)
        if key.kind == "choice":
            assert all(f"{name}: {summary}." in words(text) for name, summary in key.choices.items())


@pytest.mark.parametrize("text", [*map(section_text, VARIANTS), policy_text()])
def test_lines_are_short_and_none_is_left_blank_twice(text):
    assert max(map(len, text.splitlines())) <= 100
    assert "\n\n\n" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_the_mode_is_wasm_by_default(printed):
    assert printed() == printed("--mode", "wasm")


def test_a_policy_file_forbids_nothing_as_it_stands(printed, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(printed("--policy"))

    assert Policy() == load_policy(path)


def test_every_entry_of_a_policy_is_there_to_be_uncommented(printed, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", printed("--policy"), flags=re.MULTILINE))

    policy = load_policy(path)

    assert [key.name for key in keys_of(Policy)] == list(tomllib.loads(path.read_text()))
    assert all(getattr(policy, key.name) != key.default for key in keys_of(Policy))
    assert all(key.text[1:] in words(path.read_text()) for key in keys_of(Policy))


def test_a_file_is_written_once_and_never_over_another(printed, tmp_path, capsys):
    path = tmp_path / "app.toml"

    assert "" == printed("--mode", "sandboxed", "--output", str(path))
    assert section_text("sandboxed") == path.read_text()
    assert 2 == main(["init", "--output", str(path)])
    assert section_text("sandboxed") == path.read_text()
    assert f" init: error: {path} already exists; nothing was overwritten\n" in capsys.readouterr().err


def test_a_hyphen_is_standard_output(printed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert section_text("wasm") == printed("--output", "-")
    assert [] == list(tmp_path.iterdir())


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path, capsys):
    (tmp_path / "link.toml").symlink_to(tmp_path / "target.toml")

    assert 2 == main(["init", "--output", str(tmp_path / "link.toml")])
    assert not (tmp_path / "target.toml").exists()


@pytest.mark.parametrize(("name", "reason"), [("absent/app.toml", "no such file"), ("a\0b", "no file can")])
def test_a_file_that_cannot_be_written_is_a_usage_error(name, reason, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert 2 == main(["init", "--output", name])
    assert f": {reason}" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_whole_is_not_left_behind(tmp_path, capsys):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        status = main(["init", "--output", str(tmp_path / "app.toml")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert 2 == status
    assert [] == list(tmp_path.iterdir())
    assert "app.toml: file too large\n" in capsys.readouterr().err


def test_a_mode_and_a_policy_do_not_go_together(capsys):
    assert 2 == main(["init", "--mode", "wasm", "--policy"])
    assert "not allowed with" in capsys.readouterr().err
