"""The guard's order, step by step, and how it handles an executor that misbehaves."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from codeexec_config.executor import (
    Capability,
    CapabilityUnsupported,
    ClientSideOnly,
    DeadlineOverrun,
    ErrorInfo,
    ExecutionDisabled,
    ExecutionError,
    ExecutionLimits,
    ExecutionResult,
    ExecutorFault,
    ExecutorInfo,
    ExecutorUnavailable,
    LanguageNotAllowed,
    LanguageUnsupported,
    OutputChunk,
    SessionRequest,
    Status,
    as_async,
    check_executor,
    guarded,
    guarded_async,
)
from codeexec_config.model import CodeExecutionConfig
from tests.executor.fakes import (
    DONE,
    LIMITS,
    SERVER,
    SERVICE,
    Fake,
    FakeAsync,
    FakeWithExtras,
    info,
    request,
    run,
    run_async,
    throwing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from codeexec_config.executor import ExecutionRequest

CANARY = "sk-canary-41c9"
WASM = CodeExecutionConfig()
DISABLED = attrs.evolve(SERVER, enabled=False)
NOW = 0.05
"""A limit and a grace for tests that wait for a deadline."""


@pytest.fixture(params=[run, run_async], ids=["sync", "async"])
def run_guarded(request: pytest.FixtureRequest) -> Callable[..., ExecutionResult]:
    chosen: Callable[..., ExecutionResult] = request.param
    return chosen


class TestOrder:
    """Each step is reached only when the ones before it pass; each request here fails all the later ones too."""

    EVERYTHING_WRONG: Final = {"language": "cobol", "stdin": b"x"}

    @pytest.mark.parametrize(
        ("config", "asked", "error"),
        [
            (DISABLED, EVERYTHING_WRONG, ExecutionDisabled),
            (attrs.evolve(WASM, enabled=False), EVERYTHING_WRONG, ExecutionDisabled),
            (WASM, EVERYTHING_WRONG, ClientSideOnly),
            (SERVER, EVERYTHING_WRONG, LanguageNotAllowed),
            (SERVER, {"language": "ruby", "stdin": b"x"}, LanguageUnsupported),
            (SERVER, {"language": "python", "stdin": b"x"}, CapabilityUnsupported),
        ],
    )
    def test_the_first_no_is_raised_and_nothing_runs(
        self, run_guarded: Any, config: CodeExecutionConfig, asked: dict[str, Any], error: type[ExecutionError]
    ) -> None:
        executor = Fake()

        with pytest.raises(error) as caught:
            run_guarded(executor, config, request(**asked))

        assert error is type(caught.value)
        assert executor.seen == []

    @pytest.mark.parametrize("config", [SERVER, SERVICE])
    def test_both_server_side_modes_run(self, run_guarded: Any, config: CodeExecutionConfig) -> None:
        assert run_guarded(Fake(), config, request()) == DONE

    @pytest.mark.parametrize(
        ("field", "value", "capability"),
        [
            ("stdin", b"x", "stdin"),
            ("env", {"A": CANARY}, "env"),
            ("files", {"a": b"x"}, "files"),
            ("collect", ("a",), "artifacts"),
            ("session", "s", "sessions"),
        ],
    )
    def test_a_used_field_needs_its_capability(self, run_guarded: Any, field: str, value: Any, capability: str) -> None:
        asked = request(**{field: value})

        with pytest.raises(CapabilityUnsupported) as caught:
            run_guarded(Fake(described=lambda: info(*(set(Capability) - {capability}))), SERVER, asked)

        assert capability == caught.value.capability
        assert CANARY not in str(caught.value)
        assert run_guarded(Fake(described=lambda: info(capability)), SERVER, asked) == DONE

    def test_what_is_no_request_is_the_callers_mistake(self, run_guarded: Any) -> None:
        with pytest.raises(TypeError, match="must be an ExecutionRequest"):
            run_guarded(Fake(), DISABLED, {"language": "python"})


class TestLimits:
    def test_the_executor_sees_the_configs_limits(self, run_guarded: Any) -> None:
        executor = Fake()
        greedy = ExecutionLimits(wall_secs=9e9, memory_bytes=2**50, output_bytes=2**40)

        run_guarded(executor, SERVER, request(limits=greedy))

        assert [ExecutionLimits.from_config(SERVER)] == [seen.limits for seen in executor.seen]

    def test_lower_limits_stay(self, run_guarded: Any) -> None:
        executor = Fake()

        run_guarded(executor, SERVER, request(limits=LIMITS))

        assert [seen.limits for seen in executor.seen] == [LIMITS]

    def test_nothing_else_of_the_request_changes(self, run_guarded: Any) -> None:
        executor = Fake(described=lambda: info("stdin", "env"))
        asked = request(stdin=b"x", env={"A": "b"}, request_id="r", extensions={"acme.x": 1})

        run_guarded(executor, SERVER, asked)

        assert [asked] == executor.seen


class TestResult:
    @pytest.mark.parametrize("result", [None, "hello", {"status": "completed"}, 0])
    def test_anything_but_a_result_is_a_fault(self, run_guarded: Any, result: object) -> None:
        with pytest.raises(ExecutorFault) as caught:
            run_guarded(Fake(lambda _: result), SERVER, request())

        assert f"expected an ExecutionResult, found {type(result).__name__}" == caught.value.detail

    def test_a_coroutine_that_nobody_awaits_is_a_fault(self) -> None:
        async def late() -> ExecutionResult:
            pytest.fail("it ran")

        with pytest.raises(ExecutorFault):
            run(Fake(lambda _: late()), SERVER, request())

    def test_streams_are_cut_to_the_limit_and_flagged(self, run_guarded: Any) -> None:
        flood = ExecutionResult(status=Status.COMPLETED, stdout=b"o" * 101, stderr=b"e" * 1000)

        result = run_guarded(Fake(lambda _: flood), SERVER, request())

        assert (result.stdout, result.stderr) == (b"o" * 100, b"e" * 100)
        assert (result.stdout_truncated, result.stderr_truncated) == (True, True)
        assert Status.COMPLETED is result.status

    @pytest.mark.parametrize("stream", ["stdout", "stderr"])
    def test_one_stream_is_cut_alone(self, run_guarded: Any, stream: str) -> None:
        other = "stderr" if stream == "stdout" else "stdout"
        flood = attrs.evolve(DONE, **dict[str, Any]({stream: b"x" * 101, other: b"y" * 100}))

        result = run_guarded(Fake(lambda _: flood), SERVER, request())

        assert getattr(result, f"{stream}_truncated")
        assert not getattr(result, f"{other}_truncated")
        assert getattr(flood, other) == getattr(result, other)

    def test_a_stream_that_is_just_full_is_whole(self, run_guarded: Any) -> None:
        full = ExecutionResult(status=Status.COMPLETED, stdout=b"o" * 100)

        assert full is run_guarded(Fake(lambda _: full), SERVER, request())

    def test_the_executors_own_flag_stays(self, run_guarded: Any) -> None:
        cut = ExecutionResult(status=Status.COMPLETED, stdout=b"x" * 101, stderr=b"y", stderr_truncated=True)

        assert run_guarded(Fake(lambda _: cut), SERVER, request()).stderr_truncated

    @pytest.mark.parametrize("status", list(Status))
    def test_a_verdict_is_given_as_it_came(self, run_guarded: Any, status: Status) -> None:
        verdict = ExecutionResult(status=status, error=None if status == "completed" else ErrorInfo(type="E"))

        assert verdict is run_guarded(Fake(lambda _: verdict), SERVER, request())


class Unreadable(Mapping[str, str]):
    """Stands for an object of a process that has ended."""

    def __getitem__(self, key: str) -> str:
        raise EOFError(CANARY)

    def __iter__(self) -> Iterator[str]:
        raise EOFError(CANARY)

    def __len__(self) -> int:
        return 1


class OwnResult(ExecutionResult):
    def __init__(self, stdout: bytes) -> None:
        super().__init__(status=Status.COMPLETED, stdout=stdout)


class OwnChunk(OutputChunk):
    def __init__(self, size: int) -> None:
        super().__init__(stream="stdout", data=bytes(size))


class OwnInfo(ExecutorInfo):
    def __init__(self) -> None:
        super().__init__(name="own", languages=info().languages)


class TestRecordsOfItsOwn:
    """A record that raises when the guard reads or copies it is the executor's fault."""

    @pytest.mark.parametrize(
        ("result", "cause"), [(attrs.evolve(DONE, value=Unreadable()), EOFError), (OwnResult(bytes(101)), TypeError)]
    )
    def test_a_result(self, run_guarded: Any, result: ExecutionResult, cause: type[Exception]) -> None:
        with pytest.raises(ExecutorFault) as caught:
            run_guarded(Fake(lambda _: result), SERVER, request())

        assert isinstance(caught.value.__cause__, cause)

    def test_one_that_need_not_be_copied_is_as_good_as_any(self, run_guarded: Any) -> None:
        result = OwnResult(b"hello")

        assert run_guarded(Fake(lambda _: result, described=OwnInfo), SERVER, request()) is result

    @pytest.mark.parametrize(("make", "executor"), [(guarded, Fake), (guarded_async, FakeAsync)])
    def test_a_description(self, make: Any, executor: Any) -> None:
        with pytest.raises(ExecutorFault) as caught:
            make(executor(described=OwnInfo), SERVER).describe()

        assert isinstance(caught.value.__cause__, TypeError)
        assert caught.value.started is False

    def test_a_chunk(self) -> None:
        class Streaming(Fake):
            def execute_streaming(self, _: ExecutionRequest, /) -> Iterator[OutputChunk]:
                yield OwnChunk(101)

        stream: Any = guarded(Streaming(), SERVER)

        with pytest.raises(ExecutorFault) as caught:
            list(stream.execute_streaming(request()))

        assert isinstance(caught.value.__cause__, TypeError)


class TestExceptions:
    @pytest.mark.parametrize("error", [ValueError(CANARY), TimeoutError(CANARY), OSError(CANARY), RuntimeError(CANARY)])
    def test_an_executors_own_is_a_fault_with_its_cause(self, run_guarded: Any, error: Exception) -> None:
        with pytest.raises(ExecutorFault) as caught:
            run_guarded(Fake(throwing(error)), SERVER, request())

        assert error is caught.value.__cause__
        assert type(error).__name__ in str(caught.value)
        assert CANARY not in str(caught.value)

    @pytest.mark.parametrize("error", [ExecutorUnavailable(CANARY), LanguageUnsupported("python"), DeadlineOverrun(3)])
    def test_one_of_the_protocol_passes_as_it_is(self, run_guarded: Any, error: ExecutionError) -> None:
        with pytest.raises(type(error)) as caught:
            run_guarded(Fake(throwing(error)), SERVER, request())

        assert error is caught.value

    @pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
    def test_the_end_of_the_process_passes(self, run_guarded: Any, error: BaseException) -> None:
        with pytest.raises(type(error)):
            run_guarded(Fake(throwing(error)), SERVER, request())

    def test_a_cancellation_passes(self, run_guarded: Any) -> None:
        with pytest.raises(asyncio.CancelledError):
            run_guarded(Fake(throwing(asyncio.CancelledError())), SERVER, request())

    def test_a_description_that_fails_is_a_fault(self, run_guarded: Any) -> None:
        error = ValueError(CANARY)

        with pytest.raises(ExecutorFault) as caught:
            run_guarded(Fake(described=throwing(error)), SERVER, request())

        assert error is caught.value.__cause__
        assert caught.value.started is False

    def test_a_description_of_another_type_is_a_fault(self, run_guarded: Any) -> None:
        with pytest.raises(ExecutorFault) as caught:
            run_guarded(Fake(described=lambda: {"name": "x"}), SERVER, request())

        assert caught.value.detail == "expected an ExecutorInfo, found dict"
        assert caught.value.started is False

    def test_an_async_method_that_gives_no_awaitable_is_a_fault(self) -> None:
        with pytest.raises(ExecutorFault) as caught:
            run_async(FakeAsync(lambda _: DONE), SERVER, request())

        assert isinstance(caught.value.__cause__, TypeError)


def slow(secs: float) -> Fake:
    def act(_: object) -> ExecutionResult:
        time.sleep(secs)
        return DONE

    return Fake(act)


def hanging(ends: list[str], *, on_cancel: Callable[[], Any] | None = None) -> FakeAsync:
    """Return an executor that never returns, or one that answers its first cancellation with `on_cancel`."""

    async def act(_: object) -> Any:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ends.append("cancelled")
            if on_cancel is None:
                raise
            return await on_cancel()

    return FakeAsync(act)


async def go_on() -> None:
    """Swallow the cancellation and hang again; the end of the event loop cancels a second time."""
    await asyncio.sleep(3600)


async def finish() -> ExecutionResult:
    """Swallow the cancellation and return a result nevertheless."""
    return DONE


async def fail() -> ExecutionResult:
    """Fail while cleaning up."""
    raise ValueError(CANARY)


async def fail_later() -> ExecutionResult:
    """Fail while cleaning up, when it is no longer awaited."""
    await asyncio.sleep(3 * NOW)
    raise ValueError(CANARY)


@pytest.fixture
def ends() -> list[str]:
    """Return a list of what the end of a run saw."""
    return []


def logged_of(main: Callable[[], Coroutine[Any, Any, None]]) -> list[dict[str, Any]]:
    """Run to the end of an event loop and give what asyncio would have logged."""
    logged: list[dict[str, Any]] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
        await main()
        await asyncio.sleep(4 * NOW)
        gc.collect()

    asyncio.run(watched())
    return logged


MISBEHAVIOURS = pytest.mark.parametrize("on_cancel", [None, go_on, finish, fail, fail_later])
BRIEF = ExecutionLimits(wall_secs=NOW, memory_bytes=1)


class TestDeadline:
    def test_a_sync_executor_that_comes_back_late_is_told_so(self) -> None:
        with pytest.raises(DeadlineOverrun) as caught:
            run(slow(3 * NOW), SERVER, request(limits=BRIEF), grace_secs=0)

        assert caught.value.deadline_secs == NOW
        assert caught.value.started

    def test_its_own_failure_weighs_more_than_the_delay(self) -> None:
        def act(_: object) -> ExecutionResult:
            time.sleep(2 * NOW)
            raise ValueError

        with pytest.raises(ExecutorFault):
            run(Fake(act), SERVER, request(limits=BRIEF), grace_secs=0)

    @MISBEHAVIOURS
    def test_an_async_executor_that_hangs_is_cancelled_and_left(self, ends: list[str], on_cancel: Any) -> None:
        async def main() -> None:
            guard = guarded_async(hanging(ends, on_cancel=on_cancel), SERVER, grace_secs=NOW)
            with pytest.raises(DeadlineOverrun) as caught:
                await guard.execute_async(request(limits=BRIEF))
            ends.append("returned")
            assert caught.value.deadline_secs == 2 * NOW

        assert logged_of(main) == []
        assert ends == ["cancelled", "returned"]

    def test_the_deadline_is_limit_and_start_up_and_grace(self, ends: list[str]) -> None:
        executor = hanging(ends)
        executor.described = lambda: info(startup_secs=3 * NOW)

        with pytest.raises(DeadlineOverrun) as caught:
            run_async(executor, SERVER, request(limits=BRIEF), grace_secs=NOW)

        assert caught.value.deadline_secs == pytest.approx(5 * NOW)

    @pytest.mark.parametrize("make", [guarded, guarded_async])
    def test_the_grace_is_five_seconds_unless_told(self, make: Any) -> None:
        guard = make(Fake() if make is guarded else FakeAsync(), SERVER)

        assert guard._admit(request()).deadline_secs == LIMITS.wall_secs + 5

    def test_an_executors_own_timeout_is_no_overrun(self) -> None:
        async def act(_: object) -> ExecutionResult:
            async with asyncio.timeout(0):
                await asyncio.sleep(3600)
            return DONE

        with pytest.raises(ExecutorFault) as caught:
            run_async(FakeAsync(act), SERVER, request())

        assert isinstance(caught.value.__cause__, TimeoutError)


class TestCancellation:
    @MISBEHAVIOURS
    def test_it_passes_whatever_the_executor_makes_of_it(self, ends: list[str], on_cancel: Any) -> None:
        async def main() -> None:
            guard = guarded_async(hanging(ends, on_cancel=on_cancel), SERVER, grace_secs=NOW)
            task = asyncio.create_task(guard.execute_async(request()))
            await asyncio.sleep(NOW)
            task.cancel("by the host")
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            ends.append("returned")
            assert caught.value.args == ("by the host",)

        assert logged_of(main) == []
        assert ends == ["cancelled", "returned"]

    def test_the_executor_has_cleaned_up_before_it_passes(self, ends: list[str]) -> None:
        async def clean_up() -> ExecutionResult:
            await asyncio.sleep(NOW)
            ends.append("clean")
            raise asyncio.CancelledError

        async def main() -> None:
            guard = guarded_async(hanging(ends, on_cancel=clean_up), SERVER)
            task = asyncio.create_task(guard.execute_async(request()))
            await asyncio.sleep(NOW)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            ends.append("returned")

        asyncio.run(main())
        assert ends == ["cancelled", "clean", "returned"]

    def test_a_hosts_timeout_around_the_guard_works(self, ends: list[str]) -> None:
        async def main() -> None:
            guard = guarded_async(hanging(ends), SERVER)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(NOW):
                    await guard.execute_async(request())

        asyncio.run(main())
        assert ends == ["cancelled"]

    def test_a_run_that_is_left_behind_is_kept_alive(self, ends: list[str]) -> None:
        async def main() -> None:
            guard: Any = guarded_async(hanging(ends, on_cancel=go_on), SERVER, grace_secs=NOW)
            with pytest.raises(DeadlineOverrun):
                await guard.execute_async(request(limits=BRIEF))
            assert len(guard._tasks) == 1

        asyncio.run(main())


class TestTheGuardItself:
    def test_it_is_an_executor(self) -> None:
        assert check_executor(guarded(Fake(), SERVER)) == []
        assert check_executor(guarded_async(FakeAsync(), SERVER)) == []

    @pytest.mark.parametrize(
        ("make", "executor"),
        [(guarded, FakeAsync()), (guarded_async, Fake()), (guarded, Fake), (guarded_async, FakeAsync), (guarded, None)],
    )
    def test_what_is_no_executor_is_refused_at_once(self, make: Any, executor: object) -> None:
        with pytest.raises(TypeError, match="not an executor: "):
            make(executor, SERVER)

    @pytest.mark.parametrize(("make", "executor"), [(guarded, Fake()), (guarded_async, FakeAsync())])
    def test_what_is_no_config_is_refused_at_once(self, make: Any, executor: object) -> None:
        with pytest.raises(TypeError, match="config must be a CodeExecutionConfig"):
            make(executor, {"enabled": True})

    def test_it_describes_what_is_both_run_and_allowed(self) -> None:
        both = attrs.evolve(info(), languages={name: info().languages["python"] for name in ("python", "perl")})

        assert {"python"} == set(guarded(Fake(described=lambda: both), SERVER).describe().languages)

    @pytest.mark.parametrize("config", [WASM, DISABLED])
    def test_it_describes_no_language_when_nothing_runs_here(self, config: CodeExecutionConfig) -> None:
        assert guarded(Fake(), config).describe().languages == {}

    def test_it_runs_several_at_once(self) -> None:
        together = asyncio.Barrier(4)

        async def act(asked: ExecutionRequest) -> ExecutionResult:
            await together.wait()
            return ExecutionResult(status=Status.COMPLETED, stdout=(asked.request_id or "").encode())

        async def main() -> list[bytes]:
            guard = guarded_async(FakeAsync(act), SERVER)
            runs = (guard.execute_async(request(request_id=str(number))) for number in range(4))
            return [result.stdout for result in await asyncio.gather(*runs)]

        assert asyncio.run(main()) == [b"0", b"1", b"2", b"3"]

    def test_a_guard_can_be_guarded(self) -> None:
        strict = attrs.evolve(SERVER, timeout_secs=1)
        executor = Fake()
        greedy = ExecutionLimits(wall_secs=100, memory_bytes=1)

        guarded(guarded(executor, strict), SERVER).execute(request(limits=greedy))

        assert [seen.limits.wall_secs for seen in executor.seen] == [1]


class TestExtras:
    OPEN = SessionRequest(language="python", limits=ExecutionLimits(wall_secs=9e9, memory_bytes=2**50))

    def test_they_are_there_when_the_executor_has_them(self) -> None:
        executor = FakeWithExtras()
        guard: Any = guarded(executor, SERVER)

        assert guard.open_session(self.OPEN) == "s1"
        guard.close_session("s1")
        guard.check_health()
        guard.sweep()
        guard.close()

        lowered = attrs.evolve(self.OPEN, limits=ExecutionLimits.from_config(SERVER))
        assert [lowered, "s1", "check_health", "sweep", "close"] == executor.asked

    def test_they_are_there_in_async_form(self) -> None:
        executor = FakeWithExtras()
        guard: Any = guarded_async(as_async(executor), SERVER)

        assert asyncio.run(guard.open_session_async(self.OPEN)) == "s1"
        asyncio.run(guard.close_async())

        lowered = attrs.evolve(self.OPEN, limits=ExecutionLimits.from_config(SERVER))
        assert [lowered, "close"] == executor.asked

    @pytest.mark.parametrize("name", ["close", "close_async", "nonsense", "nonsense_async", "open_session"])
    def test_they_are_not_there_when_it_has_not(self, name: str) -> None:
        assert not hasattr(guarded(Fake(), SERVER), name)
        assert not hasattr(guarded_async(FakeAsync(), SERVER), name)

    @pytest.mark.parametrize(
        ("config", "language", "error"),
        [
            (DISABLED, "python", ExecutionDisabled),
            (WASM, "python", ClientSideOnly),
            (SERVER, "cobol", LanguageNotAllowed),
            (SERVER, "ruby", LanguageUnsupported),
        ],
    )
    def test_a_session_is_opened_under_the_same_rules(
        self, config: CodeExecutionConfig, language: str, error: type[ExecutionError]
    ) -> None:
        executor = FakeWithExtras()
        opening = attrs.evolve(self.OPEN, language=language)
        guard: Any = guarded(executor, config)
        async_guard: Any = guarded_async(as_async(executor), config)

        with pytest.raises(error):
            guard.open_session(opening)
        with pytest.raises(error):
            asyncio.run(async_guard.open_session_async(opening))

        assert executor.asked == []

    def test_their_own_exceptions_are_faults(self) -> None:
        executor: Any = FakeWithExtras()
        executor.close = throwing(OSError(CANARY))
        guard: Any = guarded(executor, SERVER)
        async_guard: Any = guarded_async(as_async(executor), SERVER)

        with pytest.raises(ExecutorFault):
            guard.close()
        with pytest.raises(ExecutorFault):
            asyncio.run(async_guard.close_async())
