"""The rows of the table: each yields its costs, the first of them the library's own."""

import importlib.util
import shutil
import sys
from pathlib import Path

from tests.benchmarks import files
from tests.benchmarks.measuring import Cost, Program, interleaved, peak, pinned, python

PEERS = {
    "pydantic-settings": ("pydantic_settings", "pydantic_settings_model"),
    "typed-settings": ("typed_settings", "typed_settings_model"),
    "dynaconf": ("dynaconf", "dynaconf_model"),
    "tomllib + jsonschema": ("jsonschema", "jsonschema_model"),
    "msgspec": ("msgspec", "msgspec_model"),
}
OURS = "codeexec-config"
FLOOR = "attrs + cattrs + tomllib, parse"

_COLD = "import sys; from tests.benchmarks.peers.{module} import load; load(sys.argv[1])"
_WARM = """\
import statistics, sys, time
from tests.benchmarks.peers.{module} import load
load(sys.argv[1])
secs = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    load(sys.argv[1])
    secs.append(time.perf_counter() - start)
print(statistics.median(secs))
"""
_CHECK_ONCE = """\
import sys, time
from codeexec_config import check_file
start = time.perf_counter()
report = check_file(sys.argv[1])
print(time.perf_counter() - start)
assert not report.ok
"""
_CHECK_AGAIN = """\
import statistics, sys, time
from codeexec_config import check_file
check_file(sys.argv[1])
secs = []
for _ in range(5):
    start = time.perf_counter()
    report = check_file(sys.argv[1])
    secs.append(time.perf_counter() - start)
    assert not report.ok
print(statistics.median(secs))
"""
_PARSE_ONCE = """\
import sys, time, tomllib
start = time.perf_counter()
with open(sys.argv[1], "rb") as stream:
    tomllib.load(stream)
print(time.perf_counter() - start)
"""
_PARSE_FOLDER = """\
import sys, tomllib, attrs, cattrs
from pathlib import Path
for path in sorted(Path(sys.argv[1]).rglob("*.toml")):
    with open(path, "rb") as stream:
        tomllib.load(stream)
"""


class Plan:
    """What the command line asked for, and where files can be put."""

    def __init__(self, place, *, runs, quick, say):
        self.place = Path(place)
        self.runs = runs
        self.quick = quick
        self.say = say

    def write(self, name, text):
        path = self.place / name
        path.write_text(text, "utf-8")
        return path

    def peers(self, names=PEERS):
        for name in names:
            needed, module = PEERS[name]
            if importlib.util.find_spec(needed):
                yield name, module
            else:
                self.say(f"skipped {name}: not installed (pip install -e '.[benchmarks]')")


def cold(plan):
    path = plan.write("external.toml", files.EXTERNAL)
    modules = [(OURS, "ours"), (FLOOR, "floor"), *plan.peers()]
    programs = [Program(name, python(_COLD.format(module=module), path)) for name, module in modules]
    with pinned():
        costs = interleaved(programs, plan.runs)
    yield "cold: a process that imports and loads", costs


def warm(plan):
    for label, text in (
        ("275 B", files.EXTERNAL),
        ("2 KB", files.host(2_000)),
        ("20 KB", files.host(20_000)),
    ):
        path = plan.write("warm.toml", text)
        loops = 100 if plan.quick or len(text) > 10_000 else 1000
        modules = [(OURS, "ours"), ("open + tomllib.load", "floor"), *plan.peers(("msgspec", "pydantic-settings"))]
        programs = [
            Program(name, python(_WARM.format(module=module), path, loops), printed=True) for name, module in modules
        ]
        with pinned():
            costs = interleaved(programs, plan.runs)
        yield f"warm: load of {label} ({len(text)} bytes)", costs


def _tool(name):
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def validate(plan):
    for count in (1_000,) if plan.quick else (1_000, 10_000):
        place = files.folder(plan.place / f"folder-{count}", count)
        yield f"validate: {count} files", interleaved(_folder_programs(plan, place), 1 if count > 1_000 else 3)


def _folder_programs(plan, place):
    programs = [
        Program(OURS, [sys.executable, "-m", "codeexec_config", "validate", "--quiet", str(place)]),
        Program(f"{FLOOR} of each", python(_PARSE_FOLDER, place)),
    ]
    schema = (files.REPOSITORY / "schemas" / "document.draft-07.json").as_uri()
    # tombi takes its schema from a file, which is above the folder so that no other tool reads it.
    plan.write("tombi.toml", f'[[schemas]]\npath = "{schema}"\ninclude = ["**/*.toml"]\n')
    for name, arguments in (
        ("taplo", ["lint", "--schema", schema, f"{place}/**/*.toml"]),
        ("tombi", ["lint", "--offline", str(place)]),
    ):
        tool = _tool(name)
        if tool:
            programs.append(Program(f"{name} lint", [tool, *arguments], cwd=plan.place))
        else:
            plan.say(f"skipped {name}: not installed (pip install -e '.[benchmarks]')")
    return programs


def host(plan):
    broken = files.EXTERNAL.replace("timeout_secs", "timeout_sec")
    path = plan.write("host.toml", files.tables(4_000, broken))
    name = f"check_file: host file of {path.stat().st_size} bytes, one mistake"
    yield f"{name}, the first in a process", _check_and_parse(path, plan.runs)
    yield f"{name}, warm", _check_and_parse(path, plan.runs, check=_CHECK_AGAIN)


def _check_and_parse(path, runs, *, check=_CHECK_ONCE):
    programs = [
        Program("check_file", python(check, path), printed=True),
        Program("tomllib", python(_PARSE_ONCE, path), printed=True),
    ]
    with pinned():
        return interleaved(programs, runs)


def large(plan):
    count = 50_000 if plan.quick else 1_000_000
    for name, make in (
        ("keys", files.million_keys),
        ("languages", files.million_languages),
        ("references", files.million_references),
    ):
        path = plan.write("large.toml", make(count))
        costs = _check_and_parse(path, 1 if not plan.quick else 2)
        programs = (Program("", python(_CHECK_ONCE, path)), Program("", python(_PARSE_ONCE, path)))
        costs = [cost._replace(peak_kib=peak(program)) for cost, program in zip(costs, programs, strict=True)]
        yield f"large: {count} {name}, {path.stat().st_size >> 20} MiB, one mistake", costs


def growth(plan):
    paths = {count: plan.write(f"mistakes-{count}.toml", files.mistakes(count, 1_000)) for count in (1000, 1)}
    programs = [Program(f"{count} mistakes", python(_CHECK_ONCE, path), printed=True) for count, path in paths.items()]
    with pinned():
        costs = interleaved(programs, plan.runs)
    yield "growth: mistakes in a file of 1 000 languages", costs


def memory(plan):
    costs = []
    for count in (1_000, 100) if plan.quick else (10_000, 100):
        place = files.folder(plan.place / f"folder-{count}", count)
        program = Program(
            f"{count} files", [sys.executable, "-m", "codeexec_config", "validate", "--quiet", str(place)]
        )
        [cost] = interleaved([program], 1)
        costs.append(Cost(cost.name, cost.secs, peak(program)))
    yield "memory: peak of validate", costs


ROWS = {row.__name__: row for row in (cold, warm, validate, host, large, growth, memory)}
