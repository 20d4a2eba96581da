// Taplo's language server on standard input and output.
//
// npm has the server as a WebAssembly library (@taplo/lsp, what the VS Code extension imports): it takes and gives
// messages, and asks its environment for files. This lends it those of Node, and frames the messages.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { fileURLToPath } = require("node:url");
const { TaploLsp } = require("@taplo/lsp");

// It would look for a catalogue of schemas on the net.
globalThis.fetch = () => Promise.reject(new Error("there is no network here"));

const environment = {
  now: () => new Date(),
  envVar: (name) => process.env[name],
  envVars: () => Object.entries(process.env),
  stdErrAtty: () => false,
  stdin: async () => new Uint8Array(),
  stdout: async (bytes) => bytes.length,
  stderr: process.stderr,
  glob: () => [],
  readFile: (file) => fs.promises.readFile(file),
  writeFile: () => Promise.reject(new Error("the server writes no file")),
  urlToFilePath: (url) => (url.startsWith("file:") ? fileURLToPath(url) : ""),
  isAbsolute: (file) => path.isAbsolute(file),
  cwd: () => process.cwd(),
  findConfigFile: (folder) => [".taplo.toml", "taplo.toml"].map((name) => path.join(folder, name)).find(fs.existsSync),
};

function send(message) {
  const body = Buffer.from(JSON.stringify(message));
  process.stdout.write(`Content-Length: ${body.length}\r\n\r\n`);
  process.stdout.write(body);
}

function* messages(state) {
  for (;;) {
    const end = state.buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(state.buffer.toString("latin1", 0, end))[1]);
    const start = end + 4;
    if (state.buffer.length < start + length) return;
    yield JSON.parse(state.buffer.toString("utf8", start, start + length));
    state.buffer = state.buffer.subarray(start + length);
  }
}

async function main() {
  const server = await TaploLsp.initialize(environment, { onMessage: send });
  const state = { buffer: Buffer.alloc(0) };
  process.stdin.on("data", (chunk) => {
    state.buffer = Buffer.concat([state.buffer, chunk]);
    for (const message of messages(state)) {
      if (message.method === "exit") process.exit(0);
      server.send(message);
    }
  });
  process.stdin.on("end", () => process.exit(0));
}

main();
