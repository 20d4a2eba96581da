"""`explain`: what a code means, an example, and how to fix it."""

from __future__ import annotations

import sys
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli.parsing import Formatter, suggestion, usage_error
from codeexec_config.codes import CODES
from codeexec_config.findings import printable

if TYPE_CHECKING:
    import argparse

    from codeexec_config.explanations.entry import Explanation

_WIDTH: Final = 100
_EPILOG: Final = """\
examples:
  %(prog)s
  %(prog)s unknown-key
"""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "explain",
        help="explain what a code means",
        description="Explain a code: what it means, a file that has it, the same file repaired, and the reason.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    what = parser.add_argument_group("what is explained")
    what.add_argument("code", nargs="?", metavar="CODE", help="one of the codes; all are listed without it")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Print the explanation, or the list; return the exit status."""
    from codeexec_config.explanations import EXPLANATIONS

    code = options.code
    if code is None:
        sys.stdout.write(_table(EXPLANATIONS))
    elif code not in EXPLANATIONS:
        hint = suggestion(code.lower().replace("_", "-"), EXPLANATIONS) or "; `explain` alone lists them"
        return usage_error("explain", f"unknown code `{printable(code)}`{hint}")
    else:
        sys.stdout.write(_text(code, EXPLANATIONS[code]))
    return 0


def _table(explanations: dict[str, Explanation]) -> str:
    width = max(map(len, CODES))
    return "".join(
        f"{code:<{width}}  {severity:<7}  {explanations[code].meaning}\n" for code, severity in CODES.items()
    )


def _text(code: str, explanation: Explanation) -> str:
    setting = f" ({explanation.setting})" if explanation.setting else ""
    policy = f"With a policy that says\n\n{_quoted(explanation.policy)}\n" if explanation.policy else ""
    return (
        f"{CODES[code]}[{code}]: {explanation.meaning}\n\n"
        f"{_paragraph(explanation.reason)}\n"
        f"{policy}"
        f"Broken{setting}:\n\n{_quoted(explanation.broken)}\n"
        f"Repaired:\n\n{_quoted(explanation.repaired)}\n"
        f"{_paragraph(explanation.cure)}"
    )


def _paragraph(text: str) -> str:
    return fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _quoted(toml: str) -> str:
    return indent(toml, "    ")
