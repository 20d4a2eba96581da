"""The kit's programs in JavaScript, as Node.js runs it."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import CONTROLS, ERRORS, QUOTED, UNICODE, VERBATIM

__all__ = ["PROGRAMS"]

_CONNECT: Final = """
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
""".strip()

PROGRAMS: Final = {
    "say": 'console.log("@TEXT@");',
    "comment": "//",
    "syntax_error": "function ( {",
    "uncaught_error": 'throw new Error("@TEXT@");',
    "exit": "process.exit(@CODE@);",
    "kill_itself": """
process.kill(process.pid, "SIGKILL");
console.log("survived");
""",
    "abort_itself": "process.abort();",
    "terminate_itself": """
process.kill(process.pid, "SIGTERM");
setTimeout(() => console.log("survived"), 1000);
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
process.stdout.write("before");
setTimeout(() => {}, 60000);
""",
    "deaf": """
process.on("SIGTERM", () => {});
setInterval(() => console.log("deaf"), 100);
""",
    "graceful": """
process.on("SIGTERM", () => process.exit(0));
console.log("ready");
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
console.log("@TEXT@-1");
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
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
    "connect": _CONNECT,
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
globalThis.kit_@NONCE@ = 1;
try { for (const name of ["kit_@NONCE@", ".kit_@NONCE@"]) require("fs").writeFileSync(name, ""); } catch {}
console.log("left");
""",
    "find_state": """
const found = "kit_@NONCE@" in globalThis || ["kit_@NONCE@", ".kit_@NONCE@"].some(require("fs").existsSync);
console.log(found ? "found" : "clean");
""",
    "session_set": "x = 1;",
    "session_get": "console.log(x + 1);",
    "session_put": "x = @VALUE@;",
    "session_show": "console.log(x);",
    "session_late": """
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, @SECS@ * 1000);
console.log("late");
""",
    "session_count": """
process.on("SIGINT", () => {});
for (x = 0; ; x++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
""",
    "session_child": """
const nothing = ["-e", "setTimeout(() => {}, 60000)", "@MARKER@"];
require("child_process").spawn(process.execPath, nothing, { stdio: "ignore" }).unref();
console.log("started");
""",
    "imports": """
require("fs");
console.log("works");
""",
    "processes": """
const { spawnSync } = require("child_process");
console.log(spawnSync(process.execPath, ["-e", ""]).status === 0 ? "works" : "refused");
""",
    "verbatim": "javascript: 0;\nconsole.log(`" + VERBATIM.replace("`", "\\`") + "`);",
    "line_number": r"""console.log("line", Number(new Error().stack.split("\n")[1].match(/:(\d+):\d+\)?$/)[1]));""",
    "tell_all": r"""
const fs = require("fs");
const show = path => {
  try { fs.writeSync(1, fs.readFileSync(path, "latin1").slice(0, 20000).replaceAll("\0", "\n") + "\n"); } catch {}
};
show("/proc/self/cmdline");
show(`/proc/${process.ppid}/cmdline`);
for (const name of [process.argv[1], ...fs.readdirSync(".").slice(0, 20)]) show(name);
for (const value of Object.values(process.env)) fs.writeSync(1, value + "\n");
fs.writeSync(1, String.raw`@MARKS@` + "\n@TEXT@\n");
process.exitCode = 1;
""",
    "lines": """
for (let i = 0; i < @COUNT@; i++) console.log(String(i).padStart(63, "0"));
""",
    "both_full": """
process.stderr.write("e".repeat(@COUNT@));
process.stdout.write("o".repeat(@COUNT@));
""",
    "snowmen": r"""process.stdout.write("x" + "\u2603".repeat(@COUNT@));""",
    "blank_output": r"""process.stdout.write("\n \tx \n\n");""",
    "last_line": r"""process.stdout.write("first\nlast");""",
    "flood_stderr": r"""
const fs = require("fs");
const block = Buffer.from("x".repeat(1023) + "\n");
for (;;) {
  try { fs.writeSync(2, block); } catch (error) { if (error.code !== "EAGAIN") throw error; }
}
""",
    "nap": """
setTimeout(() => console.log("slept"), @SECS@ * 1000);
""",
    "killed_late": """
console.log("@TEXT@");
setTimeout(() => process.kill(process.pid, "SIGKILL"), @SECS@ * 1000);
""",
    "failing_parent": """
const { spawn } = require("child_process");
const code = "setTimeout(() => {}, 60000)";
spawn(process.execPath, ["-e", code, "@MARKER@"], { detached: true, stdio: "inherit" }).unref();
console.log("started");
process.exitCode = 3;
""",
    "killed_parent": """
const { spawn } = require("child_process");
const code = "setTimeout(() => {}, 60000)";
spawn(process.execPath, ["-e", code, "@MARKER@"], { detached: true, stdio: "inherit" }).unref();
console.log("started");
process.kill(process.pid, "SIGKILL");
""",
    "flooding_parent": r"""
const { spawn } = require("child_process");
const fs = require("fs");
spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)", "@MARKER@"], { detached: true, stdio: "inherit" });
console.log("started");
const block = Buffer.from("x".repeat(1023) + "\n");
for (;;) {
  try { fs.writeSync(1, block); } catch (error) { if (error.code !== "EAGAIN") throw error; }
}
""",
    "greedy_parent": """
const { spawn } = require("child_process");
spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)", "@MARKER@"], { detached: true, stdio: "inherit" });
console.log("started");
const blocks = [];
for (let i = 0; i < @MEBIBYTES@; i++) blocks.push(Buffer.alloc(1048576, 1));
process.exit(0);
""",
    "datagram": """
const dgram = require("dgram");
const socket = dgram.createSocket("udp4");
let open = 0;
const done = () => { open -= 1; if (open === 0) { socket.close(); console.log("tried"); } };
socket.on("error", () => {});
for (const host of "@HOSTS@".split(" ")) { open += 1; socket.send("@NONCE@", @PORT@, host, done); }
""",
    "abstract": r"""
const socket = require("net").connect("\0@NAME@", () => socket.end("@NONCE@"));
socket.on("error", () => {});
socket.on("close", () => console.log("tried"));
""",
    "write": """
for (const path of "@PATHS@".split(" ")) {
  try { require("fs").appendFileSync(path, "@NONCE@"); } catch {}
}
console.log("tried");
""",
    "settings": """
const fs = require("fs");
try { console.log(fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8")); } catch {}
for (const path of "@PATHS@".split(" ")) {
  try { fs.closeSync(fs.openSync(path, fs.constants.O_WRONLY)); console.log("open", path); } catch {}
}
console.log("tried");
""",
    "inherited": """
const fs = require("fs");
for (const number of [40, 41, 42, 43]) {
  try { fs.writeSync(number, "@NONCE@"); } catch {}
  try {
    const buffer = Buffer.alloc(200);
    fs.readSync(number, buffer, 0, 200, 0);
    console.log(String(buffer));
  } catch {}
}
console.log("tried");
""",
    "look_around": """
const fs = require("fs");
for (const pid of fs.existsSync("/proc") ? fs.readdirSync("/proc") : []) {
  if (!/^[0-9]+$/.test(pid) || Number(pid) === process.pid) continue;
  for (const name of ["cmdline", "environ"]) {
    try {
      const found = fs.readFileSync(`/proc/${pid}/${name}`, "latin1");
      if (found.includes("@HEAD@" + "@TAIL@")) console.log("seen in", name, "of", pid);
    } catch {}
  }
}
console.log("tried");
""",
    "signal": """
try { process.kill(@PID@, "SIGUSR1"); } catch {}
console.log("tried");
""",
    "signal_group": """
process.on("SIGTERM", () => {});
process.kill(0, "SIGTERM");
console.log("tried");
""",
    "ignored_signals": r"""
console.log(require("fs").readFileSync("/proc/self/status", "utf8").match(/SigIgn.*/)[0]);
console.log("tried");
""",
    "leave_files": """
const fs = require("fs");
for (const folder of ["/tmp", "/var/tmp", "/dev/shm", "/var/cache", "/run", "/run/lock", require("os").homedir()]) {
  try { fs.writeFileSync(`${folder}/@NONCE@`, ""); } catch {}
}
console.log("tried");
""",
    "find_files": """
const fs = require("fs");
for (const folder of ["/tmp", "/var/tmp", "/dev/shm", "/var/cache", "/run", "/run/lock", require("os").homedir()]) {
  if (fs.existsSync(`${folder}/@NONCE@`)) console.log("found in", folder);
}
console.log("tried");
""",
    "patch_module": """
require("fs").kitState = Object.prototype.kitState = 1;
console.log("tried");
""",
    "find_patch": """
console.log(require("fs").kitState || {}.kitState ? "found" : "clean");
console.log("tried");
""",
    "own_file": """
const fs = require("fs");
const mine = String(Math.random());
fs.writeFileSync("kit_own", mine);
console.log("written");
setTimeout(() => {
  try {
    console.log(fs.readFileSync("kit_own", "utf8") === mine ? "own" : "of another run");
  } catch { console.log("gone"); }
}, @SECS@ * 1000);
""",
    "link_folder": """
require("fs").symlinkSync("@PATH@", "out");
console.log("tried");
""",
    "fifo": """
const { execFileSync } = require("child_process");
require("fs").mkdirSync("out/folder", { recursive: true });
execFileSync("mkfifo", ["out/fifo"]);
try { execFileSync("mknod", ["out/device", "c", "1", "3"], { stdio: "ignore" }); } catch {}
console.log("tried");
""",
    "sparse": """
const fs = require("fs");
fs.mkdirSync("out", { recursive: true });
fs.writeFileSync("out/sparse.bin", "");
fs.truncateSync("out/sparse.bin", @BYTES@);
console.log("tried");
""",
    "file_hex": """console.log(require("fs").readFileSync("data/in.bin", "hex"));""",
    "source_name": r"""
console.log([(process.argv[1] || "").split("/").pop(), ...require("fs").readdirSync(".")].join("\n"));
console.log("tried");
""",
    "show_files": """
for (const name of @NAMES@.split("|")) console.log(name, require("fs").readFileSync(name, "utf8").trim());
console.log("tried");
""",
    "show_variables": """
for (const name of "@NAMES@".split(" ")) console.log(`${name}=[${process.env[name] ?? "unset"}]`);
""",
    "big_file": """
const fs = require("fs");
try {
  fs.writeFileSync("kit_big", "x".repeat(@BYTES@));
  console.log("size", fs.statSync("kit_big").size);
} catch (error) { console.log("cannot", error.code); }
""",
    "find_own": """
const fs = require("fs");
function look(folder, depth) {
  if (fs.existsSync(folder + "/kit_own")) console.log("seen", fs.realpathSync(folder + "/kit_own"));
  if (!depth) return;
  try {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) look(`${folder}/${entry.name}`, depth - 1);
    }
  } catch {}
}
for (const folder of ["..", "../..", require("os").homedir(), "/tmp", "/var/tmp"]) look(folder, 3);
console.log("tried");
""",
    "fill_disk": """
const fs = require("fs");
const block = Buffer.alloc(1048576, 120);
let most = 0;
for (const folder of [".", "/var/tmp", require("os").homedir(), "/tmp", "/dev/shm"]) {
  const names = [];
  let made = 0;
  try {
    while (made < @MEBIBYTES@) {
      names.push(`${folder}/kit_big${names.length}`);
      const file = fs.openSync(names.at(-1), "w");
      for (let i = 0; i < 16 && made < @MEBIBYTES@; i++, made++) fs.writeSync(file, block);
      fs.closeSync(file);
    }
  } catch {}
  for (const name of names) fs.rmSync(name, { force: true });
  most = Math.max(most, made);
  if (most === @MEBIBYTES@) break;
}
console.log("wrote", most);
""",
    "touch_together": """
const { spawn } = require("child_process");
const greedy = "const b = Buffer.alloc(@MEBIBYTES@ << 20, 120); console.log('full'); setTimeout(() => b, 20000);";
const start = () => spawn(process.execPath, ["-e", greedy], { stdio: ["ignore", "pipe", "ignore"] });
const said = (child) => new Promise((resolve) => child.stdout.once("data", resolve).once("close", resolve));
console.log("begin");
const children = Array.from({ length: @CHILDREN@ }, start);
const pause = () => new Promise((resolve) => setTimeout(resolve, 1000));
Promise.all(children.map(said)).then(pause).then(() => {
  const living = children.filter((child) => child.exitCode === null && child.signalCode === null);
  console.log("full", living.length);
  children.forEach((child) => child.kill("SIGKILL"));
});
""",
    "change_host": """
process.env.KIT_CHANGED = "1";
process.umask(0);
process.chdir("/");
console.log("tried");
""",
    "controls": f"process.stdout.write(Buffer.from({list(CONTROLS)}));",
    "exact_errors": f"process.stderr.write(Buffer.from({list(ERRORS)}));",
    "complain": """
require("fs").writeSync(2, String.raw`@MARKS@` + "\\n");
process.exitCode = @CODE@;
""",
    "close_output": """
const fs = require("fs");
fs.closeSync(1);
fs.closeSync(2);
setTimeout(() => process.exit(3), @SECS@ * 1000);
""",
    "unlike": """console.log(Date.now(), process.hrtime.bigint(), require("crypto").randomUUID());""",
    "end_soon": """
const { spawnSync } = require("child_process");
spawnSync("bash", ["-c", "exec -a @MARKER@ sleep @SECS@"]);
process.exitCode = @CODE@;
""",
    "killed_soon": """
const { spawnSync } = require("child_process");
spawnSync("bash", ["-c", "exec -a @MARKER@ sleep @SECS@"]);
process.kill(process.pid, "SIGKILL");
""",
    "find_variables": r"""
const fs = require("fs");
const word = "@HEAD@" + "@TAIL@";
const start = Buffer.alloc(200000);
const look = path => {
  try {
    if (!fs.statSync(path).isFile()) return;
    const file = fs.openSync(path);
    const size = fs.readSync(file, start);
    fs.closeSync(file);
    if (start.subarray(0, size).includes(word)) console.log("seen in", path);
  } catch {}
};
const entries = folder => {
  try { return fs.readdirSync(folder, { withFileTypes: true }); } catch { return []; }
};
for (const { name } of entries("/proc")) if (/^\d+$/.test(name)) look(`/proc/${name}/cmdline`);
for (const folder of [".", process.env.HOME || ".", "/etc", "/run", "/tmp"]) {
  const folders = [folder];
  for (let seen = 0; folders.length && seen < 1000;) {
    const within = folders.shift();
    for (const entry of entries(within).slice(0, 500)) {
      const path = `${within}/${entry.name}`;
      seen += 1;
      if (!entry.isDirectory()) look(path);
      else if (!/^\/+(proc|sys|dev)$/.test(path)) folders.push(path);
    }
  }
}
console.log("tried");
""",
    "search": """
const fs = require("fs");
const found = "@PATHS@".split("|");
const wanted = "@NAMES@".split("|");
const folders = [""];
for (let seen = 0; folders.length && seen < 20000;) {
  const folder = folders.shift();
  let entries = [];
  try { entries = fs.readdirSync(folder || "/", { withFileTypes: true }); } catch {}
  seen += entries.length;
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (["/proc", "/sys", "/usr", "/dev"].includes(path) || !entry.isDirectory()) continue;
    if (wanted.includes(entry.name)) found.push(path + "/host.txt");
    else if (path.split("/").length < 5) folders.push(path);
  }
}
for (const path of found) {
  try { console.log(fs.readFileSync(path, "utf8"), path); } catch {}
}
try { console.log(fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8")); } catch {}
for (const path of "@FOLDERS@".split("|")) {
  try {
    const { dev, ino } = fs.statSync(path, { bigint: true });
    if (fs.readdirSync(path).length) console.log(`${dev}:${ino}`, path);
  } catch {}
}
console.log("tried");
""",
    "connect_child": f"""
const {{ spawnSync }} = require("child_process");
const code = `
{_CONNECT}
`;
spawnSync(process.execPath, ["-e", code]);
console.log("tried");
""",
    "artifacts": r"""
const fs = require("fs");
fs.mkdirSync("out", { recursive: true });
fs.writeFileSync("out/empty.bin", "");
fs.writeFileSync("out/text.txt", "first\r\nsecond \n");
for (const name of ["big", "second"]) fs.writeFileSync(`out/${name}.bin`, Buffer.alloc(@BYTES@));
process.exitCode = 3;
""",
}
