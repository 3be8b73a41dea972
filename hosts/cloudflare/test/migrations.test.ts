import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { migrate } from "../migrations.mjs";

let miniflare: Miniflare;
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "kalends-migrations-"));
  const worker = { modules: true, script: "export default {}", compatibilityDate: "2026-11-01" };
  miniflare = new Miniflare(convertV4MiniflareOptions({ ...worker, d1Databases: { FIRST: "first", SECOND: "second" } }));
});

after(async () => {
  await miniflare.dispose();
  await rm(directory, { recursive: true });
});

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

test("a migration that fails leaves nothing of itself", async () => {
  const database = await miniflare.getD1Database("SECOND");
  await writeFile(join(directory, "0011_four.sql"), "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1);");
  await assert.rejects(migrate(database, directory), /0011_four\.sql.*nowhere/s);
  const { results } = await database.prepare("SELECT name FROM sqlite_master WHERE name = 'half'").all();
  assert.deepEqual(results, []);
});
