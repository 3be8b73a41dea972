// What wrangler makes of `wrangler.toml` and of SQL, remembered from one start to the next: loading wrangler takes
// longer than all else that a start does.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A build begins with an empty one. */
const directory = join(import.meta.dirname, "generated/wrangled");

/** The settings of the environment that wrangler knows. */
const settings = Object.entries(process.env).filter(([name]) => /^(CLOUDFLARE|WRANGLER)_/.test(name));

/** The options that miniflare takes for the Worker of the `wrangler.toml` in a directory. With files of variables beside it, which are secrets more often than not, nothing is remembered. */
export async function workerOptions(root) {
  const path = join(root, "wrangler.toml");
  const make = async () => (await import("wrangler")).unstable_getMiniflareWorkerOptions(path).workerOptions;
  const secrets = (await readdir(root)).some((name) => name.startsWith(".dev.vars") || name.startsWith(".env"));
  return secrets ? make() : remembered([path, await readFile(path, "utf8"), settings], make);
}

/** The statements of a text of SQL. */
export function statements(sql) {
  return remembered([sql], async () => (await import("wrangler")).unstable_splitSqlQuery(sql));
}

/** What `make` makes of what is given and of nothing else. */
async function remembered(given, make) {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, "node_modules/wrangler/package.json"), "utf8"));
  const digest = createHash("sha256").update(JSON.stringify([version, given])).digest("hex");
  const path = join(directory, `${digest}.json`);
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found !== undefined) return JSON.parse(found);
  const made = await make();
  // Whoever else starts now reads a whole file or none. Where it cannot be written, it is made again.
  const unfinished = `${path}.${process.pid}`;
  await mkdir(directory, { recursive: true })
    .then(() => writeFile(unfinished, JSON.stringify(made)))
    .then(() => rename(unfinished, path))
    .catch(() => {});
  return made;
}
