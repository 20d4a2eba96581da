"""A service that runs code, for trying `external.py` against: Piston's API (version 2), with bubblewrap underneath.

Run it with `CODEEXEC_ROOTFS=... PISTON_KEY=... python -m examples.executors.piston_server`; it prints its URL, and
stops at the end of its standard input. It needs what `bubblewrap.py` needs, and otherwise only the standard library.

It speaks minimal HTTP: one request per connection, which the client may close to cancel the run. Put a
real server in front of it on anything but your own machine.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import os
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from codeexec_config.executor import (
    ExecutionError,
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    LanguageUnsupported,
    RequestError,
    RequestTooLarge,
    Status,
)
from examples.executors.bubblewrap import BubblewrapExecutor

HEAD_BYTES: Final = 64 * 1024
BODY_BYTES: Final = 32 * 1024 * 1024
READ_SECS: Final = 30.0
"""How long a client may take to send its request."""
JOBS: Final = 16
"""How many programs run concurrently; further clients are told to retry."""
RUN_SECS: Final = 3.0
"""Piston's own default for `run_timeout`."""
MEMORY_BYTES: Final = 256 * 1024 * 1024


class Refused(Exception):  # noqa: N818 -- the client erred, not the server
    """Ends a request with a status other than 200."""

    def __init__(self, status: HTTPStatus, message: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message or status.phrase


class PistonServer:
    """Answer `GET /api/v2/runtimes` and `POST /api/v2/execute`.

    Args:
        executor: what runs the programs.
        key: what clients must send as their bearer token, or "" if anyone may use it.
    """

    def __init__(self, executor: BubblewrapExecutor, *, key: str = "") -> None:
        self._executor = executor
        self._key = key
        self._running = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            status, answer = await self._answer(reader)
            writer.write(_response(status, answer))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # no client is left to answer
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[HTTPStatus, object]:
        try:
            async with asyncio.timeout(READ_SECS):
                route, headers, body = await _read(reader)
            self._authorize(headers.get("authorization", ""))
            match route:
                case "GET /api/v2/runtimes":
                    return HTTPStatus.OK, self._runtimes()
                case "POST /api/v2/execute":
                    return HTTPStatus.OK, await self._execute(_request(body), reader)
        except TimeoutError:
            return HTTPStatus.REQUEST_TIMEOUT, {"message": "the request did not come in time"}
        except Refused as refusal:
            return refusal.status, {"message": refusal.message}
        return HTTPStatus.NOT_FOUND, {"message": "not found"}

    def _authorize(self, given: str) -> None:
        expected = f"Bearer {self._key}"
        if self._key and not hmac.compare_digest(given.encode(), expected.encode()):
            raise Refused(HTTPStatus.UNAUTHORIZED)

    def _runtimes(self) -> list[dict[str, object]]:
        languages = self._executor.describe().languages
        return [{"language": name, "version": each.version, "aliases": []} for name, each in languages.items()]

    async def _execute(self, request: ExecutionRequest, reader: asyncio.StreamReader) -> dict[str, Any]:
        if self._running >= JOBS:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS)
        self._running += 1
        run = asyncio.ensure_future(self._executor.execute_async(request))
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({run, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not run.done():
                raise ConnectionAbortedError
            return {"language": request.language, "run": _stage(run)}
        finally:
            gone.cancel()
            run.cancel()
            await asyncio.wait({run, gone})
            self._running -= 1


def _stage(run: asyncio.Future[ExecutionResult]) -> dict[str, Any]:
    try:
        return _described(run.result())
    except LanguageUnsupported:
        raise Refused(HTTPStatus.BAD_REQUEST, "unknown runtime") from None
    except RequestTooLarge as error:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)) from None
    except RequestError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, error.detail or str(error)) from None
    except ExecutionError as error:
        print(f"{type(error).__name__}: {error.detail}", file=sys.stderr)  # noqa: T201 -- the operator's terminal
        return {"stdout": "", "stderr": "", "output": "", "code": None, "signal": None, "status": "XX"}


def _described(result: ExecutionResult) -> dict[str, Any]:
    stdout, stderr = result.text("stdout"), result.text("stderr")
    killed = result.exit_code is None
    return {
        "stdout": stdout,
        "stderr": stderr,
        "output": stdout + stderr,
        "code": result.exit_code,
        "signal": "SIGKILL" if killed else None,
        "status": _STATUS[result.status] if not result.stderr_truncated else "EL",
        "message": _MESSAGE.get(result.status),
        "memory": result.peak_memory_bytes,
        "wall_time": round((result.wall_secs or 0) * 1000),
    }


_STATUS: Final = {
    Status.COMPLETED: None,
    Status.FAILED: "RE",
    Status.TIMED_OUT: "TO",
    Status.OUTPUT_EXCEEDED: "OL",
    Status.MEMORY_EXCEEDED: "SG",
    Status.KILLED: "SG",
}
_MESSAGE: Final = {Status.TIMED_OUT: "time limit exceeded", Status.MEMORY_EXCEEDED: "memory limit exceeded"}


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError:
        raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise Refused(HTTPStatus.BAD_REQUEST)
    if int(length) > BODY_BYTES:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return first.rpartition(" ")[0], headers, await reader.readexactly(int(length))


def _request(body: bytes) -> ExecutionRequest:
    try:
        asked = json.loads(body)
        main, *others = asked["files"]
        return ExecutionRequest(
            language=asked["language"],
            code=_content(main).decode(),
            files={file["name"]: _content(file) for file in others},
            stdin=asked.get("stdin", "").encode(),
            limits=ExecutionLimits(
                wall_secs=asked.get("run_timeout", RUN_SECS * 1000) / 1000,
                memory_bytes=asked.get("run_memory_limit", MEMORY_BYTES),
            ),
        )
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, binascii.Error):
        raise Refused(HTTPStatus.BAD_REQUEST, "malformed request") from None


def _content(file: dict[str, str]) -> bytes:
    content = file["content"]
    return base64.b64decode(content, validate=True) if file.get("encoding") == "base64" else content.encode()


def _response(status: HTTPStatus, answer: object) -> bytes:
    body = json.dumps(answer).encode()
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(["Retry-After: 1"] if status is HTTPStatus.TOO_MANY_REQUESTS else []),
    )
    return "\r\n".join((*lines, "", "")).encode() + body


async def serve(server: PistonServer, *, port: int = 0) -> None:
    """Listen on loopback, print the URL, and stop when standard input ends."""
    listener = await asyncio.start_server(server.handle, "127.0.0.1", port, limit=HEAD_BYTES)
    async with listener:
        host, bound = listener.sockets[0].getsockname()
        print(f"http://{host}:{bound}", flush=True)  # noqa: T201 -- what its starter waits for
        await asyncio.to_thread(sys.stdin.buffer.read)


def main() -> None:
    """Serve with the root file system of CODEEXEC_ROOTFS, to clients with the key of PISTON_KEY."""
    executor = BubblewrapExecutor(Path(os.environ["CODEEXEC_ROOTFS"]), max_concurrency=JOBS)
    asyncio.run(_sweep_and_serve(executor, os.environ.get("PISTON_KEY", "")))


async def _sweep_and_serve(executor: BubblewrapExecutor, key: str) -> None:
    await executor.sweep_async()
    await serve(PistonServer(executor, key=key))


if __name__ == "__main__":
    main()
