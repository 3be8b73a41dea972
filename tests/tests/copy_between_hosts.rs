//! `kalends copy` between hosts of different kinds: from the native host to workerd, and back into another account.
//! What is copied between two of one kind is in `transfer`.

use std::collections::BTreeMap;

use kalends_tests::command::{kalends, succeed};
use kalends_tests::mirror::listed;
use kalends_tests::names::*;
use kalends_tests::{Client, Host, PASSWORD, Server, bodies, empty_directory, samples};

/// Properties of a collection that go with it.
const KEPT: [Name; 6] = [
    DISPLAYNAME,
    CALENDAR_COLOR,
    CALENDAR_ORDER,
    Name(CALDAV, "calendar-description"),
    SUPPORTED_CALENDAR_COMPONENT_SET,
    Name(CARDDAV, "addressbook-description"),
];

/// Calendars and an address book, with what people set on them; one event is too large for its row.
fn furnish(client: &Client) {
    let calendar = client.make_calendar("work");
    let set = [
        DISPLAYNAME.with("Work & \u{fc}ber"),
        CALENDAR_COLOR.with("#AA00FFFF"),
        CALENDAR_ORDER.with("7"),
        KEPT[3].with("All that is work"),
    ];
    client.proppatch(&calendar, bodies::set(&set)).expect(207);
    for number in 0..40 {
        client
            .put(&format!("{calendar}{number}.ics"), &samples::at_noon(&format!("w{number}"), "20260314"))
            .expect(201);
    }
    let large = samples::event("large", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "x".repeat(60_000)));
    client.put(&format!("{calendar}large.ics"), &large).expect(201);
    client.put(&format!("{calendar}a%20b%3Ac.ics"), &samples::at_noon("odd", "20260314")).expect(201);
    client.put(&client.calendars("tasks/t.ics"), &samples::task("t", "SUMMARY:To do")).expect(201);
    let book = client.addressbooks("contacts/");
    client.proppatch(&book, bodies::set(&[DISPLAYNAME.with("People"), KEPT[5].with("Whom I know")])).expect(207);
    for number in 0..5 {
        let card = samples::card(&format!("c{number}"), "Ada L\u{fc}ders", "ada@example.org");
        client.put_card(&format!("{book}{number}.vcf"), &card).expect(201);
    }
}

/// What somebody has: of every collection its properties, and the members with their bodies.
fn all(client: &Client) -> BTreeMap<String, (Vec<String>, BTreeMap<String, String>)> {
    let mut found = BTreeMap::new();
    for home in [client.calendars(""), client.addressbooks("")] {
        let listing = client.propfind(&home, "1", &[RESOURCETYPE]);
        for path in listing.hrefs().into_iter().filter(|path| *path != home) {
            let kept = client.propfind(path, "0", &KEPT);
            let properties = KEPT.map(|name| kept.only().get(name).map(|one| format!("{one:?}")).unwrap_or_default());
            let members = listed(client, path).into_keys();
            let members = members.map(|href| (last(&href), client.get(&href).expect(200).text().to_owned())).collect();
            found.insert(path.replace(client.name(), "NAME"), (properties.to_vec(), members));
        }
    }
    found
}

fn last(href: &str) -> String {
    href.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Copies, and says what the program says at its end.
fn copy(from: &Server, from_user: &str, to: &Server, to_user: &str) -> String {
    let mut command = kalends();
    command.args(["copy", "--from", from.url(), "--from-user", from_user, "--to", to.url(), "--to-user", to_user]);
    let passwords = ["KALENDS_FROM_PASSWORD", "KALENDS_TO_PASSWORD"].map(|name| (name, PASSWORD));
    let said = succeed(command.envs(passwords));
    said.output.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn what_goes_to_another_host_and_back_is_the_same() {
    // Both hosts are built where workerd is tested.
    if Host::tested() != Host::Cloudflare {
        return;
    }
    let native = Server::start_on(Host::Native, &empty_directory("native"));
    let workerd = Server::start_on(Host::Cloudflare, &empty_directory("workerd"));
    let (alice, bob) = (native.named("alice"), native.named("bob"));
    furnish(&alice);
    let before = all(&alice);
    let stored = "All: 48 stored, 0 there already, 0 there with another content, 0 not taken";
    assert_eq!(copy(&native, "alice", &workerd, "alice"), stored);
    assert_eq!(all(&workerd.named("alice")), before);
    assert_eq!(copy(&workerd, "alice", &native, "bob"), stored);
    assert_eq!(all(&bob), before);
    let again = "All: 0 stored, 48 there already, 0 there with another content, 0 not taken";
    assert_eq!(copy(&workerd, "alice", &native, "alice"), again);
    assert_eq!(all(&alice), before);
}
