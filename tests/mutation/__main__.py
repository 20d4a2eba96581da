"""Try the mutants of modules: `python -m tests.mutation [MODULE...]`, without a name those of `modules.toml`.

It prints what survives, and fails where more than one in twenty does of those that `equivalent.toml` does not name.
"""

import argparse
import itertools
import os
import sys
import tomllib
from pathlib import Path

from tests.mutation.runner import judge

HERE = Path(__file__).parent
LEAST = 0.95


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--only", default="", help="mutants whose name holds this text")
    parser.add_argument("--quick", action="store_true", help="leave out what runs when a module is imported")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try one mutant of N")
    options = parser.parse_args()
    os.environ["CODEEXEC_THOROUGH"] = "1"  # for the tests that are run: any case of them may notice a mutant
    tests = tomllib.loads((HERE / "modules.toml").read_text("utf-8"))
    equivalent = tomllib.loads((HERE / "equivalent.toml").read_text("utf-8"))
    modules = options.modules or list(tests)
    return max([tried(module, tests[module], equivalent.get(module, {}), options) for module in modules])


def tried(module, tests, equivalent, options):
    """Try one module, print its survivors, and return 1 where there are too many."""

    def tell(verdict):
        if not verdict.killed and verdict.mutant.name not in equivalent:
            print(f"{module}:{verdict.mutant.lines.start}: {verdict.mutant.name} [{verdict.tests} tests]", flush=True)

    counter = itertools.count()

    def wanted(mutant):
        is_wanted = options.only in mutant.name and not (options.quick and not mutant.function)
        return is_wanted and next(counter) % options.every == 0

    verdicts = judge(module, tests, tell, wanted)
    names = {verdict.mutant.name for verdict in verdicts}
    counted = [verdict for verdict in verdicts if verdict.mutant.name not in equivalent]
    killed = sum(verdict.killed for verdict in counted)
    is_all = not options.only and not options.quick and options.every == 1
    for name in equivalent.keys() - names if is_all else ():
        print(f"{module}: no mutant is named {name!r} any more")
    print(f"{module}: {killed} of {len(counted)} killed, {len(verdicts) - len(counted)} equivalent", flush=True)
    return int(killed < LEAST * len(counted))


sys.exit(main())
