"""A workspace with the schema and a language server for each module that asks for one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.engines.language_server import LanguageServer
from tests.engines.places import SCHEMA, node_env, node_script, python_tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVERS = ("taplo", "tombi")
TAPLO_STAGES = 3
"""Taplo reports on syntax, then on keys, then by the schema, and stops after the first that finds something."""


def start(name: str, folder: Path, associations: dict[str, str] | None = None) -> LanguageServer:
    """Make the server of an engine for a workspace; `associations` are what VS Code's settings say of schemas."""
    if name == "tombi":
        return LanguageServer([python_tool("tombi"), "lsp", "--offline"], folder)
    settings = {"schema": {"enabled": True, "catalogs": [], "associations": associations or {}}}
    command = node_script("taplo_server.cjs", "@taplo/lsp")
    return LanguageServer(command, folder, stages=TAPLO_STAGES, settings=settings, env=node_env())


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder laid out as this repository: `schemas/` beside `examples/`."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "examples").mkdir()
    (folder / "schemas").mkdir()
    shutil.copy(SCHEMA, folder / "schemas")
    return folder


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, workspace: Path) -> Iterator[LanguageServer]:
    """Yield a running language server."""
    with start(request.param, workspace) as running:
        yield running
