import assert from "node:assert/strict";
import { test } from "node:test";
import { Exhausted, Pool, type Policy } from "../src/pool.ts";

interface Item {
  number: number;
  weight: number;
}

/** A pool of numbered items that weigh 1 until something makes them heavier. */
function numbered(policy: Partial<Policy<Item>>): Pool<Item> {
  let made = 0;
  const make = async () => ({ number: ++made, weight: 1 });
  return new Pool(make, { most: 100, lease: 60_000, patience: 0, weight: (item) => item.weight, room: 100, idleWeight: () => 10, ...policy });
}

/** Work that is not done before it is told to be. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { finish: resolve, work: (item: Item) => promise.then(() => item.number) };
}

test("one after the other shares an item", async () => {
  const pool = numbered({});
  assert.equal(await pool.use(async ({ number }) => number), 1);
  assert.equal(await pool.use(async ({ number }) => number), 1);
});

test("no two at once share an item", async () => {
  const pool = numbered({ idleWeight: () => 100 });
  const first = held();
  const all = Array.from({ length: 50 }, () => pool.use(first.work));
  first.finish();
  assert.equal(new Set(await Promise.all(all)).size, 50);
  assert.equal(pool.idle, 50);
});

test("an item whose work throws is dropped, and its place is free again", async () => {
  const pool = numbered({ most: 1 });
  await assert.rejects(
    pool.use(async () => {
      throw new Error("trap");
    }),
    /trap/,
  );
  assert.equal(pool.idle, 0);
  assert.equal(await pool.use(async ({ number }) => number), 2);
});

test("idle items together weigh no more than the policy has it", async () => {
  const pool = numbered({ idleWeight: () => 10 });
  await pool.use(async (item) => (item.weight = 11));
  assert.equal(pool.idle, 0);
  const three = held();
  const all = Array.from({ length: 3 }, () => pool.use((item) => ((item.weight = 4), three.work(item))));
  three.finish();
  await Promise.all(all);
  assert.equal(pool.idle, 2);
});

test("an idle weight of nothing makes a new item each time", async () => {
  const pool = numbered({ idleWeight: () => 0 });
  assert.equal(await pool.use(async ({ number }) => number), 1);
  assert.equal(await pool.use(async ({ number }) => number), 2);
});

test("who finds all in use waits for one", async () => {
  const pool = numbered({ most: 2, patience: 60_000 });
  const first = held();
  const second = held();
  const inUse = [pool.use(first.work), pool.use(second.work)];
  const waiting = pool.use(async ({ number }) => number);
  first.finish();
  assert.equal(await waiting, 1);
  second.finish();
  await Promise.all(inUse);
});

test("who waits in vain is told so", async () => {
  const pool = numbered({ most: 1, patience: 1 });
  const first = held();
  const inUse = pool.use(first.work);
  await assert.rejects(pool.use(async () => {}), Exhausted);
  first.finish();
  assert.equal(await inUse, 1);
});

test("where there is no room the eldest goes on, and the others when it has ended", async () => {
  const pool = numbered({ room: 10, patience: 60_000 });
  const went: string[] = [];
  const growing = async (item: Item, turn: () => Promise<void>) => {
    item.weight = 6;
    await turn();
    went.push(`${item.number} goes on`);
    await new Promise(setImmediate);
    went.push(`${item.number} ends`);
  };
  await Promise.all([pool.use(growing), pool.use(growing), pool.use(growing)]);
  assert.deepEqual(went, [1, 2, 3].flatMap((number) => [`${number} goes on`, `${number} ends`]));
});

test("idle ones make room for those in use", async () => {
  const pool = numbered({ room: 10, idleWeight: () => 100 });
  const two = held();
  const idle = [1, 2].map(() => pool.use((item) => ((item.weight = 4), two.work(item))));
  two.finish();
  await Promise.all(idle);
  assert.equal(pool.idle, 2);
  await pool.use((item, turn) => ((item.weight = 7), turn()));
  assert.equal(pool.idle, 1);
});

test("who has waited for room for long enough goes on all the same", async () => {
  const pool = numbered({ room: 1, patience: 1 });
  const first = held();
  const inUse = pool.use(first.work);
  assert.equal(await pool.use((item, turn) => turn().then(() => item.number)), 2);
  first.finish();
  await inUse;
});

test("one that is never given back holds nobody up", async () => {
  const pool = numbered({ most: 1, lease: 1, patience: 60_000 });
  const lost = pool.use(() => new Promise<never>(() => {}));
  assert.equal(await pool.use(async ({ number }) => number), 2);
  void lost;
});
