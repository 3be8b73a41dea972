import assert from "node:assert/strict";
import { test } from "node:test";
import { chain, fromComponent, serverTiming, splitUrl, toComponent } from "../src/edge.ts";

const text = (octets: Uint8Array) => new TextDecoder().decode(octets);

test("a path stays as it was sent", () => {
  assert.deepEqual(splitUrl("https://example.org:8443/dav//a%2Fb/../%7e?x=%41#f"), {
    scheme: "https",
    authority: "example.org:8443",
    path: "/dav//a%2Fb/../%7e?x=%41",
  });
  assert.deepEqual(splitUrl("https://example.org*"), { scheme: "https", authority: "example.org", path: "*" });
  assert.deepEqual(splitUrl("http://[::1]?q"), { scheme: "http", authority: "[::1]", path: "/?q" });
});

test("a request arrives with all that the component has to know", async () => {
  const request = new Request("https://example.org/dav/?q", {
    method: "PROPFIND",
    headers: { "CF-Connecting-IP": "2001:db8::1", Depth: "0", "X-Name": "Zo\u00eb" },
    body: "<propfind/>",
  });
  const { headers, body, ...rest } = await toComponent(request, 1_800_000_000_999, { limit: 11, patience: 60_000, arrived: async () => {} });
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

test("cookies in several fields are one list", async () => {
  // Not one of Node's requests, which join them properly.
  const request = { url: "https://example.org/", method: "GET", headers: new Map([["cookie", "a=b, __Host-kalends=c"]]), body: null };
  const { headers } = await toComponent(request as unknown as Request, 0, { limit: 0, patience: 0, arrived: async () => {} });
  assert.deepEqual(headers.map(([name, value]) => [name, text(value)]), [["cookie", "a=b; __Host-kalends=c"]]);
});

test("the client of a proxy is the client, and not the proxy", () => {
  assert.equal(chain("203.0.113.1,198.51.100.1", "198.51.100.1"), "203.0.113.1");
  assert.equal(chain("192.0.2.1, 203.0.113.1, 198.51.100.1", "198.51.100.1"), "192.0.2.1, 203.0.113.1");
  assert.equal(chain("203.0.113.1", "198.51.100.1"), "203.0.113.1");
  assert.equal(chain("198.51.100.1", "198.51.100.1"), "198.51.100.1");
  assert.equal(chain("203.0.113.1", undefined), "203.0.113.1");
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
