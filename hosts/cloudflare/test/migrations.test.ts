import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { migrate } from "../migrations.mjs";

let miniflare: Miniflare;
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "kalends-migrations-"));
  // One for each version that there may be.
  const versions = Object.fromEntries(Array.from({ length: 50 }, (_, number) => [`VERSION_${number}`, `version-${number}`]));
  const worker = { modules: true, script: "export default {}", compatibilityDate: "2026-11-01" };
  miniflare = new Miniflare(convertV4MiniflareOptions({ ...worker, d1Databases: { FIRST: "first", SECOND: "second", ...versions } }));
});

after(async () => {
  await miniflare.dispose();
  await rm(directory, { recursive: true });
});

/** What the first version could hold of what has changed since. */
const OLD = [
  "INSERT INTO principal (kind, name, display_name, emails, folded) VALUES (0, 'ann', 'ANN', 'ann@example.org', 'ann')",
  "INSERT INTO principal (kind, name, display_name, emails, folded) VALUES (0, 'bob', 'BOB', 'bob@example.org', 'bob')",
  "INSERT INTO collection (owner, home, path, created, modified) VALUES (1, 0, 'work', 1, 1)",
  "INSERT INTO share (collection, principal, access) VALUES (1, 2, 3)",
  "INSERT INTO credential (id, principal, kind, label, verifier, scope, created) VALUES ('one', 2, 0, 'phone', 'abc', 9, 5)",
  `INSERT INTO resource (collection, name, seq, etag, content_type, size, starts, ends, exact, created, modified, body)
    VALUES (1, 'a', 1, '"x"', 'text/calendar', 3, 0, 0, 0, 1, 1, 'one')`,
];

const ONE = `
CREATE TABLE note (text TEXT);
-- A comment; with a semicolon.
CREATE TRIGGER noted AFTER INSERT ON note BEGIN
    UPDATE note SET text = text || ';' WHERE rowid = new.rowid;
    UPDATE note SET text = text || '!' WHERE rowid = new.rowid;
END;
INSERT INTO note VALUES ('first');
`;

test("migrations are applied once, by number, triggers and all", async () => {
  const database = await miniflare.getD1Database("FIRST");
  await writeFile(join(directory, "0001_one.sql"), ONE);
  assert.deepEqual(await migrate(database, directory), ["0001_one.sql"]);
  await writeFile(join(directory, "0010_three.sql"), "INSERT INTO note VALUES ('third');");
  await writeFile(join(directory, "0002_two.sql"), "INSERT INTO note VALUES ('second');");
  assert.deepEqual(await migrate(database, directory), ["0002_two.sql", "0010_three.sql"]);
  assert.deepEqual(await migrate(database, directory), []);
  const { results } = await database.prepare("SELECT text FROM note ORDER BY rowid").all();
  assert.deepEqual(results, [{ text: "first;!" }, { text: "second;!" }, { text: "third;!" }]);
});

test("a database of each earlier version is brought to this one, with its data", async () => {
  const real = join(import.meta.dirname, "../../../migrations");
  const files = (await readdir(real)).filter((name) => name.endsWith(".sql")).sort();
  assert.ok(files.length > 1);
  for (let version = 1; version < files.length; version++) {
    const old = join(directory, `version-${version}`);
    await cp(real, old, { recursive: true, filter: (path) => !files.slice(version).some((later) => path.endsWith(later)) });
    const database = await miniflare.getD1Database(`VERSION_${version}`);
    assert.deepEqual(await migrate(database, old), files.slice(0, version));
    await database.batch(OLD.map((statement) => database.prepare(statement)));
    assert.deepEqual(await migrate(database, real), files.slice(version));
    const { results } = await database
      .prepare("SELECT r.body, c.path, g.access, g.state, k.label FROM resource r JOIN collection c ON c.id = r.collection JOIN share g ON g.collection = c.id JOIN credential k ON k.principal = g.principal")
      .all();
    assert.deepEqual(results, [{ body: "one", path: "work", access: 3, state: 1, label: "phone" }]);
  }
});

test("a migration that fails leaves nothing of itself", async () => {
  const database = await miniflare.getD1Database("SECOND");
  await writeFile(join(directory, "0011_four.sql"), "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1);");
  await assert.rejects(migrate(database, directory), /0011_four\.sql.*nowhere/s);
  const { results } = await database.prepare("SELECT name FROM sqlite_master WHERE name = 'half'").all();
  assert.deepEqual(results, []);
});
