"""`validate`: report everything that is wrong with files, and fix what can be fixed for certain."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli.files import STANDARD_INPUT, Finder
from codeexec_config.cli.formats import FORMATS
from codeexec_config.cli.parsing import Formatter, program, usage_error
from codeexec_config.findings import printable_line
from codeexec_config.limits import SECTION

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from codeexec_config.cli.checking import Checker, Outcome
    from codeexec_config.cli.files import Place

_EPILOG: Final = """\
exit status:
  0  every file is valid
  1  a finding fails: an error, or a warning with --strict
  2  a usage error, or a path that cannot be read or written

examples:
  %(prog)s --offline --strict config/
  %(prog)s --env-file prod.env --format json app.toml
  cat app.toml | %(prog)s -
"""
_UNSET_HELP: Final = (
    "help: set the variable, read it from a file with --env-file FILE or --secrets-dir DIR, "
    "or check without any variable: --offline\n"
)
_NAMED: Final = 5
_INTERRUPTED: Final = 130


class _UsageError(Exception):
    """What is wrong with how the command was called."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "validate",
        help="check files and report everything that is wrong with them",
        description="Check TOML files: each mistake at its line and column, with what to write instead.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, or - for standard input")
    parser.add_argument(
        "--jobs",
        type=_job_count,
        metavar="N",
        help="how many processes share the files (default: one per core, once there is enough to do)",
    )
    _add_scope(parser.add_argument_group("what is checked"))
    _add_environment(parser.add_argument_group("the environment"))
    _add_fixes(parser.add_argument_group("fixes"))
    _add_output(parser.add_argument_group("output"))
    parser.set_defaults(run=run, parser=parser)


def _add_scope(group: Any) -> None:
    group.add_argument(
        "--section", default=SECTION, metavar="PATH", help="the section's dotted path (default: %(default)s)"
    )
    group.add_argument("--if-present", action="store_true", help="pass over files that have nothing of the section")
    group.add_argument("--strict", action="store_true", help="warnings fail too")


def _add_environment(group: Any) -> None:
    group.add_argument(
        "--offline", action="store_true", help="read no environment: take references as set, and list them"
    )
    group.add_argument(
        "--env-file", metavar="FILE", help="variables as in `docker run --env-file`; - for standard input"
    )
    group.add_argument(
        "--secrets-dir", metavar="DIR", help="a folder with a file for each variable that is not set otherwise"
    )
    group.add_argument(
        "--allow-env", action="append", metavar="GLOB", help="a variable that files may read; may be repeated"
    )


def _add_fixes(group: Any) -> None:
    group.add_argument("--fix", action="store_true", help="apply the fixes that are certain, then check again")
    group.add_argument(
        "--diff", action="store_true", help="show what --fix would change, secrets masked; write nothing"
    )


def _add_output(group: Any) -> None:
    group.add_argument(
        "--format", choices=tuple(FORMATS), default="text", help="how findings are printed (default: %(default)s)"
    )
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour text (default: on a terminal, unless NO_COLOR is set; also when FORCE_COLOR is)",
    )
    group.add_argument("--quiet", action="store_true", help="print only what fails, and no summary")


def _job_count(text: str) -> int:
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError("expected a number of processes, at least 1")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Check the files; return the exit status."""
    try:
        checker = _checker(options)
    except _UsageError as error:
        return usage_error("validate", str(error))
    return Validation(options, checker).run()


def _checker(options: argparse.Namespace) -> Checker:
    from codeexec_config.cli.checking import Checker
    from codeexec_config.cli.streams import colours
    from codeexec_config.loading import section_path

    _refuse_contradictions(options)
    try:
        section = section_path(options.section)
    except ValueError as error:
        raise _UsageError(f"--section: {error}") from None
    return Checker(options, section, _environment(options), coloured=colours(options.color, sys.stdout))


def _refuse_contradictions(options: argparse.Namespace) -> None:
    for name in ("env_file", "secrets_dir"):
        if options.offline and getattr(options, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise _UsageError(f"--offline reads no environment, so it does not go with {option}")
    mends = "--fix" if options.fix else "--diff" if options.diff else None
    if mends and STANDARD_INPUT in options.paths:
        raise _UsageError(f"{mends} needs a file, so it does not go with - for standard input")
    if options.diff and FORMATS[options.format].between is None:
        raise _UsageError(f"--diff is for people, so it does not go with --format {options.format}")
    if options.env_file == STANDARD_INPUT and STANDARD_INPUT in options.paths:
        raise _UsageError("standard input cannot be both the --env-file and a file to check")
    if options.diff:
        options.fix = False


def _environment(options: argparse.Namespace) -> Mapping[str, str]:
    if options.env_file is None and options.secrets_dir is None:
        return os.environ
    from collections import ChainMap

    sources: list[Any] = [os.environ]
    if options.env_file is not None:
        sources.insert(0, _env_file(options))
    if options.secrets_dir is not None:
        from codeexec_config.secrets_directory import SecretsDirectory

        if not os.path.isdir(options.secrets_dir):  # noqa: PTH112 -- pathlib costs start-up time
            raise _UsageError("--secrets-dir: it is not a folder")
        sources.append(SecretsDirectory(options.secrets_dir))
    return ChainMap(*sources)


def _env_file(options: argparse.Namespace) -> dict[str, str]:
    from codeexec_config.cli.env_file import EnvFileError, read_env_file

    try:
        found = read_env_file(options.env_file)
    except EnvFileError as error:
        raise _UsageError(f"--env-file: {error}") from None
    for line, remark in () if options.quiet else found.remarks:
        where = printable_line(f"{options.env_file}:{line}")
        print(f"{program()} validate: warning: {where}: {remark}", file=sys.stderr)
    return found.values


class Validation:
    """One run over all files: print what comes of them in order, and sum up.

    Args:
        options: the options.
        checker: what checks a file.
    """

    def __init__(self, options: argparse.Namespace, checker: Checker) -> None:
        self._options = options
        self._checker = checker
        self._between = FORMATS[options.format].between
        self._kept: list[str] = []
        self._is_printed = False
        self._status = 0
        self._files = self._valid = self._errors = self._warnings = self._fixed = 0
        self._deferred: set[str] = set()
        self._is_unset = False
        self._roots: set[str] = set()
        self._finder = Finder(options.paths)

    def run(self) -> int:
        """Check, print, sum up; return the exit status."""
        from codeexec_config.cli.streams import LostOutputError

        is_interrupted = False
        try:
            try:
                self._check()
            except KeyboardInterrupt:
                is_interrupted = True
            self._conclude()
            sys.stdout.flush()
        except LostOutputError as lost:
            if lost.reason is not None:
                raise
            return self._status
        if not self._options.quiet:
            self._sum_up(is_interrupted=is_interrupted)
        return _INTERRUPTED if is_interrupted else self._status

    def _check(self) -> None:
        from codeexec_config.cli.jobs import check_all
        from codeexec_config.cli.progress import Progress

        progress = Progress(self._options.paths, is_wanted=not self._options.quiet)
        outcomes = check_all(self._checker.check, self._finder, self._options.jobs)
        try:
            for place, outcome in outcomes:
                if outcome is not None:
                    if outcome.piece or outcome.words:
                        progress.wipe()
                    self._take(place, outcome)
                progress.step(self._errors + self._warnings)
        finally:
            outcomes.close()
            progress.wipe()

    def _take(self, place: Place, outcome: Outcome) -> None:
        self._files += 1
        if place.root is not None:
            self._roots.add(place.root)
        self._status = max(self._status, outcome.status)
        self._valid += outcome.is_valid
        self._errors += outcome.errors
        self._warnings += outcome.warnings
        self._fixed += outcome.fixed
        self._deferred.update(outcome.deferred)
        self._is_unset = self._is_unset or outcome.is_unset
        self._print(outcome.piece)
        for word in outcome.words:
            print(f"{program()} validate: error: {printable_line(word)}", file=sys.stderr)

    def _print(self, piece: str) -> None:
        if not piece:
            return
        if self._between is None:
            self._kept.append(piece)
            return
        sys.stdout.write(self._between + piece if self._is_printed else piece)
        self._is_printed = True

    def _conclude(self) -> None:
        """Print what stands below the findings of all files."""
        summary = {"files": self._files, "valid": self._valid, "errors": self._errors, "warnings": self._warnings}
        sys.stdout.write(FORMATS[self._options.format](coloured=False).whole(self._kept, summary))
        if self._is_unset and self._options.format == "text" and not self._options.quiet:
            sys.stdout.write(f"\n{_UNSET_HELP}")

    def _sum_up(self, *, is_interrupted: bool) -> None:
        said = False
        for root, skipped in self._finder.skipped.items():
            if root not in self._roots and not is_interrupted:
                word = f"{root}: no file has the section, or anything like it{_skipped(skipped)}"
                print(printable_line(word), file=sys.stderr)
                said = True
        if not self._files and not is_interrupted:
            if not said:
                print("no file has the section, or anything like it", file=sys.stderr)
            return
        lead = "interrupted: " if is_interrupted else ""
        print(f"{lead}checked {_count(self._files, 'file')}: {self._verdict()}{self._open()}", file=sys.stderr)

    def _verdict(self) -> str:
        found = [_count(self._errors, "error"), _count(self._warnings, "warning")]
        verdict = ", ".join(found) if self._errors or self._warnings else "all valid" if not self._status else "failed"
        return f"{verdict} ({self._fixed} fixed)" if self._fixed else verdict

    def _open(self) -> str:
        if not self._deferred:
            return ""
        return f"; {_count(len(self._deferred), 'reference')} taken as set: {_some(sorted(self._deferred))}"


def _skipped(names: list[str]) -> str:
    return f"; passed over: {_some(names)}" if names else ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", and more" if len(names) > _NAMED else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
