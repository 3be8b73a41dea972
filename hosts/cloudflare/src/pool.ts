// Things that are costly to make and serve one request at a time.
//
// Nothing here waits for another request: a promise of one request may not be awaited in another, and one that hangs, or whose client has gone, holds
// nobody up. What it held is never given back then, and is collected.

/** How a pool treats what comes back. */
export interface Policy<T> {
  /** How many idle ones to keep; 0 makes a new one each time. */
  keep: () => number;
  /** Whether one that has done its work well is worth keeping. */
  reusable: (item: T) => boolean;
}

/** A pool of `T`. */
export class Pool<T> {
  readonly #idle: T[] = [];
  readonly #make: () => Promise<T>;
  readonly #policy: Policy<T>;

  constructor(make: () => Promise<T>, policy: Policy<T>) {
    this.#make = make;
    this.#policy = policy;
  }

  /** Hands an idle item, or a new one, to `work`, which has it for itself. An item whose work throws is dropped. */
  async use<R>(work: (item: T) => Promise<R>): Promise<R> {
    const item = this.#idle.pop() ?? (await this.#make());
    const result = await work(item);
    if (this.#idle.length < this.#policy.keep() && this.#policy.reusable(item)) this.#idle.push(item);
    return result;
  }

  /** How many are idle. */
  get idle(): number {
    return this.#idle.length;
  }
}
