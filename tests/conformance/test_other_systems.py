"""What the kit says on systems that lack what a check looks at."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any

from codeexec_config.conformance.checks import reaching
from codeexec_config.conformance.suite import Plan, run_plan
from codeexec_config.executor import Capability, ExecutionResult, ExecutorUnavailable, Status
from tests.executor.fakes import Fake, info

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from codeexec_config.conformance import CheckResult
    from codeexec_config.executor import ExecutionRequest


def judged(check: str, output: bytes = b"tried\n") -> CheckResult:
    def act(request: ExecutionRequest) -> ExecutionResult:
        del request
        return ExecutionResult(status=Status.COMPLETED, stdout=output)

    executor = Fake(act, lambda: info(Capability.NO_NETWORK, Capability.ISOLATED_FS))
    [result] = run_plan(executor, Plan(only=[check])).results
    return result


def refuse(*_: object, **__: object) -> Any:
    raise OSError


def test_a_machine_without_ipv6_has_none_to_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_server", refuse)

    assert judged("I07").detail == "this machine has no IPv6"


def test_a_system_without_abstract_sockets_has_none_to_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "listen", refuse)

    assert judged("I08").detail == "this system has no abstract sockets"


def test_a_system_that_does_not_name_its_kernel_has_no_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reaching, "_BOOT", tmp_path / "missing")

    assert judged("I10").detail == "this system does not tell one kernel from another"


def test_settings_of_another_kernel_are_not_the_hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "boot").write_text("this-one\n", encoding="ascii")
    monkeypatch.setattr(reaching, "_BOOT", tmp_path / "boot")

    assert judged("I10", b"another-one\nopen /proc/sys/kernel/panic\ntried\n").verdict == "pass"
    assert judged("I10", b"this-one\nopen /proc/sys/kernel/panic\ntried\n").verdict == "fail"


def test_a_program_that_cannot_see_what_it_ignores_cannot_tell() -> None:
    assert judged("R14").detail == "cannot tell: the program could not see which signals it ignores"


def test_a_system_that_cannot_fork_has_no_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")

    assert judged("O09").detail == "this system cannot copy a process"


def test_a_program_that_does_not_get_so_far_accuses_nobody() -> None:
    assert judged("I09", b"").detail == "cannot tell: the program did not get that far: completed"


def test_an_error_that_denies_the_start_is_told() -> None:
    def act(_: object) -> Any:
        raise ExecutorUnavailable(started=False, retryable=False)

    executor = Fake(act, lambda: info(Capability.FAULT_INJECTION))
    [result] = run_plan(executor, Plan(only=["X05"])).results

    assert result.detail == "the error says that the program had not begun, and it had"


def test_a_flood_that_is_lost_is_told_with_all_its_complaints() -> None:
    assert judged("O04", b"").detail == "an endless program completed; nothing of it came back"
    assert judged("O04", b"x" * 70_000).detail.startswith("stdout: 70000 bytes came back under a limit of 65536; an ")


def test_a_verdict_that_never_broke_cannot_tell() -> None:
    executor = Fake(described=lambda: info(Capability.FAULT_INJECTION))
    [result] = run_plan(executor, Plan(only=["X05"])).results

    assert result.detail == "cannot tell: the back end did not break"
