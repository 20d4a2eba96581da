"""`schema`: print the JSON Schema, write it to a file, or compare a file with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli.parsing import STANDARD_STREAM, Formatter, program, usage_error
from codeexec_config.findings import printable_line
from codeexec_config.limits import SCHEMA_DRAFTS, SCHEMA_KINDS

if TYPE_CHECKING:
    import argparse

_EPILOG: Final = """\
exit status:
  0  done; with --check, FILE is up to date
  1  with --check, FILE contains something else
  2  a usage error, or a file that cannot be read or written

examples:
  %(prog)s --output schemas/code-execution.json
  %(prog)s --check schemas/code-execution.json
"""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "schema",
        help="print the JSON Schema for editors",
        description="Print the JSON Schema by which editors complete, explain and check the section.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    content = parser.add_argument_group("which schema")
    content.add_argument(
        "--kind",
        choices=SCHEMA_KINDS,
        default=SCHEMA_KINDS[0],
        help="of a host's whole file, or of the section alone (default: document)",
    )
    content.add_argument(
        "--draft",
        choices=SCHEMA_DRAFTS,
        default=SCHEMA_DRAFTS[0],
        help="of JSON Schema; every editor reads 7 (default: 7)",
    )
    target = parser.add_argument_group("where it goes").add_mutually_exclusive_group()
    target.add_argument("--output", metavar="FILE", help="write it to FILE; - for standard output")
    target.add_argument("--check", metavar="FILE", help="exit 1 if FILE differs from it")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Print, write or compare the schema; return the exit status."""
    from codeexec_config.cli.replacing import ReplaceError, replace
    from codeexec_config.schema import schema_text

    text = schema_text(options.kind, options.draft)
    if options.check is not None:
        return _check(options, text.encode())
    if options.output not in {None, STANDARD_STREAM}:
        try:
            replace(options.output, text.encode())
        except ReplaceError as error:
            return usage_error("schema", f"{options.output}: {error}")
        return 0
    sys.stdout.write(text)
    return 0


def _check(options: argparse.Namespace, expected: bytes) -> int:
    import shlex
    from pathlib import Path

    try:
        with Path(options.check).open("rb") as file:
            is_same = file.read(len(expected) + 1) == expected
    except OSError as error:
        return usage_error("schema", f"{options.check}: {(error.strerror or '').lower()}")
    if is_same:
        return 0
    again = ["schema", "--kind", options.kind, "--draft", options.draft, "--output", options.check]
    advice = f"regenerate it with {program()} {shlex.join(again)}"
    print(printable_line(f"{options.check}: differs from the schema of this version: {advice}"))
    return 1
