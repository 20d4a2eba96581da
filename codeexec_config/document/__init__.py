"""A TOML text and the positions in it: parsing, selection, places, excerpts, edits."""

from __future__ import annotations

from typing import Any


class Document:
    """A text and its data; `body` is the text without a byte order mark, `shift` the mark's length."""

    __slots__ = ("body", "data", "shift")

    def __init__(self, body: str, shift: int, data: dict[str, Any]) -> None:
        self.body = body
        self.shift = shift
        self.data = data
