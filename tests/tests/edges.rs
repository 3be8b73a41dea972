//! The native host takes requests into the component as plain data; Spin has them go through `http-wasi`. Both ways
//! give the same answers, octet by octet.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Host, Server, bodies, empty_directory, samples};

/// Status, header fields but for the ones that tell the time, and body.
type Told = (u16, Vec<(String, String)>, Vec<u8>);

fn told(answer: Answer) -> Told {
    let timeless = |(name, _): &&(String, String)| !["date", "server-timing", "last-modified"].contains(&name.as_str());
    let fields = answer.headers().iter().filter(timeless).cloned().collect();
    (answer.status, fields, answer.body().to_vec())
}

/// Objects that are the same however often they are written: an event, octets that are no text, and a text of more than
/// one call.
fn write(client: &Client) -> Vec<Told> {
    let put = |path: &str, kind: &str, body: &[u8]| {
        client.request("PUT", path).header("content-type", kind).body(body).send().expect_any(&[201, 204])
    };
    let large = samples::event("large", &format!("DTSTART:20260314T120000Z\nSUMMARY:{}", "long ".repeat(40_000)));
    let octets: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    [
        put(&client.calendars("personal/noon.ics"), "text/calendar", samples::at_noon("noon", "20260314").as_bytes()),
        put(&client.calendars("personal/large.ics"), "text/calendar", large.as_bytes()),
        put("/dav/files/alice/octets%20%C3%A9", "application/octet-stream", &octets),
    ]
    .into_iter()
    .map(told)
    .collect()
}

/// Questions that change nothing, of every kind that an edge could take or hand on differently.
fn read(server: &Server) -> Vec<(String, Told)> {
    let (client, nobody) = (server.named("alice"), server.anonymous());
    let (calendar, event) = (client.calendars("personal/"), client.calendars("personal/noon.ics"));
    let etag = client.get(&event).expect(200).etag();
    let hrefs = [event.clone(), client.calendars("personal/large.ics")];
    let questions = [
        nobody.request("OPTIONS", "/dav/"),
        nobody.request("PROPFIND", "/dav/").header("depth", "0"),
        nobody.request("GET", "/.well-known/caldav?a=%20b"),
        nobody.request("POST", "/api/session").header("content-type", "application/json").body("{"),
        client.request("GET", &event),
        client.request("HEAD", &event),
        client.request("GET", &event).header("if-none-match", &etag),
        client.request("GET", &event).header("accept", "application/calendar+json"),
        client.request("GET", "/dav/files/alice/octets%20%c3%a9"),
        client.request("HEAD", "/dav/files/alice/octets%20%C3%A9"),
        client.request("GET", &client.calendars("personal/large.ics")).header("range", "bytes=1-3"),
        client.request("GET", &client.calendars("personal/none.ics")),
        client.request("GET", &client.calendars("personal/../../bob/personal/")),
        client.request("GET", &client.calendars("personal//noon.ics")),
        client.request("PROPFIND", "/dav/").header("depth", "1").header("depth", "0"),
        client.request("PROPFIND", &calendar).header("depth", "1").xml(bodies::propfind(&[GETETAG, SYNC_TOKEN])),
        client.request("PROPFIND", &calendar).header("depth", "1").xml("<not well-formed"),
        client.request("REPORT", &calendar).xml(bodies::calendar_multiget(&[GETETAG, CALENDAR_DATA], &hrefs)),
        client.request("PUT", &event).header("if-match", "\"another\"").body(samples::at_noon("noon", "20260315")),
        client.request("PUT", &event).body(b"\xff\xfe".as_slice()),
        client.request("DELETE", &event).header("if", "(<urn:uuid:none>)"),
        client.request("MKCOL", &calendar),
        client.request("BREW", &calendar),
    ];
    questions
        .into_iter()
        .map(|question| question.send())
        .map(|answer| (answer.question.clone(), told(answer)))
        .collect()
}

#[test]
fn as_under_spin() {
    if Host::tested() != Host::Native {
        return;
    }
    let directory = empty_directory("edges");
    let plain = Server::start(&directory);
    write(&plain.named("alice"));
    let (written, answers) = (write(&plain.named("alice")), read(&plain));
    drop(plain);
    let wasi = Server::start_with(&directory, &[("KALENDS_EDGE", "wasi")]);
    for ((question, plain), (_, wasi)) in answers.into_iter().zip(read(&wasi)) {
        assert!(
            plain == wasi,
            "{question}: {} {:?} as plain data, {} {:?} by wasi:http",
            plain.0,
            plain.1,
            wasi.0,
            wasi.1
        );
        assert!(plain.0 != 500, "{question}");
    }
    assert!(write(&wasi.named("alice")) == written);
}
