"""`conformance`: say whether an executor keeps its promises."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from codeexec_config.conformance import ConformanceReport

_EPILOG: Final = """\
exit status:
  0  no check fails
  1  a check fails
  2  a usage error: no such module or factory, or one that raises

example:
  python -m codeexec_config conformance my_host.executors:make_executor --language python
"""


class _UsageError(Exception):
    """Carries the one line that says what is wrong with the command."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    from codeexec_config.cli import Formatter

    parser: argparse.ArgumentParser = commands.add_parser(
        "conformance",
        help="run the conformance kit on an executor",
        description="Run programs through an executor and say which of its promises it keeps. The current folder is on "
        "the import path.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    parser.add_argument("target", metavar="MODULE:FACTORY", help="what makes the executor, without arguments")
    parser.add_argument(
        "--language",
        action="append",
        metavar="NAME",
        help="a language to test it with; may be given more than once (default: all)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the report is printed")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Run the kit and give the exit status."""
    try:
        report = _report(options)
    except _UsageError as error:
        print(f"codeexec_config conformance: error: {error}", file=sys.stderr)
        return 2
    _print(report, options.format)
    return 0 if report.ok else 1


def _report(options: argparse.Namespace) -> ConformanceReport:
    from codeexec_config.conformance import run_conformance

    executor = _made(_factory(options.target))
    try:
        return run_conformance(executor, languages=options.language)
    except ValueError as error:
        raise _UsageError(str(error)) from error


def _factory(target: str) -> Callable[[], Any]:
    from importlib import import_module

    name, colon, path = target.partition(":")
    if not (name and colon and path):
        raise _UsageError("write MODULE:FACTORY, such as my_host.executors:make_executor")
    if os.getcwd() not in sys.path:  # noqa: PTH109 -- as the import system spells it
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 -- the same
    try:
        module = import_module(name)
    except (Exception, SystemExit) as error:
        raise _UsageError(f"cannot import {name}: {_said(error)}") from error
    return _attribute(module, name, path)


def _attribute(module: object, name: str, path: str) -> Callable[[], Any]:
    found = module
    for part in path.split("."):
        if not hasattr(found, part):
            raise _UsageError(f"{name} has no {path}")
        found = getattr(found, part)
    if not callable(found):
        raise _UsageError(f"{name}:{path} cannot be called: name a function or a class that makes the executor")
    return found


def _made(factory: Callable[[], Any]) -> Any:
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise _UsageError(f"the factory raised {_said(error)}") from error


def _said(error: BaseException) -> str:
    """Put an exception into one line: its type and place, or its text where that is only about names."""
    from codeexec_config.conformance.kit import told

    return str(error).partition("\n")[0] if isinstance(error, ImportError) else told(error)


def _print(report: ConformanceReport, form: str) -> None:
    if form == "text":
        print(report.render(), end="")
        return
    import json

    print(json.dumps(report.as_dict(), indent=2, ensure_ascii=False))
