"""The kit's programs in R."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import CONTROLS, ERRORS, QUOTED, UNICODE, VERBATIM, octal

__all__ = ["PROGRAMS"]

_TEXT_OF: Final = """
text_of <- function(path, most) {
  bytes <- tryCatch(suppressWarnings(readBin(path, "raw", most)), error = function(e) raw())
  bytes[bytes == 0] <- as.raw(10)
  rawToChar(bytes)
}
""".strip()

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
    "abort_itself": r"""
tools::pskill(Sys.getpid(), 6L)
Sys.sleep(1)
cat("survived\n")
""",
    "terminate_itself": r"""
tools::pskill(Sys.getpid(), 15L)
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
cat("before")
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
kit_@NONCE@ <- 1
invisible(suppressWarnings(file.create("kit_@NONCE@")))
cat("left\n")
""",
    "find_state": r"""
cat(if (exists("kit_@NONCE@") || file.exists("kit_@NONCE@")) "found\n" else "clean\n")
""",
    "session_set": "x <- 1",
    "session_get": r'cat(x + 1, "\n")',
    "unlike": r'cat(format(as.numeric(Sys.time()), digits = 20), runif(3), "\n")',
    "deaf": r"""
system("trap '' TERM; while :; do echo deaf; sleep 0.1; done")
""",
    "child_touch": r"""
fill <- "blocks <- lapply(1:@MEBIBYTES@, function(i) rep(1, 131072)); quit(status = 0)"
code <- system2(file.path(R.home("bin"), "Rscript"), c("-e", shQuote(fill)), stdout = FALSE, stderr = FALSE)
cat(if (code == 0) "child ended well\n" else "child died\n")
""",
    "verbatim": f'r <- 3\ncat(r"---({VERBATIM})---", "\\n", sep = "")',
    "tell_all": rf"""
{_TEXT_OF}
show <- function(path) cat(text_of(path, 20000), "\n")
parent <- sub("PPid:\\s*", "", grep("^PPid", readLines("/proc/self/status"), value = TRUE))
files <- head(list.files(all.files = TRUE), 20)
for (path in c("/proc/self/cmdline", file.path("/proc", parent, "cmdline"), files)) show(path)
cat(commandArgs(), Sys.getenv(), sep = "\n")
cat(r"---(@MARKS@)---", "\n@TEXT@\n")
quit(status = 1)
""",
    "lines": r'cat(sprintf("%063d\n", seq_len(@COUNT@)), sep = "")',
    "both_full": r"""
cat(strrep("e", @COUNT@), file = stderr())
cat(strrep("o", @COUNT@))
""",
    "snowmen": r'cat("x", strrep("\u2603", @COUNT@), sep = "")',
    "blank_output": r'cat("\n \tx \n\n")',
    "last_line": r'cat("first\nlast")',
    "flood_stderr": r"""
block <- strrep("x", 1023)
repeat cat(block, "\n", sep = "", file = stderr())
""",
    "nap": r"""
Sys.sleep(@SECS@)
cat("slept\n")
""",
    "killed_late": r"""
cat("@TEXT@\n")
flush(stdout())
Sys.sleep(@SECS@)
tools::pskill(Sys.getpid(), 9L)
""",
    "write": r"""
for (path in strsplit("@PATHS@", " ")[[1]]) try(suppressWarnings(cat("@NONCE@", file = path, append = TRUE)), TRUE)
cat("tried\n")
""",
    "settings": r"""
try(cat(suppressWarnings(readLines("/proc/sys/kernel/random/boot_id")), "\n"), silent = TRUE)
for (path in strsplit("@PATHS@", " ")[[1]]) if (file.exists(path)) try({
  close(suppressWarnings(file(path, "r+")))
  cat("open", path, "\n")
}, silent = TRUE)
cat("tried\n")
""",
    "look_around": rf"""
{_TEXT_OF}
word <- paste0("@HEAD@", "@TAIL@")
for (folder in Sys.glob("/proc/[0-9]*")) if (basename(folder) != Sys.getpid()) {{
  for (name in c("cmdline", "environ")) {{
    text <- text_of(file.path(folder, name), 200000)
    if (grepl(word, text, fixed = TRUE, useBytes = TRUE)) cat("seen in", name, "of", folder, "\n")
  }}
}}
cat("tried\n")
""",
    "signal": r"""
invisible(tools::pskill(@PID@, tools::SIGUSR1))
cat("tried\n")
""",
    "ignored_signals": r"""
cat(grep("SigIgn", readLines("/proc/self/status"), value = TRUE), "\n")
cat("tried\n")
""",
    "leave_files": r"""
for (folder in c("/tmp", "/var/tmp", "/dev/shm", "/var/cache", "/run", "/run/lock", Sys.getenv("HOME", "."))) {
  suppressWarnings(file.create(file.path(folder, "@NONCE@")))
}
cat("tried\n")
""",
    "find_files": r"""
for (folder in c("/tmp", "/var/tmp", "/dev/shm", "/var/cache", "/run", "/run/lock", Sys.getenv("HOME", "."))) {
  if (file.exists(file.path(folder, "@NONCE@"))) cat("found in", folder, "\n")
}
cat("tried\n")
""",
    "patch_module": r"""
options(kit_state = 1)
cat("tried\n")
""",
    "find_patch": r"""
cat(if (is.null(getOption("kit_state"))) "clean\n" else "found\n")
cat("tried\n")
""",
    "own_file": r"""
mine <- format(runif(1), digits = 15)
writeLines(mine, "kit_own")
cat("written\n")
flush(stdout())
Sys.sleep(@SECS@)
found <- tryCatch(suppressWarnings(readLines("kit_own")), error = function(e) NULL)
cat(if (is.null(found)) "gone\n" else if (identical(found, mine)) "own\n" else "of another run\n")
""",
    "link_folder": r"""
invisible(file.symlink("@PATH@", "out"))
cat("tried\n")
""",
    "fifo": r"""
dir.create("out/folder", recursive = TRUE)
invisible(system("mkfifo out/fifo; mknod out/device c 1 3 2>/dev/null"))
cat("tried\n")
""",
    "file_hex": r"""
cat(as.character(readBin("data/in.bin", "raw", 100000)), "\n", sep = "")
""",
    "show_files": r"""
for (name in strsplit(@NAMES@, "|", fixed = TRUE)[[1]]) {
  cat(name, readChar(name, file.size(name), useBytes = TRUE), "\n")
}
cat("tried\n")
""",
    "show_variables": r"""
for (name in strsplit("@NAMES@", " ")[[1]]) cat(name, "=[", Sys.getenv(name, "unset"), "]\n", sep = "")
""",
    "big_file": r"""
tryCatch({
  writeBin(raw(@BYTES@), "kit_big")
  cat("size ", format(file.size("kit_big"), scientific = FALSE), "\n", sep = "")
}, error = function(e) cat("cannot\n"))
""",
    "find_own": r"""
for (folder in c("..", "../..", Sys.getenv("HOME", "."), "/tmp", "/var/tmp")) {
  for (path in Sys.glob(file.path(folder, c("", "*", "*/*", "*/*/*"), "kit_own"))) cat("seen", path, "\n")
}
cat("tried\n")
""",
    "fill_disk": r"""
block <- raw(1048576)
most <- 0
for (folder in c(".", "/var/tmp", Sys.getenv("HOME", "."), "/tmp", "/dev/shm")) {
  made <- 0
  try(suppressWarnings(while (made < @MEBIBYTES@) {
    file <- file(file.path(folder, paste0("kit_big", made)), "wb", raw = TRUE)
    for (i in seq_len(min(16, @MEBIBYTES@ - made))) {
      writeBin(block, file)
      made <- made + 1
    }
    close(file)
  }), silent = TRUE)
  names <- list.files(folder, pattern = "^kit_big", full.names = TRUE)
  most <- max(most, sum(file.size(names), na.rm = TRUE) %/% 1048576)
  unlink(names)
  if (most >= @MEBIBYTES@) break
}
cat("wrote ", most, "\n", sep = "")
""",
    "change_host": r"""
Sys.setenv(KIT_CHANGED = "1")
Sys.umask("0")
setwd("/")
cat("tried\n")
""",
    "controls": f"""invisible(system(r"---(printf '{octal(CONTROLS)}')---"))""",
    "exact_errors": f"""invisible(system(r"---(printf '{octal(ERRORS)}' >&2)---"))""",
    "complain": r"""
cat(r"---(@MARKS@)---", "\n", file = stderr())
quit(status = @CODE@)
""",
    "end_soon": r"""
system("KIT=@MARKER@ sleep @SECS@")
quit(status = @CODE@)
""",
    "killed_soon": r"""
system("KIT=@MARKER@ sleep @SECS@")
tools::pskill(Sys.getpid(), 9L)
""",
    "find_variables": rf"""
{_TEXT_OF}
word <- paste0("@HEAD@", "@TAIL@")
look <- function(path) {{
  if (grepl(word, text_of(path, 200000), fixed = TRUE, useBytes = TRUE)) cat("seen in", path, "\n")
}}
for (path in Sys.glob("/proc/[0-9]*/cmdline")) look(path)
for (folder in c(".", Sys.getenv("HOME", "."), "/etc", "/run", "/tmp")) {{
  within <- c(folder, Filter(dir.exists, Sys.glob(file.path(folder, c("*", ".[!.]*")))))
  files <- Sys.glob(file.path(rep(head(within, 50), each = 2), c("*", ".[!.]*")))
  for (path in head(files, 500)) if (utils::file_test("-f", path)) look(path)
}}
cat("tried\n")
""",
    "search": r"""
found <- strsplit("@PATHS@", "|", fixed = TRUE)[[1]]
wanted <- strsplit("@NAMES@", "|", fixed = TRUE)[[1]]
folders <- ""
for (depth in 1:4) {
  folders <- Filter(function(path) !nzchar(Sys.readlink(path)) && dir.exists(path), Sys.glob(file.path(folders, "*")))
  folders <- head(setdiff(folders, c("/proc", "/sys", "/usr", "/dev")), 5000)
  found <- c(found, file.path(folders[basename(folders) %in% wanted], "host.txt"))
}
for (path in found) try(cat(suppressWarnings(readLines(path, warn = FALSE)), path, "\n"), silent = TRUE)
try(cat(suppressWarnings(readLines("/proc/sys/kernel/random/boot_id")), "\n", sep = ""), silent = TRUE)
flush(stdout())
for (path in strsplit("@FOLDERS@", "|", fixed = TRUE)[[1]]) {
  if (length(list.files(path, all.files = TRUE, no.. = TRUE))) system(paste("stat -c '%d:%i %n'", path))
}
cat("tried\n")
""",
    "artifacts": r"""
dir.create("out", showWarnings = FALSE)
invisible(file.create("out/empty.bin"))
writeBin(charToRaw("first\r\nsecond \n"), "out/text.txt")
for (name in c("big", "second")) writeBin(raw(@BYTES@), paste0("out/", name, ".bin"))
quit(status = 3)
""",
}
