"""The executors that the witness programs are tried on, created here or in a separate host process."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import attrs

from codeexec_config.executor import as_async

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from codeexec_config.executor import AsyncCodeExecutor


@attrs.frozen
class Sandbox:
    """An executor by its factory, as the kit's command takes it, and the variables that the factory reads."""

    name: str
    factory: str
    env: Mapping[str, str] = attrs.field(factory=dict)
    folder: Path | None = None

    def make(self) -> AsyncCodeExecutor:
        with mock.patch.dict(os.environ, self.env), self._importable():
            return make(self.factory)

    @contextmanager
    def _importable(self) -> Iterator[None]:
        with mock.patch.object(sys, "path", [*([str(self.folder)] if self.folder else []), *sys.path]):
            yield

    @property
    def variables(self) -> dict[str, str]:
        """What a host process needs in its environment to make it."""
        path = {"PYTHONPATH": str(self.folder)} if self.folder else {}
        return {**self.env, **path}


def make(factory: str) -> AsyncCodeExecutor:
    module, _, name = factory.partition(":")
    return as_async(getattr(importlib.import_module(module), name)())
