// The `d1` import: a D1 database.
//
// Two things of D1 are to be known. Its `batch` gives rows as objects keyed by column name, in the order of the columns. So the columns of a statement
// must have distinct names, and none may look like a number (JavaScript would move it to the front): name every expression with AS.
// And it binds every number as REAL: `?1 || ''` would be '5.0'. So integers are written into the statement, and only the rest is bound.

import { Failure, messageOf, pause, type Current, type Exchange } from "./exchange.ts";
import type { D1Error, Rows, Statement, Value } from "./kalends.ts";

/** Messages after which the same batch may go through: https://developers.cloudflare.com/d1/observability/debug-d1/ */
const TRANSIENT =
  /network connection lost|internal error|object to be reset|reset because|limit and was reset|daily row (?:read|write) limit|overloaded|too many requests queued|transient|timed? ?out|disconnected|storage caused|SQLITE_BUSY|SQLITE_LOCKED/i;

const CONSTRAINT = /constraint failed|SQLITE_CONSTRAINT/;

/** Makes the `d1` import on the database bound to `DB`. */
export function d1(current: Current) {
  return { batch: (statements: Statement[]) => batch(current, statements) };
}

async function batch(current: Current, statements: Statement[]): Promise<Rows[]> {
  if (statements.length === 0) return [];
  const exchange = current();
  exchange.trips.d1 += 1;
  const results = await run(exchange, statements);
  await exchange.turn();
  for (const { meta } of results) {
    exchange.rows.read += meta?.rows_read ?? 0;
    exchange.rows.written += meta?.rows_written ?? 0;
  }
  // What fails here is a defect, after the fact: a trap, and no word on whether anything was written.
  return results.map(({ results }) => results.map((row) => Object.values(row).map(value)));
}

async function run(exchange: Exchange, statements: Statement[]): Promise<D1Result<Record<string, unknown>>[]> {
  try {
    const { DB } = exchange.env;
    return await DB.batch(statements.map((statement) => prepare(DB, statement)));
  } catch (thrown) {
    const error = classify(messageOf(thrown));
    // A failed guard is how the storage component learns that a precondition does not hold: nothing to report.
    if (error.tag !== "constraint") console.error(`d1: ${error.tag}: ${error.val}`);
    if (error.tag === "transient") await pause(hesitation(exchange.setbacks++, Math.random()));
    throw new Failure(error, error.val, thrown);
  }
}

/** Milliseconds to wait before a batch may be made again: https://developers.cloudflare.com/d1/best-practices/retry-queries/ */
export function hesitation(setbacks: number, chance: number): number {
  return 50 * 2 ** setbacks * (0.5 + chance / 2);
}

/** What D1's error message means for the batch. */
export function classify(message: string): D1Error {
  if (CONSTRAINT.test(message)) return { tag: "constraint", val: message };
  return { tag: TRANSIENT.test(message) ? "transient" : "other", val: message };
}

function prepare(database: D1Database, statement: Statement): D1PreparedStatement {
  const { sql, bound } = inlineIntegers(statement);
  return database.prepare(sql).bind(...bound);
}

/** A string, a quoted name and a comment, which stay as they are, or a parameter and its number. */
const PARAMETER = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\?(\d+)/g;

/** A statement whose integers are literals, and the values of its other parameters, numbered anew. Fails for a number that cannot be carried exactly. */
export function inlineIntegers({ sql, params }: Statement): { sql: string; bound: (string | number | null)[] } {
  const bound: (string | number | null)[] = [];
  const written = params.map((param) => {
    if (param.tag === "integer") return literal(param.val);
    bound.push(parameter(param));
    return `?${bound.length}`;
  });
  return { sql: sql.replace(PARAMETER, (token, number?: string) => written[Number(number) - 1] ?? token), bound };
}

/** JSON and JavaScript carry integers exactly as far as this, either way. */
const LARGEST = 2 ** 53;

function literal(integer: bigint): string {
  if (integer > LARGEST || integer < -LARGEST) throw new RangeError(`parameter ${integer} is beyond 2^53`);
  return `(${integer})`;
}

function parameter(value: Exclude<Value, { tag: "integer" }>): string | number | null {
  if (value.tag === "null") return null;
  if (value.tag === "real" && !Number.isFinite(value.val)) throw new RangeError(`parameter ${value.val} is not finite`);
  return value.val;
}

/** A column's value. D1 does not tell 1.0 from 1: whole numbers are integers. Fails for a BLOB and for an integer beyond 2^53. */
export function value(column: unknown): Value {
  if (column === null || column === undefined) return { tag: "null" };
  if (typeof column === "string") return { tag: "text", val: column };
  if (typeof column !== "number") throw new TypeError("a column is neither a number nor text");
  if (!Number.isInteger(column)) return { tag: "real", val: column };
  if (Math.abs(column) > LARGEST) throw new RangeError(`column value ${column} is beyond 2^53`);
  return { tag: "integer", val: BigInt(column) };
}
