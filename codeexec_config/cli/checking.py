"""Check one file, fix it on request, and format the outcome for printing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config import limits
from codeexec_config.cli.files import STANDARD_INPUT
from codeexec_config.cli.formats import FORMATS, Entry
from codeexec_config.document import parse as source
from codeexec_config.loading import check_as_found, check_file, check_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from codeexec_config.cli.files import Place
    from codeexec_config.diagnostics import Diagnostic
    from codeexec_config.findings import Path
    from codeexec_config.policy import Policy
    from codeexec_config.report import Report

UNREADABLE: Final = 2
_NOT_PARSED: Final = frozenset({"invalid-toml", "invalid-encoding", "file-too-large"})


class Outcome(NamedTuple):
    """The outcome of one file: plain values only, since they may come from another process.

    Attributes:
        piece: what the format prints for it.
        is_valid: whether nothing in it fails.
        status: the exit status that it calls for.
        deferred: the references that were not looked up.
        is_unset: whether a variable is missing.
        words: the messages for standard error.
    """

    piece: str = ""
    errors: int = 0
    warnings: int = 0
    is_valid: bool = True
    status: int = 0
    fixed: int = 0
    deferred: tuple[str, ...] = ()
    is_unset: bool = False
    words: tuple[str, ...] = ()


class _Mending(NamedTuple):
    """The outcome of fixing a file; without fixes, the report is the one from before."""

    report: Report
    fixed: int = 0
    diff: str = ""
    words: tuple[str, ...] = ()


_GOOD: Final = Outcome()


class Checker:
    """Check files by the options of a command line.

    Args:
        options: the options.
        section: the path of the section.
        environment: where references are looked up.
        policy: the host's policy.
        coloured: whether text is coloured.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        section: Path,
        environment: Mapping[str, str],
        *,
        policy: Policy | None = None,
        coloured: bool,
    ) -> None:
        self._options = options
        self._section = section
        self._coloured = coloured
        self._format = FORMATS[options.format](coloured=coloured)
        self._how: dict[str, Any] = {
            "section": options.section,
            "allow_env": options.allow_env,
            "policy": policy,
        }
        self._arguments: dict[str, Any] = {**self._how, "env": environment, "offline": options.offline}

    def check(self, place: Place) -> Outcome | None:
        """Return the outcome of a file, or None if it does not concern the section and need not."""
        text: str | None = None
        if place.trouble is not None:
            report = _unreadable(place.path, f"cannot read the folder: {place.trouble}")
        elif place.path == STANDARD_INPUT:
            text, report = check_standard_input(self._arguments, is_found=self._is_found(place))
        else:
            report = self._check_file(place)
        if not report.diagnostics and not self._format.lists_valid_files and not report.deferred:
            return _GOOD
        if self._is_found(place) and not self._concerns(report, place.path, text):
            return None
        if (self._options.fix or self._options.diff) and any(found.fix for found in report.diagnostics):
            return self._outcome(place.path, self._mend(place, report))
        return self._outcome(report.file or place.path, _Mending(report))

    def report_of(self, diagnostics: Sequence[Diagnostic], place: Place) -> Outcome:
        """Return the outcome of a file that has already been judged, such as a policy."""
        from codeexec_config.report import Report

        return self._outcome(place.path, _Mending(Report(config=None, diagnostics=tuple(diagnostics), file=place.path)))

    def _is_found(self, place: Place) -> bool:
        """Check whether a file was found rather than named as one with the section."""
        return self._options.if_present or place.root is not None

    def _check_file(self, place: Place) -> Report:
        check = check_as_found if self._is_found(place) else check_file
        return check(place.path, **self._arguments)

    def _concerns(self, report: Report, path: str, text: str | None) -> bool:
        """Check whether a file has the section or a near miss, or is not TOML and mentions it."""
        codes = {diagnostic.code for diagnostic in report.diagnostics}
        if "section-not-found" in codes:
            return False
        if codes & _NOT_PARSED:
            name = str(self._section[-1])
            return name in text if text is not None else _mentions(path, name)
        # In an unrelated file, `features = 3` is not an error about a section that was never written.
        return all(len(d.path) >= len(self._section) or d.code != "wrong-type" for d in report.diagnostics)

    def _mend(self, place: Place, report: Report) -> _Mending:
        from codeexec_config.cli.fixing import mend

        path = place.path
        raw = source.read(path)
        text = source.decode(raw) if isinstance(raw, bytes) else None
        if not isinstance(raw, bytes) or not isinstance(text, str):
            return _Mending(report, words=("the file was changed by someone else in the meantime",))
        mended = mend(text, partial(check_text, filename=path, offline=True, **self._how))
        if not mended.fixed:
            return _Mending(report)
        if self._options.diff:
            from codeexec_config.cli.diffing import render_diff

            return _Mending(report, diff=render_diff(path, text, mended.passes, self._section, coloured=self._coloured))
        from codeexec_config.cli.replacing import ReplaceError, replace

        try:
            replace(path, mended.text.encode("utf-8"), expected=raw)
        except ReplaceError as error:
            return _Mending(report, words=(str(error),))
        report = _check_text(path, mended.text, self._arguments, is_found=self._is_found(place))
        return _Mending(report, mended.fixed)

    def _outcome(self, path: str, mending: _Mending) -> Outcome:
        report = mending.report
        errors, warnings = len(report.errors), len(report.warnings)
        valid = not errors and not (self._options.strict and warnings)
        codes = {diagnostic.code for diagnostic in report.diagnostics}
        fixed = mending.fixed if self._options.fix else None
        piece = self._format.piece(Entry(path, report, self._shown(report), valid, fixed))
        between = self._format.between if piece and mending.diff else ""
        return Outcome(
            piece=f"{piece}{between}{mending.diff}",
            errors=errors,
            warnings=warnings,
            is_valid=valid,
            status=UNREADABLE if mending.words or "unreadable-file" in codes else int(not valid),
            fixed=mending.fixed,
            deferred=tuple(sorted({item.reference for item in report.deferred})),
            is_unset="unset-variable" in codes,
            words=tuple(f"{path}: {word}" for word in mending.words),
        )

    def _shown(self, report: Report) -> tuple[Diagnostic, ...]:
        if not self._options.quiet:
            return report.diagnostics
        failing = {"error", "warning"} if self._options.strict else {"error"}
        return tuple(diagnostic for diagnostic in report.diagnostics if diagnostic.severity in failing)


def _check_text(path: str, text: str, arguments: dict[str, Any], *, is_found: bool) -> Report:
    if is_found:
        return check_as_found(path, text, **arguments)
    return check_text(text, filename=path, **arguments)


def check_standard_input(arguments: dict[str, Any], *, is_found: bool = False) -> tuple[str | None, Report]:
    """Return what is piped in, if it can be read, and the report on it."""
    from codeexec_config.cli.streams import read_standard_input

    raw = read_standard_input(limits.MAX_FILE_BYTES + 1)
    if isinstance(raw, str):
        return None, _unreadable(STANDARD_INPUT, f"cannot read standard input: {raw}")
    text = source.decode(raw)
    if isinstance(text, str):
        return text, _check_text(STANDARD_INPUT, text, arguments, is_found=is_found)
    from attrs import evolve

    from codeexec_config.report import Report

    found = evolve(text, file=STANDARD_INPUT)
    return raw.decode("utf-8", "replace"), Report(config=None, diagnostics=(found,), file=STANDARD_INPUT)


def _unreadable(path: str, message: str) -> Report:
    from codeexec_config.codes import Severity
    from codeexec_config.diagnostics import Diagnostic
    from codeexec_config.report import Report

    found = Diagnostic(code="unreadable-file", severity=Severity.ERROR, message=message, file=path)
    return Report(config=None, diagnostics=(found,), file=path)


def _mentions(path: str, name: str) -> bool:
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 -- pathlib costs start-up time
            return name.encode() in stream.read(limits.MAX_FILE_BYTES)
    except OSError:
        return False
