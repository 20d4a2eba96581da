"""Try a module's mutants on the tests that run its lines.

The tests are collected once. Each mutant is tried in a child process, where the code of its function is replaced and
the tests that reach its lines run until one fails: first those that have noticed another mutant of the function, the
quick ones first. Code that runs when the module is imported is tried by a new interpreter, which reads the mutant in
the place of the module.
"""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.mutation.mutants import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType, FrameType, FunctionType

ROOT: Final = Path(__file__).parents[2]
OPTIONS: Final = ("-o", "addopts=", "-p", "no:cacheprovider", "-x", "-q")
LEAST_SECONDS: Final = 30
MOST_TESTS: Final = 1000
"""Tests that a mutant must survive; a person looks at one that survives so many quick ones."""
EXAMPLES: Final = 25
"""Examples of each property test."""
KILLED: Final = 1


class Verdict(NamedTuple):
    """The outcome of a mutant: `tests` reach its lines."""

    mutant: Mutant
    killed: bool
    tests: int


class Run(NamedTuple):
    """What one test did: the lines of the module that it ran, and for how long."""

    lines: frozenset[int]
    seconds: float


def dotted(path: str) -> str:
    """Return the name of the module at a path."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def judge(
    path: str, tests: Sequence[str], tell: Callable[[Verdict], None], wanted: Callable[[Mutant], bool]
) -> list[Verdict]:
    """Try a module's mutants, those that are wanted, and return what became of each."""
    trial = Trial(path, tests, tell, wanted)
    status = pytest.main(["-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:terminal", *tests], plugins=[trial])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED} or not trial.verdicts:
        raise SystemExit(f"{path}: the tests do not pass as they are: {status!r} {trial.trouble}")
    return trial.verdicts


class Trial:
    """A pytest plugin that tries mutants instead of running the tests once."""

    def __init__(
        self, path: str, tests: Sequence[str], tell: Callable[[Verdict], None], wanted: Callable[[Mutant], bool]
    ) -> None:
        self.path = path
        self.tests = tests
        self.tell = tell
        self.wanted = wanted
        self.file = str(ROOT / path)
        self.verdicts: list[Verdict] = []
        self.trouble: list[str] = []
        self.at_import: set[int] = set()
        self.noticed: defaultdict[str, set[str]] = defaultdict(set)
        self.failed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        end_property_tests_at_their_first_failure()
        sys.settrace(tracer(self.file, self.at_import))

    def pytest_collection_finish(self) -> None:
        importlib.import_module(dotted(self.path))  # where no test has done so yet
        sys.settrace(None)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = True
            self.trouble.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            self.trouble.append("collection")
            return True
        runs = in_a_child(lambda: self.baseline(session.items))
        if isinstance(runs, str):
            self.trouble.append(runs)
            return True
        items = {item.nodeid: item for item in session.items}
        module = sys.modules[dotted(self.path)]
        for mutant in filter(self.wanted, mutants(Path(self.file).read_text(encoding="utf-8"))):
            verdict = self.tried(mutant, items, runs, vars(module))
            self.verdicts.append(verdict)
            self.tell(verdict)
        return True

    def baseline(self, items: list[pytest.Item]) -> dict[str, Run] | str:
        """Run each test once, and see which lines it reaches; return what went wrong instead."""
        runs = {}
        for item, following in zip(items, [*items[1:], None], strict=True):
            lines: set[int] = set()
            clear_caches()
            trace = tracer(self.file, lines)
            threading.settrace(trace)
            sys.settrace(trace)
            began = time.monotonic()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            if self.failed:
                return "".join(self.trouble)
            runs[item.nodeid] = Run(frozenset(lines), time.monotonic() - began)
        return runs

    def tried(
        self, mutant: Mutant, items: dict[str, pytest.Item], runs: dict[str, Run], names: dict[str, Any]
    ) -> Verdict:
        reached = [name for name, run in runs.items() if not run.lines.isdisjoint(mutant.lines)]
        noticed = self.noticed[mutant.function]
        reached.sort(key=lambda name: (name not in noticed, runs[name].seconds))
        chosen = reached[:MOST_TESTS]
        seconds = LEAST_SECONDS + 10 * sum(runs[name].seconds for name in chosen)
        function = live(names, mutant.function) if mutant.function else None
        killed = False
        if function is not None and chosen:
            code = compile(mutant.tree, self.file, "exec", dont_inherit=True)
            replacement = code_of(code, mutant.function)
            reading, writing = os.pipe()
            tests = [items[name] for name in chosen]
            killed = died(lambda: self.survives(function, replacement, tests, writing), seconds)
            os.close(writing)
            os.set_blocking(reading, False)  # a process that a test left behind may have the other end open
            with os.fdopen(reading, "rb", buffering=0) as file:
                noticed.add((file.read() or b"").decode())
        if not killed and not self.at_import.isdisjoint(mutant.lines):
            killed = not survives_elsewhere(self.path, mutant, self.tests)
        return Verdict(mutant, killed, len(reached))

    def survives(self, function: FunctionType, code: CodeType, items: list[pytest.Item], report: int) -> bool:
        """Run tests on other code for a function until one fails, and write its name to a file descriptor."""
        clear_caches()
        function.__code__ = code
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                os.write(report, item.nodeid.encode())
                return False
        return True


def tracer(file: str, lines: set[int]) -> Any:
    """Return a trace function that collects the lines of one file."""

    def local(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            lines.add(frame.f_lineno)
        return local

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        if frame.f_code.co_filename != file:
            return None
        lines.add(frame.f_lineno)
        return local(frame, event, arg)

    return trace


def clear_caches() -> None:
    """Forget what functions of the package have remembered."""
    for name, module in list(sys.modules.items()):
        if name.startswith("codeexec_config"):
            for value in list(vars(module).values()):
                if callable(getattr(value, "cache_clear", None)):
                    value.cache_clear()


def live(names: dict[str, Any], function: str) -> FunctionType | None:
    """Return the function object behind a name, whatever wraps it."""
    *classes, last = function.split(".")
    for name in classes:
        names = dict(vars(names[name]))
    is_private = bool(classes) and last.startswith("__") and not last.endswith("__")
    found = names.get(f"_{classes[-1]}{last}" if is_private else last)
    for _ in range(4):
        if hasattr(found, "__code__"):
            return found
        inner = ("fget", "__func__", "__wrapped__", "func")
        found = next((getattr(found, name) for name in inner if getattr(found, name, None) is not None), None)
    return None


def code_of(code: CodeType, function: str) -> CodeType:
    """Return a function's code among the constants of its module's."""
    for name in function.split("."):
        code = next(inner for inner in code.co_consts if getattr(inner, "co_name", None) == name)
    return code


def in_a_child(work: Callable[[], Any]) -> Any:
    """Do some work in a child process and return what it returns, if it can be written as JSON."""
    import pickle

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        silence()
        try:
            with os.fdopen(writing, "wb") as file:
                pickle.dump(work(), file)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        raw = file.read()
    os.waitpid(child, 0)
    return pickle.loads(raw) if raw else None  # noqa: S301 -- written a moment ago by this program


def died(survives: Callable[[], bool], seconds: float) -> bool:
    """Check whether a mutant fails a test, ends its process, or does not come to an end."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        silence()
        status = KILLED
        try:
            status = 0 if survives() else KILLED
        finally:
            os._exit(status)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.005)
    os.killpg(child, 9)
    os.waitpid(child, 0)
    return True


def silence() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)


# -- by a new interpreter ----------------------------------------------------------------------------------------------


def survives_elsewhere(path: str, mutant: Mutant, tests: Sequence[str]) -> bool:
    """Run the tests where the mutant is imported in the module's place."""
    command = [sys.executable, "-m", "tests.mutation.runner", path, *OPTIONS, *tests]
    try:
        done = subprocess.run(
            command, input=ast.unparse(mutant.tree), cwd=ROOT, capture_output=True, check=False, text=True, timeout=300
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


class Loader(importlib.machinery.SourceFileLoader):
    """Load a text in the place of a file's."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.get_filename(fullname), "exec", dont_inherit=True)


class Finder:
    """Find one module for `Loader`."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if name != dotted(self.path):
            return None
        folder = [str((ROOT / self.path).parent)] if self.path.endswith("__init__.py") else None
        loader = Loader(name, str(ROOT / self.path), self.text)
        spec = importlib.machinery.ModuleSpec(name, loader, origin=loader.path, is_package=folder is not None)
        spec.has_location = True
        spec.submodule_search_locations = folder
        return spec


class Quick:
    """A pytest plugin that looks for no smaller example of what fails."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        end_property_tests_at_their_first_failure()


def end_property_tests_at_their_first_failure() -> None:
    from hypothesis import Phase, settings  # pytest wants to import it first

    from tests import counts

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", settings.default, phases=phases, max_examples=EXAMPLES)
    settings.load_profile("mutation")
    counts.examples = lambda _: settings(max_examples=EXAMPLES)


def _instead() -> Iterator[int]:
    path, *options = sys.argv[1:]
    sys.meta_path.insert(0, Finder(path, sys.stdin.read()))  # type: ignore[arg-type]
    yield pytest.main(options, plugins=[Quick()])


if __name__ == "__main__":
    sys.exit(next(_instead()))
