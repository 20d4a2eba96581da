"""The examples are what the page shows, and they load."""

import tomllib
from pathlib import Path

import pytest

from codeexec_config import (
    CodeExecutionConfig,
    ConfigError,
    External,
    Policy,
    Runtime,
    Sandboxed,
    Wasm,
    check_file,
    load,
    load_policy,
)
from codeexec_config.cli import main

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(FOLDER.glob("*.toml"))
POLICY = FOLDER / "policies" / "shared-host.toml"
KEY = {"CODE_EXEC_API_KEY": "canary"}
EXTERNAL = [path for path in EXAMPLES if "CODE_EXEC_API_KEY" in path.read_text(encoding="utf-8")]


def test_there_is_an_example_for_each_block_of_the_page_and_a_whole_host_file():
    assert {
        "complete-client-side",
        "complete-docker",
        "complete-external",
        "external",
        "host",
        "main-settings",
        "sandboxed",
        "wasm",
    } == {path.stem for path in EXAMPLES}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_loads_without_a_warning(path):
    assert isinstance(load(path, env=KEY, strict=True), CodeExecutionConfig)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid_on_the_command_line(path, monkeypatch, capsys):
    monkeypatch.setenv("CODE_EXEC_API_KEY", "canary")

    assert 0 == main(["validate", str(path)])
    assert "" == capsys.readouterr().out


@pytest.mark.parametrize("path", EXTERNAL, ids=lambda path: path.stem)
def test_an_external_example_needs_its_key(path):
    text = path.read_text(encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load(path, env={})

    [finding] = caught.value.diagnostics
    assert "unset-variable" == finding.code
    assert text[finding.span.start.offset :].startswith("${CODE_EXEC_API_KEY")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_names_its_schema_in_the_first_line(path):
    assert path.read_text(encoding="utf-8").startswith("#:schema ../schemas/document.draft-07.json\n")


def test_the_whole_host_file_is_read_for_its_section_alone():
    data = tomllib.loads((FOLDER / "host.toml").read_text(encoding="utf-8"))

    report = check_file(FOLDER / "host.toml", env=KEY)

    assert "${OPENAI_API_KEY}" == data["providers"][0]["api_key"]
    assert ("CODE_EXEC_API_KEY", "CODE_EXEC_TIMEOUT") == report.env_reads
    assert 90 == report.config.timeout_secs
    assert External(url="https://code-exec.internal.example.com/v2", api_key=report.config.mode.api_key) == (
        report.config.mode
    )


def test_the_page_says_what_the_config_holds():
    assert Wasm() == load(FOLDER / "main-settings.toml").mode
    assert Sandboxed(runtime=Runtime.DOCKER) == load(FOLDER / "complete-docker.toml").mode
    assert ("python", "javascript", "bash", "ruby") == load(FOLDER / "complete-docker.toml").allowed_languages


def test_the_policy_of_a_shared_host_sets_ceilings():
    policy = load_policy(POLICY)

    assert policy == load_policy(POLICY) != Policy()
    assert (120, 1024, Runtime.GVISOR) == (policy.max_timeout_secs, policy.max_memory_mb, policy.minimum_isolation)
    assert {"shared-host"} == {path.stem for path in POLICY.parent.iterdir()}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_policy_of_a_shared_host_refuses_what_asks_for_more(path):
    """The same files are valid without it, and under a policy that forbids nothing."""
    refused = {
        "complete-docker": ["runtime"],
        "complete-external": ["allowed_languages", "allowed_languages", "max_memory_mb", "url"],
        "external": ["allowed_languages"],
        "sandboxed": ["runtime"],
    }

    report = check_file(path, env=KEY, policy=load_policy(POLICY))

    assert {"policy-violation"} >= {finding.code for finding in report.diagnostics}
    assert all(related.file == str(POLICY) for finding in report.diagnostics for related in finding.related)
    names = [[part for part in finding.path if isinstance(part, str)][-1] for finding in report.diagnostics]
    assert refused.get(path.stem, []) == names
    assert () == check_file(path, env=KEY, policy=Policy()).diagnostics


def test_the_commands_that_the_policy_of_a_shared_host_shows_work(monkeypatch, capsys):
    commands = [line.split()[2:] for line in POLICY.read_text(encoding="utf-8").splitlines() if "#   codeexec" in line]
    monkeypatch.chdir(FOLDER.parent)

    for command in commands:
        assert 0 == main([*command[:-1], "examples/wasm.toml"])
    assert ["validate", "show"] == [command[0] for command in commands]
    assert "(policy: max_timeout_secs = 120)" in capsys.readouterr().out
