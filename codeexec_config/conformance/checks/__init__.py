"""The table of checks: what must be seen of an executor, one function a line or two.

Identifiers are stable. A check with a program takes a `Kit`, one without takes the `Subject`. It returns when it saw
what must be seen, and raises `Failed`, `Skipped` or `NotApplicable` else.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from codeexec_config.conformance.checks import (
    cancelling,
    carrying,
    describing,
    enduring,
    isolating,
    output,
    resources,
    running,
    timing,
)
from codeexec_config.executor import Capability

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHECKS", "Check", "Scope"]


class Scope(Enum):
    """What a check looks at."""

    EXECUTOR = "the executor as a whole, before its languages"
    ONE_LANGUAGE = "the executor as a whole, by a program in its first language"
    LANGUAGE = "each language"
    END = "the executor as a whole, when all else is done"


class Check(NamedTuple):
    """One line of the table."""

    id: str
    title: str
    function: Callable[[Any], None]
    needs: Capability | None = None
    scope: Scope = Scope.LANGUAGE
    async_only: bool = False


CHECKS: Final = (
    Check("D01", "has the shape of an executor", describing.shape, scope=Scope.EXECUTOR),
    Check("D02", "describes itself the same each time, at once", describing.description, scope=Scope.EXECUTOR),
    Check("D03", "refuses an unknown language", describing.unknown_language, scope=Scope.ONE_LANGUAGE),
    Check("R01", "runs a program", running.hello),
    Check("R02", "takes an empty program", running.empty_code),
    Check("R03", "a syntax error failed", running.syntax_error),
    Check("R04", "an uncaught error failed, and is told", running.uncaught_error),
    Check("R05", "exit code 3 is the program's", partial(running.exit_code, code=3), Capability.EXIT_CODE),
    Check("R06", "exit code 124 is no timeout", partial(running.exit_code, code=124), Capability.EXIT_CODE),
    Check("R07", "exit code 137 is no kill", partial(running.exit_code, code=137), Capability.EXIT_CODE),
    Check("R08", "a program can kill itself", running.own_signal, Capability.SIGNALS),
    Check("R09", "a long program runs or is refused", running.long_source),
    Check("R10", "the source arrives as it is", running.quoting),
    Check("O01", "the two streams are apart", output.streams_apart, Capability.STDERR),
    Check("O02", "output is bytes", output.raw_bytes, Capability.BYTES),
    Check("O03", "text is UTF-8", output.utf8),
    Check("O04", "an endless flood is cut and flagged", output.flood),
    Check("O05", "a stream that is just full is whole", output.exactly_full),
    Check("T01", "a busy loop is timed out on time", timing.busy_loop),
    Check("T02", "a timeout keeps the output", timing.partial_output),
    Check("T03", "a timeout needs no consent", timing.deaf),
    Check("T04", "a timeout ends children too", timing.orphan),
    Check("T05", "a child ends with its parent", timing.outliving_child),
    Check("T06", "a short program is quick", timing.no_latency),
    Check("T07", "a program runs once", timing.run_once),
    Check("M01", "memory is limited", resources.memory_limit, Capability.MEMORY),
    Check("M02", "the memory limit is told", resources.memory_status, Capability.MEMORY_STATUS),
    Check("M03", "a child's death of memory is the child's", resources.childs_memory, Capability.MEMORY_STATUS),
    Check("P01", "a fork storm meets a limit", resources.fork_storm, Capability.PIDS),
    Check("K01", "a cancelled run ends", cancelling.while_running, Capability.CANCEL, async_only=True),
    Check("K02", "a cancelled start ends", cancelling.during_start_up, Capability.CANCEL, async_only=True),
    Check("K03", "the event loop goes on", cancelling.heartbeat, async_only=True),
    Check("I01", "there is no network", isolating.no_network, Capability.NO_NETWORK),
    Check("I02", "there are no files of the host", isolating.isolated_fs, Capability.ISOLATED_FS),
    Check("I03", "there are no variables of the host", isolating.clean_env, Capability.CLEAN_ENV),
    Check("I04", "programs share no state", isolating.no_shared_state),
    Check("E01", "variables arrive exactly", isolating.variables, Capability.ENV),
    Check("S01", "standard input arrives exactly", carrying.stdin, Capability.STDIN),
    Check("F01", "files arrive exactly", carrying.files, Capability.FILES),
    Check("F02", "artifacts come back exactly", carrying.artifacts, Capability.ARTIFACTS),
    Check("Z01", "a session keeps its state", carrying.sessions, Capability.SESSIONS),
    Check("N01", "programs run together", enduring.together),
    Check("X01", "a broken back end is told", enduring.broken_back_end, Capability.FAULT_INJECTION),
    Check("L01", "closing twice is closing", enduring.close_twice, Capability.CLOSE, scope=Scope.END),
)
