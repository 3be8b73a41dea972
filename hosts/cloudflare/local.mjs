// The Worker on this machine: what miniflare has to know to run it in the real workerd.

import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel } from "miniflare";
import { workerOptions } from "./wrangled.mjs";

/** The top of the project. */
export const root = join(import.meta.dirname, "../..");

/** What workerd is to run: bindings and compatibility date are those of `wrangler.toml`, the modules those of the build. */
export async function configuration({ port, data, variables, worker, faults = false, more = {} }) {
  const { modulesRules: _, ...options } = await workerOptions(root);
  const dist = worker === undefined ? join(import.meta.dirname, "dist") : resolve(worker);
  const main = join(dist, "worker.js");
  return convertV4MiniflareOptions({
    ...options,
    bindings: { ...options.bindings, ...variables },
    modulesRoot: dist,
    modules: await modules(dist, main, faults),
    // Past miniflare's own entry: that one tidies paths up and compresses answers which ask not to be transformed.
    unsafeDirectSockets: [{ host: "127.0.0.1", port }],
    cf: false,
    resourcePersistencePath: join(data, "v3"),
    telemetry: { enabled: false },
    log: new Log(LogLevel.WARN),
    handleStructuredLogs: passOn,
    ...more,
  });
}

/** The script and its core modules, as miniflare wants them named. */
export async function modules(dist, main, faults) {
  const names = await readdir(dist).catch(() => []);
  if (!names.includes("worker.js")) throw new Error(`${main} is not there: build it first (cargo xtask build cloudflare)`);
  const cores = names.filter((name) => name.endsWith(".wasm")).map((name) => ({ type: "CompiledWasm", path: join(dist, name) }));
  const entry = { type: "ESModule", path: main };
  if (!faults) return [entry, ...cores];
  const contents = await readFile(join(import.meta.dirname, "test/faulty.mjs"), "utf8");
  return [{ type: "ESModule", path: join(dist, "faulty.js"), contents }, entry, ...cores];
}

/** Passes on what the Worker and workerd log. */
function passOn({ level, message }) {
  const stream = level === "error" || level === "warn" ? process.stderr : process.stdout;
  stream.write(`${message}\n`);
}
