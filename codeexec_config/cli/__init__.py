"""The command line: `python -m codeexec_config COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from codeexec_config.cli import conformance, schema, validate

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS: Final = (validate, schema, conformance)
_USAGE_STATUS: Final = 2
_EPILOG: Final = """\
examples:
  python -m codeexec_config validate app.toml
  python -m codeexec_config validate --strict --format json config/
  cat app.toml | python -m codeexec_config validate -

`COMMAND --help` says more of each command.
"""

# A fixed width keeps argparse from measuring the terminal, which imports more than the rest of a run together.
Formatter = partial(argparse.RawDescriptionHelpFormatter, width=100)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status: 0 valid, 1 findings that fail, 2 usage or an unreadable path."""
    _speak_utf8()
    try:
        status = _run(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def silence() -> None:
    """End a conversation that nobody listens to: what is left in the buffer must not fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(argv: list[str]) -> int:
    parser = make_parser()
    try:
        options = parser.parse_args(argv)
    except SystemExit as request:
        return int(request.code or 0)
    if options.command is None:
        parser.print_help()
        return _USAGE_STATUS
    status: int = options.run(options)
    return status


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="codeexec_config",
        description="Read, check and explain the [features.code_execution] section of a TOML file.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
