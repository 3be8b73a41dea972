import assert from "node:assert/strict";
import { test } from "node:test";
import { classify, d1, hesitation, inlineIntegers, value } from "../src/d1.ts";
import { begin, Failure, type Env } from "../src/exchange.ts";
import type { Statement, Value } from "../src/kalends.ts";

test("integers are written into the statement, the rest is bound under new numbers", () => {
  const params: Value[] = [
    { tag: "text", val: "it's" },
    { tag: "integer", val: -7n },
    { tag: "null" },
    { tag: "integer", val: 2n ** 53n },
    { tag: "real", val: 2 },
  ];
  const sql = `SELECT ?2 AS "?1", '?1 it''s ?2', ?5, ?3 -- ?2 it's\n, x-?2 FROM t WHERE a = ?1 AND b < ?4 AND c = ?1`;
  assert.deepEqual(inlineIntegers({ sql, params }), {
    sql: `SELECT (-7) AS "?1", '?1 it''s ?2', ?3, ?2 -- ?2 it's\n, x-(-7) FROM t WHERE a = ?1 AND b < (9007199254740992) AND c = ?1`,
    bound: ["it's", null, 2],
  });
});

test("more than nine parameters are told apart", () => {
  const params = Array.from({ length: 12 }, (_, position): Value => ({ tag: "integer", val: BigInt(position + 1) }));
  assert.equal(inlineIntegers({ sql: "?1 ?12 ?2", params }).sql, "(1) (12) (2)");
});

test("a number that cannot be carried exactly is refused", () => {
  assert.throws(() => inlineIntegers({ sql: "?1", params: [{ tag: "integer", val: 2n ** 53n + 1n }] }), RangeError);
  assert.throws(() => inlineIntegers({ sql: "?1", params: [{ tag: "real", val: Number.NaN }] }), RangeError);
  assert.throws(() => value(2 ** 53 + 2), RangeError);
});

test("columns become values", () => {
  assert.deepEqual(value(null), { tag: "null" });
  assert.deepEqual(value(""), { tag: "text", val: "" });
  assert.deepEqual(value(-1), { tag: "integer", val: -1n });
  assert.deepEqual(value(-(2 ** 53)), { tag: "integer", val: -(2n ** 53n) });
  assert.deepEqual(value(1.5), { tag: "real", val: 1.5 });
  assert.throws(() => value([1, 2]), TypeError);
});

test("messages of D1 are told apart", () => {
  assert.equal(classify("D1_ERROR: NOT NULL constraint failed: guard.changed: SQLITE_CONSTRAINT").tag, "constraint");
  assert.equal(classify("D1_ERROR: D1 DB is overloaded. Too many requests queued.").tag, "transient");
  assert.equal(classify("D1_ERROR: Network connection lost.").tag, "transient");
  assert.equal(classify("D1_ERROR: D1 DB exceeded its CPU time limit and was reset.").tag, "transient");
  assert.equal(classify("D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.").tag, "transient");
  assert.equal(classify("D1_ERROR: Your account has exceeded D1's free tier daily row write limit. Upgrade to a paid plan or wait until tomorrow.").tag, "transient");
  assert.equal(classify("D1_ERROR: no such table: x: SQLITE_ERROR").tag, "other");
});

test("who is to ask again is held up, longer each time and not all for the same time", () => {
  assert.deepEqual([0, 1, 2].map((setbacks) => hesitation(setbacks, 0)), [25, 50, 100]);
  assert.deepEqual([0, 1, 2].map((setbacks) => hesitation(setbacks, 1)), [50, 100, 200]);
});

/** An exchange whose database answers every statement with `rows`, or fails with `message`. */
function exchange(rows: object[], message?: string) {
  const asked: unknown[] = [];
  const DB = {
    prepare: (sql: string) => ({ bind: (...parameters: unknown[]) => ({ sql, parameters }) }),
    batch: async (statements: unknown[]) => {
      asked.push(...statements);
      if (message !== undefined) throw new Error(message);
      return statements.map(() => ({ results: rows }));
    },
  };
  return { asked, exchange: begin({ DB } as unknown as Env) };
}

const SELECT: Statement = { sql: "SELECT b, a FROM t WHERE b = ?2 AND a = ?1", params: [{ tag: "integer", val: 7n }, { tag: "text", val: "x" }] };

test("a batch is one round trip, its rows have their columns in order", async () => {
  const { asked, exchange: it } = exchange([{ b: "x", a: 7 }]);
  const answer = await d1(() => it).batch([SELECT, SELECT]);
  const row = [{ tag: "text", val: "x" }, { tag: "integer", val: 7n }];
  assert.deepEqual(answer, [[row], [row]]);
  assert.deepEqual(asked[0], { sql: "SELECT b, a FROM t WHERE b = ?1 AND a = (7)", parameters: ["x"] });
  assert.equal(it.trips.d1, 1);
});

test("a batch of nothing asks nobody", async () => {
  const { exchange: it } = exchange([]);
  assert.deepEqual(await d1(() => it).batch([]), []);
  assert.equal(it.trips.d1, 0);
});

test("a failed guard is an error of the component, a column that WIT has no type for is a trap", async () => {
  const guarded = exchange([], "D1_ERROR: NOT NULL constraint failed: guard.changed");
  const failed = await d1(() => guarded.exchange).batch([SELECT]).catch((error: unknown) => error);
  assert.ok(failed instanceof Failure);
  assert.equal((failed.payload as { tag: string }).tag, "constraint");

  const { exchange: it } = exchange([{ b: [0, 255] }]);
  const trapped = await d1(() => it).batch([SELECT]).catch((error: unknown) => error);
  assert.ok(trapped instanceof TypeError);
});
