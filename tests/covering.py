"""Measure coverage of a test run, in every process that runs tests: `pytest -p tests.covering`.

It begins when pytest loads it, before the package is imported.
"""

import coverage

_measure = coverage.Coverage(data_suffix=True)
_measure.set_option("run:disable_warnings", ["no-data-collected"])  # what hands out the tests may run none
_measure.start()


def pytest_unconfigure():
    """Keep what was measured; a worker of pytest-xdist ends without what Python runs at exit."""
    _measure.stop()
    _measure.save()
