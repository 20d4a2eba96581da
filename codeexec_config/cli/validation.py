"""One run of `validate`: print the outcome of each file, in order, and a summary."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from codeexec_config.cli.files import Finder
from codeexec_config.cli.formats import FORMATS
from codeexec_config.cli.parsing import program
from codeexec_config.findings import printable_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from codeexec_config.cli.checking import Outcome
    from codeexec_config.cli.files import Place
    from codeexec_config.cli.pool import Work

_UNSET_HELP: Final = (
    "help: set the variable, read it from a file with --env-file FILE or --secrets-dir DIR, "
    "or check without any variable: --offline\n"
)
_NAMED: Final = 5
_INTERRUPTED: Final = 130


class Validation:
    """One run over all files.

    Args:
        options: the options.
        work: checks a file.
        places: the files; by default, those that the options name.
    """

    def __init__(self, options: argparse.Namespace, work: Work, places: Iterable[Place] | None = None) -> None:
        self._options = options
        self._work = work
        self._between = FORMATS[options.format].between
        self._kept: list[str] = []
        self._is_printed = False
        self._status = 0
        self._files = self._valid = self._errors = self._warnings = self._fixed = 0
        self._deferred: set[str] = set()
        self._is_unset = False
        self._roots: set[str] = set()
        self._finder = Finder(options.paths)
        self._places = self._finder if places is None else places

    def run(self) -> int:
        """Check, print, sum up; return the exit status."""
        from codeexec_config.cli.streams import LostOutputError

        is_interrupted = False
        try:
            try:
                self._check()
            except KeyboardInterrupt:
                is_interrupted = True
            self._conclude()
            sys.stdout.flush()
        except LostOutputError as lost:
            if lost.reason is not None:
                raise
            return self._status
        if not self._options.quiet:
            self._sum_up(is_interrupted=is_interrupted)
        return _INTERRUPTED if is_interrupted else self._status

    def _check(self) -> None:
        from codeexec_config.cli.jobs import check_all
        from codeexec_config.cli.progress import Progress

        progress = Progress(self._options.paths, is_wanted=not self._options.quiet)
        outcomes = check_all(self._work, self._places, self._options.jobs)
        try:
            for place, outcome in outcomes:
                if outcome is not None:
                    if outcome.piece or outcome.words:
                        progress.wipe()
                    self._take(place, outcome)
                progress.step(self._errors + self._warnings)
        finally:
            outcomes.close()
            progress.wipe()

    def _take(self, place: Place, outcome: Outcome) -> None:
        self._files += 1
        if place.root is not None:
            self._roots.add(place.root)
        self._status = max(self._status, outcome.status)
        self._valid += outcome.is_valid
        self._errors += outcome.errors
        self._warnings += outcome.warnings
        self._fixed += outcome.fixed
        self._deferred.update(outcome.deferred)
        self._is_unset = self._is_unset or outcome.is_unset
        self._print(outcome.piece)
        for word in outcome.words:
            print(f"{program()} validate: error: {printable_line(word)}", file=sys.stderr)

    def _print(self, piece: str) -> None:
        if not piece:
            return
        if self._between is None:
            self._kept.append(piece)
            return
        sys.stdout.write(self._between + piece if self._is_printed else piece)
        self._is_printed = True

    def _conclude(self) -> None:
        """Print what follows the findings of all files."""
        summary = {"files": self._files, "valid": self._valid, "errors": self._errors, "warnings": self._warnings}
        sys.stdout.write(FORMATS[self._options.format](coloured=False).whole(self._kept, summary))
        if self._is_unset and self._options.format == "text" and not self._options.quiet:
            sys.stdout.write(f"\n{_UNSET_HELP}")

    def _sum_up(self, *, is_interrupted: bool) -> None:
        said = False
        for root, skipped in self._finder.skipped.items():
            if root not in self._roots | self._finder.shared and not is_interrupted:
                word = f"{root}: no file has the section, or anything like it{_skipped(skipped)}"
                print(printable_line(word), file=sys.stderr)
                said = True
        if not self._files:
            if is_interrupted:
                print("interrupted before a file was checked", file=sys.stderr)
            elif not said:
                print("no file has the section, or anything like it", file=sys.stderr)
            return
        lead = "interrupted: " if is_interrupted else ""
        print(f"{lead}checked {_count(self._files, 'file')}: {self._verdict()}{self._open()}", file=sys.stderr)

    def _verdict(self) -> str:
        found = [_count(self._errors, "error"), _count(self._warnings, "warning")]
        verdict = ", ".join(found) if self._errors or self._warnings else "all valid" if not self._status else "failed"
        return f"{verdict} ({self._fixed} fixed)" if self._fixed else verdict

    def _open(self) -> str:
        if not self._deferred:
            return ""
        return f"; {_count(len(self._deferred), 'reference')} taken as set: {_some(sorted(self._deferred))}"


def _skipped(names: list[str]) -> str:
    return f"; skipped: {_some(names)}" if names else ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", and more" if len(names) > _NAMED else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
