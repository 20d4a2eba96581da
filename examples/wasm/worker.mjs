// One program in one worker: Pyodide runs python, QuickJS runs javascript.
//
// Whoever made the worker ends the program by ending the worker; nothing in here could stop a busy loop.

import { StreamsWriter } from "./streams.mjs";

const port = globalThis.self?.postMessage ? globalThis.self : (await import("node:worker_threads")).parentPort;
const post = port.postMessage.bind(port); // bound before a program could replace it

const ENGINES = {
  python: async () => (await import("./python.mjs")).preparePython,
  javascript: async () => (await import("./javascript.mjs")).prepareJavascript,
};

port.onmessage = async ({ data: job }) => {
  port.onmessage = null;
  post({ kind: "ended", ...(await perform(job)) });
};
post({ kind: "ready" });

async function perform({ handoff, language, memory, ...job }) {
  if (!handoff.languages.includes(language) || !Object.hasOwn(ENGINES, language)) {
    return { status: "refused", error: describe("NotAllowed", `the configuration does not allow ${language}`) };
  }
  const heap = limitWasmMemory(handoff.memory_bytes);
  const streams = new StreamsWriter(memory);
  const host = {
    ...job,
    memoryBytes: handoff.memory_bytes,
    write: (name, bytes) => streams.write(name, bytes),
    picture: (png, alt) => post({ kind: "picture", png, alt }),
  };
  try {
    const prepare = await ENGINES[language]();
    const { heapBytes, run } = await prepare(host);
    if (heapBytes > handoff.memory_bytes) return tooSmall(language, heapBytes, handoff.memory_bytes);
    post({ kind: "started" });
    const { outOfMemory, ...verdict } = await run();
    // A program that handled its lack of memory and went on is an ordinary one; so is one that raises the error itself.
    return outOfMemory && heap.refused ? { ...verdict, status: "memory_exceeded" } : verdict;
  } catch (error) {
    const status = heap.refused ? "memory_exceeded" : "failed";
    return { status, error: describe(error?.name ?? "Error", String(error?.message ?? error)) };
  }
}

function tooSmall(language, needed, limit) {
  const [needs, has] = [needed, limit].map((bytes) => Math.ceil(bytes / 2 ** 20));
  const message = `${language} needs ${needs} MiB before a program starts, and the limit is ${has} MiB`;
  return { status: "memory_exceeded", error: describe("MemoryError", message) };
}

function describe(type, message) {
  return { type, message, line: null, traceback: "" };
}

// Pyodide has no setting for its memory, and QuickJS's own counts each allocation as a few bytes when it is wasm. The
// heaps of both grow through this one call, and an allocation that cannot have more is a language's own error inside.
function limitWasmMemory(bytes) {
  const heap = { refused: false };
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function limitedGrow(pages) {
    if (this.buffer.byteLength + pages * 65536 > bytes) {
      heap.refused = true;
      throw new RangeError("the memory limit is reached");
    }
    return grow.call(this, pages);
  };
  Object.freeze(WebAssembly.Memory.prototype); // a program that reaches JavaScript cannot put the old one back
  return heap;
}
