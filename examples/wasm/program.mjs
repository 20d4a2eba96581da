// One program in one worker, from start to end: in a page, or under node.

import { createStreams, StreamsReader } from "./streams.mjs";

export const OUTPUT_BYTES = 1 << 20; // a stream
export const PICTURE_BYTES = 16 << 20; // all pictures together
const LOADING_SECS = 120; // a worker that never starts is ended too
const POLL_MILLISECONDS = 50;
const VERDICTS = new Set(["completed", "failed", "memory_exceeded", "refused"]);

/**
 * Run a program within the host's hand-off, and end its worker whatever comes.
 *
 * `started`, `output` and `picture` are called while it runs. Aborting `signal` kills the program.
 */
export async function runProgram(handoff, job, makeWorker, { signal, started, output, picture } = {}) {
  if (!handoff.languages.includes(job.language)) {
    throw new Error(`the configuration does not allow ${job.language}`);
  }
  const memory = createStreams(OUTPUT_BYTES);
  const reader = new StreamsReader(memory);
  const text = { stdout: "", stderr: "" };
  const readOutput = (final) => {
    const fresh = reader.take(final);
    text.stdout += fresh.stdout;
    text.stderr += fresh.stderr;
    if (fresh.stdout || fresh.stderr) output?.(fresh);
  };

  const worker = makeWorker(job.language);
  const timers = { loading: undefined, wall: undefined, polling: undefined };
  let startedAt = null;
  let pictureBytes = 0;
  let verdict;
  try {
    verdict = await new Promise((resolve) => {
      const handlers = {
        ready: () => worker.postMessage({ ...job, handoff, memory }),
        started: () => {
          startedAt = performance.now(); // loading the language is not the program's time
          clearTimeout(timers.loading);
          timers.wall = setTimeout(() => resolve({ status: "timed_out" }), handoff.wall_secs * 1000);
          started?.();
        },
        picture: ({ png, alt }) => {
          pictureBytes += png.byteLength;
          if (pictureBytes > PICTURE_BYTES) resolve({ status: "output_exceeded" });
          else picture?.(png, alt);
        },
        ended: (message) => resolve(VERDICTS.has(message.status) ? message : failedToRun("the worker sent no verdict")),
      };
      worker.onmessage = ({ data }) => handlers[data.kind]?.(data);
      worker.onerror = (event) => resolve(failedToRun(event.message));
      const kill = () => resolve({ status: "killed" });
      if (signal?.aborted) kill();
      signal?.addEventListener("abort", kill, { once: true });
      timers.loading = setTimeout(
        () => resolve(failedToRun(`${job.language} did not load within ${LOADING_SECS} seconds`)),
        LOADING_SECS * 1000,
      );
      timers.polling = setInterval(() => {
        readOutput(false);
        if (reader.cut().length > 0) resolve({ status: "output_exceeded" });
      }, POLL_MILLISECONDS);
    });
  } finally {
    Object.values(timers).forEach(clearTimeout);
    worker.terminate();
  }
  readOutput(true);
  const cut = reader.cut();
  return {
    status: cut.length > 0 && VERDICTS.has(verdict.status) ? "output_exceeded" : verdict.status,
    ...text,
    cut,
    error: verdict.error ?? null,
    wall_secs: startedAt === null ? 0 : (performance.now() - startedAt) / 1000,
  };
}

function failedToRun(message) {
  const error = { type: "Error", message: message || "the worker did not load", line: null, traceback: "" };
  return { status: "failed", error };
}
