// wasi:io 0.2: output streams that end in the Worker's log, input streams that are at their end.

import { Failure } from "../exchange.ts";

type StreamError = { tag: "closed" };

const closed = () => new Failure<StreamError>({ tag: "closed" }, "the stream is closed");

/** `wasi:io/error`'s resource. No stream here makes one. */
export class IoError {
  toDebugString(): string {
    return "an input or output error";
  }
}

/** A pollable that is always ready: nothing here makes a component wait, except the imports that suspend it. */
export class Pollable {
  ready(): boolean {
    return true;
  }

  block(): void {}
}

/** An input stream that is at its end. */
export class InputStream {
  read(_length: bigint): Uint8Array {
    throw closed();
  }

  blockingRead(_length: bigint): Uint8Array {
    throw closed();
  }

  skip(_length: bigint): bigint {
    throw closed();
  }

  blockingSkip(_length: bigint): bigint {
    throw closed();
  }

  subscribe(): Pollable {
    return new Pollable();
  }
}

/** Longest line that is held back for its end, in characters. */
const LONGEST_LINE = 16_384;

/** Octets that one write may bring. */
const WRITE_LIMIT = 65_536n;

/** An output stream of text: each line goes to `log` as soon as it is complete. */
export class OutputStream {
  readonly #log: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  checkWrite(): bigint {
    return WRITE_LIMIT;
  }

  write(contents: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(contents, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#log(line);
    if (this.#rest.length > LONGEST_LINE) {
      this.#log(this.#rest);
      this.#rest = "";
    }
  }

  blockingWriteAndFlush(contents: Uint8Array): void {
    this.write(contents);
  }

  /** Lines are logged as they end; what has no end yet stays, so that a line written in pieces is one in the log. */
  flush(): void {}

  blockingFlush(): void {}

  writeZeroes(length: bigint): void {
    this.write(new Uint8Array(Number(length)));
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length);
  }

  subscribe(): Pollable {
    return new Pollable();
  }
}

/** `wasi:io/poll`'s function: all pollables are ready. */
export function poll(pollables: Pollable[]): Uint32Array {
  return Uint32Array.from(pollables.keys());
}
