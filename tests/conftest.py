"""Settings of all property tests: a busy machine is no failure, and the same commit tests the same examples.

With `CODEEXEC_FULL=1` they try thousands of examples each, and others every time.
"""

import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.counts import FULL, MANY

SHARED = ("tests/backends/", "tests/conformance/", "tests/engines/")
"""Folders whose tests share an engine, or the runs of the kit."""

settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "full", settings.get_profile("project"), derandomize=False, max_examples=MANY, print_blob=True
)
settings.load_profile("full" if FULL else "project")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as behind nohup; whoever is started here would ignore it too
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config, log):
    """Let one worker run a whole file, and one a whole folder that shares what is dear to begin."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            folder = next(filter(nodeid.startswith, SHARED), None)
            return folder or nodeid.partition("::")[0]

    return ByFile(config, log)
