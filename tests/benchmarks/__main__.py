"""Measure the library against its peers and print the table."""

import argparse
import datetime as dt
import json
import os
import platform
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from tests.benchmarks.rows import ROWS, Plan

_PACKAGES = (
    "attrs",
    "cattrs",
    "tomlkit",
    "dynaconf",
    "jsonschema",
    "msgspec",
    "pydantic",
    "pydantic-settings",
    "taplo",
    "tombi",
    "typed-settings",
)
_EPILOG = """\
examples:
  python -m tests.benchmarks
  python -m tests.benchmarks --quick
  python -m tests.benchmarks --rows cold warm --runs 30
  python -m tests.benchmarks --format json > figures.json

times are medians (least, most) of runs in turn; a ratio is the library's median over the peer's.
peak memory is the proportional set size of all processes of the command, workers included.
"""


def main():
    options = _options()
    measured = []
    with tempfile.TemporaryDirectory() as place:
        plan = Plan(place, runs=options.runs or (5 if options.quick else 20), quick=options.quick, say=_say)
        for name in options.rows or ROWS:
            for title, costs in ROWS[name](plan):
                _say(title)
                measured.append((title, costs))
    show = _as_json if options.format == "json" else _as_markdown
    sys.stdout.write(show(_machine(), measured))


def _options():
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", nargs="+", choices=ROWS, metavar="NAME", help=f"only these: {', '.join(ROWS)}")
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each program (default: 20, 5 with --quick)")
    parser.add_argument("--quick", action="store_true", help="fewer runs and smaller files, under two minutes")
    parser.add_argument("--format", choices=("markdown", "json"), default="markdown")
    return parser.parse_args()


def _say(text):
    sys.stderr.write(f"{text}\n")


def _machine():
    model = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "cpu": model,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "packages": versions,
    }


def _as_json(machine, measured):
    rows = [
        {"row": title, "costs": [{"name": c.name, "secs": c.secs, "peak_kib": c.peak_kib} for c in costs]}
        for title, costs in measured
    ]
    return json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n"


def _as_markdown(machine, measured):
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items() if version)
    lines = [
        f"Measured on {machine['date']}: {machine['cpu']}, {machine['cores']} cores, Python {machine['python']},",
        f"load average {machine['load']} when it ended (anything over 1 is other programs' work);",
        f"{packages}.",
        "",
        "| what | program | median | least | most | peak | ratio | ratio of peaks |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for title, costs in measured:
        lines += (_line(title, costs[0], cost) for cost in costs)
    return "\n".join(lines) + "\n"


def _line(title, own, cost):
    peak = f"{cost.peak_kib / 1024:.0f} MiB" if cost.peak_kib else ""
    ratio = "" if cost is own else f"{own.median / cost.median:.2f}"
    peaks = f"{own.peak_kib / cost.peak_kib:.2f}" if cost is not own and own.peak_kib and cost.peak_kib else ""
    cells = (title, cost.name, *map(_time, (cost.median, min(cost.secs), max(cost.secs))), peak, ratio, peaks)
    return f"| {' | '.join(cells)} |"


def _time(secs):
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if secs >= size:
            return f"{secs / size:.3g} {unit}"
    return f"{secs * 1e6:.3g} µs"


if __name__ == "__main__":
    main()
