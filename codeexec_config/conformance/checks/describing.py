"""D: how an executor describes itself."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import attrs

from codeexec_config import limits
from codeexec_config.conformance.calling import call_in_thread
from codeexec_config.conformance.kit import NotApplicable, expect, told, traced
from codeexec_config.executor import ExecutorInfo, LanguageUnsupported, check_executor

if TYPE_CHECKING:
    from codeexec_config.conformance.kit import Kit, Subject

_UNKNOWN = "kit-unknown"


def shape(subject: Subject) -> None:
    """D01: `check_executor` has no complaint."""
    call = call_in_thread(lambda: check_executor(subject.executor))
    outcome = subject.settled(call, "describe()", subject.deadlines.describe)
    expect(outcome.error is None, f"describe() raised {told(outcome.error)}", traced(outcome.error))
    expect(not outcome.result, "; ".join(outcome.result or ()))


def description(subject: Subject) -> None:
    """D02: two descriptions are equal, quick, and name languages as configs do."""
    first, second = subject.describe(), subject.describe()
    for outcome in (first, second):
        expect(outcome.error is None, f"describe() raised {told(outcome.error)}", traced(outcome.error))
        expect(isinstance(outcome.result, ExecutorInfo), "describe() returned no ExecutorInfo")
    expect(first.result == second.result, "two descriptions differ")
    expect(first.result.languages, "it describes no language")
    wrong = [name for name in first.result.languages if not _is_name(name)]
    expect(not wrong, f"no names of languages as configs write them: {', '.join(map(repr, wrong))}")


def _is_name(name: str) -> bool:
    return bool(re.fullmatch(limits.LANGUAGE_PATTERN, name)) and len(name) <= limits.LANGUAGE_LENGTH


def _a_program(kit: Kit, marker: str) -> str:
    """Return a program that can be seen by its marker, if the language has one."""
    with suppress(NotApplicable):
        return kit.code("orphan", marker=marker)
    return ""


def unknown_language(kit: Kit) -> None:
    """D03: an unsupported language raises `LanguageUnsupported`, and nothing starts."""
    marker = kit.nonce()
    code = _a_program(kit, marker)
    request = attrs.evolve(kit.request(code), language=_UNKNOWN)
    call = kit.start(request)
    started = kit.sees(marker, call, kit.allowed_secs(request))
    outcome = kit.outcome(request, call)
    refused = isinstance(outcome.error, LanguageUnsupported)
    expect(refused, f"expected LanguageUnsupported, got {told(outcome.error or outcome.result)}")
    expect(not started, "a program was started")
    kit.expect_nothing_left(marker)
