// What the start of the Worker's script takes in workerd, and how large the script is. Cloudflare gives a start one
// second, and a script 3 MB compressed.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Miniflare } from "miniflare";
import { configuration, modules } from "./local.mjs";

const dist = join(import.meta.dirname, "dist");

/** How often each start is measured; what is told is the median. */
const TIMES = 5;

/** A Worker that evaluates the script when it is asked, as the one of `wrangler check startup` does. */
const LATE = `export default { async fetch() { await import("./worker.js"); return new Response("started"); } }`;

/** A Worker of one line: what workerd takes to start without the script. */
const EMPTY = `export default { fetch() { return new Response("started"); } }`;

/**
 * Milliseconds by the clock from the creation of the isolate until the script is evaluated: how much longer workerd
 * takes with the script and its WebAssembly than with an empty Worker, until it has evaluated the script and said so.
 * The profiler has nothing to say of it: evaluating takes too little for its samples, and compiling is none of the
 * isolate's JavaScript.
 */
export async function startUp() {
  const took = [];
  for (let time = 0; time < TIMES; time++) {
    const empty = await started(EMPTY, false);
    took.push((await started(LATE, true)) - empty);
  }
  return median(took);
}

/** Octets of the script with its modules, as they are and compressed one by one. */
export async function size() {
  const contents = await Promise.all((await readdir(dist)).map((name) => readFile(join(dist, name))));
  const total = (lengths) => lengths.reduce((sum, length) => sum + length, 0);
  return { octets: total(contents.map((it) => it.length)), compressed: total(contents.map((it) => gzipSync(it).length)) };
}

/** Milliseconds until workerd has started, with the script or without, and an entry that is another one than the script has answered. */
async function started(contents, withScript) {
  const data = await mkdtemp(join(tmpdir(), "kalends-startup-"));
  const entry = { type: "ESModule", path: join(dist, "entry.js"), contents };
  const others = withScript ? await modules(dist, join(dist, "worker.js"), false) : [];
  const options = await configuration({ port: 0, data, variables: {}, more: { modules: [entry, ...others] } });
  const before = performance.now();
  const miniflare = new Miniflare(options);
  try {
    const { origin } = await miniflare.unsafeGetDirectURL();
    await ask(origin);
    return performance.now() - before;
  } finally {
    await miniflare.dispose();
    await rm(data, { recursive: true, force: true });
  }
}

async function ask(origin) {
  const answer = await fetch(origin);
  const text = await answer.text();
  if (text !== "started") throw new Error(`the script was not evaluated: ${answer.status} ${text}`);
}

function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
}
