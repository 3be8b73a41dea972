// The Worker: hands each request to an instance of the composed component.

import { fromComponent, toComponent, TooLarge } from "./edge.ts";
import type { Env, Exchange } from "./exchange.ts";
import { messageOf } from "./exchange.ts";
import { Instance } from "./instance.ts";
import type * as kalends from "./kalends.ts";
import { Pool } from "./pool.ts";
import { setting } from "./settings.ts";

/** Idle instances to keep in an isolate. More requests at once make more instances, which are dropped afterwards. */
const IDLE_INSTANCES = 8;

/** An instance with more memory than this, in octets, is not kept: an isolate has 128 MB in all. */
const LARGEST_IDLE_INSTANCE = 24 * 1024 * 1024;

/** Longest body, in octets, where the setting `max_resource_size` is not set. */
const BODY_LIMIT = 10 * 1024 * 1024;

let perRequest = false;

const pool = new Pool(() => Instance.make(), {
  keep: () => (perRequest ? 0 : IDLE_INSTANCES),
  reusable: (instance) => instance.memory <= LARGEST_IDLE_INSTANCE,
});

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    perRequest = setting(env, "instance_per_request") === "true";
    const response = serve(request, { env, roundTrips: 0 });
    // Goes on to its end where the client hangs up, so that the instance gets back into the pool.
    context.waitUntil(response);
    return response;
  },
} satisfies ExportedHandler<Env>;

async function serve(request: Request, exchange: Exchange): Promise<Response> {
  const started = Date.now();
  const response = await answer(request, exchange, started);
  const { pathname } = new URL(request.url);
  const milliseconds = Date.now() - started;
  console.log(
    JSON.stringify({ method: request.method, path: pathname, status: response.status, ms: milliseconds, round_trips: exchange.roundTrips }),
  );
  return fromComponent(response, request.method, exchange.roundTrips);
}

async function answer(request: Request, exchange: Exchange, started: number): Promise<kalends.Response> {
  try {
    const limit = Number(setting(exchange.env, "max_resource_size") ?? BODY_LIMIT);
    const question = await toComponent(request, started, limit);
    return await pool.use((instance) => instance.handle(question, exchange));
  } catch (thrown) {
    if (thrown instanceof TooLarge) return plain(413, "The body is larger than this server takes.\n");
    console.error(`${request.method} ${request.url}: ${thrown instanceof Error ? thrown.stack : messageOf(thrown)}`);
    return plain(500, "The server failed.\n");
  }
}

function plain(status: number, text: string): kalends.Response {
  return { status, headers: [["content-type", "text/plain; charset=utf-8"]], body: new TextEncoder().encode(text) };
}
