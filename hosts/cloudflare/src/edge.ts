// Between the platform's HTTP types and those of `wit/handler.wit`. No rule of the protocol is here.

import type { Rows, Trips } from "./exchange.ts";
import type * as kalends from "./kalends.ts";

/** The body is longer than the limit. */
export class TooLarge extends Error {}

/**
 * Translates a request. What workerd leaves of it: field names in lower case, sorted, repeated fields joined by ", ".
 * Throws `TooLarge`, without reading a body that says so itself.
 */
export async function toComponent(request: Request, received: number, bodyLimit: number): Promise<kalends.Request> {
  const { scheme, authority, path } = splitUrl(request.url);
  const headers = [...request.headers];
  return {
    method: request.method,
    scheme,
    authority,
    path,
    headers: headers.map(([name, value]) => [name, octets(value)]),
    body: await readBody(request, bodyLimit),
    remote: request.headers.get("cf-connecting-ip") ?? undefined,
    received: BigInt(Math.floor(received / 1000)),
  };
}

/** Cuts a URL up without the normalisation that `URL` would do. */
export function splitUrl(url: string): { scheme: string; authority: string; path: string } {
  const [, scheme = "https", authority = "", path = ""] = /^([a-z]+):\/\/([^/?#]*)([^#]*)/i.exec(url) ?? [];
  return { scheme, authority, path: path.startsWith("/") ? path : `/${path}` };
}

const encoder = new TextEncoder();

/** A field value's octets. workerd takes them for UTF-8, and for Latin-1 where they are none. */
function octets(value: string): Uint8Array {
  return encoder.encode(value);
}

/** Reads a body of at most `limit` octets. Throws `TooLarge`. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > limit) throw new TooLarge();
  if (request.body === null) return new Uint8Array();
  if (announced !== null) return new Uint8Array(await request.arrayBuffer());
  return await readStream(request.body, limit);
}

async function readStream(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > limit) throw new TooLarge();
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

/** Statuses whose responses have no body and no length (RFC 9110 §8.6). */
const BODYLESS = new Set([204, 205, 304]);

/** Translates a response; to HEAD it has the length of its body, and no body. */
export function fromComponent(response: kalends.Response, method: string): Response {
  const headers = new Headers();
  for (const [name, value] of response.headers) headers.append(name, value);
  if (BODYLESS.has(response.status)) return new Response(null, { status: response.status, headers });
  const body = response.body.tag === "text" ? new TextEncoder().encode(response.body.val) : response.body.val;
  headers.set("content-length", String(body.length));
  return new Response(method === "HEAD" ? null : body, { status: response.status, headers });
}

/** `Server-Timing`: round trips to D1 as `storage` and the rows that they read and wrote, round trips to R2 and KV where there were any, and the time it all took. */
export function serverTiming({ d1, r2, kv }: Trips, rows: Rows, milliseconds: number): string {
  const counts = [["storage", d1], ["read", rows.read], ["written", rows.written], ["r2", r2], ["kv", kv]] as const;
  const told = counts.filter(([name, count]) => name === "storage" || count > 0);
  return told.map(([name, count]) => `${name};desc="${count}"`).join(", ") + `, total;dur=${milliseconds}`;
}
