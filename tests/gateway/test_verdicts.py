"""Every document that the gateway judged gets its verdict and value here, or another one on purpose."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.gateway import judging
from tests.gateway.judging import Verdict

ROWS = judging.rows()
GROUPS = judging.groups()
DIFFERENCES = {row: expected for group in GROUPS for row, expected in group.rows.items()}
SAME = [name for name in ROWS if name not in DIFFERENCES]


def _theirs(row: dict[str, Any]) -> Verdict:
    """Return the gateway's verdict; of what it refused only the fact is known."""
    return Verdict([] if row["accepted"] else ["refused"], row.get("value"))


def _ours(row: dict[str, Any]) -> Verdict:
    errors, value = judging.judge(row["toml"], row["env"])
    return Verdict(["refused"] if errors else [], value)


def test_all_documents_are_here() -> None:
    assert 301 == len(ROWS)


@pytest.mark.parametrize("name", SAME)
def test_a_document_gets_the_verdict_and_the_value_of_the_gateway(name: str) -> None:
    assert _theirs(ROWS[name]) == _ours(ROWS[name])


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_deliberate_difference_is_one(name: str) -> None:
    assert _theirs(ROWS[name]) != _ours(ROWS[name])


@pytest.mark.thorough(one_in=4)
@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_deliberate_difference_has_the_findings_or_the_value_beside_it(name: str) -> None:
    row = ROWS[name]

    assert judging.expected_verdict(DIFFERENCES[name]) == judging.judge(row["toml"], row["env"])


def test_a_row_is_named_in_one_group_at_most() -> None:
    named = Counter(row for group in GROUPS for row in group.rows)

    assert [] == [row for row, count in named.items() if count > 1]


def test_a_group_names_rows_that_exist() -> None:
    assert [] == [row for row in DIFFERENCES if row not in ROWS]


def test_a_group_has_a_name_of_its_own_and_one_sentence_of_reason() -> None:
    assert len(GROUPS) == len({group.name for group in GROUPS})
    for group in GROUPS:
        assert group.reason.endswith(".")
        assert ". " not in group.reason


def test_a_group_has_a_row_or_a_document_that_shows_it() -> None:
    shown = {variation.group for variation in judging.variations().values()}

    assert [] == [group.name for group in GROUPS if not group.rows and group.name not in shown]
