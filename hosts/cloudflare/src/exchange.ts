// One request's dealings with the platform.

/** The bindings of `wrangler.toml`; settings are variables and secrets beside them. */
export interface Env {
  DB: D1Database;
  BLOBS: R2Bucket;
  CACHE: KVNamespace;
  [setting: string]: unknown;
}

/** What the imports of a component instance need to know of the request that it is serving. */
export interface Exchange {
  /** The request's bindings. */
  readonly env: Env;
  /** Round trips so far: batches of D1, calls to R2 and KV. */
  readonly trips: Trips;
  /** Rows of D1 so far, as it counts them for the plan's limits. */
  readonly rows: Rows;
  /** Octets of memory that it is known to come to. */
  expected: number;
  /** Is asked after each round trip: resolves when there is memory to go on, and so many octets besides. */
  turn: (more?: number) => Promise<void>;
  /** Batches of D1 that have failed for a moment. */
  setbacks: number;
}

/** Rows read and written, indexes included: https://developers.cloudflare.com/d1/platform/pricing/ */
export interface Rows {
  read: number;
  written: number;
}

/** A count for each service. */
export type Trips = Record<Service, number>;

/** Where a round trip goes. */
export type Service = "d1" | "r2" | "kv";

/** The beginning of an exchange. */
export function begin(env: Env): Exchange {
  return { env, trips: { d1: 0, r2: 0, kv: 0 }, rows: { read: 0, written: 0 }, expected: 0, turn: async () => {}, setbacks: 0 };
}

/** Names the exchange that an instance is serving now; imports ask for it at each call, since an instance outlives a request. */
export type Current = () => Exchange;

/** The error case of a WIT `result`: jco hands `payload` to the component. Anything else that is thrown is a trap. */
export class Failure<T> extends Error {
  readonly payload: T;

  constructor(payload: T, message: string, cause?: unknown) {
    super(message, { cause });
    this.payload = payload;
  }
}

/** The text of something that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}

/** Counts a round trip and carries it out; turns what it throws into an error of type `string`, and logs it. */
export async function roundTrip<T>(current: Current, service: Service, call: (env: Env) => Promise<T>): Promise<T> {
  const exchange = current();
  exchange.trips[service] += 1;
  try {
    const answer = await call(exchange.env);
    await exchange.turn();
    return answer;
  } catch (thrown) {
    const message = messageOf(thrown);
    console.error(`${service}: ${message}`);
    throw new Failure(message, message, thrown);
  }
}
