"""The kit's programs in JavaScript, as Node.js runs it."""

from __future__ import annotations

from typing import Final

from codeexec_config.conformance.snippets.texts import QUOTED, UNICODE

__all__ = ["PROGRAMS"]

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
