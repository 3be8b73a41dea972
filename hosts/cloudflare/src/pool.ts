// Things that are costly to make and serve one request at a time, and take room that there is only so much of.
//
// Nothing here waits for another request: a promise of one request may not be awaited in another. Who finds all of them in use looks again after a while,
// by a timer of its own. And what a request that never ends has taken does not count for ever, so it holds nobody up.

import { pause } from "./exchange.ts";

/** How large a pool may be. Times are in milliseconds, weights in whatever unit `weight` has. */
export interface Policy<T> {
  /** How many may be in use at once. */
  readonly most: number;
  /** How long one in use counts as such; a request that has taken longer is taken for lost. */
  readonly lease: number;
  /** How long to wait for one before giving up. */
  readonly patience: number;
  /** What one weighs. It may grow while it is in use. */
  readonly weight: (item: T) => number;
  /** How much all together may weigh before those in use wait for one another. */
  readonly room: number;
  /** How much all idle ones may weigh; 0 makes a new one for each request. */
  readonly idleWeight: () => number;
}

/** All are in use, and nobody gave one back in time. */
export class Exhausted extends Error {}

/** Time between two looks for a free one, in milliseconds. */
const INTERVAL = 10;

/** One in use, and until when it counts as such. */
interface Lease<T> {
  readonly until: number;
  item: T | undefined;
}

/** A pool of `T`. */
export class Pool<T> {
  readonly #idle: T[] = [];
  /** From the eldest to the youngest. */
  readonly #leases = new Set<Lease<T>>();
  readonly #make: () => Promise<T>;
  readonly #policy: Policy<T>;

  constructor(make: () => Promise<T>, policy: Policy<T>) {
    this.#make = make;
    this.#policy = policy;
  }

  /**
   * Hands an idle item, or a new one, to `work`, which has it for itself. An item whose work throws is dropped.
   * Work that may go on to take more room asks for its `turn` first, which resolves when there is some, or as much as it says, or when nobody else has been at work for longer,
   * so that there is always one who goes on; and after the policy's patience in any case.
   * Throws what `work` throws, and `Exhausted` where too many are in use for too long.
   */
  async use<R>(work: (item: T, turn: (more?: number) => Promise<void>) => Promise<R>): Promise<R> {
    const lease = await this.#admission();
    try {
      const item = this.#idle.pop() ?? (await this.#make());
      lease.item = item;
      const result = await work(item, (more = 0) => this.#turn(lease, more));
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

  async #admission(): Promise<Lease<T>> {
    const deadline = Date.now() + this.#policy.patience;
    while (this.#inUse() >= this.#policy.most) {
      if (Date.now() >= deadline) throw new Exhausted("all instances are in use");
      await pause(INTERVAL);
    }
    const lease = { until: Date.now() + this.#policy.lease, item: undefined };
    this.#leases.add(lease);
    return lease;
  }

  async #turn(lease: Lease<T>, more: number): Promise<void> {
    const deadline = Date.now() + this.#policy.patience;
    while (!this.#hasRoom(more) && !this.#isEldest(lease) && Date.now() < deadline) await pause(INTERVAL);
  }

  /** Whether there is room for so much more, once as many idle ones are dropped as it takes. */
  #hasRoom(more: number): boolean {
    const room = this.#policy.room - more;
    this.#inUse();
    while (this.#weight() > room && this.#idle.length > 0) this.#idle.shift();
    return this.#weight() <= room;
  }

  #isEldest(lease: Lease<T>): boolean {
    const [eldest] = this.#leases;
    return eldest === lease;
  }

  #weight(): number {
    const inUse = [...this.#leases].flatMap(({ item }) => (item === undefined ? [] : [item]));
    return this.#weightOf(inUse) + this.#weightOf(this.#idle);
  }

  #weightOf(items: T[]): number {
    return items.reduce((sum, item) => sum + this.#policy.weight(item), 0);
  }

  #inUse(): number {
    const now = Date.now();
    for (const lease of this.#leases) {
      if (lease.until <= now) this.#leases.delete(lease);
    }
    return this.#leases.size;
  }

  #keep(item: T): void {
    if (this.#weightOf([...this.#idle, item]) <= this.#policy.idleWeight()) this.#idle.push(item);
  }
}
