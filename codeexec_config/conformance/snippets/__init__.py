r"""The programs of the kit, by language and purpose.

If a language lacks a purpose, its checks are "n/a" there. `@NAME@` is a value that the check fills in. An
implementer whose interpreter differs (no `require`, no child processes) overrides single programs; a program must do
what its purpose requires:

| purpose | must |
|---|---|
| `say` | print @TEXT@ |
| `comment` | open a comment that runs to the end of the line |
| `syntax_error` | not be a program |
| `uncaught_error` | end with an error with the text @TEXT@ |
| `exit_text` | end with the call that exits with an error message, @TEXT@ |
| `exit` | end with exit code @CODE@ |
| `abort_itself` | send itself SIGABRT, and print `survived` if it survives |
| `terminate_itself` | send itself SIGTERM, and print `survived` if it survives |
| `kill_itself` | kill or abort itself, and print `survived` if it survives |
| `quoting` | print `QUOTED` |
| `utf8` | print `UNICODE` |
| `both_streams` | print `to-out` to standard output, `to-err` to standard error |
| `raw_bytes` | write the bytes ff fe |
| `flood` | print without end |
| `fill` | write exactly @COUNT@ bytes |
| `busy` | compute without end |
| `before_sleep` | print `before` without a line end, flush, sleep a minute |
| `deaf` | ignore SIGTERM, print `deaf` repeatedly, flush each time, for a minute |
| `graceful` | end well by SIGTERM, print `ready`, flush, sleep a minute |
| `orphan` | start a child with @MARKER@, in its own session, for a minute; sleep a minute |
| `outliving` | start a child with @MARKER@ for a minute; print `parent done`; end well |
| `fail_late` | print @TEXT@, flush, sleep @SECS@, end with an error |
| `pause` | print @TEXT@-1, flush, sleep half a second, print @TEXT@-2 |
| `touch` | print `begin`, flush, fill @MEBIBYTES@ MiB, print `touched` |
| `child_touch` | let a child fill them; print `child died` or `child ended well`; end well |
| `forks` | start up to @FORKS@ children of 20 s, then print `forks N` |
| `connect` | send @NONCE@ to @PORT@ of each of @HOSTS@ (separated by spaces), a second each at most; print `tried` |
| `read` | print the file @PATH@ if it can be read; print `tried` |
| `environment` | print all variables |
| `variables` | print `[` KIT_ONE `][` KIT_TWO `]` without a line end |
| `stdin` | copy standard input to standard output |
| `first_line` | print the first line of standard input |
| `file` | copy the file data/in.txt to standard output |
| `artifact` | write the bytes 00 ff fe 0a to out/result.bin |
| `link` | make out/link a symbolic link to @PATH@ |
| `leave_state` | set a variable kit_@NONCE@, make files kit_@NONCE@ and .kit_@NONCE@, print `left` |
| `find_state` | print `found` if one of them is there, else `clean` |
| `session_set`, `session_get` | set x to 1; print x + 1 |
| `session_put`, `session_show` | set x to @VALUE@; print x |
| `session_late` | sleep @SECS@, print `late` |
| `session_count` | count x up without end, whatever interrupts it |
| `session_child` | start a child with @MARKER@ for a minute, print `started` |
| `imports`, `processes` | import a library, start a process; print `works` |
| `verbatim` | begin with the language's name as a word, print `VERBATIM` |
| `line_number` | print `line` and the number of this line of the source |
| `tell_all` | print all that it can see of its own start, @MARKS@, and @TEXT@; end with exit code 1 |
| `lines` | print @COUNT@ lines of 63 digits |
| `both_full` | write @COUNT@ `e` to standard error, then as many `o` to standard output |
| `snowmen` | write `x` and @COUNT@ snowmen |
| `blank_output`, `last_line` | write `\\n \\tx \\n\\n`; write `first\\nlast` |
| `flood_stderr` | print to standard error without end |
| `nap` | sleep @SECS@, print `slept` |
| `killed_late` | print @TEXT@, flush, sleep @SECS@, kill itself by SIGKILL |
| `failing_parent`, `killed_parent` | start a detached child with @MARKER@, print `started`, exit 3 or end by SIGKILL |
| `flooding_parent` | start a detached child with @MARKER@, print `started`, print without end |
| `greedy_parent` | start a detached child with @MARKER@, print `started`, flush, fill @MEBIBYTES@ MiB |
| `touch_together` | let @CHILDREN@ children fill @MEBIBYTES@ MiB each; print `full` and how many hold it for a second |
| `forks_held` | start up to @FORKS@ children, hold them for @SECS@ |
| `datagram` | send @NONCE@ by UDP to @PORT@ of each of @HOSTS@; print `tried` |
| `abstract` | send @NONCE@ to the abstract socket @NAME@; print `tried` |
| `write` | append @NONCE@ to each of @PATHS@; print `tried` |
| `settings` | print the boot identifier, and `open` with each of @PATHS@ that can be written; print `tried` |
| `inherited` | write @NONCE@ to each inherited descriptor, print what can be read from it; print `tried` |
| `look_around` | print `seen in cmdline` or `seen in environ` of each process with @HEAD@@TAIL@ there; print `tried` |
| `signal` | send SIGUSR1 to the process @PID@; print `tried` |
| `signal_group` | send SIGTERM, which it ignores, to its own group; print `tried` |
| `ignored_signals` | print the line SigIgn of its status; print `tried` |
| `leave_files`, `find_files` | make, or look for, a file @NONCE@ in /tmp and the like; print `found`; print `tried` |
| `patch_module`, `find_patch` | change a library; print `found` if it is changed; print `tried` |
| `own_file` | write a file of a fixed name, print `written`, sleep @SECS@, print `own` if it is as it was |
| `find_own` | print `seen` and the path of a file of that name in the folders around its own; print `tried` |
| `link_folder` | make out a symbolic link to the folder @PATH@; print `tried` |
| `fifo` | make a pipe out/fifo, a folder out/folder, and if it may out/device, the null device; print `tried` |
| `sparse` | make out/sparse.bin, @BYTES@ long and empty; print `tried` |
| `file_hex` | print the file data/in.bin in hexadecimal digits |
| `source_name` | print the name of its source and of all that is in its folder; print `tried` |
| `show_files` | print name and text of each file of @NAMES@, a literal separated by bars; print `tried` |
| `show_variables` | print `NAME=[VALUE]` for each of @NAMES@ |
| `big_file` | write @BYTES@ to a file, print `size` and that |
| `fill_disk` | write up to @MEBIBYTES@ MiB to files, print `wrote` and how many |
| `semaphore` | take a lock that processes share, print `works` |
| `controls`, `exact_errors` | write `CONTROLS`; write `ERRORS` to standard error |
| `complain` | print @MARKS@ to standard error, end with exit code @CODE@ |
| `close_output` | close both streams, sleep @SECS@, end with exit code 3 |
| `unlike` | print something unique to the run, such as the time and a random number |
| `end_soon` | run a child with @MARKER@ for @SECS@, end with exit code @CODE@ |
| `killed_soon` | run a child with @MARKER@ for @SECS@, kill itself by SIGKILL |
| `find_variables` | print `seen in` and where @HEAD@@TAIL@ is found: arguments of processes, files; print `tried` |
| `search` | print what is in each of @PATHS@, and in host.txt of folders named in @NAMES@, and the path; \
device and inode of each of @FOLDERS@, all separated by bars, and the path; the boot identifier; `tried` |
| `connect_child` | do as `connect` does in another process |
| `artifacts` | write out/empty.bin, out/text.txt, @BYTES@ zeros to out/big.bin and out/second.bin; exit 3 |
| `touch_shared` | print `begin`, flush, fill @MEBIBYTES@ MiB of shared memory, print `touched` |
| `change_host` | set a variable, the umask and the working folder; print `tried` |
"""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets import bash, javascript, julia, python, r, ruby, sql
from codeexec_config.conformance.snippets.texts import (
    ARTIFACT,
    COMPLAINTS,
    CONTROLS,
    ERRORS,
    MARKS,
    QUOTED,
    UNICODE,
    VERBATIM,
)

__all__ = ["ARTIFACT", "COMPLAINTS", "CONTROLS", "ERRORS", "MARKS", "QUOTED", "SNIPPETS", "UNICODE", "VERBATIM"]

_TABLES: Final = {
    "python": python.PROGRAMS,
    "javascript": javascript.PROGRAMS,
    "bash": bash.PROGRAMS,
    "ruby": ruby.PROGRAMS,
    "r": r.PROGRAMS,
    "julia": julia.PROGRAMS,
    "sql": sql.PROGRAMS,
}
SNIPPETS: Final[dict[str, dict[str, str]]] = {
    language: {purpose: code.strip("\n") for purpose, code in table.items()} for language, table in _TABLES.items()
}
"""The kit's programs, by language and purpose."""
