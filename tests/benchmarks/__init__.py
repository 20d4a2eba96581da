"""Measure the library against its peers: `python -m tests.benchmarks`."""
