"""From a config to what runs it: one handler a mode, one a runtime, none of them optional.

A mode that is added to the model is a type error at every call of `dispatch`, which is the place to decide about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, assert_never

import attrs

from codeexec_config import limits
from codeexec_config.executor.errors import ExecutionDisabled
from codeexec_config.model import External, Runtime, Sandboxed, Wasm

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.model import CodeExecutionConfig

__all__ = ["ClientSideHandoff", "dispatch", "dispatch_runtime"]

_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")


@attrs.frozen(kw_only=True)
class ClientSideHandoff:
    """What the browser needs in mode wasm, where no server executor exists.

    Args:
        languages: what it may run.
        wall_secs: seconds that one run may take.
        memory_bytes: the most memory of its wasm module.
    """

    languages: tuple[str, ...]
    wall_secs: int
    memory_bytes: int

    @classmethod
    def from_config(cls, config: CodeExecutionConfig) -> ClientSideHandoff:
        """Give what a config says to the browser."""
        return cls(
            languages=config.allowed_languages,
            wall_secs=config.timeout_secs,
            memory_bytes=config.max_memory_mb * limits.MEBIBYTE,
        )

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types, for a page's script."""
        return {"languages": list(self.languages), "wall_secs": self.wall_secs, "memory_bytes": self.memory_bytes}


def dispatch(
    config: CodeExecutionConfig,
    *,
    wasm: Callable[[ClientSideHandoff], _A],
    sandboxed: Callable[[Sandboxed], _B],
    external: Callable[[External], _C],
) -> _A | _B | _C:
    """Call the handler of the config's mode with what it needs, and give what it gives.

    Raises:
        ExecutionDisabled: `enabled` is false; no handler is called.
    """
    if not config.enabled:
        raise ExecutionDisabled
    match config.mode:
        case Wasm():
            return wasm(ClientSideHandoff.from_config(config))
        case Sandboxed():
            return sandboxed(config.mode)
        case External():
            return external(config.mode)
        case _:
            assert_never(config.mode)


def dispatch_runtime(
    sandboxed: Sandboxed,
    *,
    docker: Callable[[Sandboxed], _A],
    firecracker: Callable[[Sandboxed], _B],
    gvisor: Callable[[Sandboxed], _C],
) -> _A | _B | _C:
    """Call the handler of the sandbox's runtime with the sandbox, and give what it gives."""
    match sandboxed.runtime:
        case Runtime.DOCKER:
            return docker(sandboxed)
        case Runtime.FIRECRACKER:
            return firecracker(sandboxed)
        case Runtime.GVISOR:
            return gvisor(sandboxed)
        case _:
            assert_never(sandboxed.runtime)
