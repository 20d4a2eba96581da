"""The kit's programs in Julia."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import QUOTED, UNICODE

__all__ = ["PROGRAMS"]

PROGRAMS: Final = {
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
    "abort_itself": "ccall(:abort, Cvoid, ())",
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
print("before")
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
kit_@NONCE@ = 1
try
    touch("kit_@NONCE@")
catch
end
println("left")
""",
    "find_state": 'println(@isdefined(kit_@NONCE@) || ispath("kit_@NONCE@") ? "found" : "clean")',
    "session_set": "x = 1",
    "session_get": "println(x + 1)",
    "unlike": "println(time_ns(), rand(UInt64))",
}
