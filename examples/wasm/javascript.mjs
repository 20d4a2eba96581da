// JavaScript by QuickJS, which has the language and nothing of a browser but this console.

const PROGRAM = "program.js";

const CONSOLE = `(write) => {
  const { stringify } = JSON;
  const show = (value) => {
    if (value instanceof Error) return String(value);
    if (typeof value !== "object" || value === null) return String(value);
    try {
      return stringify(value) ?? String(value);
    } catch {
      return String(value); // it contains itself, or a BigInt
    }
  };
  const writer = (stream) => (...values) => write(stream, values.map(show).join(" "));
  const [out, err] = ["stdout", "stderr"].map(writer);
  globalThis.console = { log: out, info: out, debug: out, warn: err, error: err };
}`;

export async function prepareJavascript({ code, engines, write }) {
  const quickjs = await (await loadLibrary(engines.quickjs)).getQuickJS();
  const context = quickjs.newContext();
  provideConsole(context, write);
  return {
    heapBytes: quickjs.getWasmMemory().buffer.byteLength,
    run: async () => {
      const error = evaluate(context, code);
      if (error === null) return { status: "completed", error: null };
      const outOfMemory = error.type === "InternalError" && error.message === "out of memory";
      return { status: "failed", error, outOfMemory };
    },
  };
}

async function loadLibrary(url) {
  if (typeof importScripts !== "function") return import(url);
  importScripts(url);
  return globalThis.QJS;
}

function provideConsole(context, write) {
  const encoder = new TextEncoder();
  const print = context.newFunction("write", (stream, text) => {
    write(context.getString(stream), encoder.encode(`${context.getString(text)}\n`));
  });
  const install = context.unwrapResult(context.evalCode(CONSOLE));
  context.unwrapResult(context.callFunction(install, context.undefined, print)).dispose();
  install.dispose();
  print.dispose();
}

// The program, then what it has promised, in turn.
function evaluate(context, code) {
  const result = context.evalCode(code, PROGRAM);
  if (result.error) return describe(context, result.error);
  const jobs = context.runtime.executePendingJobs();
  if (jobs.error) return describe(context, jobs.error);
  const promise = context.getPromiseState(result.value);
  return promise.type === "rejected" ? describe(context, promise.error) : null;
}

function describe(context, handle) {
  const thrown = context.dump(handle);
  if (typeof thrown !== "object" || thrown === null || !("message" in thrown)) {
    return { type: "Error", message: `uncaught ${JSON.stringify(thrown)}`, line: null, traceback: "" };
  }
  const { name, message, stack = "" } = thrown;
  const line = new RegExp(`\\b${PROGRAM}:(\\d+)`).exec(stack);
  return { type: name, message, line: line && Number(line[1]), traceback: `${name}: ${message}\n${stack}` };
}
