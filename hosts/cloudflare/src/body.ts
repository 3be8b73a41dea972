// How a request's body comes in.

import { messageOf } from "./exchange.ts";

/** The body is longer than the limit. */
export class TooLarge extends Error {}

/** The body did not arrive whole: the client went away in the middle of it, or sent what is none. */
export class Broken extends Error {}

/** Nothing came of the body for too long. */
export class Stalled extends Error {}

/** How a body is taken. */
export interface Reception {
  /** The octets that it may have. */
  readonly limit: number;
  /** How long to wait for more of it, in milliseconds. */
  readonly patience: number;
  /** Is told how much of it has come, and has the rest wait until it resolves. */
  readonly arrived: (octets: number) => Promise<void>;
}

/** Octets of a body that one read brings at most: without a buffer of our own workerd gives 4 KiB. */
const AT_ONCE = 256 * 1024;

/** Reads a body. Throws `TooLarge`, without reading one that says so itself, `Broken` and `Stalled`. */
export async function readBody(request: Request, reception: Reception): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (Number(announced) > reception.limit) throw new TooLarge();
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader({ mode: "byob" });
  try {
    return await readAll(reader, Math.min(Number(announced ?? AT_ONCE) + 1, AT_ONCE), reception);
  } catch (thrown) {
    // Whether the rest can be called off is of no interest any more.
    reader.cancel().catch(() => {});
    throw thrown;
  }
}

async function readAll(reader: ReadableStreamBYOBReader, atOnce: number, { limit, patience, arrived }: Reception): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await within(patience, reader.read(new Uint8Array(atOnce)));
    if (done) return joined(chunks, length);
    length += value.length;
    if (length > limit) throw new TooLarge();
    // A piece keeps the whole buffer that it came in.
    chunks.push(2 * value.length < atOnce ? value.slice() : value);
    await arrived(length);
  }
}

/** What is read, in time. */
async function within<T>(patience: number, reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Stalled()), patience)));
  const read = reading.catch((thrown: unknown) => {
    throw new Broken(messageOf(thrown));
  });
  try {
    return await Promise.race([read, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

function joined(chunks: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
