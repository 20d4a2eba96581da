"""The kit's programs do what their purposes say, in every language that this machine has.

An honest executor passes all checks in each, so no program is wrong; a careless one fails all that need a program to
show a defect, so no program is empty. (One public kit's check on children has always passed, because of a `#` in its
shell line.)
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from codeexec_config.conformance import SNIPPETS
from codeexec_config.conformance.kit import Kit
from codeexec_config.conformance.snippets.features import FEATURES, uses
from codeexec_config.conformance.suite import Plan, run_plan
from tests.conformance.defects import (
    AnswersLate,
    CollectsNothingInASession,
    CollectsOfSuccesses,
    ComputesOn,
    DropsFilesInASession,
    DropsVariablesInASession,
    ForgetsTheInterpreter,
    HasOneSession,
    SharesOneFolder,
    ShowsAKnownFolder,
    ShowsTheCurrentFolder,
    StartsAgainAfterATimeout,
    StopsNothingCancelled,
    TellsItsArguments,
    WaitsForTheDead,
    WritesADotenv,
)
from tests.conformance.judging import ALL, BOASTS, PATIENT, QUICK, SMALL
from tests.conformance.local import Jailed, Local, can_jail, can_unshare, installed
from tests.conformance.shapes import GENEROUS_SECS, Boaster, RefusesMore

Reports = dict[str, dict[str, Any]]
SLOW_TO_SHOW = {"O07"}  # a busy machine may let too little of a flood through; its own control shows it in python
SESSIONS = (
    *(HasOneSession, AnswersLate, ComputesOn, ForgetsTheInterpreter, WaitsForTheDead),
    *(SharesOneFolder, StopsNothingCancelled, StartsAgainAfterATimeout),
    *(DropsVariablesInASession, DropsFilesInASession, CollectsNothingInASession),
)
BROKEN_IN = {
    **dict.fromkeys((*SESSIONS, ShowsTheCurrentFolder), ("javascript", "bash", "ruby")),
    **dict.fromkeys(
        (ShowsAKnownFolder, WritesADotenv, TellsItsArguments, CollectsOfSuccesses), ("javascript", "bash", "ruby", "r")
    ),
}
"""Defects that are shown in python, with other languages that show them."""
KEPT_BY_THE_LANGUAGE = {
    "Reckless/javascript": {"R14"},  # node resets all signals
    "Reckless/r": {"I07"},  # its sockets know IPv4 alone
}


def jobs(name: str, *languages: str) -> list[Any]:
    return [
        pytest.param(f"{name}/{language}", marks=marks(language), id=f"{name}-{language}")
        for language in languages or SNIPPETS
    ]


def thorough(*values: str) -> Any:
    return pytest.param(*values, marks=pytest.mark.thorough)


def marks(language: str) -> list[pytest.MarkDecorator]:
    missing = pytest.mark.skipif(language not in installed(), reason=f"{language} is not installed")
    return [missing] if language == "python" else [missing, pytest.mark.thorough]


def unexplained(report: dict[str, Any]) -> list[str]:
    """Return what was skipped for another reason than an undeclared capability."""
    skipped = [it for it in report["results"] if it["verdict"] == "skip"]
    return [f"{it['id']}: {it['detail']}" for it in skipped if "not declared" not in it["detail"]]


@pytest.mark.parametrize("job", jobs("Local"))
def test_an_honest_executor_passes(job: str, reports: Reports) -> None:
    assert reports[job]["ok"], reports[job]["rendered"]
    assert unexplained(reports[job]) == []


@pytest.mark.skipif(not can_jail(), reason="this machine has no bubblewrap that works")
@pytest.mark.thorough
@pytest.mark.parametrize("job", ["Jailed/python", "Jailed/bash"])
def test_an_honest_sandbox_passes(job: str, reports: Reports) -> None:
    assert reports[job]["ok"], reports[job]["rendered"]
    assert unexplained(reports[job]) == []


@pytest.mark.parametrize(
    "job",
    [
        "OneAtATime/python",
        "Guarded/python",
        "Streaming/python",
        *map(thorough, ["Sessions/python", "SlowStarter/python"]),
    ],
)
def test_an_honest_executor_of_another_shape_passes(job: str, reports: Reports) -> None:
    assert reports[job]["ok"], reports[job]["rendered"]
    assert unexplained(reports[job]) == []


def test_the_guard_of_an_honest_executor_is_no_less_patient_than_the_kit() -> None:
    assert GENEROUS_SECS >= PATIENT.late


@pytest.mark.parametrize(
    ("job", "not_applicable"),
    [
        ("Local/python", "T10 T11 M05 H02 V01 V02 V03 V04"),
        thorough("Sessions/python", "R12 T10 T11 M05 H02 V01 V02 V03 V04"),
        thorough("SlowStarter/python", "T11"),
        ("OneAtATime/python", "I17 N02 P02"),
        ("Guarded/python", ""),
    ],
)
def test_what_has_a_program_is_judged(job: str, not_applicable: str, reports: Reports) -> None:
    seen = {it["id"] for it in reports[job]["results"] if it["verdict"] == "n/a"}

    assert set(not_applicable.split()) == seen, reports[job]["rendered"]


@pytest.mark.thorough
@pytest.mark.parametrize("job", ["Boaster/python"])
def test_promises_of_isolation_are_not_kept_by_a_plain_process(job: str, reports: Reports) -> None:
    kept = {"I03", "I11", "I14"} | ({"I10"} if os.geteuid() else set())
    failed = {it["id"] for it in reports[job]["results"] if it["verdict"] == "fail"}

    assert set(BOASTS.split()) - kept == failed, reports[job]["rendered"]


@pytest.mark.thorough
@pytest.mark.parametrize("job", ["Writer/python"])
def test_files_of_the_host_are_written_by_a_plain_process(job: str, reports: Reports) -> None:
    assert not reports[job]["ok"], reports[job]["rendered"]


@pytest.mark.parametrize("job", ["Restricted/python"])
def test_a_restricted_interpreter_is_not_accused_of_what_it_refuses(job: str, reports: Reports) -> None:
    report = reports[job]

    assert report["ok"], report["rendered"]
    applicable = {it["id"] for it in report["results"] if it["verdict"] == "pass"}
    assert {"R01", "R03", "R04", "T01", "T06"} <= applicable, report["rendered"]


@pytest.mark.thorough
@pytest.mark.parametrize("job", [*jobs("Careless"), *jobs("Reckless", "javascript", "bash", "ruby", "r")])
def test_a_careless_executor_fails(job: str, reports: Reports) -> None:
    applicable = {it["id"]: it for it in reports[job]["results"] if it["verdict"] != "n/a"}
    unseen = {check for check, it in applicable.items() if it["detail"].startswith("cannot tell before")}

    kept = KEPT_BY_THE_LANGUAGE.get(job, set())

    failed = {check for check, it in applicable.items() if it["verdict"] == "fail"}

    assert applicable, reports[job]["rendered"]
    assert set(applicable) - unseen - kept - SLOW_TO_SHOW <= failed <= set(applicable) - unseen - kept


@pytest.mark.parametrize("language", ["javascript", "bash", "ruby", "r", "julia", "sql"])
def test_other_languages_have_programs_for_known_purposes(language: str) -> None:
    assert set(SNIPPETS[language]) < set(SNIPPETS["python"])


@pytest.mark.parametrize("language", ["javascript", "bash", "ruby"])
def test_a_language_with_processes_has_a_program_for_every_limit(language: str) -> None:
    assert {"orphan", "outliving", "touch", "child_touch", "forks", "deaf", "connect", "kill_itself"} <= set(
        SNIPPETS[language]
    )


@pytest.mark.parametrize("job", jobs("OtherSessions", "javascript", "bash", "ruby"))
def test_an_honest_executor_with_sessions_in_another_language_passes(job: str, reports: Reports) -> None:
    unseen = {"Z09"} if job.endswith("javascript") else set()  # whose answer comes later than the session's

    assert unseen == {it["id"] for it in reports[job]["results"] if it["verdict"] != "pass"}, reports[job]["rendered"]


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(
            *job.values,
            marks=[*job.marks, pytest.mark.skipif(bool(control.missing()), reason=control.missing())],
            id=job.id,
        )
        for name, control in ALL.items()
        if control.make in BROKEN_IN
        for job in jobs(name, *BROKEN_IN[control.make])
    ],
)
def test_a_broken_executor_fails_the_same_checks_in_another_language(job: str, reports: Reports) -> None:
    expected = ALL[job.rpartition("/")[0]].expected()

    assert expected == {it["id"]: it["verdict"] for it in reports[job]["results"]}, reports[job]["rendered"]


@pytest.mark.parametrize(
    ("check", "lacks", "make", "verdict"),
    [
        ("F01", "show_files", Local, "pass"),
        ("F02", "artifacts", Local, "pass"),
        ("F02", "write", Local, "pass"),
        ("O02", "controls", Local, "pass"),
        ("O05", "both_full", Local, "pass"),
        ("T03", "graceful", Local, "pass"),
        ("F05", "artifacts", Local, "pass"),
        ("I01", "connect_child", Boaster, "pass" if can_unshare() else "fail"),
        ("I02", "search", Boaster, "fail"),
        pytest.param("I02", "search", Jailed, "pass", marks=pytest.mark.skipif(not can_jail(), reason="no bubblewrap")),
        ("I03", "find_variables", Boaster, "pass"),
    ],
)
def test_a_language_that_lacks_a_program_is_judged_by_the_rest(
    check: str, lacks: str, make: type[Local], verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    has = Kit.has
    monkeypatch.setattr(Kit, "has", lambda self, purpose: purpose != lacks and has(self, purpose))

    [result] = run_plan(make("python"), Plan(only=[check], sizes=SMALL, deadlines=QUICK)).results

    assert result.verdict == verdict, result.detail


@pytest.mark.parametrize("check", ["O10", "O18", "P01"])
def test_limits_beyond_the_usual_ones_may_be_refused(check: str) -> None:
    [result] = run_plan(RefusesMore("python"), Plan(only=[check], sizes=SMALL, deadlines=QUICK)).results

    assert result.verdict == "skip", result.detail
    assert "limits other than the usual ones are refused" in result.detail


@pytest.mark.parametrize("language", ["python", "javascript", "ruby"])
def test_a_language_whose_features_may_be_lacking_has_programs_that_use_them(language: str) -> None:
    assert [feature for feature in FEATURES if uses(language, feature, SNIPPETS[language][feature])] == list(FEATURES)


def test_the_table_of_purposes_is_the_documented_one() -> None:
    from codeexec_config.conformance import snippets

    rows = [line.split("|")[1] for line in (snippets.__doc__ or "").splitlines() if line.startswith("| `")]
    documented = {purpose for row in rows for purpose in row.replace("`", "").replace(",", " ").split()}

    assert set(SNIPPETS["python"]) == documented
