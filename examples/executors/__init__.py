"""Executors to copy from: gVisor, Docker, bubblewrap, and an external service, each held to the conformance kit."""
