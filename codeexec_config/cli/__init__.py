"""The command line: `python -m codeexec_config COMMAND`, also installed as `codeexec-config`.

One module per command: `add_parser` describes its arguments and names the function that runs it, which returns the exit
status. Only the called command's module is imported.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli.parsing import USAGE_STATUS, Parser, program
from codeexec_config.cli.streams import LostOutputError, guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "make_parser"]

COMMANDS: Final = ("validate", "schema", "show", "explain", "init", "conformance")
INTERRUPTED: Final = 130
_EPILOG: Final = """\
examples:
  %(prog)s validate app.toml
  %(prog)s schema --output code-execution.schema.json

`%(prog)s COMMAND --help` has more about each command.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 valid, 1 findings that fail, 2 a usage error or unreadable input."""
    with guarded() as errors:
        try:
            status = _run(sys.argv[1:] if argv is None else list(argv))
            sys.stdout.flush()
        except LostOutputError as lost:
            status = _end_without_output(lost)
        except KeyboardInterrupt:
            status = INTERRUPTED
        except FileNotFoundError:
            if _has_working_folder():
                raise
            print(f"{program()}: error: the working folder was removed: change to one that exists", file=sys.stderr)
            status = USAGE_STATUS
        errors.flush()
        return USAGE_STATUS if errors.is_lost else status


def _has_working_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 -- pathlib costs start-up time
    except FileNotFoundError:
        return False
    return True


def _run(argv: list[str]) -> int:
    first = argv[0] if argv else ""
    parser = make_parser(first)
    try:
        if first.startswith("-"):
            parser.refuse_early(first)
        options, left = parser.parse_known_args(argv)
        if left:
            getattr(options, "parser", parser).take_or_refuse(options, left)
    except SystemExit as request:
        return int(request.code or 0)
    if options.command is None:
        parser.print_help()
        return USAGE_STATUS
    status: int = options.run(options)
    return status


def _end_without_output(lost: LostOutputError) -> int:
    if lost.reason is None:
        return 0
    print(f"{program()}: error: cannot write to standard output: {lost.reason}", file=sys.stderr)
    return USAGE_STATUS


def make_parser(command: str = "") -> Parser:
    """Build the parser of one command, or of all if the name is not a command's."""
    parser = Parser(
        prog=program(),
        description="Read, check and explain the [features.code_execution] section of a TOML file.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--version", action="version", version=f"codeexec-config {_version()}", help="print the version and exit"
    )
    commands: Any = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in (command,) if command in COMMANDS else COMMANDS:
        import_module(f"codeexec_config.cli.{name}").add_parser(commands)
    return parser


def _version() -> str:
    from codeexec_config._version import VERSION

    return VERSION
