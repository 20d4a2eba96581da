"""Remove what was left behind; one thing that cannot be removed must not stop the others, or the host's start.

Two hosts that start together sweep the same things: one that is already gone counts as removed.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

import attrs

from codeexec_config.executor import ExecutorUnavailable, InfrastructureError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@attrs.define
class Sweep:
    """A sweep, which reports at its end what could not be removed."""

    _stuck: list[str] = attrs.field(factory=list, init=False)

    def __enter__(self) -> Self:
        """Begin it."""
        return self

    @contextmanager
    def removing(self, name: str) -> Iterator[None]:
        """Remember that what is removed in this block could not be, and go on."""
        try:
            yield
        except (OSError, InfrastructureError):
            self._stuck.append(name)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End it.

        Raises:
            ExecutorUnavailable: something could not be removed.
        """
        if self._stuck and kind is None:
            raise ExecutorUnavailable(f"not removed: {', '.join(self._stuck)}", started=False)


def delete(folder: Path) -> None:
    """Delete a folder, which another sweep may be deleting too."""
    while folder.exists():
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
