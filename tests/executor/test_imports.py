"""What the executor part may import, and who may import it."""

from __future__ import annotations

import subprocess
import sys

import pytest

FOUNDATION = {"checks", "diagnostics", "limits", "model", "secret", "suggest", "urls"}


def modules_after(statement: str) -> set[str]:
    """Return the names of all modules that a fresh interpreter has imported after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def parts_of_the_package(modules: set[str]) -> set[str]:
    return {name.split(".")[1] for name in modules if name.startswith("codeexec_config.")}


def test_the_package_does_not_import_it() -> None:
    assert "executor" not in parts_of_the_package(modules_after("import codeexec_config"))


def test_it_imports_the_model_and_nothing_above_it() -> None:
    above = parts_of_the_package(modules_after("import codeexec_config.model"))

    used = parts_of_the_package(modules_after("import codeexec_config.executor"))

    assert used - above == {"executor"}


@pytest.mark.parametrize("expensive", ["asyncio", "argparse", "json", "tomlkit"])
def test_it_loads_nothing_that_it_may_not_need(expensive: str) -> None:
    assert expensive not in modules_after("import codeexec_config.executor")


def test_its_names_are_sorted_and_real() -> None:
    from codeexec_config import executor

    constants = [name for name in executor.__all__ if name.isupper()]
    others = [name for name in executor.__all__ if not name.isupper()]

    assert [*sorted(constants), *sorted(others)] == executor.__all__
    assert all(hasattr(executor, name) for name in executor.__all__)
