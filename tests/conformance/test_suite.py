"""The run of the kit: what it runs, what it leaves behind, and its report on an executor that it cannot judge."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config.conformance import Deadlines, Override, Verdict, run_conformance, watching
from codeexec_config.conformance.calling import EventLoop
from codeexec_config.conformance.checks import CHECKS, isolating
from codeexec_config.conformance.suite import Plan, Suite, run_plan
from codeexec_config.executor import (
    Capability,
    ErrorInfo,
    ExecutionResult,
    ExecutorInfo,
    ExecutorUnavailable,
    RequestError,
    RequestTooLarge,
    Status,
    as_async,
)
from tests.conformance.controls import RELEASED, BlocksTheLoopForever, NeverComesBack, NeverComesBackAndIsDeaf
from tests.conformance.judging import QUICK
from tests.conformance.local import SyncLocal
from tests.executor.fakes import Fake, FakeAsync, info

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.conformance import CheckResult, ConformanceReport
    from codeexec_config.executor import ExecutionRequest


def ran(executor: object, only: str, **fields: Any) -> dict[str, CheckResult]:
    report = run_plan(executor, Plan(only=only.split(), **{"deadlines": QUICK, **fields}))
    return {result.id: result for result in report.results}


def verdicts(executor: object, only: str, **fields: Any) -> dict[str, Verdict]:
    return {check: result.verdict for check, result in ran(executor, only, **fields).items()}


class TestTable:
    def test_the_first_checks_keep_their_identifiers(self) -> None:
        expected = (
            "D01 D02 D03 R01 R02 R03 R04 R05 R06 R07 R08 R09 R10 O01 O02 O03 O04 O05 T01 T02 T03 T04 T05 T06 T07 "
            "M01 M02 M03 P01 K01 K02 K03 I01 I02 I03 I04 E01 S01 F01 F02 Z01 N01 X01 L01"
        )
        assert set(expected.split()) <= {check.id for check in CHECKS}

    def test_identifiers_are_unique_and_those_that_others_need_are_there(self) -> None:
        names = [check.id for check in CHECKS]

        assert sorted(names) == sorted(set(names))
        assert {other for check in CHECKS for other in check.after.split()} <= set(names)

    def test_every_capability_has_a_check(self) -> None:
        assert set(Capability) == {check.needs for check in CHECKS if check.needs}


class TestForms:
    def test_a_sync_executor_is_run_in_threads(self) -> None:
        report = run_plan(
            SyncLocal("python"),
            Plan(only=["D01", "D02", "D03", "R01", "T01", "K01", "K03", "N01", "L01"], deadlines=QUICK),
        )

        assert report.form == "sync"
        assert {"K01", "K03"} == {it.id for it in report.results if it.verdict is Verdict.NOT_APPLICABLE}
        assert {"D01", "D02", "D03", "R01", "T01", "N01", "L01"} == {
            it.id for it in report.results if it.verdict is Verdict.PASS
        }

    def test_a_wrapped_one_is_async_and_skips_cancellation(self) -> None:
        made = verdicts(as_async(SyncLocal("python")), "D01 R01 K01 K03 L01")

        assert {"D01": "pass", "R01": "pass", "K01": "skip", "K03": "pass", "L01": "pass"} == made

    def test_an_undeclared_capability_is_skipped_and_named(self) -> None:
        assert ran(Fake(), "M01")["M01"].detail == "the capability memory is not declared"

    def test_a_language_without_a_program_is_not_applicable(self) -> None:
        result = ran(FakeAsync(described=lambda: info(language="cobol")), "R01")["R01"]

        assert (Verdict.NOT_APPLICABLE, "no program for say") == (result.verdict, result.detail)

    def test_an_unknown_language_is_refused_even_by_an_executor_that_the_kit_cannot_program(self) -> None:
        assert verdicts(Fake(described=lambda: info(language="cobol")), "D03") == {"D03": "fail"}

    def test_a_language_is_refused_where_no_program_can_import_either(self) -> None:
        assert verdicts(Fake(), "D03", lacking=["imports"]) == {"D03": "fail"}


class TestPublicFunction:
    def test_it_runs_the_whole_kit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        planned: list[Plan] = []

        def note(_: object, plan: Plan, *, progress: object) -> None:
            planned.append(plan)
            assert progress is None

        monkeypatch.setattr("codeexec_config.conformance.suite.run_plan", note)
        run_conformance(SyncLocal("python"))
        run_conformance(SyncLocal("python"), languages=["python"], leak_probe=sorted, snippets={"python": {"say": "x"}})

        assert planned[0] == Plan()
        assert planned[1] == Plan(languages=["python"], probe=sorted, snippets={"python": {"say": "x"}})

    def test_an_executor_without_a_language_fails(self) -> None:
        report = run_conformance(Fake(described=lambda: ExecutorInfo(name="none", languages={})))

        assert not report.ok
        assert [("D02", "it describes no language")] == [(it.id, it.detail) for it in report.failures]

    def test_a_language_that_is_not_described_is_the_callers_mistake(self) -> None:
        with pytest.raises(ValueError, match="does not describe perl; its languages are python"):
            run_conformance(Fake(), languages=["python", "perl"])
        with pytest.raises(ValueError, match="its languages are none"):
            run_conformance(Fake(described=lambda: ExecutorInfo(name="none", languages={})), languages=["perl"])

    def test_an_override_is_used_and_shown(self) -> None:
        own = {"python": {"say": "import sys; sys.stdout.write('@TEXT@')"}, "ruby": {"say": "ignored"}}
        report = run_plan(SyncLocal("python"), Plan(only=["R01"], snippets=own))

        assert report.ok
        assert (Override("python", "say", own["python"]["say"]),) == report.overrides

    def test_an_override_that_does_not_do_what_it_must_fails(self) -> None:
        assert verdicts(SyncLocal("python"), "R01", snippets={"python": {"say": "pass"}}) == {"R01": "fail"}


class TestLeakProbe:
    def blind(self, marker: str) -> list[str]:
        del marker
        return []

    def test_a_blind_one_lets_nothing_pass(self) -> None:
        async def act(request: ExecutionRequest) -> ExecutionResult:
            await asyncio.sleep(request.limits.wall_secs)
            return ExecutionResult(status=Status.TIMED_OUT, stdout=b"started")

        executor = FakeAsync(act, lambda: info(Capability.CANCEL, Capability.FAULT_INJECTION))
        deadlines = QUICK._replace(stop_limit=0.1, run_limit=4, late=1)
        made = ran(executor, "T04 T05 K01 K02 X01", probe=self.blind, deadlines=deadlines)

        assert {Verdict.SKIP} == {result.verdict for result in made.values()}
        assert {"the leak probe does not see this executor's programs: pass run_conformance one that does"} == {
            result.detail for result in made.values()
        }

    def test_one_that_raises_fails_the_check_and_stops_nothing(self) -> None:
        def broken(marker: str) -> list[str]:
            raise PermissionError(marker)

        made = ran(SyncLocal("python"), "T04 R01", probe=broken)

        assert made["T04"].detail.startswith("the check broke off: PermissionError at test_suite.py:")
        assert made["R01"].verdict is Verdict.PASS

    def test_a_program_that_can_start_no_child_cannot_show_a_leak(self) -> None:
        own = {"python": {"orphan": "raise OSError('no processes here')"}}
        made = ran(SyncLocal("python"), "T04", snippets=own)["T04"]

        assert made.verdict is Verdict.SKIP
        assert made.detail.startswith("the program could not start a child: failed")

    @pytest.mark.parametrize(
        ("found", "words"),
        [
            (None, "the leak probe returned NoneType, not a collection of lines"),
            ("a container", "the leak probe returned str, not a collection of lines"),
            ([Path("/left")], "left behind: /left"),
        ],
    )
    def test_one_that_returns_something_else_is_told(self, found: object, words: str) -> None:
        probe: Any = lambda _: found  # noqa: E731 -- a probe of another type

        made = ran(SyncLocal("python"), "T04", probe=probe, deadlines=QUICK._replace(settle=0.1))["T04"]

        assert (made.verdict, made.detail) == (Verdict.FAIL, words)

    def test_one_of_the_implementers_is_asked(self) -> None:
        asked: list[str] = []

        def remote(marker: str) -> list[str]:
            asked.append(marker)
            return ["a container"]

        made = ran(SyncLocal("python"), "T04", probe=remote, deadlines=QUICK._replace(settle=0.1))["T04"]

        assert made.detail == "left behind: a container"
        assert len(set(asked)) == 1


class TestStuck:
    BRIEF = Deadlines(
        run_limit=0.2, stop_limit=0.2, late=0.2, abandon=0.1, cancel=0.2, describe=0.3, close=0.2, settle=0.2
    )

    @pytest.fixture(autouse=True)
    def _released(self) -> Iterator[None]:
        """Let what is stuck go on in the end, and wait for its end: later tests may want to fork."""
        yield
        RELEASED.set()
        for thread in threading.enumerate():
            if thread.name.startswith("conformance-"):
                thread.join(30)
        RELEASED.clear()

    @pytest.mark.parametrize("executor", [NeverComesBack, NeverComesBackAndIsDeaf, BlocksTheLoopForever])
    def test_every_check_comes_back(self, executor: Any) -> None:
        made = ran(executor("python"), "R01 R02", deadlines=self.BRIEF)

        assert {Verdict.FAIL} == {result.verdict for result in made.values()}
        assert made["R01"].detail.startswith("the call did not return within ")

    def test_a_description_that_never_comes_is_told(self) -> None:
        made = ran(Fake(described=lambda: RELEASED.wait(3600)), "D01 D02 R01", deadlines=self.BRIEF)

        assert {"D01": "fail"} == {check: result.verdict for check, result in made.items()}
        assert made["D01"].detail == "describe() did not return within 0.3 s"

    def test_a_description_that_ends_the_process_is_told(self) -> None:
        def leave() -> Any:
            raise SystemExit("no back end")

        [shape] = ran(Fake(described=leave), "D01 R01").values()

        assert shape.verdict == "fail"
        assert shape.detail.startswith("describe() raised SystemExit at test_suite.py:")

    def test_a_description_of_another_type_is_told(self) -> None:
        made = ran(Fake(described=lambda: {"languages": ["python"]}), "D02 R01")

        assert {"D02": "fail"} == {check: result.verdict for check, result in made.items()}

    def test_the_process_can_end_all_the_same(self) -> None:
        ran(NeverComesBack("python"), "R01", deadlines=self.BRIEF)
        left = [thread for thread in threading.enumerate() if thread.name.startswith("conformance-")]

        assert left
        assert all(thread.daemon for thread in left)

    def test_a_call_that_is_cancelled_beside_its_thread_says_nothing(self) -> None:
        begun, ended = threading.Event(), threading.Event()

        def work() -> None:
            begun.set()
            RELEASED.wait(30)
            ended.set()

        # pytest makes an error of what a thread raises.
        loop = EventLoop()
        call = loop.call(lambda: asyncio.to_thread(work))
        begun.wait(30)
        call.cancel()
        assert call.wait(30)
        RELEASED.set()
        assert ended.wait(30)
        for thread in threading.enumerate():
            if thread.name == "conformance-worker":
                thread.join(30)
        loop.close()

        assert isinstance(call.error, asyncio.CancelledError)


class TestWords:
    """What a failure says: enough to find it, and nothing of a key or of the request."""

    SECRET = "https://user:sk-canary@host"

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (OSError(SECRET), ": https://***@host"),
            (ExecutorUnavailable(SECRET), ": the executor is not available (https://***@host)"),
            (SystemExit("no api_key=sk-canary here"), ": no api_key=*** here"),
            (OSError("authorization: Bearer sk-canary, more"), ": authorization: *** more"),
            (OSError({"Authorization": "Basic sk-canary"}), ": {'Authorization': ***"),
            (OSError("token sk-canary is spent"), ": token *** is spent"),
        ],
    )
    @pytest.mark.parametrize("form", [Fake, FakeAsync])
    def test_an_exception_is_told_by_its_type_its_place_and_its_own_words(
        self, error: BaseException, words: str, form: Any
    ) -> None:
        def act(_: object) -> Any:
            raise error

        detail = ran(form(act), "R01")["R01"].detail

        assert detail.startswith(f"raised {type(error).__name__} at test_suite.py:")
        assert detail.endswith(words)
        assert "sk-canary" not in detail

    @pytest.mark.parametrize("part", ["a-", "key", "key ", "-key:", "//a", " "])
    def test_a_long_text_is_told_in_no_time(self, part: str) -> None:
        """An author may put all that a program printed into an exception."""

        def act(_: object) -> Any:
            raise ExecutorUnavailable(f"key{part * 50_000}")

        detail = ran(Fake(act), "R01")["R01"].detail

        assert len(detail) < 400

    def test_an_exception_whose_words_cannot_be_had_is_told_by_its_type(self) -> None:
        class Mute(Exception):  # noqa: N818 -- its name is in the words
            def __str__(self) -> str:
                raise TypeError

        def act(_: object) -> Any:
            raise Mute

        detail = ran(Fake(act), "R01")["R01"].detail

        assert detail.startswith("raised Mute at test_suite.py:")
        assert detail.endswith(": without text, since its str() raises")

    def test_a_result_is_told_by_its_facts(self) -> None:
        killed = ExecutionResult(status=Status.KILLED, exit_code=137, signal=9, stdout=b"o", stderr=b"e" * 500)

        detail = ran(Fake(lambda _: killed), "R01")["R01"].detail

        assert detail == f"expected completed, got killed, exit code 137, signal 9, stdout b'o', stderr {b'e' * 120!r}"

    @pytest.mark.parametrize("secret", ["sk-canary-1234", "sk-'canary\\n\"é\n-1234", "sk-canary-1234" * 20])
    @pytest.mark.parametrize("stream", ["stdout", "stderr"])
    @pytest.mark.parametrize("dots", [0, 110, 117])
    def test_a_result_is_told_without_secrets_of_the_host_and_none_is_cut(
        self, dots: int, stream: str, secret: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CE_API_KEY", secret)
        monkeypatch.setenv("CE_OTHER_KEY", secret[:9])
        output: dict[str, Any] = {stream: b"." * dots + secret.encode()}
        executor = Fake(lambda _: ExecutionResult(status=Status.FAILED, **output))

        detail = ran(executor, "R01")["R01"].detail

        assert detail == f"expected completed, got failed, {stream} b'{'.' * dots}***'"

    def test_what_is_left_behind_is_told_without_secrets_of_the_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CE_API_KEY", "sk-canary-1234")
        executor = Fake(lambda _: ExecutionResult(status=Status.TIMED_OUT, stdout=b"started"))

        result = ran(executor, "T04", probe=lambda marker: [f"-e X=sk-canary-1234 {marker}"])["T04"]

        assert result.detail.startswith("left behind: -e X=*** kit")

    def test_an_error_told_by_the_interpreter_counts_as_text(self) -> None:
        def act(request: ExecutionRequest) -> ExecutionResult:
            return ExecutionResult(status=Status.FAILED, error=ErrorInfo(type="ValueError", message=request.code))

        assert verdicts(Fake(act), "R04") == {"R04": "pass"}

    def test_a_source_that_is_too_large_may_be_refused(self) -> None:
        def act(_: object) -> Any:
            raise RequestTooLarge

        assert verdicts(Fake(act), "R09") == {"R09": "pass"}


class TestSmallParts:
    def test_a_text_only_executor_gets_text_on_standard_input(self) -> None:
        def act(request: ExecutionRequest) -> ExecutionResult:
            request.stdin.decode()
            return ExecutionResult(status=Status.COMPLETED, stdout=request.stdin)

        assert verdicts(Fake(act, lambda: info(Capability.STDIN)), "S01") == {"S01": "pass"}

    def test_the_host_is_reached_at_its_own_addresses(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        table = tmp_path / "fib_trie"
        table.write_text("  |-- 10.1.2.3\n     /32 host LOCAL\n  |-- 10.1.2.255\n     /32 link BROADCAST\n")
        monkeypatch.setattr(isolating, "_ROUTES", table)

        def nameless(*_: object) -> list[Any]:
            raise OSError

        monkeypatch.setattr("socket.getaddrinfo", nameless)

        assert isolating.own_addresses() == ["127.0.0.1", "10.1.2.3"]

    def test_a_system_without_that_table_has_names(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(isolating, "_ROUTES", tmp_path / "missing")
        monkeypatch.setattr("socket.getaddrinfo", lambda *_: [(0, 0, 0, "", ("10.9.8.7", 0))])

        assert isolating.own_addresses() == ["127.0.0.1", "10.9.8.7"]

    def test_a_system_without_process_sizes_measures_no_growth(self, tmp_path: Path) -> None:
        assert watching._resident_bytes() > 0
        assert watching._resident_bytes(tmp_path) == 0
        assert watching.held(tmp_path).keys() == {"threads"}

    def test_what_the_kit_notes_of_full_folders_is_no_growth(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes = [0]

        def entries(_: int) -> list[Path]:
            sizes.append(1 << 30)
            return []

        monkeypatch.setattr(watching, "_temporary_entries", entries)
        monkeypatch.setattr(watching, "_resident_bytes", lambda: sizes[-1])
        with watching.Growth() as growth:
            pass

        assert growth.memory == 0

    def test_control_groups_are_looked_at_to_some_depth(self, tmp_path: Path) -> None:
        (tmp_path / "one/two/three").mkdir(parents=True)
        (tmp_path / "file").touch()

        assert list(watching._entries_below(tmp_path, 2, only_folders=True)) == [tmp_path / "one", tmp_path / "one/two"]
        assert sorted(watching._entries_below(tmp_path, 1)) == [tmp_path / "file", tmp_path / "one"]
        assert list(watching._entries_below(tmp_path / "missing", 2)) == []

    def test_a_file_a_folder_and_what_is_gone_have_a_size(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(bytes(range(1, 256)) * 400)

        assert watching._size(file) >= 100_000
        assert watching._size(tmp_path) >= watching._size(file)
        assert watching._size(tmp_path / "missing") == 0

    def test_a_working_folder_that_was_removed_is_no_place(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        assert str(tmp_path / "gone") in isolating.places()

        (tmp_path / "gone").rmdir()
        assert str(tmp_path / "gone") not in isolating.places()

    def test_a_suite_can_be_closed_twice(self) -> None:
        suite = Suite(FakeAsync(), Plan(only=["R01"]))
        for case in suite.cases():
            suite.judge(case)
        suite.close()
        suite.close()

    def test_cases_are_named_by_check_and_language(self) -> None:
        suite = Suite(Fake(), Plan(only=["D01", "R01"]))

        assert [str(case) for case in suite.cases()] == ["D01", "R01-python"]

    def test_a_language_asked_for_twice_is_run_once(self) -> None:
        report: ConformanceReport = run_plan(Fake(), Plan(languages=["python", "python"], only=["R01"]))

        assert len(report.results) == 1

    def test_an_escaping_file_that_could_be_asked_for_would_fail(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def act(request: ExecutionRequest) -> ExecutionResult:
            if "data/in.txt" not in request.files:
                raise RequestError("no")
            return ExecutionResult(status=Status.COMPLETED, stdout=request.files["data/in.txt"])

        executor = Fake(act, lambda: info(Capability.FILES))
        assert verdicts(executor, "F01") == {"F01": "pass"}

        monkeypatch.setattr("codeexec_config.executor.require.is_inside", lambda _: True)
        assert verdicts(executor, "F01") == {"F01": "fail"}
