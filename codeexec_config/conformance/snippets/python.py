"""The kit's programs in Python."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import QUOTED, UNICODE

__all__ = ["PROGRAMS"]

PROGRAMS: Final = {
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
