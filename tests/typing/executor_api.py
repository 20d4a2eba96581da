"""How an implementer and a host see `codeexec_config.executor`: type-checked, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, assert_never, assert_type

from codeexec_config.executor import (
    AsyncCodeExecutor,
    AsyncSupportsClose,
    AsyncSupportsHealth,
    AsyncSupportsSessions,
    AsyncSupportsStreaming,
    AsyncSupportsSweep,
    Capability,
    ClientSideHandoff,
    CodeExecutor,
    ErrorInfo,
    ExecutionError,
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    InfrastructureError,
    LanguageSupport,
    OutputChunk,
    PolicyError,
    RequestError,
    SessionRequest,
    Status,
    SupportsClose,
    SupportsHealth,
    SupportsSessions,
    SupportsStreaming,
    SupportsSweep,
    as_async,
    canonical_language,
    check_executor,
    cut_output,
    dispatch,
    dispatch_runtime,
    encode_request,
    guarded,
    guarded_async,
    require_support,
    run_then_clean_up,
    run_then_clean_up_async,
)
from codeexec_config.model import CodeExecutionConfig, External, Sandboxed


class Mine:
    """A sync executor with every extra; it inherits nothing."""

    def describe(self) -> ExecutorInfo:
        python = LanguageSupport(version="3.12", capabilities=frozenset({Capability.STDIN}))
        return ExecutorInfo(name="mine", languages={"python": python})

    def execute(self, request: ExecutionRequest, /) -> ExecutionResult:
        return ExecutionResult(status=Status.COMPLETED, exit_code=0, stdout=request.code.encode())

    def close(self) -> None:
        return

    def check_health(self) -> None:
        return

    def sweep(self) -> None:
        return

    def open_session(self, request: SessionRequest, /) -> str:
        return request.language

    def close_session(self, session: str, /) -> None:
        del session

    def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[OutputChunk | ExecutionResult]:
        yield OutputChunk(stream="stdout", data=b"x")
        yield self.execute(request)


class MineAsync:
    """An async one."""

    def describe(self) -> ExecutorInfo:
        return ExecutorInfo(name="mine", languages={})

    async def execute_async(self, request: ExecutionRequest, /) -> ExecutionResult:
        return ExecutionResult(status=Status.FAILED, error=ErrorInfo(type=request.language))

    async def close_async(self) -> None:
        return

    async def check_health_async(self) -> None:
        return

    async def sweep_async(self) -> None:
        return

    async def open_session_async(self, request: SessionRequest, /) -> str:
        return request.language

    async def close_session_async(self, session: str, /) -> None:
        del session

    async def execute_streaming_async(
        self, request: ExecutionRequest, /
    ) -> AsyncIterator[OutputChunk | ExecutionResult]:
        yield await self.execute_async(request)


def an_implementers_class_conforms(mine: Mine, mine_async: MineAsync) -> None:
    executor: CodeExecutor = mine
    with_close: SupportsClose = mine
    with_health: SupportsHealth = mine
    with_sessions: SupportsSessions = mine
    with_streaming: SupportsStreaming = mine
    with_sweep: SupportsSweep = mine
    del executor, with_close, with_health, with_sessions, with_streaming, with_sweep

    executor_async: AsyncCodeExecutor = mine_async
    with_close_async: AsyncSupportsClose = mine_async
    with_health_async: AsyncSupportsHealth = mine_async
    with_sessions_async: AsyncSupportsSessions = mine_async
    with_streaming_async: AsyncSupportsStreaming = mine_async
    with_sweep_async: AsyncSupportsSweep = mine_async
    del executor_async, with_close_async, with_health_async, with_sessions_async, with_streaming_async, with_sweep_async


def the_guards_are_executors(mine: Mine, mine_async: MineAsync, config: CodeExecutionConfig) -> None:
    assert_type(guarded(mine, config), CodeExecutor)
    assert_type(guarded_async(mine_async, config), AsyncCodeExecutor)
    assert_type(guarded_async(as_async(guarded(mine, config)), config, grace_secs=1, queue_secs=0.5), AsyncCodeExecutor)
    assert_type(as_async(mine), AsyncCodeExecutor)
    assert_type(as_async(mine_async), AsyncCodeExecutor)
    assert_type(check_executor(mine), list[str])


def an_author_has_helpers(request: ExecutionRequest, info: ExecutorInfo, result: ExecutionResult) -> ExecutionResult:
    assert_type(require_support(request, info), LanguageSupport)
    encoded = encode_request(request, reserved=["main.py"])
    assert_type(encoded.code, bytes)
    assert_type(encoded.env, Mapping[bytes, bytes])
    assert_type(encoded.files, Mapping[bytes, bytes])
    assert_type(encoded.collect, tuple[bytes, ...])
    assert_type(run_then_clean_up(lambda: result, lambda: None, secs=1), ExecutionResult)
    return ExecutionResult(status=Status.COMPLETED, **cut_output(b"out", "text", request.limits))


async def an_async_author_has_them_too(mine: MineAsync, request: ExecutionRequest) -> None:
    ran = await run_then_clean_up_async(lambda: mine.execute_async(request), mine.close_async)
    assert_type(ran, ExecutionResult)


def the_limits_keep_their_type(config: CodeExecutionConfig, request: ExecutionRequest) -> None:
    assert_type(ExecutionLimits.from_config(config), ExecutionLimits)
    assert_type(request.limits.clamped_to(ExecutionLimits.from_config(config)), ExecutionLimits)
    assert_type(canonical_language("py"), str)


def dispatch_gives_what_its_handlers_give(config: CodeExecutionConfig, mine: Mine) -> None:
    def to_browser(handoff: ClientSideHandoff) -> dict[str, Any]:
        assert_type(handoff.languages, tuple[str, ...])
        return handoff.as_dict()

    def to_sandbox(sandboxed: Sandboxed) -> CodeExecutor:
        return dispatch_runtime(sandboxed, docker=lambda _: mine, firecracker=lambda _: mine, gvisor=lambda _: mine)

    def to_service(external: External) -> str:
        return external.url

    made = dispatch(config, wasm=to_browser, sandboxed=to_sandbox, external=to_service)
    assert_type(made, dict[str, Any] | CodeExecutor | str)


def each_handler_knows_what_it_gets(config: CodeExecutionConfig) -> None:
    dispatch(
        config,
        wasm=lambda it: assert_type(it, ClientSideHandoff),
        sandboxed=lambda it: assert_type(it, Sandboxed),
        external=lambda it: assert_type(it, External),
    )


def a_host_can_name_every_status(result: ExecutionResult) -> str:
    match result.status:
        case Status.COMPLETED:
            return result.text()
        case Status.FAILED:
            return result.text("stderr")
        case Status.TIMED_OUT | Status.MEMORY_EXCEEDED | Status.OUTPUT_EXCEEDED | Status.KILLED:
            return result.detail
        case _:
            assert_never(result.status)


def the_fields_have_their_types(request: ExecutionRequest, result: ExecutionResult, info: ExecutorInfo) -> None:
    assert_type(request.limits, ExecutionLimits)
    assert_type(request.limits.wall_secs, float)
    assert_type(request.env, Mapping[str, str])
    assert_type(request.files, Mapping[str, bytes])
    assert_type(request.collect, tuple[str, ...])
    assert_type(request.needs, tuple[Capability, ...])
    assert_type(result.status, Status)
    assert_type(result.ok, bool)
    assert_type(result.exit_code, int | None)
    assert_type(result.signal, int | None)
    assert_type(result.stdout, bytes)
    assert_type(result.error, ErrorInfo | None)
    assert_type(result.artifacts, Mapping[str, bytes])
    assert_type(info.languages, Mapping[str, LanguageSupport])
    assert_type(info.languages["python"].capabilities, frozenset[Capability])
    assert_type(info.languages["python"].version, str | None)
    assert_type(info.protocol, tuple[int, int])
    assert_type(info.warm_startup_secs, float | None)
    assert_type(info.max_concurrency, int | None)


def a_host_can_tell_the_errors_apart(executor: CodeExecutor, request: ExecutionRequest) -> bool:
    try:
        return executor.execute(request).ok
    except (PolicyError, RequestError) as error:
        assert_type(error, PolicyError | RequestError)
        return False
    except InfrastructureError as error:
        assert_type(error.started, bool | None)
        return error.retryable
    except ExecutionError as error:
        return bool(error.code)
