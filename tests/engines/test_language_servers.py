"""What a person sees in an editor: Taplo's server (Even Better TOML in VS Code) and Tombi's, on open files."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from codeexec_config import Runtime, limits
from codeexec_config.schema import json_schema
from tests.engines.documents import BROKEN, EXAMPLES, RIGHT, Broken, assert_points_at
from tests.facts import MODES, RUNTIMES, SECTION_KEYS
from tests.test_schema import KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engines.language_server import LanguageServer

ATTACHED = "#:schema ../schemas/document.draft-07.json\n\n"
SECTION = "[features.code_execution]\n"
_numbers = count()


class Place:
    """A place in an open file, marked in its text by `|`."""

    def __init__(self, server: LanguageServer, workspace: Path, text: str) -> None:
        before, _, after = text.partition("|")
        self.server = server
        self.uri = show(server, workspace, before + after)
        self.line = before.count("\n")
        self.column = len(before) - before.rfind("\n") - 1

    def offers(self) -> list[str]:
        """Return what is offered here."""
        return self.server.complete(self.uri, self.line, self.column)

    def explanation(self) -> str:
        """Return what is shown over this place."""
        return self.server.hover(self.uri, self.line, self.column)


def show(server: LanguageServer, workspace: Path, text: str) -> str:
    """Open a new file with a text, and wait until the server has judged it."""
    file = workspace / "examples" / f"{next(_numbers)}.toml"
    file.write_text(text, "utf-8")
    uri = server.open(file)
    server.findings(uri)
    return uri


# Findings


@pytest.mark.parametrize("name", [*EXAMPLES, *RIGHT])
def test_nothing_is_marked_in_a_right_document(server: LanguageServer, workspace: Path, name: str) -> None:
    file = workspace / "examples" / f"{next(_numbers)}.toml"
    file.write_text(EXAMPLES.get(name) or ATTACHED + RIGHT[name], "utf-8")

    assert [] == server.findings(server.open(file))


@pytest.mark.parametrize("name", BROKEN)
def test_the_slip_is_marked_in_a_few_words(server: LanguageServer, workspace: Path, name: str) -> None:
    broken = Broken(ATTACHED + BROKEN[name].text)
    file = workspace / "examples" / f"{next(_numbers)}.toml"
    file.write_text(broken.text, "utf-8")

    assert_points_at(broken, server.findings(server.open(file)))


# Completion


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{SECTION}|\n", SECTION_KEYS),
        (f"{SECTION}mode = |\n", ['"wasm"']),
        (f"{SECTION}mode = {{ | }}\n", MODES),
        (f"{SECTION}[features.code_execution.mode]\n|\n", MODES),
        (f"{SECTION}mode = {{ sandboxed = {{ | }} }}\n", ["runtime"]),
        (f"{SECTION}mode = {{ sandboxed = {{ runtime = | }} }}\n", [f'"{name}"' for name in RUNTIMES]),
        (f"{SECTION}mode.sandboxed.runtime = |\n", [f'"{name}"' for name in RUNTIMES]),
        ("[features.code_execution.mode.external]\n|\n", ["url", "api_key"]),
        (f"{SECTION}allowed_languages = [|]\n", [f'"{name}"' for name in limits.KNOWN_LANGUAGES]),
        (f'{SECTION}allowed_languages = ["python", |]\n', [f'"{name}"' for name in limits.KNOWN_LANGUAGES]),
        (f"{SECTION}enabled = |\n", ["true", "false"]),
        (f"{SECTION}timeout_secs = |\n", ["30"]),
        (f"{SECTION}max_memory_mb = |\n", ["256"]),
    ],
)
def test_what_may_stand_at_a_place_is_offered(
    server: LanguageServer, workspace: Path, text: str, expected: list[str]
) -> None:
    assert set(expected) <= set(Place(server, workspace, ATTACHED + text).offers())


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_offers_the_keys_that_it_does_not_have(server: LanguageServer, workspace: Path, name: str) -> None:
    """It carries the line that attaches the schema, so a copy is completed from its first letter."""
    head, section, rest = EXAMPLES[name].partition(SECTION)
    written = {line.split("=")[0].strip() for line in rest.split("\n\n")[0].split("\n")}
    offered = Place(server, workspace, f"{head}{section}|\n{rest}").offers()

    assert head.startswith(ATTACHED)
    assert set(SECTION_KEYS) - written - {"mode"} <= set(offered)
    assert not written & set(offered)


def test_a_neighbouring_table_is_offered_nothing(server: LanguageServer, workspace: Path) -> None:
    offered = Place(server, workspace, f"{ATTACHED}[server]\n|\n\n{SECTION}").offers()

    assert not set(SECTION_KEYS) & set(offered)


# Hover

LINES = {
    "enabled": "ena|bled = true",
    "mode": "mo|de.wasm = {}",
    "wasm": "mode.wa|sm = {}",
    "sandboxed": 'mode = { sand|boxed = { runtime = "gvisor" } }',
    "runtime": 'mode = { sandboxed = { run|time = "gvisor" } }',
    "external": 'mode.exter|nal = { url = "https://code-exec.example.com" }',
    "url": 'mode.external = { u|rl = "https://code-exec.example.com" }',
    "api_key": 'mode.external = { url = "https://code-exec.example.com", api|_key = "${K}" }',
    "allowed_languages": 'allowed_|languages = ["python"]',
    "timeout_secs": "timeout|_secs = 60",
    "max_memory_mb": "max_|memory_mb = 512",
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_explains_itself(server: LanguageServer, workspace: Path, name: str) -> None:
    text = f"{ATTACHED}{SECTION}{LINES[name]}\n"

    assert KEYS[name]["description"] in Place(server, workspace, text).explanation()


def test_the_section_explains_itself(server: LanguageServer, workspace: Path) -> None:
    text = f"{ATTACHED}[features.code_|execution]\ntimeout_secs = 60\n"

    assert json_schema("section")["description"] in Place(server, workspace, text).explanation()


@pytest.mark.parametrize("server", ["taplo"], indirect=True)
@pytest.mark.parametrize("name", RUNTIMES)
def test_a_runtime_explains_itself(server: LanguageServer, workspace: Path, name: str) -> None:
    text = f'{ATTACHED}{SECTION}mode.sandboxed.runtime = "{name[0]}|{name[1:]}"\n'

    assert Runtime(name).summary in Place(server, workspace, text).explanation()


@pytest.mark.parametrize("server", ["taplo"], indirect=True)
@pytest.mark.parametrize("name", ["python", "cpp"])
def test_a_language_explains_itself(server: LanguageServer, workspace: Path, name: str) -> None:
    text = f'{ATTACHED}{SECTION}allowed_languages = ["ruby", "{name[0]}|{name[1:]}"]\nmode.external.url = "https://h"\n'

    assert limits.LANGUAGES[name] in Place(server, workspace, text).explanation()
