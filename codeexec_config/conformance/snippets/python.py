"""The kit's programs in Python."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import CONTROLS, ERRORS, QUOTED, UNICODE, VERBATIM

__all__ = ["PROGRAMS"]

_CONNECT: Final = """
import socket
for host in "@HOSTS@".split():
    try:
        with socket.create_connection((host, @PORT@), 1) as connection:
            connection.sendall(b"@NONCE@")
    except OSError:
        pass
""".strip()

_FORK: Final = """
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
""".strip()

PROGRAMS: Final = {
    "say": 'print("@TEXT@")',
    "comment": "#",
    "syntax_error": "def (:",
    "uncaught_error": 'raise ValueError("@TEXT@")',
    "exit": """
import sys
sys.exit(@CODE@)
""",
    "exit_text": """
import sys
sys.exit("@TEXT@")
""",
    "kill_itself": """
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
print("survived")
""",
    "abort_itself": """
import os
os.abort()
""",
    "terminate_itself": """
import os, signal
os.kill(os.getpid(), signal.SIGTERM)
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
print("before", end="", flush=True)
time.sleep(60)
""",
    "deaf": """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(600):
    print("deaf", flush=True)
    time.sleep(0.1)
""",
    "graceful": """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready", flush=True)
time.sleep(60)
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
    "forks": f"""
{_FORK}
print("forks", made)
""",
    "connect": f"""
{_CONNECT}
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
while data := sys.stdin.buffer.read1(65536):
    sys.stdout.buffer.write(data)
""",
    "first_line": "print(input())",
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
kit_@NONCE@ = 1
try:
    open("kit_@NONCE@", "w").close()
    open(".kit_@NONCE@", "w").close()
except OSError:
    pass
print("left", flush=True)
""",
    "find_state": """
import os
files = any(map(os.path.exists, ("kit_@NONCE@", ".kit_@NONCE@")))
print("found" if "kit_@NONCE@" in globals() or files else "clean")
""",
    "session_set": "x = 1",
    "session_get": "print(x + 1)",
    "imports": """
import os, sys, time
print("works")
""",
    "processes": """
import subprocess, sys
print("works" if subprocess.run([sys.executable, "-c", ""]).returncode == 0 else "refused")
""",
    "verbatim": f"""
python = 3
text = '''{VERBATIM}'''
print(text)
""",
    "line_number": """import sys
print("line", sys._getframe().f_lineno)
""",
    "tell_all": r"""
import os, sys
def show(path):
    try:
        with open(path, "rb") as file:
            sys.stdout.buffer.write(file.read(20000).replace(b"\0", b"\n") + b"\n")
    except OSError:
        pass
    sys.stdout.flush()
def show_frame(frame):
    while frame:
        for values in (frame.f_globals, frame.f_locals):
            for value in list(values.values()):
                if isinstance(value, (str, bytes)):
                    print(value if isinstance(value, str) else value.decode("latin-1"))
        frame = frame.f_back
show("/proc/self/cmdline")
show("/proc/%d/cmdline" % os.getppid())
for name in [*sys.argv[:1], *os.listdir()[:20]]:
    show(name)
for value in os.environ.values():
    print(value)
show_frame(sys._getframe())
print('''@MARKS@''')
print("@TEXT@", flush=True)
raise SystemExit(1)
""",
    "lines": r"""print("0" * 63 + ("\n" + "0" * 63) * (@COUNT@ - 1))""",
    "both_full": """
import sys
sys.stderr.write("e" * @COUNT@)
sys.stderr.flush()
sys.stdout.write("o" * @COUNT@)
""",
    "snowmen": r"""
import sys
sys.stdout.buffer.write(b"x" + "\u2603".encode() * @COUNT@)
""",
    "blank_output": r"""
import sys
sys.stdout.write("\n \tx \n\n")
""",
    "last_line": r"""
import sys
sys.stdout.write("first\nlast")
""",
    "flood_stderr": r"""
import os
block = b"x" * 1023 + b"\n"
while True:
    os.write(2, block)
""",
    "nap": """
import time
time.sleep(@SECS@)
print("slept")
""",
    "killed_late": """
import os, signal, time
print("@TEXT@", flush=True)
time.sleep(@SECS@)
os.kill(os.getpid(), signal.SIGKILL)
""",
    "failing_parent": """
import subprocess, sys
child = [sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"]
subprocess.Popen(child, start_new_session=True)
print("started", flush=True)
raise SystemExit(3)
""",
    "killed_parent": """
import os, signal, subprocess, sys
child = [sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"]
subprocess.Popen(child, start_new_session=True)
print("started", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
""",
    "flooding_parent": r"""
import os, subprocess, sys
child = [sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"]
subprocess.Popen(child, start_new_session=True)
block = b"x" * 1023 + b"\n"
os.write(1, b"started\n")
while True:
    os.write(1, block)
""",
    "greedy_parent": """
import subprocess, sys
child = [sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"]
subprocess.Popen(child, start_new_session=True)
print("started", flush=True)
blocks = [b"x" * 1048576 for _ in range(@MEBIBYTES@)]
""",
    "touch_together": """
import subprocess, sys, time
greedy = "import sys, time; b = b'x' * (@MEBIBYTES@ << 20); print('full', flush=True); time.sleep(20)"
pipe = subprocess.PIPE
print("begin", flush=True)
children = [subprocess.Popen([sys.executable, "-c", greedy], stdout=pipe) for _ in range(@CHILDREN@)]
filled = [child.stdout.readline() for child in children]
time.sleep(1)
print("full", sum(child.poll() is None for child in children), flush=True)
for child in children:
    child.kill()
""",
    "forks_held": f"""
{_FORK}
time.sleep(@SECS@)
print("held", made)
""",
    "datagram": """
import socket
for host in "@HOSTS@".split():
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"@NONCE@", (host, @PORT@))
    except OSError:
        pass
print("tried")
""",
    "abstract": r"""
import socket
try:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect("\0@NAME@")
        connection.sendall(b"@NONCE@")
except OSError:
    pass
print("tried")
""",
    "write": """
for path in "@PATHS@".split():
    try:
        with open(path, "a") as file:
            file.write("@NONCE@")
    except OSError:
        pass
print("tried")
""",
    "settings": """
import os
try:
    print(open("/proc/sys/kernel/random/boot_id").read())
except OSError:
    pass
for path in "@PATHS@".split():
    try:
        os.close(os.open(path, os.O_WRONLY))
        print("open", path)
    except OSError:
        pass
print("tried")
""",
    "inherited": """
import os
for number in range(3, 256):
    try:
        os.write(number, b"@NONCE@")
    except OSError:
        pass
    try:
        print(os.pread(number, 200, 0))
    except OSError:
        pass
print("tried")
""",
    "look_around": r"""
import os, sys
for pid in os.listdir("/proc") if os.path.isdir("/proc") else ():
    if pid.isdigit() and int(pid) != os.getpid():
        for name in ("cmdline", "environ"):
            try:
                with open("/proc/%s/%s" % (pid, name), "rb") as file:
                    found = file.read()
            except OSError:
                continue
            if b"@HEAD@" + b"@TAIL@" in found:
                print("seen in", name, "of", pid)
print("tried")
""",
    "signal": """
import os, signal
try:
    os.kill(@PID@, signal.SIGUSR1)
except OSError:
    pass
print("tried")
""",
    "signal_group": """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.kill(0, signal.SIGTERM)
print("tried")
""",
    "ignored_signals": """
for line in open("/proc/self/status"):
    if line.startswith("SigIgn"):
        print(line)
print("tried")
""",
    "leave_files": """
import os
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/var/cache", "/run", "/run/lock", os.path.expanduser("~")):
    try:
        open(os.path.join(folder, "@NONCE@"), "w").close()
    except OSError:
        pass
print("tried")
""",
    "find_files": """
import os
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/var/cache", "/run", "/run/lock", os.path.expanduser("~")):
    if os.path.exists(os.path.join(folder, "@NONCE@")):
        print("found in", folder)
print("tried")
""",
    "patch_module": """
import builtins, json
json.kit_state = builtins.kit_state = 1
print("tried")
""",
    "find_patch": """
import builtins, json
print("found" if hasattr(json, "kit_state") or hasattr(builtins, "kit_state") else "clean")
print("tried")
""",
    "own_file": """
import os, time
mine = os.urandom(8).hex()
with open("kit_own", "w") as file:
    file.write(mine)
print("written", flush=True)
time.sleep(@SECS@)
try:
    print("own" if open("kit_own").read() == mine else "of another run")
except OSError:
    print("gone")
""",
    "find_own": """
import glob, os
for folder in ("..", "../..", os.path.expanduser("~"), "/tmp", "/var/tmp"):
    for between in ("", "*/", "*/*/", "*/*/*/"):
        for path in glob.glob(f"{folder}/{between}kit_own"):
            print("seen", os.path.realpath(path))
print("tried")
""",
    "link_folder": """
import os
os.symlink("@PATH@", "out")
print("tried")
""",
    "fifo": """
import os, stat
os.makedirs("out/folder")
os.mkfifo("out/fifo")
try:
    os.mknod("out/device", stat.S_IFCHR | 0o666, os.makedev(1, 3))
except OSError:
    pass
print("tried")
""",
    "sparse": """
import os
os.makedirs("out", exist_ok=True)
with open("out/sparse.bin", "wb") as file:
    file.truncate(@BYTES@)
print("tried")
""",
    "file_hex": """
print(open("data/in.bin", "rb").read().hex())
""",
    "source_name": """
import os, sys
print("\\n".join([os.path.basename(sys.argv[0]), *os.listdir()]))
print("tried")
""",
    "show_files": """
for name in @NAMES@.split("|"):
    print(name, open(name).read().strip())
print("tried")
""",
    "show_variables": """
import os
for name in "@NAMES@".split():
    print("%s=[%s]" % (name, os.environ.get(name, "unset")))
""",
    "big_file": """
import os
try:
    with open("kit_big", "wb") as file:
        file.write(b"x" * @BYTES@)
    print("size", os.path.getsize("kit_big"))
except OSError as error:
    print("cannot", error.errno)
""",
    "fill_disk": """
import os
block = b"x" * 1048576
most = 0
for folder in (".", "/var/tmp", os.path.expanduser("~"), "/tmp", "/dev/shm"):
    made, names = 0, []
    while made < @MEBIBYTES@ and len(names) - 1 < made / 8:
        names.append("%s/kit_big%d" % (folder, len(names)))
        try:
            with open(names[-1], "wb", buffering=0) as file:
                for _ in range(min(32, @MEBIBYTES@ - made)):
                    if file.write(block) < len(block):
                        break
                    made += 1
        except OSError:
            pass
    for name in filter(os.path.exists, names):
        os.remove(name)
    most = max(most, made)
    if most == @MEBIBYTES@:
        break
print("wrote", most)
""",
    "semaphore": """
import multiprocessing
with multiprocessing.Lock():
    print("works")
""",
    "change_host": """
import os
os.environ["KIT_CHANGED"] = "1"
os.umask(0)
os.chdir("/")
print("tried")
""",
    "session_put": "x = @VALUE@",
    "session_show": "print(x)",
    "session_late": """
import time
time.sleep(@SECS@)
print("late")
""",
    "session_count": """
import time
x = 0
while True:
    try:
        x += 1
        time.sleep(0.01)
    except BaseException:
        pass
""",
    "session_child": """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "@MARKER@"])
print("started", flush=True)
""",
    "controls": f"""
import sys
sys.stdout.buffer.write({CONTROLS!r})
""",
    "exact_errors": f"""
import sys
sys.stderr.buffer.write({ERRORS!r})
""",
    "complain": """
import sys
sys.stderr.write(\'\'\'@MARKS@\'\'\' + "\\n")
sys.exit(@CODE@)
""",
    "close_output": """
import os, sys, time
os.close(1)
os.close(2)
time.sleep(@SECS@)
sys.exit(3)
""",
    "unlike": """
import os, time
print(time.time_ns(), os.urandom(8).hex())
""",
    "end_soon": """
import subprocess, sys
subprocess.run([sys.executable, "-ISc", "import time; time.sleep(@SECS@)", "@MARKER@"])
sys.exit(@CODE@)
""",
    "killed_soon": """
import os, signal, subprocess, sys
subprocess.run([sys.executable, "-ISc", "import time; time.sleep(@SECS@)", "@MARKER@"])
os.kill(os.getpid(), signal.SIGKILL)
""",
    "find_variables": """
import os, sys
word = b"@HEAD@" + b"@TAIL@"
def look(path):
    try:
        with open(path, "rb") as file:
            if word in file.read(200000):
                print("seen in", path)
    except OSError:
        pass
for number in os.listdir("/proc") if os.path.isdir("/proc") else ():
    if number.isdigit():
        look("/proc/%s/cmdline" % number)
for folder in (".", os.path.expanduser("~"), "/etc", "/run", "/tmp"):
    files = []
    for path, folders, names in os.walk(folder):
        depth = path.count("/") - folder.count("/")
        folders[:] = [name for name in folders[:20] if name not in ("proc", "sys", "dev")] if depth < 2 else []
        files += [os.path.join(path, name) for name in names]
        if len(files) > 500:
            break
    for path in filter(os.path.isfile, files[:500]):
        look(path)
print("tried")
""",
    "search": """
import os
found = "@PATHS@".split("|")
wanted = set("@NAMES@".split("|"))
seen = 0
folders = ["/"]
while folders and seen < 20000:
    folder = folders.pop(0)
    try:
        entries = list(os.scandir(folder))
    except OSError:
        continue
    seen += len(entries)
    for entry in entries:
        path = entry.path
        if path in ("/proc", "/sys", "/usr", "/dev") or not entry.is_dir(follow_symlinks=False):
            continue
        if entry.name in wanted:
            found.append(path + "/host.txt")
        elif path.count("/") < 4:
            folders.append(path)
for path in found:
    try:
        print(open(path).read(), path)
    except OSError:
        pass
try:
    print(open("/proc/sys/kernel/random/boot_id").read())
except OSError:
    pass
for path in "@FOLDERS@".split("|"):
    try:
        if os.listdir(path):
            print("%d:%d" % (os.stat(path).st_dev, os.stat(path).st_ino), path)
    except OSError:
        pass
print("tried")
""",
    "connect_child": f"""
import subprocess, sys
code = \'\'\'
{_CONNECT}
\'\'\'
subprocess.run([sys.executable, "-ISc", code])
print("tried")
""",
    "artifacts": r"""
import os, sys
os.makedirs("out", exist_ok=True)
for name, data in (
    ("empty.bin", b""), ("text.txt", b"first\r\nsecond \n"), ("big.bin", bytes(@BYTES@)), ("second.bin", bytes(@BYTES@))
):
    with open("out/" + name, "wb") as file:
        file.write(data)
sys.exit(3)
""",
    "touch_shared": """
import mmap
print("begin", flush=True)
blocks = mmap.mmap(-1, @MEBIBYTES@ << 20)
for _ in range(@MEBIBYTES@):
    blocks.write(b"x" * 1048576)
print("touched", flush=True)
""",
}
