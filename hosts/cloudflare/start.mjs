// Runs the Worker on this machine, in the real workerd, with D1, R2 and KV in a directory.
//
//     node start.mjs --port 8787 --data DIR [--var NAME=VALUE]... [--worker DIR] [--faults]
//
// With --faults its services fail when a request says so (test/faulty.mjs).
//
// --worker has it run the Worker in another directory than dist/.
//
// The directory is laid out as wrangler does it, so that `wrangler d1 execute kalends --local --persist-to DIR` sees the same data.

import { readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { migrate } from "./migrations.mjs";

const root = join(import.meta.dirname, "../..");

/** The command line: port, data directory, and settings as variables of the Worker, their names in upper case. */
function commandLine() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      data: { type: "string", default: "data" },
      var: { type: "string", multiple: true, default: [] },
      worker: { type: "string" },
      faults: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${values.port}: no such port`);
  return { port, data: resolve(values.data), variables: Object.fromEntries(values.var.map(variable)), worker: values.worker, faults: values.faults };
}

function variable(assignment) {
  const at = assignment.indexOf("=");
  if (at < 1) throw new Error(`--var ${assignment}: it takes NAME=VALUE`);
  return [assignment.slice(0, at).toUpperCase(), assignment.slice(at + 1)];
}

/** What workerd is to run: bindings and compatibility date are those of `wrangler.toml`, the modules those of the build. */
async function configuration({ port, data, variables, worker, faults }) {
  const { main: ours, workerOptions } = unstable_getMiniflareWorkerOptions(join(root, "wrangler.toml"));
  const main = worker === undefined ? ours : resolve(worker, "worker.js");
  const { modulesRules: _, ...options } = workerOptions;
  const dist = dirname(main);
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
  });
}

async function modules(dist, main, faults) {
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

/** Starts workerd, brings the database up to date, and says where it listens. */
async function start() {
  const miniflare = new Miniflare(await configuration(commandLine()));
  const stop = once(async () => {
    await miniflare.dispose();
    process.exit();
  });
  // miniflare's own handlers call it a failure to be stopped.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(signal).on(signal, stop);
  try {
    const url = await miniflare.unsafeGetDirectURL();
    const applied = await migrate(await miniflare.getD1Database("DB"), join(root, "migrations"));
    for (const name of applied) console.log(`Applied migration ${name}`);
    console.log(`Kalends is listening on ${url.origin}/`);
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

function once(action) {
  let outcome;
  return () => (outcome ??= action());
}

start().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
