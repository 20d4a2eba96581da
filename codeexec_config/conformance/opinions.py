"""The exceptions of checks that do not pass, and the helpers that raise them."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["Failed", "NotApplicable", "Skipped", "cannot_tell", "expect"]


class Failed(Exception):  # noqa: N818 -- a verdict, not an error
    """The check failed; the text says what it saw.

    Args:
        message: what it saw.
        traceback: the traceback of the exception that it saw, if any.
    """

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class Skipped(Exception):  # noqa: N818 -- the same
    """The check could not be made; the text says why."""


class NotApplicable(Exception):  # noqa: N818 -- the same
    """The language has no program for it, or the executor does not have the form for it."""


def expect(holds: object, message: str, traceback: str = "") -> None:
    """Fail the check unless something holds."""
    if not holds:
        raise Failed(message, traceback)


def cannot_tell(why: str) -> NoReturn:
    """Skip the check: its program did not get far enough to show anything about the executor."""
    raise Skipped(f"cannot tell: {why}")
