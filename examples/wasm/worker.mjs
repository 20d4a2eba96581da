// One program in one worker, in a page or under node: Pyodide runs python, QuickJS runs javascript.
//
// Whoever made the worker ends the program by ending the worker; nothing in here could stop a busy loop.

const port = globalThis.self?.postMessage ? globalThis.self : (await import("node:worker_threads")).parentPort;

const runners = { python: preparePython, javascript: prepareJavascript };

const job = await new Promise((resolve) => {
  port.onmessage = ({ data }) => resolve(data);
});
port.postMessage(await perform(job));

async function perform({ language, code, memoryBytes, runtimes }) {
  const output = [];
  const write = (...words) => void output.push(`${words.join(" ")}\n`);
  limitWasmMemory(memoryBytes);
  const run = await runners[language](runtimes, write);
  port.postMessage({ started: true }); // the clock starts here: loading is not the program's time
  const error = run(code);
  const status = error === null ? "completed" : error.memory ? "memory_exceeded" : "failed";
  return { status, stdout: output.join(""), error: error && error.message };
}

// Pyodide has no setting for its memory, and QuickJS's own counts each allocation as a few bytes when it is wasm. The
// heaps of both grow through this one call, and an allocation that cannot have more is a language's own error inside.
function limitWasmMemory(bytes) {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function limitedGrow(pages) {
    if (this.buffer.byteLength + pages * 65536 > bytes) throw new RangeError("the memory limit is reached");
    return grow.call(this, pages);
  };
}

async function preparePython(runtimes, write) {
  const { loadPyodide } = await import(runtimes.pyodide);
  const pyodide = await loadPyodide({ stdout: write, stderr: write });
  return (code) => {
    try {
      pyodide.runPython(code);
      return null;
    } catch (error) {
      return { memory: error.type === "MemoryError", message: error.message };
    }
  };
}

async function prepareJavascript(runtimes, write) {
  const { getQuickJS } = await import(runtimes.quickjs);
  const context = (await getQuickJS()).newContext();
  provideConsole(context, write);
  return (code) => {
    const { error } = context.evalCode(code);
    if (!error) return null;
    const { name, message } = context.dump(error);
    return { memory: name === "InternalError" && message === "out of memory", message: `${name}: ${message}` };
  };
}

function provideConsole(context, write) {
  const log = context.newFunction("log", (...words) => write(...words.map((word) => context.getString(word))));
  const console = context.newObject();
  context.setProp(console, "log", log);
  context.setProp(context.global, "console", console);
}
