"""Run programs in turn, A B A B, and keep what each run cost."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ENV = {
    **os.environ,
    "CODE_EXEC_API_KEY": "sk-benchmark",
    "CE_LANG": "python",
    "PYTHONPATH": str(Path(__file__).parents[2]),
}
# When a program is started a second time, its modules are compiled.
ENV.pop("PYTHONDONTWRITEBYTECODE", None)
_SAMPLE_SECS = 0.02


class Program(NamedTuple):
    """One competitor; `printed` tells whether it measures itself and prints seconds."""

    name: str
    command: list[str]
    printed: bool = False
    may_fail: bool = False
    cwd: Path | None = None


class Cost(NamedTuple):
    """The costs of the runs of one program, in seconds, and the most memory that its processes used together."""

    name: str
    secs: list[float]
    peak_kib: int | None = None

    @property
    def median(self):
        return statistics.median(self.secs)


@contextmanager
def pinned():
    """Keep this process and those that it starts on one core, if the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def python(code, *arguments):
    """Return the command that runs `code` in a fresh interpreter."""
    return [sys.executable, "-c", code, *map(str, arguments)]


def interleaved(programs, runs):
    """Run each program `runs` times in turn, after one round that warms the file cache."""
    secs = {program.name: [] for program in programs}
    for round_ in range(runs + 1):
        for program in programs:
            took = _once(program)
            if round_:
                secs[program.name].append(took)
    return [Cost(name, list(values)) for name, values in secs.items()]


def _once(program):
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        done = subprocess.run(
            program.command,
            check=False,
            cwd=program.cwd,
            env=ENV,
            stdout=subprocess.PIPE if program.printed else subprocess.DEVNULL,
            stderr=errors,
        )
        took = time.perf_counter() - start
        if done.returncode not in ((0, 1) if program.may_fail else (0,)):
            errors.seek(0)
            raise RuntimeError(f"{program.name}: exit {done.returncode}: {errors.read().decode()[-800:]}")
    return float(done.stdout) if program.printed else took


def peak(program):
    """Run a program once and return the peak of its tree's proportional set size (Pss), in KiB.

    Pages that processes share count once, so workers that were forked are not counted twice. It is sampled, so a peak
    that lasts under 20 ms can be missed; the kernel's own high-water mark of the first process is the lower bound.
    """
    process = subprocess.Popen(program.command, env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while True:
        pid, _, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = 0
            return max(most, usage.ru_maxrss)
        most = max(most, sum(map(_pss, _tree(process.pid))))
        time.sleep(_SAMPLE_SECS)


def _tree(pid):
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _pss(pid):
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
