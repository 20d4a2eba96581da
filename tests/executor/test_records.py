"""The records of the protocol: frozen, and impossible to build wrong."""

from __future__ import annotations

import copy
import pickle
from traceback import TracebackException
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from codeexec_config import executor
from codeexec_config.executor import (
    Capability,
    ErrorInfo,
    ExecutionLimits,
    ExecutionRequest,
    ExecutionResult,
    ExecutorInfo,
    LanguageSupport,
    OutputChunk,
    SessionRequest,
    Status,
)
from codeexec_config.executor.records import CONFIG_KEY
from codeexec_config.model import CodeExecutionConfig
from tests.executor.fakes import LIMITS, info, request

CANARY = "canary-7f3a"
LIMIT_FIELDS = attrs.fields(ExecutionLimits)

FULL_REQUEST = ExecutionRequest(
    language="python",
    code="print(1)",
    limits=LIMITS,
    stdin=b"in",
    env={"A": "1"},
    files={"data/in.txt": b"x"},
    collect=["out.txt"],
    session="s",
    request_id="r",
    extensions={"acme.gpu": 1},
)
FULL_RESULT = ExecutionResult(
    status=Status.FAILED,
    exit_code=3,
    stdout=b"o",
    stderr=b"e",
    stdout_truncated=True,
    error=ErrorInfo(type="ValueError", message="m", traceback="t"),
    artifacts={"out.txt": b"x"},
    value=[1],
    wall_secs=0.5,
    peak_memory_bytes=10,
    detail="d",
    extensions={"acme.gpu": 1},
)
SESSION = SessionRequest(language="python", limits=LIMITS, extensions={"acme.x": 1})
INFO = info(Capability.STDIN, startup_secs=1.5)


@pytest.mark.parametrize(
    "record",
    [found for found in vars(executor).values() if attrs.has(found)],  # type: ignore[arg-type]
    ids=lambda record: record.__name__,
)
def test_a_record_can_be_shown_before_it_has_its_fields(record: Any) -> None:
    """A traceback with locals shows the one whose constructor refuses an argument."""
    half_made = record.__new__(record)
    assert f"{record.__name__}({attrs.fields(record)[0].name}=NOTHING" == repr(half_made).partition(", ")[0].rstrip(")")


class TestVocabulary:
    def test_the_statuses_are_closed(self) -> None:
        assert list(Status) == ["completed", "failed", "timed_out", "memory_exceeded", "output_exceeded", "killed"]

    def test_the_capabilities_are_closed(self) -> None:
        expected = (
            "exit_code signals stderr bytes memory memory_status pids cancel no_network isolated_fs clean_env "
            "isolated_processes disk host_death "
            "stdin env files artifacts sessions close fault_injection"
        )
        assert expected.split() == list(Capability)


class TestLimits:
    def test_a_config_gives_seconds_and_mebibytes(self) -> None:
        config = CodeExecutionConfig(timeout_secs=7, max_memory_mb=3)

        limits = ExecutionLimits.from_config(config)

        assert ExecutionLimits(wall_secs=7, memory_bytes=3 * 1024 * 1024, output_bytes=1024 * 1024) == limits

    def test_every_integer_key_of_the_config_is_a_limit(self) -> None:
        configured = {field.metadata[CONFIG_KEY][0] for field in LIMIT_FIELDS if CONFIG_KEY in field.metadata}
        integers = {field.name for field in attrs.fields(CodeExecutionConfig) if type(field.default) is int}

        assert integers == configured

    def test_a_limit_more_is_a_field_more_and_nothing_else(self) -> None:
        @attrs.frozen(kw_only=True)
        class WithDisk(ExecutionLimits):
            disk_bytes: int = attrs.field(metadata={CONFIG_KEY: ("max_disk_mb", 1024 * 1024)})

        config: Any = SimpleNamespace(timeout_secs=1, max_memory_mb=1, max_disk_mb=2)
        configured = WithDisk.from_config(config)

        assert configured.disk_bytes == 2 * 1024 * 1024
        assert attrs.evolve(configured, disk_bytes=9**9).clamped_to(configured) == configured

    def test_a_run_may_bring_back_16_mebibytes_of_artifacts(self) -> None:
        assert ExecutionLimits(wall_secs=1, memory_bytes=1).artifact_bytes == 16 * 1024 * 1024

    @pytest.mark.parametrize("name", [field.name for field in LIMIT_FIELDS])
    def test_clamping_takes_the_lower_of_each(self, name: str) -> None:
        low = ExecutionLimits(**{field.name: 10 for field in LIMIT_FIELDS})
        high = attrs.evolve(low, **{name: 11})

        assert low == high.clamped_to(low)
        assert low == low.clamped_to(high)
        assert high == high.clamped_to(high)

    @pytest.mark.parametrize("secs", [0, -1, float("nan"), float("inf"), 10**400])
    def test_seconds_are_finite_and_positive(self, secs: float) -> None:
        with pytest.raises(ValueError, match="wall_secs must be finite and more than 0"):
            ExecutionLimits(wall_secs=secs, memory_bytes=1)

    @pytest.mark.parametrize("secs", [True, "1", None])
    def test_seconds_are_a_number(self, secs: Any) -> None:
        with pytest.raises(TypeError, match="wall_secs must be a number of seconds"):
            ExecutionLimits(wall_secs=secs, memory_bytes=1)

    @pytest.mark.parametrize("name", ["memory_bytes", "output_bytes", "artifact_bytes"])
    @pytest.mark.parametrize(
        ("value", "error"), [(0, ValueError), (1.5, TypeError), (True, TypeError), (None, TypeError)]
    )
    def test_bytes_are_a_positive_int(self, name: str, value: Any, error: type[Exception]) -> None:
        fields: dict[str, Any] = {"wall_secs": 1, "memory_bytes": 1, name: value}
        with pytest.raises(error, match=name):
            ExecutionLimits(**fields)


class TestRequest:
    @pytest.mark.parametrize(
        ("fields", "needed"),
        [
            ({}, ()),
            ({"stdin": b"x"}, (Capability.STDIN,)),
            ({"env": {"A": "b"}}, (Capability.ENV,)),
            ({"files": {"a": b""}}, (Capability.FILES,)),
            ({"collect": ("a",)}, (Capability.ARTIFACTS,)),
            ({"session": "s"}, (Capability.SESSIONS,)),
            ({"stdin": b"x", "session": "s"}, (Capability.STDIN, Capability.SESSIONS)),
        ],
    )
    def test_a_used_field_needs_its_capability(self, fields: dict[str, Any], needed: tuple[Capability, ...]) -> None:
        assert needed == request(**fields).needs

    @pytest.mark.parametrize(
        "path", ["", "/etc/passwd", "..", "../x", "a/../x", "a//b", "./a", "a/", "a\0b", "..\\x", "a\\b"]
    )
    def test_a_path_that_leaves_the_folder_cannot_be_built(self, path: str) -> None:
        with pytest.raises(ValueError, match="files must have relative POSIX paths"):
            request(files={path: b""})
        with pytest.raises(ValueError, match="collect must be relative POSIX paths"):
            request(collect=[path])
        with pytest.raises(ValueError, match="artifacts must have relative POSIX paths"):
            ExecutionResult(status=Status.COMPLETED, artifacts={path: b""})

    @pytest.mark.parametrize("path", ["a", "a.txt", "data/in.txt", "..a", "a..", "\u00e9/\U0001f600", "a b"])
    def test_a_path_inside_the_folder_can(self, path: str) -> None:
        made = request(files={path: b"x"}, collect=[path])

        assert {path: b"x"} == made.files
        assert (path,) == made.collect

    @pytest.mark.parametrize(
        ("fields", "match"),
        [
            ({"language": ""}, "language must not be empty"),
            ({"env": {"": CANARY}}, "env contains a name"),
            ({"env": {"A=B": CANARY}}, "env contains a name"),
            ({"env": {"A\0": CANARY}}, "env contains a name"),
            ({"env": {"A": CANARY + "\0"}}, "env contains a value with a NUL"),
            ({"extensions": {"gpu": CANARY}}, "extensions must have keys of the form"),
            ({"extensions": {"acme.": CANARY}}, "extensions must have keys of the form"),
        ],
    )
    def test_a_value_that_cannot_be_is_refused_without_being_shown(self, fields: dict[str, Any], match: str) -> None:
        with pytest.raises(ValueError, match=match) as caught:
            ExecutionRequest(**{"language": "python", "code": "", "limits": LIMITS, **fields})

        assert CANARY not in repr(caught.value)

    @pytest.mark.parametrize(
        ("fields", "match"),
        [
            ({"language": 3}, "language must be a str"),
            ({"code": CANARY.encode()}, "code must be a str"),
            ({"limits": None}, "limits must be an ExecutionLimits"),
            ({"stdin": CANARY}, "stdin must be a bytes"),
            ({"env": [CANARY]}, "env must be a mapping"),
            ({"env": {1: CANARY}}, "env must have keys of type str"),
            ({"env": {"A": 1}}, "env must have values of type str"),
            ({"files": {"a": CANARY}}, "files must have values of type bytes"),
            ({"collect": CANARY}, "collect must be a list or tuple of str"),
            ({"collect": [1]}, "collect must be a list or tuple of str"),
            ({"session": 1}, "session must be a str or None"),
            ({"request_id": 1}, "request_id must be a str or None"),
            ({"extensions": None}, "extensions must be a mapping"),
        ],
    )
    def test_a_field_of_another_type_is_refused_without_being_shown(self, fields: dict[str, Any], match: str) -> None:
        with pytest.raises(TypeError, match=match) as caught:
            ExecutionRequest(**{"language": "python", "code": "", "limits": LIMITS, **fields})

        assert CANARY not in repr(caught.value)

    def test_what_has_no_size_can_be_shown_where_it_is_refused(self) -> None:
        """A traceback with locals shows the record that was to be."""
        with pytest.raises(TypeError, match="code must be a str") as caught:
            ExecutionRequest(language="python", code=7, limits=LIMITS)  # type: ignore[arg-type]
        shown = "".join(TracebackException.from_exception(caught.value, capture_locals=True).format())

        assert "code=<int>" in shown

    def test_its_repr_shows_sizes_of_what_may_hold_secrets(self) -> None:
        made = request(
            stdin=CANARY.encode(),
            env={"A": CANARY, CANARY: ""},
            files={CANARY: CANARY.encode()},
            extensions={f"a.{CANARY}": 1},
        )

        assert CANARY not in repr(attrs.evolve(made, code=CANARY))
        assert "env=<2>" in repr(made)


class TestResult:
    @pytest.mark.parametrize("status", list(Status))
    def test_a_status_alone_is_a_result(self, status: Status) -> None:
        result = ExecutionResult(status=status)

        assert status is result.status
        assert (status is Status.COMPLETED) is result.ok
        assert result.exit_code is None

    def test_a_status_may_be_its_string(self) -> None:
        result = ExecutionResult(status="timed_out")  # type: ignore[arg-type,unused-ignore]

        assert Status.TIMED_OUT is result.status

    @pytest.mark.parametrize(
        ("fields", "match"),
        [
            ({"status": "completed", "exit_code": 3}, "a completed run has exit code 0"),
            ({"status": "completed", "signal": 9}, "a completed run has no signal"),
            ({"status": "completed", "error": ErrorInfo(type="E")}, "a completed run has no signal and no error"),
            ({"status": "failed", "exit_code": 0}, "failed cannot have exit code 0"),
            ({"status": "memory_exceeded", "exit_code": 0}, "memory_exceeded cannot have exit code 0"),
            ({"status": "done"}, "'done' is not a valid Status"),
            ({"status": "killed", "signal": 0}, "signal must be at least 1"),
            ({"status": "killed", "wall_secs": -1}, "wall_secs must be finite and 0 or more"),
            ({"status": "killed", "peak_memory_bytes": 0}, "peak_memory_bytes must be at least 1"),
        ],
    )
    def test_a_contradiction_cannot_be_built(self, fields: dict[str, Any], match: str) -> None:
        with pytest.raises(ValueError, match=match):
            ExecutionResult(**fields)

    @pytest.mark.parametrize(
        ("fields", "match"),
        [
            ({"stdout": "text"}, "stdout must be a bytes"),
            ({"stderr": bytearray(b"x")}, "stderr must be a bytes"),
            ({"stdout_truncated": 1}, "stdout_truncated must be a bool"),
            ({"exit_code": "1"}, "exit_code must be an int or None"),
            ({"exit_code": True}, "exit_code must be an int or None"),
            ({"signal": "SIGKILL"}, "signal must be an int"),
            ({"error": "E"}, "error must be an ErrorInfo or None"),
            ({"artifacts": {"a": "text"}}, "artifacts must have values of type bytes"),
            ({"detail": None}, "detail must be a str"),
            ({"extensions": {1: 2}}, "extensions must have keys of type str"),
        ],
    )
    def test_a_field_of_another_type_cannot_be_built(self, fields: dict[str, Any], match: str) -> None:
        with pytest.raises(TypeError, match=match):
            ExecutionResult(status=Status.FAILED, **fields)

    def test_a_program_that_was_stopped_may_have_chosen_its_exit_code(self) -> None:
        assert ExecutionResult(status=Status.TIMED_OUT, exit_code=0).exit_code == 0

    def test_text_is_a_view_that_always_decodes(self) -> None:
        result = ExecutionResult(status=Status.COMPLETED, stdout="h\u00e9".encode(), stderr=b"\xff!")

        assert result.text() == "h\u00e9"
        assert result.text("stderr") == "\ufffd!"

    def test_its_repr_shows_sizes_and_no_output(self) -> None:
        result = ExecutionResult(
            status=Status.FAILED,
            stdout=CANARY.encode(),
            stderr=CANARY.encode(),
            value=CANARY,
            error=ErrorInfo(type="E", message=CANARY, traceback=CANARY),
            artifacts={CANARY: b""},
            detail=CANARY,
        )

        assert CANARY not in repr(result)
        assert "stdout=<11>" in repr(result)
        assert "value=None" in repr(ExecutionResult(status=Status.COMPLETED))


class TestDescription:
    def test_capabilities_may_be_strings(self) -> None:
        support = LanguageSupport(version="3", capabilities=["stdin"])  # type: ignore[arg-type,unused-ignore]

        assert frozenset({Capability.STDIN}) == support.capabilities

    def test_a_version_may_be_unknown(self) -> None:
        assert LanguageSupport().version is None
        with pytest.raises(TypeError, match="version must be a str or None"):
            LanguageSupport(version=3)  # type: ignore[arg-type,unused-ignore]

    def test_an_unknown_capability_is_refused(self) -> None:
        with pytest.raises(ValueError, match="telepathy"):
            LanguageSupport(version="3", capabilities=["telepathy"])  # type: ignore[arg-type,unused-ignore]

    def test_one_string_is_not_several_capabilities(self) -> None:
        with pytest.raises(TypeError, match="not one str"):
            LanguageSupport(version="3", capabilities="stdin")  # type: ignore[arg-type,unused-ignore]

    @pytest.mark.parametrize(
        ("fields", "error", "match"),
        [
            ({"name": ""}, ValueError, "name must not be empty"),
            ({"languages": ["python"]}, TypeError, "languages must be a mapping"),
            ({"languages": {"python": "3"}}, TypeError, "languages must have values of type LanguageSupport"),
            ({"protocol": [1, 0]}, TypeError, "protocol must be a tuple"),
            ({"protocol": (1,)}, ValueError, "a major and a minor number"),
            ({"protocol": (True, 0)}, ValueError, "a major and a minor number"),
            ({"startup_secs": -1}, ValueError, "startup_secs must be finite and 0 or more"),
            ({"warm_startup_secs": -1}, ValueError, "warm_startup_secs must be finite and 0 or more"),
            ({"startup_secs": 1, "warm_startup_secs": 2}, ValueError, "warm_startup_secs must not exceed startup_secs"),
            ({"max_concurrency": 0}, ValueError, "max_concurrency must be at least 1"),
            ({"max_concurrency": 1.5}, TypeError, "max_concurrency must be an int"),
        ],
    )
    def test_a_description_is_of_its_types(self, fields: dict[str, Any], error: type[Exception], match: str) -> None:
        with pytest.raises(error, match=match):
            ExecutorInfo(**{"name": "x", "languages": {}, **fields})

    def test_it_speaks_protocol_1_1_unless_told(self) -> None:
        assert ExecutorInfo(name="x", languages={}).protocol == (1, 1)

    def test_a_warm_start_may_take_as_long_as_a_cold_one(self) -> None:
        assert ExecutorInfo(name="x", languages={}, startup_secs=2, warm_startup_secs=2).warm_startup_secs == 2

    def test_a_chunk_belongs_to_a_stream(self) -> None:
        assert OutputChunk(stream="stderr", data=b"x").data == b"x"
        with pytest.raises(ValueError, match="stdout or stderr"):
            OutputChunk(stream="stdin", data=b"")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="data must be a bytes"):
            OutputChunk(stream="stdout", data="x")  # type: ignore[arg-type]

    @pytest.mark.parametrize("name", ["type", "message", "traceback"])
    def test_an_error_is_told_in_text(self, name: str) -> None:
        fields: dict[str, Any] = {"type": "E", name: b"x"}
        with pytest.raises(TypeError, match=f"{name} must be a str"):
            ErrorInfo(**fields)


class TestEveryRecord:
    RECORDS = (
        LIMITS,
        FULL_REQUEST,
        FULL_RESULT,
        SESSION,
        INFO,
        FULL_RESULT.error,
        OutputChunk(stream="stdout", data=b""),
    )

    @pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
    def test_it_is_frozen_and_has_no_dict(self, record: Any) -> None:
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(record, attrs.fields(type(record))[0].name, None)

        assert not hasattr(record, "__dict__")

    @pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
    def test_it_is_keyword_only(self, record: Any) -> None:
        with pytest.raises(TypeError):
            type(record)(*attrs.astuple(record, recurse=False))

    @pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
    def test_it_pickles_and_copies_as_itself(self, record: Any) -> None:
        assert record == pickle.loads(pickle.dumps(record))  # noqa: S301 -- our own
        assert record == copy.deepcopy(record)
        assert hash(record) == hash(copy.copy(record))

    @pytest.mark.parametrize("mapping", [FULL_REQUEST.env, FULL_REQUEST.files, FULL_RESULT.artifacts, INFO.languages])
    def test_its_mappings_cannot_be_changed(self, mapping: Any) -> None:
        with pytest.raises(TypeError):
            mapping["x"] = 1

    def test_it_keeps_a_copy_of_a_mapping(self) -> None:
        env = {"A": "1"}
        made = request(env=env)
        env["B"] = "2"

        assert made.env == {"A": "1"}
