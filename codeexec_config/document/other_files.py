"""Recognise other kinds of text in place of a config by how they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codeexec_config.document.slips import Reason
from codeexec_config.expressions import expression

if TYPE_CHECKING:
    from codeexec_config.document.slips import Slip

_LONGEST_PATH: Final = 300
_PATH: Final = expression(r"[\w./\\:~ -]+\.toml|(?:~|\.{0,2}|[A-Za-z]:)[/\\](?![/\\])[\w./\\:~ -]+")
"""The path of a TOML file, or one that begins as no key does."""
_KINDS: Final = (
    ("version https://git-lfs[.]github[.]com/", "a Git LFS pointer", "fetch the file itself: git lfs pull"),
    (r"\$ANSIBLE_VAULT;|-----BEGIN |age-encryption[.]org/", "an encrypted file", "decrypt it first"),
    (r"HTTP/[0-9.]+ [0-9]{3}\b|[0-9]{3}: ", "the response of a server", "check how the file was fetched"),
    (r"diff --git |--- [^\n]*\n\+\+\+ ", "a diff", "apply it to the file"),
    (r"PK\x03\x04|\x7fELF|[^\n=]{0,8}\0", "a binary file", "check which file was meant"),
)
_BEGINNINGS: Final = tuple((expression(pattern), kind, help_) for pattern, kind, help_ in _KINDS)


def explain_other_file(slip: Slip) -> Reason | None:
    """Return what a text is, if it is clearly something else."""
    if len(slip.text) <= _LONGEST_PATH and _PATH.fullmatch(slip.text.strip()):
        # Some systems check out a link as a text file that contains its target.
        return _reason("the path of a file", "`load` and `check_file` take a path; a link may have been copied as text")
    found = (_reason(kind, help_) for pattern, kind, help_ in _BEGINNINGS if pattern.match(slip.text))
    return next(found, None)


def _reason(kind: str, help_: str) -> Reason:
    return Reason(f"this looks like {kind}, not like TOML", help_)
