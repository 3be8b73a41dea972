import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, Failure, type Env } from "../src/exchange.ts";
import { kv } from "../src/kv.ts";
import { parallel, r2 } from "../src/r2.ts";
import { setting } from "../src/settings.ts";

test("a setting is a variable of its name in upper case, and empty is not set", () => {
  const env = { ADMIN_TOKEN: "secret", EMPTY: "", MAX_RESOURCE_SIZE: 5, DB: {} } as unknown as Env;
  assert.equal(setting(env, "admin_token"), "secret");
  assert.equal(setting(env, "max_resource_size"), "5");
  assert.equal(setting(env, "empty"), undefined);
  assert.equal(setting(env, "missing"), undefined);
  assert.equal(setting(env, "db"), undefined);
});

test("work in parallel keeps its order and its width", async () => {
  let running = 0;
  let most = 0;
  const doubled = await parallel([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, async (it) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running -= 1;
    return 2 * it;
  });
  assert.deepEqual(doubled, [2, 4, 6, 8, 10, 12, 14, 16, 18]);
  assert.equal(most, 3);
});

test("many objects are one round trip; one that is missing is none", async () => {
  const bucket = { get: async (key: string) => (key === "a" ? { size: 2, arrayBuffer: async () => Uint8Array.of(1, 2).buffer } : null) };
  const exchange = begin({ BLOBS: bucket } as unknown as Env);
  assert.deepEqual(await r2(() => exchange).get(["b", "a"]), [undefined, Uint8Array.of(1, 2)]);
  assert.deepEqual(exchange.trips, { d1: 0, r2: 1, kv: 0 });
});

test("of many objects six are read at a time", async () => {
  let running = 0;
  let most = 0;
  const get = async (key: string) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running -= 1;
    return { size: 1, arrayBuffer: async () => Uint8Array.of(Number(key)).buffer };
  };
  const exchange = begin({ BLOBS: { get } } as unknown as Env);
  const keys = Array.from({ length: 40 }, (_, number) => String(number));
  const bodies = await r2(() => exchange).get(keys);
  assert.deepEqual(bodies.map((body) => body?.[0]), keys.map(Number));
  assert.equal(most, 6);
});

test("an object is fetched when there is room for it, and counts", async () => {
  const room = Promise.withResolvers<void>();
  let fetched = false;
  const found = { size: 3, arrayBuffer: async () => ((fetched = true), Uint8Array.of(1, 2, 3).buffer) };
  const asked: (number | undefined)[] = [];
  const turn = (more?: number) => (asked.push(more), room.promise);
  const exchange = { ...begin({ BLOBS: { get: async () => found } } as unknown as Env), turn };
  const reading = r2(() => exchange).get(["a"]);
  await new Promise(setImmediate);
  assert.deepEqual([fetched, asked], [false, [12]]);
  room.resolve();
  assert.deepEqual(await reading, [Uint8Array.of(1, 2, 3)]);
  assert.equal(exchange.expected, 12);
});

test("what fails is an error of the component, with the message", async (context) => {
  context.mock.method(console, "error", () => {});
  const namespace = { getWithMetadata: async () => Promise.reject(new Error("KV GET failed: 503")) };
  const exchange = begin({ CACHE: namespace } as unknown as Env);
  const failed = await kv(() => exchange).get("key").catch((error: unknown) => error);
  assert.ok(failed instanceof Failure);
  assert.equal(failed.payload, "KV GET failed: 503");
});

test("KV keeps nothing for less than a minute", async () => {
  const lives: unknown[] = [];
  const namespace = { put: async (_key: string, _value: string, options: { expirationTtl: number }) => void lives.push(options.expirationTtl) };
  const exchange = begin({ CACHE: namespace } as unknown as Env);
  await kv(() => exchange).put("key", "value", 5);
  await kv(() => exchange).put("key", "value", 300);
  assert.deepEqual(lives, [60, 300]);
});
