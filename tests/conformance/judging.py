"""Run executors through the kit, many at once: `python -m tests.conformance.judging JOB...` prints JSON lines.

The kit mostly waits, so more than a dozen jobs keep a small machine busy. Each has a process of its own: executors that
are broken on purpose leave behind what a strict test run would count as its own, threads, pipes, warnings of
half-started children; here they end with their process.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from codeexec_config.conformance import Deadlines, Sizes, watching
from codeexec_config.conformance.checks import CHECKS
from codeexec_config.conformance.suite import Plan, run_plan
from tests.conformance.controls import CARELESS, CONTROLS, Careless, InProcess
from tests.conformance.defects import DEFECTS, RECKLESS, Reckless
from tests.conformance.local import Jailed, Local, Run
from tests.conformance.shapes import (
    GENEROUS_SECS,
    Boaster,
    OneAtATime,
    Restricted,
    Sessions,
    SlowStarter,
    Streaming,
    guarded_local,
)
from tests.counts import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PLACE = Path(Run.place)
QUICK = Deadlines(run_limit=8, stop_limit=1, latency_limit=20, latency=8, once=2, settle=2, close=6, abandon=0.3)
"""For what is broken in one way: that way is waited for, and whatever else the check looks at must pass."""
CARELESS_ONES = QUICK._replace(run_limit=20, late=10)
"""For what is broken in many ways, each of which must have the time to show."""
PATIENT = Deadlines(
    describe=10, run_limit=30, stop_limit=1, late=GENEROUS_SECS, latency=20, once=2, settle=20, cancel=20, close=20
)
"""For honest executors, which a busy machine may not let appear as others; what is long here is not waited for."""
SLOW_TO_START = {"javascript": 2.0, "ruby": 3.0, "r": 3.0, "julia": 6.0}
"""The limit of what is to meet it, where an interpreter takes so long that it would be run again under a longer one."""
SMALL = Sizes(disk_mebibytes=64)
AT_ONCE = 8 if THOROUGH else 12
"""A thorough run is one that `.ci/run` has others beside, on two cores."""
MOST_SECS = 900
ALL = {f"{number}:{it.make.__name__}": it for number, it in enumerate((*CONTROLS, *DEFECTS))}
"""The controls, by name."""
PLAIN = "D01 D02 D03 R02 R13 R15 R18 T06 T10 M06 E04 F07 F08 X03 X04 L02 L03 L01"
"""Those whose programs print a word at most, which R01 does as well."""
OTHERS = " ".join(check.id for check in CHECKS if check.id not in PLAIN.split())
"""What is left to show in a second language."""
SLOW = """
D01 D02 D03 R01 R04 R13 R15 O04 O09 O10 T01 T02 T03 T05 T06 T08 T09 T10 T11
K01 K02 I16 N01 N02 X01 X04 L02 L04 L01
"""
BOASTS = "I02 I03 I05 I10 I11 I12 I14 I15 H01 G01"
BROKEN = ("Boaster", "Writer", "Careless", "Reckless")
"""Those of the following that are to fail."""
WHOLE: dict[str, tuple[Callable[..., Any], str]] = {
    "Local": (Local, ""),
    "Jailed": (Jailed, ""),
    "Sessions": (Sessions, ""),
    "OtherSessions": (Sessions, "D01 D02 R01 Z01 Z02 Z03 Z04 Z05 Z06 Z07 Z08 Z09 Z10 Z11"),
    "Streaming": (Streaming, "D01 R01 T01 T04 O04 N01 V01 V02 V03 V04"),
    "Restricted": (Restricted, ""),
    "OneAtATime": (OneAtATime, "D02 R01 K01 I17 N01 N02 P02"),
    "SlowStarter": (SlowStarter, SLOW),
    "Guarded": (guarded_local, "D01 D02 R01 R05 O04 T02 T05 K01 E01 S01 F01 F02 X01"),
    "Boaster": (Boaster, BOASTS),
    "Writer": (Boaster, "I09"),
    "Careless": (Careless, CARELESS),
    "Reckless": (Reckless, RECKLESS),
}


def measuring() -> Any:
    """Return what measures coverage here, if anything does."""
    coverage = sys.modules.get("coverage")
    return coverage and coverage.Coverage.current()


def leave() -> NoReturn:
    """End a job's process at once, with what was measured in it."""
    measure = measuring()
    if measure:
        measure.stop()
        measure.save()
    os._exit(0)


def judge(job: str) -> dict[str, Any]:
    """Run one job and return what the tests need of its report."""
    name, _, language = job.rpartition("/")
    executor, checks = _made(name, language)
    with _out_of_the_way() if name in BROKEN or name in ALL else nullcontext():
        report = run_plan(
            executor, Plan(only=checks.split() or None, deadlines=_deadlines(name, language), sizes=_sizes(name))
        )
    return {"job": job, "rendered": report.render(), **report.as_dict()}


@contextmanager
def _out_of_the_way() -> Iterator[None]:
    """Keep the folders of runs that do not end deeper than the kit looks: others are judged by theirs meanwhile."""
    place = _place_of_broken_ones(os.getppid()) / "than" / "others"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as folder:
        Run.place = folder
        yield


def _place_of_broken_ones(pid: int) -> Path:
    return _PLACE / f"broken-{pid}" / "deeper"


def _deadlines(name: str, language: str) -> Deadlines:
    if name in ALL:
        return QUICK
    deadlines = CARELESS_ONES if name in BROKEN else PATIENT
    return deadlines._replace(stop_limit=SLOW_TO_START.get(language, deadlines.stop_limit))


def _made(name: str, language: str) -> tuple[Any, str]:
    if name in ALL:
        control = ALL[name]
        made = control.make() if issubclass(control.make, InProcess) else control.make(language)
        return made, " ".join(control.tried())
    make, checks = WHOLE[name]
    return make(language), OTHERS if name == "Local" and language != "python" else checks


def _sizes(name: str) -> Sizes:
    return SMALL._replace(touched_mebibytes=192) if name in BROKEN else SMALL


class Judging:
    """Jobs running in another process."""

    def __init__(self, jobs: Iterable[str]) -> None:
        measured = ["-m", "coverage", "run"] if measuring() else []
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- end() closes it
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *measured, "-m", __name__, *jobs],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.DEVNULL,
        )

    def reports(self) -> dict[str, dict[str, Any]]:
        """Wait for the end of all and return their reports."""
        self._process.wait(MOST_SECS)
        self._output.seek(0)
        reports = [json.loads(line) for line in self._output if line.startswith('{"job"')]
        return {report["job"]: report for report in reports}

    def end(self) -> None:
        """End them, if they have not ended."""
        self._process.terminate()
        self._process.wait(MOST_SECS)
        self._output.close()


def weight(job: str) -> int:
    """Return how long a job takes, about: those that take long are begun first."""
    name = job.rpartition("/")[0]
    return len(ALL[name].tried() if name in ALL else WHOLE[name][1].split() or CHECKS)


def run_in_processes(jobs: list[str], run: Callable[[str], None]) -> None:
    """Run each job in a copy of this process, many at once, and end whatever broken executors leave running."""
    running: set[int] = set()
    _adopt_orphans()
    _place_of_broken_ones(os.getpid()).mkdir(parents=True)
    try:
        for job in sorted(jobs, key=weight, reverse=True):
            while len(running) == AT_ONCE:
                running.discard(os.wait()[0])
            running.add(_forked(job, run))
        while running:
            running.discard(os.wait()[0])
    finally:
        with suppress(ChildProcessError):  # the end of one leaves its children
            while True:
                for child in _children():
                    os.kill(child, signal.SIGKILL)
                os.wait()
        shutil.rmtree(_place_of_broken_ones(os.getpid()).parent, ignore_errors=True)


def _adopt_orphans() -> None:
    """Become the parent of each process below this one whose own parent has ended; Linux alone can do so."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _children() -> list[int]:
    return [each.pid for each in watching._processes().values() if each.parent == os.getpid()]


def _forked(job: str, run: Callable[[str], None]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setsid()
            if measuring() and job.rpartition("/")[0] in ALL:
                measuring().stop()  # those that are to see the whole kit are enough, and it takes time
            run(job)
        finally:
            leave()  # some of them never end
    return pid


def _print(job: str) -> None:
    line = json.dumps(judge(job)).encode() + b"\n"
    with open(REPORTS, "ab", buffering=0) as file:  # noqa: PTH123 -- a descriptor
        file.write(line)


if __name__ == "__main__":
    # What broken executors print stays out of the reports.
    REPORTS = f"/proc/self/fd/{os.dup(1)}"
    os.dup2(2, 1)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    run_in_processes(sys.argv[1:], _print)
