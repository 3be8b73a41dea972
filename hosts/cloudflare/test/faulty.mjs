// The Worker with services that fail when a request says so: for tests, in place of its entry (`start.mjs --faults`).
//
//     x-fault: d1 lost 2, r2 fail 1
//
// The second call to D1 of this request happens, and its answer is lost; the first one to R2 does not happen. Both end
// with an error of the kind that the service itself has: https://developers.cloudflare.com/d1/observability/debug-d1/.
// `hang` is a call that does not happen and is given up after a while, `spent` one of D1 that is beyond what the plan
// has for the day, `odd` one whose answer is none that the component could be given. Prepared statements are no calls:
// a batch is one.

import worker from "./worker.js";

const SPENT = "D1_ERROR: Your account has exceeded D1's free tier daily row read limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue.";

/** What no column of ours can be. */
const ODD = [{ results: [{ octets: [0, 255] }] }];

/** Of each service the error of a call that fails, and that of one which takes too long. */
const D1 = ["D1_ERROR: Network connection lost.", "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset."];
const R2 = ["We encountered an internal error. Please try again. (10001)", "The operation timed out. Please try again. (10043)"];
const KV = ["KV operation failed: 503 Service Unavailable", "KV operation failed: 504 Gateway Timeout"];

export default {
  fetch(request, env, context) {
    const faults = (request.headers.get("x-fault") ?? "").split(",").filter(Boolean).map(fault);
    const faulty = (service, error, late) => (methods) => (target) => wrap(target, methods, plan(faults, service, error, late));
    return worker.fetch(
      request,
      {
        ...env,
        DB: faulty("d1", ...D1)(["batch"])(env.DB),
        BLOBS: faulty("r2", ...R2)(["get", "put", "delete"])(env.BLOBS),
        CACHE: faulty("kv", ...KV)(["getWithMetadata", "put", "delete"])(env.CACHE),
      },
      context,
    );
  },
};

function fault(text) {
  const [service, what, call] = text.trim().split(/\s+/);
  return { service, what, call: call === undefined ? undefined : Number(call) };
}

/** Says of each call of a service what is to become of it; without a number a fault is that of every call. */
function plan(faults, service, error, late) {
  let calls = 0;
  const own = faults.filter((it) => it.service === service);
  return () => {
    calls += 1;
    const what = own.find(({ call }) => call === undefined || call === calls)?.what;
    return { what, error: () => new Error(what === "hang" ? late : error) };
  };
}

function wrap(target, methods, next) {
  const failing = (method) => async (...parameters) => {
    const { what, error } = next();
    if (what === "fail") throw error();
    if (what === "spent") throw new Error(SPENT);
    if (what === "odd") return ODD;
    if (what === "hang") {
      await new Promise((resolve) => setTimeout(resolve, 200));
      throw error();
    }
    const answer = await target[method](...parameters);
    if (what === "lost") throw error();
    return answer;
  };
  const replaced = Object.fromEntries(methods.map((method) => [method, failing(method)]));
  return new Proxy(target, {
    get(object, name) {
      if (name in replaced) return replaced[name];
      const value = Reflect.get(object, name);
      return typeof value === "function" ? value.bind(object) : value;
    },
  });
}
