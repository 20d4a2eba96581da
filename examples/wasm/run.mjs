// What a page does in mode wasm, under node: takes the host's hand-off and runs one program within it.
//
//     python -m examples.host_app app.toml < /dev/null | node examples/wasm/run.mjs python program.py
//
// CODEEXEC_BROWSER_RUNTIMES names the folder where npm has installed pyodide and quickjs-emscripten. A page names URLs
// instead, makes a Web Worker, and is the same otherwise.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

export async function runProgram(handoff, language, code, runtimes) {
  if (!handoff.languages.includes(language)) throw new Error(`the configuration does not allow ${language}`);
  const worker = new Worker(new URL("worker.mjs", import.meta.url));
  let clock;
  try {
    return await new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("message", (message) => {
        if (!message.started) return resolve(message);
        clock = setTimeout(() => resolve({ status: "timed_out" }), handoff.wall_secs * 1000);
      });
      worker.postMessage({ language, code, memoryBytes: handoff.memory_bytes, runtimes });
    });
  } finally {
    clearTimeout(clock);
    await worker.terminate();
  }
}

const require = createRequire(`${process.env.CODEEXEC_BROWSER_RUNTIMES}/`);
const installed = (name) => pathToFileURL(require.resolve(name)).href;
const runtimes = { pyodide: installed("pyodide/pyodide.mjs"), quickjs: installed("quickjs-emscripten") };

const [language, program] = process.argv.slice(2);
const handoff = JSON.parse(await text(process.stdin));
const result = await runProgram(handoff, language, await readFile(program, "utf8"), runtimes);
console.log(JSON.stringify(result));
