"""TOML itself: what the package reads as TOML, what it refuses, and where."""
