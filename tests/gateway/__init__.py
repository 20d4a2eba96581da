"""The section compared with the gateway that it comes from: its verdicts, and the deliberate differences."""
