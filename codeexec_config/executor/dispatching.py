"""From a config to its executor: one handler for each mode, one for each runtime, none of them optional.

Adding a mode to the model causes a type error at every call of `dispatch`, which is where to decide about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, assert_never

import attrs

from codeexec_config.executor.errors import ExecutionDisabled
from codeexec_config.executor.records import ExecutionLimits
from codeexec_config.keys import ByFields
from codeexec_config.model import External, Runtime, Sandboxed, Wasm

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.model import CodeExecutionConfig

__all__ = ["ClientSideHandoff", "canonical_language", "dispatch", "dispatch_runtime"]

_A = TypeVar("_A")
_B = TypeVar("_B")
_C = TypeVar("_C")


@attrs.frozen(kw_only=True, repr=False)
class ClientSideHandoff(ByFields):
    """What the browser needs in mode wasm, where no server executor exists.

    Args:
        languages: the languages that it may run.
        wall_secs: seconds that one run may take.
        memory_bytes: the most memory of its wasm module.
    """

    languages: tuple[str, ...]
    wall_secs: int
    memory_bytes: int

    @classmethod
    def from_config(cls, config: CodeExecutionConfig) -> ClientSideHandoff:
        """Return what the browser needs of a config."""
        return cls(
            languages=config.allowed_languages,
            wall_secs=config.timeout_secs,
            memory_bytes=ExecutionLimits.from_config(config).memory_bytes,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON types, for a page's script."""
        return {"languages": list(self.languages), "wall_secs": self.wall_secs, "memory_bytes": self.memory_bytes}


def dispatch(
    config: CodeExecutionConfig,
    *,
    wasm: Callable[[ClientSideHandoff], _A],
    sandboxed: Callable[[Sandboxed], _B],
    external: Callable[[External], _C],
) -> _A | _B | _C:
    """Call the handler of the config's mode with what it needs, and return its result.

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
    """Call the handler of the sandbox's runtime with the sandbox, and return its result."""
    match sandboxed.runtime:
        case Runtime.DOCKER:
            return docker(sandboxed)
        case Runtime.FIRECRACKER:
            return firecracker(sandboxed)
        case Runtime.GVISOR:
            return gvisor(sandboxed)
        case _:
            assert_never(sandboxed.runtime)


def canonical_language(name: str) -> str:
    """Return the name that configs and executors use for a language that a model or a user wrote.

    `py`, `JS` and `c++` are `python`, `javascript` and `cpp`; any other name is only trimmed and lower-cased.
    The guard and executors do not translate names: a host that accepts aliases calls this when it builds a request.
    """
    from codeexec_config.limits import LANGUAGE_ALIASES

    lowered = name.strip().lower()
    return LANGUAGE_ALIASES.get(lowered, lowered)
