"""Read workflow commands as a runner of GitHub Actions does, written from GitHub's documentation of them.

A line that begins with `::` is a command: its name, a space and properties separated by commas, `::`, and its data. In
data `%25`, `%0D` and `%0A` stand for a percent sign, a carriage return and a line feed; in a property `%3A` and `%2C`
stand for a colon and a comma too.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<properties>.*?))?::(?P<data>.*)")
_ESCAPES = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
_DATA = re.compile("%0D|%0A|%25")
_PROPERTY = re.compile("%0D|%0A|%3A|%2C|%25")
ANNOTATIONS = {"error", "warning", "notice"}
PROPERTIES = {"title", "file", "line", "endLine", "col", "endColumn"}


class Command(NamedTuple):
    """A command with its properties and its data, as the runner takes them."""

    name: str
    properties: dict[str, str]
    data: str


def read(output: str) -> list[Command]:
    """Return the annotations of an output; fail for a line that is none, or that a runner would take otherwise."""
    return [_read_line(line) for line in re.split(r"\r\n|\r|\n", output.removesuffix("\n")) if output]


def _read_line(line: str) -> Command:
    found = _COMMAND.fullmatch(line)
    assert found is not None, line
    pairs = [pair.partition("=") for pair in (found["properties"] or "").split(",")]
    properties = {name: _unescaped(_PROPERTY, value) for name, _, value in pairs}
    assert len(properties) == len(pairs)
    assert found["name"] in ANNOTATIONS
    assert properties.keys() <= PROPERTIES
    return Command(found["name"], properties, _unescaped(_DATA, found["data"]))


def _unescaped(escape: re.Pattern[str], text: str) -> str:
    return escape.sub(lambda found: _ESCAPES[found[0]], text)
