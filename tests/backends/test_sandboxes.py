"""What the conformance kit does not look at: what the machine's other users could see, and broken back ends."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import pytest

from codeexec_config.conformance import processes_with
from codeexec_config.executor import (
    CapabilityUnsupported,
    ExecutionLimits,
    ExecutionRequest,
    ExecutorFault,
    ExecutorUnavailable,
    LanguageUnsupported,
    RequestTooLarge,
    Status,
)
from examples.executors import _payload
from examples.executors._command import PATH, ask
from examples.executors.bubblewrap import BubblewrapExecutor
from examples.executors.docker import DockerExecutor
from examples.executors.gvisor import GvisorExecutor
from tests.backends import engine
from tests.backends.making import Sandbox
from tests.backends.starts import WITH_A_CHILD, cancelled_at_its_start

if TYPE_CHECKING:
    from pathlib import Path

    from codeexec_config.executor import AsyncCodeExecutor, ExecutionResult
    from tests.backends.conftest import Engine

LIMITS = ExecutionLimits(wall_secs=20, memory_bytes=256 << 20)


def request(code: str, language: str = "bash", **fields: object) -> ExecutionRequest:
    return ExecutionRequest(**{"language": language, "code": code, "limits": LIMITS} | fields)  # type: ignore[arg-type]


def run(executor: AsyncCodeExecutor | Sandbox, asked: ExecutionRequest) -> ExecutionResult:
    made = executor.make() if isinstance(executor, Sandbox) else executor
    return asyncio.run(made.execute_async(asked))


def test_neither_code_nor_the_hosts_keys_can_be_seen_in_ps(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    key, marker = secrets.token_hex(8), secrets.token_hex(8)
    monkeypatch.setenv("CODE_EXEC_API_KEY", key)
    executor = sandbox.make()

    async def look() -> list[str]:
        running = asyncio.create_task(executor.execute_async(request(f"sleep 2 # {marker}")))
        seen: list[str] = []
        while not running.done():
            seen += processes_with(key) + processes_with(marker)
            await asyncio.sleep(0.05)
        assert running.result().ok
        return seen

    assert asyncio.run(look()) == []


def test_variables_have_any_name_and_any_text(sandbox: Sandbox) -> None:
    code = "import os\nfor name in ('A.b', 'quoted'): print(ascii(os.environ[name]))"
    env = {"A.b": "line\nline", "quoted": 'it\'s "$HOME" `id` \\ é'}

    result = run(sandbox, request(code, "python", env=env))

    assert [ascii(value) for value in env.values()] == result.text().splitlines()


def test_a_file_of_the_request_can_be_imported(sandbox: Sandbox) -> None:
    files = {"helper.py": b"answer = 42", "data/numbers.txt": b"1 2 3"}

    result = run(
        sandbox, request("import helper; print(helper.answer, *open('data/numbers.txt'))", "python", files=files)
    )

    assert "42 1 2 3\n" == result.text()


def test_a_program_is_nobody_and_gains_nothing(sandbox: Sandbox) -> None:
    result = run(sandbox, request("id -u; id -g; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status"))

    uid, gid, *rest = result.text().split()
    assert ("65534", "65534") == (uid, gid)
    assert "0000000000000000" == rest[rest.index("CapEff:") + 1]


def test_the_root_file_system_cannot_be_changed(sandbox: Sandbox) -> None:
    result = run(
        sandbox, request("touch /usr/bin/x /etc/x /x 2>/dev/null; ls /usr/bin/x /etc/x /x 2>/dev/null; echo end")
    )

    assert "end\n" == result.text()


def test_what_is_unpacked_has_a_limit(sandbox: Sandbox) -> None:
    with pytest.raises(RequestTooLarge):
        run(sandbox, request("cat", stdin=b"x" * _payload.MAX_BYTES))


def test_what_is_not_declared_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(CapabilityUnsupported):
        run(sandbox, request("true", session="x"))
    with pytest.raises(LanguageUnsupported):
        run(sandbox, request("true", "cobol"))


def test_memory_that_ends_before_the_program_begins_is_told(bubblewrap: Path) -> None:
    limits = ExecutionLimits(wall_secs=5, memory_bytes=1 << 20)

    result = run(BubblewrapExecutor(bubblewrap), request("true", files={"big": bytes(8 << 20)}, limits=limits))

    assert Status.MEMORY_EXCEEDED == result.status


class WithAChild(BubblewrapExecutor):
    """One whose sandbox has started a child that outlives it."""

    def _sandbox(self, _: int) -> tuple[str, ...]:
        return WITH_A_CHILD


def test_a_run_that_is_cancelled_while_it_starts_ends_what_it_has_started(
    bubblewrap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncio would kill the first process alone, and wait for what that has started for as long as it lives."""

    async def cancelled() -> bool:
        return await cancelled_at_its_start(WithAChild(bubblewrap).execute_async(request("true")), monkeypatch)

    assert asyncio.run(cancelled())
    assert processes_with(WITH_A_CHILD[2]) == []


def test_a_question_that_is_cancelled_while_it_starts_ends_what_it_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancelled() -> bool:
        return await cancelled_at_its_start(ask(WITH_A_CHILD, env={"PATH": PATH}, secs=60), monkeypatch)

    assert asyncio.run(cancelled())
    assert processes_with(WITH_A_CHILD[2]) == []


@pytest.mark.usefixtures("bubblewrap", "gvisor")
@pytest.mark.parametrize("kind", [BubblewrapExecutor, GvisorExecutor])
def test_a_sandbox_that_does_not_start_is_no_verdict(
    kind: type[BubblewrapExecutor | GvisorExecutor], tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bash").touch()

    with pytest.raises(ExecutorFault) as caught:
        run(kind(tmp_path), request("true"))
    assert caught.value.detail


@pytest.mark.usefixtures("docker")
def test_an_engine_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(ExecutorUnavailable) as caught:
        run(DockerExecutor("image", host="unix:///nowhere/socket"), request("true"))
    assert caught.value.retryable


def test_an_image_that_is_not_there_is_unavailable(docker: Engine) -> None:
    executor = DockerExecutor("codeexec-no-such-image", host=docker.host)

    with pytest.raises(ExecutorUnavailable):
        run(executor, request("true"))
    with pytest.raises(ExecutorUnavailable):
        asyncio.run(executor.check_health_async())
    assert "codeexec-no-such-image" not in engine.images(docker.host)


def test_a_machine_without_docker_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ExecutorUnavailable):
        run(DockerExecutor("image"), request("true"))
