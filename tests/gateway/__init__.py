"""The section beside the gateway that it comes from: its verdicts, and where this library parts on purpose."""
