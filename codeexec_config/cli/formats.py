"""The formats of `validate`: how a file's findings are printed, and what joins them.

A file's piece is created where the file is checked, perhaps in another process; the rest where all pieces are joined.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codeexec_config.diagnostics import Diagnostic
    from codeexec_config.report import Report


class Entry(NamedTuple):
    """What to print for one file.

    Attributes:
        path: its name as given.
        report: its report.
        shown: the findings to show, not all of them with `--quiet`.
        valid: whether nothing in it fails.
        fixed: how many fixes were applied, or None if that was not requested.
    """

    path: str
    report: Report
    shown: Sequence[Diagnostic]
    valid: bool
    fixed: int | None = None


class Format(ABC):
    """An output format.

    Args:
        coloured: whether text is coloured.

    Attributes:
        between: the separator of pieces that are printed as they come; None if they are kept for `whole`.
        is_for_people: whether other text, such as a diff, may follow the findings.
        lists_valid_files: whether a file without a finding has a piece.
    """

    between: ClassVar[str | None] = ""
    is_for_people: ClassVar[bool] = False
    lists_valid_files: ClassVar[bool] = False

    def __init__(self, *, coloured: bool) -> None:
        self._coloured = coloured

    @abstractmethod
    def piece(self, entry: Entry) -> str:
        """Return what to print for one file."""

    def whole(self, pieces: Sequence[str], summary: Mapping[str, int]) -> str:  # noqa: ARG002
        """Return what to print at the end, including the pieces that were kept."""
        return ""


class Text(Format):
    """For people: the marked source line, and the help."""

    between: ClassVar[str | None] = "\n"
    is_for_people: ClassVar[bool] = True

    def piece(self, entry: Entry) -> str:
        """Return the text report of one file."""
        if not entry.shown:
            return ""
        from codeexec_config.rendering.text import ANSI, PLAIN, render_text

        return render_text(entry.shown, ANSI if self._coloured else PLAIN)


class Concise(Format):
    """One line per finding, for grep and for editors."""

    is_for_people: ClassVar[bool] = True

    def piece(self, entry: Entry) -> str:
        """Return the lines of one file."""
        from codeexec_config.rendering.concise import render_concise

        return render_concise(entry.shown)


class Json(Format):
    """One object for programs."""

    between: ClassVar[str | None] = None
    lists_valid_files: ClassVar[bool] = True

    def piece(self, entry: Entry) -> str:
        """Return a file's entry, indented to its place."""
        import json

        from attrs import evolve

        from codeexec_config.rendering.structured import file_entry

        report = evolve(entry.report, diagnostics=tuple(entry.shown))
        data: dict[str, Any] = file_entry(entry.path, report, valid=entry.valid)
        if entry.fixed is not None:
            data["fixed"] = entry.fixed
        return json.dumps(data, ensure_ascii=False, indent=2).replace("\n", "\n    ")

    def whole(self, pieces: Sequence[str], summary: Mapping[str, int]) -> str:
        """Return the object."""
        import json

        from codeexec_config.rendering.structured import document

        head = json.dumps({**document([]), "summary": summary}, indent=2).removesuffix("[]\n}")
        entries = ",".join(f"\n    {piece}" for piece in pieces)
        return f"{head}[{entries}\n  ]\n}}\n" if pieces else f"{head}[]\n}}\n"


class Sarif(Format):
    """One log for code scanners."""

    between: ClassVar[str | None] = None

    def __init__(self, *, coloured: bool) -> None:
        super().__init__(coloured=coloured)
        self._folder = os.getcwd()  # noqa: PTH109 -- pathlib costs start-up time

    def piece(self, entry: Entry) -> str:
        """Return a file's results, indented to their place."""
        import json

        from codeexec_config.rendering.sarif import results

        found = results(entry.shown, self._folder)
        return ",\n        ".join(
            json.dumps(result, ensure_ascii=False, indent=2).replace("\n", "\n        ") for result in found
        )

    def whole(self, pieces: Sequence[str], summary: Mapping[str, int]) -> str:  # noqa: ARG002
        """Return the log."""
        import json

        from codeexec_config.rendering.sarif import log

        text = json.dumps(log([]), ensure_ascii=False, indent=2)
        if not pieces:
            return f"{text}\n"
        tail = "]\n    }\n  ]\n}"
        results = ",".join(f"\n        {piece}" for piece in pieces)
        return f"{text.removesuffix(tail)}{results}\n      {tail}\n"


class GitHub(Format):
    """Workflow commands, for annotations."""

    def piece(self, entry: Entry) -> str:
        """Return the commands of one file."""
        from codeexec_config.rendering.github import render_github

        return render_github(entry.shown)


FORMATS: Final[dict[str, type[Format]]] = {
    "text": Text,
    "concise": Concise,
    "json": Json,
    "sarif": Sarif,
    "github": GitHub,
}
