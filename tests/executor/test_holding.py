"""Both guards check what an executor returns against the request."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from codeexec_config.executor import (
    Capability,
    ErrorInfo,
    ExecutionResult,
    OutputChunk,
    Status,
)
from codeexec_config.executor.guarding.holding import TEXT_BYTES, ChunkCutter, cut_text, hold
from tests.executor.fakes import DONE, LIMITS, SERVER, Fake, info, request, run, run_async

ARTIFACTS = attrs.evolve(LIMITS, artifact_bytes=10)


def brought(collect: list[str], artifacts: dict[str, bytes], detail: str = "") -> ExecutionResult:
    result = attrs.evolve(DONE, artifacts=artifacts, detail=detail)
    return hold(result, request(limits=ARTIFACTS, collect=collect))


class TestArtifacts:
    @pytest.mark.parametrize("run_guarded", [run, run_async])
    def test_both_guards_keep_those_that_are_asked_for(self, run_guarded: Any) -> None:
        executor = Fake(
            lambda _: attrs.evolve(DONE, artifacts={"a": b"x", "b": b"y"}),
            described=lambda: info(Capability.ARTIFACTS),
        )

        assert run_guarded(executor, SERVER, request(collect=["a"])).artifacts == {"a": b"x"}

    def test_another_one_is_left_out_and_counted(self) -> None:
        held = brought(["a"], {"a": b"x", "b": b"y", "z": b""})

        assert held.artifacts == {"a": b"x"}
        assert held.detail == "artifacts left out, not asked for: 2"

    def test_those_that_just_fit_stay_as_they_are(self) -> None:
        result = attrs.evolve(DONE, artifacts={"a": b"x" * 4, "b": b"y" * 6})

        assert result is hold(result, request(limits=ARTIFACTS, collect=["b", "a", "c"]))

    def test_one_that_does_not_fit_is_left_out_whole_and_named(self) -> None:
        held = brought(["c", "a", "b"], {"a": b"x" * 8, "b": b"yy", "c": b"z" * 3}, detail="engine 7")

        assert held.artifacts == {"c": b"zzz", "b": b"yy"}
        assert held.detail == "engine 7\nartifacts left out, beyond 10 bytes of all together: a"

    def test_each_thing_that_is_left_out_is_said_on_its_line(self) -> None:
        held = brought(["a"], {"a": b"x" * 11, "b": b""})

        assert held.detail.splitlines() == [
            "artifacts left out, beyond 10 bytes of all together: a",
            "artifacts left out, not asked for: 1",
        ]

    def test_one_that_is_asked_for_twice_counts_once(self) -> None:
        result = attrs.evolve(DONE, artifacts={"a": b"x" * 10})

        assert result is hold(result, request(limits=ARTIFACTS, collect=["a", "a"]))

    def test_the_configs_clamp_counts(self) -> None:
        greedy = attrs.evolve(LIMITS, artifact_bytes=2**40)
        executor = Fake(described=lambda: info(Capability.ARTIFACTS))

        run(executor, SERVER, request(limits=greedy, collect=["a"]))

        assert executor.seen[0].limits.artifact_bytes == 16 * 1024 * 1024


def held_value(value: object) -> Any:
    result = attrs.evolve(DONE, value=value)
    held = hold(result, request())
    assert (held is result) is (held.value is value)
    return held.value


LOOP: list[object] = []
LOOP.append(LOOP)


class TestTexts:
    def test_detail_is_cut(self) -> None:
        result = attrs.evolve(DONE, detail="x" * (TEXT_BYTES + 1))

        assert hold(result, request()).detail == "x" * TEXT_BYTES

    def test_detail_that_just_fits_stays(self) -> None:
        result = attrs.evolve(DONE, detail="x" * TEXT_BYTES)

        assert result is hold(result, request())

    def test_what_the_guard_says_fits_beside_it(self) -> None:
        held = brought([], {"a": b""}, detail="é" * TEXT_BYTES)

        assert held.detail.endswith("é\nartifacts left out, not asked for: 1")
        assert TEXT_BYTES - 1 <= len(held.detail.encode()) <= TEXT_BYTES

    def test_what_the_guard_says_is_bounded_too(self) -> None:
        paths = [f"{number}/{'x' * 200}" for number in range(1000)]
        held = brought(paths, dict.fromkeys(paths, b"y" * 11), detail="engine 7")

        assert held.detail.startswith("engine 7\nartifacts left out, beyond 10 bytes")
        assert len(held.detail) == len("engine 7\n") + TEXT_BYTES // 2

    def test_half_of_the_room_is_the_executors(self) -> None:
        paths = [f"{number}/{'x' * 200}" for number in range(1000)]
        held = brought(paths, dict.fromkeys(paths, b"y" * 11), detail="e" * TEXT_BYTES)

        assert held.detail.startswith("e" * (TEXT_BYTES // 2 - 1) + "\nartifacts")
        assert len(held.detail) == TEXT_BYTES

    def test_what_the_executor_says_is_kept_to_its_first_letter(self) -> None:
        assert brought([], {"a": b""}, detail="X11 7").detail == "X11 7\nartifacts left out, not asked for: 1"

    def test_an_error_that_fits_stays(self) -> None:
        result = ExecutionResult(status=Status.FAILED, error=ErrorInfo(type="E", message="m", traceback="t"))

        assert result is hold(result, request())

    @pytest.mark.parametrize("name", ["type", "message", "traceback"])
    def test_each_text_of_an_error_is_cut(self, name: str) -> None:
        error = attrs.evolve(ErrorInfo(type="E", message="m", traceback="t"), **{name: "x" * (TEXT_BYTES + 1)})

        held = hold(ExecutionResult(status=Status.FAILED, error=error), request())

        assert attrs.evolve(error, **{name: "x" * TEXT_BYTES}) == held.error
        assert held.detail == "error cut to 65536 bytes of each text"

    @pytest.mark.parametrize("value", ["x" * (TEXT_BYTES + 1), b"x" * (TEXT_BYTES + 1)])
    def test_a_value_of_text_is_cut(self, value: str | bytes) -> None:
        held = hold(attrs.evolve(DONE, value=value), request())

        assert value[:TEXT_BYTES] == held.value
        assert held.detail == "value cut to 65536 bytes"

    @pytest.mark.parametrize(
        "value",
        [
            *(None, 0, 10**1000, 1 << (8 * 1700), 1.5, True, "x" * TEXT_BYTES, b"x", object()),
            *([1, [2, {"a": ("b", {3})}]], [0] * 30_000, [None, 0.5] * 15_000, ["x" * (TEXT_BYTES - 3)]),
        ],
    )
    def test_a_value_that_fits_stays(self, value: object) -> None:
        assert value is held_value(value)

    @pytest.mark.parametrize(
        "value",
        [[0] * 70_000, ["x" * (TEXT_BYTES - 2)], {"a": {"x" * 70_000: 1}}, ({b"x" * 70_000},), 1 << (8 * 70_000), LOOP],
        ids=["long", "in a list", "as a key", "in a set", "a number", "containing itself"],
    )
    def test_a_structure_that_is_too_large_is_left_out(self, value: object) -> None:
        held = hold(attrs.evolve(DONE, value=value), request())

        assert held.value is None
        assert held.detail == "value left out, more than 65536 bytes"


class TestCutting:
    @pytest.mark.parametrize(
        ("text", "most", "cut"),
        [
            ("abc", 12, "abc"),
            ("abc", 3, "abc"),
            ("abc", 2, "ab"),
            ("aé", 3, "aé"),
            ("aé", 2, "a"),
            ("a\U0001f600", 4, "a"),
            ("\U0001f600b", 4, "\U0001f600"),
            ("a\ud83db", 4, "a\ud83d"),
            ("a\ud83db", 3, "a"),
            ("a\u0400b", 2, "a"),
            ("a\u07ffb", 2, "a"),
            ("a\U00040000b", 4, "a"),
            ("\u0400\x7f", 2, "\u0400"),
            ("\u0400\u0400", 2, "\u0400"),
            ("", 0, ""),
        ],
    )
    def test_a_text_is_cut_between_characters(self, text: str, most: int, cut: str) -> None:
        assert cut == cut_text(text, most)


class TestChunks:
    def test_each_stream_passes_until_it_is_full(self) -> None:
        cutter = ChunkCutter(request(limits=attrs.evolve(LIMITS, output_bytes=4)))
        out, err = OutputChunk(stream="stdout", data=b"123"), OutputChunk(stream="stderr", data=b"1234")

        assert out is cutter.cut(out)
        assert OutputChunk(stream="stdout", data=b"1") == cutter.cut(out)
        assert cutter.cut(out) is None
        assert err is cutter.cut(err)
        assert cutter.cut(err) is None
