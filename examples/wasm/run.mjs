// The page without a page, under node: takes the host's hand-off and runs one program within it.
//
//     python -m examples.host_app app.toml < /dev/null | node examples/wasm/run.mjs python program.py
//
// CODEEXEC_BROWSER_RUNTIMES names the folder where npm has installed pyodide and quickjs-emscripten.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

import { runProgram } from "./program.mjs";

const here = (name) => new URL(name, import.meta.url);
const require = createRequire(`${process.env.CODEEXEC_BROWSER_RUNTIMES}/`);
const installed = (name) => pathToFileURL(require.resolve(name)).href;

// A worker of node's with the face of a browser's.
function makeWorker() {
  const worker = new Worker(here("worker.mjs"));
  const face = { postMessage: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
  worker.on("message", (data) => face.onmessage({ data }));
  worker.on("error", (error) => face.onerror(error));
  return face;
}

const [language, program] = process.argv.slice(2);
const handoff = JSON.parse(await text(process.stdin));
const job = {
  language,
  code: await readFile(program, "utf8"),
  engines: { pyodide: installed("pyodide/pyodide.mjs"), quickjs: installed("quickjs-emscripten"), wheels: false },
  python: Object.fromEntries(
    await Promise.all(["harness.py", "pictures.py"].map(async (name) => [name, await readFile(here(name), "utf8")])),
  ),
};
console.log(JSON.stringify(await runProgram(handoff, job, makeWorker)));
