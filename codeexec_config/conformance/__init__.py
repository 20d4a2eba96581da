"""The kit that tests whether an executor keeps the promises of the protocol.

`run_conformance(executor)` runs programs through it and returns a `ConformanceReport`; `python -m codeexec_config
conformance MODULE:FACTORY` prints one; `codeexec_config.conformance.pytest_plugin` turns each check into a test. A
check passes, fails, is skipped if its capability is not declared, or is not applicable to a language. A capability
that is declared but not kept is a failure.
"""

from __future__ import annotations

from codeexec_config.conformance.checks import CHECKS, Check
from codeexec_config.conformance.figures import Deadlines, Sizes
from codeexec_config.conformance.hosting import own_output, with_printed
from codeexec_config.conformance.probing import LeakProbe, processes_with
from codeexec_config.conformance.report import CheckResult, ConformanceReport, Override, Verdict
from codeexec_config.conformance.snippets import SNIPPETS
from codeexec_config.conformance.suite import run_conformance

__all__ = [
    "CHECKS",
    "SNIPPETS",
    "Check",
    "CheckResult",
    "ConformanceReport",
    "Deadlines",
    "LeakProbe",
    "Override",
    "Sizes",
    "Verdict",
    "own_output",
    "processes_with",
    "run_conformance",
    "with_printed",
]
