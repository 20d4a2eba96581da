"""The HTTP executor: what each answer means, and where the key never is."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config import External, Secret
from codeexec_config.executor import (
    Capability,
    CapabilityUnsupported,
    ExecutionError,
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    ExecutorAuthError,
    ExecutorFault,
    ExecutorOverloaded,
    ExecutorUnavailable,
    LanguageSupport,
    LanguageUnsupported,
    RequestError,
    RequestTooLarge,
    Status,
)

pytest.importorskip("httpx", reason="the external example needs httpx (dependency group examples)")

from examples.executors.external import ANSWER_BYTES, CAPABILITIES, ExternalExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "k3y-canary-4f1d"
DEFAULTS: dict[str, Any] = {"language": "python", "code": "print(1)"}
PYTHON = {"python": LanguageSupport(version="3.11", capabilities=CAPABILITIES)}


class Stub(ThreadingHTTPServer):
    """Answers everything with one prepared answer, and records the requests."""

    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012 -- replaced, never changed
    body = b""
    asked: list[tuple[str, dict[str, str], bytes]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Stub

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked.append((self.path, dict(self.headers), asked))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST  # noqa: N815 -- the name that the base class looks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ran(**run: Any) -> bytes:
    stage = {"stdout": "", "stderr": "", "code": 0, "signal": None, "status": None, "message": None}
    return json.dumps({"language": "python", "version": "3.11", "run": stage | run}).encode()


def execute(url: str, *, output_bytes: int = 1000, wall_secs: float = 5, **fields: Any) -> ExecutionResult:
    async def run() -> ExecutionResult:
        executor = ExternalExecutor(External(url=url, api_key=Secret(CANARY)), PYTHON)
        limits = ExecutionLimits(wall_secs=wall_secs, memory_bytes=1 << 28, output_bytes=output_bytes)
        request = ExecutionRequest(**DEFAULTS | {"limits": limits} | fields)
        try:
            return await executor.execute_async(request)
        finally:
            await executor.close_async()
            await executor.close_async()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, ExecutorAuthError),
        (403, ExecutorAuthError),
        (413, RequestTooLarge),
        (429, ExecutorOverloaded),
        (500, ExecutorUnavailable),
        (503, ExecutorUnavailable),
        (400, RequestError),
        (422, RequestError),
        (404, ExecutorFault),
    ],
)
def test_an_http_status_is_an_error_of_the_protocol(stub: Stub, status: Any, error: type[ExecutionError]) -> None:
    stub.status = status

    with pytest.raises(ExecutionError) as caught:
        execute(stub.url)
    assert error is type(caught.value)


def test_a_redirect_is_not_followed(stub: Stub) -> None:
    stub.status, stub.headers = 307, {"Location": f"{stub.url}/elsewhere"}

    with pytest.raises(ExecutorFault):
        execute(stub.url)
    assert ["/api/v2/execute"] == [path for path, _, _ in stub.asked]


def test_an_overloaded_service_says_how_long_to_wait(stub: Stub) -> None:
    stub.status, stub.headers = 429, {"Retry-After": "7"}

    with pytest.raises(ExecutorOverloaded) as caught:
        execute(stub.url)
    assert 7.0 == caught.value.retry_after_secs
    assert caught.value.retryable


def test_a_service_that_is_not_there_may_be_asked_again() -> None:
    with pytest.raises(ExecutorUnavailable) as caught:
        execute("http://127.0.0.1:1")
    assert caught.value.retryable


def test_a_lost_answer_is_no_reason_to_run_the_program_again(stub: Stub) -> None:
    stub.headers, stub.body = {"Content-Length": "1000"}, b"{"

    with pytest.raises(ExecutorUnavailable) as caught:
        execute(stub.url)
    assert not caught.value.retryable
    assert 1 == len(stub.asked)


@pytest.mark.parametrize(
    ("run", "status", "exit_code"),
    [
        ({"code": 0}, Status.COMPLETED, 0),
        ({"code": 3, "status": "RE"}, Status.FAILED, 3),
        ({"code": 137, "status": "RE"}, Status.FAILED, 137),
        ({"code": None, "status": "TO", "signal": "SIGKILL"}, Status.TIMED_OUT, None),
        ({"code": None, "status": "OL", "signal": "SIGKILL"}, Status.OUTPUT_EXCEEDED, None),
        ({"code": None, "status": "SG", "signal": "SIGKILL"}, Status.KILLED, None),
        ({"code": 0, "status": "SG", "signal": "SIGSEGV"}, Status.KILLED, 0),
    ],
)
def test_the_status_of_the_service_wins_over_the_exit_code(
    stub: Stub, run: dict[str, Any], status: Any, exit_code: int | None
) -> None:
    stub.body = ran(**run)

    result = execute(stub.url)

    assert (status, exit_code) == (result.status, result.exit_code)


def test_a_signal_has_the_services_number(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "Signals", {"SIGUSR1": 30})  # a host's whose signals are others
    numbers = []
    for name in ("SIGUSR1", "SIGKILL", "SIGSYS"):
        stub.body = ran(code=None, status="SG", signal=name)
        numbers.append(execute(stub.url).signal)

    assert [10, 9, 31] == numbers


@pytest.mark.parametrize(
    ("compilation", "status", "exit_code"),
    [
        ({"code": 1, "status": "RE"}, Status.FAILED, 1),
        ({"code": None, "status": "TO", "signal": "SIGKILL"}, Status.TIMED_OUT, None),
        ({"code": None, "status": "SG", "signal": "SIGKILL"}, Status.KILLED, None),
    ],
)
def test_a_program_that_does_not_compile_gets_the_compilers_verdict(
    stub: Stub, compilation: dict[str, Any], status: Any, exit_code: int | None
) -> None:
    stage = json.loads(ran(stderr="main.c:1: error", **compilation))["run"]
    stub.body = json.dumps({"language": "c", "version": "10.2.0", "compile": stage}).encode()

    result = execute(stub.url)

    assert (status, exit_code, b"main.c:1: error") == (result.status, result.exit_code, result.stderr)


def test_a_program_that_compiles_gets_its_own_verdict(stub: Stub) -> None:
    stage = json.loads(ran(stderr="a warning"))["run"]
    stub.body = json.dumps({"compile": stage, **json.loads(ran(code=3, stderr="its own"))}).encode()

    result = execute(stub.url)

    assert (Status.FAILED, b"its own") == (result.status, result.stderr)


def test_a_service_that_broke_has_no_verdict(stub: Stub) -> None:
    stub.body = ran(status="XX", code=None)

    with pytest.raises(ExecutorFault):
        execute(stub.url)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"run": 3}',
        b'{"run": {"stdout": ""}}',
        ran().replace(b'"run"', b'"compile"'),
        ran(stdout=3),
        ran(code="0"),
        ran(signal="SIGNONSENSE"),
        ran(code=0, status="SG", signal=9),
    ],
)
def test_an_answer_of_another_shape_is_the_services_fault(stub: Stub, body: bytes) -> None:
    stub.body = body

    with pytest.raises(ExecutorFault):
        execute(stub.url)


def test_an_answer_without_end_is_cut(stub: Stub) -> None:
    stub.body = b" " * (ANSWER_BYTES + 1)

    with pytest.raises(ExecutorFault):
        execute(stub.url)


def test_output_is_cut_and_flagged(stub: Stub) -> None:
    stub.body = ran(stdout="a" * 1001, stderr="b" * 1000)

    result = execute(stub.url)

    assert (1000, True) == (len(result.stdout), result.stdout_truncated)
    assert (1000, False) == (len(result.stderr), result.stderr_truncated)


def test_what_is_sent_is_pistons_request(stub: Stub) -> None:
    stub.body = ran()

    execute(f"{stub.url}/prefix/", files={"data/a.bin": b"\xff"})

    [(path, headers, body)] = stub.asked
    assert "/prefix/api/v2/execute" == path
    assert f"Bearer {CANARY}" == headers["Authorization"]
    assert {
        "language": "python",
        "version": "3.11",
        "files": [{"content": "print(1)"}, {"name": "data/a.bin", "content": "/w==", "encoding": "base64"}],
        "run_timeout": 5000,
        "run_memory_limit": 1 << 28,
    } == json.loads(body)


def test_nothing_is_sent_for_what_is_not_declared(stub: Stub) -> None:
    with pytest.raises(LanguageUnsupported):
        execute(stub.url, language="cobol")
    with pytest.raises(CapabilityUnsupported) as caught:
        execute(stub.url, env={"A": "1"})
    assert Capability.ENV == caught.value.capability
    assert [] == stub.asked


def test_connecting_asks_for_the_languages(stub: Stub) -> None:
    stub.body = b'[{"language": "python", "version": "3.12.0", "aliases": ["py"]}]'

    executor = asyncio.run(ExternalExecutor.connect(External(url=stub.url)))

    assert {"python": LanguageSupport(version="3.12.0", capabilities=CAPABILITIES)} == executor.describe().languages
    assert "Authorization" not in stub.asked[0][1]


def test_of_several_versions_the_newest_is_taken(stub: Stub) -> None:
    versions = ["3.9.4", "3.12.0", "2.7.18"]
    stub.body = json.dumps([{"language": "python", "version": version} for version in versions]).encode()

    executor = asyncio.run(ExternalExecutor.connect(External(url=stub.url)))

    assert ["3.12.0"] == [each.version for each in executor.describe().languages.values()]


@pytest.mark.parametrize("body", [b"3", b'[{"language": "python"}]', b'[{"language": "python", "version": 3}]', b"["])
def test_connecting_refuses_a_list_of_another_shape(stub: Stub, body: bytes) -> None:
    stub.body = body

    with pytest.raises(ExecutorFault):
        asyncio.run(ExternalExecutor.connect(External(url=stub.url)))


def test_connecting_to_a_service_that_refuses_the_key_says_so(stub: Stub) -> None:
    stub.status = 401

    with pytest.raises(ExecutorAuthError):
        asyncio.run(ExternalExecutor.connect(External(url=stub.url, api_key=Secret(CANARY))))


def _shown(error: BaseException) -> str:
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts = ["".join(trace.format()), repr(error), str(vars(error))]
    frame = error.__traceback__
    while frame:
        parts += (repr(value) for value in frame.tb_frame.f_locals.values())
        frame = frame.tb_next
    return "\n".join(parts)


@pytest.mark.parametrize("status", [None, 200, 307, 401, 429, 500])
def test_no_error_and_no_log_holds_the_key(
    stub: Stub, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], status: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.status = status or 200

    with pytest.raises(ExecutionError) as caught:
        execute("http://127.0.0.1:1" if status is None else stub.url)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert CANARY not in caplog.text
    assert CANARY not in "".join(capfd.readouterr())
    assert CANARY not in _shown(caught.value)


def test_no_repr_holds_the_key() -> None:
    executor = ExternalExecutor(External(url="https://code.example.com", api_key=Secret(CANARY)), PYTHON)

    assert CANARY not in repr(vars(executor)) + repr(vars(executor._client)) + repr(executor.describe())
    asyncio.run(executor.close_async())
