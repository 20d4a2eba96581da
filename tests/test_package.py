"""The architecture: what imports what, what is exported, what start-up costs."""

import ast
import graphlib
import json
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import pytest

import codeexec_config
from codeexec_config import testing
from codeexec_config._version import VERSION

PACKAGE = Path(codeexec_config.__file__).parent

LAYERS = [
    {"_version", "limits", "codes", "explanations", "expressions"},
    {"findings", "secrets_directory", "keys", "references"},
    {"secret"},
    {"diagnostics"},
    {"rendering"},
    {"report"},
    {"rules"},
    {"model"},
    {"policy"},
    {"document"},
    {"section"},
    {"pipeline", "reporting", "policy_file", "writing", "schema", "testing"},
    {"loading"},
    {"hooks"},
    {"executor"},
    {"conformance"},
    {"cli"},
    {"__main__"},
]
"""The modules and folders at the top of the package: each imports only those listed above it, and itself."""
APART = {"executor", "conformance"}
"""Folders with another subject, and what they need of the library."""
NEEDED = {"limits", "keys", "model", "executor", "conformance"}


def _imports(path):
    """Yield the modules of the package that a file imports when it runs, at its top or in a function."""
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


def _modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        if name != "__init__":
            yield name, {found for found in _imports(path) if found}


MODULES = dict(_modules())


def test_every_module_has_its_layer():
    assert set().union(*LAYERS) == {module.partition(".")[0] for module in MODULES}


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module):
    room = module.partition(".")[0]
    height = next(index for index, layer in enumerate(LAYERS) if room in layer)
    allowed = set().union({room}, *LAYERS[:height])

    assert {name.partition(".")[0] for name in MODULES[module]} <= allowed


@pytest.mark.parametrize("module", [module for module in MODULES if module.partition(".")[0] in APART])
def test_what_is_apart_needs_little_of_the_library(module):
    assert {name.partition(".")[0] for name in MODULES[module]} <= NEEDED


def test_no_modules_import_each_other_in_a_circle():
    order = graphlib.TopologicalSorter(
        {module: found - {module} for module, found in MODULES.items() if not module.startswith("cli")}
    )

    order.prepare()


def test_the_public_names_are_these():
    assert [
        "CODES",
        "CodeExecutionConfig",
        "ConfigError",
        "ConfigWarning",
        "Deferred",
        "Diagnostic",
        "Edit",
        "External",
        "Fix",
        "Mode",
        "Origin",
        "Policy",
        "Position",
        "Related",
        "Report",
        "Runtime",
        "Sandboxed",
        "Secret",
        "SecretsDirectory",
        "Severity",
        "Span",
        "Wasm",
        "__version__",
        "apply_fixes",
        "check_file",
        "check_mapping",
        "check_text",
        "json_schema",
        "load",
        "load_mapping",
        "load_policy",
        "loads",
        "register_hooks",
        "to_toml",
    ] == codeexec_config.__all__
    assert all(hasattr(codeexec_config, name) for name in codeexec_config.__all__)


def test_help_shows_public_names_before_anything_else():
    aids = pydoc.plain(pydoc.render_doc(testing))
    package = pydoc.plain(pydoc.render_doc(codeexec_config))

    assert ["assert_no_leak"] == testing.__all__ == dir(testing)
    assert "assert_no_leak" in aids
    assert not re.search(r"^ +(?:class )?_[a-z]", aids, re.IGNORECASE | re.MULTILINE)
    assert package.index("`check_file`") < package.index("PACKAGE CONTENTS")


def test_the_package_lists_its_public_names_and_no_others():
    assert codeexec_config.__all__ == dir(codeexec_config)
    assert codeexec_config.__version__ == VERSION
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        codeexec_config.nothing  # noqa: B018


HAPPY = """
import sys
import attrs, cattrs, tomllib
before = set(sys.modules)
import codeexec_config
codeexec_config.loads('''[features.code_execution]
timeout_secs = TIMEOUT
[features.code_execution.mode.external]
url = "https://code-exec.example.com"
api_key = "${K}"
''', env={"K": "k", "T": "5"})
print(*sorted(set(sys.modules) - before))
"""


LONG_WAY = {
    "codes",
    "findings",
    "references",
    "section.resolution",
    "section.resolve",
    "section.slots",
    "section.structure",
    "section.thorough",
}


@pytest.mark.parametrize(("timeout", "more"), [("5", set()), ('"${T}"', LONG_WAY)])
def test_the_happy_path_imports_what_it_needs_and_no_more(timeout, more):
    code = HAPPY.replace("TIMEOUT", timeout)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    loaded = set(done.stdout.split())
    assert all(name.startswith("codeexec_config") for name in loaded)
    ours = {name.removeprefix("codeexec_config.") for name in loaded if name.startswith("codeexec_config.")}
    assert {
        "document",
        "document.parse",
        "document.select",
        "keys",
        "limits",
        "loading",
        "model",
        "pipeline",
        "rules",
        "rules.alone",
        "secret",
        "section",
        "section.environment",
        "section.quick",
        *more,
    } == ours


def test_findings_survive_without_docstrings():
    done = subprocess.run(
        [sys.executable, "-OO", "-m", "codeexec_config", "validate", "--format", "json", "-"],
        input="[features.code_execution]\nx = 1\n",
        capture_output=True,
        check=False,
        text=True,
    )

    assert ["unknown-key"] == [d["code"] for d in json.loads(done.stdout)["files"][0]["diagnostics"]]
