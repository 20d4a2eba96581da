"""Shell completion by shtab, installed separately: `shtab codeexec_config.cli.completion.make_parser`.

shtab writes a script once, so that completion starts no Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from codeexec_config import cli
from codeexec_config.codes import CODES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from codeexec_config.cli.parsing import Parser

_FILES: Final = frozenset({"file", "paths"})
_NAME: Final = "codeexec-config"


def make_parser() -> Parser:
    """Return the parser of all commands, with completions for arguments that are files, folders and codes."""
    import shtab

    parser = cli.make_parser()
    parser.prog = _NAME
    for action in _actions(parser):
        completed: Any = action
        if action.metavar == "FILE" or action.dest in _FILES:
            completed.complete = shtab.FILE
        elif action.metavar == "DIR":
            completed.complete = shtab.DIRECTORY
        elif action.dest == "code":
            completed.choices = tuple(CODES)
    return parser


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001 -- argparse has no public access to them
        if isinstance(action.choices, dict):
            for command in action.choices.values():
                yield from _actions(command)
        else:
            yield action
