"""Run executors through the kit, many at once: `python -m tests.conformance.judging JOB...` prints JSON lines.

The kit mostly waits, so a dozen jobs keep a small machine busy. Each has a process of its own: executors that are
broken on purpose leave behind what a strict test run would count as its own, threads, pipes, warnings of half-started
children; here they end with their process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from codeexec_config.conformance import Deadlines, Sizes
from codeexec_config.conformance.checks import CHECKS
from codeexec_config.conformance.suite import Plan, run_plan
from tests.conformance.controls import CARELESS, CONTROLS, Careless, InProcess
from tests.conformance.defects import DEFECTS
from tests.conformance.local import Jailed, Local
from tests.conformance.shapes import OneAtATime, Restricted, Sessions, SlowStarter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

QUICK = Deadlines(run_limit=8, latency_limit=8, latency=3.5, once=2, settle=2, cancel=5, close=2, abandon=0.3)
SMALL = Sizes(disk_mebibytes=64)
AT_ONCE = 12
MOST_SECS = 900
ALL = {f"{number}:{it.make.__name__}": it for number, it in enumerate((*CONTROLS, *DEFECTS))}
"""The controls, by a name of their own."""
SLOW = """
D01 D02 D03 R01 R04 R13 R15 O04 O09 O10 T01 T02 T03 T05 T06 T08 T09 T10 T11
K01 K02 I16 N01 N02 X01 X04 L02 L04 L01
"""
HONEST: dict[str, tuple[type[Any], str]] = {
    "Local": (Local, ""),
    "Jailed": (Jailed, ""),
    "Sessions": (Sessions, ""),
    "Restricted": (Restricted, ""),
    "OneAtATime": (OneAtATime, "D02 R01 I17 N01 N02 P02"),
    "SlowStarter": (SlowStarter, SLOW),
}


def measuring() -> Any:
    """Return what measures coverage here, if anything does."""
    coverage = sys.modules.get("coverage")
    return coverage and coverage.Coverage.current()


def leave(job: str) -> NoReturn:
    """End a job's process at once, with what was measured in it if the job is one that sees the whole kit."""
    measure = measuring()
    if measure and job.partition("/")[0] in HONEST:
        measure.stop()
        measure.save()
    os._exit(0)


def judge(job: str) -> dict[str, Any]:
    """Run one job and return what the tests need of its report."""
    name, _, language = job.rpartition("/")
    executor, checks = _made(name, language)
    plan = Plan(only=checks.split() or None, deadlines=QUICK, sizes=SMALL)
    report = run_plan(executor, plan)
    return {"job": job, "rendered": report.render(), **report.as_dict()}


def _made(name: str, language: str) -> tuple[Any, str]:
    if name in ALL:
        control = ALL[name]
        return (control.make() if issubclass(control.make, InProcess) else control.make(language)), control.checks
    if name == "Careless":
        return Careless(language), CARELESS
    make, checks = HONEST[name]
    return make(language), checks


def judge_all(jobs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Run jobs in another process and return their reports."""
    measured = ["-m", "coverage", "run"] if measuring() else []
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *measured, "-m", __name__, *jobs],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=MOST_SECS,
    )
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"job"')]
    return {report["job"]: report for report in reports}


def weight(job: str) -> int:
    """Return how long a job takes, about: those that take long are begun first."""
    name = job.rpartition("/")[0]
    checks = ALL[name].checks if name in ALL else CARELESS if name == "Careless" else HONEST[name][1]
    return len(checks.split()) if checks else len(CHECKS)


def run_in_processes(jobs: list[str], run: Callable[[str], None]) -> None:
    """Run each job in a copy of this process, a dozen at once."""
    running: set[int] = set()
    for job in sorted(jobs, key=weight, reverse=True):
        if len(running) == AT_ONCE:
            running.discard(os.wait()[0])
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                run(job)
            finally:
                leave(job)  # some of them never end
        running.add(pid)
    for _ in running:
        os.wait()


def _print(job: str) -> None:
    line = json.dumps(judge(job)).encode() + b"\n"
    with open(REPORTS, "ab", buffering=0) as file:  # noqa: PTH123 -- a descriptor
        file.write(line)


if __name__ == "__main__":
    # What broken executors print stays out of the reports.
    REPORTS = f"/proc/self/fd/{os.dup(1)}"
    os.dup2(2, 1)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    run_in_processes(sys.argv[1:], _print)
