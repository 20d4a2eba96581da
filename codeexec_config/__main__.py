"""Run `python -m codeexec_config`."""

import sys

from codeexec_config.cli import main

sys.exit(main())
