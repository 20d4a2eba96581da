"""The house: what imports what, what is exported, what start-up costs."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import codeexec_config

PACKAGE = Path(codeexec_config.__file__).parent

DIRECTION = {
    "limits": set(),
    "secret": {"limits"},
    "suggest": set(),
    "environment": set(),
    "diagnostics": {"rendering.text", "rendering.concise"},
    "urls": {"limits"},
    "references": {"limits"},
    "checks": {"diagnostics", "limits", "suggest", "urls"},
    "model": {"checks", "diagnostics", "limits", "secret"},
    "resolution": {"diagnostics", "limits", "references", "secret"},
    "structure": {"diagnostics", "limits", "model", "resolution", "secret", "suggest"},
    "rules": {"checks", "diagnostics", "limits", "model", "resolution", "secret", "structure"},
    "amendments": {
        "checks",
        "diagnostics",
        "environment",
        "limits",
        "model",
        "references",
        "resolution",
        "rules",
        "structure",
        "suggest",
    },
    "scanner": {"diagnostics", "limits"},
    "excerpts": {"references"},
    "source": {"diagnostics", "excerpts", "limits", "scanner"},
    "placement": {"diagnostics", "excerpts", "scanner"},
    "selection": {"diagnostics", "suggest"},
    "mapping": {"diagnostics", "limits", "resolution"},
    "writing": {"limits", "model", "references"},
    "_version": set(),
    "testing": set(),
    "schema": {"_version", "limits", "model"},
    "loading": {
        "amendments",
        "diagnostics",
        "environment",
        "limits",
        "mapping",
        "model",
        "placement",
        "resolution",
        "rules",
        "selection",
        "source",
        "structure",
        "writing",
    },
    "rendering.concise": {"diagnostics"},
    "rendering.text": {"diagnostics", "excerpts", "rendering.concise"},
    "rendering.structured": set(),
    "cli.env_file": {"diagnostics", "source"},
    "cli.schema": {"cli", "limits", "schema"},
    "cli.conformance": {"cli", "conformance", "conformance.kit"},
    "cli": {"cli.conformance", "cli.schema", "cli.validate"},
    "__main__": {"cli"},
    "rendering": set(),
    "cli.files": {"diagnostics", "limits", "source"},
    "cli.validate": {
        "cli",
        "cli.env_file",
        "cli.files",
        "limits",
        "loading",
        "rendering.concise",
        "rendering.structured",
        "rendering.text",
    },
}
"""What each module may import of the package; anything else points the wrong way."""
FOLDERS = {"executor": {"executor", "limits", "model"}, "conformance": {"conformance", "executor", "limits"}}
"""The same for folders whose modules are one subject."""


def _imports(path):
    """Give the modules of the package that a file imports when it runs, at its top or in a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("codeexec_config"):
            name = node.module.removeprefix("codeexec_config").removeprefix(".")
            for alias in node.names:
                inner = f"{name}.{alias.name}".removeprefix(".")
                yield inner if (PACKAGE / (inner.replace(".", "/") + ".py")).exists() else name


def _path(module):
    path = PACKAGE / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_every_module_has_its_place():
    modules = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")} - {"__init__"}

    assert set(DIRECTION) == {
        module.removesuffix("/__init__").replace("/", ".")
        for module in modules
        if module.partition("/")[0] not in FOLDERS
    }


@pytest.mark.parametrize("module", sorted(DIRECTION))
def test_imports_point_one_way(module):
    assert set(_imports(_path(module))) - {""} <= DIRECTION[module]


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_a_folder_imports_what_its_subject_needs(folder):
    found = {name.partition(".")[0] for path in (PACKAGE / folder).rglob("*.py") for name in _imports(path)}

    assert found - {""} <= FOLDERS[folder]


def test_the_public_names_are_these():
    assert [
        "CodeExecutionConfig",
        "ConfigError",
        "ConfigWarning",
        "Deferred",
        "Diagnostic",
        "Edit",
        "External",
        "Fix",
        "Mode",
        "Position",
        "Related",
        "Report",
        "Runtime",
        "Sandboxed",
        "Secret",
        "Severity",
        "Span",
        "Wasm",
        "check_file",
        "check_mapping",
        "check_text",
        "json_schema",
        "load",
        "load_mapping",
        "loads",
        "register_hooks",
        "to_toml",
    ] == codeexec_config.__all__
    assert all(hasattr(codeexec_config, name) for name in codeexec_config.__all__)


HAPPY = """
import sys
before = set(sys.modules)
import codeexec_config
codeexec_config.loads('''[features.code_execution]
timeout_secs = "${T}"
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${K}"
''', env={"K": "k", "T": "5"})
print(*sorted(set(sys.modules) - before))
"""


def test_the_happy_path_imports_what_it_needs_and_no_more():
    done = subprocess.run([sys.executable, "-c", HAPPY], capture_output=True, check=True, text=True)

    loaded = set(done.stdout.split())
    assert not loaded & {"tomlkit", "argparse", "json", "difflib", "hmac", "logging"}
    ours = {name.removeprefix("codeexec_config.") for name in loaded if name.startswith("codeexec_config.")}
    assert not ours & {
        "scanner",
        "placement",
        "excerpts",
        "amendments",
        "suggest",
        "mapping",
        "rendering",
        "cli",
        "schema",
    }


def test_findings_survive_without_docstrings():
    done = subprocess.run(
        [sys.executable, "-OO", "-m", "codeexec_config", "validate", "--format", "json", "-"],
        input="[features.code_execution]\nx = 1\n",
        capture_output=True,
        check=False,
        text=True,
    )

    assert ["unknown-key"] == [d["code"] for d in json.loads(done.stdout)["files"][0]["diagnostics"]]
