//! Access control lists, invitations, their answers and notifications, and links.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Request, bodies};

use crate::{CREDENTIAL, READ, Table, WRITE};

const TYPES: [&str; 2] = ["application/xml", "application/davsharing+xml"];

fn principal(client: &Client) -> String {
    format!("/dav/principals/{}/", client.name())
}

fn post<'a>(client: &'a Client, path: &str, media_type: &str, body: String) -> Request<'a> {
    client.request("POST", path).header("content-type", media_type).body(body)
}

/// CalendarServer's dialect.
fn share<'a>(client: &'a Client, path: &str, content: &str) -> Request<'a> {
    post(client, path, TYPES[0], bodies::sharing("share", content))
}

/// That of draft-pot-webdav-resource-sharing.
fn share_resource<'a>(client: &'a Client, path: &str, whom: &str, access: &str) -> Request<'a> {
    let body = format!(
        r#"<D:share-resource xmlns:D="DAV:"><D:sharee><D:href>{whom}</D:href><D:share-access><D:{access}/></D:share-access></D:sharee></D:share-resource>"#
    );
    post(client, path, TYPES[1], body)
}

fn reply<'a>(client: &'a Client, calendar: &str, answer: &str) -> Request<'a> {
    let content = format!(
        "<D:href>{}</D:href><CS:{answer}/><CS:hosturl><D:href>{calendar}</D:href></CS:hosturl>",
        principal(client)
    );
    post(client, &client.calendars(""), TYPES[0], bodies::sharing("invite-reply", &content))
}

/// Shares a calendar in every way, and has the sharee answer.
pub fn ask(table: &mut Table, owner: &Client, sharee: &Client) {
    let calendar = owner.make_calendar("shared");
    let bob = principal(sharee);
    let grant = |who: &str| {
        format!(
            r#"<D:acl xmlns:D="DAV:"><D:ace><D:principal><D:href>{who}</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace></D:acl>"#
        )
    };
    let acl = |body: String| owner.request("ACL", &calendar).xml(body);
    table.line("ACL of a calendar, naming somebody", WRITE, acl(grant(&bob)));
    table.line("ACL of a calendar, naming nobody", WRITE, acl(r#"<D:acl xmlns:D="DAV:"/>"#.to_owned()));
    let refused = acl(grant("/dav/principals/nobody-of-this-name/")).send();
    within(&refused.expect(403), READ);
    let set = |whom: &str| format!("<CS:set><D:href>{whom}</D:href><CS:read-write/></CS:set>");
    let remove = format!("<CS:remove><D:href>{bob}</D:href></CS:remove>");
    table.line("CS:share with a stranger", WRITE, share(owner, &calendar, &set(&bob)));
    table.line("CS:share with who has it", WRITE, share(owner, &calendar, &set(&bob)));
    notifications(table, sharee);
    table.line("CS:invite-reply that declines", WRITE, reply(sharee, &calendar, "invite-declined"));
    table.line("CS:share with no more", WRITE, share(owner, &calendar, &remove));
    let people = format!("{}{}", set(&bob), set("mailto:nobody@nowhere.example"));
    table.line("CS:share with strangers, one of them unknown", WRITE, share(owner, &calendar, &people));
    table.line(
        "share-resource with a stranger",
        WRITE,
        share_resource(owner, &owner.calendars("personal/"), &bob, "read"),
    );
    table.line(
        "share-resource with no more",
        WRITE,
        share_resource(owner, &owner.calendars("personal/"), &bob, "no-access"),
    );
    let accepted = table.line("CS:invite-reply that accepts", WRITE, reply(sharee, &calendar, "invite-accepted"));
    let there = accepted.xml().child(HREF).map(|href| href.text().to_owned()).expect("where it is now");
    of_sharee(table, sharee, &there);
    removed(table, owner, &set(&bob));
    links(table, owner);
}

fn within(answer: &Answer, most: u32) {
    assert!(answer.storage_round_trips() <= most, "{}", answer.question);
}

/// What tells of invitations, until it is removed.
fn notifications(table: &mut Table, sharee: &Client) {
    let asked = [Name(CALENDARSERVER, "notification-URL")];
    let home = sharee.propfind(&principal(sharee), "0", &asked).only().href_in(asked[0]).to_owned();
    let propfind = sharee.request("PROPFIND", &home).header("depth", "1").xml(bodies::propfind(&[GETETAG]));
    let listed = table.line("PROPFIND of notifications", READ, propfind).multistatus();
    let one = listed.hrefs().into_iter().find(|href| *href != home).expect("a notification").to_owned();
    table.line("GET of a notification", READ, sharee.request("GET", &one));
    table.line(
        "PROPFIND of a notification",
        READ,
        sharee.request("PROPFIND", &one).header("depth", "0").xml(bodies::propfind(&[GETETAG])),
    );
    table.line("DELETE of a notification", WRITE, sharee.request("DELETE", &one));
}

fn of_sharee(table: &mut Table, sharee: &Client, there: &str) {
    table.line(
        "PROPFIND of a shared calendar",
        READ,
        sharee.request("PROPFIND", there).header("depth", "0").xml(bodies::propfind(&[SYNC_TOKEN])),
    );
    let colour = bodies::set(&[CALENDAR_COLOR.with("#00FF00FF")]);
    table.line("PROPPATCH of a shared calendar by its sharee", WRITE, sharee.request("PROPPATCH", there).xml(colour));
    table.line("DELETE of a shared calendar by its sharee", WRITE, sharee.request("DELETE", there));
}

/// What is shared, and removed by its owner: its sharees are told in the same write.
fn removed(table: &mut Table, owner: &Client, offer: &str) {
    let calendar = owner.make_calendar("removed");
    share(owner, &calendar, offer).send().expect(200);
    table.line("DELETE of a shared calendar by its owner", WRITE, owner.request("DELETE", &calendar));
}

/// The secret in the address is a credential, and what is read in its name is read twice: what tells whether it has
/// changed, and all of it.
fn links(table: &mut Table, owner: &Client) {
    let account = kalends_tests::shared().administrator();
    let made = account
        .request("POST", &format!("/api/accounts/{}/links", owner.name()))
        .header("content-type", "application/json")
        .body(r#"{"collection": "calendars/personal"}"#)
        .send()
        .expect(201);
    let made: serde_json::Value = serde_json::from_str(made.text()).expect("JSON");
    let url = made["url"].as_str().expect("an address");
    let path = &url[url.find("/public/").expect("a path")..];
    let anybody = kalends_tests::shared().anonymous();
    let whole = table.line("GET of a link", READ + READ + CREDENTIAL + crate::note(), anybody.request("GET", path));
    let again = anybody.request("GET", path).header("if-none-match", &whole.etag());
    table.line("GET of a link, unchanged", READ + CREDENTIAL, again);
}
