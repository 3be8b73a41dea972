//! What each kind of request costs storage: at most two round trips, and one more for a credential that the instance
//! has not seen yet. (Where the database is near, the first use of a credential in an hour takes one more still, and so
//! does an account password that the cache does not know.) On the host that counts them, rows and calls to other
//! services are printed as well (`-- --nocapture`): the table of `docs/cloudflare.md`.

mod administration;
mod objects;
mod people;
mod sharing;

use std::collections::BTreeSet;

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Host, Request, shared};

/// A read, a write, and what a credential costs that is not known.
const READ: u32 = 1;
const WRITE: u32 = 2;
const CREDENTIAL: u32 = 1;

/// Of a credential it is noted when it was used, once an hour, and of a guess that it is made; on D1 by the look-up
/// itself.
fn note() -> u32 {
    u32::from(Host::tested() != Host::Cloudflare)
}

/// Round trips more for a large body: with PostgreSQL it is in a table of its own, elsewhere it is no matter of the
/// database.
fn large_body() -> u32 {
    u32::from(Host::tested() == Host::Fermyon)
}

/// The table: what was asked so far, by method, and by the name of a report.
struct Table {
    asked: BTreeSet<String>,
}

impl Table {
    fn new() -> Table {
        println!("| request | round trips | rows read | rows written | R2 | KV |\n|---|---|---|---|---|---|");
        Table { asked: BTreeSet::new() }
    }

    /// A line: a request that succeeds, and costs no more round trips than `most`.
    #[track_caller]
    fn line(&mut self, what: &str, most: u32, request: Request<'_>) -> Answer {
        self.asked.extend([request.method().to_owned(), request.root_element()]);
        let answer = request.send();
        assert!((200..400).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
        let trips = answer.storage_round_trips();
        assert!(trips <= most, "{what} takes {trips} round trips");
        let timing = answer.list("server-timing");
        let count = |name: &str| {
            let start = format!("{name};desc=\"");
            let found = timing.iter().find_map(|timing| timing.strip_prefix(&start)?.strip_suffix('"'));
            found.unwrap_or("0").to_owned()
        };
        println!("| {what} | {trips} | {} | {} | {} | {} |", count("read"), count("written"), count("r2"), count("kv"));
        answer
    }

    /// Every method and every report that the server says it has is in the table.
    fn is_complete(&self, client: &Client) {
        let places = [client.calendars("personal/"), "/.well-known/caldav".to_owned()];
        for place in places {
            for method in client.request("OPTIONS", &place).send().list("allow") {
                assert!(self.asked.contains(&method), "{method} is not in the table");
            }
        }
        let principal = format!("/dav/principals/{}/", client.name());
        for place in [client.calendars("personal/"), client.addressbooks("contacts/"), principal] {
            let found = client.propfind(&place, "0", &[SUPPORTED_REPORT_SET]);
            let reports = found.only().prop(SUPPORTED_REPORT_SET).children().to_vec();
            assert!(!reports.is_empty(), "{place} has reports");
            for report in reports.iter().flat_map(|one| one.children()).flat_map(|report| report.children()) {
                assert!(self.asked.contains(report.local()), "{} is not in the table", report.local());
            }
        }
    }
}

#[test]
fn every_kind_of_request_stays_within_its_round_trips() {
    let (account, other) = (shared().account(), shared().account());
    let (client, sharee) = (account.with_app_password(), other.with_app_password());
    // With what is noted once an hour, and known from then on.
    client.get(&client.calendars("")).expect(200);
    sharee.get(&sharee.calendars("")).expect(200);
    let mut table = Table::new();
    objects::ask(&mut table, &client);
    people::ask(&mut table, &client, &sharee);
    sharing::ask(&mut table, &client, &sharee);
    table.is_complete(&client);
    let stranger = account.with_app_password();
    table.line(
        "GET with a credential not yet known",
        READ + CREDENTIAL + note(),
        stranger.request("GET", &stranger.addressbooks("contacts/a.vcf")),
    );
    passwords(&mut table);
    // Not at the same time: of two instances each knows its own credentials.
    administration::ask(&mut table);
}

/// Somebody with an account password by which nobody has signed in.
fn newcomer() -> Client {
    let account = shared().account();
    let path = format!("/api/accounts/{}/password", account.name());
    let administrator = shared().administrator();
    let change = administrator.request("PUT", &path).header("content-type", "application/json");
    change.body(r#"{"password":"nobody has used it"}"#).send().expect(204);
    account.basic(account.name(), "nobody has used it")
}

/// Account passwords that are nowhere known.
fn passwords(table: &mut Table) {
    let [reader, writer] = [newcomer(), newcomer()];
    let read = reader.request("PROPFIND", &reader.calendars("personal/")).header("depth", "0");
    table.line("PROPFIND with an account password that is nowhere known", READ + CREDENTIAL + note(), read);
    let file = format!("/dav/files/{}/a.txt", writer.name());
    let write = writer.request("PUT", &file).header("content-type", "text/plain").body("a".to_owned());
    table.line("PUT with an account password that is nowhere known", WRITE + CREDENTIAL + note(), write);
}
