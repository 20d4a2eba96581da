"""The rows of the table of checks."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from codeexec_config.executor import Capability

__all__ = ["Check", "Scope"]


class Scope(Enum):
    """What a check looks at."""

    EXECUTOR = "the executor as a whole, before its languages"
    ONE_LANGUAGE = "the executor as a whole, by a program in its first language"
    LANGUAGE = "each language"
    LAST_PROGRAM = "the executor as a whole, by a program that may make it useless"
    END = "the executor as a whole, when everything else is done"


class Check(NamedTuple):
    """One row of the table.

    `after` names checks that must pass for this one to mean anything; `waits` marks one that mostly waits, and may run
    concurrently with others.
    """

    id: str
    title: str
    action: str
    function: Callable[[Any], None]
    needs: Capability | None = None
    scope: Scope = Scope.LANGUAGE
    async_only: bool = False
    after: str = ""
    waits: bool = False
