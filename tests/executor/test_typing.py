"""A type checker refuses what the protocol refuses; `tests/typing` contains what it accepts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

OPTIONS = ("--strict", "--disable-error-code=empty-body", "--follow-imports=silent", "--config-file=", "--no-pretty")
WRONG = """
from codeexec_config.executor import *
from codeexec_config.model import CodeExecutionConfig

class TextOutput:
    def describe(self) -> ExecutorInfo: ...
    def execute(self, request: ExecutionRequest, /) -> str: ...

class Keywords:
    def describe(self) -> ExecutorInfo: ...
    def execute(self, *, language: str, code: str) -> ExecutionResult: ...

class AsyncUnderTheSyncName:
    def describe(self) -> ExecutorInfo: ...
    async def execute(self, request: ExecutionRequest, /) -> ExecutionResult: ...

class Undescribed:
    def execute(self, request: ExecutionRequest, /) -> ExecutionResult: ...

def host(config: CodeExecutionConfig) -> None:
    guarded(TextOutput(), config)  # arg-type
    guarded(Keywords(), config)  # arg-type
    guarded(AsyncUnderTheSyncName(), config)  # arg-type
    guarded(Undescribed(), config)  # arg-type
    guarded_async(AsyncUnderTheSyncName(), config)  # arg-type
    dispatch(config, wasm=lambda it: 0, sandboxed=lambda it: 0)  # call-arg
    dispatch(config, wasm=lambda it: it.url, sandboxed=lambda it: 0, external=lambda it: 0)  # attr-defined
    ExecutionRequest(language="python", code=b"", limits=ExecutionLimits(wall_secs=1, memory_bytes=1))  # arg-type
    ExecutionRequest(language="python", code="")  # call-arg
    ExecutionResult(status=Status.COMPLETED, stdout="text")  # arg-type

def forgotten_status(status: Status) -> int:  # return
    match status:
        case Status.COMPLETED:
            return 0
        case Status.FAILED | Status.TIMED_OUT | Status.MEMORY_EXCEEDED | Status.KILLED:
            return 1
"""


def marked(source: str) -> set[tuple[int, str]]:
    """Return the lines of a source that name the error due there."""
    found = (re.search(r"# ([a-z-]+)$", line) for line in source.splitlines())
    return {(number, match[1]) for number, match in enumerate(found, 1) if match}


def judged(source: Path) -> AbstractSet[tuple[int, str]]:
    """Return the lines and codes of the errors that mypy finds in a file."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *OPTIONS, str(source)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    found = re.findall(rf"{re.escape(source.name)}:(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.MULTILINE)
    return {(int(line), code) for line, code in found}


def test_mypy_refuses_what_is_no_executor(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    source = tmp_path / "wrong.py"
    source.write_text(WRONG, encoding="utf-8")

    assert marked(WRONG) == judged(source)
