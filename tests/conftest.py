"""Settings of all property tests: a busy machine is no failure, and the same commit tests the same examples.

With `CODEEXEC_FULL=1` they try thousands of examples each, and others every time.
"""

from hypothesis import HealthCheck, settings

from tests.counts import FULL, MANY

settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "full", settings.get_profile("project"), derandomize=False, max_examples=MANY, print_blob=True
)
settings.load_profile("full" if FULL else "project")
