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
from contextlib import suppress
from pathlib import Path

from tests.fuzzing import corpus


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("target", choices=corpus.TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="where the inputs stay that are found on the way")
    parser.add_argument("--keep", action="store_true", help="add to the corpus what reaches new lines")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return fuzz(options.target, options.seconds, options.folder)
    with tempfile.TemporaryDirectory() as scratch:
        return supervise(options, options.folder or Path(scratch))


def supervise(options, folder):
    """Run the fuzzer as a separate program, since it ends its process, and read what it left."""
    for name in ("found", "seeds"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(corpus.seeds(options.target)):
        (folder / "seeds" / str(number)).write_bytes(corpus.encode(text))
    again = [sys.executable, "-m", "tests.fuzzing", options.target, "--inside", "--folder", str(folder)]
    done = subprocess.run([*again, "--seconds", str(options.seconds)], check=False)
    if options.keep:
        keep(options.target, [corpus.decode(path.read_bytes()) for path in (folder / "found").iterdir()])
    broken = sorted(folder.glob("broken-*"))
    for path in broken:
        print(path.name, json.dumps(corpus.decode(path.read_bytes())))
    return done.returncode or int(bool(broken))


def keep(target, texts):
    """Add to the corpus those texts, the short ones first, that reach a line which nothing before them does."""
    from tests.fuzzing.laws import TARGETS

    reached = set()
    for text in corpus.seeds(target):
        reached |= lines(TARGETS[target], text)
    kept = []
    for text in sorted(texts, key=lambda text: (len(text), text)):
        new = lines(TARGETS[target], text) - reached
        if new:
            kept.append(text)
            reached |= new
    corpus.add(target, kept)


def lines(law, text):
    """Return the lines of the package that a law runs for a text, and the lines before them."""
    found = set()

    def trace(frame, _event, _arg):
        if "codeexec_config" not in frame.f_code.co_filename:
            return None
        before = frame.f_lineno

        def local(frame, event, _arg):
            nonlocal before
            if event == "line":
                found.add((frame.f_code, before, frame.f_lineno))
                before = frame.f_lineno
            return local

        return local

    sys.settrace(trace)
    try:
        with suppress(Exception):
            law(text)
    finally:
        sys.settrace(None)
    return found


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
    """Fuzz for so many seconds, and end the process."""
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
    limits = [
        f"-max_total_time={seconds}",
        "-max_len=2000",
        "-timeout=60",
        "-report_slow_units=60",
        "-rss_limit_mb=2048",
    ]
    names = [f"-dict={words}", f"-artifact_prefix={folder}/broken-", found, seeds]
    atheris.Setup([sys.argv[0], *limits, *names], tried(TARGETS[target], folder))
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
