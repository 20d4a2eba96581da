"""The README tells people who come from the gateway every deliberate difference, in the words of the data."""

from __future__ import annotations

import re
from pathlib import Path

from tests.gateway import judging

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
HEADING = "Coming from the gateway's own parser"


def _entries() -> list[str]:
    """Give the entries of the section's list, each in one line."""
    [section] = re.findall(rf"^## {re.escape(HEADING)}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    return [" ".join(entry.split()) for entry in re.split(r"^\* ", section, flags=re.MULTILINE)[1:]]


def test_the_readme_lists_the_differences_in_the_order_of_the_data() -> None:
    assert [f"**{group.name}.** {group.reason}" for group in judging.groups()] == _entries()
