// What the bindings take for granted of the real D1, R2 and KV.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { d1 } from "../src/d1.ts";
import { begin, Failure, type Env, type Exchange } from "../src/exchange.ts";
import type { D1Error, Value } from "../src/kalends.ts";
import { kv } from "../src/kv.ts";
import { r2 } from "../src/r2.ts";

let miniflare: Miniflare;
let exchange: Exchange;

before(async () => {
  const worker = { modules: true, script: "export default {}", compatibilityDate: "2026-11-01" };
  const bindings = { d1Databases: { DB: "db" }, r2Buckets: { BLOBS: "blobs" }, kvNamespaces: { CACHE: "cache" } };
  miniflare = new Miniflare(convertV4MiniflareOptions({ ...worker, ...bindings }));
  exchange = begin(await miniflare.getBindings<Env>());
});

after(() => miniflare.dispose());

const statement = (sql: string, ...params: Value[]) => ({ sql, params });

const text = (val: string): Value => ({ tag: "text", val });

const integer = (val: bigint): Value => ({ tag: "integer", val });

test("values reach SQL with their types, and columns come back in order", async () => {
  const params = [text("a"), integer(-5n), { tag: "null" } as const, { tag: "real", val: 1 } as const];
  const [rows] = await d1(() => exchange).batch([
    statement("SELECT typeof(?2) AS z, ?2 || ?1 AS y, typeof(?3) AS x, typeof(?4) AS w, ?2 AS v, 1.5 AS u", ...params),
  ]);
  assert.deepEqual(rows, [[text("integer"), text("-5a"), text("null"), text("real"), integer(-5n), { tag: "real", val: 1.5 }]]);
});

test("a batch whose constraint fails says so, and leaves nothing", async () => {
  const database = d1(() => exchange);
  await database.batch([statement("CREATE TABLE guard (changed INTEGER NOT NULL)"), statement("CREATE TABLE t (a TEXT)")]);
  const write = [statement("INSERT INTO t VALUES (?1)", text("x")), statement("INSERT INTO guard VALUES (NULL)")];
  const failed = await database.batch(write).catch((error: unknown) => error);
  assert.ok(failed instanceof Failure);
  const error = failed.payload as D1Error;
  assert.equal(error.tag, "constraint");
  assert.match(error.val, /guard\.changed/);
  assert.deepEqual(await database.batch([statement("SELECT a AS a FROM t")]), [[]]);
});

test("objects are kept under their digest, and R2 checks it", async (context) => {
  context.mock.method(console, "error", () => {});
  const bucket = r2(() => exchange);
  const body = Uint8Array.of(1, 2, 3);
  await bucket.put("one", body, createHash("sha256").update(body).digest("hex"));
  const wrong = createHash("sha256").update("else").digest("hex");
  await assert.rejects(bucket.put("two", body, wrong), Failure);
  assert.deepEqual(await bucket.get(["two", "one"]), [undefined, body]);
  await bucket.delete(["one", "two"]);
  assert.deepEqual(await bucket.get(["one"]), [undefined]);
});

test("KV gives back what it was given", async () => {
  const cache = kv(() => exchange);
  await cache.put("key", "☕", 60);
  assert.equal(await cache.get("key"), "☕");
  await cache.delete("key");
  assert.equal(await cache.get("key"), undefined);
});
