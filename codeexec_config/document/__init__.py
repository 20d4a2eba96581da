"""A text, and where things stand in it: parsing, selection, places, excerpts, edits."""

from __future__ import annotations

from typing import Any, NamedTuple


class Document(NamedTuple):
    """A text and what it says; `body` is the text without a byte order mark, `shift` the mark's length."""

    body: str
    shift: int
    data: dict[str, Any]
