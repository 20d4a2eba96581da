"""The argument parser: what all commands share, and suggestions for what is mistyped."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

from codeexec_config.findings import printable, printable_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

USAGE_STATUS: Final = 2
STANDARD_STREAM: Final = "-"

# A fixed width keeps argparse from measuring the terminal, which imports more than the rest of a run.
Formatter = partial(argparse.RawDescriptionHelpFormatter, width=100)


def program() -> str:
    """Return the name that the program was called by."""
    called = os.path.basename(sys.argv[0]).removesuffix(".exe")  # noqa: PTH119 -- pathlib costs start-up time
    return called if called == "codeexec-config" else "python -m codeexec_config"


def usage_error(command: str, message: str) -> int:
    """Print what is wrong with how a command was called; return the exit status."""
    print(f"{program()} {command}: error: {printable_line(message)}", file=sys.stderr)
    return USAGE_STATUS


class Parser(argparse.ArgumentParser):
    """A parser that suggests what may have been meant."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, "formatter_class": Formatter, **settings})

    def error(self, message: str) -> NoReturn:
        """Print the message and where to read more; exit."""
        option, is_flag, _ = message.partition(": ignored explicit argument ")
        if is_flag:  # the value may be a secret
            message = f"the option `{option.removeprefix('argument ')}` does not take a value"
        self.exit(USAGE_STATUS, f"{self.prog}: error: {message}\ntry `{self.prog} --help`\n")

    def take_or_refuse(self, options: argparse.Namespace, arguments: Sequence[str]) -> None:
        """Accept arguments that argparse left over as more paths, if an option separated them; exit for any others."""
        before, behind = _parted(arguments)
        for argument in before:
            if argument.startswith("-") and argument != STANDARD_STREAM:
                self._refuse_option(argument)
        if not hasattr(options, "paths"):
            self.error(f"unexpected argument `{printable(arguments[0])}`")
        options.paths += [*before, *behind]

    def refuse_early(self, argument: str) -> None:
        """Exit for an option before the command that is not one of the program's own."""
        name = argument.partition("=")[0]
        if name in self._option_string_actions or name == STANDARD_STREAM:
            return
        owners = [command for command, parser in self._commands() if name in parser._option_string_actions]  # noqa: SLF001
        if owners:
            self.error(f"the option `{name}` goes after the command: `{self.prog} {owners[0]} ... {name}`")
        self._refuse_option(argument)

    def _commands(self) -> Iterable[tuple[str, argparse.ArgumentParser]]:
        return (pair for action in self._actions if isinstance(action.choices, dict) for pair in action.choices.items())

    def _refuse_option(self, argument: str) -> NoReturn:
        name, _, _ = argument.partition("=")  # the text after a `=` may be a secret
        options = (option for action in self._actions for option in action.option_strings)
        self.error(f"unknown option `{printable(name)}`{suggestion(name, options)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        noun = "command" if action.option_strings == [] else f"value of {action.option_strings[0]}:"
        hint = suggestion(value, known) or f"; choose from {', '.join(known)}"
        raise argparse.ArgumentError(None, f"unknown {noun} `{printable(value)}`{hint}")


def suggestion(written: str, known: Iterable[str]) -> str:
    """Return the end of a message that names what may have been meant, or an empty text."""
    from difflib import get_close_matches

    # The hyphens that options share do not make them similar.
    bare = {name.lstrip("-"): name for name in known}
    near = get_close_matches(written.lstrip("-"), bare, n=1)
    return f"; did you mean `{bare[near[0]]}`?" if near else ""


def _parted(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the arguments before a `--`, and those after it, which are not options."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:end], arguments[end + 1 :]
