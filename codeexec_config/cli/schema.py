"""`schema`: print the JSON Schema, write it to a file, or say whether a file has it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codeexec_config.schema import DRAFTS, KINDS, schema_text

if TYPE_CHECKING:
    import argparse

_ABOUT = "Print the JSON Schema by which editors complete, explain and check the section."


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser("schema", help="print the JSON Schema for editors", description=_ABOUT)
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0], help="a host's whole file, or the section alone")
    parser.add_argument("--draft", choices=DRAFTS, default=DRAFTS[0], help="7 is the draft that every editor reads")
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--output", metavar="FILE", help="write it to FILE")
    target.add_argument("--check", metavar="FILE", help="exit 1 when FILE holds something else")


def run(options: argparse.Namespace) -> int:
    """Do what the options say, and give the exit status."""
    text = schema_text(options.kind, options.draft)
    try:
        if options.check is not None:
            return _check(options, text)
        if options.output is not None:
            _write(Path(options.output), text.encode())
            return 0
    except OSError as error:
        sys.stderr.write(f"{options.check or options.output}: {error.strerror}\n")
        return 2
    sys.stdout.write(text)
    return 0


def _check(options: argparse.Namespace, text: str) -> int:
    with Path(options.check).open("rb") as file:
        same = file.read(len(text) + 1) == text.encode()
    if same:
        return 0
    again = ["python", "-m", "codeexec_config", "schema", "--kind", options.kind, "--draft", options.draft]
    command = shlex.join([*again, "--output", options.check])
    sys.stdout.write(f"{options.check}: differs from the schema of this version: write it anew with {command}\n")
    return 1


def _write(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old text or the new one, and nothing between."""
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
