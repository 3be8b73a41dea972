// D1's migrations: the files of a directory, each applied once, as `wrangler d1 migrations apply` does it, and noted in
// the same table.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { statements } from "./wrangled.mjs";

/** wrangler's table of what has been applied. */
const TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/**
 * Applies the `.sql` files of `directory` that `database` has not seen, by number; each as one transaction, with the
 * note of it inside. Returns their names. Fails with the first that D1 refuses; those before it stay applied.
 */
export async function migrate(database, directory) {
  await database.prepare(TABLE).run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
  const applied = new Set(results.map(({ name }) => name));
  const missing = (await migrations(directory)).filter((name) => !applied.has(name));
  for (const name of missing) await apply(database, directory, name);
  return missing;
}

async function migrations(directory) {
  const names = (await readdir(directory, { withFileTypes: true })).filter((it) => it.isFile() && it.name.endsWith(".sql"));
  return names.map(({ name }) => name).sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
}

async function apply(database, directory, name) {
  const sql = await readFile(join(directory, name), "utf8");
  const note = database.prepare("INSERT INTO d1_migrations (name) VALUES (?1)").bind(name);
  try {
    await database.batch([...(await statements(sql)).map((statement) => database.prepare(statement)), note]);
  } catch (error) {
    throw new Error(`migration ${name}: ${error.message}`, { cause: error });
  }
}
