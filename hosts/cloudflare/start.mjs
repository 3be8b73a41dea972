// Runs the Worker on this machine, in the real workerd, with D1, R2 and KV in a directory.
//
//     node start.mjs --port 8787 --data DIR [--var NAME=VALUE]... [--worker DIR] [--faults] [--tethered]
//
// With --tethered it ends when its standard input does, and so with whoever started it.
//
// With --faults its services fail when a request says so (test/faulty.mjs).
//
// --worker has it run the Worker in another directory than dist/.
//
// The directory is laid out as wrangler does it, so that `wrangler d1 execute kalends --local --persist-to DIR` sees
// the same data.

import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Miniflare } from "miniflare";
import { configuration, root } from "./local.mjs";
import { migrate } from "./migrations.mjs";

/** The command line: port, data directory, and settings as variables of the Worker, their names in upper case. */
function commandLine() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      data: { type: "string", default: "data" },
      var: { type: "string", multiple: true, default: [] },
      worker: { type: "string" },
      faults: { type: "boolean", default: false },
      tethered: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${values.port}: no such port`);
  const { data, worker, faults, tethered } = values;
  return { port, data: resolve(data), variables: Object.fromEntries(values.var.map(variable)), worker, faults, tethered };
}

function variable(assignment) {
  const at = assignment.indexOf("=");
  if (at < 1) throw new Error(`--var ${assignment}: it takes NAME=VALUE`);
  return [assignment.slice(0, at).toUpperCase(), assignment.slice(at + 1)];
}

/** Starts workerd, brings the database up to date, and says where it listens. */
async function start() {
  const options = commandLine();
  const miniflare = new Miniflare(await configuration(options));
  const stop = once(async () => {
    await miniflare.dispose();
    process.exit();
  });
  // miniflare's own handlers call it a failure to be stopped.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(signal).on(signal, stop);
  if (options.tethered) process.stdin.on("end", stop).resume();
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
