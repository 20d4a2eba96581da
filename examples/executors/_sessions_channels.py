"""The Jupyter channels between a host and a kernel that it does not trust.

The sandbox has no network and no folder of the host's. The host makes the listening Unix sockets, in a folder that only
it can enter, and hands them to the kernel as descriptors; once both channels answer, the folder is removed.

ZeroMQ takes a message of any number of parts into memory before it shows the first, so a program could fill the host's
memory by one that does not end. What a kernel sends passes a relay that counts its bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jupyter_client.asynchronous.client import AsyncKernelClient

from codeexec_config.executor import ExecutorUnavailable
from examples.executors._owner import Owner

if TYPE_CHECKING:
    from collections.abc import Iterable

    import zmq.asyncio

PREFIX: Final = "codeexec-sessions-"
"""The prefix of the folders, in the folder for temporary files."""
MOST_BYTES: Final = 4 << 20
"""What a kernel may send in one run: its replies are cut to a fraction of it."""
MOST_STRAYS: Final = 100
"""The most messages in one run that do not answer it."""
_CHUNK: Final = 64 * 1024
_CHANNELS: Final = ("shell", "control")


class ProtocolBroken(Exception):  # noqa: N818 -- a finding about the program
    """The program in the kernel sent something that no kernel sends."""


class Channels:
    """The two channels that a run needs: one for its request, one to interrupt it."""

    def __init__(self, context: zmq.asyncio.Context) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{Owner.current()}-"))
        self._received = 0
        self._relays: list[asyncio.Task[None]] = []
        self.key = secrets.token_hex(32)
        self._client = AsyncKernelClient(
            context=context, transport="ipc", ip=str(self._folder / "host"), shell_port=1, control_port=2
        )
        self._client.session.key = self.key.encode()
        self._client.session.copy_threshold = 1 << 30  # what is not copied costs a thread that never ends
        self._kernel_side: list[socket.socket] = []
        self._host_side: list[socket.socket] = []
        try:
            for number, name in enumerate(_CHANNELS, 1):
                self._kernel_side.append(_listener(self._folder / name))
                self._host_side.append(_listener(self._folder / f"host-{number}"))
        except OSError as error:
            self.close()
            reason = "the folder for temporary files takes no Unix socket; their paths have 107 bytes at most"
            raise ExecutorUnavailable(reason, retryable=False, started=False) from error

    def greet(self, host: socket.socket) -> None:
        """Send the kernel its key and its sockets."""
        socket.send_fds(host, [json.dumps({"key": self.key}).encode()], [each.fileno() for each in self._kernel_side])
        for each in self._kernel_side:
            each.close()

    async def connect(self) -> None:
        """Return once both channels answer; from then on there is no way to them but the connections that are made."""
        self._relays = [
            asyncio.create_task(self._relay(listener, self._folder / name))
            for listener, name in zip(self._host_side, _CHANNELS, strict=True)
        ]
        self._client.start_channels(shell=True, control=True, iopub=False, stdin=False, hb=False)  # noqa: S604 -- Jupyter's
        for name in _CHANNELS:
            await self.answer(name, self.ask(name, "kernel_info_request", {}))
        self._remove_folder()

    def execute(self, code: str) -> str:
        """Send a program and return the message's identifier."""
        self._received = 0
        return str(self._client.execute(code, allow_stdin=False, stop_on_error=False))

    def ask(self, channel: str, kind: str, content: dict[str, Any]) -> str:
        """Send any request and return the message's identifier."""
        message = self._client.session.msg(kind, content)
        self._channel(channel).send(message)
        return str(message["header"]["msg_id"])

    async def answer(self, channel: str, message_id: str) -> dict[str, Any]:
        """Return the content of the reply to one message, and throw away what answers another.

        Raises:
            ProtocolBroken: too much came that is no answer.
        """
        for _ in range(MOST_STRAYS):
            try:
                message = await self._channel(channel).get_msg()
                if message["parent_header"]["msg_id"] == message_id and message["msg_type"].endswith("_reply"):
                    return dict(message["content"])
            except (AttributeError, KeyError, LookupError, RecursionError, TypeError, ValueError):
                continue  # not signed, or no message
        raise ProtocolBroken

    async def hung_up(self) -> None:
        """Return when the kernel has hung up, or was cut off because it sent more than a run's replies hold."""
        await asyncio.wait(self._relays, return_when=asyncio.FIRST_COMPLETED)

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        for relay in self._relays:
            relay.cancel()
        for each in (*self._kernel_side, *self._host_side):
            each.close()
        for name in _CHANNELS:  # `stop_channels` would open the others to close them
            self._channel(name).stop()
        self._remove_folder()

    def _channel(self, name: str) -> Any:
        return self._client.shell_channel if name == "shell" else self._client.control_channel

    def _remove_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _relay(self, listener: socket.socket, path: Path) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as stack:
            near, _ = await loop.sock_accept(listener)
            listener.close()
            far = socket.socket(socket.AF_UNIX)
            for each in (near, far):
                stack.callback(each.close)
                each.settimeout(0)
            await loop.sock_connect(far, str(path))
            ways = [
                asyncio.ensure_future(self._copy(near, far)),
                asyncio.ensure_future(self._copy(far, near, from_kernel=True)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _copy(self, source: socket.socket, target: socket.socket, *, from_kernel: bool = False) -> None:
        loop = asyncio.get_running_loop()
        while chunk := await loop.sock_recv(source, _CHUNK):
            if from_kernel:
                self._received += len(chunk)
                if self._received > MOST_BYTES:
                    return
            await loop.sock_sendall(target, chunk)


def _listener(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    try:
        made.bind(str(path))
        made.listen()
    except OSError:
        made.close()
        raise
    made.settimeout(0)
    return made


def abandoned_folders() -> Iterable[Path]:
    """Yield the folders whose hosts have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = Owner.found_in(folder.name)
        if owner and owner.is_gone:
            yield folder
