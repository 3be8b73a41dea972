// WASI 0.2 as far as Rust's standard library asks for it. npm's shims have no build for workerd.

import { cli } from "./cli.ts";
import { clocks } from "./clocks.ts";
import { filesystem } from "./filesystem.ts";
import { InputStream, IoError, OutputStream, poll, Pollable } from "./io.ts";
import { random } from "./random.ts";

/** The WASI interfaces that an instance may import, by name. */
export function wasi(): Record<string, object> {
  return {
    ...cli(),
    ...clocks(),
    ...filesystem(),
    ...random(),
    "wasi:io/error": { Error: IoError },
    "wasi:io/poll": { Pollable, poll },
    "wasi:io/streams": { InputStream, OutputStream },
  };
}
