"""`validate`: report everything that is wrong with files, and apply the fixes that are certain."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli import inputs
from codeexec_config.cli.files import STANDARD_INPUT, Place
from codeexec_config.cli.formats import FORMATS
from codeexec_config.cli.parsing import Formatter, usage_error

if TYPE_CHECKING:
    import argparse

    from codeexec_config.cli.validation import Validation

_EPILOG: Final = """\
exit status:
  0  every file is valid
  1  a finding fails: an error, or a warning with --strict
  2  a usage error, or a path that cannot be read or written

examples:
  %(prog)s --offline --strict config/
  %(prog)s --policy policy.toml --format github config/
  %(prog)s --env-file prod.env --format json app.toml
  cat app.toml | %(prog)s -
"""


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
    inputs.add_environment(parser.add_argument_group("the environment"))
    _add_fixes(parser.add_argument_group("fixes"))
    _add_output(parser.add_argument_group("output"))
    parser.set_defaults(run=run, parser=parser)


def _add_scope(group: Any) -> None:
    inputs.add_scope(group)
    group.add_argument("--if-present", action="store_true", help="skip files that do not concern the section")
    group.add_argument("--strict", action="store_true", help="warnings fail too")


def _add_fixes(group: Any) -> None:
    group.add_argument("--fix", action="store_true", help="apply the fixes that are certain, then check again")
    group.add_argument(
        "--diff",
        action="store_true",
        help="show what --fix would change, with secrets masked, and write nothing, even with --fix",
    )


def _add_output(group: Any) -> None:
    group.add_argument(
        "--format", choices=tuple(FORMATS), default="text", help="how findings are printed (default: %(default)s)"
    )
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour text (default: on a terminal, unless NO_COLOR is set, or if FORCE_COLOR is set)",
    )
    group.add_argument("--quiet", action="store_true", help="print only what fails, and no summary")


_MOST_JOBS = 1024


def _job_count(text: str) -> int:
    from argparse import ArgumentTypeError

    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_JOBS))
    if not is_number or not 1 <= int(text) <= _MOST_JOBS:
        raise ArgumentTypeError(f"expected a number of processes, at least 1 and at most {_MOST_JOBS}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Check the files; return the exit status."""
    try:
        validation = _validation(options)
    except inputs.UsageError as error:
        return usage_error("validate", str(error))
    return validation.run()


def _validation(options: argparse.Namespace) -> Validation:
    from codeexec_config.cli.checking import Checker
    from codeexec_config.cli.streams import colours
    from codeexec_config.cli.validation import Validation

    _refuse_contradictions(options)
    section = inputs.section(options)
    environment = inputs.environment(options, "validate", quiet=options.quiet)
    policy = inputs.policy(options)
    checker = Checker(
        options,
        section,
        environment,
        policy=None if policy is None else policy.policy,
        coloured=colours(options.color, sys.stdout),
    )
    if policy is not None and policy.policy is None:
        # Without the requested policy, a verdict on another file would be meaningless.
        return Validation(options, partial(checker.report_of, policy.diagnostics), (Place(policy.file),))
    return Validation(options, checker.check)


def _refuse_contradictions(options: argparse.Namespace) -> None:
    inputs.refuse_contradictions(options, options.paths)
    mends = "--fix" if options.fix else "--diff" if options.diff else None
    if mends and STANDARD_INPUT in options.paths:
        raise inputs.UsageError(f"{mends} needs a file, so it cannot be used with - for standard input")
    if options.diff and not FORMATS[options.format].is_for_people:
        raise inputs.UsageError(f"--diff is for people, so it cannot be used with --format {options.format}")
    if options.diff:
        options.fix = False
