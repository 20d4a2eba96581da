"""What mode wasm promises, tried: the hand-off's languages in Pyodide and QuickJS, under node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.backends.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 120


@pytest.fixture
def hand_off(tmp_path: Path) -> dict[str, Any]:
    """Give what the example host prints for a page, with limits that a test can meet."""
    config = tmp_path / "app.toml"
    config.write_text('[features.code_execution]\nmode = "wasm"\ntimeout_secs = 2\nmax_memory_mb = 96\n')
    printed = subprocess.run(
        [sys.executable, "-m", "examples.host_app", config],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=SECONDS,
    )
    handoff: dict[str, Any] = json.loads(printed.stdout)
    return handoff


def run(runtimes: Path, handoff: dict[str, Any], language: str, program: str, folder: Path) -> dict[str, Any]:
    path = folder / "program"
    path.write_text(program)
    done = subprocess.run(
        ["node", CHECKOUT / "examples/wasm/run.mjs", language, path],
        env={"PATH": os.environ["PATH"], "CODEEXEC_BROWSER_RUNTIMES": str(runtimes)},
        input=json.dumps(handoff),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert ("", 0) == (done.stderr, done.returncode)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


PROGRAMS = {
    ("python", "completed"): "import sys\nprint(sys.platform, sum(range(10)))",
    ("javascript", "completed"): "console.log(typeof process, [1, 2, 3].map((x) => x * 2))",
    ("python", "failed"): "1/0",
    ("javascript", "failed"): "null.x",
    ("python", "timed_out"): "while True: pass",
    ("javascript", "timed_out"): "for (;;);",
    ("python", "memory_exceeded"): "kept = [bytearray(1 << 20) for _ in range(200)]",
    (
        "javascript",
        "memory_exceeded",
    ): "const kept = []; for (;;) kept.push(new ArrayBuffer(1 << 20))",
}
SAID = {
    ("python", "completed"): "emscripten 45\n",
    ("javascript", "completed"): "undefined 2,4,6\n",
    ("python", "failed"): "ZeroDivisionError",
    ("javascript", "failed"): "TypeError",
}


@pytest.mark.parametrize(("language", "status"), PROGRAMS)
def test_the_browser_runs_what_the_host_hands_off(
    browser_runtimes: Path, hand_off: dict[str, Any], tmp_path: Path, language: str, status: str
) -> None:
    result = run(browser_runtimes, hand_off, language, PROGRAMS[language, status], tmp_path)

    assert status == result["status"]
    assert SAID.get((language, status), "") in (result.get("stdout") or "") + (result.get("error") or "")


def test_every_language_of_the_hand_off_is_tried(hand_off: dict[str, Any]) -> None:
    assert set(hand_off["languages"]) == {language for language, _ in PROGRAMS}
