// The `kv` import: Workers KV.

import { roundTrip, type Current } from "./exchange.ts";

/** KV takes no shorter time to live, in seconds. */
const SHORTEST_LIFE = 60;

/** Makes the `kv` import on the namespace bound to `CACHE`. */
export function kv(current: Current) {
  return {
    get: (key: string): Promise<string | undefined> =>
      roundTrip(current, "kv", async (env) => (await env.CACHE.get(key)) ?? undefined),

    put: (key: string, value: string, seconds: number): Promise<void> =>
      roundTrip(current, "kv", (env) => env.CACHE.put(key, value, { expirationTtl: Math.max(seconds, SHORTEST_LIFE) })),

    delete: (key: string): Promise<void> => roundTrip(current, "kv", (env) => env.CACHE.delete(key)),
  };
}
