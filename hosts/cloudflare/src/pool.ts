// Things that are costly to make and serve one request at a time.
//
// Nothing here waits for another request: a promise of one request may not be awaited in another. Who finds all of them in use looks again after a while,
// by a timer of its own. And what a request that never ends has taken does not count for ever, so it holds nobody up.

/** How large a pool may be. Times are in milliseconds, weights in whatever unit `weight` has. */
export interface Policy<T> {
  /** How many may be in use at once. */
  readonly most: number;
  /** How long one in use counts as such; a request that has taken longer is taken for lost. */
  readonly lease: number;
  /** How long to wait for one before giving up. */
  readonly patience: number;
  /** What an idle one weighs. */
  readonly weight: (item: T) => number;
  /** How much all idle ones may weigh; 0 makes a new one for each request. */
  readonly idleWeight: () => number;
}

/** All are in use, and nobody gave one back in time. */
export class Exhausted extends Error {}

/** Time between two looks for a free one, in milliseconds. */
const INTERVAL = 10;

/** A pool of `T`. */
export class Pool<T> {
  readonly #idle: T[] = [];
  readonly #leases = new Set<{ until: number }>();
  readonly #make: () => Promise<T>;
  readonly #policy: Policy<T>;

  constructor(make: () => Promise<T>, policy: Policy<T>) {
    this.#make = make;
    this.#policy = policy;
  }

  /**
   * Hands an idle item, or a new one, to `work`, which has it for itself. An item whose work throws is dropped.
   * Throws what `work` throws, and `Exhausted` where too many are in use for too long.
   */
  async use<R>(work: (item: T) => Promise<R>): Promise<R> {
    const lease = await this.#admission();
    try {
      const item = this.#idle.pop() ?? (await this.#make());
      const result = await work(item);
      this.#keep(item);
      return result;
    } finally {
      this.#leases.delete(lease);
    }
  }

  /** How many are idle. */
  get idle(): number {
    return this.#idle.length;
  }

  async #admission(): Promise<{ until: number }> {
    const deadline = Date.now() + this.#policy.patience;
    while (this.#inUse() >= this.#policy.most) {
      if (Date.now() >= deadline) throw new Exhausted("all instances are in use");
      await pause(INTERVAL);
    }
    const lease = { until: Date.now() + this.#policy.lease };
    this.#leases.add(lease);
    return lease;
  }

  #inUse(): number {
    const now = Date.now();
    for (const lease of this.#leases) {
      if (lease.until <= now) this.#leases.delete(lease);
    }
    return this.#leases.size;
  }

  #keep(item: T): void {
    const { weight, idleWeight } = this.#policy;
    const together = this.#idle.reduce((sum, it) => sum + weight(it), weight(item));
    if (together <= idleWeight()) this.#idle.push(item);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
