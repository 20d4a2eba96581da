"""Settings of all property tests: a busy machine is no failure, and the same commit tests the same examples."""

from hypothesis import settings

settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
