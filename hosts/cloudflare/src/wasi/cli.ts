// wasi:cli 0.2: no arguments, no environment, no terminal; what is printed goes to the Worker's log.

import { InputStream, OutputStream } from "./io.ts";

/** Thrown by `wasi:cli/exit`: the end of an instance, whatever the status. */
export class Exit extends Error {
  constructor(status: string) {
    super(`the component called exit (${status})`);
  }
}

class TerminalInput {}

class TerminalOutput {}

/** The `wasi:cli` interfaces, by name. */
export function cli(): Record<string, object> {
  const stdout = new OutputStream((line) => console.log(line));
  const stderr = new OutputStream((line) => console.error(line));
  return {
    "wasi:cli/environment": {
      getEnvironment: (): [string, string][] => [],
      getArguments: (): string[] => [],
      initialCwd: () => undefined,
    },
    "wasi:cli/exit": {
      exit(status: { tag: "ok" | "err" }): never {
        throw new Exit(status.tag);
      },
    },
    "wasi:cli/stdin": { getStdin: () => new InputStream() },
    "wasi:cli/stdout": { getStdout: () => stdout },
    "wasi:cli/stderr": { getStderr: () => stderr },
    "wasi:cli/terminal-input": { TerminalInput },
    "wasi:cli/terminal-output": { TerminalOutput },
    "wasi:cli/terminal-stdin": { getTerminalStdin: () => undefined },
    "wasi:cli/terminal-stdout": { getTerminalStdout: () => undefined },
    "wasi:cli/terminal-stderr": { getTerminalStderr: () => undefined },
  };
}
