"""The context of the place where a text stops being TOML, for the modules that explain it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config.document.tokens import Due
from codeexec_config.expressions import expression
from codeexec_config.keys import Key, Kind, keys_of
from codeexec_config.rules.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codeexec_config.document.flaws import Change
    from codeexec_config.document.scanner import Scan
    from codeexec_config.document.tokens import Flaw
    from codeexec_config.findings import Path

_WORD: Final = expression(r"[^\s#,\]}]*")
_ENDS_VALUE: Final = expression(r"[ \t]*(?:\r?\n|,|\Z)|[ \t]+#")
_CLOSES: Final = expression(r"[ \t]*[\]}]")


class Reason(NamedTuple):
    """Why a text is not TOML.

    Attributes:
        message: what is wrong, without any text of the file but a key.
        help: what to do about it.
        title: what the fix does.
        changes: the fix, which is dropped if it does not make more of the text readable.
        at: the place, if it is not that of the flaw.
        related: another place, and what it is.
    """

    message: str
    help: str | None = None
    title: str | None = None
    changes: tuple[Change, ...] = ()
    at: int | None = None
    related: tuple[str, int] | None = None


def example_of_list(key: Key | None) -> str:
    """Return an example of a list in TOML: of what a key takes, or of languages if it takes no list."""
    entry = key.examples[0][0] if key is not None and key.kind == "list" else "python"
    return f'["{entry}"]'


class Slip:
    """A flaw and its context.

    Attributes:
        text: the whole text.
        at: the offset of the flaw.
        began: where the value begins in or after which the flaw is.
        end: the end of the value's line.
        word: the text of the value, up to whitespace or a character that may end a value.
    """

    def __init__(self, scan: Scan, flaw: Flaw, section: Path, model: type[Any]) -> None:
        self.scan = scan
        self._model = model
        self._section = tuple(map(str, section))
        self.text = scan.text
        self.due = flaw.due
        self.at = flaw.start
        self.opening = flaw.opening
        self.began = self._value_start(flaw)
        self.end = self.line_end(self.began)
        word = _WORD.match(self.text, self.began)
        self.word = word[0] if word else ""

    def _value_start(self, flaw: Flaw) -> int:
        """Return where the value begins; for a flaw after a value, where that value begins."""
        if flaw.due in {Due.LINE_END, Due.COMMA} and self.scan.values:
            last = next(reversed(self.scan.values.values()))
            return last.start if last.start > self.scan.statements[-1] else flaw.start
        return flaw.start if flaw.opening is None or flaw.due is not Due.VALUE else flaw.opening

    @property
    def rest(self) -> str:
        """The line from the flaw on."""
        return self.text[self.at : self.line_end(self.at)]

    @property
    def line(self) -> str:
        """The line from the value on."""
        return self.text[self.began : self.end]

    @cached_property
    def key(self) -> Key | None:
        """The description of the key whose value this is, as far as its names tell; None in another owner's table."""
        *around, name = self.scan.key or ("",)
        if not self._may_be_ours([str(part) for part in around]):
            return None
        return next((key for key in _every_key(self._model) if key.name == name), None)

    def _may_be_ours(self, names: list[str]) -> bool:
        """Check for the path of the section's table or one within it; slips and missing leading parts are allowed."""
        if not self._section:
            return not names
        *before, last = self._section
        at = next((at for at, name in enumerate(names) if nearest(name, (last,))), None)
        return at is not None and all(nearest(name, before) for name in names[:at])

    @property
    def concerns_section(self) -> bool:
        """Whether the text contains the section's name, or the statement one of its keys."""
        name = self.text[self.scan.statements[-1] : self.at].strip(" \t\"'")
        is_named = not self._section or self._section[-1] in self.text
        return is_named or any(key.name == name for key in _every_key(self._model))

    @property
    def takes(self) -> Kind | None:
        """The kind of value that the key takes, if it is known."""
        return self.key.kind if self.key else None

    def line_end(self, at: int) -> int:
        """Return the end of a place's line, without its line end."""
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end
        return end - (end > at and self.text[end - 1] == "\r")

    def ends_value(self, at: int) -> bool:
        """Check whether a value may end at a place."""
        is_closed = bool(self.scan.brackets) and _CLOSES.match(self.text, at) is not None
        return is_closed or _ENDS_VALUE.match(self.text, at) is not None


def _every_key(cls: type[Any]) -> Iterator[Key]:
    for key in keys_of(cls):
        yield key
        for variant in (key.variants or {}).values():
            yield from _every_key(variant)
