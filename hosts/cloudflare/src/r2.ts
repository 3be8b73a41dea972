// The `r2` import: an R2 bucket.

import { roundTrip, type Current, type Exchange } from "./exchange.ts";

/** A Worker may wait for the headers of six responses at once; more would queue up behind these. */
const AT_ONCE = 6;

/** How much an octet of a body takes: here, and in the memories that it goes through. */
const COPIES = 4;

/** Makes the `r2` import on the bucket bound to `BLOBS`. Each call counts as one round trip, however many objects it names. */
export function r2(current: Current) {
  return {
    get: (keys: string[]): Promise<(Uint8Array | undefined)[]> =>
      roundTrip(current, "r2", () => parallel(keys, AT_ONCE, (key) => object(current(), key))),

    put: (key: string, body: Uint8Array, sha256: string): Promise<void> =>
      roundTrip(current, "r2", async (env) => {
        await env.BLOBS.put(key, body, { sha256 });
      }),

    delete: (keys: string[]): Promise<void> =>
      roundTrip(current, "r2", async (env) => {
        if (keys.length > 0) await env.BLOBS.delete(keys);
      }),
  };
}

/** An object's octets, which wait in R2 until there is room for them. */
async function object(exchange: Exchange, key: string): Promise<Uint8Array | undefined> {
  const found = await exchange.env.BLOBS.get(key);
  if (found === null) return undefined;
  const room = COPIES * found.size;
  await exchange.turn(room);
  exchange.expected += room;
  return new Uint8Array(await found.arrayBuffer());
}

/** Applies `work` to each item, `width` of them at a time; the results are in the order of the items. Fails with the first failure. */
export async function parallel<T, R>(items: T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [position, item] of queue) results[position] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
