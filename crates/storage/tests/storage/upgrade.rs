//! A database of each earlier version, with data in it, brought to this one.

use kalends_storage::bindings::exports::kalends::dav::accounts::{CredentialKind, Scope};

use crate::support::*;

/// What the first version could hold of what has changed since.
const OLD: &str = "
    INSERT INTO principal (kind, name, display_name, emails, folded) VALUES (0, 'ann', 'ANN', 'ann@example.org', 'ann');
    INSERT INTO principal (kind, name, display_name, emails, folded) VALUES (0, 'bob', 'BOB', 'bob@example.org', 'bob');
    INSERT INTO collection (owner, home, path, created, modified) VALUES (1, 0, 'work', 1, 1);
    INSERT INTO share (collection, principal, access) VALUES (1, 2, 3);
    INSERT INTO credential (id, principal, kind, label, verifier, scope, created) VALUES ('one', 2, 0, 'phone', 'abc', 9, 5);
    INSERT INTO resource (collection, name, seq, etag, content_type, size, starts, ends, exact, created, modified, body)
        VALUES (1, 'a', 1, '\"x\"', 'text/calendar', 3, 0, 0, 0, 1, 1, 'one');
    INSERT INTO resource (collection, name, seq, etag, content_type, size, component, starts, ends, exact, created, modified, body)
        VALUES (1, 'day', 2, '\"x\"', 'text/calendar', 3, 'VEVENT', 864000, 950400, 0, 1, 1, 'one'),
        (1, 'endless', 3, '\"x\"', 'text/calendar', 3, 'VTODO', 0, 9007199254740991, 0, 1, 1, 'one'),
        (1, 'hour', 4, '\"x\"', 'text/calendar', 3, 'VEVENT', 864000, 867600, 1, 1, 1, 'one');
";

/// Worlds that were of each of the earlier versions.
fn upgraded() -> impl Iterator<Item = World> {
    (1..Counted::versions()).map(|version| World { database: Counted::upgraded(version, OLD), blobs: Map::default() })
}

#[test]
fn shares_are_in_force_as_before() {
    for world in upgraded() {
        assert_eq!(world.database.number("SELECT max(version) FROM schema_version"), Counted::versions() as i64);
        let view = world.view(BOB, &calendars("bob", "shared~1"));
        assert_eq!(view.collection.unwrap().access, Access::Write);
        assert_eq!(view.resources[0].body.as_deref(), Some(b"one".as_slice()));
        let share = world.storage().shares(ANN).unwrap().0.remove(0).share;
        assert_eq!((share.state, share.access, share.notice), (ShareState::Accepted, Access::Write, false));
    }
}

#[test]
fn credentials_are_what_they_were() {
    for world in upgraded() {
        let (credential, principal, _) = world.storage().find_credential("one", &used(900)).unwrap().unwrap();
        assert_eq!((credential.kind, credential.link, principal.id), (CredentialKind::AppPassword, None, BOB));
        assert_eq!(credential.scope, Scope::CALENDARS | Scope::WRITE);
    }
}

/// They had been bounded for the zone that the calendar had then.
#[test]
fn days_are_found_wherever_the_asker_is() {
    for world in upgraded() {
        let found = |start, end| {
            let query = IndexQuery {
                components: vec!["VEVENT".into(), "VTODO".into()],
                start: Some(start),
                end: Some(end),
                ..crate::queries::anything()
            };
            world.names(ANN, &calendars("ann", "work"), Selection::Matching(query))
        };
        assert_eq!(found(950_400 + 90_000, 950_400 + 93_000), ["day", "endless"]);
        assert_eq!(found(864_000 - 93_000, 864_000 - 90_000), ["day", "endless"]);
        assert_eq!(found(864_000, 864_060), ["day", "endless", "hour"]);
        assert_eq!(found(950_400 + 93_600, 1 << 52), ["endless"]);
        assert!(found(-200_000, -93_600).is_empty());
    }
}
