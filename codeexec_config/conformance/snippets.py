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

__all__ = ["ARTIFACT", "QUOTED", "SNIPPETS", "UNICODE"]

QUOTED: Final = 'it\'s "quoted" $HOME ${X} `id` \\n \\\\ %d & | ; <> ! # * ~ \u00e9 \u2603 \U0001f600'
UNICODE: Final = "h\u00e9llo \u2603 \U0001f600"
ARTIFACT: Final = b"\x00\xff\xfe\n"

_PYTHON: Final = {
    "say": 'print("@TEXT@")',
    "comment": "#",
    "syntax_error": "def (:",
    "uncaught_error": 'raise ValueError("@TEXT@")',
    "exit": """
import sys
sys.exit(@CODE@)
""",
    "kill_itself": """
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
print("survived")
""",
    "quoting": f"print(r'''{QUOTED}''')",
    "utf8": f'print("{UNICODE}")',
    "both_streams": """
import sys
print("to-out")
print("to-err", file=sys.stderr)
""",
    "raw_bytes": r"""
import sys
sys.stdout.buffer.write(b"\xff\xfe")
""",
    "flood": r"""
import os
block = b"x" * 1023 + b"\n"
while True:
    os.write(1, block)
""",
    "fill": """
import sys
sys.stdout.write("x" * @COUNT@)
""",
    "busy": """
while True:
    pass
""",
    "before_sleep": """
import time
print("before", flush=True)
time.sleep(60)
""",
    "deaf": """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
for _ in range(600):
    time.sleep(0.1)
""",
    "orphan": """
import subprocess, sys, time
child = [sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"]
subprocess.Popen(child, start_new_session=True)
print("started", flush=True)
time.sleep(60)
""",
    "outliving": """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"])
print("parent done")
""",
    "fail_late": """
import time
print("@TEXT@", flush=True)
time.sleep(@SECS@)
raise SystemExit(1)
""",
    "pause": """
import time
print("@TEXT@-1", flush=True)
time.sleep(0.5)
print("@TEXT@-2")
""",
    "touch": """
print("begin", flush=True)
blocks = [b"x" * 1048576 for _ in range(@MEBIBYTES@)]
print("touched", len(blocks))
""",
    "child_touch": """
import subprocess, sys
greedy = "blocks = [b'x' * 1048576 for _ in range(@MEBIBYTES@)]"
code = subprocess.run([sys.executable, "-c", greedy], stderr=subprocess.DEVNULL).returncode
print("child died" if code else "child ended well")
""",
    "forks": """
import os, time
made = 0
for _ in range(@FORKS@):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        time.sleep(20)
        os._exit(0)
    made += 1
print("forks", made)
""",
    "connect": """
import socket
for host in "@HOSTS@".split():
    try:
        with socket.create_connection((host, @PORT@), 1) as connection:
            connection.sendall(b"@NONCE@")
    except OSError:
        pass
print("tried")
""",
    "read": """
try:
    print(open("@PATH@").read())
except OSError:
    pass
print("tried")
""",
    "environment": """
import os
for name, value in os.environ.items():
    print(name, value)
""",
    "variables": """
import os, sys
sys.stdout.write("[%s][%s]" % (os.environ.get("KIT_ONE"), os.environ.get("KIT_TWO")))
""",
    "stdin": """
import sys
sys.stdout.buffer.write(sys.stdin.buffer.read())
""",
    "file": """
import sys
sys.stdout.buffer.write(open("data/in.txt", "rb").read())
""",
    "artifact": """
import os
os.makedirs("out", exist_ok=True)
with open("out/result.bin", "wb") as file:
    file.write(bytes([0, 255, 254, 10]))
""",
    "link": """
import os
os.makedirs("out", exist_ok=True)
os.symlink("@PATH@", "out/link")
""",
    "leave_state": """
kit_state = 1
try:
    open("kit_state", "w").close()
except OSError:
    pass
print("left")
""",
    "find_state": """
import os
print("found" if "kit_state" in globals() or os.path.exists("kit_state") else "clean")
""",
    "session_set": "x = 1",
    "session_get": "print(x + 1)",
}

_JAVASCRIPT: Final = {
    "say": 'console.log("@TEXT@");',
    "comment": "//",
    "syntax_error": "function ( {",
    "uncaught_error": 'throw new Error("@TEXT@");',
    "exit": "process.exit(@CODE@);",
    "kill_itself": """
process.kill(process.pid, "SIGKILL");
console.log("survived");
""",
    "quoting": "console.log('" + QUOTED.replace("\\", "\\\\").replace("'", "\\'") + "');",
    "utf8": f'console.log("{UNICODE}");',
    "both_streams": """
console.log("to-out");
console.error("to-err");
""",
    "raw_bytes": "process.stdout.write(Buffer.from([0xff, 0xfe]));",
    "flood": r"""
const fs = require("fs");
const write = data => {
  for (let at = 0; at < data.length;) {
    try { at += fs.writeSync(1, data, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }
};
const block = Buffer.from("x".repeat(1023) + "\n");
for (;;) write(block);
""",
    "fill": 'process.stdout.write("x".repeat(@COUNT@));',
    "busy": "for (;;);",
    "before_sleep": """
console.log("before");
setTimeout(() => {}, 60000);
""",
    "deaf": """
process.on("SIGTERM", () => {});
console.log("deaf");
setTimeout(() => {}, 60000);
""",
    "orphan": """
const { spawn, spawnSync } = require("child_process");
const code = "setTimeout(() => {}, 60000)";
spawn(process.execPath, ["-e", code, "@MARKER@"], { detached: true, stdio: "inherit" });
console.log("started");
setTimeout(() => {}, 60000);
""",
    "outliving": """
const { spawn, spawnSync } = require("child_process");
const code = "setTimeout(() => {}, 60000)";
spawn(process.execPath, ["-e", code, "@MARKER@"], { stdio: "inherit" }).unref();
console.log("parent done");
""",
    "fail_late": """
const sleep = s => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, s * 1000);
console.log("@TEXT@");
sleep(@SECS@);
throw new Error("late");
""",
    "pause": """
const sleep = s => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, s * 1000);
console.log("@TEXT@-1");
sleep(0.5);
console.log("@TEXT@-2");
""",
    "touch": """
console.log("begin");
const blocks = [];
for (let i = 0; i < @MEBIBYTES@; i++) blocks.push(Buffer.alloc(1048576, 1));
console.log("touched", blocks.length);
""",
    "child_touch": """
const { spawn, spawnSync } = require("child_process");
const greedy = "const b = []; for (let i = 0; i < @MEBIBYTES@; i++) b.push(Buffer.alloc(1048576, 1))";
const child = spawnSync(process.execPath, ["-e", greedy], { stdio: "ignore" });
console.log(child.status === 0 ? "child ended well" : "child died");
""",
    "forks": """
const { spawn, spawnSync } = require("child_process");
let made = 0;
for (let i = 0; i < @FORKS@; i++) {
  const child = spawn("sleep", ["20"], { stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
  if (child.pid) made += 1;
}
console.log("forks", made);
""",
    "connect": """
const net = require("net");
let open = 0;
const done = () => { open -= 1; if (open === 0) console.log("tried"); };
for (const host of "@HOSTS@".split(" ")) {
  open += 1;
  const socket = net.connect(@PORT@, host, () => socket.end("@NONCE@"));
  socket.setTimeout(1000, () => socket.destroy());
  socket.on("error", () => {});
  socket.on("close", done);
}
""",
    "read": """
try { console.log(require("fs").readFileSync("@PATH@", "utf8")); } catch {}
console.log("tried");
""",
    "environment": "console.log(process.env);",
    "variables": "process.stdout.write(`[${process.env.KIT_ONE}][${process.env.KIT_TWO}]`);",
    "stdin": "process.stdin.pipe(process.stdout);",
    "file": 'process.stdout.write(require("fs").readFileSync("data/in.txt"));',
    "artifact": """
const fs = require("fs");
fs.mkdirSync("out", { recursive: true });
fs.writeFileSync("out/result.bin", Buffer.from([0, 255, 254, 10]));
""",
    "link": """
const fs = require("fs");
fs.mkdirSync("out", { recursive: true });
fs.symlinkSync("@PATH@", "out/link");
""",
    "leave_state": """
globalThis.kit_state = 1;
try { require("fs").writeFileSync("kit_state", ""); } catch {}
console.log("left");
""",
    "find_state": """
const found = "kit_state" in globalThis || require("fs").existsSync("kit_state");
console.log(found ? "found" : "clean");
""",
    "session_set": "x = 1;",
    "session_get": "console.log(x + 1);",
}

_BASH: Final = {
    "say": "echo '@TEXT@'",
    "comment": "#",
    "syntax_error": "if then fi (",
    "uncaught_error": ': "${KIT_UNSET:?@TEXT@}"',
    "exit": "exit @CODE@",
    "kill_itself": """
kill -KILL $$
echo survived
""",
    "quoting": "printf '%s\\n' '" + QUOTED.replace("'", "'\\''") + "'",
    "utf8": f"echo '{UNICODE}'",
    "both_streams": """
echo to-out
echo to-err >&2
""",
    "raw_bytes": r"printf '\377\376'",
    "flood": r"while :; do printf '%01023d\n' 0; done",
    "fill": "printf '%@COUNT@s' ''",
    "busy": "while :; do :; done",
    "before_sleep": """
echo before
sleep 60
""",
    "deaf": """
trap '' TERM
echo deaf
sleep 60
""",
    "orphan": """
setsid bash -c 'exec -a @MARKER@ sleep 60' &
echo started
sleep 60
""",
    "outliving": """
(exec -a @MARKER@ sleep 60) &
echo 'parent done'
""",
    "fail_late": """
echo '@TEXT@'
sleep @SECS@
exit 1
""",
    "pause": """
echo '@TEXT@-1'
sleep 0.5
echo '@TEXT@-2'
""",
    "touch": r"""
echo begin
blocks=$(head -c @MEBIBYTES@M /dev/zero | tr '\0' x)
echo touched ${#blocks}
""",
    "child_touch": r"""
if bash -c 'blocks=$(head -c @MEBIBYTES@M /dev/zero | tr "\0" x); : ${#blocks}' 2>/dev/null
then echo 'child ended well'
else echo 'child died'
fi
""",
    "forks": """
for ((i = 0; i < @FORKS@; i++)); do sleep 20 & done 2>/dev/null
echoed=$(jobs -p | wc -l)
echo forks $echoed
""",
    "connect": """
for host in @HOSTS@; do
  timeout 1 bash -c "echo @NONCE@ > /dev/tcp/$host/@PORT@" 2>/dev/null
done
echo tried
""",
    "read": """
cat '@PATH@' 2>/dev/null
echo tried
""",
    "environment": "export -p",
    "variables": r'''printf '[%s][%s]' "$KIT_ONE" "$KIT_TWO"''',
    "stdin": "cat",
    "file": "cat data/in.txt",
    "artifact": r"""
mkdir -p out
printf '\000\377\376\n' > out/result.bin
""",
    "link": """
mkdir -p out
ln -s '@PATH@' out/link
""",
    "leave_state": """
kit_state=1
: 2>/dev/null > kit_state
echo left
""",
    "find_state": """
if [ -n "$kit_state" ] || [ -e kit_state ]; then echo found; else echo clean; fi
""",
    "session_set": "x=1",
    "session_get": "echo $((x + 1))",
}

_RUBY: Final = {
    "say": 'puts "@TEXT@"',
    "comment": "#",
    "syntax_error": "def (",
    "uncaught_error": 'raise "@TEXT@"',
    "exit": "exit @CODE@",
    "kill_itself": """
Process.kill(:KILL, $$)
sleep 1
puts "survived"
""",
    "quoting": f"puts <<'KIT'\n{QUOTED}\nKIT",
    "utf8": f'puts "{UNICODE}"',
    "both_streams": """
puts "to-out"
warn "to-err"
""",
    "raw_bytes": r"""
$stdout.binmode
$stdout.write("\xff\xfe".b)
""",
    "flood": r"""
block = "x" * 1023 + "\n"
loop { $stdout.syswrite(block) }
""",
    "fill": 'print "x" * @COUNT@',
    "busy": "loop {}",
    "before_sleep": """
puts "before"
$stdout.flush
sleep 60
""",
    "deaf": """
trap("TERM", "SIG_IGN")
puts "deaf"
$stdout.flush
sleep 60
""",
    "orphan": """
spawn(["sleep", "@MARKER@"], "60", pgroup: true)
fork { Process.setsid; exec(["sleep", "@MARKER@"], "60") }
puts "started"
$stdout.flush
sleep 60
""",
    "outliving": """
spawn(["sleep", "@MARKER@"], "60")
puts "parent done"
""",
    "fail_late": """
puts "@TEXT@"
$stdout.flush
sleep @SECS@
exit 1
""",
    "pause": """
puts "@TEXT@-1"
$stdout.flush
sleep 0.5
puts "@TEXT@-2"
""",
    "touch": """
puts "begin"
$stdout.flush
blocks = Array.new(@MEBIBYTES@) { "x" * 1048576 }
puts "touched #{blocks.size}"
""",
    "child_touch": """
$stderr.reopen("/dev/null")
Process.wait(fork { blocks = Array.new(@MEBIBYTES@) { "x" * 1048576 }; exit!(blocks.size == @MEBIBYTES@ ? 0 : 1) })
puts $?.success? ? "child ended well" : "child died"
""",
    "forks": """
made = 0
@FORKS@.times do
  begin
    fork { sleep 20 }
    made += 1
  rescue SystemCallError
    break
  end
end
puts "forks #{made}"
""",
    "connect": """
require "socket"
"@HOSTS@".split.each do |host|
  begin
    Socket.tcp(host, @PORT@, connect_timeout: 1) { |socket| socket.write("@NONCE@") }
  rescue SystemCallError, SocketError
  end
end
puts "tried"
""",
    "read": """
begin
  puts File.read("@PATH@")
rescue SystemCallError
end
puts "tried"
""",
    "environment": "puts ENV.to_h",
    "variables": 'print "[#{ENV["KIT_ONE"]}][#{ENV["KIT_TWO"]}]"',
    "stdin": """
$stdin.binmode
$stdout.binmode
$stdout.write($stdin.read)
""",
    "file": """
$stdout.binmode
$stdout.write(File.binread("data/in.txt"))
""",
    "artifact": """
Dir.mkdir("out") unless Dir.exist?("out")
File.binwrite("out/result.bin", [0, 255, 254, 10].pack("C*"))
""",
    "link": """
Dir.mkdir("out") unless Dir.exist?("out")
File.symlink("@PATH@", "out/link")
""",
    "leave_state": """
$kit_state = 1
begin
  File.write("kit_state", "")
rescue SystemCallError
end
puts "left"
""",
    "find_state": 'puts $kit_state || File.exist?("kit_state") ? "found" : "clean"',
    "session_set": "x = 1",
    "session_get": "puts x + 1",
}

_R: Final = {
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
}

_JULIA: Final = {
    "say": 'println("@TEXT@")',
    "comment": "#",
    "syntax_error": "function (",
    "uncaught_error": 'error("@TEXT@")',
    "exit": "exit(@CODE@)",
    "kill_itself": """
ccall(:kill, Cint, (Cint, Cint), getpid(), 9)
sleep(1)
println("survived")
""",
    "quoting": 'println(raw"' + QUOTED.replace('"', '\\"') + '")',
    "utf8": f'println("{UNICODE}")',
    "both_streams": """
println("to-out")
println(stderr, "to-err")
""",
    "raw_bytes": "write(stdout, UInt8[0xff, 0xfe])",
    "flood": r"""
block = "x"^1023 * "\n"
while true
    write(stdout, block)
end
""",
    "fill": 'print("x"^@COUNT@)',
    "busy": """
while true
end
""",
    "before_sleep": """
println("before")
flush(stdout)
sleep(60)
""",
    "orphan": """
run(detach(addenv(`sleep 60`, "KIT" => "@MARKER@")); wait = false)
println("started")
flush(stdout)
sleep(60)
""",
    "outliving": """
run(addenv(`sleep 60`, "KIT" => "@MARKER@"); wait = false)
println("parent done")
""",
    "fail_late": """
println("@TEXT@")
flush(stdout)
sleep(@SECS@)
exit(1)
""",
    "pause": """
println("@TEXT@-1")
flush(stdout)
sleep(0.5)
println("@TEXT@-2")
""",
    "touch": """
println("begin")
flush(stdout)
blocks = [fill(0x01, 1048576) for _ in 1:@MEBIBYTES@]
println("touched ", length(blocks))
""",
    "read": """
try
    println(read("@PATH@", String))
catch
end
println("tried")
""",
    "environment": """
for (name, value) in ENV
    println(name, value)
end
""",
    "variables": 'print("[", get(ENV, "KIT_ONE", ""), "][", get(ENV, "KIT_TWO", ""), "]")',
    "stdin": "write(stdout, read(stdin))",
    "file": 'write(stdout, read("data/in.txt"))',
    "artifact": """
mkpath("out")
write("out/result.bin", UInt8[0, 255, 254, 10])
""",
    "link": """
mkpath("out")
symlink("@PATH@", "out/link")
""",
    "leave_state": """
kit_state = 1
try
    touch("kit_state")
catch
end
println("left")
""",
    "find_state": 'println(@isdefined(kit_state) || ispath("kit_state") ? "found" : "clean")',
    "session_set": "x = 1",
    "session_get": "println(x + 1)",
}

_SQL: Final = {
    "say": "SELECT '@TEXT@';",
    "comment": "--",
    "syntax_error": "SELEC 1 FRM;",
    "uncaught_error": "SELECT @TEXT@ FROM kit_no_such_table_@TEXT@;",
    "quoting": "SELECT '" + QUOTED.replace("'", "''") + "';",
    "utf8": f"SELECT '{UNICODE}';",
    "flood": """
WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows) SELECT n, 'xxxxxxxxxxxxxxxx' FROM rows;
""",
    "busy": """
WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows) SELECT count(*) FROM rows;
""",
    "leave_state": """
CREATE TABLE kit_state (n INTEGER);
SELECT 'left';
""",
    "find_state": """
SELECT CASE WHEN EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'kit_state') THEN 'found' ELSE 'clean' END;
""",
    "session_set": """
CREATE TABLE x (n INTEGER);
INSERT INTO x VALUES (1);
""",
    "session_get": "SELECT n + 1 FROM x;",
}

_TABLES: Final = {
    "python": _PYTHON,
    "javascript": _JAVASCRIPT,
    "bash": _BASH,
    "ruby": _RUBY,
    "r": _R,
    "julia": _JULIA,
    "sql": _SQL,
}
SNIPPETS: Final[dict[str, dict[str, str]]] = {
    language: {purpose: code.strip("\n") for purpose, code in table.items()} for language, table in _TABLES.items()
}
