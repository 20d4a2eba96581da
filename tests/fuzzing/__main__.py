"""Fuzz one target: `python -m tests.fuzzing TARGET [--seconds N] [--folder DIR] [--keep]`.

It starts from the kept corpus and from the TOML files of the tests and examples. At its end it prints what broke a law,
one text for each place where one was broken, as a line for the corpus. `--keep` adds what has reached new code.
"""

import argparse
import importlib
import json
import pkgutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from tests.fuzzing import corpus


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("target", choices=corpus.TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="where the inputs stay that are found on the way")
    parser.add_argument("--keep", action="store_true", help="add to the corpus what reaches new code")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return fuzz(options.target, options.seconds, options.folder)
    with tempfile.TemporaryDirectory() as scratch:
        return supervise(options, options.folder or Path(scratch))


def supervise(options, folder):
    """Run the fuzzer as a program of its own, since it ends its process, and read what it left."""
    for name in ("found", "seeds", "merged"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(corpus.seeds(options.target)):
        (folder / "seeds" / str(number)).write_bytes(corpus.encode(text))
    again = [sys.executable, "-m", "tests.fuzzing", options.target, "--inside", "--folder", str(folder)]
    done = subprocess.run([*again, "--seconds", str(options.seconds)], check=False)
    if options.keep and not done.returncode:
        subprocess.run([*again, "--seconds", "0"], check=True)
        corpus.add(options.target, [corpus.decode(path.read_bytes()) for path in (folder / "merged").iterdir()])
    broken = sorted(folder.glob("broken-*"))
    for path in broken:
        print(path.name, json.dumps(corpus.decode(path.read_bytes())))
    return done.returncode or int(bool(broken))


def tried(law, folder):
    """Return what tries a law on bytes, and writes down the first that break it at a place."""
    places = set()

    def one_input(data):
        try:
            law(corpus.decode(data))
        except Exception as error:  # noqa: BLE001 -- whatever is raised is a finding
            *_, last = traceback.extract_tb(error.__traceback__)
            place = f"{type(error).__name__}-{Path(last.filename).stem}-{last.lineno}"
            if place not in places:
                places.add(place)
                (folder / f"broken-{place}").write_bytes(data)

    return one_input


def fuzz(target, seconds, folder):
    """Fuzz for so many seconds, or find the fewest inputs that reach what all of them reach."""
    import atheris

    with atheris.instrument_imports(include=["codeexec_config"]):
        import codeexec_config

        for module in pkgutil.walk_packages(codeexec_config.__path__, "codeexec_config."):
            if not module.name.endswith(("__main__", "pytest_plugin")):
                importlib.import_module(module.name)
        from tests.fuzzing.laws import TARGETS

    words = folder / "words"
    words.write_text("".join(f'"{word}"\n' for word in corpus.WORDS))
    found, seeds = str(folder / "found"), str(folder / "seeds")
    how = [f"-max_total_time={seconds}", found, seeds]
    if not seconds:
        how = ["-merge=1", str(folder / "merged"), seeds, found]
    limits = ["-max_len=2000", "-timeout=60", "-rss_limit_mb=2048", f"-dict={words}"]
    prefix = f"-artifact_prefix={folder}/broken-"
    atheris.Setup([sys.argv[0], *limits, prefix, *how], tried(TARGETS[target], folder))
    atheris.Fuzz()


sys.exit(main())
