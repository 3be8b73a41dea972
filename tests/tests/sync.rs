//! sync-collection (RFC 6578).

#![allow(clippy::panic, reason = "that is how a test fails")]

use kalends_tests::names::*;
use kalends_tests::{Client, Multistatus, bodies, samples, shared};

#[track_caller]
fn sync(client: &Client, path: &str, token: &str) -> Multistatus {
    client.report(path, "0", bodies::sync_collection(token, None, &[GETETAG])).multistatus()
}

/// A calendar with objects `0.ics` and so on.
fn filled(client: &Client, count: usize) -> String {
    let path = client.make_calendar("synced");
    for number in 0..count {
        client.put(&format!("{path}{number}.ics"), &samples::at_noon(&format!("{number}"), "20260314")).expect(201);
    }
    path
}

#[test]
fn the_first_sync_gives_everything_and_the_next_what_changed() {
    let client = shared().account();
    let path = filled(&client, 4);
    let object = |name: &str| format!("{path}{name}.ics");
    let first = sync(&client, &path, "");
    assert_eq!(first.sorted_hrefs(), ["0", "1", "2", "3"].map(object));
    for response in &first.responses {
        assert_eq!(response.text(GETETAG), client.get(&response.href).etag());
    }
    assert_eq!(first.token(), client.sync_token(&path), "the property and the report speak of one token");

    let nothing = sync(&client, &path, first.token());
    assert!(nothing.responses.is_empty());
    assert_eq!(nothing.token(), first.token());

    let changed = client.put(&object("1"), &samples::at_noon("1", "20260401")).expect(204).etag();
    client.put(&object("4"), &samples::at_noon("4", "20260314")).expect(201);
    client.delete(&object("2")).expect(204);
    let second = sync(&client, &path, first.token());
    assert_eq!(second.sorted_hrefs(), ["1", "2", "4"].map(object));
    assert_eq!(second.of(&object("1")).text(GETETAG), changed);
    assert_eq!(second.of(&object("2")).status, Some(404));
    assert_ne!(second.token(), first.token());
    assert!(sync(&client, &path, second.token()).responses.is_empty());
    assert_eq!(
        sync(&client, &path, "").sorted_hrefs(),
        ["0", "1", "3", "4"].map(object),
        "a first sync tells of no removals"
    );
}

#[test]
fn several_changes_of_an_object_are_one() {
    let client = shared().account();
    let path = filled(&client, 1);
    let token = client.sync_token(&path);
    let object = format!("{path}0.ics");
    client.put(&object, &samples::at_noon("0", "20260401")).expect(204);
    client.delete(&object).expect(204);
    client.put(&object, &samples::at_noon("0", "20260402")).expect(201);
    let changes = sync(&client, &path, &token);
    assert_eq!(changes.only().text(GETETAG), client.get(&object).etag());

    let fleeting = format!("{path}fleeting.ics");
    client.put(&fleeting, &samples::at_noon("fleeting", "20260401")).expect(201);
    client.delete(&fleeting).expect(204);
    let changes = sync(&client, &path, changes.token());
    assert!(matches!(changes.responses.as_slice(), [] | [_]), "{:?}", changes.hrefs());
    assert!(changes.responses.iter().all(|response| response.status == Some(404)));
}

/// RFC 6578 §3.6: a truncated answer says so by a 507 on the collection itself, and its token leads on without a gap.
#[test]
fn a_limit_leads_through_all_changes_without_a_gap() {
    let client = shared().account();
    let path = filled(&client, 7);
    let before = client.sync_token(&path);
    client.delete(&format!("{path}3.ics")).expect(204);
    client.put(&format!("{path}1.ics"), &samples::at_noon("1", "20260401")).expect(204);
    for (start, expected) in [("", vec!["0", "1", "2", "4", "5", "6"]), (before.as_str(), vec!["1", "3"])] {
        let expected: Vec<String> = expected.into_iter().map(|name| format!("{path}{name}.ics")).collect();
        for limit in [1, 2, 5] {
            assert_eq!(in_pages(&client, &path, start, limit), expected, "from {start:?} by {limit}");
        }
    }
}

/// Everything that a sync in pages tells, sorted.
#[track_caller]
fn in_pages(client: &Client, path: &str, start: &str, limit: u32) -> Vec<String> {
    let mut token = start.to_owned();
    let mut seen = Vec::new();
    for _ in 0..20 {
        let page = client.report(path, "0", bodies::sync_collection(&token, Some(limit), &[GETETAG])).multistatus();
        let members: Vec<String> = page.hrefs().into_iter().filter(|href| *href != path).map(str::to_owned).collect();
        assert!(members.len() <= limit as usize, "{members:?}");
        seen.extend(members);
        assert_ne!(page.token(), token, "a truncated answer makes progress");
        token = page.token().to_owned();
        match page.find(path) {
            Some(truncated) => assert_eq!(truncated.status, Some(507)),
            None => {
                assert!(sync(client, path, &token).responses.is_empty(), "the last page ends at the present");
                seen.sort();
                return seen;
            }
        }
    }
    panic!("twenty pages were not enough: {seen:?}")
}

/// Thunderbird takes a 507 that it did not ask for as a reason to begin again, for ever.
#[test]
fn without_a_limit_nothing_is_truncated() {
    let client = shared().account();
    let path = filled(&client, 150);
    let first = sync(&client, &path, "");
    assert_eq!(first.responses.len(), 150);
    assert_eq!(first.token(), client.sync_token(&path));
}

#[test]
fn a_token_that_is_not_valid_is_refused() {
    let client = shared().account();
    let path = filled(&client, 1);
    let other = client.make_calendar("other");
    let valid = client.sync_token(&path);
    let future = match valid.rsplit_once(':') {
        Some((rest, _)) => format!("{rest}:999999999"),
        None => panic!("a token of another form: {valid}"),
    };
    let cut = &valid[..valid.len() / 2];
    for token in
        ["nonsense", "urn:kalends:sync:", "http://example.com/ns/sync/1234", cut, &future, &client.sync_token(&other)]
    {
        let answer = client.report(&path, "0", bodies::sync_collection(token, None, &[GETETAG]));
        answer.refused(403, Name(DAV, "valid-sync-token"));
    }
}

#[test]
fn a_token_of_a_calendar_that_was_made_anew_is_refused() {
    let client = shared().account();
    let path = filled(&client, 1);
    let token = client.sync_token(&path);
    client.delete(&path).expect(204);
    filled(&client, 1);
    client
        .report(&path, "0", bodies::sync_collection(&token, None, &[GETETAG]))
        .refused(403, Name(DAV, "valid-sync-token"));
}

/// RFC 6578 §3.2 wants Depth 0; Thunderbird sends 1.
#[test]
fn depth_1_is_taken_for_0() {
    let client = shared().account();
    let path = filled(&client, 2);
    let answer = client.report(&path, "1", bodies::sync_collection("", None, &[GETETAG])).multistatus();
    assert_eq!(answer.responses.len(), 2);
}

#[test]
fn a_sync_can_bring_the_data() {
    let client = shared().account();
    let path = filled(&client, 2);
    let answer = client.report(&path, "0", bodies::sync_collection("", None, &[GETETAG, CALENDAR_DATA])).multistatus();
    for response in &answer.responses {
        assert!(response.text(CALENDAR_DATA).contains("BEGIN:VEVENT"));
    }
    assert_eq!(answer.responses.len(), 2);
}
