"""The kit's programs in R."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import QUOTED, UNICODE

__all__ = ["PROGRAMS"]

PROGRAMS: Final = {
    "say": r'cat("@TEXT@\n")',
    "comment": "#",
    "syntax_error": "function( {",
    "uncaught_error": 'stop("@TEXT@")',
    "exit": "quit(status = @CODE@)",
    "kill_itself": r"""
tools::pskill(Sys.getpid(), 9L)
Sys.sleep(1)
cat("survived\n")
""",
    "quoting": f'cat(r"---({QUOTED})---", "\\n", sep = "")',
    "utf8": f'cat("{UNICODE}\\n")',
    "both_streams": r"""
cat("to-out\n")
cat("to-err\n", file = stderr())
""",
    "raw_bytes": r"""invisible(system("printf '\\377\\376'"))""",
    "flood": r"""
block <- strrep("x", 1023)
repeat cat(block, "\n", sep = "")
""",
    "fill": 'cat(strrep("x", @COUNT@))',
    "busy": "repeat {}",
    "before_sleep": r"""
cat("before\n")
flush(stdout())
Sys.sleep(60)
""",
    "orphan": r"""
system("KIT=@MARKER@ setsid sleep 60 &")
cat("started\n")
flush(stdout())
Sys.sleep(60)
""",
    "outliving": r"""
system("KIT=@MARKER@ sleep 60 &")
cat("parent done\n")
""",
    "fail_late": r"""
cat("@TEXT@\n")
flush(stdout())
Sys.sleep(@SECS@)
quit(status = 1)
""",
    "pause": r"""
cat("@TEXT@-1\n")
flush(stdout())
Sys.sleep(0.5)
cat("@TEXT@-2\n")
""",
    "touch": r"""
cat("begin\n")
flush(stdout())
blocks <- lapply(1:@MEBIBYTES@, function(i) rep(1, 131072))
cat("touched", length(blocks), "\n")
""",
    "failing_parent": r"""
system("KIT=@MARKER@ setsid sleep 60 &")
cat("started\n")
flush(stdout())
quit(status = 3)
""",
    "killed_parent": r"""
system("KIT=@MARKER@ setsid sleep 60 &")
cat("started\n")
flush(stdout())
tools::pskill(Sys.getpid(), 9)
""",
    "flooding_parent": r"""
system("KIT=@MARKER@ setsid sleep 60 &")
cat("started\n")
flush(stdout())
block <- strrep("x", 1023)
repeat cat(block, "\n", sep = "")
""",
    "greedy_parent": r"""
system("KIT=@MARKER@ setsid sleep 60 &")
cat("started\n")
flush(stdout())
blocks <- lapply(1:@MEBIBYTES@, function(i) rep(1, 131072))
""",
    "connect": r"""
for (host in strsplit("@HOSTS@", " ")[[1]]) try({
  connection <- suppressWarnings(socketConnection(host, @PORT@, open = "w", timeout = 1))
  writeLines("@NONCE@", connection)
  close(connection)
}, silent = TRUE)
cat("tried\n")
""",
    "read": r"""
try(cat(suppressWarnings(readLines("@PATH@", warn = FALSE)), "\n"), silent = TRUE)
cat("tried\n")
""",
    "environment": "print(Sys.getenv())",
    "variables": 'cat("[", Sys.getenv("KIT_ONE"), "][", Sys.getenv("KIT_TWO"), "]", sep = "")',
    "stdin": 'invisible(system("cat"))',
    "file": 'cat(readChar("data/in.txt", 100000L, useBytes = TRUE))',
    "artifact": """
dir.create("out", showWarnings = FALSE)
writeBin(as.raw(c(0, 255, 254, 10)), "out/result.bin")
""",
    "link": """
dir.create("out", showWarnings = FALSE)
invisible(file.symlink("@PATH@", "out/link"))
""",
    "leave_state": r"""
kit_state <- 1
invisible(suppressWarnings(file.create("kit_state")))
cat("left\n")
""",
    "find_state": r"""
cat(if (exists("kit_state") || file.exists("kit_state")) "found\n" else "clean\n")
""",
    "session_set": "x <- 1",
    "session_get": r'cat(x + 1, "\n")',
    "unlike": r'cat(format(as.numeric(Sys.time()), digits = 20), runif(3), "\n")',
}
