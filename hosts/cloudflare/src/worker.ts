// The Worker: hands each request to an instance of the composed component.

import { Broken, Stalled, TooLarge } from "./body.ts";
import { fromComponent, serverTiming, splitUrl, toComponent } from "./edge.ts";
import { begin, messageOf, type Env, type Exchange } from "./exchange.ts";
import { Instance } from "./instance.ts";
import type * as kalends from "./kalends.ts";
import { Exhausted, Pool } from "./pool.ts";
import { setting } from "./settings.ts";

const MIB = 1024 * 1024;

/** Longest body, in octets. The component has a smaller limit for what it stores, and a better answer to more. */
const BODY_LIMIT = 16 * MIB;

/** Octets of a body that nobody has to wait for. */
const SMALL = 64 * 1024;

/** How long to wait for more of a body, in milliseconds. */
const BODY_PATIENCE = 30_000;

/** The setting `instance_per_request` turns reuse off, should it ever be suspected. */
let reuse = true;

const TIMES = { lease: 60_000, patience: 20_000 };

// An isolate has 128 MB for all that it does at once, and where it takes more, Cloudflare ends it with every request that it is serving. So instances that together
// have grown beyond their room wait for the eldest of them, and bodies that are being read likewise.

const pool = new Pool(() => Instance.make(), {
  ...TIMES,
  most: 8,
  weight: (instance) => instance.memory,
  room: 72 * MIB,
  idleWeight: () => (reuse ? 48 * MIB : 0),
});

const bodies = new Pool(async () => ({ octets: 0 }), {
  ...TIMES,
  most: Infinity,
  weight: ({ octets }) => octets,
  room: 24 * MIB,
  idleWeight: () => 0,
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
    return await bodies.use(async (body, turn) => {
      const arrived = async (octets: number) => {
        body.octets = octets;
        if (octets > SMALL) await turn();
      };
      const question = await toComponent(request, started, { limit: BODY_LIMIT, patience: BODY_PATIENCE, arrived });
      return fromComponent(await handle(question, exchange), request.method);
    });
  } catch (thrown) {
    return fromComponent(excuse(request, thrown), request.method);
  }
}

function handle(question: kalends.Request, exchange: Exchange): Promise<kalends.Response> {
  return pool.use((instance, turn) => {
    exchange.turn = turn;
    return instance.handle(question, exchange);
  });
}

/** What is answered where the component could not. */
function excuse(request: Request, thrown: unknown): kalends.Response {
  if (thrown instanceof TooLarge) return plain(413, "The request is larger than this server takes.\n");
  if (thrown instanceof Broken) return plain(400, "The request did not arrive whole.\n");
  if (thrown instanceof Stalled) return plain(408, "The request took too long to arrive.\n");
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
