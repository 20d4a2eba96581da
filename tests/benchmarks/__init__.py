"""Measure the library beside its peers: `python -m tests.benchmarks`."""
