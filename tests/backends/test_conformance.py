"""The example executors, each held to the whole conformance kit.

By default with python and bash; with all of their languages when CODEEXEC_KIT_LANGUAGES is `all` (or names some).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config import External, Secret
from codeexec_config.conformance import ConformanceReport, LeakProbe, Verdict, run_conformance
from codeexec_config.executor import AsyncCodeExecutor, check_executor
from examples.executors._payload import LANGUAGES
from examples.executors.bubblewrap import BubblewrapExecutor
from examples.executors.docker import LABEL, DockerExecutor
from examples.executors.gvisor import GvisorExecutor
from tests.backends import engine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.backends.conftest import Engine, Service


def _wanted() -> list[str]:
    chosen = os.environ.get("CODEEXEC_KIT_LANGUAGES", "python,bash")
    return list(LANGUAGES) if chosen == "all" else chosen.split(",")


EACH_LANGUAGE = pytest.mark.parametrize("language", _wanted())


def judge(executor: AsyncCodeExecutor, language: str, *, leak_probe: LeakProbe | None = None) -> None:
    """Demand that every check passed, but for what is not declared and what the language cannot say."""
    assert check_executor(executor) == []
    report = run_conformance(executor, languages=[language], leak_probe=leak_probe)
    assert report.ok, report.render()
    assert _skipped_for_another_reason(report) == [], report.render()
    if language == "python":
        declared = {str(each) for each in executor.describe().languages[language].capabilities}
        assert declared <= {each.capability for each in report.results if each.verdict is Verdict.PASS}


def _skipped_for_another_reason(report: ConformanceReport) -> list[str]:
    return [
        f"{each.id}: {each.detail}"
        for each in report.results
        if each.verdict is Verdict.SKIP and "not declared" not in each.detail
    ]


def cgroups_in_use(_: str) -> list[str]:
    """Stand in for a search by marker: gVisor's processes are one program to the host, whatever runs inside.

    It sees every run, so it finds more than the marker's, and never less.
    """
    return [str(group) for group in _groups() if (group / "cgroup.procs").read_text()]


def _groups() -> Iterable[Path]:
    root = Path("/sys/fs/cgroup")
    return [*root.glob("codeexec-*"), *root.glob("memory/codeexec-*")]


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Look afterwards for what the kit does not look for."""
    mounts = Path("/proc/self/mounts").read_text()
    temporary = tmp_path_factory.getbasetemp().parents[1]
    yield
    assert list(_groups()) == []
    assert [path for path in temporary.glob("codeexec-gvisor-*")] == []
    assert Path("/proc/self/mounts").read_text() == mounts


@EACH_LANGUAGE
def test_bubblewrap_passes_the_kit(bubblewrap: Path, language: str) -> None:
    judge(BubblewrapExecutor(bubblewrap), language)


@EACH_LANGUAGE
def test_gvisor_passes_the_kit(gvisor: Path, language: str) -> None:
    judge(GvisorExecutor(gvisor), language, leak_probe=cgroups_in_use)


@EACH_LANGUAGE
def test_docker_passes_the_kit(docker: Engine, language: str) -> None:
    executor = DockerExecutor(docker.image, host=docker.host)
    asyncio.run(executor.check_health_async())

    judge(executor, language)

    assert engine.containers(docker.host, LABEL) == []


@EACH_LANGUAGE
def test_the_service_passes_the_kit(service: Service, language: str) -> None:
    pytest.importorskip("httpx", reason="the external example needs httpx (dependency group examples)")
    from examples.executors.external import ExternalExecutor

    external = External(url=service.url, api_key=Secret(service.key))

    judge(asyncio.run(ExternalExecutor.connect(external)), language)
