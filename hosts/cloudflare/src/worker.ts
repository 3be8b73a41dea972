// The Worker: hands each request to an instance of the composed component.

import { fromComponent, serverTiming, splitUrl, toComponent, TooLarge } from "./edge.ts";
import { begin, messageOf, type Env, type Exchange } from "./exchange.ts";
import { Instance } from "./instance.ts";
import type * as kalends from "./kalends.ts";
import { Exhausted, Pool } from "./pool.ts";
import { setting } from "./settings.ts";

const MIB = 1024 * 1024;

/** Longest body, in octets. The component has a smaller limit for what it stores, and a better answer to more. */
const BODY_LIMIT = 16 * MIB;

/** The setting `instance_per_request` turns reuse off, should it ever be suspected. */
let reuse = true;

/** An isolate has 128 MB for all that it does at once. */
const pool = new Pool(() => Instance.make(), {
  most: 12,
  lease: 60_000,
  patience: 20_000,
  weight: (instance) => instance.memory,
  idleWeight: () => (reuse ? 48 * MIB : 0),
});

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    reuse = setting(env, "instance_per_request") !== "true";
    const response = serve(request, begin(env));
    // Goes on to its end where the client hangs up, so that the instance gets back into the pool.
    context.waitUntil(response);
    return response;
  },
} satisfies ExportedHandler<Env>;

async function serve(request: Request, exchange: Exchange): Promise<Response> {
  const started = Date.now();
  const response = await answer(request, exchange, started);
  const milliseconds = Date.now() - started;
  response.headers.append("server-timing", serverTiming(exchange.trips, exchange.rows, milliseconds));
  log(request, response.status, milliseconds, exchange);
  return response;
}

async function answer(request: Request, exchange: Exchange, started: number): Promise<Response> {
  try {
    const question = await toComponent(request, started, BODY_LIMIT);
    const response = await pool.use((instance) => instance.handle(question, exchange));
    return fromComponent(response, request.method);
  } catch (thrown) {
    return fromComponent(excuse(request, thrown), request.method);
  }
}

/** What is answered where the component could not. */
function excuse(request: Request, thrown: unknown): kalends.Response {
  if (thrown instanceof TooLarge) return plain(413, "The body is larger than this server takes.\n");
  console.error(`${request.method} ${path(request)}: ${thrown instanceof Error ? thrown.stack : messageOf(thrown)}`);
  if (thrown instanceof Exhausted) return plain(503, "The server is busy.\n", ["retry-after", "5"]);
  return plain(500, "The server failed.\n");
}

function plain(status: number, text: string, ...headers: [string, string][]): kalends.Response {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"], ...headers], body: { tag: "text", val: text } };
}

/** One line a request. */
function log(request: Request, status: number, ms: number, { trips, rows }: Exchange): void {
  console.log(JSON.stringify({ method: request.method, path: path(request), status, ms, ...trips, ...rows }));
}

/** The path for the log. Without the query and the secret of a public link: nothing that a client may keep secret gets there. */
function path(request: Request): string {
  return splitUrl(request.url).path.replace(/\?.*$/s, "").replace(/\/public\/[^/]+/, "/public/...");
}
