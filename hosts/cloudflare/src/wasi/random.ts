// wasi:random 0.2, all of it from the platform's cryptographic generator. Not to be called outside of a request: Workers refuse that.

/** Web Crypto gives no more octets at once. */
const AT_ONCE = 65_536;

/** Random octets. */
export function randomBytes(length: bigint): Uint8Array {
  const bytes = new Uint8Array(Number(length));
  for (let start = 0; start < bytes.length; start += AT_ONCE) {
    crypto.getRandomValues(bytes.subarray(start, start + AT_ONCE));
  }
  return bytes;
}

/** A random number of 64 bits. */
export function randomU64(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
}

/** The `wasi:random` interfaces, by name. */
export function random(): Record<string, object> {
  return {
    "wasi:random/random": { getRandomBytes: randomBytes, getRandomU64: randomU64 },
    "wasi:random/insecure": { getInsecureRandomBytes: randomBytes, getInsecureRandomU64: randomU64 },
    "wasi:random/insecure-seed": { insecureSeed: (): [bigint, bigint] => [randomU64(), randomU64()] },
  };
}
