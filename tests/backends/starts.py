"""Cancel some work while it starts a process."""

from __future__ import annotations

import asyncio
from asyncio.base_subprocess import BaseSubprocessTransport
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable

    import pytest

_MOMENT_SECS = 0.3
_MOST_SECS = 15

WITH_A_CHILD = ("/bin/sh", "-c", "sleep 61.7 & wait", "sh")
"""A command whose child outlives it, and keeps its pipes open."""


async def cancelled_at_its_start(work: Awaitable[object], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Cancel some work while asyncio has a process and not its pipes; return whether both soon end."""
    loop = asyncio.get_running_loop()  # it may be started by another, in another thread
    begun: asyncio.Future[BaseSubprocessTransport] = loop.create_future()
    connect = BaseSubprocessTransport._connect_pipes

    async def connect_later(transport: BaseSubprocessTransport, waiter: Any) -> None:
        loop.call_soon_threadsafe(begun.set_result, transport)
        await asyncio.sleep(_MOMENT_SECS)
        await connect(transport, waiter)

    monkeypatch.setattr(BaseSubprocessTransport, "_connect_pipes", connect_later)
    task = asyncio.ensure_future(work)
    transport = await begun
    await asyncio.sleep(_MOMENT_SECS / 2)
    task.cancel()
    await asyncio.wait({task}, timeout=_MOST_SECS)
    return task.cancelled() and transport.get_returncode() is not None
