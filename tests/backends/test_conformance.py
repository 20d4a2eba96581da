"""The example executors, each held to the whole conformance kit.

With python by default; with other languages when CODEEXEC_KIT_LANGUAGES names them (all of them when it is `all`, and
none when it is empty: the kit waits for many limits to be met, which takes a minute a language).
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from codeexec_config import External, Secret
from codeexec_config.conformance import Deadlines, Verdict, processes_with
from codeexec_config.conformance.suite import Plan, run_plan
from codeexec_config.executor import check_executor
from examples.executors._payload import LANGUAGES
from examples.executors.bubblewrap import BubblewrapExecutor
from examples.executors.docker import LABEL, DockerExecutor
from examples.executors.gvisor import GvisorExecutor
from tests.backends import engine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from codeexec_config.conformance import ConformanceReport, LeakProbe
    from codeexec_config.executor import AsyncCodeExecutor, ExecutionLimits, ExecutionResult
    from examples.executors._cgroup import Cgroup
    from examples.executors._payload import Payload
    from tests.backends.conftest import Engine, Service

E = TypeVar("E", bound="AsyncCodeExecutor")

DEADLINES = Deadlines(stop_limit=5.0, latency_limit=120.0)
"""Longer than the kit's own: on a busy machine some interpreters take two seconds to start, and bash on gVisor fills
its memory by a system call for each 128 bytes."""


def _wanted() -> list[str]:
    chosen = os.environ.get("CODEEXEC_KIT_LANGUAGES", "python")
    return list(LANGUAGES) if chosen == "all" else list(filter(None, chosen.split(",")))


WANTED = _wanted()
pytestmark = pytest.mark.skipif(not WANTED, reason="CODEEXEC_KIT_LANGUAGES names no language")


def judge(
    make: Callable[[], E], probe_of: Callable[[E], LeakProbe] | None = None, *, blind: Collection[str] = ()
) -> None:
    """Demand that every check passed, but for what is not declared and what a language cannot say.

    Args:
        make: makes the executor, one a language.
        probe_of: makes the leak probe of an executor whose programs the machine does not show.
        blind: checks that this back end gives nothing to look at.
    """

    def report(language: str) -> ConformanceReport:
        executor = make()
        probe = probe_of(executor) if probe_of else processes_with
        return run_plan(executor, Plan(languages=[language], probe=probe, deadlines=DEADLINES))

    assert check_executor(make()) == []
    # One after the other: to the kit every process that is new in this one is the executor's.
    for each in map(report, WANTED):
        assert each.ok, each.render()
        assert _skipped_for_another_reason(each, blind) == [], each.render()


def _skipped_for_another_reason(report: ConformanceReport, blind: Collection[str]) -> list[str]:
    return [
        f"{each.id}: {each.detail}"
        for each in report.results
        if each.verdict is Verdict.SKIP and "not declared" not in each.detail and each.id not in blind
    ]


def groups(owner: str = "") -> list[Path]:
    """Return the cgroups of the examples, or of one executor."""
    root = Path("/sys/fs/cgroup")
    return [path for part in (".", "memory", "pids") for path in (root / part).glob(f"codeexec-{owner}*")]


def abandoned() -> set[Path]:
    """Return the cgroups that nothing is in and nobody removes; another run on this machine has some for a moment."""
    first = {group for group in groups() if not _used(group)}
    time.sleep(1.0)
    return {group for group in first.intersection(groups()) if not _used(group)}


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


def _used(group: Path) -> bool:
    try:
        return bool((group / "cgroup.procs").read_text())
    except OSError:  # it was removed meanwhile
        return False


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Look afterwards for what the kit does not look for."""
    before = abandoned()  # by tests that were killed
    yield
    assert abandoned() <= before
    assert "codeexec" not in Path("/proc/self/mounts").read_text()


def test_bubblewrap_passes_the_kit(bubblewrap: Path) -> None:
    judge(lambda: BubblewrapExecutor(bubblewrap))


def test_gvisor_passes_the_kit(gvisor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    # Its /proc tells nothing of signals; what a program does with them is tried in test_isolation.
    judge(lambda: TracedGvisor(gvisor), lambda executor: executor.left, blind={"R14"})

    assert list(tmp_path.iterdir()) == []


def test_docker_passes_the_kit(docker: Engine) -> None:
    asyncio.run(DockerExecutor(docker.image, host=docker.host).check_health_async())

    judge(lambda: DockerExecutor(docker.image, host=docker.host))

    assert engine.containers(docker.host, LABEL) == []


def test_the_service_passes_the_kit(service: Service) -> None:
    pytest.importorskip("httpx", reason="the external example needs httpx (dependency group examples)")
    from examples.executors.external import ExternalExecutor

    external = External(url=service.url, api_key=Secret(service.key))

    judge(lambda: asyncio.run(ExternalExecutor.connect(external)))
