"""`conformance`: check whether an executor keeps its promises."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.cli.parsing import USAGE_STATUS, Formatter, program
from codeexec_config.cli.streams import LostOutputError, Output
from codeexec_config.findings import printable_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping
    from typing import IO

    from codeexec_config.conformance import ConformanceReport

_PROFILES: Final = {"no-imports": ("imports", "processes"), "no-processes": ("processes",)}
_EPILOG: Final = """\
exit status:
  0  no check fails
  1  a check fails
  2  a usage error: no such module, factory, language or check, or a factory that raises

A check fails when a promise is not kept, is skipped when its capability is not declared or when it
cannot tell, and is n/a when the language, the form of the executor or the interpreter has nothing
to show.

examples:
  %(prog)s my_host.executors:make_executor
  %(prog)s my_host.executors:make_executor --language python --check T04 --check T05
  %(prog)s my_host.remote:Executor --leak-probe my_host.remote:containers_with
  %(prog)s my_host.small:Interpreter --profile no-imports --output report.txt
"""


_NOTHING: Final = object()


class _UsageError(Exception):
    """A usage error; its text says what is wrong."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "conformance",
        help="run the conformance kit on an executor",
        description="Run programs through an executor and report which of its promises it keeps.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    parser.add_argument(
        "target",
        metavar="MODULE:FACTORY",
        help="a callable without arguments that creates the executor; the current folder is on the import path",
    )
    choice = parser.add_argument_group("what is run")
    choice.add_argument(
        "--language",
        action="append",
        metavar="NAME",
        help="a language to test it with; may be given more than once (default: all)",
    )
    choice.add_argument(
        "--check", action="append", metavar="ID", help="a check to run; may be given more than once (default: all)"
    )
    choice.add_argument(
        "--profile", action="append", choices=tuple(_PROFILES), help="what its interpreters lack by design"
    )
    choice.add_argument(
        "--snippets", metavar="MODULE:TABLE", help="programs of your own: a mapping of language to purpose to code"
    )
    choice.add_argument(
        "--leak-probe",
        metavar="MODULE:FUNC",
        help="a function that returns the processes and containers with a marker that this machine does not show",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--format", choices=("text", "json"), default="text", help="how the report is printed")
    output.add_argument("--output", metavar="FILE", help="write the report to a file")
    output.add_argument("--traceback", action="store_true", help="print the whole traceback of what was raised")
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Run the kit and return the exit status."""
    from codeexec_config.conformance import own_output, with_printed
    from codeexec_config.conformance.checks.isolating import standing_variable

    try:
        # Looked up now: an executor may replace or close it.
        progress = partial(_progress, sys.stderr) if sys.stderr.isatty() else None
        with _file(options) as file, standing_variable(), own_output() as (standard, printed):
            report = with_printed(_report(options, progress), printed)
            _write(report, options, standard, file)
    except _UsageError as error:
        lines = map(printable_line, str(error).split("\n"))  # an author's exception may contain anything
        print(f"{program()} conformance: error: {chr(10).join(lines)}", file=sys.stderr)
        return USAGE_STATUS
    return 0 if report.ok else 1


def _report(options: argparse.Namespace, progress: Callable[[int, int, str], None] | None) -> ConformanceReport:
    from codeexec_config.conformance import run_conformance

    executor = _made(_named(options.target, "FACTORY", options), options)
    probe = _probe(options)
    try:
        return run_conformance(
            executor,
            languages=options.language,
            checks=options.check,
            leak_probe=probe,
            snippets=_snippets(options),
            lacking={feature for name in options.profile or () for feature in _PROFILES[name]},
            progress=progress,
        )
    except ValueError as error:
        raise _UsageError(str(error)) from error


def _probe(options: argparse.Namespace) -> Any:
    probe = _optional(options.leak_probe, "FUNC", options)
    if probe is not None and not callable(probe):
        raise _UsageError(f"{options.leak_probe} cannot be called: name a function that takes a marker")
    return probe


def _snippets(options: argparse.Namespace) -> Mapping[str, Mapping[str, str]] | None:
    from collections.abc import Mapping

    table = _optional(options.snippets, "TABLE", options)
    if table is not None and not (
        isinstance(table, Mapping)
        and all(isinstance(programs, Mapping) for programs in table.values())
        and all(isinstance(text, str) for programs in table.values() for item in programs.items() for text in item)
    ):
        raise _UsageError(f"{options.snippets}: expected a table of languages, each a table of purposes and their code")
    _expect_purposes(table or {}, options)
    return table


def _expect_purposes(table: Mapping[str, Mapping[str, str]], options: argparse.Namespace) -> None:
    """Refuse a program that no check would ever run."""
    from codeexec_config.conformance.snippets import SNIPPETS

    purposes = SNIPPETS["python"]
    unknown = next((purpose for programs in table.values() for purpose in programs if purpose not in purposes), None)
    if unknown is not None:
        where = "codeexec_config.conformance.snippets lists the purposes"
        raise _UsageError(f"{options.snippets}: no check runs a program for `{unknown}`; {where}")


def _optional(target: str | None, kind: str, options: argparse.Namespace) -> Any:
    return None if target is None else _named(target, kind, options)


def _named(target: str, kind: str, options: argparse.Namespace) -> Any:
    """Import the object that MODULE:NAME refers to."""
    from importlib import import_module

    name, colon, path = target.partition(":")
    if not (name and colon and path):
        raise _UsageError(f"write MODULE:{kind}, such as my_host.executors:make_executor")
    if os.getcwd() not in sys.path:  # noqa: PTH109 -- as the import system spells it
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 -- the same
    with _told_as(f"cannot import {name}:", options):
        found: Any = import_module(name)
    for part in path.split("."):
        with _told_as(f"{name} has no {path}:", options):  # a module may create its names on demand
            found = getattr(found, part, _NOTHING)
        if found is _NOTHING:
            raise _UsageError(f"{name} has no {path}")
    return found


@contextmanager
def _told_as(words: str, options: argparse.Namespace) -> Iterator[None]:
    """Turn whatever the author's code raises into a usage error; some of it is not an Exception."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _UsageError(f"{words} {_said(error, options)}") from error


def _made(factory: Callable[[], Any], options: argparse.Namespace) -> Any:
    if not callable(factory):
        raise _UsageError(f"{options.target} cannot be called: name a function or a class that creates the executor")
    with _told_as("the factory raised", options):
        return factory()


def _said(error: BaseException, options: argparse.Namespace) -> str:
    """Describe an exception: its type, the author's frame, its text, and its traceback on request."""
    from codeexec_config.conformance.kit import told, traced

    trace = error.__traceback__
    for _ in range(2):  # the frames of this command
        trace = trace and trace.tb_next
    words = told(error.with_traceback(trace))
    return f"{words}\n{traced(error)}" if options.traceback else words


def _progress(terminal: IO[str], done: int, total: int, name: str) -> None:
    print(f"\r\033[K{done}/{total} {name}", end="" if done < total else "\r\033[K", file=terminal, flush=True)


@contextmanager
def _file(options: argparse.Namespace) -> Iterator[IO[str] | None]:
    """Open the report's file before the run, which takes minutes; an older report stays until it is overwritten."""
    if options.output is None:
        yield None
        return
    is_new = not os.path.lexists(options.output)
    try:
        file = open(options.output, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115
    except OSError as error:
        raise _unwritable(options, error) from error
    with file:
        try:
            yield file
        except BaseException:
            if is_new:
                with suppress(OSError):
                    os.unlink(options.output)  # noqa: PTH108 -- as the user spelt it
            raise


def _write(report: ConformanceReport, options: argparse.Namespace, standard: IO[str], file: IO[str] | None) -> None:
    text = _text(report, options) if options.format == "text" else _json(report)
    if file is None:
        output = Output(standard, is_vital=True)
        try:
            for line in text.splitlines(keepends=True):
                output.write(line)
            output.flush()
        except LostOutputError as lost:
            if lost.reason is not None:  # otherwise its reader has gone, and the status tells the rest
                raise
        return
    with suppress(OSError):  # a pipe or a device cannot be truncated
        file.truncate(0)
    try:
        file.write(text)
        file.close()
    except OSError as error:
        raise _unwritable(options, error) from error


def _unwritable(options: argparse.Namespace, error: OSError) -> _UsageError:
    return _UsageError(f"cannot write {options.output}: {error.strerror}")


def _text(report: ConformanceReport, options: argparse.Namespace) -> str:
    # An executor's name, exceptions and leftovers may contain control sequences.
    lines = report.render(tracebacks=options.traceback).splitlines()
    return "".join(f"{printable_line(line.expandtabs())}\n" for line in lines)


def _json(report: ConformanceReport) -> str:
    import json

    return json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n"
