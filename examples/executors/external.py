"""Sends programs to a service: what `mode.external` asks for, with the config's url and key.

Speaks Piston's API (version 2), and needs httpx. What the service does with a program is the service's: declare the
capabilities that the conformance kit has seen on yours.

What surprises:

* An exception of the HTTP library leads to its request, and that to the key. Errors are made here, outside the
  `except` that caught it, so that they carry no trace of it.
* A redirect would take the code, and with some libraries the key, to another host: it is not followed. Neither the
  environment's proxies nor its `.netrc` are used: the configuration says where things go.
* A request that was sent may have run, whatever became of the answer, a 503 of some proxy included: nothing is sent
  twice, and no error suggests it.
* Any 4xx except a few is about the request: another request may run, and the service works. A 404 is not: the path is
  Piston's own, so it is the configured url that leads elsewhere.
* A program that does not compile is not run: the compiler's stage is the verdict, and the answer has no other.
* A service's answer may have any size and any shape.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx

from codeexec_config import External, Secret
from codeexec_config.executor import (
    Capability,
    ExecutionError,
    ExecutionRequest,
    ExecutionResult,
    ExecutorAuthError,
    ExecutorFault,
    ExecutorInfo,
    ExecutorOverloaded,
    ExecutorUnavailable,
    LanguageSupport,
    RequestError,
    RequestTooLarge,
    Status,
    encode_request,
    require_support,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

STARTUP_SECS: Final = 5.0
CONNECT_SECS: Final = 5.0
ANY_VERSION: Final = "*"
ANSWER_BYTES: Final = 64 * 1024 * 1024
"""Two streams of 1 MiB, given twice, and escaped by JSON at its worst, fit well."""

CAPABILITIES: Final = frozenset(
    {
        Capability.CANCEL,
        Capability.CLEAN_ENV,
        Capability.CLOSE,
        Capability.DISK,
        Capability.EXIT_CODE,
        Capability.FILES,
        Capability.HOST_DEATH,
        Capability.ISOLATED_FS,
        Capability.ISOLATED_PROCESSES,
        Capability.MEMORY,
        Capability.NO_NETWORK,
        Capability.PIDS,
        Capability.SIGNALS,
        Capability.STDERR,
    }
)
"""What `piston_server.py` does. The API has text where bytes are due, and no variables."""

_NAMES: Final = (
    *("HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM"),
    *("TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF"),
    *("WINCH", "IO", "PWR", "SYS"),
)
_SIGNALS: Final = {f"SIG{name}": number for number, name in enumerate(_NAMES, 1)}
"""The service's own, which is a Linux: this host may number them otherwise, or, as Windows does, not have them."""
_NO_SUCH_PATH: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE)


class _Bearer(httpx.Auth):
    """Adds the key at the last moment, so that none of our frames and default headers contains it."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


class ExternalExecutor:
    """Run each program at the service; use `connect` to create one.

    Args:
        external: where the service is, and its key.
        languages: what it runs.
        max_concurrency: how many concurrent requests it accepts, if known.
    """

    def __init__(
        self, external: External, languages: Mapping[str, LanguageSupport], *, max_concurrency: int | None = None
    ) -> None:
        self._client = _client(external)
        self._info = ExecutorInfo(
            name="external", languages=languages, startup_secs=STARTUP_SECS, max_concurrency=max_concurrency
        )

    @classmethod
    async def connect(
        cls, external: External, *, capabilities: frozenset[Capability] = CAPABILITIES
    ) -> ExternalExecutor:
        """Ask the service what it runs.

        Raises:
            InfrastructureError: it does not answer, or not as expected.
        """
        # A client of its own: kept connections belong to one event loop, and the executor may serve on another.
        async with _client(external) as client:
            answer = await _exchange(client, "GET", "runtimes", None, CONNECT_SECS)
        if isinstance(answer, RequestError):
            raise ExecutorFault(f"the service refuses to list its runtimes: {answer.detail}", started=False)
        if isinstance(answer, ExecutionError):
            raise answer
        return cls(external, _runtimes(_parsed(answer), capabilities))

    def describe(self) -> ExecutorInfo:
        """Return what the service ran when it was asked."""
        return self._info

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        """Run one program; a cancellation closes the connection, which tells the service to stop."""
        support = require_support(request, self._info)
        encode_request(request)  # JSON could carry half of a surrogate pair, to a service that then breaks on it
        body = json.dumps(_asked(request, support.version or ANY_VERSION)).encode()
        answer = await _exchange(self._client, "POST", "execute", body, STARTUP_SECS + request.limits.wall_secs)
        if isinstance(answer, ExecutionError):
            raise answer
        return _verdict(_parsed(answer), request.limits.output_bytes)

    async def close_async(self) -> None:
        """Close the connections that are kept."""
        await self._client.aclose()


def _client(external: External) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{external.url.rstrip('/')}/api/v2/",
        auth=_Bearer(external.api_key) if external.api_key else None,
        timeout=httpx.Timeout(None, connect=CONNECT_SECS),  # how long an answer may take depends on the request
        headers={"Accept-Encoding": "identity"},  # 64 KiB of gzip may be 64 MiB
        trust_env=False,
    )


async def _exchange(
    client: httpx.AsyncClient, method: str, path: str, body: bytes | None, secs: float
) -> bytes | ExecutionError:
    """Send a request once; return an error instead of raising it, so that it has no context."""
    headers = {"Content-Type": "application/json"}
    try:
        async with asyncio.timeout(secs), client.stream(method, path, content=body, headers=headers) as response:
            return await _bounded(response)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        return ExecutorUnavailable("the service cannot be reached", started=False)
    except (httpx.HTTPError, TimeoutError):
        # The program may have run, so it must not be sent again.
        return ExecutorUnavailable("the service did not answer", retryable=False)


async def _bounded(response: httpx.Response) -> bytes | ExecutionError:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > ANSWER_BYTES:
            return ExecutorFault("the service's answer has no end")
    if response.status_code == HTTPStatus.OK:
        return bytes(body)
    return _refusal(response.status_code, response.headers)


def _refusal(status: int, headers: Mapping[str, str]) -> ExecutionError:
    # The service's own words stay out: an error page may contain the request's headers, and so the key.
    match status:
        case 401 | 403 | 407:
            return ExecutorAuthError(started=False)
        case 413:
            return RequestTooLarge()
        case 429:
            wait = headers.get("Retry-After", "")
            return ExecutorOverloaded(retry_after_secs=float(wait) if wait.isdecimal() else None, started=False)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ExecutorUnavailable(f"the service answered {status}", retryable=False)
    if status in _NO_SUCH_PATH or status < HTTPStatus.BAD_REQUEST:
        return ExecutorFault(f"the service answered {status}: there is no Piston API at its url", started=False)
    return RequestError(f"the service answered {status}")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (RecursionError, ValueError):
        pass  # its error contains the whole answer
    raise ExecutorFault("the service's answer is no JSON")


def _runtimes(answer: Any, capabilities: frozenset[Capability]) -> dict[str, LanguageSupport]:
    try:
        # The newest last: of several versions of a language that is the one.
        return {
            each["language"]: LanguageSupport(version=each["version"], capabilities=capabilities)
            for each in sorted(answer, key=lambda each: (each["language"], _numbers(each["version"])))
        }
    except (KeyError, TypeError):
        pass
    raise ExecutorFault("the service's list of runtimes has another shape")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", version)]


def _asked(request: ExecutionRequest, version: str) -> dict[str, Any]:
    others = [
        {"name": name, "content": base64.b64encode(data).decode(), "encoding": "base64"}
        for name, data in request.files.items()
    ]
    return {
        "language": request.language,
        "version": version,
        "files": [{"content": request.code}, *others],
        "run_timeout": max(1, round(request.limits.wall_secs * 1000)),
        "run_memory_limit": request.limits.memory_bytes,
    }


def _verdict(answer: Any, output_bytes: int) -> ExecutionResult:
    try:
        return _result(_deciding_stage(answer), output_bytes)
    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # a result that contradicts itself is one that cannot be built
    raise ExecutorFault("the service's answer has another shape")


def _deciding_stage(answer: dict[str, Any]) -> dict[str, Any]:
    run: dict[str, Any] | None = answer.get("run")
    if run is not None:
        return run
    compilation: dict[str, Any] = answer["compile"]
    if compilation["code"] == 0:
        raise ValueError("a program that compiles is run")
    return compilation


def _result(run: dict[str, Any], output_bytes: int) -> ExecutionResult:
    status, number = _status(run), _SIGNALS[run["signal"]] if run["signal"] else None
    stdout, stderr = (run[name].encode("utf-8", "replace") for name in ("stdout", "stderr"))
    return ExecutionResult(
        status=status,
        exit_code=run["code"],
        signal=number,
        stdout=stdout[:output_bytes],
        stderr=stderr[:output_bytes],
        stdout_truncated=len(stdout) > output_bytes or run.get("status") == "OL",
        stderr_truncated=len(stderr) > output_bytes or run.get("status") == "EL",
        detail=run.get("message") or "",
    )


def _status(run: dict[str, Any]) -> Status:
    match run.get("status"):
        case "XX":
            raise ExecutorFault("the service could not run the program")
        case "TO":
            return Status.TIMED_OUT
        case "OL" | "EL":
            return Status.OUTPUT_EXCEEDED
    # The exit code comes last: the service's own kill has one as well.
    if run["signal"]:
        return Status.KILLED
    return Status.COMPLETED if run["code"] == 0 else Status.FAILED


def from_environment() -> ExternalExecutor:
    """Make one for the service at CODE_EXEC_URL, with the key of CODE_EXEC_API_KEY if there is one."""
    key = os.environ.get("CODE_EXEC_API_KEY")
    external = External(url=os.environ["CODE_EXEC_URL"], api_key=Secret(key) if key else None)
    return asyncio.run(ExternalExecutor.connect(external))
