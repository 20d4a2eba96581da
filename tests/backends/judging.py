"""The kit, run on real executors in separate processes, concurrently with each other and with other tests.

`python -m tests.backends.judging BACKEND LANGUAGE` prints one report as JSON. The kit mostly waits for limits to be
met. To it every process that is new in its own is the executor's, so each run has a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from codeexec_config.conformance import Deadlines, processes_with
from codeexec_config.conformance.suite import Plan, run_plan
from examples.executors._owner import Owner
from examples.executors.gvisor import GvisorExecutor
from examples.executors.microvm import PREFIX
from tests.backends.making import make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from codeexec_config.conformance import LeakProbe
    from codeexec_config.executor import ExecutionLimits, ExecutionResult
    from examples.executors._cgroup import Cgroup
    from examples.executors._payload import Payload

CHECKOUT = Path(__file__).parents[2]
MODULE = "tests.backends.judging"
AT_ONCE = 3
MOST_SECS = 1200.0
_WHOLE = "--whole"
_TIED = ("setpriv", "--pdeathsig=KILL")
"""Each process dies with the one that has begun it."""
DEADLINES = Deadlines(
    describe=10,
    run_limit=30,
    stop_limit=3,
    late=30,
    latency_limit=120,
    latency=60,
    settle=20,
    cancel=30,
    stall=2,
    close=30,
)
"""Longer than the kit's own: the machine is busy with other runs, and some interpreters take two seconds to start. What
is long here is not waited for."""

# By what they ask about: a program's way in and its end; its output; the limits; the host and its death; what a machine
# of its own does not have, once each (a network; the host's files, variables, kernel, processes).
_OF_MACHINES = """
D01 D02 D03 R01 R03 R05 R07 R09 R10 R14 R15 R16 R19 E01 E03 S01 S02 F01
O01 O02 O04 O05 O07 F02 F03 F04 F05
T01 T02 T03 T04 T05 T10 M01 M02 M03 M06 P03 G01
K01 K02 K04 K03 N01 N02 X01 X03 X04 X05 H01 H02 L01 L02 L03 L04
I01 I02 I03 I04 I10 I12
"""


class TracedGvisor(GvisorExecutor):
    """Remembers which cgroup runs what: to the host gVisor is one program, whatever runs inside."""

    def __init__(self, rootfs: Path) -> None:
        super().__init__(rootfs)
        self.payloads: dict[str, bytes] = {}

    async def _run(self, group: Cgroup, folder: Path, payload: Payload, limits: ExecutionLimits) -> ExecutionResult:
        self.payloads[group.name] = payload.stdin
        return await super()._run(group, folder, payload, limits)

    def left(self, marker: str) -> list[str]:
        """Return the groups that run a program with the marker, or one of another process's."""
        return [str(group) for group in groups(self.owner) if self._may_hold(group.name, marker) and _used(group)]

    def _may_hold(self, name: str, marker: str) -> bool:
        return marker.encode() in self.payloads.get(name, marker.encode())


def traced_gvisor() -> TracedGvisor:
    """Make one for the root file system that CODEEXEC_ROOTFS names."""
    return TracedGvisor(Path(os.environ["CODEEXEC_ROOTFS"]))


def groups(owner: str = "") -> list[Path]:
    """Return the cgroups of the examples, or of one executor."""
    root = Path("/sys/fs/cgroup")
    return [path for part in (".", "memory", "pids") for path in (root / part).glob(f"codeexec-{owner}*")]


def _used(group: Path) -> bool:
    try:
        return bool((group / "cgroup.procs").read_text())
    except OSError:  # it was removed meanwhile
        return False


def machines_with(marker: str) -> list[str]:
    """Look for a marker in the payloads of the machines: what runs in one cannot be seen from outside.

    What a host that was killed leaves of its folder is not a machine; the next sweep removes it.
    """
    found = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        host = Owner.found_in(folder.name)
        with contextlib.suppress(OSError):  # it is being removed
            if marker.encode() in (folder / "payload").read_bytes() and not (host and host.is_gone and is_idle(folder)):
                found.append(str(folder))
    return found


def is_idle(folder: Path) -> bool:
    """Check that no process names a folder in its command line."""
    return not any(os.fsencode(folder.name) in line for line in map(_command_line, Path("/proc").glob("[0-9]*")))


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


@attrs.frozen(kw_only=True)
class Backend:
    """An executor of the examples, and what the kit needs to know of it.

    Attributes:
        factory: what makes it.
        probe_of: makes the leak probe of one whose programs the machine does not show.
        blind: checks that it gives nothing to look at.
        only: the checks to make, where not all.
    """

    factory: str
    probe_of: Callable[[Any], LeakProbe] = lambda _: processes_with
    blind: frozenset[str] = frozenset()
    only: frozenset[str] | None = None


BACKENDS = {
    "microvm": Backend(
        factory="examples.executors.microvm:from_environment",
        probe_of=lambda _: machines_with,
        # The checks that a virtual machine can break, each kind once: one takes seconds where there is no KVM. The
        # others ask again for what the same lines of the executor and of the guest do (a stream's last byte, a
        # source's first word), or for what would take a device that the machine does not have (datagrams, IPv6, the
        # host's descriptors).
        only=frozenset(_OF_MACHINES.split()),
    ),
    "gvisor": Backend(
        factory=f"{MODULE}:traced_gvisor",
        probe_of=lambda executor: executor.left,
        # Its /proc tells nothing of signals; what a program does with them is tried in test_isolation.
        blind=frozenset({"R14"}),
    ),
    "docker": Backend(factory="examples.executors.docker:from_environment"),
    "service": Backend(factory="examples.executors.external:from_environment"),
    "sessions": Backend(factory="examples.executors.sessions:from_environment"),
    "bubblewrap": Backend(factory="examples.executors.bubblewrap:from_environment"),
}
"""What takes long is begun first."""


def judge(backend: Backend, language: str, *, whole: bool) -> dict[str, Any]:
    """Run the kit, and return what the tests need of its report."""
    executor = make(backend.factory)
    plan = Plan(
        languages=[language],
        probe=backend.probe_of(executor),
        only=None if whole else backend.only,
        deadlines=DEADLINES,
    )
    report = run_plan(executor, plan)
    return {"ok": report.ok, "rendered": report.render(), **report.as_dict()}


@attrs.frozen(kw_only=True)
class Job:
    """One run of the kit.

    Attributes:
        backend: what is judged.
        language: the programs' language.
        env: the variables that its factory reads.
    """

    backend: str
    language: str
    env: Mapping[str, str] = attrs.field(repr=False)

    def run(self, folder: Path, options: Iterable[str]) -> None:
        """Run it in another process, with its output in one file, and finally its report in another."""
        command = [*_TIED, sys.executable, "-m", MODULE, self.backend, self.language, *options]
        env = {"PATH": os.environ["PATH"], **self.env}
        report, part = folder / self.report, folder / f"{self.report}.part"
        with part.open("wb") as output, (folder / self.words).open("wb") as words:
            subprocess.run(
                command, cwd=CHECKOUT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=words, check=False
            )
        part.rename(report)

    @property
    def report(self) -> str:
        """The name of its report's file."""
        return f"{self.backend}-{self.language}.json"

    @property
    def words(self) -> str:
        """The name of the file with whatever else it says."""
        return f"{self.backend}-{self.language}.txt"


class Judging:
    """Jobs under way in another process: this one, whose descriptors and children are counted, has that one more."""

    def __init__(self, jobs: Iterable[Job], folder: Path, *, whole: bool) -> None:
        self._folder = folder
        (folder / "jobs").write_text(json.dumps(list(map(attrs.asdict, jobs))))
        options = [_WHOLE] if whole else []
        self._process = subprocess.Popen(
            [*_TIED, sys.executable, "-m", MODULE, folder, *options],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def report(self, backend: str, language: str) -> dict[str, Any]:
        """Wait for the end of a job, and return its report."""
        job = Job(backend=backend, language=language, env={})
        path = self._folder / job.report
        until = time.monotonic() + MOST_SECS
        while not path.exists() and self._process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        text = path.read_text() if path.exists() else ""
        assert text, (self._folder / job.words).read_text()[-2000:]
        report: dict[str, Any] = json.loads(text)
        return report

    def end(self) -> None:
        """End what has not ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _run_all(folder: Path, options: list[str]) -> None:
    jobs = [Job(**each) for each in json.loads((folder / "jobs").read_text())]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(job.run, folder, options) for job in jobs]:
            done.result()


def _main() -> None:
    words = [word for word in sys.argv[1:] if word != _WHOLE]
    options = sys.argv[1 + len(words) :]
    if len(words) == 1:
        _run_all(Path(words[0]), options)
        return
    backend, language = words
    print(json.dumps(judge(BACKENDS[backend], language, whole=bool(options))))  # noqa: T201


if __name__ == "__main__":
    _main()
