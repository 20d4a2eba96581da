"""`validate`: report everything that is wrong with files, and fix what can be fixed for certain."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli.files import STANDARD_INPUT
from codeexec_config.cli.formats import FORMATS
from codeexec_config.cli.parsing import Formatter, program, usage_error
from codeexec_config.findings import printable_line
from codeexec_config.limits import SECTION

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from codeexec_config.cli.checking import Checker

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
    from codeexec_config.cli.validation import Validation

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
