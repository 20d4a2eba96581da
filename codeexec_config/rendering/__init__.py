"""Views of a report: text for people, one line per finding, JSON, and others; all pure functions of diagnostics."""
