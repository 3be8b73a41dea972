// npm's tsdav does with an account what its users do. Usage: node tsdav.mjs URL NAME PASSWORD; it ends with 0 where all
// went well.

import assert from "node:assert/strict";
import { DAVClient } from "tsdav";

const [serverUrl, name, password] = process.argv.slice(2);
// tsdav's own Basic authentication has no letters beyond Latin-1, and sends those not as UTF-8.
const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;

async function signIn(defaultAccountType) {
  const authFunction = async () => ({ authorization });
  const client = new DAVClient({ serverUrl, credentials: {}, authMethod: "Custom", authFunction, defaultAccountType });
  await client.login();
  assert.equal(new URL(client.account.principalUrl).pathname, `/dav/principals/${name}/`);
  return client;
}

const event = (uid, summary) =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Kalends//Tests//EN", "BEGIN:VEVENT", `UID:${uid}`,
    "DTSTAMP:20260101T000000Z", "DTSTART:20260314T120000Z", "DTEND:20260314T130000Z", `SUMMARY:${summary}`,
    "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");

const card = (uid, fullName) =>
  ["BEGIN:VCARD", "VERSION:3.0", `UID:${uid}`, `FN:${fullName}`, `N:${fullName};;;;`, "END:VCARD", ""].join("\r\n");

// tsdav trims what it reads of XML.
const data = (object) => `${object.data}\r\n`;
const path = (object) => new URL(object.url).pathname.split("/").at(-1);
const names = (objects) => objects.map(path).sort();

async function succeeds(response, status) {
  const answer = await response;
  assert.equal(answer.status, status, `${answer.url}: ${answer.status} ${await answer.clone().text()}`);
  return answer;
}

async function calendars() {
  const client = await signIn("caldav");
  assert.equal(new URL(client.account.homeUrl).pathname, `/dav/calendars/${name}/`);
  let found = await client.fetchCalendars();
  const personal = found.find((calendar) => calendar.url.endsWith("/personal/"));
  assert.deepEqual(personal.components, ["VEVENT"]);
  assert.ok(personal.reports.includes("syncCollection") && personal.reports.includes("calendarMultiget"));
  assert.ok(personal.ctag && personal.syncToken);

  // By MKCOL: a Worker is not given MKCALENDAR.
  const url = new URL("travel/", client.account.homeUrl).href;
  const props = { "d:resourcetype": { "d:collection": {}, "c:calendar": {} }, "d:displayname": "Travel" };
  const [made] = await client.makeCollection({ url, props });
  assert.ok(made.ok, `${made.status} ${made.statusText}`);
  found = await client.fetchCalendars();
  assert.equal(found.find((calendar) => calendar.url.endsWith("/travel/")).displayName, "Travel");

  const put = (filename, iCalString) => client.createCalendarObject({ calendar: personal, filename, iCalString });
  await succeeds(put("a.ics", event("a", "First")), 201);
  await succeeds(put("b.ics", event("b", "Second")), 201);
  await succeeds(put("a.ics", event("a", "First")), 412);
  let objects = await client.fetchCalendarObjects({ calendar: personal });
  assert.deepEqual(names(objects), ["a.ics", "b.ics"]);
  assert.equal(data(objects.find((object) => path(object) === "a.ics")), event("a", "First"));
  const timeRange = { start: "2026-03-14T00:00:00Z", end: "2026-03-15T00:00:00Z" };
  assert.equal((await client.fetchCalendarObjects({ calendar: personal, timeRange, expand: true })).length, 2);
  const later = { start: "2026-04-14T00:00:00Z", end: "2026-04-15T00:00:00Z" };
  assert.equal((await client.fetchCalendarObjects({ calendar: personal, timeRange: later })).length, 0);

  const [first, second] = objects.sort((one, other) => one.url.localeCompare(other.url));
  await succeeds(client.updateCalendarObject({ calendarObject: { ...first, data: event("a", "Changed") } }), 204);
  await succeeds(client.updateCalendarObject({ calendarObject: { ...first, data: event("a", "Too late") } }), 412);
  await succeeds(client.deleteCalendarObject({ calendarObject: second }), 204);
  objects = await client.fetchCalendarObjects({ calendar: personal });
  assert.deepEqual(objects.map(data), [event("a", "Changed")]);

  const busy = await client.freeBusyQuery({ url: personal.url, timeRange });
  assert.ok(JSON.stringify(busy).includes("20260314T120000Z"));
}

async function cards() {
  const client = await signIn("carddav");
  assert.equal(new URL(client.account.homeUrl).pathname, `/dav/addressbooks/${name}/`);
  const [book, ...others] = await client.fetchAddressBooks();
  assert.deepEqual(others, []);
  assert.ok(book.url.endsWith("/contacts/") && book.reports.includes("addressbookMultiget"));

  const put = (filename, vCardString) => client.createVCard({ addressBook: book, filename, vCardString });
  for (const number of [1, 2, 3]) {
    await succeeds(put(`${number}.vcf`, card(`${number}`, `Card ${number} & <Sons>`)), 201);
  }
  let found = await client.fetchVCards({ addressBook: book });
  assert.deepEqual(names(found), ["1.vcf", "2.vcf", "3.vcf"]);
  assert.equal(data(found.find((object) => path(object) === "2.vcf")), card("2", "Card 2 & <Sons>"));

  const second = found.find((object) => path(object) === "2.vcf");
  const third = found.find((object) => path(object) === "3.vcf");
  await succeeds(client.updateVCard({ vCard: { ...second, data: card("2", "Changed") } }), 204);
  await succeeds(client.updateVCard({ vCard: { ...second, data: card("2", "Too late") } }), 412);
  await succeeds(client.deleteVCard({ vCard: third }), 204);
  found = await client.fetchVCards({ addressBook: book, objectUrls: [second.url] });
  assert.deepEqual(found.map(data), [card("2", "Changed")]);

  const query = (value) =>
    client.addressBookQuery({
      url: book.url,
      props: { "d:getetag": {} },
      filters: { "prop-filter": { _attributes: { name: "FN" }, "text-match": { _text: value } } },
      depth: "1",
    });
  assert.deepEqual((await query("CHANG")).map((response) => response.href.split("/").at(-1)), ["2.vcf"]);
}

/** Smart synchronisation of a collection: what another client creates, changes and deletes. */
async function synchronises(type, collection, client, put, remove, make, extension) {
  const sync = (from) =>
    client.smartCollectionSync({ collection: from, method: "webdav", account: client.account, detailedResult: true });
  const headers = { "content-type": type === "caldav" ? "text/calendar" : "text/vcard" };
  const objectMultiGet = type === "caldav" ? client.calendarMultiGet : client.addressBookMultiGet;
  let mirror = { ...collection, syncToken: "", objects: [], objectMultiGet: objectMultiGet.bind(client) };
  const before = await sync(mirror);
  mirror = { ...mirror, syncToken: before.syncToken, objects: before.objects.created };

  await succeeds(put(`x${extension}`, make("x", "New")), 201);
  await succeeds(put(`y${extension}`, make("y", "New too")), 201);
  let after = await sync(mirror);
  assert.deepEqual(names(after.objects.created), [`x${extension}`, `y${extension}`]);
  assert.deepEqual([after.objects.updated, after.objects.deleted], [[], []]);
  assert.notEqual(after.syncToken, mirror.syncToken);
  mirror = { ...mirror, syncToken: after.syncToken, objects: [...mirror.objects, ...after.objects.created] };

  const [x, y] = ["x", "y"].map((uid) => mirror.objects.find((object) => path(object) === `${uid}${extension}`));
  await succeeds(client.updateObject({ url: x.url, data: make("x", "Changed"), etag: x.etag, headers }), 204);
  await succeeds(remove(y), 204);
  after = await sync(mirror);
  assert.deepEqual(after.objects.created, []);
  assert.deepEqual(after.objects.updated.map(data), [make("x", "Changed")]);
  assert.deepEqual(names(after.objects.deleted), [`y${extension}`]);
  const idle = await sync({ ...mirror, syncToken: after.syncToken });
  assert.deepEqual(idle.objects, { created: [], updated: [], deleted: [] });
  assert.equal(idle.syncToken, after.syncToken);
}

async function synchronisation() {
  const caldav = await signIn("caldav");
  const calendar = (await caldav.fetchCalendars()).find((found) => found.url.endsWith("/personal/"));
  await synchronises(
    "caldav", calendar, caldav,
    (filename, iCalString) => caldav.createCalendarObject({ calendar, filename, iCalString }),
    (calendarObject) => caldav.deleteCalendarObject({ calendarObject }), event, ".ics",
  );
  const carddav = await signIn("carddav");
  const [addressBook] = await carddav.fetchAddressBooks();
  await synchronises(
    "carddav", addressBook, carddav,
    (filename, vCardString) => carddav.createVCard({ addressBook, filename, vCardString }),
    (vCard) => carddav.deleteVCard({ vCard }), card, ".vcf",
  );
}

await calendars();
await cards();
await synchronisation();
