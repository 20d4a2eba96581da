"""The reports that several tests read, and what executors that are broken on purpose leave to the garbage collector."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.judging import Judging

HERE = Path(__file__).parent
Reports = dict[str, dict[str, Any]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what one broken executor dropped be no failure of the test that is running when it is found.

    What reads reports comes last in its place, so that other tests run while they are made.
    """
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
    places = [place for place, item in enumerate(items) if item in ours]
    for place, item in zip(places, sorted(ours, key=lambda item: bool(job_of(item))), strict=True):
        items[place] = item


def job_of(item: pytest.Item) -> str:
    """Return the job whose report a test reads, if it does."""
    call = getattr(item, "callspec", None)
    return call.params.get("job", "") if call else ""


@pytest.fixture(scope="package", autouse=True)
def _collect() -> Iterator[None]:
    """Find it here, and not in a test of something else, which may also want to fork and to have one thread alone."""
    before = set(threading.enumerate())
    yield
    gc.collect()
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(30)
    assert [thread.name for thread in left if thread.is_alive()] == []


@pytest.fixture(scope="package", autouse=True)
def judging(request: pytest.FixtureRequest) -> Iterator[Judging | None]:
    """Begin, side by side, whatever the tests of this session want to read."""
    jobs = dict.fromkeys(filter(None, map(job_of, request.session.items)))
    if not jobs:
        yield None
        return
    from tests.conformance.judging import Judging

    begun = Judging(jobs)
    yield begun
    begun.end()


@pytest.fixture(scope="package")
def reports(judging: Judging) -> Reports:
    """Return the reports of all that was begun."""
    return judging.reports()
