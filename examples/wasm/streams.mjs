// A program's two output streams, in memory that the worker and the page share.
//
// The page can read what a busy worker has written, and still has it after ending the worker. Nothing queues up: the
// memory is as large as the limit, and what goes beyond is dropped and flagged.

const STREAMS = ["stdout", "stderr"];
const HEADER_BYTES = 16; // for each stream its length and whether it was cut

export function createStreams(limitBytes) {
  return new SharedArrayBuffer(HEADER_BYTES + STREAMS.length * limitBytes);
}

function layOut(memory) {
  const limit = (memory.byteLength - HEADER_BYTES) / STREAMS.length;
  const header = new Int32Array(memory, 0, HEADER_BYTES / 4);
  const bodies = STREAMS.map((_, stream) => new Uint8Array(memory, HEADER_BYTES + stream * limit, limit));
  return { limit, header, bodies };
}

export class StreamsWriter {
  #parts;

  constructor(memory) {
    this.#parts = layOut(memory);
  }

  write(name, bytes) {
    const { limit, header, bodies } = this.#parts;
    const stream = STREAMS.indexOf(name);
    const length = header[stream];
    const room = limit - length;
    bodies[stream].set(bytes.subarray(0, room), length);
    Atomics.store(header, stream, length + Math.min(bytes.length, room));
    if (bytes.length > room) Atomics.store(header, STREAMS.length + stream, 1);
  }
}

export class StreamsReader {
  #parts;
  #taken = STREAMS.map(() => 0);
  #decoders = STREAMS.map(() => new TextDecoder());

  constructor(memory) {
    this.#parts = layOut(memory);
  }

  // What has come since the last call. The last call of all passes `final`, for a character that was cut in the middle.
  take(final = false) {
    return Object.fromEntries(STREAMS.map((name, stream) => [name, this.#decode(stream, final)]));
  }

  cut() {
    const { header } = this.#parts;
    return STREAMS.filter((_, stream) => Atomics.load(header, STREAMS.length + stream) !== 0);
  }

  #decode(stream, final) {
    const { limit, header, bodies } = this.#parts;
    const length = Math.min(Atomics.load(header, stream), limit);
    const fresh = bodies[stream].slice(this.#taken[stream], length); // a copy: shared memory cannot be decoded
    this.#taken[stream] = length;
    return this.#decoders[stream].decode(fresh, { stream: !final });
  }
}
