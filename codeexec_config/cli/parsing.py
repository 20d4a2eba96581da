"""The parser of arguments: what each command has in common, and a suggestion for whatever is mistyped."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

from codeexec_config.findings import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

USAGE_STATUS: Final = 2

# A fixed width keeps argparse from measuring the terminal, which imports more than the rest of a run together.
Formatter = partial(argparse.RawDescriptionHelpFormatter, width=100)


def program() -> str:
    """Return the name that the program was called by."""
    called = os.path.basename(sys.argv[0]).removesuffix(".exe")  # noqa: PTH119 -- pathlib costs start-up time
    return called if called == "codeexec-config" else "python -m codeexec_config"


def usage_error(command: str, message: str) -> int:
    """Print what is wrong with how a command was called; return the exit status."""
    print(f"{program()} {command}: error: {message}", file=sys.stderr)
    return USAGE_STATUS


class Parser(argparse.ArgumentParser):
    """A parser that suggests what may have been meant."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": Formatter, **settings})

    def error(self, message: str) -> NoReturn:
        """Print the message and where to read more; exit."""
        self.exit(USAGE_STATUS, f"{self.prog}: error: {message}\ntry `{self.prog} --help`\n")

    def refuse(self, arguments: Sequence[str]) -> NoReturn:
        """Exit for the first argument that no option or place takes; what follows a `=` may be a secret."""
        name, _, _ = arguments[0].partition("=")
        if name.startswith("-"):
            options = (option for action in self._actions for option in action.option_strings)
            self.error(f"unknown option `{printable(name)}`{suggestion(name, options)}")
        self.error(f"unexpected argument `{printable(name)}`")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        noun = "command" if action.option_strings == [] else f"value of {action.option_strings[0]}:"
        hint = suggestion(value, known) or f"; choose from {', '.join(known)}"
        raise argparse.ArgumentError(None, f"unknown {noun} `{printable(value)}`{hint}")


def suggestion(written: str, known: Iterable[str]) -> str:
    """Return the end of a message that names what may have been meant, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(written, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
