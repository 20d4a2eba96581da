"""Run controls in a process of their own: `python -m tests.conformance.judging KIND:LANGUAGE...` prints JSON lines.

Executors that are broken on purpose leave behind what a strict test run would count as its own: threads, pipes,
warnings of half-started children. Here they end with their process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeexec_config.conformance import Deadlines
from codeexec_config.conformance.suite import Plan, run_plan
from tests.conformance.controls import CARELESS, CONTROLS, Careless, InProcess
from tests.conformance.local import Local

if TYPE_CHECKING:
    from collections.abc import Sequence

QUICK = Deadlines(run_limit=8, latency_limit=8, latency=3.5, once=2, settle=2, cancel=3, close=1, abandon=0.3)
WORKERS = 3
MOST_SECS = 900


def judge(name: str, language: str) -> dict[str, Any]:
    """Run one control, the honest executor or the careless one, and give what the tests need of its report."""
    if name in ("Local", "Careless"):
        make: type[Any] = Local if name == "Local" else Careless
        plan = Plan(deadlines=QUICK, only=None if name == "Local" else CARELESS.split())
        report = run_plan(make(language), plan)
    else:
        [control] = [control for control in CONTROLS if control.make.__name__ == name]
        executor = control.make() if issubclass(control.make, InProcess) else control.make(language)
        report = run_plan(executor, Plan(only=control.checks.split(), deadlines=QUICK))
    return {"name": name, "language": language, "rendered": report.render(), **report.as_dict()}


def judge_all(names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Run controls in a few processes and give their reports by name and language."""
    parts = [names[number::WORKERS] for number in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        lines = chain.from_iterable(pool.map(_judge_elsewhere, parts))
        return {(made["name"], made["language"]): made for made in map(json.loads, lines)}


def _judge_elsewhere(names: Sequence[tuple[str, str]]) -> list[str]:
    root = Path(__file__).parents[2]
    arguments = [sys.executable, "-W", "ignore", "-m", __name__, *(":".join(name) for name in names)]
    done = subprocess.run(
        arguments,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=MOST_SECS,
    )
    return done.stdout.splitlines()


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(json.dumps(judge(*argument.split(":"))), flush=True)  # noqa: T201 -- its output
    sys.stdout.flush()
    os._exit(0)  # some of them never end
