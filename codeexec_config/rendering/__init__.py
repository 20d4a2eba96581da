"""Views of a report: text for people, a line a finding, and JSON. Each is a pure function of diagnostics."""
