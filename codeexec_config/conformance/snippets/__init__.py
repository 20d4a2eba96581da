r"""The programs of the kit, by language and purpose.

A purpose that a language lacks makes its checks "n/a" there. `@NAME@` stands for a value that the check fills in. An
implementer whose interpreter differs (no `require`, no child processes) overrides single programs; a program must do
what its purpose says here:

| purpose | must |
|---|---|
| `say` | print @TEXT@ |
| `comment` | be what opens a comment that runs to the end of the line |
| `syntax_error` | not be a program |
| `uncaught_error` | end by an error that says @TEXT@ |
| `exit` | end with exit code @CODE@ |
| `kill_itself` | end by a SIGKILL or an abort of its own, and print `survived` when it goes on |
| `quoting` | print `QUOTED` |
| `utf8` | print `UNICODE` |
| `both_streams` | print `to-out` to standard output, `to-err` to standard error |
| `raw_bytes` | write the bytes ff fe |
| `flood` | print without end |
| `fill` | write exactly @COUNT@ bytes |
| `busy` | compute without end |
| `before_sleep` | print `before`, flush, sleep a minute |
| `deaf` | ignore SIGTERM, print `deaf`, flush, last a minute |
| `orphan` | start a child that carries @MARKER@, in a session of its own, for a minute; sleep a minute |
| `outliving` | start a child that carries @MARKER@ for a minute; print `parent done`; end well |
| `fail_late` | print @TEXT@, flush, sleep @SECS@, end by an error |
| `pause` | print @TEXT@-1, flush, sleep half a second, print @TEXT@-2 |
| `touch` | print `begin`, flush, fill @MEBIBYTES@ MiB, print `touched` |
| `child_touch` | let a child fill them; print `child died` or `child ended well`; end well |
| `forks` | start up to @FORKS@ children of 20 s, then print `forks N` |
| `connect` | send @NONCE@ to @PORT@ of each of @HOSTS@ (parted by blanks), a second each at most; print `tried` |
| `read` | print the file @PATH@ when it can be read; print `tried` |
| `environment` | print all variables |
| `variables` | print `[` KIT_ONE `][` KIT_TWO `]` without a line end |
| `stdin` | copy standard input to standard output |
| `file` | copy the file data/in.txt to standard output |
| `artifact` | write the bytes 00 ff fe 0a to out/result.bin |
| `link` | make out/link a symbolic link to @PATH@ |
| `leave_state` | set a variable `kit_state`, make a file `kit_state`, print `left` |
| `find_state` | print `found` when either is there, else `clean` |
| `session_set`, `session_get` | set x to 1; print x + 1 |
"""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets import bash, javascript, julia, python, r, ruby, sql
from codeexec_config.conformance.snippets.texts import ARTIFACT, MARKS, QUOTED, UNICODE, VERBATIM

__all__ = ["ARTIFACT", "MARKS", "QUOTED", "SNIPPETS", "UNICODE", "VERBATIM"]

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
