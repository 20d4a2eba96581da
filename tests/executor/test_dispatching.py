"""From a config to the handler of its mode and of its runtime."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

import pytest

from codeexec_config.executor import (
    ClientSideHandoff,
    ExecutionDisabled,
    canonical_language,
    dispatch,
    dispatch_runtime,
)
from codeexec_config.model import CodeExecutionConfig, External, Runtime, Sandboxed, Wasm

if TYPE_CHECKING:
    from codeexec_config.model import Mode


def never(_: object) -> NoReturn:
    pytest.fail("another mode's handler was called")


def test_wasm_gets_the_hand_off() -> None:
    expected = ClientSideHandoff(languages=("python", "javascript"), wall_secs=30, memory_bytes=268_435_456)

    assert expected == dispatch(CodeExecutionConfig(), wasm=lambda it: it, sandboxed=never, external=never)


def test_the_hand_off_is_plain_json() -> None:
    handoff = ClientSideHandoff.from_config(CodeExecutionConfig())

    expected = '{"languages": ["python", "javascript"], "wall_secs": 30, "memory_bytes": 268435456}'
    assert expected == json.dumps(handoff.as_dict())


def test_sandboxed_gets_the_sandbox() -> None:
    mode = Sandboxed(runtime=Runtime.DOCKER)

    assert mode is dispatch(CodeExecutionConfig(mode=mode), wasm=never, sandboxed=lambda it: it, external=never)


def test_external_gets_the_service() -> None:
    mode = External(url="https://code-exec.example.com")

    assert mode is dispatch(CodeExecutionConfig(mode=mode), wasm=never, sandboxed=never, external=lambda it: it)


@pytest.mark.parametrize("mode", [Wasm(), Sandboxed(runtime=Runtime.GVISOR), External(url="https://a.example")])
def test_nothing_is_called_when_disabled(mode: Mode) -> None:
    with pytest.raises(ExecutionDisabled):
        dispatch(CodeExecutionConfig(enabled=False, mode=mode), wasm=never, sandboxed=never, external=never)


@pytest.mark.parametrize("runtime", list(Runtime))
def test_a_runtime_gets_its_own_handler(runtime: Runtime) -> None:
    sandbox = Sandboxed(runtime=runtime)

    called = dispatch_runtime(
        sandbox,
        docker=lambda it: ("docker", it),
        firecracker=lambda it: ("firecracker", it),
        gvisor=lambda it: ("gvisor", it),
    )

    assert (runtime.value, sandbox) == called


@pytest.mark.parametrize(
    ("written", "meant"),
    [("py", "python"), ("JS", "javascript"), (" C++\n", "cpp"), ("Ruby", "ruby"), ("r", "r"), ("brainf", "brainf")],
)
def test_a_language_may_be_written_as_models_do(written: str, meant: str) -> None:
    assert meant == canonical_language(written)
