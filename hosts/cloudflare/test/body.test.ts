import assert from "node:assert/strict";
import { test } from "node:test";
import { Broken, readBody, Stalled, TooLarge, type Reception } from "../src/body.ts";

const upTo = (limit: number): Reception => ({ limit, patience: 60_000, arrived: async () => {} });

const put = (body: BodyInit, headers: HeadersInit = {}) =>
  new Request("https://example.org/", { method: "PUT", body, headers, duplex: "half" } as RequestInit);

/** A stream of octets, as bodies are in workerd. */
const octets = (source: object) => new ReadableStream<Uint8Array>({ type: "bytes", ...source } as object);

/** A body of unknown length, in pieces of four octets. */
function pieces(count: number): ReadableStream<Uint8Array> {
  return octets({
    pull(controller: ReadableByteStreamController) {
      if (count-- > 0) return controller.enqueue(Uint8Array.of(1, 2, 3, 4));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

test("a body up to the limit is read, whether or not it tells its length", async () => {
  assert.equal((await readBody(put("12345678", { "content-length": "8" }), upTo(8))).length, 8);
  assert.deepEqual(await readBody(put(pieces(2)), upTo(8)), Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4));
  assert.equal((await readBody(new Request("https://example.org/"), upTo(8))).length, 0);
});

test("a body beyond the limit is refused", async () => {
  await assert.rejects(readBody(put("123456789", { "content-length": "9" }), upTo(8)), TooLarge);
  await assert.rejects(readBody(put(pieces(3)), upTo(8)), TooLarge);
});

test("a body that breaks off is told from one that nothing comes of", async () => {
  const broken = octets({ pull: (controller: ReadableByteStreamController) => controller.error(new Error("Network connection lost.")) });
  await assert.rejects(readBody(put(broken), upTo(8)), Broken);
  let calledOff = false;
  const stalled = octets({ cancel: () => void (calledOff = true) });
  await assert.rejects(readBody(put(stalled), { ...upTo(8), patience: 1 }), Stalled);
  assert.ok(calledOff);
});

test("a body that comes in drops takes no more memory than one that comes at once", async (context) => {
  const joined = context.mock.method(Uint8Array.prototype, "set");
  await readBody(put(pieces(3)), upTo(12));
  const pieced = joined.mock.calls.map(({ arguments: [piece] }) => piece).filter((piece) => piece instanceof Uint8Array && piece.length === 4);
  assert.deepEqual(pieced.map((piece) => (piece as Uint8Array).buffer.byteLength), [4, 4, 4]);
});

test("a body is read no further than there is room for", async () => {
  const room = Promise.withResolvers<void>();
  const told: number[] = [];
  const arrived = (octets: number) => (told.push(octets), octets === 8 ? room.promise : Promise.resolve());
  const reading = readBody(put(pieces(3)), { ...upTo(12), arrived });
  await new Promise((resume) => setTimeout(resume, 10));
  assert.deepEqual(told, [4, 8]);
  room.resolve();
  assert.equal((await reading).length, 12);
});
