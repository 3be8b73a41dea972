//! Access control (RFC 3744) as far as clients use it: the ACL method shares a calendar, and what the sharee then sees
//! and may do.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Response, bodies, samples, shared};

const ACL: Name = Name(DAV, "acl");
const ACE: Name = Name(DAV, "ace");
const GRANT: Name = Name(DAV, "grant");

fn principal(client: &Client) -> String {
    format!("/dav/principals/{}/", client.name())
}

/// An ace that grants privileges, written with the prefixes `D` and `C`.
fn ace(principal: &str, privileges: &[&str]) -> String {
    let privileges: String =
        privileges.iter().map(|privilege| format!("<D:privilege><{privilege}/></D:privilege>")).collect();
    format!("<D:ace><D:principal><D:href>{principal}</D:href></D:principal><D:grant>{privileges}</D:grant></D:ace>")
}

#[track_caller]
fn acl(client: &Client, path: &str, aces: &str) -> Answer {
    let body = format!(r#"<D:acl xmlns:D="DAV:" xmlns:C="{CALDAV}">{aces}</D:acl>"#);
    client.request("ACL", path).xml(body).send()
}

/// The shared calendars in somebody's home.
#[track_caller]
fn shares(client: &Client) -> Vec<Response> {
    let asked = [RESOURCETYPE, DISPLAYNAME, OWNER, CURRENT_USER_PRIVILEGE_SET, CALENDAR_COLOR, SYNC_TOKEN, GETCTAG];
    let home = client.propfind(&client.calendars(""), "1", &asked);
    home.responses.into_iter().filter(|response| response.href.contains("shared~")).collect()
}

#[track_caller]
fn only_share(client: &Client) -> Response {
    let mut shares = shares(client);
    assert_eq!(shares.len(), 1, "{shares:?}");
    shares.remove(0)
}

fn has(response: &Response, privilege: Name) -> bool {
    response.prop(CURRENT_USER_PRIVILEGE_SET).contains(privilege)
}

/// A calendar of Alice's with an event, shared with Bob.
#[track_caller]
fn shared_calendar(privileges: &[&str]) -> (Client, Client, String) {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    alice.put(&format!("{calendar}a.ics"), &samples::at_noon("a", "20260314")).expect(201);
    acl(&alice, &calendar, &ace(&principal(&bob), privileges)).expect(200);
    (alice, bob, calendar)
}

#[test]
fn who_may_read_sees_the_calendar_in_the_own_home_and_changes_nothing() {
    let (alice, bob, calendar) = shared_calendar(&["D:read"]);
    let share = only_share(&bob);
    assert!(share.is_a(CALENDAR));
    assert!(share.href.starts_with(&bob.calendars("")));
    assert_eq!(share.href_in(OWNER), principal(&alice));
    assert_eq!(share.text(DISPLAYNAME), "team");
    assert!(has(&share, Name(DAV, "read")));
    for privilege in ["write", "write-content", "bind", "unbind", "write-acl", "all"] {
        assert!(!has(&share, Name(DAV, privilege)), "{privilege}");
    }
    let event = format!("{}a.ics", share.href);
    assert!(bob.get(&event).expect(200).text().contains("UID:a"));
    let need = Name(DAV, "need-privileges");
    bob.put(&event, &samples::at_noon("a", "20260401")).refused(403, need);
    bob.put(&format!("{}b.ics", share.href), &samples::at_noon("b", "20260401")).refused(403, need);
    bob.delete(&event).refused(403, need);
    assert!(alice.get(&format!("{calendar}a.ics")).text().contains("20260314"));
    // It is at the owner's address too, which the owner may have passed on.
    bob.get(&format!("{calendar}a.ics")).expect(200);
    bob.put(&format!("{calendar}a.ics"), &samples::at_noon("a", "20260401")).refused(403, need);
}

#[test]
fn who_may_write_writes_and_both_are_told_by_sync() {
    let (alice, bob, calendar) = shared_calendar(&["D:read", "D:write"]);
    let share = only_share(&bob);
    for privilege in ["read", "write", "write-content", "bind", "unbind"] {
        assert!(has(&share, Name(DAV, privilege)), "{privilege}");
    }
    assert!(!has(&share, Name(DAV, "write-acl")));
    let sync = |client: &Client, path: &str, token: &str| {
        client.report(path, "0", bodies::sync_collection(token, None, &[GETETAG])).multistatus()
    };
    let (hers, his) = (alice.sync_token(&calendar), share.text(SYNC_TOKEN).to_owned());
    bob.put(&format!("{}b.ics", share.href), &samples::at_noon("b", "20260401")).expect(201);
    bob.delete(&format!("{}a.ics", share.href)).expect(204);
    let changed = sync(&alice, &calendar, &hers);
    assert_eq!(changed.of(&format!("{calendar}a.ics")).status, Some(404));
    changed.of(&format!("{calendar}b.ics")).prop(GETETAG);
    let changed = sync(&bob, &share.href, &his);
    assert_eq!(changed.of(&format!("{}a.ics", share.href)).status, Some(404));
    changed.of(&format!("{}b.ics", share.href)).prop(GETETAG);
    assert_eq!(
        alice.get(&format!("{calendar}b.ics")).expect(200).etag(),
        bob.get(&format!("{}b.ics", share.href)).etag()
    );
}

/// Clients paint calendars; a sharee's paint is nobody else's, and a reader may choose one too.
#[test]
fn everybody_has_their_own_colour_and_name() {
    let (alice, bob, calendar) = shared_calendar(&["D:read"]);
    alice.proppatch(&calendar, bodies::set(&[CALENDAR_COLOR.with("#111111FF")])).multistatus();
    let share = only_share(&bob);
    assert_eq!(share.text(CALENDAR_COLOR), "#111111FF", "until the sharee chooses");
    let set = bob.proppatch(&share.href, bodies::set(&[CALENDAR_COLOR.with("#222222FF"), DISPLAYNAME.with("Mine")]));
    assert_eq!(set.multistatus().only().status_of(CALENDAR_COLOR), Some(200));
    let share = only_share(&bob);
    assert_eq!((share.text(CALENDAR_COLOR), share.text(DISPLAYNAME)), ("#222222FF", "Mine"));
    let hers = alice.propfind(&calendar, "0", &[CALENDAR_COLOR, DISPLAYNAME]);
    assert_eq!((hers.only().text(CALENDAR_COLOR), hers.only().text(DISPLAYNAME)), ("#111111FF", "team"));
}

#[test]
fn who_leaves_takes_nothing_along() {
    let (alice, bob, calendar) = shared_calendar(&["D:read", "D:write"]);
    let share = only_share(&bob);
    bob.delete(&share.href).expect(204);
    assert!(shares(&bob).is_empty());
    bob.get(&format!("{}a.ics", share.href)).expect(404);
    alice.get(&format!("{calendar}a.ics")).expect(200);
    let list = alice.propfind(&calendar, "0", &[ACL]);
    assert_eq!(list.only().prop(ACL).all(ACE).count(), 1, "the owner alone");
}

/// A folder is shared with all below it. Who may write in it makes and removes folders there, and leaves only what was
/// shared.
#[test]
fn folders_in_a_shared_folder_come_and_go() {
    let (alice, bob) = (shared().account(), shared().account());
    let folder = format!("/dav/files/{}/team/", alice.name());
    alice.request("MKCOL", &folder).send().expect(201);
    let share_with = |privileges: &[&str]| acl(&alice, &folder, &ace(&principal(&bob), privileges)).expect(200);
    share_with(&["D:read"]);
    let files = format!("/dav/files/{}/", bob.name());
    let listed = bob.propfind(&files, "1", &[RESOURCETYPE]);
    let share = listed.hrefs().into_iter().find(|href| href.contains("shared~")).expect("the share").to_owned();
    let inside = format!("{share}inside/");
    bob.request("MKCOL", &inside).send().refused(403, Name(DAV, "need-privileges"));
    alice.request("MKCOL", &format!("{folder}inside/")).send().expect(201);
    bob.delete(&inside).refused(403, Name(DAV, "need-privileges"));
    share_with(&["D:read", "D:write"]);
    bob.delete(&inside).expect(204);
    alice.request("PROPFIND", &format!("{folder}inside/")).header("depth", "0").send().expect(404);
    bob.request("MKCOL", &inside).send().expect(201);
    bob.request("PUT", &format!("{inside}a.txt")).header("content-type", "text/plain").body("a").send().expect(201);
    assert_eq!(alice.get(&format!("{folder}inside/a.txt")).expect(200).text(), "a");
    bob.delete(&share).expect(204);
    bob.get(&format!("{inside}a.txt")).expect(404);
    alice.get(&format!("{folder}inside/a.txt")).expect(200);
}

/// Who has a calendar by way of a group leaves the group to be without it, not the calendar.
#[test]
fn what_a_group_has_cannot_be_left_alone() {
    let (alice, bob) = (shared().account(), shared().account());
    let administrator = shared().administrator();
    let group = format!("group-of-{}", bob.name());
    let call = |method: &str, path: String, body: &str| {
        let request = administrator.request(method, &path).header("content-type", "application/json");
        request.body(body).send().expect_any(&[200, 201, 204]);
    };
    call("POST", "/api/groups".to_owned(), &format!(r#"{{"name":"{group}","display_name":"Group"}}"#));
    call("PUT", format!("/api/groups/{group}/members/{}", bob.name()), "{}");
    let calendar = alice.make_calendar("team");
    acl(&alice, &calendar, &ace(&format!("/dav/principals/{group}/"), &["D:read"])).expect(200);
    let share = only_share(&bob);
    bob.delete(&share.href).refused(403, Name(DAV, "need-privileges"));
    assert_eq!(only_share(&bob).href, share.href);
    call("DELETE", format!("/api/groups/{group}/members/{}", bob.name()), "");
    assert!(shares(&bob).is_empty());
}

/// RFC 3744 §8.1: the aces of the request take the place of those that were there.
#[test]
fn a_new_list_takes_the_place_of_the_old() {
    let (alice, bob, calendar) = shared_calendar(&["D:read"]);
    let carol = shared().account();
    let event = format!("{}a.ics", only_share(&bob).href);
    acl(&alice, &calendar, &ace(&principal(&carol), &["D:read", "D:write"])).expect(200);
    assert!(shares(&bob).is_empty());
    bob.get(&event).expect(404);
    assert!(has(&only_share(&carol), Name(DAV, "write")));
    acl(&alice, &calendar, "").expect(200);
    assert!(shares(&carol).is_empty());
}

#[test]
fn who_reads_may_set_properties_of_their_own_and_thunderbird_is_not_told() {
    let (_alice, bob, _calendar) = shared_calendar(&["D:read"]);
    let share = only_share(&bob);
    assert!(has(&share, Name(DAV, "write-properties")));
    // It would offer to make events there.
    let seen = bob
        .request("PROPFIND", &share.href)
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.10.2")
        .header("depth", "0")
        .xml(bodies::propfind(&[CURRENT_USER_PRIVILEGE_SET]))
        .send()
        .multistatus();
    assert!(has(seen.only(), Name(DAV, "read")));
    assert!(!has(seen.only(), Name(DAV, "write-properties")));
}

#[test]
fn the_owner_sees_the_list_as_it_was_set() {
    let (alice, bob, calendar) = shared_calendar(&["D:read"]);
    let found =
        alice.propfind(&calendar, "0", &[ACL, Name(DAV, "acl-restrictions"), Name(DAV, "supported-privilege-set")]);
    let aces: Vec<_> = found.only().prop(ACL).all(ACE).collect();
    assert_eq!(aces.len(), 2);
    assert!(aces[0].contains(Name(DAV, "protected")) && aces[0].contains(OWNER));
    assert_eq!(
        aces[1].child(PRINCIPAL).and_then(|found| found.child(HREF)).map(|href| href.text()),
        Some(principal(&bob).as_str())
    );
    assert!(aces[1].child(GRANT).is_some_and(|grant| grant.contains(Name(DAV, "read"))));
    assert!(found.only().prop(Name(DAV, "acl-restrictions")).contains(Name(DAV, "grant-only")));
    let supported = found.only().prop(Name(DAV, "supported-privilege-set"));
    for privilege in [
        "all",
        "read",
        "write",
        "write-properties",
        "write-content",
        "bind",
        "unbind",
        "unlock",
        "read-acl",
        "write-acl",
        "read-current-user-privilege-set",
    ] {
        assert!(supported.contains(Name(DAV, privilege)), "{privilege} (RFC 3744 §3)");
    }
    assert!(supported.contains(Name(CALDAV, "read-free-busy")), "RFC 4791 §6.1.1");
    // A sharee has no DAV:read-acl.
    let share = only_share(&bob);
    assert_eq!(bob.propfind(&share.href, "0", &[ACL]).only().status_of(ACL), Some(403));
    acl(&bob, &share.href, &ace(&principal(&bob), &["D:all"])).refused(403, Name(DAV, "need-privileges"));
}

/// RFC 3744 §8.1.1.
#[test]
fn lists_that_cannot_be() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    let his = principal(&bob);
    let to = |principal: &str| {
        format!(
            "<D:ace><D:principal>{principal}</D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace>"
        )
    };
    let cases = [
        (ace(&his, &["D:read"]).replace("D:grant", "D:deny"), "grant-only"),
        (
            ace(&his, &["D:read"])
                .replace("<D:principal>", "<D:invert><D:principal>")
                .replace("</D:principal>", "</D:principal></D:invert>"),
            "no-invert",
        ),
        (to("<D:all/>"), "allowed-principal"),
        (to("<D:unauthenticated/>"), "allowed-principal"),
        (ace("/dav/principals/nobody-of-that-name/", &["D:read"]), "recognized-principal"),
        (ace("/somewhere/else/", &["D:read"]), "recognized-principal"),
        (ace(&his, &["C:dance"]), "not-supported-privilege"),
    ];
    for (aces, condition) in cases {
        acl(&alice, &calendar, &format!("{}{aces}", ace(&his, &["D:read"]))).refused(403, Name(DAV, condition));
        assert!(shares(&bob).is_empty(), "{condition}: all or nothing");
    }
    acl(&alice, &calendar, "<D:ace/>").expect(400);
    acl(&bob, &calendar, &ace(&his, &["D:read"])).expect(404);
    acl(&alice, &alice.calendars(""), &ace(&his, &["D:read"])).expect_any(&[403, 404]);
}

/// CALDAV:read-free-busy without DAV:read (RFC 4791 §6.1.1): when, but not what.
#[test]
fn who_may_only_know_when_is_told_nothing_else() {
    let (_, bob, _) = shared_calendar(&["C:read-free-busy"]);
    let share = only_share(&bob);
    assert!(has(&share, Name(CALDAV, "read-free-busy")) && !has(&share, Name(DAV, "read")));
    let event = format!("{}a.ics", share.href);
    bob.get(&event).expect_any(&[403, 404]);
    bob.get(&share.href).expect_any(&[403, 404]);
    let query = bodies::calendar_query(&[CALENDAR_DATA], r#"<C:comp-filter name="VEVENT"/>"#);
    bob.report(&share.href, "1", query).expect_any(&[403, 404]);
    bob.report(&share.href, "0", bodies::sync_collection("", None, &[GETETAG])).expect_any(&[403, 404]);
    let multiget =
        bob.report(&share.href, "1", bodies::calendar_multiget(&[CALENDAR_DATA], std::slice::from_ref(&event)));
    assert!(!multiget.text().contains("UID:a"));
    let listed = bob.request("PROPFIND", &share.href).header("depth", "1").xml(bodies::propfind(&[GETETAG])).send();
    assert!(!listed.text().contains("a.ics"), "{}", listed.text());
    let busy = format!(
        r#"<C:free-busy-query xmlns:C="{CALDAV}"><C:time-range start="20260301T000000Z" end="20260401T000000Z"/></C:free-busy-query>"#
    );
    let busy = bob.report(&share.href, "1", busy).expect(200);
    assert!(busy.text().contains("20260314T120000Z/"), "{}", busy.text());
    assert!(!busy.text().contains("Lunch"));
}

/// Properties take DAV:read (RFC 3744 §3.1): what the owner has written about a calendar is not told to who may only
/// know when, but for what it takes to show it.
#[test]
fn who_may_only_know_when_sees_a_name_and_a_colour() {
    const DESCRIPTION: Name = Name(CALDAV, "calendar-description");
    const NOTE: Name = Name("urn:x", "note");
    const ZONE: Name = Name(CALDAV, "calendar-timezone-id");
    let (alice, bob, calendar) = shared_calendar(&["C:read-free-busy"]);
    let set = [
        CALENDAR_COLOR.with("#111111FF"),
        CALENDAR_ORDER.with("7"),
        ZONE.with("Europe/Vienna"),
        DESCRIPTION.with("Divorce"),
        NOTE.with("Lawyer"),
    ];
    alice.proppatch(&calendar, bodies::set(&set)).multistatus();
    let share = only_share(&bob).href;
    let asked = [DISPLAYNAME, CALENDAR_COLOR, CALENDAR_ORDER, ZONE, DESCRIPTION, NOTE];
    for path in [&share, &calendar] {
        let told = bob.propfind(path, "0", &asked);
        let status = asked.map(|name| told.only().status_of(name).unwrap_or_default());
        assert_eq!(status, [200, 200, 200, 200, 404, 404]);
        assert_eq!(told.only().text(ZONE), "Europe/Vienna");
    }
    let expand = r#"<D:expand-property xmlns:D="DAV:"><D:property name="note" namespace="urn:x"/></D:expand-property>"#;
    let answers = [
        bob.request("PROPFIND", &share).header("depth", "0").send(),
        bob.request("PROPFIND", &bob.calendars("")).header("depth", "1").send(),
        bob.request("PROPFIND", &share)
            .header("depth", "0")
            .xml(r#"<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>"#)
            .send(),
        bob.report(&share, "0", expand.to_owned()),
    ];
    for answer in answers {
        let answer = answer.expect(207);
        let told = ["Divorce", "Lawyer", "calendar-description"].iter().any(|word| answer.text().contains(word));
        assert!(!told, "{}", answer.text());
    }
    acl(&alice, &calendar, &ace(&principal(&bob), &["D:read"])).expect(200);
    assert_eq!(bob.propfind(&share, "0", &asked).only().text(NOTE), "Lawyer", "who may read is told all");
}

/// RFC 3744 §8.1.1: what a share cannot be is refused, and never made more of.
#[test]
fn no_more_is_granted_than_was_asked_for() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    let his = principal(&bob);
    let parts = ["D:write-properties", "D:write-content", "D:bind", "D:unbind"];
    let lacking: Vec<Vec<&str>> =
        (0..4).map(|one| parts.iter().copied().filter(|part| *part != parts[one]).collect()).collect();
    let mut refused: Vec<Vec<&str>> = parts.iter().flat_map(|part| [vec![*part], vec!["D:read", *part]]).collect();
    refused.extend(lacking);
    refused.extend(["D:unlock", "D:read-acl", "D:write-acl", "D:read-current-user-privilege-set"].map(|one| vec![one]));
    refused.extend([vec!["D:read", "D:read-acl"], vec!["D:write", "D:unlock"], vec!["C:read-free-busy", "D:bind"]]);
    for privileges in refused {
        acl(&alice, &calendar, &ace(&his, &privileges)).refused(403, Name(DAV, "no-abstract"));
        assert!(shares(&bob).is_empty(), "{privileges:?}");
    }
    let all_parts = [&parts[..], &["D:read"]].concat();
    let granted: [(&[&str], &str); 9] = [
        (&["C:read-free-busy"], "read-free-busy"),
        (&["D:read"], "read"),
        (&["D:read", "C:read-free-busy", "D:read-current-user-privilege-set"], "read"),
        (&["D:write"], "write"),
        (&["D:read", "D:write"], "write"),
        (&["D:read", "D:write", "D:write-properties", "D:bind"], "write"),
        (&parts, "write"),
        (&all_parts, "write"),
        (&["D:all"], "write"),
    ];
    for (privileges, most) in granted {
        acl(&alice, &calendar, &ace(&his, privileges)).expect(200);
        let share = only_share(&bob);
        let (read, write) = (has(&share, Name(DAV, "read")), has(&share, Name(DAV, "write")));
        assert_eq!((read, write), (most != "read-free-busy", most == "write"), "{privileges:?}");
    }
    // A client may give each privilege an ace of its own.
    acl(&alice, &calendar, &parts.map(|part| ace(&his, &[part])).concat()).expect(200);
    assert!(has(&only_share(&bob), Name(DAV, "write")));
}

/// RFC 3744 §5.3: what cannot be granted by itself is told to be abstract, and is in no ace.
#[test]
fn abstract_privileges_are_in_no_list() {
    let (alice, bob, calendar) = shared_calendar(&["D:read", "D:write"]);
    let found = alice.propfind(&calendar, "0", &[ACL, Name(DAV, "supported-privilege-set")]);
    let mut supported: Vec<_> =
        found.only().prop(Name(DAV, "supported-privilege-set")).all(Name(DAV, "supported-privilege")).collect();
    let (mut abstracts, mut grantable) = (Vec::new(), Vec::new());
    while let Some(one) = supported.pop() {
        let name = one.child(Name(DAV, "privilege")).expect("a privilege").children()[0].local();
        if one.child(Name(DAV, "abstract")).is_some() {
            abstracts.push(name)
        } else {
            grantable.push(name)
        }
        supported.extend(one.all(Name(DAV, "supported-privilege")));
    }
    grantable.sort_unstable();
    assert_eq!(grantable, ["all", "read", "read-free-busy", "write"]);
    for privilege in
        found.only().prop(ACL).all(ACE).filter_map(|ace| ace.child(GRANT)).flat_map(|grant| grant.children())
    {
        assert!(!abstracts.contains(&privilege.children()[0].local()), "{privilege:?}");
    }
    for name in grantable.into_iter().filter(|name| *name != "read-free-busy") {
        acl(&alice, &calendar, &ace(&principal(&bob), &[&format!("D:{name}")])).expect(200);
    }
}

/// RFC 3744 §8.1.1: the principals of another server are not ours, though their paths may be the same.
#[test]
fn principals_of_other_servers_are_not_known() {
    let (alice, bob) = (shared().account(), shared().account());
    let calendar = alice.make_calendar("team");
    let elsewhere = format!("http://elsewhere.example{}", principal(&bob));
    acl(&alice, &calendar, &ace(&elsewhere, &["D:read"])).refused(403, Name(DAV, "recognized-principal"));
    assert!(shares(&bob).is_empty());
    acl(&alice, &calendar, &ace(&format!("{}{}", shared().url(), principal(&bob)), &["D:read"])).expect(200);
    only_share(&bob);
}

#[test]
fn address_books_are_shared_like_calendars() {
    let (alice, bob) = (shared().account(), shared().account());
    let book = alice.addressbooks("contacts/");
    alice.put_card(&format!("{book}a.vcf"), &samples::card("a", "A", "a@example.org")).expect(201);
    acl(&alice, &book, &ace(&principal(&bob), &["D:read", "D:write"])).expect(200);
    let home = bob.propfind(&bob.addressbooks(""), "1", &[RESOURCETYPE]);
    let shared = home.responses.iter().find(|response| response.href.contains("shared~")).expect("the shared one");
    assert!(shared.is_a(ADDRESSBOOK));
    bob.put_card(&format!("{}b.vcf", shared.href), &samples::card("b", "B", "b@example.org")).expect(201);
    alice.get(&format!("{book}b.vcf")).expect(200);
}

#[test]
fn a_calendar_that_is_deleted_is_gone_for_all() {
    let (alice, bob, calendar) = shared_calendar(&["D:read"]);
    let share = only_share(&bob);
    alice.delete(&calendar).expect(204);
    assert!(shares(&bob).is_empty());
    bob.request("PROPFIND", &share.href).header("depth", "0").send().expect(404);
}
