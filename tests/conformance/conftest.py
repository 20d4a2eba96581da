"""The reports that several tests read, and what executors that are broken on purpose leave to the garbage collector."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
Reports = dict[str, dict[str, Any]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what one broken executor dropped be no failure of the test that is running when it is found."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(scope="package", autouse=True)
def _collect() -> Iterator[None]:
    """Find it here, and not in a test of something else."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def reports(request: pytest.FixtureRequest) -> Reports:
    """Run, side by side, whatever the tests of this session want to read."""
    from tests.conformance.judging import judge_all

    jobs = [item.callspec.params.get("job") for item in request.session.items if hasattr(item, "callspec")]
    return judge_all(dict.fromkeys(filter(None, jobs)))
