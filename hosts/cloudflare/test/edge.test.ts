import assert from "node:assert/strict";
import { test } from "node:test";
import { fromComponent, readBody, serverTiming, splitUrl, toComponent, TooLarge } from "../src/edge.ts";

const text = (octets: Uint8Array) => new TextDecoder().decode(octets);

test("a path stays as it was sent", () => {
  assert.deepEqual(splitUrl("https://example.org:8443/dav//a%2Fb/../%7e?x=%41#f"), {
    scheme: "https",
    authority: "example.org:8443",
    path: "/dav//a%2Fb/../%7e?x=%41",
  });
  assert.deepEqual(splitUrl("http://[::1]?q"), { scheme: "http", authority: "[::1]", path: "/?q" });
});

test("a request arrives with all that the component has to know", async () => {
  const request = new Request("https://example.org/dav/?q", {
    method: "PROPFIND",
    headers: { "CF-Connecting-IP": "2001:db8::1", Depth: "0", "X-Name": "Zo\u00eb" },
    body: "<propfind/>",
  });
  const { headers, body, ...rest } = await toComponent(request, 1_800_000_000_999, 11);
  assert.deepEqual(rest, {
    method: "PROPFIND",
    scheme: "https",
    authority: "example.org",
    path: "/dav/?q",
    remote: "2001:db8::1",
    received: 1_800_000_000n,
  });
  const fields = new Map(headers.map(([name, value]) => [name, text(value)]));
  assert.equal(fields.get("depth"), "0");
  assert.equal(fields.get("x-name"), "Zo\u00eb");
  assert.equal(text(body), "<propfind/>");
});

const put = (body: BodyInit, headers: HeadersInit = {}) =>
  new Request("https://example.org/", { method: "PUT", body, headers, duplex: "half" } as RequestInit);

/** A body of unknown length, in pieces of four octets. */
function pieces(count: number): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (count-- > 0) controller.enqueue(Uint8Array.of(1, 2, 3, 4));
      else controller.close();
    },
  });
}

test("a body up to the limit is read, whether or not it tells its length", async () => {
  assert.equal((await readBody(put("12345678", { "content-length": "8" }), 8)).length, 8);
  assert.deepEqual(await readBody(put(pieces(2)), 8), Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4));
  assert.equal((await readBody(new Request("https://example.org/"), 8)).length, 0);
});

test("a body beyond the limit is refused", async () => {
  await assert.rejects(readBody(put("123456789", { "content-length": "9" }), 8), TooLarge);
  await assert.rejects(readBody(put(pieces(3)), 8), TooLarge);
});

const MULTISTATUS = { status: 207, headers: [["content-type", "application/xml"]] as [string, string][], body: { tag: "text" as const, val: "<x/>" } };

test("a response tells its length", async () => {
  const response = fromComponent(MULTISTATUS, "PROPFIND");
  assert.equal(response.status, 207);
  assert.equal(response.headers.get("content-length"), "4");
  assert.equal(await response.text(), "<x/>");
});

test("the answer to HEAD has the length, and not the body", async () => {
  const response = fromComponent(MULTISTATUS, "HEAD");
  assert.equal(response.headers.get("content-length"), "4");
  assert.equal(response.body, null);
});

test("204 and 304 have neither", () => {
  for (const status of [204, 304]) {
    const response = fromComponent({ status, headers: [["etag", '"a"']], body: { tag: "octets", val: new Uint8Array() } }, "GET");
    assert.equal(response.headers.get("content-length"), null);
    assert.equal(response.headers.get("etag"), '"a"');
    assert.equal(response.body, null);
  }
});

test("repeated fields stay apart", () => {
  const response = fromComponent({ status: 200, headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]], body: { tag: "octets", val: new Uint8Array() } }, "GET");
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
});

test("round trips are told apart, D1's always told", () => {
  const rows = { read: 7, written: 0 };
  assert.equal(serverTiming({ d1: 2, r2: 0, kv: 1 }, rows, 12), 'storage;desc="2", read;desc="7", kv;desc="1", total;dur=12');
  assert.equal(serverTiming({ d1: 0, r2: 0, kv: 0 }, { read: 0, written: 0 }, 0), 'storage;desc="0", total;dur=0');
});
