"""Run `python -m codeexec_config`, also installed as `codeexec-config`."""

import os
import sys

from codeexec_config.cli import main


def run() -> None:
    """Run one command, and exit with its status."""
    status = main()
    threading = sys.modules.get("threading")
    if threading and threading.active_count() > 1:
        # An executor under test did not return; Python would wait for its threads, perhaps forever.
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    run()
