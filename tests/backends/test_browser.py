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
OUTPUT_BYTES = 1 << 20


@pytest.fixture
def hand_off(tmp_path: Path) -> dict[str, Any]:
    """Return what the example host prints for a page, with a memory limit that a test can meet."""
    config = tmp_path / "app.toml"
    config.write_text('[features.code_execution]\nmode = "wasm"\ntimeout_secs = 60\nmax_memory_mb = 96\n')
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
        check=True,
        timeout=SECONDS,
    )
    assert "" == done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "python-completed": (
        "python",
        "import sys\nprint(sys.platform, sum(range(10)))\nprint('aside', file=sys.stderr)",
        {"status": "completed", "stdout": "emscripten 45\n", "stderr": "aside\n", "error": None},
    ),
    "javascript-completed": (
        "javascript",
        "console.log(typeof process, [1, 2, 3].map((x) => x * 2)); console.error('aside')",
        {"status": "completed", "stdout": "undefined [2,4,6]\n", "stderr": "aside\n", "error": None},
    ),
    "python-failed": (
        "python",
        "def f():\n    return 1/0\n\nf()",
        {"status": "failed", "error": {"type": "ZeroDivisionError", "message": "division by zero", "line": 2}},
    ),
    "javascript-failed": (
        "javascript",
        "console.log(1);\nnull.x",
        {"status": "failed", "stdout": "1\n", "error": {"type": "TypeError", "line": 2}},
    ),
    "python-syntax": ("python", "x = 1\nx = = 2", {"status": "failed", "error": {"type": "SyntaxError", "line": 2}}),
    "javascript-syntax": ("javascript", "\nlet = ;", {"status": "failed", "error": {"type": "SyntaxError", "line": 2}}),
    "javascript-promised": (
        "javascript",
        "async function f() {\n  await 1;\n  throw new RangeError('late');\n}\nf()",
        {"status": "failed", "error": {"type": "RangeError", "message": "late", "line": 3}},
    ),
    "python-timed-out": ("python", "print('so far')\nwhile True: pass", {"status": "timed_out", "stdout": "so far\n"}),
    "javascript-timed-out": (
        "javascript",
        "console.log('so far'); for (;;);",
        {"status": "timed_out", "stdout": "so far\n"},
    ),
    "python-memory": ("python", "kept = [bytearray(1 << 20) for _ in range(200)]", {"status": "memory_exceeded"}),
    "javascript-memory": (
        "javascript",
        "const kept = []; for (;;) kept.push(new ArrayBuffer(1 << 20))",
        {"status": "memory_exceeded"},
    ),
    "python-memory-handled": (
        "python",
        "try:\n    kept = bytearray(1 << 28)\nexcept MemoryError:\n    print('handled')",
        {"status": "completed", "stdout": "handled\n"},
    ),
    "python-memory-claimed": ("python", "raise MemoryError", {"status": "failed", "error": {"type": "MemoryError"}}),
    "python-files": (
        "python",
        "for n in range(200):\n    with open(str(n), 'wb') as file:\n        file.write(bytes(1 << 20))",
        {"status": "failed", "error": {"type": "OSError", "message": "[Errno 51] No space left on device"}},
    ),
    "python-output": ("python", "while True: print('x' * 80)", {"status": "output_exceeded", "cut": ["stdout"]}),
    "javascript-output": (
        "javascript",
        "for (;;) console.error('x'.repeat(80))",
        {"status": "output_exceeded", "cut": ["stderr"]},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_browser_runs_what_the_host_hands_off(
    browser_runtimes: Path, hand_off: dict[str, Any], tmp_path: Path, case: str
) -> None:
    language, program, expected = CASES[case]
    if expected["status"] == "timed_out":
        hand_off["wall_secs"] = 4

    result = run(browser_runtimes, hand_off, language, program, tmp_path)

    if expected.get("error"):
        result["error"] = {key: value for key, value in result["error"].items() if key in expected["error"]}
    assert expected == {key: value for key, value in result.items() if key in expected}
    assert max(len(result["stdout"]), len(result["stderr"])) <= OUTPUT_BYTES


def test_every_language_of_the_hand_off_is_tried(hand_off: dict[str, Any]) -> None:
    assert set(hand_off["languages"]) == {language for language, _, _ in CASES.values()}


def test_a_language_that_is_not_handed_off_is_not_run(
    browser_runtimes: Path, hand_off: dict[str, Any], tmp_path: Path
) -> None:
    hand_off["languages"] = ["python"]

    with pytest.raises(subprocess.CalledProcessError) as caught:
        run(browser_runtimes, hand_off, "javascript", "1", tmp_path)

    assert "the configuration does not allow javascript" in caught.value.stderr
