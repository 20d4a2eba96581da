"""`validate`: say everything that is wrong with files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from codeexec_config.limits import SECTION

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from codeexec_config.diagnostics import Diagnostic
    from codeexec_config.report import Report

_EPILOG: Final = """\
exit status:
  0  every file is valid
  1  a finding fails: an error, or a warning with --strict
  2  a usage error, or a path that cannot be read

examples:
  python -m codeexec_config validate app.toml
  python -m codeexec_config validate --offline --strict config/
  python -m codeexec_config validate --env-file prod.env --format json app.toml
  cat app.toml | python -m codeexec_config validate -
"""


def add_parser(commands: Any) -> None:
    """Add the command."""
    from codeexec_config.cli import Formatter

    parser: argparse.ArgumentParser = commands.add_parser(
        "validate",
        help="check files and say everything that is wrong with them",
        description="Check TOML files: each mistake at its line and column, with what to write instead.",
        epilog=_EPILOG,
        formatter_class=Formatter,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, or - for standard input")
    parser.add_argument(
        "--section",
        default=SECTION,
        metavar="PATH",
        help="the section's dotted path (default: features.code_execution)",
    )
    parser.add_argument(
        "--format", choices=("text", "concise", "json"), default="text", help="how findings are printed (default: text)"
    )
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    parser.add_argument(
        "--offline", action="store_true", help="read no environment: take references as set and list them"
    )
    parser.add_argument("--env-file", metavar="FILE", help="variables as in `docker run --env-file`")
    parser.add_argument(
        "--allow-env",
        action="append",
        metavar="GLOB",
        help="a variable that files may read; may be given more than once",
    )
    parser.add_argument("--if-present", action="store_true", help="pass over files that have nothing of the section")
    parser.add_argument("--quiet", action="store_true", help="print only what fails, and no summary")
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="colour text (default: on a terminal)"
    )
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Check the files and give the exit status."""
    from codeexec_config.loading import section_path

    if options.offline and options.env_file:
        return _usage("--offline reads no environment, so it does not go with --env-file")
    try:
        options.section_path = section_path(options.section)
    except ValueError as error:
        return _usage(f"--section: {error}")
    environment = _environment(options)
    if isinstance(environment, str):
        return _usage(environment)
    return Validation(options, environment).run()


def _usage(message: str) -> int:
    print(f"codeexec_config validate: error: {message}", file=sys.stderr)
    return 2


def _environment(options: argparse.Namespace) -> Mapping[str, str] | str:
    if options.env_file is None:
        return os.environ
    from codeexec_config.cli.env_file import EnvFileError, read_env_file

    try:
        return read_env_file(options.env_file)
    except EnvFileError as error:
        return str(error)


class Validation:
    """One run over all files."""

    def __init__(self, options: argparse.Namespace, environment: Mapping[str, str]) -> None:
        self._options = options
        self._environment = environment
        self._entries: list[dict[str, Any]] = []
        self._counts = {"error": 0, "warning": 0}
        self._files = 0
        self._status = 0
        self._any_printed = False

    def run(self) -> int:
        """Check, print, sum up."""
        try:
            for path, report in self._reports():
                self._take(path, report)
            if self._options.format == "json":
                self._print_json()
            sys.stdout.flush()
        except BrokenPipeError:
            from codeexec_config.cli import silence

            silence()
            return self._status
        self._sum_up()
        return self._status

    def _reports(self) -> Iterator[tuple[str, Report]]:
        from codeexec_config.cli.files import concerns, find

        for place in find(self._options.paths):
            self._progress(place.path)
            report = self._check(place.path)
            optional = place.found or self._options.if_present
            if not optional or concerns(report, place.path, self._options.section_path):
                yield place.path, report
        self._progress(None)

    def _check(self, path: str) -> Report:
        from codeexec_config.cli.files import STANDARD_INPUT, read_standard_input
        from codeexec_config.loading import check_file, check_text

        arguments: dict[str, Any] = {
            "env": self._environment,
            "section": self._options.section,
            "allow_env": self._options.allow_env,
            "offline": self._options.offline,
        }
        if path != STANDARD_INPUT:
            return check_file(path, **arguments)
        text = read_standard_input()
        return check_text(text, filename=STANDARD_INPUT, **arguments) if isinstance(text, str) else text

    def _take(self, path: str, report: Report) -> None:
        self._files += 1
        for diagnostic in report.diagnostics:
            if diagnostic.severity in self._counts:
                self._counts[diagnostic.severity] += 1
        valid = report.ok and not (self._options.strict and report.warnings)
        unreadable = any(diagnostic.code == "unreadable-file" for diagnostic in report.diagnostics)
        self._status = max(self._status, 2 if unreadable else int(not valid))
        if self._options.format == "json":
            from codeexec_config.rendering.structured import file_entry

            self._entries.append(file_entry(path, report, valid=valid))
        else:
            self._print(self._failing(report) if self._options.quiet else report.diagnostics)

    def _failing(self, report: Report) -> tuple[Diagnostic, ...]:
        shown = {"error", "warning"} if self._options.strict else {"error"}
        return tuple(diagnostic for diagnostic in report.diagnostics if diagnostic.severity in shown)

    def _print(self, found: tuple[Diagnostic, ...]) -> None:
        if not found:
            return
        if self._options.format == "concise":
            from codeexec_config.rendering.concise import render_concise

            sys.stdout.write(render_concise(found))
            return
        from codeexec_config.rendering.text import ANSI, PLAIN, render_text

        between = "\n" if self._any_printed else ""
        self._any_printed = True
        palette = ANSI if self._colours(sys.stdout) else PLAIN
        sys.stdout.write(between + render_text(found, palette))

    def _colours(self, stream: Any) -> bool:
        if self._options.color != "auto":
            return bool(self._options.color == "always")
        return not os.environ.get("NO_COLOR") and stream.isatty() and os.environ.get("TERM") != "dumb"

    def _print_json(self) -> None:
        import json

        from codeexec_config.rendering.structured import document

        print(json.dumps(document(self._entries), ensure_ascii=False, indent=2))

    def _progress(self, path: str | None) -> None:
        """Show on a terminal which file is being checked; wipe it at the end."""
        if (
            self._options.quiet
            or not sys.stderr.isatty()
            or (len(self._options.paths) == 1 and path == self._options.paths[0])
        ):
            return
        sys.stderr.write("\r\x1b[K" + (f"checking {path}" if path else ""))
        sys.stderr.flush()

    def _sum_up(self) -> None:
        if self._options.quiet:
            return
        if not self._files:
            print("no file has the section, or anything like it", file=sys.stderr)
            return
        errors, warnings = self._counts["error"], self._counts["warning"]
        verdict = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}" if errors or warnings else "all valid"
        print(f"checked {_count(self._files, 'file')}: {verdict}", file=sys.stderr)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
