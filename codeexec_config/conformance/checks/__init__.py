"""The table of checks: what each does, what an executor must show, and the capability that promises it.

Identifiers are stable. A check with a program takes a `Kit`, one without takes the `Subject`. It returns if it passes,
and raises `Failed`, `Skipped` or `NotApplicable` otherwise.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from codeexec_config.conformance.checks import (
    cancelling,
    carrying,
    describing,
    enduring,
    holding,
    isolating,
    lasting,
    leaving,
    measuring,
    mistaking,
    offering,
    output,
    reaching,
    resources,
    running,
    sharing,
    streams,
    timing,
)
from codeexec_config.conformance.checks.table import Check, Scope
from codeexec_config.executor import Capability as C  # noqa: N817 -- a column of the table

__all__ = ["CHECKS", "Check", "Scope"]

_WHOLE: Final = Scope.EXECUTOR

_DESCRIBING: Final = (
    Check("D01", "has the shape of an executor", "look at its methods", describing.shape, scope=_WHOLE),
    Check(
        "D02",
        "describes itself the same each time, immediately",
        "describe twice",
        describing.description,
        scope=_WHOLE,
    ),
    Check(
        *("D03", "refuses an unknown language", "run an unknown language", describing.unknown_language),
        scope=Scope.ONE_LANGUAGE,
    ),
)
_RUNNING: Final = (
    Check("R01", "runs a program", "print a word", running.hello),
    Check("R02", "accepts an empty program", "run nothing", running.empty_code),
    Check("R03", "a syntax error is a failure", "run what is not a program", running.syntax_error),
    Check("R04", "an uncaught error is a failure with its text", "raise an error", running.uncaught_error, after="O09"),
    Check("R05", "exit code 3 is the program's", "exit 3", partial(running.exit_code, code=3), C.EXIT_CODE),
    Check(
        "R06",
        "exit code 124 is not a timeout",
        "exit 124",
        partial(running.exit_code, code=124),
        C.EXIT_CODE,
        after="R05",
    ),
    Check(
        "R07", "exit code 137 is not a kill", "exit 137", partial(running.exit_code, code=137), C.EXIT_CODE, after="R05"
    ),
    Check("R08", "a program can kill itself", "SIGKILL itself; abort", running.own_signal, C.SIGNALS, after="R19"),
    Check("R09", "a long program runs or is refused", "run 200 kB of source", running.long_source),
    Check("R10", "the source arrives as it is", "print quotes, $HOME, backticks, Unicode", running.quoting),
    Check("R11", "lines like end marks and fences are source", "print EOF, ```, a first word", running.verbatim),
    Check("R12", "blank lines around a program are kept", "print a line number", running.blanks_around),
    Check("R13", "source that cannot be encoded gets an answer", "half an emoji; a NUL", mistaking.half_a_character),
    Check(
        "R14", "signals that the host ignores are not ignored", "look under SIGHUP ignored", reaching.ignored_signals
    ),
    Check("R15", "verdicts are right when the host ignores SIGCHLD", "run two programs", reaching.ignored_children),
    Check("R16", "processes can share a lock", "take one of multiprocessing", running.semaphore),
    Check("R17", "a file may exceed the output limit", "write 512 KiB to a file", running.big_file),
    Check("R18", "no line or name decides where the source goes", "# filename: ../../x", running.named_source),
    Check("R19", "an interpreter that dies gets an answer", "SIGKILL itself", running.any_end),
    Check(
        "R20", "every exit code is the program's", "exit 125, 255", running.every_exit_code, C.EXIT_CODE, after="R05"
    ),
    Check("R21", "an identical program is run again", "print the time, twice", running.runs_again),
    Check("R22", "a program may close its output", "close both streams, exit 3", running.closed_output, waits=True),
)
_OUTPUT: Final = (
    Check("O01", "the two streams are separate", "a line to each", output.streams_apart, C.STDERR, after="O09"),
    Check("O02", "output is bytes", "write ff fe", output.raw_bytes, C.BYTES, after="O06"),
    Check("O03", "text is UTF-8", "print Unicode", output.utf8),
    Check("O04", "an endless flood is cut and flagged", "flood standard output", output.flood),
    Check("O05", "a stream that is exactly full is whole", "print exactly the limit", output.exactly_full),
    Check("O06", "output other than text gets an answer", "write ff fe", streams.an_answer),
    Check("O07", "a flood of the other stream is bounded", "flood standard error", streams.other_flood, after="O04"),
    Check("O08", "a flood does not fill the host's disk", "flood, and look at files", streams.spooled, after="O04"),
    Check("O09", "the host's streams stay the host's", "look at what the host prints", streams.hosts_streams),
    Check("O10", "output is read while the program runs", "print 300 kB of lines", streams.more_than_a_pipe),
    Check("O11", "a line may be long", "print 300 kB in one line", streams.one_long_line, after="O10"),
    Check("O12", "both streams are read concurrently", "300 kB to each", streams.both_full, C.STDERR, after="O10 O11"),
    Check("O13", "characters are whole", "300 kB of three-byte characters", streams.characters_whole, after="O10 O11"),
    Check("O14", "the output limit counts bytes", "fewer characters than the limit", streams.cap_in_bytes, after="O04"),
    Check("O15", "whitespace and control characters are kept", "print them", streams.blanks_kept),
    Check("O16", "line ends are the program's", "print lines", streams.line_ends_kept, after="O10"),
    Check("O17", "a last line needs no line end", "print two lines and one line end", streams.last_line_kept),
    Check(
        "O18", "no output decides the verdict", "print end marks, errors, and everything it can see", streams.end_marks
    ),
    Check(
        "O19",
        "standard error is kept as it is",
        "whitespace and colours",
        streams.errors_kept,
        C.STDERR,
        after="O01 O15",
    ),
)
_TIME: Final = (
    Check("T01", "a busy loop is timed out on time", "loop", timing.busy_loop, waits=True),
    Check("T02", "a timeout keeps the output", "print, then sleep", timing.partial_output, after="T01", waits=True),
    Check("T03", "a timeout needs no consent", "ignore SIGTERM, keep printing", timing.deaf, after="T01", waits=True),
    Check("T04", "a timeout ends children too", "a child in its own session", timing.orphan, after="T01", waits=True),
    Check("T05", "a child ends with its parent", "a child that would run on", timing.outliving_child, waits=True),
    Check("T06", "a short program is quick", "print a word under a limit of 30 s", timing.no_latency),
    Check("T07", "a program runs once", "fail late, and soon; be timed out", timing.run_once, after="T01", waits=True),
    Check("T08", "half a second is a limit", "sleep under 0.5 s", measuring.short_limit, after="T01 T02", waits=True),
    Check(
        "T09",
        "limits are not rounded",
        "2.15 s under 2.95 s; 1.6 s under 1.05 s",
        measuring.fraction,
        after="T06 T08",
        waits=True,
    ),
    Check("T10", "the start-up does not count as the program's time", "a limit below it", measuring.start_up_apart),
    Check("T11", "the time in a result is the program's", "sleep 1 s", measuring.time_measured, waits=True),
    Check(
        *("T12", "a program that fails leaves no child", "a child, then exit 3", leaving.failing_parent),
        after="T04 T05",
        waits=True,
    ),
    Check(
        *("T13", "a program that is killed leaves no child", "a child, SIGKILL", leaving.killed_parent),
        after="T04 T05 R19",
        waits=True,
    ),
    Check(
        *("T14", "a program that a signal ends runs once", "SIGKILL itself late", leaving.killed_once),
        after="R19",
        waits=True,
    ),
    Check(
        *("T15", "a flood that is stopped leaves no child", "a child, then a flood", leaving.flooding_parent),
        after="T04 T05 O04",
    ),
    Check(
        *("T16", "a run that ends while it starts leaves nothing", "limits of 2 ms and more"),
        leaving.ended_while_starting,
        after="T04",
    ),
)
_RESOURCES: Final = (
    Check("M01", "memory is limited", "fill 1 GiB under 128 MiB", resources.memory_limit, C.MEMORY),
    Check("M02", "the memory limit is reported", "the same", resources.memory_status, C.MEMORY_STATUS, after="M01"),
    Check(
        *("M03", "a child killed for memory fails alone", "a child fills it", resources.childs_memory),
        C.MEMORY_STATUS,
        after="M01",
    ),
    Check(
        "M04",
        "memory is counted together",
        "8 children, 3 limits in total; shared memory",
        resources.memory_together,
        C.MEMORY,
        after="M01",
    ),
    Check("M05", "the memory in a result is the program's", "fill 200 MiB; print a word", measuring.memory_measured),
    Check("M06", "a tiny memory limit breaks nothing", "print a word under 1 MiB", mistaking.small_memory),
    Check(
        *("M07", "the memory limit leaves no child", "a child, then fill 1 GiB", leaving.greedy_parent),
        needs=C.MEMORY,
        after="M01 T04 T05",
    ),
    Check("P01", "a fork storm meets a limit", "500 forks", resources.fork_storm, C.PIDS),
    Check(
        "P02", "programs do not share a limit of processes", "3 forks next to 500", resources.processes_apart, C.PIDS
    ),
    Check(
        "P03", "a fork storm gets the program's own verdict", "500 forks", resources.storms_verdict, C.PIDS, after="P01"
    ),
    Check("G01", "what a program writes is bounded", "write 2 GiB to files", resources.disk_bounded, C.DISK),
)
_CANCELLING: Final = (
    Check("K01", "a cancelled run ends", "cancel it", cancelling.while_running, C.CANCEL, async_only=True, after="T04"),
    Check(
        "K02",
        "a cancelled start ends",
        "cancel that",
        cancelling.during_start_up,
        C.CANCEL,
        async_only=True,
        after="K01 T04",
    ),
    Check("K03", "the event loop keeps running", "a heartbeat during a run", cancelling.heartbeat, async_only=True),
    Check(
        *("K04", "a second cancellation changes nothing", "cancel it twice", cancelling.twice, C.CANCEL),
        async_only=True,
        after="K01 T04",
    ),
)
_ISOLATION: Final = (
    Check("I01", "the network is unreachable", "connect to the kit", isolating.no_network, C.NO_NETWORK),
    Check("I02", "no files of the host are there", "look for files of the kit", isolating.isolated_fs, C.ISOLATED_FS),
    Check(
        "I03", "no variables of the host are there", "print all, and look for them", isolating.clean_env, C.CLEAN_ENV
    ),
    Check("I04", "programs share no state", "leave a variable and a file", isolating.no_shared_state),
    Check("I05", "no process shows the host's variables", "/proc/*/environ", reaching.others_environment, C.CLEAN_ENV),
    Check("I06", "no datagram gets out", "send one over UDP", reaching.datagrams, C.NO_NETWORK, after="I01"),
    Check("I07", "IPv6 is unreachable", "connect to ::1", reaching.newer_protocol, C.NO_NETWORK, after="I01"),
    Check(
        "I08",
        "abstract sockets are unreachable",
        "connect to one",
        reaching.abstract_sockets,
        C.NO_NETWORK,
        after="I01",
    ),
    Check(
        "I09", "files of the host are not written", "append", reaching.host_files_written, C.ISOLATED_FS, after="I02"
    ),
    Check(
        "I10",
        "the host's kernel cannot be configured",
        "open settings and devices",
        reaching.kernel_settings,
        C.ISOLATED_FS,
    ),
    Check("I11", "no descriptor of the host is inherited", "use all", reaching.descriptors, C.ISOLATED_FS),
    Check("I12", "no process of the host is seen", "look", reaching.host_processes_seen, C.ISOLATED_PROCESSES),
    Check(
        "I13",
        "no process of the host is signalled",
        "try",
        reaching.host_processes_signalled,
        C.ISOLATED_PROCESSES,
        after="I12",
    ),
    Check("I14", "a program's group is its own", "kill 0", reaching.group_signalled, C.ISOLATED_PROCESSES),
    Check("I15", "well-known folders are empty", "leave files in /tmp", sharing.files_left, C.ISOLATED_FS, after="I09"),
    Check("I16", "libraries are as they were", "change one", sharing.patched_module),
    Check("I17", "programs share no folder", "two at once", sharing.equal_programs, after="N01"),
    Check("I18", "the host's process stays as it is", "set variables, chdir", reaching.hosts_process_unchanged),
)
_CARRYING: Final = (
    Check("E01", "variables arrive exactly", "quotes, a line end", isolating.variables, C.ENV),
    Check("E02", "no variable is dropped", "empty, lower case, Unicode", mistaking.odd_variables, C.ENV, after="E01"),
    Check("E03", "a long variable arrives or is refused", "200 kB", mistaking.long_variable, C.ENV),
    Check("E04", "a variable that cannot be encoded is refused", "half an emoji", mistaking.half_a_variable, C.ENV),
    Check("S01", "standard input arrives exactly", "copy it", carrying.stdin, C.STDIN),
    Check("S02", "standard input that is empty ends", "copy none", carrying.input_ends),
    Check("S03", "the host's standard input is the host's", "copy it", carrying.hosts_input),
    Check("F01", "files arrive exactly", "copy one; one outside", carrying.files, C.FILES),
    Check(
        "F02",
        "artifacts come back exactly",
        "bytes; a missing one; a link; of a failure",
        carrying.artifacts,
        C.ARTIFACTS,
    ),
    Check(
        "F03", "a linked folder leads nowhere", "a link to the kit's", carrying.linked_folder, C.ARTIFACTS, after="F02"
    ),
    Check("F04", "only a file is an artifact", "a pipe, a folder, a device", carrying.no_files, C.ARTIFACTS),
    Check("F05", "artifacts are bounded", "512 MiB of nothing", carrying.sparse_artifact, C.ARTIFACTS),
    Check("F06", "files need not be text", "all bytes", carrying.binary_file, C.FILES, after="F01"),
    Check("F07", "paths that conflict are refused", "a, and a/b", mistaking.conflicting_paths, C.FILES),
    Check("F08", "a name too long is refused", "300 characters", mistaking.long_name, C.FILES),
    Check("F09", "no file name is reserved", "main.py, and names in use", mistaking.users_files, C.FILES, after="F01"),
)
_SESSIONS: Final = (
    Check("Z01", "a session keeps its state", "x = 1; print x + 1; close", lasting.keeps_state, C.SESSIONS),
    Check(
        "Z02", "two sessions are separate", "x = 1; x = 5; files; close", lasting.two_sessions, C.SESSIONS, after="Z01"
    ),
    Check("Z03", "no answer comes late", "sleep over the limit; print", lasting.own_answer, C.SESSIONS, after="Z01"),
    Check(
        *("Z04", "a session's program can be stopped", "count; cancel that", lasting.stops_computing, C.SESSIONS),
        after="Z01 Z02",
    ),
    Check("Z05", "a closed session is ended", "a child; close", lasting.closed_is_ended, C.SESSIONS, after="Z01"),
    Check("Z06", "a session must have been opened", "another name; another language", lasting.never_opened, C.SESSIONS),
    Check("Z07", "a dead session gets an answer", "SIGKILL itself", lasting.dead_interpreter, C.SESSIONS, after="Z01"),
    Check("Z08", "a session runs one at a time", "two at once", lasting.one_at_a_time, C.SESSIONS, after="Z01"),
    Check(
        *("Z09", "a session is isolated the same way", "look outside", holding.walls, C.SESSIONS),
        after="Z01 I01 I02 I12",
    ),
    Check(
        *("Z10", "a session has the same limits", "much output, 1 GiB, 500 forks", holding.limits, C.SESSIONS),
        after="Z01 O04 M01 P01",
    ),
    Check(
        "Z11",
        "a session accepts any program",
        "print end marks; two at once",
        holding.any_program,
        C.SESSIONS,
        after="Z01 R11 O18",
    ),
)
_OFFERING: Final = (
    Check("V01", "health is reported", "ask where a run works", offering.health, after="R01"),
    Check("V02", "a stream comes while the program runs", "two lines, apart", offering.stream, after="N01"),
    Check("V03", "closing a stream ends the program", "close it", offering.closed_stream, after="T04 V02"),
    Check(
        *("V04", "a stream has the same limits", "sleep over the limit; flood", offering.streams_limits),
        after="T01 O04 V02",
        waits=True,
    ),
)
_ENDURING: Final = (
    Check("N01", "programs run concurrently", "as many as it accepts", enduring.together),
    Check("N02", "a wait for a place does not count as time", "four at once", measuring.waiting_apart, after="N01"),
    Check(
        *("N03", "one program's end is not another's", "stop others next to it", enduring.ends_apart),
        after="N01 T01 O04 R19",
        waits=True,
    ),
    Check("X01", "a broken back end is reported", "break it", leaving.broken_back_end, C.FAULT_INJECTION, after="T04"),
    Check(
        *("X02", "nothing is started again", "break it, and count", leaving.broken_once, C.FAULT_INJECTION),
        after="X01",
        waits=True,
    ),
    Check("X03", "a missing engine is reported", "PATH leads nowhere", leaving.engine_missing),
    Check(
        *("X04", "a clean-up that fails or hangs leaves the verdict", "nothing can be removed", leaving.clean_up_fails),
        after="T01 T04",
        waits=True,
    ),
    Check(
        "X05",
        "an error says whether the program began",
        "break it",
        leaving.begun_is_told,
        C.FAULT_INJECTION,
        after="X01",
    ),
    Check(
        "H01", "a program does not outlive a dead host", "kill the host", leaving.host_killed, C.HOST_DEATH, after="T04"
    ),
    Check("H02", "sweep ends what a dead host left", "kill the host, sweep", leaving.swept, after="T04"),
    Check("L02", "runs leave no folder", "run to each end, three times", leaving.folders_left),
    Check("L03", "runs leave no zombie, thread or open file", "run to three ends", leaving.zombies_left),
    Check(
        *(
            "L04",
            "closing ends what is running",
            "close during a program",
            leaving.close_with_something_running,
            C.CLOSE,
        ),
        after="T04",
        scope=Scope.LAST_PROGRAM,
    ),
    Check("L01", "closing twice does no harm", "close twice", leaving.close_twice, C.CLOSE, scope=Scope.END),
)

CHECKS: Final[tuple[Check, ...]] = (
    *(*_DESCRIBING, *_RUNNING, *_OUTPUT, *_TIME, *_RESOURCES, *_CANCELLING),
    *(*_ISOLATION, *_CARRYING, *_SESSIONS, *_OFFERING, *_ENDURING),
)
