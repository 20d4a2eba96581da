"""Settings of all property tests, and the choice of cases.

A busy machine is not a failure, and the same commit tests the same examples; with `CODEEXEC_FULL=1` others every time.
"""

import signal
from itertools import count

import pytest
from hypothesis import HealthCheck, settings

from tests.counts import FULL, THOROUGH, tries

SHARED = ("tests/backends/", "tests/conformance/", "tests/engines/")
"""Folders whose tests share an engine, or the runs of the kit."""

USUAL = 100
"""What Hypothesis tries of a property without its own settings."""

settings.register_profile(
    "project",
    deadline=None,
    derandomize=not FULL,
    max_examples=tries(USUAL),
    print_blob=FULL,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup; child processes would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """Leave to thorough runs what is marked so, unless a case is asked for by its name."""
    if THOROUGH or any("[" in argument for argument in config.args):
        return
    places = {}
    kept, left = [], []
    for item in items:
        mark = item.get_closest_marker("thorough")
        place = next(places.setdefault(item.nodeid.partition("[")[0], count())) if mark else 0
        is_kept = mark is None or ("one_in" in mark.kwargs and place % mark.kwargs["one_in"] == 0)
        (kept if is_kept else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config, log):
    """Let one worker run a whole file, and one a whole folder that shares what is dear to begin."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            folder = next(filter(nodeid.startswith, SHARED), None)
            return folder or nodeid.partition("::")[0]

    return ByFile(config, log)
