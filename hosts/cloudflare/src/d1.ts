// The `d1` import: a D1 database.
//
// D1's `batch` gives rows as objects keyed by column name, in the order of the columns. So the columns of a statement must have distinct names,
// and none may look like a number (JavaScript would move it to the front): name every expression with AS.

import { Failure, messageOf, type Current } from "./exchange.ts";
import type { D1Error, Rows, Statement, Value } from "./kalends.ts";

/** Messages after which the same batch may go through: https://developers.cloudflare.com/d1/observability/debug-d1/ */
const TRANSIENT =
  /network connection lost|internal error|object to be reset|reset because|overloaded|too many requests queued|transient|timed? ?out|disconnected|storage caused|SQLITE_BUSY|SQLITE_LOCKED/i;

const CONSTRAINT = /constraint failed|SQLITE_CONSTRAINT/;

/** Makes the `d1` import on the database bound to `DB`. */
export function d1(current: Current) {
  return { batch: (statements: Statement[]) => batch(current, statements) };
}

async function batch(current: Current, statements: Statement[]): Promise<Rows[]> {
  if (statements.length === 0) return [];
  const exchange = current();
  exchange.roundTrips += 1;
  try {
    const { DB } = exchange.env;
    const results = await DB.batch<Record<string, unknown>>(
      statements.map(({ sql, params }) => DB.prepare(sql).bind(...params.map(parameter))),
    );
    return results.map(({ results }) => results.map((row) => Object.values(row).map(value)));
  } catch (thrown) {
    const error = classify(messageOf(thrown));
    // A failed guard is how the storage component learns that a precondition does not hold: nothing to report.
    if (error.tag !== "constraint") console.error(`d1.batch: ${error.tag}: ${error.val}`);
    throw new Failure(error, error.val, thrown);
  }
}

/** What D1's error message means for the batch. */
export function classify(message: string): D1Error {
  if (CONSTRAINT.test(message)) return { tag: "constraint", val: message };
  return { tag: TRANSIENT.test(message) ? "transient" : "other", val: message };
}

/** A parameter as D1 takes it. Fails for a number that JavaScript or JSON cannot carry exactly. */
export function parameter(value: Value): string | number | null {
  switch (value.tag) {
    case "null":
      return null;
    case "text":
      return value.val;
    case "integer": {
      const number = Number(value.val);
      if (!Number.isSafeInteger(number)) throw new RangeError(`parameter ${value.val} is not within 2^53`);
      return number;
    }
    case "real":
      if (!Number.isFinite(value.val)) throw new RangeError(`parameter ${value.val} is not finite`);
      return value.val;
  }
}

/** A column's value. D1 does not tell 1.0 from 1: whole numbers are integers. Fails for a BLOB and for an integer beyond 2^53. */
export function value(column: unknown): Value {
  if (column === null || column === undefined) return { tag: "null" };
  if (typeof column === "string") return { tag: "text", val: column };
  if (typeof column !== "number") throw new TypeError("a column is neither a number nor text");
  if (!Number.isInteger(column)) return { tag: "real", val: column };
  if (!Number.isSafeInteger(column)) throw new RangeError(`column value ${column} is not within 2^53`);
  return { tag: "integer", val: BigInt(column) };
}
