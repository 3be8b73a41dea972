// How much CPU time requests take in the Worker's isolate, by V8's own profiler over workerd's inspector; what D1, R2
// and KV take is not in it, nor is what workerd does outside of JavaScript and WebAssembly.
//
//     node profile.mjs [--events 1000] [--requests 40] [--json]
//
// Prints a table in Markdown: milliseconds for a request of each kind, with instances reused as they are, and with one
// made for each request; and what the start of the script takes and how large it is. With --json the same figures for a
// program.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Miniflare } from "miniflare";
import { Inspector } from "./inspector.mjs";
import { configuration, root } from "./local.mjs";
import { migrate } from "./migrations.mjs";
import { size, startUp } from "./startup.mjs";

const TOKEN = "profile".repeat(6);
const SECRET = "5e".repeat(32);
const CALENDAR = "/dav/calendars/ann/personal/";
const XMLNS = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"';

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000" },
    requests: { type: "string", default: "40" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const events = Number(values.events);
const requests = Number(values.requests);
if (values.help) {
  console.log("--events N: in the calendar (1000)\n--requests N: of each kind (40)\n--json: figures for a program");
  process.exit();
}

/** An event in the year 2026, every tenth weekly. */
function event(number, summary = `Meeting number ${number}`) {
  const day = new Date(Date.UTC(2026, 0, 1 + (number % 360))).toISOString().slice(0, 10).replaceAll("-", "");
  const rule = number % 10 === 0 ? "RRULE:FREQ=WEEKLY;COUNT=20\r\n" : "";
  return (
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//Profile//EN\r\nBEGIN:VEVENT\r\nUID:profile-${number}\r\nDTSTAMP:20260101T000000Z\r\n` +
    `DTSTART:${day}T${String(8 + (number % 10)).padStart(2, "0")}0000Z\r\nDURATION:PT1H\r\n${rule}SUMMARY:${summary}\r\nLOCATION:Room ${number % 17}\r\n` +
    "DESCRIPTION:What is talked about in a meeting like this one\\, in a few words.\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
  );
}

/** Requests as a client of a calendar makes them, each checked: the status, and how many members are in the answer. */
class Client {
  #origin;
  #authorization;

  constructor(origin, secret) {
    this.#origin = origin;
    this.#authorization = `Basic ${Buffer.from(`ann:${secret}`).toString("base64")}`;
  }

  /** The server is at another address now. */
  move(origin) {
    this.#origin = origin;
  }

  async ask(method, path, status, { body, depth, type = "application/xml", members } = {}) {
    const headers = { authorization: this.#authorization, "content-type": type, ...(depth && { depth }) };
    const answer = await fetch(this.#origin + path, { method, body, headers });
    const text = await answer.text();
    if (!status.includes(answer.status)) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    const found = text.split(".ics</").length - 1;
    if (members !== undefined && found !== members) throw new Error(`${method} ${path}: ${found} members, not ${members}`);
    return text;
  }

  put(number, summary) {
    return this.ask("PUT", `${CALENDAR}${number}.ics`, [201, 204], { body: event(number, summary), type: "text/calendar" });
  }

  async synchronise(token, members) {
    const body = `<sync-collection ${XMLNS}><sync-token>${token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`;
    const text = await this.ask("REPORT", CALENDAR, [207], { body, members });
    return /sync-token>([^<]+)</.exec(text)[1];
  }

  multiget(count) {
    const hrefs = Array.from({ length: count }, (_, number) => `<href>${CALENDAR}${number}.ics</href>`).join("");
    const body = `<C:calendar-multiget ${XMLNS}><prop><getetag/><C:calendar-data/></prop>${hrefs}</C:calendar-multiget>`;
    return this.ask("REPORT", CALENDAR, [207], { body, depth: "1", members: count });
  }

  month() {
    const filter =
      '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/>' +
      "</C:comp-filter></C:comp-filter></C:filter>";
    const body = `<C:calendar-query ${XMLNS}><prop><getetag/><C:calendar-data/></prop>${filter}</C:calendar-query>`;
    return this.ask("REPORT", CALENDAR, [207], { body, depth: "1" });
  }

  propfind(path, depth, prop, members) {
    return this.ask("PROPFIND", path, [207], { body: `<propfind ${XMLNS}><prop>${prop}</prop></propfind>`, depth, members });
  }
}

/** The requests of a synchronising client, by name. */
async function kinds(client) {
  const before = await client.synchronise("", events);
  await client.put(0, "Meeting number 0 in another room");
  const after = await client.synchronise("", events);
  let version = 0;
  return {
    "PROPFIND of the home, Depth 1": () =>
      client.propfind("/dav/calendars/ann/", "1", "<resourcetype/><displayname/><sync-token/><C:supported-calendar-component-set/>"),
    "sync-collection, no change": () => client.synchronise(after, 0),
    "sync-collection, one change": () => client.synchronise(before, 1),
    [`sync-collection, initial, ${events} events`]: () => client.synchronise("", events),
    [`PROPFIND of ${events} entity tags`]: () => client.propfind(CALENDAR, "1", "<getetag/>", events),
    "GET": () => client.ask("GET", `${CALENDAR}1.ics`, [200]),
    "PUT of a changed event": () => client.put(1, `Meeting in version ${++version}`),
    "calendar-multiget of 10": () => client.multiget(10),
    "calendar-multiget of 100": () => client.multiget(100),
    "calendar-query of a month": () => client.month(),
  };
}

/** An account with an app password, and events in its calendar. */
async function prepare(origin) {
  const administer = async (path, content) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const answer = await fetch(`${origin}/api/accounts${path}`, { method: "POST", headers, body: JSON.stringify(content) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  await administer("", { name: "ann", password: "measured in workerd" });
  const { secret } = await administer("/ann/app-passwords", { label: "profile" });
  const client = new Client(origin, secret);
  for (let number = 0; number < events; number++) await client.put(number);
  return client;
}

async function repeat(action, times) {
  for (let number = 0; number < times; number++) await action();
}

/** Milliseconds a request by kind, with one setting of reuse. */
async function measure(data, fresh, first) {
  const variables = { ADMIN_TOKEN: TOKEN, SERVER_SECRET: SECRET, ...(fresh && { INSTANCE_PER_REQUEST: "true" }) };
  const more = { inspectorPort: 0, handleStructuredLogs: () => {} };
  const miniflare = new Miniflare(await configuration({ port: 0, data, variables, more }));
  try {
    const { origin } = await miniflare.unsafeGetDirectURL();
    await migrate(await miniflare.getD1Database("DB"), join(root, "migrations"));
    const client = first ?? (await prepare(origin));
    client.move(origin);
    const inspector = await Inspector.of((await miniflare.getInspectorURL()).port);
    const times = {};
    for (const [name, action] of Object.entries(await kinds(client))) {
      await repeat(action, Math.ceil(requests / 4));
      times[name] = (await inspector.time(() => repeat(action, requests))) / requests;
    }
    inspector.close();
    return { client, times };
  } finally {
    await miniflare.dispose();
  }
}

/** What was measured, for those who read. */
function table({ requests: measured, startUp: start, size: script }) {
  const rows = measured.map(({ name, reused, fresh }) => `| ${name} | ${reused.toFixed(1)} | ${fresh.toFixed(1)} |`);
  const about =
    `Start-up: ${start.toFixed(0)} ms by the clock from the creation of the isolate until the script is evaluated. ` +
    `Size: ${(script.octets / 1e6).toFixed(2)} MB, ${(script.compressed / 1e6).toFixed(2)} MB compressed by gzip.`;
  return ["| request | CPU, ms | with an instance of its own, ms |", "|---|---:|---:|", ...rows, "", about].join("\n");
}

const data = await mkdtemp(join(tmpdir(), "kalends-profile-"));
try {
  // First, while nothing else is in this process's way.
  const start = await startUp();
  const { client, times: reused } = await measure(data, false);
  const { times: fresh } = await measure(data, true, client);
  const each = Object.keys(reused).map((name) => ({ name, reused: reused[name], fresh: fresh[name] }));
  const measured = { events, requests: each, startUp: start, size: await size() };
  console.log(values.json ? JSON.stringify(measured) : table(measured));
} finally {
  await rm(data, { recursive: true, force: true });
}
