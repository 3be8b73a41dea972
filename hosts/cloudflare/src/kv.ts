// The `kv` import: Workers KV.

import { roundTrip, type Current } from "./exchange.ts";

/** KV takes no shorter time to live, in seconds. */
const SHORTEST_LIFE = 60;

/** What is kept beside a value. */
interface Metadata {
  /** When it ends, in milliseconds since 1970: where that is sooner than KV would let it end. */
  until: number;
}

/** Makes the `kv` import on the namespace bound to `CACHE`. */
export function kv(current: Current) {
  return {
    get: (key: string): Promise<string | undefined> =>
      roundTrip(current, "kv", async (env) => {
        const { value, metadata } = await env.CACHE.getWithMetadata<Metadata>(key);
        return value === null || (metadata?.until ?? Infinity) <= Date.now() ? undefined : value;
      }),

    put: (key: string, value: string, seconds: number): Promise<void> =>
      roundTrip(current, "kv", (env) => {
        const metadata: Metadata = { until: Date.now() + seconds * 1000 };
        return env.CACHE.put(key, value, { expirationTtl: Math.max(seconds, SHORTEST_LIFE), metadata });
      }),

    delete: (key: string): Promise<void> => roundTrip(current, "kv", (env) => env.CACHE.delete(key)),
  };
}
