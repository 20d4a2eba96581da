// What a person sees: an editor, the two streams, the error, the pictures. Running is program.mjs's.

import { OUTPUT_BYTES, PICTURE_BYTES, runProgram } from "./program.mjs";

const LANGUAGES = {
  python: { name: "Python", draft: 'import sys\n\nprint("Hello from Python", sys.version.split()[0])\n' },
  javascript: { name: "JavaScript", draft: 'console.log("Hello from QuickJS");\n' },
};
const ENGINES = {
  pyodide: new URL("runtimes/pyodide/pyodide.mjs", location).href,
  quickjs: new URL("runtimes/quickjs-emscripten/index.global.js", location).href,
  wheels: true,
};
const PYTHON_FILES = ["harness.py", "pictures.py"];

const at = (id) => document.getElementById(id);
const show = (element, visible) => void (element.hidden = !visible);
const mebibytes = (bytes) => `${bytes / 2 ** 20} MiB`;
const seconds = (number) => `${number.toFixed(number < 10 ? 2 : 0)} s`;

let handoff;
let python; // the files of the Python side
let language;
let stopper; // of the run that is on

start().catch((error) => (at("sentence").textContent = `This page could not start: ${error.message}`));

async function start() {
  if (!crossOriginIsolated) {
    throw new Error("its server has to send Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy");
  }
  handoff = await (await load("handoff.json")).json();
  python = Object.fromEntries(
    await Promise.all(PYTHON_FILES.map(async (name) => [name, await (await load(name)).text()])),
  );
  offerLanguages();
  at("limits").textContent =
    `A program ends after ${handoff.wall_secs} s, at ${mebibytes(handoff.memory_bytes)} of memory, ` +
    `or at ${mebibytes(OUTPUT_BYTES)} of output.`;
  at("editor").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  at("stop").addEventListener("click", stop);
  at("error-line").addEventListener("click", goToLine);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("editor").requestSubmit(at("run"));
    if (event.key === "Escape") stop();
  });
  at("run").disabled = false;
  at("sentence").textContent = "Ready.";
}

async function load(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name} is missing (${response.status})`);
  return response;
}

function offerLanguages() {
  const offered = handoff.languages.filter((name) => name in LANGUAGES);
  for (const name of offered) {
    const choice = Object.assign(document.createElement("input"), { type: "radio", name: "language", value: name });
    choice.addEventListener("change", () => chooseLanguage(name));
    const label = document.createElement("label");
    label.append(choice, LANGUAGES[name].name);
    at("languages").append(label);
  }
  at("languages").querySelector("input").checked = true;
  chooseLanguage(offered[0]);
}

function chooseLanguage(name) {
  if (language) LANGUAGES[language].draft = at("code").value;
  language = name;
  at("code").value = LANGUAGES[name].draft;
}

function makeWorker(name) {
  return name === "javascript" ? new Worker("classic.js") : new Worker("worker.mjs", { type: "module" });
}

async function run() {
  if (stopper) return;
  stopper = new AbortController();
  clear();
  at("run").disabled = true;
  at("stop").disabled = false;
  const { name } = LANGUAGES[language];
  at("sentence").textContent = `Loading ${name}…`;
  const job = { language, code: at("code").value, engines: ENGINES, python };
  try {
    const result = await runProgram(handoff, job, makeWorker, {
      signal: stopper.signal,
      started: () => (at("sentence").textContent = "Running…"),
      output: ({ stdout, stderr }) => {
        at("stdout").append(stdout);
        at("stderr").append(stderr);
      },
      picture: addPicture,
    });
    showResult(result);
  } finally {
    stopper = undefined;
    at("stop").disabled = true;
    at("run").disabled = false;
  }
}

function stop() {
  stopper?.abort();
}

function clear() {
  for (const id of ["stdout", "stderr", "gallery", "traceback"]) at(id).replaceChildren();
  for (const id of ["verdict", "error", "pictures", "stdout-cut", "stderr-cut"]) show(at(id), false);
}

function showResult({ status, cut, error, wall_secs }) {
  const sentences = {
    completed: () => `Ended well after ${seconds(wall_secs)}.`,
    failed: () => `Ended with an error after ${seconds(wall_secs)}.`,
    refused: () => "Not run.",
    timed_out: () => `Stopped at the time limit of ${handoff.wall_secs} s.`,
    memory_exceeded: () => `Ended at the memory limit of ${mebibytes(handoff.memory_bytes)}.`,
    output_exceeded: () =>
      `Stopped at the output limit: ${mebibytes(OUTPUT_BYTES)} a stream, ${mebibytes(PICTURE_BYTES)} of pictures.`,
    killed: () => `Stopped by you after ${seconds(wall_secs)}.`,
  };
  at("verdict").textContent = status;
  at("verdict").dataset.verdict = status;
  show(at("verdict"), true);
  at("sentence").textContent = sentences[status]();
  for (const stream of cut) show(at(`${stream}-cut`), true);
  if (error) showError(error);
}

function showError({ type, message, line, traceback }) {
  at("error-title").textContent = message ? `${type}: ${message}` : type;
  at("error-line").textContent = `Line ${line}`;
  at("error-line").dataset.line = line;
  show(at("error-line"), line !== null);
  at("error-advice").textContent =
    "Here Python has its standard library, and those of Pyodide's packages that the host keeps in its own folder.";
  show(at("error-advice"), type === "ModuleNotFoundError");
  at("traceback").textContent = traceback;
  show(at("traceback"), traceback !== "");
  show(at("error"), true);
}

// Select the line of the program where the error came up.
function goToLine() {
  const lines = at("code").value.split("\n");
  const index = Number(at("error-line").dataset.line) - 1;
  const begin = lines.slice(0, index).reduce((sum, text) => sum + text.length + 1, 0);
  at("code").focus();
  at("code").setSelectionRange(begin, begin + (lines[index] ?? "").length);
}

function addPicture(png, alt) {
  const image = document.createElement("img");
  image.src = URL.createObjectURL(new Blob([png], { type: "image/png" }));
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  image.alt = alt;
  const caption = Object.assign(document.createElement("figcaption"), { textContent: alt });
  const figure = document.createElement("figure");
  figure.append(image, caption);
  at("gallery").append(figure);
  show(at("pictures"), true);
}
