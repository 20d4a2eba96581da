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
    "exit": "import sys\nsys.exit(@CODE@)",
    "kill_itself": 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\nprint("survived")',
    "quoting": f"print(r'''{QUOTED}''')",
    "utf8": f'print("{UNICODE}")',
    "both_streams": 'import sys\nprint("to-out")\nprint("to-err", file=sys.stderr)',
    "raw_bytes": 'import sys\nsys.stdout.buffer.write(b"\\xff\\xfe")',
    "flood": 'import os\nblock = b"x" * 1023 + b"\\n"\nwhile True:\n    os.write(1, block)',
    "fill": 'import sys\nsys.stdout.write("x" * @COUNT@)',
    "busy": "while True:\n    pass",
    "before_sleep": 'import time\nprint("before", flush=True)\ntime.sleep(60)',
    "deaf": (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        'print("deaf", flush=True)\nfor _ in range(600):\n    time.sleep(0.1)'
    ),
    "orphan": (
        "import subprocess, sys, time\n"
        'child = [sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"]\n'
        'subprocess.Popen(child, start_new_session=True)\nprint("started", flush=True)\ntime.sleep(60)'
    ),
    "outliving": (
        "import subprocess, sys\n"
        'subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"])\nprint("parent done")'
    ),
    "fail_late": 'import time\nprint("@TEXT@", flush=True)\ntime.sleep(@SECS@)\nraise SystemExit(1)',
    "pause": 'import time\nprint("@TEXT@-1", flush=True)\ntime.sleep(0.5)\nprint("@TEXT@-2")',
    "touch": (
        'print("begin", flush=True)\nblocks = [b"x" * 1048576 for _ in range(@MEBIBYTES@)]\nprint("touched", len(blocks))'
    ),
    "child_touch": (
        "import subprocess, sys\n"
        "greedy = \"blocks = [b'x' * 1048576 for _ in range(@MEBIBYTES@)]\"\n"
        'code = subprocess.run([sys.executable, "-c", greedy], stderr=subprocess.DEVNULL).returncode\n'
        'print("child died" if code else "child ended well")'
    ),
    "forks": (
        "import os, time\nmade = 0\nfor _ in range(@FORKS@):\n    try:\n        child = os.fork()\n"
        "    except OSError:\n        break\n    if child == 0:\n        time.sleep(20)\n        os._exit(0)\n"
        '    made += 1\nprint("forks", made)'
    ),
    "connect": (
        'import socket\nfor host in "@HOSTS@".split():\n    try:\n'
        "        with socket.create_connection((host, @PORT@), 1) as connection:\n"
        '            connection.sendall(b"@NONCE@")\n    except OSError:\n        pass\nprint("tried")'
    ),
    "read": 'try:\n    print(open("@PATH@").read())\nexcept OSError:\n    pass\nprint("tried")',
    "environment": "import os\nfor name, value in os.environ.items():\n    print(name, value)",
    "variables": (
        'import os, sys\nsys.stdout.write("[%s][%s]" % (os.environ.get("KIT_ONE"), os.environ.get("KIT_TWO")))'
    ),
    "stdin": "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())",
    "file": 'import sys\nsys.stdout.buffer.write(open("data/in.txt", "rb").read())',
    "artifact": (
        'import os\nos.makedirs("out", exist_ok=True)\n'
        'with open("out/result.bin", "wb") as file:\n    file.write(bytes([0, 255, 254, 10]))'
    ),
    "link": 'import os\nos.makedirs("out", exist_ok=True)\nos.symlink("@PATH@", "out/link")',
    "leave_state": 'kit_state = 1\ntry:\n    open("kit_state", "w").close()\nexcept OSError:\n    pass\nprint("left")',
    "find_state": ('import os\nprint("found" if "kit_state" in globals() or os.path.exists("kit_state") else "clean")'),
    "session_set": "x = 1",
    "session_get": "print(x + 1)",
}

_SLEEP_JS: Final = "const sleep = s => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, s * 1000);\n"
_SPAWN_JS: Final = 'const { spawn, spawnSync } = require("child_process");\n'
_WRITE_JS: Final = (
    'const fs = require("fs");\nconst write = data => {\n  for (let at = 0; at < data.length;) {\n'
    "    try { at += fs.writeSync(1, data, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }\n  }\n};\n"
)
_QUOTED_JS: Final = QUOTED.replace("\\", "\\\\").replace("'", "\\'")

_JAVASCRIPT: Final = {
    "say": 'console.log("@TEXT@");',
    "comment": "//",
    "syntax_error": "function ( {",
    "uncaught_error": 'throw new Error("@TEXT@");',
    "exit": "process.exit(@CODE@);",
    "kill_itself": 'process.kill(process.pid, "SIGKILL");\nconsole.log("survived");',
    "quoting": f"console.log('{_QUOTED_JS}');",
    "utf8": f'console.log("{UNICODE}");',
    "both_streams": 'console.log("to-out");\nconsole.error("to-err");',
    "raw_bytes": "process.stdout.write(Buffer.from([0xff, 0xfe]));",
    "flood": _WRITE_JS + 'const block = Buffer.from("x".repeat(1023) + "\\n");\nfor (;;) write(block);',
    "fill": 'process.stdout.write("x".repeat(@COUNT@));',
    "busy": "for (;;);",
    "before_sleep": 'console.log("before");\nsetTimeout(() => {}, 60000);',
    "deaf": 'process.on("SIGTERM", () => {});\nconsole.log("deaf");\nsetTimeout(() => {}, 60000);',
    "orphan": (
        _SPAWN_JS + 'const code = "setTimeout(() => {}, 60000)";\n'
        'spawn(process.execPath, ["-e", code, "@MARKER@"], { detached: true, stdio: "inherit" });\n'
        'console.log("started");\nsetTimeout(() => {}, 60000);'
    ),
    "outliving": (
        _SPAWN_JS + 'const code = "setTimeout(() => {}, 60000)";\n'
        'spawn(process.execPath, ["-e", code, "@MARKER@"], { stdio: "inherit" }).unref();\nconsole.log("parent done");'
    ),
    "fail_late": _SLEEP_JS + 'console.log("@TEXT@");\nsleep(@SECS@);\nthrow new Error("late");',
    "pause": _SLEEP_JS + 'console.log("@TEXT@-1");\nsleep(0.5);\nconsole.log("@TEXT@-2");',
    "touch": (
        'console.log("begin");\nconst blocks = [];\n'
        'for (let i = 0; i < @MEBIBYTES@; i++) blocks.push(Buffer.alloc(1048576, 1));\nconsole.log("touched", blocks.length);'
    ),
    "child_touch": (
        _SPAWN_JS
        + 'const greedy = "const b = []; for (let i = 0; i < @MEBIBYTES@; i++) b.push(Buffer.alloc(1048576, 1))";\n'
        'const child = spawnSync(process.execPath, ["-e", greedy], { stdio: "ignore" });\n'
        'console.log(child.status === 0 ? "child ended well" : "child died");'
    ),
    "forks": (
        _SPAWN_JS + "let made = 0;\nfor (let i = 0; i < @FORKS@; i++) {\n"
        '  const child = spawn("sleep", ["20"], { stdio: "ignore" });\n  child.on("error", () => {});\n  child.unref();\n'
        '  if (child.pid) made += 1;\n}\nconsole.log("forks", made);'
    ),
    "connect": (
        'const net = require("net");\nlet open = 0;\nconst done = () => { open -= 1; if (open === 0) console.log("tried"); };\n'
        'for (const host of "@HOSTS@".split(" ")) {\n  open += 1;\n'
        '  const socket = net.connect(@PORT@, host, () => socket.end("@NONCE@"));\n'
        '  socket.setTimeout(1000, () => socket.destroy());\n  socket.on("error", () => {});\n  socket.on("close", done);\n}'
    ),
    "read": 'try { console.log(require("fs").readFileSync("@PATH@", "utf8")); } catch {}\nconsole.log("tried");',
    "environment": "console.log(process.env);",
    "variables": "process.stdout.write(`[${process.env.KIT_ONE}][${process.env.KIT_TWO}]`);",
    "stdin": "process.stdin.pipe(process.stdout);",
    "file": 'process.stdout.write(require("fs").readFileSync("data/in.txt"));',
    "artifact": (
        'const fs = require("fs");\nfs.mkdirSync("out", { recursive: true });\n'
        'fs.writeFileSync("out/result.bin", Buffer.from([0, 255, 254, 10]));'
    ),
    "link": (
        'const fs = require("fs");\nfs.mkdirSync("out", { recursive: true });\nfs.symlinkSync("@PATH@", "out/link");'
    ),
    "leave_state": (
        'globalThis.kit_state = 1;\ntry { require("fs").writeFileSync("kit_state", ""); } catch {}\nconsole.log("left");'
    ),
    "find_state": (
        'const found = "kit_state" in globalThis || require("fs").existsSync("kit_state");\n'
        'console.log(found ? "found" : "clean");'
    ),
    "session_set": "x = 1;",
    "session_get": "console.log(x + 1);",
}

_QUOTED_BASH: Final = QUOTED.replace("'", "'\\''")

_BASH: Final = {
    "say": "echo '@TEXT@'",
    "comment": "#",
    "syntax_error": "if then fi (",
    "uncaught_error": ': "${KIT_UNSET:?@TEXT@}"',
    "exit": "exit @CODE@",
    "kill_itself": "kill -KILL $$\necho survived",
    "quoting": f"printf '%s\\n' '{_QUOTED_BASH}'",
    "utf8": f"echo '{UNICODE}'",
    "both_streams": "echo to-out\necho to-err >&2",
    "raw_bytes": "printf '\\377\\376'",
    "flood": "while :; do printf '%01023d\\n' 0; done",
    "fill": "printf '%@COUNT@s' ''",
    "busy": "while :; do :; done",
    "before_sleep": "echo before\nsleep 60",
    "deaf": "trap '' TERM\necho deaf\nsleep 60",
    "orphan": "setsid bash -c 'exec -a @MARKER@ sleep 60' &\necho started\nsleep 60",
    "outliving": "(exec -a @MARKER@ sleep 60) &\necho 'parent done'",
    "fail_late": "echo '@TEXT@'\nsleep @SECS@\nexit 1",
    "pause": "echo '@TEXT@-1'\nsleep 0.5\necho '@TEXT@-2'",
    "touch": "echo begin\nblocks=$(head -c @MEBIBYTES@M /dev/zero | tr '\\0' x)\necho touched ${#blocks}",
    "child_touch": (
        "if bash -c 'blocks=$(head -c @MEBIBYTES@M /dev/zero | tr \"\\0\" x); : ${#blocks}' 2>/dev/null\n"
        "then echo 'child ended well'\nelse echo 'child died'\nfi"
    ),
    "forks": (
        "for ((i = 0; i < @FORKS@; i++)); do sleep 20 & done 2>/dev/null\nechoed=$(jobs -p | wc -l)\necho forks $echoed"
    ),
    "connect": (
        "for host in @HOSTS@; do\n"
        '  timeout 1 bash -c "echo @NONCE@ > /dev/tcp/$host/@PORT@" 2>/dev/null\ndone\necho tried'
    ),
    "read": "cat '@PATH@' 2>/dev/null\necho tried",
    "environment": "export -p",
    "variables": 'printf \'[%s][%s]\' "$KIT_ONE" "$KIT_TWO"',
    "stdin": "cat",
    "file": "cat data/in.txt",
    "artifact": "mkdir -p out\nprintf '\\000\\377\\376\\n' > out/result.bin",
    "link": "mkdir -p out\nln -s '@PATH@' out/link",
    "leave_state": "kit_state=1\n: 2>/dev/null > kit_state\necho left",
    "find_state": 'if [ -n "$kit_state" ] || [ -e kit_state ]; then echo found; else echo clean; fi',
    "session_set": "x=1",
    "session_get": "echo $((x + 1))",
}

_RUBY: Final = {
    "say": 'puts "@TEXT@"',
    "comment": "#",
    "syntax_error": "def (",
    "uncaught_error": 'raise "@TEXT@"',
    "exit": "exit @CODE@",
    "kill_itself": 'Process.kill(:KILL, $$)\nsleep 1\nputs "survived"',
    "quoting": f"puts <<'KIT'\n{QUOTED}\nKIT\n",
    "utf8": f'puts "{UNICODE}"',
    "both_streams": 'puts "to-out"\nwarn "to-err"',
    "raw_bytes": '$stdout.binmode\n$stdout.write("\\xff\\xfe".b)',
    "flood": 'block = "x" * 1023 + "\\n"\nloop { $stdout.syswrite(block) }',
    "fill": 'print "x" * @COUNT@',
    "busy": "loop {}",
    "before_sleep": 'puts "before"\n$stdout.flush\nsleep 60',
    "deaf": 'trap("TERM", "SIG_IGN")\nputs "deaf"\n$stdout.flush\nsleep 60',
    "orphan": (
        'spawn(["sleep", "@MARKER@"], "60", pgroup: true)\nfork { Process.setsid; exec(["sleep", "@MARKER@"], "60") }\n'
        'puts "started"\n$stdout.flush\nsleep 60'
    ),
    "outliving": 'spawn(["sleep", "@MARKER@"], "60")\nputs "parent done"',
    "fail_late": 'puts "@TEXT@"\n$stdout.flush\nsleep @SECS@\nexit 1',
    "pause": 'puts "@TEXT@-1"\n$stdout.flush\nsleep 0.5\nputs "@TEXT@-2"',
    "touch": (
        'puts "begin"\n$stdout.flush\nblocks = Array.new(@MEBIBYTES@) { "x" * 1048576 }\nputs "touched #{blocks.size}"'
    ),
    "child_touch": (
        '$stderr.reopen("/dev/null")\n'
        'Process.wait(fork { blocks = Array.new(@MEBIBYTES@) { "x" * 1048576 }; exit!(blocks.size == @MEBIBYTES@ ? 0 : 1) })\n'
        'puts $?.success? ? "child ended well" : "child died"'
    ),
    "forks": (
        "made = 0\n@FORKS@.times do\n  begin\n    fork { sleep 20 }\n    made += 1\n  rescue SystemCallError\n    break\n"
        '  end\nend\nputs "forks #{made}"'
    ),
    "connect": (
        'require "socket"\n"@HOSTS@".split.each do |host|\n  begin\n'
        '    Socket.tcp(host, @PORT@, connect_timeout: 1) { |socket| socket.write("@NONCE@") }\n'
        '  rescue SystemCallError, SocketError\n  end\nend\nputs "tried"'
    ),
    "read": 'begin\n  puts File.read("@PATH@")\nrescue SystemCallError\nend\nputs "tried"',
    "environment": "puts ENV.to_h",
    "variables": 'print "[#{ENV["KIT_ONE"]}][#{ENV["KIT_TWO"]}]"',
    "stdin": "$stdin.binmode\n$stdout.binmode\n$stdout.write($stdin.read)",
    "file": '$stdout.binmode\n$stdout.write(File.binread("data/in.txt"))',
    "artifact": (
        'Dir.mkdir("out") unless Dir.exist?("out")\nFile.binwrite("out/result.bin", [0, 255, 254, 10].pack("C*"))'
    ),
    "link": 'Dir.mkdir("out") unless Dir.exist?("out")\nFile.symlink("@PATH@", "out/link")',
    "leave_state": '$kit_state = 1\nbegin\n  File.write("kit_state", "")\nrescue SystemCallError\nend\nputs "left"',
    "find_state": 'puts $kit_state || File.exist?("kit_state") ? "found" : "clean"',
    "session_set": "x = 1",
    "session_get": "puts x + 1",
}

_R: Final = {
    "say": 'cat("@TEXT@\\n")',
    "comment": "#",
    "syntax_error": "function( {",
    "uncaught_error": 'stop("@TEXT@")',
    "exit": "quit(status = @CODE@)",
    "kill_itself": 'tools::pskill(Sys.getpid(), 9L)\nSys.sleep(1)\ncat("survived\\n")',
    "quoting": f'cat(r"---({QUOTED})---", "\\n", sep = "")',
    "utf8": f'cat("{UNICODE}\\n")',
    "both_streams": 'cat("to-out\\n")\ncat("to-err\\n", file = stderr())',
    "raw_bytes": "invisible(system(\"printf '\\\\377\\\\376'\"))",
    "flood": 'block <- strrep("x", 1023)\nrepeat cat(block, "\\n", sep = "")',
    "fill": 'cat(strrep("x", @COUNT@))',
    "busy": "repeat {}",
    "before_sleep": 'cat("before\\n")\nflush(stdout())\nSys.sleep(60)',
    "orphan": 'system("KIT=@MARKER@ setsid sleep 60 &")\ncat("started\\n")\nflush(stdout())\nSys.sleep(60)',
    "outliving": 'system("KIT=@MARKER@ sleep 60 &")\ncat("parent done\\n")',
    "fail_late": 'cat("@TEXT@\\n")\nflush(stdout())\nSys.sleep(@SECS@)\nquit(status = 1)',
    "pause": 'cat("@TEXT@-1\\n")\nflush(stdout())\nSys.sleep(0.5)\ncat("@TEXT@-2\\n")',
    "touch": (
        'cat("begin\\n")\nflush(stdout())\nblocks <- lapply(1:@MEBIBYTES@, function(i) rep(1, 131072))\n'
        'cat("touched", length(blocks), "\\n")'
    ),
    "connect": (
        'for (host in strsplit("@HOSTS@", " ")[[1]]) try({\n'
        '  connection <- suppressWarnings(socketConnection(host, @PORT@, open = "w", timeout = 1))\n'
        '  writeLines("@NONCE@", connection)\n  close(connection)\n}, silent = TRUE)\ncat("tried\\n")'
    ),
    "read": 'try(cat(suppressWarnings(readLines("@PATH@", warn = FALSE)), "\\n"), silent = TRUE)\ncat("tried\\n")',
    "environment": "print(Sys.getenv())",
    "variables": 'cat("[", Sys.getenv("KIT_ONE"), "][", Sys.getenv("KIT_TWO"), "]", sep = "")',
    "stdin": 'invisible(system("cat"))',
    "file": 'cat(readChar("data/in.txt", 100000L, useBytes = TRUE))',
    "artifact": ('dir.create("out", showWarnings = FALSE)\nwriteBin(as.raw(c(0, 255, 254, 10)), "out/result.bin")'),
    "link": 'dir.create("out", showWarnings = FALSE)\ninvisible(file.symlink("@PATH@", "out/link"))',
    "leave_state": 'kit_state <- 1\ninvisible(suppressWarnings(file.create("kit_state")))\ncat("left\\n")',
    "find_state": 'cat(if (exists("kit_state") || file.exists("kit_state")) "found\\n" else "clean\\n")',
    "session_set": "x <- 1",
    "session_get": 'cat(x + 1, "\\n")',
}

_JULIA: Final = {
    "say": 'println("@TEXT@")',
    "comment": "#",
    "syntax_error": "function (",
    "uncaught_error": 'error("@TEXT@")',
    "exit": "exit(@CODE@)",
    "kill_itself": 'ccall(:kill, Cint, (Cint, Cint), getpid(), 9)\nsleep(1)\nprintln("survived")',
    "quoting": 'println(raw"' + QUOTED.replace('"', '\\"') + '")',
    "utf8": f'println("{UNICODE}")',
    "both_streams": 'println("to-out")\nprintln(stderr, "to-err")',
    "raw_bytes": "write(stdout, UInt8[0xff, 0xfe])",
    "flood": 'block = "x"^1023 * "\\n"\nwhile true\n    write(stdout, block)\nend',
    "fill": 'print("x"^@COUNT@)',
    "busy": "while true\nend",
    "before_sleep": 'println("before")\nflush(stdout)\nsleep(60)',
    "orphan": (
        'run(detach(addenv(`sleep 60`, "KIT" => "@MARKER@")); wait = false)\nprintln("started")\nflush(stdout)\nsleep(60)'
    ),
    "outliving": 'run(addenv(`sleep 60`, "KIT" => "@MARKER@"); wait = false)\nprintln("parent done")',
    "fail_late": 'println("@TEXT@")\nflush(stdout)\nsleep(@SECS@)\nexit(1)',
    "pause": 'println("@TEXT@-1")\nflush(stdout)\nsleep(0.5)\nprintln("@TEXT@-2")',
    "touch": (
        'println("begin")\nflush(stdout)\nblocks = [fill(0x01, 1048576) for _ in 1:@MEBIBYTES@]\n'
        'println("touched ", length(blocks))'
    ),
    "read": 'try\n    println(read("@PATH@", String))\ncatch\nend\nprintln("tried")',
    "environment": "for (name, value) in ENV\n    println(name, value)\nend",
    "variables": 'print("[", get(ENV, "KIT_ONE", ""), "][", get(ENV, "KIT_TWO", ""), "]")',
    "stdin": "write(stdout, read(stdin))",
    "file": 'write(stdout, read("data/in.txt"))',
    "artifact": 'mkpath("out")\nwrite("out/result.bin", UInt8[0, 255, 254, 10])',
    "link": 'mkpath("out")\nsymlink("@PATH@", "out/link")',
    "leave_state": 'kit_state = 1\ntry\n    touch("kit_state")\ncatch\nend\nprintln("left")',
    "find_state": 'println(@isdefined(kit_state) || ispath("kit_state") ? "found" : "clean")',
    "session_set": "x = 1",
    "session_get": "println(x + 1)",
}

_QUOTED_SQL: Final = QUOTED.replace("'", "''")

_SQL: Final = {
    "say": "SELECT '@TEXT@';",
    "comment": "--",
    "syntax_error": "SELEC 1 FRM;",
    "uncaught_error": "SELECT @TEXT@ FROM kit_no_such_table_@TEXT@;",
    "quoting": f"SELECT '{_QUOTED_SQL}';",
    "utf8": f"SELECT '{UNICODE}';",
    "flood": (
        "WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows) SELECT n, 'xxxxxxxxxxxxxxxx' FROM rows;"
    ),
    "busy": "WITH RECURSIVE rows(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM rows) SELECT count(*) FROM rows;",
    "leave_state": "CREATE TABLE kit_state (n INTEGER);\nSELECT 'left';",
    "find_state": (
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'kit_state') THEN 'found' ELSE 'clean' END;"
    ),
    "session_set": "CREATE TABLE x (n INTEGER);\nINSERT INTO x VALUES (1);",
    "session_get": "SELECT n + 1 FROM x;",
}

SNIPPETS: Final[dict[str, dict[str, str]]] = {
    "python": _PYTHON,
    "javascript": _JAVASCRIPT,
    "bash": _BASH,
    "ruby": _RUBY,
    "r": _R,
    "julia": _JULIA,
    "sql": _SQL,
}
