"""What a report says, as data and as a table."""

from __future__ import annotations

import json

import attrs

from codeexec_config.conformance import CheckResult, ConformanceReport, Deadlines, Override, Sizes, Verdict


def result(check: str, verdict: Verdict, language: str | None = "python", detail: str = "") -> CheckResult:
    return CheckResult(
        id=check, title=f"title of {check}", language=language, capability="core", verdict=verdict, detail=detail
    )


REPORT = ConformanceReport(
    executor="mine",
    form="async",
    startup_secs=0.5,
    results=(
        result("D01", Verdict.PASS, None),
        result("R01", Verdict.FAIL, "python", "it said no"),
        result("R01", Verdict.FAIL, "javascript", "it said no"),
        result("R02", Verdict.SKIP, "python", "not declared"),
        result("R02", Verdict.NOT_APPLICABLE, "javascript", "no program"),
    ),
    deadlines=Deadlines(),
    sizes=Sizes(),
    overrides=(Override("python", "say", "print(1)\nprint(2)"),),
)
EMPTY = ConformanceReport(
    executor="mine", form="sync", startup_secs=0, results=(), deadlines=Deadlines(), sizes=Sizes()
)

TABLE = """\
mine (async, start-up 0.5 s)

id   check         for   all   python  javascript
D01  title of D01  core  pass
R01  title of R01  core        fail    fail
R02  title of R02  core        skip    n/a

failed:
  R01 python, javascript: it said no

skipped:
  R02 python: not declared

own program for say in python:
  print(1)
  print(2)

deadlines in seconds: describe 1, run_limit 10, stop_limit 2, late 5, latency_limit 30, latency 10, once 3, \
settle 5, cancel 10, stall 0.2, close 10, abandon 1
"""


def test_the_table_shows_each_verdict_and_says_the_rest_in_sentences() -> None:
    assert REPORT.render().startswith(TABLE)
    assert REPORT.render().endswith("\n1 pass, 2 fail, 1 skip, 1 n/a\n")


def test_tracebacks_are_printed_when_they_are_asked_for_each_of_them_once() -> None:
    raised = [
        attrs.evolve(result("R01", Verdict.FAIL, language), traceback="Traceback:\n  line 1")
        for language in ("python", "javascript", None)
    ]
    report = attrs.evolve(REPORT, results=(*raised, *REPORT.results))

    assert "Traceback" not in report.render()
    assert "\n\nraised in R01 python, R01 javascript, R01 all:\n  Traceback:\n    line 1\n\n" in report.render(
        tracebacks=True
    )
    assert REPORT.render() == REPORT.render(tracebacks=True)


def test_no_line_of_the_table_ends_in_blanks() -> None:
    assert [line for line in REPORT.render().splitlines() if line != line.rstrip()] == []


def test_it_is_ok_unless_a_check_failed() -> None:
    assert not REPORT.ok
    assert [("R01", "python"), ("R01", "javascript")] == [(it.id, it.language) for it in REPORT.failures]
    assert EMPTY.ok


def test_an_empty_report_can_be_read_too() -> None:
    assert EMPTY.render().endswith("\n0 pass, 0 fail, 0 skip, 0 n/a\n")


def test_it_is_json() -> None:
    made = json.loads(json.dumps(REPORT.as_dict()))

    assert {"pass": 1, "fail": 2, "skip": 1, "n/a": 1} == made["summary"]
    assert ("mine", "async", 0.5, False, 1) == tuple(
        made[name] for name in ("executor", "form", "startup_secs", "ok", "version")
    )
    assert {
        "id": "R01",
        "title": "title of R01",
        "language": "python",
        "capability": "core",
        "verdict": "fail",
        "detail": "it said no",
        "secs": 0.0,
        "action": "",
        "traceback": "",
    } == made["results"][1]
    assert made["results"][0]["language"] is None
    assert made["overrides"] == [{"language": "python", "purpose": "say", "code": "print(1)\nprint(2)"}]


def test_the_numbers_that_verdicts_depend_on_stand_in_it() -> None:
    made = REPORT.as_dict()

    assert made["deadlines"]["describe"] == 1
    assert made["deadlines"]["late"] == 5
    assert made["deadlines"]["latency"] == 10
    assert made["sizes"]["output_limit"] == 64 * 1024
    assert made["sizes"]["memory_limit"] == 128 * 1024 * 1024
