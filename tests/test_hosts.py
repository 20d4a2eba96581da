"""Hosts under load: threads, event loops, forks, sub-interpreters and interpreter options change no answer."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from codeexec_config import External, check_file, load
from tests.counts import THOROUGH, tries
from tests.test_findings import CASES

if TYPE_CHECKING:
    from pathlib import Path

THREADS = 8
LOADS = tries(10_000, full=10_000)
TEXT = """\
[features.code_execution]
enabled = "${E:-true}"
timeout_secs = "${T}"
allowed_languages = ["${L}"]
[features.code_execution.mode.external]
url = "https://${H}/run"
api_key = "${K}"
"""
LANGUAGES = ("python", "ruby", "go", "sql")


def env_of(number: int) -> dict[str, str]:
    language = LANGUAGES[number % len(LANGUAGES)]
    return {"T": str(1 + number % 86_400), "L": language, "H": f"h{number}.example.com", "K": f"key-{number}"}


def answer(path: Path, number: int) -> tuple[Any, ...]:
    """Load the file with a separate environment, and return the outcome."""
    config = load(path, env=env_of(number))
    assert isinstance(config.mode, External)
    assert config.mode.api_key is not None
    return config.timeout_secs, config.allowed_languages, config.mode.url, config.mode.api_key.reveal()


def expected(number: int) -> tuple[Any, ...]:
    env = env_of(number)
    return int(env["T"]), (env["L"],), f"https://{env['H']}/run", env["K"]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    path = tmp_path / "app.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_threads_with_different_environments_get_each_its_own_answer(app: Path) -> None:
    start = threading.Barrier(THREADS)

    def run(thread: int) -> list[int]:
        start.wait()
        return [n for n in range(thread, LOADS, THREADS) if answer(app, n) != expected(n)]

    with ThreadPoolExecutor(THREADS) as pool:
        assert [[]] * THREADS == list(pool.map(run, range(THREADS)))


def test_threads_find_in_broken_files_what_one_finds(tmp_path: Path) -> None:
    """What is imported on the first finding only is imported by all of them at once."""
    program = """
import json, sys, threading
from concurrent.futures import ThreadPoolExecutor
from codeexec_config import check_file
start = threading.Barrier(8)
def run(paths):
    start.wait()
    return [str(check_file(path, env={})) for path in paths]
with ThreadPoolExecutor(8) as pool:
    results = list(pool.map(run, [sys.argv[1:][n:] + sys.argv[1:][:n] for n in range(8)]))
print(json.dumps([sorted(result) for result in results]))
"""
    paths = list(map(str, CASES[:40]))
    one = sorted(str(check_file(path, env={})) for path in paths)

    assert [one] * THREADS == json.loads(run_python("-c", program, *paths))


def test_a_load_inside_an_event_loop_is_a_load(app: Path) -> None:
    async def run() -> list[tuple[Any, ...]]:
        here = [answer(app, 0)]
        return here + await asyncio.gather(*(asyncio.to_thread(answer, app, n) for n in range(1, 50)))

    assert [expected(n) for n in range(50)] == asyncio.run(run())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
@pytest.mark.parametrize("before", ["nothing", "a load", "findings"])
def test_a_forked_child_loads_as_its_parent_does(app: Path, before: str) -> None:
    if before == "a load":
        assert expected(0) == answer(app, 0)
    elif before == "findings":
        assert not check_file(CASES[0], env={}).ok
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert [expected(n) for n in range(20)] == pool.starmap(answer, [(app, n) for n in range(20)])


# -- other interpreters ------------------------------------------------------------------------------------------------

TELL = """
import json, sys
from codeexec_config import check_file, load, json_schema, to_toml
from codeexec_config.cli import main
env = {"T": "5", "L": "go", "H": "h.example.com", "K": "k"}
config = load(sys.argv[1], env=env)
told = [repr(config), to_toml(config), sorted(map(str, [json_schema()]))]
for path in sys.argv[2:]:
    report = check_file(path, env={})
    told.append([str(report), repr(report.diagnostics), report.env_reads])
main(["explain"])
main(["init"])
print(json.dumps(told))
"""


def run_python(*arguments: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        check=False,
        timeout=300,
        env={**os.environ, **env},
        encoding="utf-8",
    )
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def test_options_of_the_interpreter_change_no_answer(app: Path) -> None:
    arguments = ("-c", TELL, str(app), *map(str, CASES))
    plain = run_python(*arguments, PYTHONHASHSEED="0")

    assert len(plain) > 10_000
    for options in (("-OO",), ("-bb",), ("-O",), ("-W", "error"), ("-X", "dev"), ("-I",))[: None if THOROUGH else 2]:
        assert plain == run_python(*options, *arguments), options
    for seed in ("4294967295", "1", "2")[: None if THOROUGH else 1]:
        assert plain == run_python(*arguments, PYTHONHASHSEED=seed), seed


MAKE_TWO = """
import sys
try:
    import _interpreters as interpreters
    made = [interpreters.create() for _ in range(2)]
    def run(one, code):
        failed = interpreters.exec(one, code)
        assert failed is None, failed
except ImportError:
    import _xxsubinterpreters as interpreters
    made = [interpreters.create() for _ in range(2)]
    run = interpreters.run_string
"""
RUN_IN_BOTH = """
for one in made:
    run(one, code)
    run(one, code)
exec(code)
for one in made:
    interpreters.destroy(one)
print("the same")
"""
LOAD = """
code = f'''
import sys
sys.path[:0] = {sys.path!r}
from codeexec_config import load, check_file
config = load({sys.argv[1]!r}, env={{"T": "5", "L": "go", "H": "h.example.com", "K": "k"}})
assert config.timeout_secs == 5 and config.mode.api_key.reveal() == "k"
assert not check_file({sys.argv[2]!r}, env={{}}).ok
'''
"""


def test_a_sub_interpreter_loads_as_the_main_one_does(app: Path) -> None:
    bare = f"{MAKE_TWO}code = 'import datetime'{RUN_IN_BOTH}"
    if subprocess.run([sys.executable, "-c", bare], check=False, capture_output=True).returncode < 0:
        pytest.skip("this Python crashes when two sub-interpreters import datetime, as 3.13.0 does")

    assert "the same\n" == run_python("-c", f"{MAKE_TWO}{LOAD}{RUN_IN_BOTH}", str(app), str(CASES[0]))


# -- files that change -------------------------------------------------------------------------------------------------


def test_a_file_that_is_replaced_while_it_is_read_is_the_old_or_the_new(tmp_path: Path) -> None:
    """The versions differ from end to end, and are longer than one read."""
    path = tmp_path / "app.toml"
    texts = [f"[features.code_execution]\ntimeout_secs = {n}\n{f'# {n}' * 40_000}\n[x]\ny = {n}\n" for n in (11, 22)]
    path.write_text(texts[0], encoding="utf-8")
    is_over = threading.Event()

    def replace() -> int:
        count = 0
        while not is_over.is_set():
            beside = tmp_path / "new"
            beside.write_text(texts[count % 2], encoding="utf-8")
            beside.replace(path)
            count += 1
        return count

    with ThreadPoolExecutor(1) as pool:
        replaced = pool.submit(replace)
        try:
            seen = {load(path, env={}).timeout_secs for _ in range(tries(60, full=500))}
        finally:
            is_over.set()
        assert replaced.result() > 1
    assert seen <= {11, 22}
