"""`schema`: print the JSON Schema, write it to a file, or say whether a file has it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.limits import SCHEMA_DRAFTS, SCHEMA_KINDS

if TYPE_CHECKING:
    import argparse

_EPILOG: Final = """\
exit status:
  0  done; with --check, FILE is up to date
  1  with --check, FILE holds something else
  2  a usage error, or a file that cannot be read or written

examples:
  python -m codeexec_config schema --output schemas/code-execution.json
  python -m codeexec_config schema --check schemas/code-execution.json
"""


def add_parser(commands: Any) -> None:
    """Add the command."""
    from codeexec_config.cli import Formatter

    parser: argparse.ArgumentParser = commands.add_parser(
        "schema",
        help="print the JSON Schema for editors",
        description="Print the JSON Schema by which editors complete, explain and check the section.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    parser.add_argument(
        "--kind",
        choices=SCHEMA_KINDS,
        default=SCHEMA_KINDS[0],
        help="of a host's whole file, or of the section alone (default: document)",
    )
    parser.add_argument(
        "--draft",
        choices=SCHEMA_DRAFTS,
        default=SCHEMA_DRAFTS[0],
        help="of JSON Schema; every editor reads 7 (default: 7)",
    )
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--output", metavar="FILE", help="write it to FILE")
    target.add_argument("--check", metavar="FILE", help="say whether FILE holds it")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Do what the options say, and give the exit status."""
    from codeexec_config.schema import schema_text

    text = schema_text(options.kind, options.draft)
    try:
        if options.check is not None:
            return _check(options, text.encode())
        if options.output is not None:
            _write(options.output, text.encode())
            return 0
    except OSError as error:
        name = options.output if options.check is None else options.check
        print(f"codeexec_config schema: error: {name}: {error.strerror}", file=sys.stderr)
        return 2
    sys.stdout.write(text)
    return 0


def _check(options: argparse.Namespace, expected: bytes) -> int:
    import shlex
    from pathlib import Path

    with Path(options.check).open("rb") as file:
        if file.read(len(expected) + 1) == expected:
            return 0
    again = ["python", "-m", "codeexec_config", "schema", "--kind", options.kind, "--draft", options.draft]
    command = shlex.join([*again, "--output", options.check])
    print(f"{options.check}: differs from the schema of this version: write it anew with {command}")
    return 1


def _write(name: str, data: bytes) -> None:
    """Write a file so that a reader sees the old text or the new one, and nothing between."""
    from pathlib import Path

    target = Path(name).resolve()
    if target.exists() and not target.is_file():
        # A device or a pipe takes text; it must not be replaced by a file.
        target.write_bytes(data)
        return
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
        if target.exists():
            unfinished.chmod(target.stat().st_mode)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
