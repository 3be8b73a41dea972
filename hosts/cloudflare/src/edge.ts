// Between the platform's HTTP types and those of `wit/handler.wit`. No rule of the protocol is here.

import { readBody, type Reception } from "./body.ts";
import type { Rows, Trips } from "./exchange.ts";
import type * as kalends from "./kalends.ts";

/**
 * Translates a request. What workerd leaves of it: field names in lower case, sorted, repeated fields joined by ", ".
 * Throws what `readBody` throws.
 */
export async function toComponent(request: Request, received: number, reception: Reception): Promise<kalends.Request> {
  const { scheme, authority, path } = splitUrl(request.url);
  const headers = [...request.headers];
  const remote = request.headers.get("cf-connecting-ip") ?? undefined;
  return {
    method: request.method,
    scheme,
    authority,
    path,
    headers: headers.map(([name, value]) => [name, octets(restored(name, value, remote))]),
    body: await readBody(request, reception),
    remote,
    received: BigInt(Math.floor(received / 1000)),
  };
}

/** Cuts a URL up without the normalisation that `URL` would do. The path is `*` where the request is for the server as a whole (RFC 9112 §3.2.4). */
export function splitUrl(url: string): { scheme: string; authority: string; path: string } {
  const [, scheme = "https", authority = "", path = ""] = /^([a-z]+):\/\/([^/?#*]*)([^#]*)/i.exec(url) ?? [];
  return { scheme, authority, path: path === "*" || path.startsWith("/") ? path : `/${path}` };
}

/** A field's value as it would be without what the platform has made of it. */
function restored(name: string, value: string, remote: string | undefined): string {
  // HTTP/2 clients send cookies in several fields (RFC 9113 §8.2.3), and in no cookie there is a comma (RFC 6265 §4.1.1).
  if (name === "cookie") return value.replaceAll(", ", "; ");
  return name === "x-forwarded-for" ? chain(value, remote) : value;
}

/**
 * What a proxy in front says of the client. Cloudflare adds the address of the proxy itself to that, and the component believes what stands last:
 * https://developers.cloudflare.com/fundamentals/reference/http-headers/#x-forwarded-for
 */
export function chain(forwarded: string, remote: string | undefined): string {
  const hops = forwarded.split(",").map((hop) => hop.trim());
  const own = hops.length > 1 && hops.at(-1) === remote;
  return (own ? hops.slice(0, -1) : hops).join(", ");
}

const encoder = new TextEncoder();

/** A field value's octets. workerd takes them for UTF-8; what is none it has replaced by U+FFFD. */
function octets(value: string): Uint8Array {
  return encoder.encode(value);
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
