// wasi:clocks 0.2. A Worker's clock stands still between one I/O and the next.

import { Pollable } from "./io.ts";

interface Datetime {
  seconds: bigint;
  nanoseconds: number;
}

const now = (): Datetime => {
  const milliseconds = Date.now();
  return { seconds: BigInt(Math.floor(milliseconds / 1000)), nanoseconds: (milliseconds % 1000) * 1_000_000 };
};

/** The `wasi:clocks` interfaces, by name. */
export function clocks(): Record<string, object> {
  return {
    "wasi:clocks/wall-clock": { now, resolution: (): Datetime => ({ seconds: 0n, nanoseconds: 1_000_000 }) },
    "wasi:clocks/monotonic-clock": {
      now: () => BigInt(Math.round(performance.now() * 1_000_000)),
      resolution: () => 1_000_000n,
      // Nothing sleeps here: a component that waits for a time is told that it has come.
      subscribeInstant: () => new Pollable(),
      subscribeDuration: () => new Pollable(),
    },
  };
}
