"""The JSON Schema: its description of each key, the files it is published as, and the command that writes them."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import jsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import codeexec_config
from codeexec_config import CodeExecutionConfig, External, Sandboxed, json_schema, limits
from codeexec_config._version import VERSION
from codeexec_config.cli import schema as command
from codeexec_config.schema import file_name, schema_text
from tests.counts import examples
from tests.facts import MODES, RUNTIMES
from tests.test_schema_verdict import JUDGES, slipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parents[1] / "schemas"
KINDS, DRAFTS = limits.SCHEMA_KINDS, limits.SCHEMA_DRAFTS
EVERY = [(kind, draft) for kind in KINDS for draft in DRAFTS]
CANARY = "sk-live-canary"


def section_of(schema: dict[str, Any]) -> dict[str, Any]:
    for part in limits.SECTION.split("."):
        schema = schema["properties"][part]
    return schema


def keys_of(table: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in table["properties"].items():
        yield name, schema
        if "properties" in schema:
            yield from keys_of(schema)


SECTION = json_schema("section")
KEYS = dict(keys_of(SECTION))


# The files


@pytest.mark.parametrize(("kind", "draft"), EVERY)
def test_the_committed_file_is_what_is_generated(kind: Any, draft: Any) -> None:
    committed = (FOLDER / file_name(kind, draft)).read_text("utf-8")

    assert committed == schema_text(kind, draft), "run: python -m codeexec_config schema --output"


def test_the_folder_holds_these_four_files() -> None:
    assert {"document.draft-07.json", "section.draft-07.json", "document.2020-12.json", "section.2020-12.json"} == {
        path.name for path in FOLDER.iterdir()
    }


@pytest.mark.parametrize(("kind", "draft"), EVERY)
def test_a_file_says_what_it_is_before_anything_else(kind: Any, draft: Any) -> None:
    schema = json_schema(kind, draft)

    assert ["$schema", "$id", "$comment", "title"] == list(schema)[:4]
    assert f"https://example.com/schemas/{file_name(kind, draft)}" == schema["$id"]
    assert VERSION in schema["$comment"]


@pytest.mark.parametrize(("kind", "draft"), EVERY)
def test_it_is_valid_by_its_own_draft(kind: Any, draft: Any) -> None:
    schema = json_schema(kind, draft)
    judge = type(JUDGES[kind, draft])

    assert judge is jsonschema.validators.validator_for(schema)
    assert judge.META_SCHEMA["$schema"] == schema["$schema"]
    judge.check_schema(schema)


@pytest.mark.parametrize(("kind", "draft"), [("table", "7"), ("document", "4"), ("document", 7), (None, "7")])
def test_another_kind_or_draft_is_a_value_error(kind: Any, draft: Any) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        json_schema(kind, draft)


def test_a_caller_may_change_what_it_gets() -> None:
    json_schema()["properties"].clear()
    section_of(json_schema())["properties"]["timeout_secs"]["examples"].clear()

    assert schema_text("document", "7") == (FOLDER / "document.draft-07.json").read_text("utf-8")


def test_importing_the_package_loads_neither_the_schema_nor_json() -> None:
    script = "import codeexec_config, sys; print(*sorted({'codeexec_config.schema', 'json'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    assert "\n" == done.stdout


@pytest.mark.parametrize("name", ["yaml_schema", "json"])
def test_the_package_makes_no_other_name_on_demand(name: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(codeexec_config, name)


# The keys


def test_the_keys_are_the_models_in_its_order() -> None:
    assert [field.name for field in attrs.fields(CodeExecutionConfig)] == list(SECTION["properties"])
    assert [field.name for field in attrs.fields(Sandboxed)] == list(KEYS["sandboxed"]["properties"])
    assert [field.name for field in attrs.fields(External)] == list(KEYS["external"]["properties"])
    assert list(MODES) == list(KEYS["mode"]["properties"])


@pytest.mark.parametrize("name", KEYS)
def test_every_key_has_a_description_and_examples(name: str) -> None:
    assert KEYS[name]["description"].endswith(".")
    assert KEYS[name]["examples"]


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("draft", DRAFTS)
def test_examples_and_default_are_values_that_the_key_takes(name: str, draft: Any) -> None:
    schema = dict(keys_of(json_schema("section", draft)))[name]
    judge = type(JUDGES["section", draft])(schema)

    for value in [*schema["examples"], *([schema["default"]] if "default" in schema else [])]:
        judge.validate(value)


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("enabled", True),
        ("mode", "wasm"),
        ("allowed_languages", ["python", "javascript"]),
        ("timeout_secs", 30),
        ("max_memory_mb", 256),
    ],
)
def test_a_default_is_named_and_said(name: str, default: object) -> None:
    assert default == KEYS[name]["default"]
    assert "Default: `" in KEYS[name]["description"]


@pytest.mark.parametrize("name", ["runtime", "url", "api_key", "wasm", "sandboxed", "external"])
def test_what_has_no_default_shows_none(name: str) -> None:
    assert "default" not in KEYS[name]


@pytest.mark.parametrize(
    ("name", "phrases"),
    [
        ("timeout_secs", ["seconds", "86400", "`30`", "${"]),
        ("max_memory_mb", ["MiB", "1048576", "at least 6", "4096", "`256`", "${"]),
        ("enabled", ["environment", "`true`", "${"]),
        ("mode", ["`wasm`:", "`sandboxed`:", "`external`:"]),
        ("runtime", ["`docker`:", "`gvisor`:", "`firecracker`:"]),
        ("api_key", ["${CODE_EXEC_API_KEY}"]),
    ],
)
def test_a_description_says_what_a_person_needs(name: str, phrases: list[str]) -> None:
    for phrase in phrases:
        assert phrase in KEYS[name]["description"]


def test_each_offered_value_has_a_text_of_its_own() -> None:
    language = KEYS["allowed_languages"]["items"]["anyOf"][0]
    for offered, names in [(KEYS["runtime"], RUNTIMES), (language, limits.KNOWN_LANGUAGES)]:
        texts = offered["x-taplo"]["docs"]["enumValues"]

        assert list(names) == offered["enum"]
        assert len(names) == len(set(texts))


# What a message may print


CARRIER = st.fixed_dictionaries(
    {"mode": st.fixed_dictionaries({"external": st.just({"url": "https://h", "api_key": CANARY})})},
    optional={"timeout_secs": st.just(30), "allowed_languages": st.just(["ruby"])},
)


@examples(300)
@given(slipped(CARRIER))
def test_no_message_on_a_slip_prints_the_key_beside_it(section: dict[str, Any]) -> None:
    external = isinstance(section.get("mode"), dict) and section["mode"].get("external")
    assume(isinstance(external, dict) and external.get("api_key") == CANARY)

    for draft in DRAFTS:
        messages = [error.message for error in JUDGES["section", draft].iter_errors(section)]
        assert CANARY not in "\n".join(messages)


@pytest.mark.parametrize("second", ["wasm", "sandboxed"])
def test_a_second_variant_is_refused_without_printing_the_key(second: str) -> None:
    section: dict[str, Any] = {
        "mode": {"external": {"url": "https://h", "api_key": CANARY}, second: KEYS[second]["examples"][0]}
    }
    (error,) = JUDGES["section", "7"].iter_errors(section)

    assert "mode" == error.path[0]
    assert CANARY not in error.message


# The command


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    options = parser.parse_args(["schema", *map(str, arguments)])
    status: int = options.run(options)
    return status


@pytest.mark.parametrize(("kind", "draft"), EVERY)
def test_it_prints_the_kind_and_draft_asked_for(kind: Any, draft: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run("--kind", kind, "--draft", draft)
    assert (schema_text(kind, draft), "") == capsys.readouterr()


def test_it_prints_the_draft_07_document_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run()
    assert schema_text("document", "7") == capsys.readouterr().out


def test_it_says_the_same_without_docstrings() -> None:
    command = [sys.executable, "-OO", "-m", "codeexec_config", "schema"]

    assert schema_text("document", "7") == subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_output_writes_a_file_and_leaves_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.json"
    file.write_text("old")

    assert 0 == run("--kind", "section", "--output", file)
    assert schema_text("section", "7") == file.read_text("utf-8")
    assert [file] == list(tmp_path.iterdir())
    assert ("", "") == capsys.readouterr()


def test_a_hyphen_is_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert 0 == run("--output", "-")
    assert schema_text("document", "7") == capsys.readouterr().out
    assert [] == list(tmp_path.iterdir())


def test_output_may_be_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    assert 0 == run("--output", tmp_path / "new.json")
    assert schema_text("document", "7") == (tmp_path / "new.json").read_text("utf-8")


def test_output_keeps_the_mode_of_a_file_that_it_replaces(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.touch(0o600)

    assert 0 == run("--output", file)
    assert 0o600 == file.stat().st_mode & 0o777


def test_output_into_a_pipe_leaves_it_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text("utf-8")), daemon=True)
    got: list[str] = []
    reader.start()

    assert 0 == run("--output", pipe)
    reader.join(10)
    assert [schema_text("document", "7")] == got
    assert pipe.is_fifo()


def test_output_goes_through_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to("real.json")

    assert 0 == run("--output", link)
    assert link.is_symlink()
    assert schema_text("document", "7") == (tmp_path / "real.json").read_text("utf-8")


PROGRAM = "python -m codeexec_config"


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "s.json"
    file.write_text("old")
    monkeypatch.setattr(os, "replace", refuse)

    assert 2 == run("--output", file)
    assert "old" == file.read_text("utf-8")
    assert [file] == list(tmp_path.iterdir())
    assert (
        "",
        f"{PROGRAM} schema: error: {file}: the file cannot be written: no space left on device\n",
    ) == capsys.readouterr()


def test_check_is_silent_about_a_file_that_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run("--check", FOLDER / "document.draft-07.json")
    assert ("", "") == capsys.readouterr()


@pytest.mark.parametrize("change", [str.upper, lambda text: text + " ", lambda text: text[:-1], lambda _: ""])
def test_check_says_how_to_renew_a_file_that_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[str], str]
) -> None:
    file = tmp_path / "my schema.json"
    file.write_text(change(schema_text("section", "2020-12")))
    options = ["--kind", "section", "--draft", "2020-12"]

    assert 1 == run(*options, "--check", file)
    renew = shlex.split(capsys.readouterr().out.partition(": regenerate it with ")[2])
    assert ["python", "-m", "codeexec_config", "schema"] == renew[:4]
    assert 0 == run(*renew[4:])
    assert 0 == run(*options, "--check", file)


@pytest.mark.parametrize("option", ["--check", "--output"])
@pytest.mark.parametrize("place", [".", "absent/s.json"])
def test_a_place_that_cannot_be_read_or_written_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, place: str
) -> None:
    assert 2 == run(option, tmp_path / place)
    out, err = capsys.readouterr()
    assert "" == out
    assert err.startswith(f"{PROGRAM} schema: error: {tmp_path / place}: ")


@pytest.mark.parametrize("arguments", [["--kind", "table"], ["--draft", "4"], ["--check", "a", "--output", "b"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        run(*arguments)

    assert 2 == exit_.value.code
    assert "usage: " in capsys.readouterr().err
