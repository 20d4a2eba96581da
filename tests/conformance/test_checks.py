"""What single checks make of answers that are rare, played by executors that run nothing."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import time
import uuid
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from codeexec_config.conformance import SNIPPETS, Deadlines, Sizes, Verdict, kit
from codeexec_config.conformance.checks import (
    cancelling,
    enduring,
    isolating,
    leaving,
    measuring,
    running,
    streams,
    timing,
)
from codeexec_config.conformance.opinions import Failed
from codeexec_config.conformance.snippets import CONTROLS
from codeexec_config.conformance.snippets.features import FEATURES
from codeexec_config.conformance.suite import Plan, run_plan
from codeexec_config.executor import (
    Capability,
    ExecutionResult,
    ExecutorOverloaded,
    ExecutorUnavailable,
    LanguageUnsupported,
    OutputChunk,
    RequestError,
    RequestTooLarge,
    SessionNotFound,
    SessionRequest,
    Status,
)
from tests.executor.fakes import DONE, Fake, FakeAsync, info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codeexec_config.conformance import CheckResult
    from codeexec_config.executor import ExecutionRequest, ExecutorInfo

C = Capability
FEATURE_PROGRAMS = {SNIPPETS["python"][feature] for feature in FEATURES}
QUICK = Deadlines(run_limit=0.5, stop_limit=0.2, late=5, settle=0.3, once=0.1, cancel=0.3, abandon=0.1)


def printed(stdout: bytes = b"", status: Status = Status.COMPLETED, **fields: Any) -> ExecutionResult:
    return ExecutionResult(status=status, stdout=stdout, **fields)


TIMED_OUT = printed(status=Status.TIMED_OUT)
ENDED = attrs.evolve(TIMED_OUT, detail="the session has ended")
FAILED = printed(status=Status.FAILED)


class Scripted(Fake):
    """Gives one answer after another, and the last one again and again; an exception is raised."""

    def __init__(self, *answers: Any, capabilities: tuple[Capability, ...] = (), **described: Any) -> None:
        super().__init__(self.answer, lambda: attrs.evolve(info(*capabilities), **described))
        self.answers = list(answers)

    def answer(self, request: ExecutionRequest) -> Any:
        if request.code in FEATURE_PROGRAMS:
            return DONE
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        found = found(request) if callable(found) else found
        if isinstance(found, BaseException):
            raise found
        return found

    def open_session(self, request: SessionRequest, /) -> str:
        if request.language not in self.describe().languages:
            raise LanguageUnsupported(request.language)
        return uuid.uuid4().hex

    def close_session(self, session: str, /) -> None:
        """Nothing was held."""

    def sweep(self) -> None:
        """Nothing is left."""


def judged(check: str, executor: object, probe: Callable[[str], list[str]] | None = None, **deadlines: float) -> Any:
    plan = Plan(only=[check], deadlines=QUICK._replace(**deadlines), **({"probe": probe} if probe else {}))
    [result] = run_plan(executor, plan).results
    return result


def said(check: str, *answers: Any, probe: Callable[[str], list[str]] | None = None, **fields: Any) -> tuple[str, str]:
    result: CheckResult = judged(check, Scripted(*answers, **fields), probe)
    return str(result.verdict), result.detail


class Living:
    """A probe to which a program is there while it runs, and for a number of looks after that."""

    def __init__(self, looks: int = 1) -> None:
        self.left: dict[str, int] = {}
        self.looks = looks

    def __call__(self, marker: str) -> list[str]:
        self.left[marker] = self.left.get(marker, self.looks) - 1
        return ["process 1"] if self.left[marker] >= 0 else []


class NotAtOnce(Living):
    """The same, but for the first look."""

    def __call__(self, marker: str) -> list[str]:
        if marker not in self.left:
            self.left[marker] = self.looks
            return []
        return super().__call__(marker)


class TestRunning:
    @pytest.mark.parametrize(("naps", "verdict"), [(0.2, "pass"), (0.0, "fail")])
    def test_equal_answers_are_no_kept_ones_where_a_program_takes_its_time_again(
        self, naps: float, verdict: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "_NAP_SECS", 0.1)

        def act(request: ExecutionRequest) -> ExecutionResult:
            time.sleep(naps if "sleep" in request.code else 0)
            return printed(request.code.encode())

        assert judged("R21", Scripted(act)).verdict == verdict

    def test_a_program_that_may_write_nothing_cannot_tell(self) -> None:
        assert said("R17", printed(b"cannot 13\n"))[0] == "skip"
        assert said("R17", printed(b"cannot 30\n")) == ("skip", "cannot tell: the program may not write files")

    def test_a_first_line_that_is_refused_names_no_place(self) -> None:
        assert said("R18", RequestError("no"))[0] == "pass"

    def test_exit_codes_that_are_not_told_as_they_are_are_listed(self) -> None:
        detail = said("R20", printed(status=Status.FAILED, exit_code=2), capabilities=(C.EXIT_CODE,))[1]

        assert detail.startswith("not reported as the program's own: exit code 1: failed, exit code 2; exit code 125: ")

    def test_a_program_that_could_not_look_cannot_tell(self) -> None:
        verdict, detail = said("I04", printed(b"left"), FAILED)

        assert (verdict, detail) == ("skip", "cannot tell: the program could not look: failed")

    def test_a_program_that_could_write_no_file_cannot_tell(self) -> None:
        assert said("I17", FAILED) == ("skip", "cannot tell: the program could not write a file: failed")

    def test_what_a_program_sees_of_one_beside_it_is_told(self) -> None:
        own = printed(b"written\nown\n")
        seen = printed(b"seen /runs/1/kit_own\ntried")

        def answers(found: ExecutionResult) -> tuple[str, str]:
            return said("I17", own, own, own, found, capabilities=(C.ISOLATED_FS,))

        assert answers(seen) == ("fail", "a file of a concurrent program was seen /runs/1/kit_own")
        assert answers(printed(b"tried"))[0] == "pass"

    @pytest.mark.parametrize("most", [None, 1])
    def test_nothing_runs_beside_a_program_that_runs_alone(self, most: int | None) -> None:
        executor = Scripted(printed(b"tried"), capabilities=(C.ISOLATED_PROCESSES,), max_concurrency=most)

        assert judged("I12", executor).verdict == "pass"

        assert len([it for it in executor.seen if it.code not in FEATURE_PROGRAMS]) == (1 if most else 3)

    def test_a_flood_that_had_not_begun_gets_more_time(self) -> None:
        full = printed(b"x" * 65_536, Status.TIMED_OUT, stdout_truncated=True)
        thin = printed(b"x", Status.TIMED_OUT)

        assert said("O04", thin, full)[0] == "pass"
        assert said("O04", TIMED_OUT)[1] == "nothing of it came back"
        assert said("O04", thin)[1] == "it was cut without being flagged"

    def test_streams_that_are_one_hold_both(self) -> None:
        lost = "without the capability stderr everything is in stdout, got completed"

        assert said("O07", TIMED_OUT, printed(b"to-err\nto-out\n"))[0] == "pass"
        assert said("O07", TIMED_OUT, printed(b"to-out\n"))[1].startswith(lost)
        assert said("O07", TIMED_OUT, capabilities=(C.STDERR,))[1] == "nothing of it came back"

    def test_a_stream_that_is_not_cut_is_not_flagged(self) -> None:
        full = printed(b"x" * 65_536, Status.TIMED_OUT, stdout_truncated=True, stderr_truncated=True)

        assert said("O04", full, capabilities=(C.STDERR,))[1] == "stderr is flagged as cut, but nothing went there"

    def test_one_flood_serves_two_checks(self) -> None:
        executor = Scripted(printed(b"x" * 65_536, Status.TIMED_OUT, stdout_truncated=True))
        report = run_plan(executor, Plan(only=["O04", "O08"], deadlines=QUICK))

        assert report.ok, report.render()
        assert [SNIPPETS["python"]["flood"]] == [it.code for it in executor.seen if it.code not in FEATURE_PROGRAMS]

    def test_a_flood_that_comes_to_an_end_was_none(self) -> None:
        assert "an endless program completed" in said("O04", printed(b"x", stdout_truncated=True))[1]
        assert said("O07", DONE)[1] == "an endless program completed"

    def test_what_a_flood_costs_the_host_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        grown = SimpleNamespace(memory=1 << 30, files=1 << 31)
        monkeypatch.setattr(streams, "Growth", lambda: contextlib.nullcontext(grown))
        full = printed(b"x" * 65_536, Status.TIMED_OUT, stdout_truncated=True)

        assert said("O04", full)[1] == "the host process grew by 1073741824 bytes"
        assert said("O08", full)[1].startswith("a file of the host grew to 2147483648 bytes")

    def test_an_artifact_may_be_refused(self) -> None:
        assert said("F05", RequestError("too big"), capabilities=(C.ARTIFACTS,))[0] == "pass"

    def test_a_program_that_starts_no_process_cannot_tell(self) -> None:
        verdict, detail = said("P02", printed(b"none"), capabilities=(C.PIDS,))

        assert (verdict, detail[:55]) == ("skip", "cannot tell: the program could not start 3 processes: c")


class TestState:
    @pytest.mark.parametrize("last", ["exit", "sleep", "while True", ""])
    def test_what_a_stopped_program_leaves_counts_too(self, last: str) -> None:
        found = [b"clean"]

        def act(request: ExecutionRequest) -> ExecutionResult:
            if "found" in request.code:
                return printed(found[0])
            if last and last in request.code:
                found[0] = b"found"
            return printed(b"left")

        assert judged("I04", Scripted(act)).verdict == ("fail" if last else "pass")


class TestTime:
    def test_a_program_that_printed_nothing_in_time_gets_more_of_it(self) -> None:
        assert said("T02", TIMED_OUT, attrs.evolve(TIMED_OUT, stdout=b"before"))[0] == "pass"

    def test_what_was_printed_to_both_streams_is_kept(self) -> None:
        def heard(*answers: Any) -> tuple[str, str]:
            return said("T02", attrs.evolve(TIMED_OUT, stdout=b"before"), *answers, capabilities=(C.STDERR,))

        both = printed(b"to-out", stderr=b"to-err")
        assert heard(DONE)[0] == "pass"  # that one stream is lost is another check's to tell
        assert heard(both, attrs.evolve(TIMED_OUT, stdout=b"to-out\nbefore", stderr=b"to-err"))[0] == "pass"
        assert "standard error is lost" in heard(both, attrs.evolve(TIMED_OUT, stdout=b"to-out\nbefore"))[1]
        assert heard(both, attrs.evolve(TIMED_OUT, stdout=b"before, and late", stderr=b"to-err"))[0] == "fail"

    def test_a_program_that_ends_otherwise_cannot_tell(self) -> None:
        assert said("T07", DONE)[1].startswith("cannot tell: the program did not end as it should: completed")

    def test_a_run_that_a_busy_machine_made_long_is_run_once_more(self) -> None:
        def slow(_: object) -> ExecutionResult:
            time.sleep(1)
            return FAILED

        def always_slow(request: ExecutionRequest) -> ExecutionResult:
            return slow(request) if "sleep" in request.code else DONE

        made = judged("T07", Scripted(DONE, slow, DONE, FAILED, DONE, TIMED_OUT), late=10)
        accused = judged("T07", Scripted(always_slow), late=10)

        assert made.verdict == "pass"
        assert re.fullmatch(r"0\.1 s of program took [1-9]\.\d s: it was run again", accused.detail)

    def test_a_program_may_take_the_start_up_that_is_declared_where_a_short_one_took_none(self) -> None:
        def cold(request: ExecutionRequest) -> ExecutionResult:
            if request.limits.wall_secs == QUICK.once:
                return TIMED_OUT
            if "sleep" in request.code:
                time.sleep(0.5)
                return FAILED
            return DONE

        assert judged("T07", Scripted(cold, startup_secs=2.0), late=10).verdict == "pass"

    def test_a_program_that_may_not_ignore_a_signal_cannot_tell(self) -> None:
        assert said("T03", FAILED)[1].startswith("cannot tell: the program could not ignore a signal: failed")
        assert said("T03", attrs.evolve(FAILED, stdout=b"deaf"))[1].startswith("expected timed_out, got failed")

    def test_programs_that_a_busy_machine_let_wait_wait_once_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(measuring, "_NAP_SECS", 0.05)

        def act(_: object) -> ExecutionResult:
            time.sleep(1)
            return attrs.evolve(DONE, wall_secs=10)

        assert said("N02", *[TIMED_OUT] * 8, DONE)[0] == "pass"
        assert said("N02", TIMED_OUT)[1] == "of 4 concurrent programs of 0.3 s, 4 met a limit of 0.9 s"
        assert judged("N02", Scripted(act), late=10).detail == (
            "10.0 s were measured for a program of 0.3 s that had to wait"
        )

    def test_a_nap_that_a_busy_machine_cut_short_is_taken_again(self) -> None:
        assert said("T09", TIMED_OUT, TIMED_OUT, DONE)[0] == "pass"
        assert said("T09", TIMED_OUT)[0] == "fail"

    @pytest.mark.parametrize(("cut", "verdict"), [(float, "pass"), (int, "skip")])
    def test_an_interpreter_that_is_slow_to_start_sleeps_less(
        self, cut: Callable[[float], float], verdict: str
    ) -> None:
        def act(request: ExecutionRequest) -> ExecutionResult:
            nap = re.search(r"sleep\((.*)\)", request.code)
            own = 0.5
            if nap is None:
                time.sleep(own)
            elif own + float(nap[1]) > cut(request.limits.wall_secs - 0.4):
                return TIMED_OUT
            return attrs.evolve(DONE, wall_secs=own)

        assert judged("T09", Scripted(act)).verdict == verdict

    def test_an_interpreter_that_is_slow_to_start_is_no_start_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(measuring, "_MEASURABLE_SECS", 0)

        def act(request: ExecutionRequest) -> ExecutionResult:
            if "sleep" in request.code:
                return DONE if request.limits.wall_secs > 0.5 else TIMED_OUT
            time.sleep(0.7)
            return attrs.evolve(DONE, wall_secs=0.5)

        assert judged("T10", Scripted(act)).verdict == "pass"

    def test_a_start_up_that_can_be_measured_is_told_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(measuring, "_MEASURABLE_SECS", 0)

        assert said("T10", DONE)[0] == "pass"
        assert said("T10", DONE, DONE, TIMED_OUT)[0] == "fail"
        assert said("T10", DONE, startup_secs=1e-9)[1].endswith(": the machine is busy")

    @pytest.mark.parametrize(("measured", "verdict"), [(None, "n/a"), (0.2, "pass"), (200.0, "fail"), (0.0, "fail")])
    def test_the_time_in_a_result_is_looked_at(
        self, measured: float | None, verdict: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(measuring, "_NAP_SECS", 0.2)

        def act(_: object) -> ExecutionResult:
            time.sleep(0.2)
            return attrs.evolve(DONE, wall_secs=measured)

        assert said("T11", act)[0] == verdict


class TestMemory:
    @pytest.mark.parametrize(
        ("peaks", "words"),
        [
            ((None, None, None), "the executor measures no memory"),
            ((10 << 20, 210 << 20, 10 << 20), ""),
            ((10 << 20, 10 << 20, 10 << 20), "10485760 bytes were measured for a program that filled 209715200"),
            ((None, None, 300 << 20), "the executor measures no memory"),
            ((10 << 20, None, 300 << 20), "314572800 bytes were measured for a program that only prints a word"),
            ((10, 210 << 20, 10), "10 bytes were measured for an interpreter"),
            ((None, 210 << 20, None), ""),
        ],
    )
    def test_the_memory_in_a_result_is_looked_at(self, peaks: tuple[int | None, ...], words: str) -> None:
        assert said("M05", *(attrs.evolve(DONE, peak_memory_bytes=peak) for peak in peaks))[1] == words

    def test_a_program_that_did_not_get_so_far_cannot_tell(self) -> None:
        small, failed = (attrs.evolve(each, peak_memory_bytes=1 << 20) for each in (DONE, FAILED))

        assert said("M05", small, failed)[1] == "cannot tell: the program did not get that far: failed"


class TestFiles:
    def test_taken_names_may_be_refused(self) -> None:
        assert said("F09", printed(b"tried"), RequestError("no"), capabilities=(C.FILES,))[0] == "pass"

    def test_a_program_that_failed_by_itself_cannot_tell(self) -> None:
        verdict, detail = said("F09", printed(b"tried"), FAILED, capabilities=(C.FILES,))

        assert (verdict, detail) == ("skip", "cannot tell: the program did not get that far: failed")

    def test_one_that_failed_by_a_file_of_the_users_accuses(self) -> None:
        lost = attrs.evolve(FAILED, stderr=b"no such file: main.py")

        assert said("F09", printed(b"tried"), lost, capabilities=(C.FILES,))[0] == "fail"


class TestCarrying:
    def test_odd_names_may_be_refused(self) -> None:
        def answer(request: ExecutionRequest) -> Any:
            if "empty.txt" in request.files:
                return RequestError("no")
            return printed(request.files["data/in.txt"])

        assert said("F01", answer, capabilities=(C.FILES,))[0] == "pass"

    def test_two_artifacts_may_be_refused(self) -> None:
        assert said("F05", DONE, RequestError("no"), capabilities=(C.ARTIFACTS,))[0] == "pass"


class TestLooking:
    def test_another_kernel_has_other_folders(self, monkeypatch: pytest.MonkeyPatch) -> None:
        here = printed(f"{isolating._boot()}\n{isolating._identity('/etc')} /etc\ntried".encode())
        elsewhere = printed(f"other\n{isolating._identity('/etc')} /etc\ntried".encode())

        assert said("I02", here, capabilities=(C.ISOLATED_FS,))[1] == "a folder of the host is there: /etc"
        assert said("I02", elsewhere, capabilities=(C.ISOLATED_FS,))[0] == "pass"
        monkeypatch.setattr(isolating, "_BOOT", Path("/nowhere"))
        assert said("I02", here, capabilities=(C.ISOLATED_FS,))[0] == "pass"

    def test_a_system_without_a_table_of_mounts_is_not_looked_at_for_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        executor = Scripted(printed(b"tried"), capabilities=(C.ISOLATED_FS,))
        monkeypatch.setattr(isolating, "MOUNTS", Path("/nowhere"))

        assert judged("I02", executor).verdict == "pass"

        assert not any("/nowhere" in it.code for it in executor.seen)

    def test_a_folder_that_is_not_here_is_not_the_hosts(self) -> None:
        assert isolating._identity("/nowhere") == ""

    def test_a_session_is_looked_at_as_well(self) -> None:
        assert said("I03", printed(b"tried"), capabilities=(C.CLEAN_ENV, C.SESSIONS))[0] == "pass"

    def test_an_executor_that_cannot_do_without_its_variables_is_not_accused(self) -> None:
        def act(request: ExecutionRequest) -> ExecutionResult:
            del request
            while os.environ.get("HTTPS_PROXY", "").startswith(os.devnull):
                time.sleep(0.05)
            return printed(b"tried")

        assert judged("I03", Scripted(act, capabilities=(C.CLEAN_ENV,)), late=0.1).verdict == "pass"

    def test_what_the_host_has_in_its_place_is_as_it_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.internal:3128")
        before = dict(os.environ)

        assert said("I03", printed(b"tried"), capabilities=(C.CLEAN_ENV,))[0] == "pass"

        assert dict(os.environ) == before

    def test_a_failure_that_runs_again_each_time_accuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counts = itertools.cycle([1, 2])
        monkeypatch.setattr(timing, "_processes", lambda *_: next(counts))

        with pytest.raises(Failed, match="2 processes of a program that soon fails were seen, 1 of one that ends well"):
            timing._failed_once(None)  # type: ignore[arg-type]

    @pytest.mark.parametrize("seen", [[1, 2, 1, 1], [2, 3, 1, 2]], ids=["too many", "too few of what ends well"])
    def test_a_failure_that_seems_to_run_again_is_looked_at_again(
        self, seen: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counts = iter(seen)
        monkeypatch.setattr(timing, "_processes", lambda *_: next(counts))

        timing._failed_once(None)  # type: ignore[arg-type]

        assert list(counts) == []

    def test_what_ends_well_and_was_not_seen_was_one_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counts = itertools.cycle([0, 1])
        monkeypatch.setattr(timing, "_processes", lambda *_: next(counts))

        timing._failed_once(None)  # type: ignore[arg-type]


class TestSessions:
    def heard(self, check: str, *answers: Any, probe: Any = None) -> tuple[str, str]:
        return said(check, *answers, probe=probe, capabilities=(C.SESSIONS,))

    def test_a_session_that_goes_on_answers_each_time(self) -> None:
        def echo(request: ExecutionRequest) -> ExecutionResult:
            return printed(request.code.encode())

        assert self.heard("Z03", TIMED_OUT, echo)[0] == "pass"
        assert self.heard("Z03", TIMED_OUT, printed(b"late"))[1] == "its answer is completed, stdout b'late'"

    def test_a_session_may_end_with_a_timeout(self) -> None:
        unsaid = "the session ended with the timeout, and the detail of the result does not say so"

        assert self.heard("Z03", ENDED, SessionNotFound(), DONE)[0] == "pass"
        assert self.heard("Z03", TIMED_OUT, SessionNotFound())[1] == unsaid
        assert self.heard("Z04", DONE, DONE, ENDED, SessionNotFound(), printed(b"7"))[0] == "pass"
        assert self.heard("Z04", DONE, DONE, TIMED_OUT, SessionNotFound())[1] == unsaid

    def test_a_session_that_goes_on_keeps_its_state(self) -> None:
        lost = "goes on without its variables: failed"

        assert self.heard("Z04", DONE, DONE, TIMED_OUT, FAILED)[1].endswith(lost)
        assert self.heard("Z07", DONE, FAILED)[1].endswith(lost)
        assert self.heard("Z07", DONE, FAILED, printed(b"2"))[0] == "pass"
        assert self.heard("Z07", DONE, FAILED, SessionNotFound())[0] == "pass"

    def test_a_language_of_which_less_can_be_asked_is_judged_by_the_rest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kit.Kit, "has", lambda _, purpose: purpose not in ("session_put", "before_sleep"))

        assert self.heard("Z01", DONE, printed(b"2"), SessionNotFound())[0] == "pass"
        assert self.heard("Z05", printed(b"started"), probe=Living())[0] == "pass"

    def test_a_session_that_still_computes_is_found_out(self) -> None:
        five = printed(b"5")

        assert self.heard("Z04", DONE, DONE, TIMED_OUT, five, five, printed(b"7"))[0] == "pass"
        assert self.heard("Z04", DONE, DONE, TIMED_OUT, five, printed(b"6"))[0] == "fail"
        assert self.heard("Z04", DONE, DONE, TIMED_OUT)[1].endswith("got no turn: the one before still computes")

    def test_a_session_beside_one_that_is_timed_out_or_closed_goes_on(self) -> None:
        lost = "the session does not exist, or has ended"

        assert self.heard("Z04", DONE, DONE, ENDED, SessionNotFound())[1].endswith(lost)
        assert self.heard("Z02", DONE, DONE, printed(b"1"), *[DONE] * 5, SessionNotFound())[1].endswith(lost)

    def test_a_session_may_refuse_a_second_program(self) -> None:
        def pause(request: ExecutionRequest) -> ExecutionResult:
            return printed(b"\n".join(re.findall(rb"kit\w+-[12]", request.code.encode())))

        assert self.heard("Z08", pause)[0] == "pass"
        assert self.heard("Z08", ExecutorOverloaded(), pause)[0] == "pass"
        assert self.heard("Z08", ExecutorOverloaded())[1] == "both were refused"
        assert self.heard("Z08", DONE)[1].startswith("expected its own two lines")

    def test_a_child_of_a_closed_session_is_looked_for(self) -> None:
        assert self.heard("Z05", printed(b"started"), probe=Living())[0] == "pass"
        assert self.heard("Z05", printed(b"started"), probe=lambda _: ["process 1"])[0] == "fail"
        assert self.heard("Z05", printed(b"started"), probe=lambda _: [])[0] == "n/a"
        assert self.heard("Z05", FAILED)[1] == "cannot tell: the program could not start a child: failed"

    @pytest.mark.parametrize(
        ("answer", "told"), [(RequestError("another"), ""), (DONE, "a session of python accepted ruby")]
    )
    def test_a_session_is_of_one_language(self, answer: Any, told: str) -> None:
        both = {name: support for name in ("python", "ruby") for support in info(C.SESSIONS).languages.values()}
        executor = Scripted(SessionNotFound(), answer, languages=both)
        [result] = run_plan(executor, Plan(only=["Z06"], languages=["python"], deadlines=QUICK)).results

        assert result.detail.startswith(told)
        assert bool(result.detail) is bool(told)

    def test_walls_that_are_not_declared_are_not_looked_behind(self) -> None:
        assert self.heard("Z09", DONE) == ("n/a", "the executor declares no isolation that the kit can test")

    @pytest.mark.parametrize("wall", [C.NO_NETWORK, C.ISOLATED_FS, C.ISOLATED_PROCESSES])
    def test_a_wall_that_is_declared_is_looked_behind_in_a_session(self, wall: Capability) -> None:
        def tried(request: ExecutionRequest) -> ExecutionResult:
            assert request.session
            return printed(b"tried")

        assert said("Z09", tried, capabilities=(C.SESSIONS, wall))[0] == "pass"

    def test_a_wall_that_cannot_be_seen_hides_no_other(self) -> None:
        def heard(network: Any, files: Any) -> tuple[str, str]:
            return said("Z09", network, files, capabilities=(C.SESSIONS, C.NO_NETWORK, C.ISOLATED_FS))

        def read(request: ExecutionRequest) -> ExecutionResult:
            [path] = re.findall(r"/\S+/host\.txt", request.code)
            return printed(Path(path).read_bytes() + b"tried")

        assert heard(FAILED, printed(b"tried"))[1].startswith("cannot tell")
        assert heard(FAILED, read)[0] == "fail"

    def test_the_output_of_a_session_is_cut_and_flagged(self) -> None:
        whole, cut = printed(b"x" * (1 << 18)), printed(b"x", stdout_truncated=True)

        assert self.heard("Z10", DONE, whole, printed(b"7"))[1] == "262144 bytes came back under a limit of 65536"
        assert self.heard("Z10", DONE, printed(b"x"), printed(b"7"))[1] == "its output was cut without being flagged"
        assert self.heard("Z10", DONE, cut, printed(b"7"))[0] == "pass"
        assert self.heard("Z10", DONE, cut, SessionNotFound())[0] == "pass"
        assert self.heard("Z10", DONE, cut, FAILED)[1].endswith("goes on without its variables: failed")

    @pytest.mark.parametrize(
        ("limit", "passed", "stuck"),
        [
            (C.MEMORY, "it filled 1024 MiB under a limit of 536870912 bytes", "stopped at its memory limit"),
            (C.PIDS, "it started all 500 processes", "before it met a limit of processes"),
        ],
    )
    def test_a_session_meets_its_limits(self, limit: Capability, passed: str, stuck: str) -> None:
        def heard(answer: Any) -> tuple[str, str]:
            cut = printed(b"x", stdout_truncated=True)
            return said(
                "Z10", DONE, cut, SessionNotFound(), DONE, answer, printed(b"7"), capabilities=(C.SESSIONS, limit)
            )

        assert heard(FAILED)[0] == "pass"
        assert heard(printed(b"touched 1024\nforks 500\n"))[1] == passed
        assert heard(TIMED_OUT)[1].endswith(stuck)

    def test_a_session_may_be_refused_other_limits_than_the_usual_ones(self) -> None:
        class Refusing(Scripted):
            def open_session(self, request: SessionRequest, /) -> str:
                if request.limits.memory_bytes > Sizes().memory:
                    raise RequestTooLarge("memory")
                return super().open_session(request)

        cut = printed(b"x", stdout_truncated=True)
        result = judged("Z10", Refusing(DONE, cut, SessionNotFound(), capabilities=(C.SESSIONS, C.PIDS)))
        assert result.detail == "cannot tell: limits other than the usual ones are refused, as they may be"


class Streamed(Scripted):
    """Yields its answers one after another, where it takes them apart."""

    def __init__(self, *items: object, secs: float = 0.3) -> None:
        super().__init__(DONE)
        self.items, self.secs = items, secs

    def check_health(self) -> None:
        """It works."""

    def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[object]:
        [word] = re.findall(rb"kit\w+", request.code.encode())[:1]
        for item in self.items:
            yield item(word) if callable(item) else item
            time.sleep(self.secs)


class TestStreaming:
    def chunk(self, word: bytes) -> OutputChunk:
        return OutputChunk(stream="stdout", data=word)

    def result(self, word: bytes) -> ExecutionResult:
        return printed(word + b"end")

    end = OutputChunk(stream="stdout", data=b"end")

    @pytest.mark.parametrize("check", ["V01", "V02", "V03", "V04"])
    def test_what_is_not_offered_is_not_looked_at(self, check: str) -> None:
        assert judged(check, Scripted(DONE), Living()).verdict is Verdict.NOT_APPLICABLE

    def test_health_is_told_where_a_run_works(self) -> None:
        assert judged("V01", Streamed()).verdict is Verdict.PASS

    def test_a_stream_comes_in_time_and_ends_with_the_result(self) -> None:
        def heard(*items: object, secs: float = 0.3) -> str:
            return str(judged("V02", Streamed(*items, secs=secs)).detail)

        assert heard(self.chunk, self.end, self.result) == ""
        assert heard(self.chunk, OutputChunk(stream="stderr", data=b"x"), self.end, self.result) == ""
        assert heard() == "it yielded nothing"
        assert heard(self.chunk, self.end).endswith("OutputChunk, not ExecutionResult")
        assert heard(b"text", self.result).endswith("is bytes, not OutputChunk")
        assert heard(self.chunk, self.result).startswith("it yielded b'")
        assert heard(self.end, printed(b"end")).startswith("the program's output is not in the result")
        assert heard(self.chunk, self.end, self.result, secs=0) == "nothing was yielded before the program had ended"

    def test_what_the_result_has_of_either_stream_was_yielded(self) -> None:
        def result(word: bytes) -> ExecutionResult:
            return printed(word + b"end", stderr=b"x")

        error = OutputChunk(stream="stderr", data=b"x")

        assert judged("V02", Streamed(self.chunk, error, self.end, result)).verdict is Verdict.PASS
        assert judged("V02", Streamed(self.chunk, self.end, result)).detail == (
            "for a program that fails, it yielded b'' for stderr, but the result has b'x'"
        )

    def test_an_iterator_that_is_read_to_its_end_need_not_be_closed(self) -> None:
        class Plain(Streamed):
            def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[object]:
                return map(lambda item: item, super().execute_streaming(request))  # noqa: C417 -- it has no close

        assert judged("V02", Plain(self.chunk, self.end, self.result)).verdict is Verdict.PASS

    def test_a_stream_has_the_limits_of_its_request(self) -> None:
        class Limited(Streamed):
            def execute_streaming(self, request: ExecutionRequest, /) -> Iterator[object]:
                sleeps = "before" in request.code
                for item in (self.items[0],) if sleeps else self.items[1:]:
                    if isinstance(item, Exception):
                        raise item
                    yield item

        def heard(*items: object) -> tuple[str, str]:
            result = judged("V04", Limited(*items))
            return str(result.verdict), result.detail

        cap = Sizes().output_limit
        flooded = attrs.evolve(TIMED_OUT, status=Status.OUTPUT_EXCEEDED, stdout=bytes(cap), stdout_truncated=True)
        chunk = OutputChunk(stream="stdout", data=bytes(cap))
        refused = "cannot tell: limits other than the usual ones are refused, as they may be"

        assert heard(TIMED_OUT, chunk, flooded) == ("pass", "")
        assert heard(DONE, chunk, flooded)[1].startswith("expected timed_out, got completed")
        assert heard(TIMED_OUT, chunk, DONE) == ("fail", "an endless program completed")
        assert heard(TIMED_OUT, *[chunk] * 9, flooded) == ("fail", f"it yielded {9 * cap} bytes under a limit of {cap}")
        longer = attrs.evolve(flooded, stdout=bytes(cap + 1))
        assert heard(TIMED_OUT, longer) == ("fail", f"its result contains {cap + 1} bytes under a limit of {cap}")
        assert heard(chunk)[1] == "the last item is OutputChunk, not ExecutionResult"
        assert heard(RequestTooLarge("no")) == ("skip", refused)

    def test_a_stream_that_is_closed_leaves_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kit.Kit, "expect_sight", lambda _: None)

        assert judged("V03", Streamed(self.chunk, self.result), lambda _: []).verdict is Verdict.PASS
        assert judged("V03", Streamed(self.chunk, self.result), lambda _: ["process 1"]).verdict is Verdict.FAIL
        late = judged("V03", Streamed(self.chunk, self.result), lambda _: [], run_limit=1e-6)
        assert late.detail.endswith("as long as it may run")


class TestLeaving:
    STARTED = attrs.evolve(TIMED_OUT, stdout=b"started")

    def slowly(self, answer: ExecutionResult) -> Callable[[Any], ExecutionResult]:
        def act(_: object) -> ExecutionResult:
            time.sleep(0.15)
            return answer

        return act

    def test_a_program_that_started_no_child_cannot_tell(self) -> None:
        verdict, detail = said("T12", self.slowly(self.STARTED), FAILED, probe=Living())

        assert (verdict, detail) == ("skip", "cannot tell: the program could not start a child: failed")

    def test_a_flood_that_had_not_begun_gets_more_time(self) -> None:
        begun = self.slowly(self.STARTED)

        assert said("T15", begun, TIMED_OUT, self.STARTED, probe=Living())[0] == "pass"
        assert said("T15", begun, TIMED_OUT, probe=Living())[1] == (
            "cannot tell: the program could not start a child: timed_out"
        )

    def test_an_early_end_may_find_no_sandbox_yet(self) -> None:
        def act(_: object) -> Any:
            time.sleep(0.15)
            raise ExecutorUnavailable("no sandbox yet")

        assert said("T16", act, probe=Living(0)) == (
            "skip",
            "the leak probe does not see this executor's programs: pass run_conformance one that does",
        )
        assert said("T16", act, probe=Living(2))[0] == "pass"
        assert said("T16", act, probe=Living(10_000)) == ("fail", "left behind: process 1")

    def test_a_program_that_ended_otherwise_cannot_tell(self) -> None:
        verdict, detail = said("T12", self.slowly(self.STARTED), printed(b"started"), probe=Living())

        assert (verdict, detail[:47]) == ("skip", "cannot tell: the program ended differently: com")

    def test_zombies_get_time_to_go(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looks = iter([set(), {1}, {1}, set()])
        monkeypatch.setattr(leaving, "zombies", lambda: next(looks))

        assert said("L03", DONE)[0] == "pass"

    @pytest.mark.parametrize(("secs", "purposes"), [(0.1, ["exit", "before_sleep"]), (5, ["before_sleep"])])
    def test_where_a_start_up_takes_seconds_programs_come_to_fewer_ends(self, secs: float, purposes: list[str]) -> None:
        asked = SimpleNamespace(
            start_up_secs=lambda: secs, has=bool, code=lambda purpose, **_: purpose, request=lambda code, **_: code
        )

        assert list(leaving._other_ends(asked, "exit", "before_sleep")) == purposes  # type: ignore[arg-type]

    def test_what_the_process_holds_gets_time_to_go(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counts = itertools.chain([1, 2], itertools.repeat(1))
        monkeypatch.setattr(leaving, "held", lambda: {"threads": next(counts)})

        assert said("L03", DONE)[0] == "pass"

    def test_what_grows_with_each_run_is_held(self, monkeypatch: pytest.MonkeyPatch) -> None:
        counts = itertools.count()
        monkeypatch.setattr(leaving, "held", lambda: {"threads": next(counts), "open files": 3})

        assert said("L03", DONE)[1] == "each of 3 runs left threads in the host's process"

    def test_a_language_without_other_ends_leaves_nothing_by_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kit.Kit, "has", lambda self, purpose: purpose == "say" and purpose in self._snippets)

        assert said("L02", DONE)[0] == "pass"

    def test_folders_get_time_to_go(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looks = iter([["/x"], []])
        monkeypatch.setattr(leaving, "_left", lambda _: next(looks))

        assert said("L02", DONE)[0] == "pass"

    @pytest.mark.parametrize(("most", "told"), [(99, "cannot tell: something like "), (4, "3 runs left ")])
    def test_folders_that_are_made_without_a_run_too_are_not_its_own(
        self, most: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: set[Path] = set()

        def another() -> set[Path]:
            if len(made) < most:
                made.add(tmp_path / f"service-{len(made)}")
                max(made).mkdir(exist_ok=True)
            return set(made)

        monkeypatch.setattr(leaving, "folders_here", another)
        assert judged("L02", Scripted(DONE), settle=0, late=0.1).detail.startswith(told)

    def test_a_program_that_was_not_seen_to_start_cannot_be_closed_over(self) -> None:
        executor = Scripted(self.slowly(self.STARTED), DONE, capabilities=(C.CLOSE,))
        executor.close = lambda: None  # type: ignore[attr-defined]
        seen: list[str] = []

        def only_the_first(marker: str) -> list[str]:
            seen.append(marker)
            return ["process 1"] if marker == seen[0] else []

        result = judged("L04", executor, only_the_first)

        assert result.detail == "cannot tell: the program was not seen to start"

    def test_an_executor_of_the_first_protocol_is_not_asked_for_what_came_later(self) -> None:
        answer = ExecutorUnavailable(started=False)

        assert said("X05", answer, capabilities=(C.FAULT_INJECTION,), protocol=(1, 0))[0] == "n/a"
        assert said("X05", answer, capabilities=(C.FAULT_INJECTION,))[0] == "fail"

    @pytest.mark.parametrize("trouble", [None, Failed("it could not")])
    def test_what_a_failing_clean_up_left_is_swept_up(
        self, trouble: Failed | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        finished: list[str] = []

        def finish(name: str) -> None:
            finished.append(name)
            if trouble:
                raise trouble

        def broken(_: object) -> None:
            raise Failed("its host broke")

        monkeypatch.setattr(leaving, "_expect_verdicts", broken)
        subject = SimpleNamespace(offers=lambda name: name == "sweep", finish=finish)

        with pytest.raises(Failed, match="its host broke"):
            leaving.clean_up_fails(SimpleNamespace(subject=subject))  # type: ignore[arg-type]

        assert finished == ["sweep"]

    def test_a_sweep_is_looked_at(self) -> None:
        here = os.getpid()

        def answer(mine: ExecutionResult, others: ExecutionResult, request: ExecutionRequest) -> ExecutionResult:
            if "sys.exit(0)" not in request.code:
                return self.slowly(self.STARTED)(request)
            return self.slowly(mine if os.getpid() == here else others)(request)

        def swept(mine: ExecutionResult, others: ExecutionResult) -> tuple[str, str]:
            return said("H02", partial(answer, mine, others), probe=NotAtOnce(2))

        assert swept(DONE, DONE) == ("pass", "")
        assert swept(FAILED, DONE)[1] == "it ended a program of this host: failed"
        assert swept(DONE, FAILED)[1] == "it ended a program of another host that is alive: failed"

    def test_a_language_without_a_program_to_sweep_beside_cannot_tell(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kit.Kit, "has", lambda self, purpose: purpose != "end_soon" and purpose in self._snippets)

        verdict, detail = said("H02", self.slowly(self.STARTED), probe=Living(2))

        assert (verdict, detail) == ("skip", "cannot tell: no program to sweep beside")

    def test_a_program_that_a_dead_host_did_not_start_cannot_tell(self) -> None:
        seen: list[str] = []

        def only_the_first(marker: str) -> list[str]:
            seen.append(marker)
            return ["process 1"] if marker == seen[0] else []

        unseen = ("skip", "cannot tell: the program was not seen to start")

        assert said("H02", self.slowly(self.STARTED), probe=only_the_first) == unseen
        seen.clear()
        answer = self.slowly(self.STARTED)
        assert said("X02", answer, probe=only_the_first, capabilities=(C.FAULT_INJECTION,)) == unseen

    @pytest.mark.parametrize(("counts", "verdict"), [((1, 2, 2), "pass"), ((1, 2, 1), "fail"), ((2, 2), "pass")])
    def test_a_program_that_had_not_quite_started_is_counted_again(
        self, counts: tuple[int, ...], verdict: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left = iter(counts)
        monkeypatch.setattr(leaving, "_counted", lambda *_: next(left))
        monkeypatch.setattr(kit.Kit, "expect_sight", lambda _: None)

        assert said("X02", DONE, capabilities=(C.FAULT_INJECTION,))[0] == verdict
        assert list(left) == []


class TestCancelling:
    @pytest.mark.parametrize(
        ("first", "again", "told"),
        [
            ([["process 1"], []], [], ""),
            ([["process 1"], *[["process 1"]] * 999], [["process 2"], []], ""),
            (
                [*[["process 1"]] * 999],
                [*[["process 2"]] * 999],
                "left behind: process 1; process 2; there were more each time",
            ),
        ],
    )
    def test_what_is_born_gets_time_to_go_and_may_make_up_for_what_was_used(
        self, first: list[list[str]], again: list[list[str]], told: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks = iter([first, again])
        acts = []

        def block() -> object:
            seen = iter(next(looks))
            return contextlib.nullcontext(SimpleNamespace(left=lambda: next(seen, [])))

        monkeypatch.setattr(kit, "Descendants", block)
        deadlines = QUICK._replace(settle=0.5)
        with pytest.raises(kit.Failed, match=told) if told else contextlib.nullcontext():
            kit.Kit.expect_none_left_by(SimpleNamespace(deadlines=deadlines), lambda: acts.append(1), times=2)  # type: ignore[arg-type]

        assert len(acts) == 1 + bool(again)

    @pytest.mark.parametrize("most", [1, 2])
    def test_nothing_is_beside_where_one_runs_at_once_or_nothing_lasts(self, most: int) -> None:
        def code(_: str, **__: object) -> str:
            raise kit.NotApplicable("no program for nap")

        asked = SimpleNamespace(most_at_once=lambda: most, code=code, start=id, request=id)

        assert enduring.begun_beside(asked, 0, 1) is None  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("outcome", "told"),
        [
            (kit.Outcome(DONE, None, 0), None),
            (kit.Outcome(None, ExecutorOverloaded("one at once"), 0), None),
            (kit.Outcome(TIMED_OUT, None, QUICK.run_limit), None),
            (kit.Outcome(TIMED_OUT, None, 0), "a program beside one that was cut short came to timed_out"),
            (
                kit.Outcome(printed(status=Status.KILLED), None, 0),
                "a program beside one that was cut short came to killed",
            ),
        ],
    )
    def test_what_is_beside_goes_on(self, outcome: kit.Outcome, told: str | None) -> None:
        asked = SimpleNamespace(outcome=lambda *_: outcome, request=lambda _: None, deadlines=QUICK)

        with pytest.raises(kit.Failed, match=told) if told else contextlib.nullcontext():
            enduring.expect_a_good_end(asked, object(), "cut short")  # type: ignore[arg-type]

    def test_a_language_that_cannot_abort_may_kill_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        killed, aborted, terminated = (printed(status=Status.KILLED, signal=number) for number in (9, 6, 15))

        assert said("R08", killed, aborted, terminated, capabilities=(C.SIGNALS,))[0] == "pass"
        assert said("R08", killed, capabilities=(C.SIGNALS,))[1] == "it sent itself signal 6, but the result has 9"
        monkeypatch.setattr(kit.Kit, "has", lambda _, purpose: purpose not in ("abort_itself", "terminate_itself"))
        assert said("R08", killed, capabilities=(C.SIGNALS,))[0] == "pass"

    def test_blanks_of_a_failure_are_looked_at_where_its_error_is_elsewhere(self) -> None:
        blanks, controls = printed(b"\n \tx \n\n"), printed(CONTROLS)
        failed = attrs.evolve(blanks, status=Status.FAILED)

        assert said("O15", blanks, controls, DONE)[0] == "pass"
        assert said("O15", blanks, controls, failed, capabilities=(C.STDERR,))[0] == "pass"
        assert said("O15", blanks, controls, DONE, capabilities=(C.STDERR,))[0] == "fail"

    def test_where_one_runs_at_once_nothing_ends_beside_it(self) -> None:
        assert said("N03", DONE, max_concurrency=1)[0] == "n/a"
        assert said("N03", DONE, max_concurrency=2)[0] == "pass"

    def test_a_small_limit_of_output_may_be_refused(self) -> None:
        def small(request: ExecutionRequest) -> ExecutionResult:
            if request.limits.output_bytes < Sizes().output_limit:
                raise RequestError("too small a limit")
            return printed(b"x" * request.limits.output_bytes)

        assert said("O05", small)[0] == "pass"

    @pytest.mark.parametrize(("places", "cancelled"), [(None, 0), (9, 0), (3, 3)])
    def test_as_many_runs_are_cancelled_as_there_are_places(
        self, places: int | None, cancelled: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[object] = []

        def full(_: object) -> None:
            raise Failed("raised ExecutorOverloaded")

        monkeypatch.setattr(cancelling, "cancel", lambda _, call: calls.append(call))
        asked = SimpleNamespace(
            info=SimpleNamespace(max_concurrency=places),
            code=lambda *_, **__: "",
            request=str,
            nonce=str,
            start=lambda _: SimpleNamespace(wait=lambda _: False),
            run=full,
        )
        lost = "after 3 more runs were cancelled, the next one got no place: raised ExecutorOverloaded"

        with pytest.raises(Failed, match=lost) if cancelled else contextlib.nullcontext():
            cancelling._expect_places_back(asked)  # type: ignore[arg-type]

        assert len(calls) == cancelled

    def test_a_moment_of_bad_luck_is_forgiven(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stalls = [1.0, 0.5, 0.0]
        monkeypatch.setattr(cancelling, "_stall_beside", lambda _: stalls.pop(0))
        cancelling.heartbeat(SimpleNamespace(deadlines=QUICK))  # type: ignore[arg-type]

        stalls[:] = [1.0, 0.5, 0.7, 0.8, 0.9, 0.6]
        with pytest.raises(Failed, match=r"the event loop stood still for 0\.50 s"):
            cancelling.heartbeat(SimpleNamespace(deadlines=QUICK))  # type: ignore[arg-type]

    def test_an_executor_may_use_threads_of_the_loop(self) -> None:
        async def work(_: object) -> ExecutionResult:
            return await asyncio.to_thread(lambda: DONE)

        async def fail(_: object) -> Any:
            return await asyncio.to_thread([].pop)

        assert judged("R02", FakeAsync(work)).verdict == "pass"
        assert "IndexError" in judged("R02", FakeAsync(fail)).detail


class TestFirstProtocol:
    """An executor of protocol 1.0 knows none of the later capabilities, fields and methods."""

    def described(self) -> ExecutorInfo:
        return attrs.evolve(info(C.CLOSE), protocol=(1, 0))

    def test_it_is_judged_by_the_checks_of_then(self) -> None:
        def act(request: ExecutionRequest) -> ExecutionResult:
            del request
            return DONE

        executor = Fake(act, self.described)
        executor.close = lambda: None  # type: ignore[attr-defined]
        report = run_plan(executor, Plan(only=["D01", "D02", "R02", "G01", "H01", "H02", "I12", "X05", "L01"]))

        assert report.ok, report.render()
        assert {"G01": "skip", "H01": "skip", "I12": "skip", "X05": "skip", "H02": "n/a"} == {
            it.id: it.verdict for it in report.results if it.verdict != "pass"
        }
