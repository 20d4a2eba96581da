"""Counts of what one check does, which, unlike its speed, do not depend on the machine."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config import CodeExecutionConfig, Policy, check_text, load
from tests.benchmarks import files
from tests.counts import tries

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

PACKAGE = str(Path(sys.modules[CodeExecutionConfig.__module__].__file__ or "").parent)


class Mapping(dict[str, str]):
    """An environment that counts its look-ups."""

    asked = 0

    def __getitem__(self, name: str) -> str:
        self.asked += 1
        return super().__getitem__(name)


def calls(act: Callable[[], object]) -> Counter[str]:
    """Count what is called, Python's functions by file and name and C's by name, once everything is imported."""
    act()
    found: Counter[str] = Counter()

    def count(frame: FrameType, event: str, what: Any) -> None:
        if event == "call":
            code = frame.f_code
            found[f"{code.co_filename}:{code.co_name}"] += 1
        elif event == "c_call":
            found[getattr(what, "__qualname__", "")] += 1

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return found


def times(found: Counter[str], name: str) -> int:
    return sum(number for called, number in found.items() if called.endswith(name))


def own_calls(text: str, env: dict[str, str]) -> int:
    """Count the calls of the package's own functions that a check of a text takes."""
    check_text(text, env=env)
    found = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal found
        found += event == "call" and frame.f_code.co_filename.startswith(PACKAGE)

    sys.setprofile(count)
    try:
        check_text(text, env=env)
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize("size", [0, 2_000, 20_000])
def test_a_load_does_each_thing_once(tmp_path: Path, size: int) -> None:
    """One read, one parse, one look-up, one structuring of each class, and one judgement of each value."""
    path = tmp_path / "app.toml"
    path.write_text(files.host(size), "utf-8")
    env = Mapping(CODE_EXEC_API_KEY="key")

    found = calls(lambda: load(path, env=env))

    once = {
        "_parser.py:loads": 1,
        "parse.py:read": 1,
        "open": 1,
        "environment.py:fetch": 1,
        "quick.py:structured": 1,
        "resolve.py:resolve": 0,
        ":structure_CodeExecutionConfig": 1,
        ":structure_External": 1,
        "alone.py:plain_host": 1,
        "urls.py:accepted": 0,
        "urls.py:parse": 0,
        "alone.py:_is_header": 1,
        "alone.py:_integer": 0,
        "alone.py:_language": 0,
        "across.py:judge": 0,
        "judging.py:findings": 0,
    }
    assert once == {name: times(found, name) for name in once}
    assert env.asked == 1 + 1


@pytest.mark.parametrize("section", [files.EXTERNAL, files.EXTERNAL.replace("timeout_secs", "timeout_sec")])
def test_a_check_takes_no_more_steps_for_the_tables_of_others(section: str) -> None:
    """Neither a valid section nor the place of a mistake costs more in a larger host file."""
    env = {"CODE_EXEC_API_KEY": "key"}
    small, large = (own_calls(files.tables(count, section), env) for count in (50, 1_500))

    assert large <= small + 10


GROWING: dict[str, Callable[[int], str]] = {
    "mistakes in an array": lambda count: files.mistakes(count, count),
    "mistakes behind what is right": lambda count: files.mistakes(count // 2, count),
    "unknown languages": files.million_languages,
    "references": files.million_references,
    "keys of others": files.million_keys,
    "unknown keys": lambda count: "[features.code_execution]\n" + "".join(f"x{n} = {n}\n" for n in range(count)),
    "tables of others": lambda count: files.tables(count, "[features.code_execution]\ntimeout_secs = 0\n"),
    "misplaced tables": lambda count: "".join(
        f"[a{n}.features.code_execution]\nenabled = true\n" for n in range(count)
    ),
}


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_work_grows_with_the_file_and_no_faster(make: Callable[[int], str]) -> None:
    """Twice the file, twice the calls at most; a thorough run goes beyond the thousand findings that a list ends at."""
    few = tries(1_100)

    once, twice = (own_calls(make(count), {"CE_LANG": "python"}) for count in (few, 2 * few))

    assert twice <= 2.1 * once


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("most", "make", "env"),
    [
        (0, files.million_languages, {}),
        (0, lambda count: files.million_languages(count).replace("mode", "#"), {}),
        (15, files.million_references, {"CE_LANG": "python"}),
        (15, files.million_references, {}),
    ],
    ids=["unknown", "unsupported", "references that are set", "references that are not set"],
)
def test_entries_beyond_those_listed_cost_next_to_nothing(
    most: int, make: Callable[[int], str], env: dict[str, str]
) -> None:
    """A list may have a million entries, and a report has a thousand findings: no record is made of each entry."""
    fewer, more = (own_calls(make(count), env) for count in (2_000, 3_000))

    assert more - fewer <= most * 1_000


def test_an_array_of_many_entries_is_kept_where_it_is_asked_for() -> None:
    """Entries beyond the first thousand are placed as usual, and what is around them is masked."""
    names = ['"python"', '"a b"', "'secret-looking'", '"python"'] + ['"ruby"'] * 10
    listed = ["'bash'"] * 1_200 + names
    text = f"[features.code_execution]\nmode.sandboxed.runtime = 'docker'\nallowed_languages = [{', '.join(listed)}]\n"

    report = check_text(text, policy=Policy(languages=["bash", "ruby", "python", "secret-looking"]))

    [finding] = report.errors
    assert finding.code == "invalid-language"
    assert finding.span is not None
    assert text[finding.span.start.offset : finding.span.end.offset] == '"a b"'
    assert finding.excerpt is not None
    assert '"a b"' in finding.excerpt
    assert "secret-looking" not in finding.excerpt


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system pins no process")
def test_the_benchmarks_leave_the_process_where_it_was() -> None:
    from tests.benchmarks.measuring import pinned

    before = os.sched_getaffinity(0)
    with pinned():
        assert len(os.sched_getaffinity(0)) == 1
    assert before == os.sched_getaffinity(0)


@pytest.mark.parametrize(
    "entry", ['"python"', '"${CE_LANG}"', '"https://example.com"', "123456789", "'" + "x" * 4_000 + "'"]
)
def test_a_long_line_is_parsed_at_once(entry: str) -> None:
    """Only a line with an overlong number or key in it needs to be looked at before the parser sees it."""
    text = (
        f"[elsewhere]\nvalues = [{', '.join([entry] * (79 if '.' in entry else 1_500))}]\n[features.code_execution]\n"
    )

    assert times(calls(lambda: check_text(text, env={})), "refusal.py:read_refused") == 0


@pytest.mark.parametrize(
    "value", ["1" * 4_301, f"[{'0, ' * 1_500}{'1' * 4_301}]", f"0x{'f' * 4_301}", "1_" * 4_000 + "1" * 400]
)
def test_an_overlong_integer_is_found_in_a_long_line(value: str) -> None:
    [finding] = check_text(f"x = {value}\n").diagnostics

    assert finding.code == "invalid-toml"
