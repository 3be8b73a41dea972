//! What somebody may not see is answered as what is not there: the same octets, but for the name, and as many trips to
//! storage.

use kalends_tests::names::*;
use kalends_tests::{Answer, Client, Request, bodies, samples};

use crate::action::{ACTIONS, NO_TOKEN, lock};
use crate::guest::{Credential, Guest, Relation};
use crate::house::House;
use crate::resource::{HOMES, Home, Kind, Resource};

/// What the name of nothing differs in: `/hidden/` is there, `/absent/` is not; so with `/member.` and `/nobody.`. All
/// are of one length.
const TWINS: [(&str, &str); 2] = [("/hidden/", "/absent/"), ("/member.", "/nobody.")];

/// How often a question is asked at most until both its answers took as many trips to storage.
const TRIES: usize = 100;

/// Something that is there and must not be seen, and a name that nothing has.
struct Pair {
    at: Resource,
    there: String,
    absent: String,
}

impl Pair {
    /// The pair of a path: its twin is the path with the last of the names replaced.
    fn of(at: Resource, there: String) -> Pair {
        let (name, twin) = TWINS.into_iter().find(|(name, _)| there.contains(name)).expect("a path with a twin");
        let absent = there.replace(name, twin);
        Pair { at, there, absent }
    }

    /// What an answer says, the name of what is absent put in the place of the other.
    fn told(&self, answer: &Answer) -> String {
        let mut headers = answer.headers().to_vec();
        headers.retain(|(name, _)| !matches!(name.as_str(), "date" | "server-timing"));
        // Whether there is one counts; its second is that of the two writes.
        headers.iter_mut().filter(|(name, _)| name == "last-modified").for_each(|(_, value)| value.clear());
        headers.sort();
        let told = format!("{} {headers:?}\n{}", answer.status, String::from_utf8_lossy(answer.body()));
        told.replace(&self.there, &self.absent)
            .replace(self.there.trim_end_matches('/'), self.absent.trim_end_matches('/'))
    }

    /// Sends a request about what is there and about what is not, and says what tells them apart; none where nothing
    /// does.
    fn difference<'a>(&self, request: impl Fn(&str) -> Request<'a>) -> Option<String> {
        let (mut there_least, mut absent_least) = (u32::MAX, u32::MAX);
        for attempt in 0..TRIES {
            let (there, absent) = in_turns(attempt, || request(&self.there).send(), || request(&self.absent).send());
            if self.told(&there) != self.told(&absent) {
                return Some(format!("{}:\n  {}\n  {}", there.question, self.told(&there), self.told(&absent)));
            }
            there_least = there_least.min(there.storage_round_trips());
            absent_least = absent_least.min(absent.storage_round_trips());
            if there_least == absent_least {
                return None;
            }
        }
        Some(format!("{}: {there_least} trips to storage, and {absent_least} for nothing", self.there))
    }
}

/// Does the one and the other, now this first and now that.
///
/// An instance remembers a credential until somebody's credentials change, and there may be several: the fewest trips
/// of some tries are those without a look-up of it. Where the other tests change credentials once a try, whatever is
/// first in each would never be without.
fn in_turns<T>(attempt: usize, one: impl FnOnce() -> T, other: impl FnOnce() -> T) -> (T, T) {
    if attempt.is_multiple_of(2) {
        let first = one();
        (first, other())
    } else {
        let first = other();
        (one(), first)
    }
}

/// What is known of a resource by who may see it: an entity tag, and the tokens of its locks.
struct Known {
    etag: String,
    token: String,
}

/// Header fields that ask about the state of the target, or of what a tag names.
fn guises(known: &Known) -> Vec<Vec<(&'static str, String)>> {
    let Known { etag, token } = known;
    let mut guises = vec![
        Vec::new(),
        vec![("prefer", "return=minimal".to_owned()), ("overwrite", "F".to_owned())],
        vec![("prefer", "return=representation".to_owned()), ("if-match", "\"x\"".to_owned())],
        vec![("if-modified-since", "Fri, 31 Dec 2100 23:59:59 GMT".to_owned())],
        vec![("if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT".to_owned())],
    ];
    for field in ["if-match", "if-none-match"] {
        guises.push(vec![(field, "*".to_owned())]);
        guises.push(vec![(field, etag.clone())]);
    }
    for condition in [token.clone(), format!("[{etag}]"), format!("Not {token}"), format!("Not [{etag}]")] {
        guises.push(vec![("if", format!("({condition})"))]);
        guises.push(vec![("if", format!("<TARGET> ({condition})"))]);
    }
    guises
}

fn disguised<'a>(request: Request<'a>, guise: &[(&'static str, String)], path: &str) -> Request<'a> {
    guise.iter().fold(request, |request, (name, value)| request.header(name, &value.replace("TARGET", path)))
}

/// Locks a resource, so that a lock is there to be found out about.
fn locked(house: &House, at: Resource) -> Known {
    let path = house.path(at);
    let answer = lock(house.owner.request("LOCK", &path)).send().expect(200);
    let found = house.owner.propfind(&path, "0", &[GETETAG]);
    let etag = found.only().get(GETETAG).map_or("\"x\"".to_owned(), |etag| etag.text().to_owned());
    Known { etag, token: answer.required_header("lock-token").to_owned() }
}

/// Every action in every guise on a pair.
fn every_action(house: &House, pair: &Pair, known: &Known) -> Vec<String> {
    let mut differences = Vec::new();
    for action in ACTIONS.iter().copied() {
        // Reports look at no condition of the header.
        let most = if action.is_report() { 2 } else { usize::MAX };
        for guise in guises(known).into_iter().take(most) {
            let request = |path: &str| disguised(action.request(house, pair.at, path, &known.token), &guise, path);
            let difference = pair.difference(request);
            differences.extend(difference.map(|difference| format!("{action:?} {guise:?} {difference}")));
        }
    }
    differences
}

fn password(relation: Relation) -> Guest {
    Guest { relation, credential: Credential::Password }
}

/// Where a collection is in the home of somebody that it is shared with: the last segment.
fn number_of_share(house: &House, at: Resource) -> String {
    let path = house.helpers_path_of_share(at);
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

#[test]
fn strangers_learn_of_nothing_by_any_method() {
    let house = House::new(password(Relation::Stranger));
    let mut differences = Vec::new();
    for home in HOMES {
        for kind in [Kind::PrivateMember, Kind::PrivateCollection] {
            let at = Resource { home, kind };
            let known = locked(&house, at);
            differences.extend(every_action(&house, &Pair::of(at, house.path(at)), &known));
        }
    }
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

/// The numbers of others' collections, in the form in which shares are in one's own home.
#[test]
fn strangers_learn_of_nothing_by_its_number() {
    let house = House::new(password(Relation::Stranger));
    let mut differences = Vec::new();
    for home in HOMES {
        for kind in [Kind::Member, Kind::Collection] {
            let at = Resource { home, kind };
            let known = locked(&house, at);
            let number = number_of_share(&house, at.sibling(Kind::Collection));
            let nothing = format!("shared~{}", "9".repeat(number.len() - "shared~".len()));
            let below = at.below_home().replacen("team", &number, 1);
            let there = format!("/dav/{}/{}/{below}", home.segment(), house.client.name());
            let pair = Pair { at, absent: there.replace(&number, &nothing), there };
            differences.extend(every_action(&house, &pair, &known));
        }
    }
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

/// Who may know when the owner is busy sees the calendar, and not which objects are in it.
#[test]
fn names_of_members_are_not_told_with_free_and_busy() {
    let house = House::new(password(Relation::FreeBusy));
    let mut differences = Vec::new();
    for home in HOMES {
        let at = Resource { home, kind: Kind::Member };
        let known = locked(&house, at);
        let paths = [Some(house.path(at)), house.path_of_share(at)];
        for path in paths.into_iter().flatten() {
            differences.extend(every_action(&house, &Pair::of(at, path), &known));
        }
    }
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

/// Requests to what is one's own that name somebody else's.
#[test]
fn nor_is_anything_told_by_way_of_what_is_ones_own() {
    let house = House::new(password(Relation::Stranger));
    let client = &house.client;
    let (calendar, book) = (client.calendars("personal/"), client.addressbooks("contacts/"));
    let own = client.calendars("personal/own.ics");
    client.put(&own, &samples::at_noon("own", "20260314")).expect(201);
    let mut differences = Vec::new();
    for kind in [Kind::PrivateMember, Kind::PrivateCollection] {
        for home in HOMES {
            let at = Resource { home, kind };
            let known = locked(&house, at);
            let pair = Pair::of(at, house.path(at));
            let requests: [Asking; 7] = [
                &|path| {
                    multiget(
                        client,
                        &calendar,
                        bodies::calendar_multiget(&[CALENDAR_DATA, GETETAG], &[path.to_owned()]),
                    )
                },
                &|path| {
                    multiget(client, &book, bodies::addressbook_multiget(&[ADDRESS_DATA, GETETAG], &[path.to_owned()]))
                },
                &|path| conditional(client, &own, format!("<{path}> ({})", known.token)),
                &|path| conditional(client, &own, format!("<{path}> ([{}])", known.etag)),
                &|path| conditional(client, &own, format!("<{path}> (Not [{}] Not {NO_TOKEN})", known.etag)),
                &|path| client.request("ACL", &calendar).xml(grant(path)),
                &|path| client.request("REPORT", "/").header("depth", "0").xml(search(path)),
            ];
            differences.extend(requests.into_iter().filter_map(|request| pair.difference(request)));
            differences.extend(by_expansion(client, &calendar, &pair));
        }
    }
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

/// A request that names a path.
type Asking<'a> = &'a dyn Fn(&str) -> Request<'a>;

fn multiget<'a>(client: &'a Client, path: &str, body: String) -> Request<'a> {
    client.request("REPORT", path).header("depth", "1").xml(body)
}

fn conditional<'a>(client: &'a Client, path: &str, condition: String) -> Request<'a> {
    let body = samples::at_noon("own", "20260314");
    client.request("PUT", path).header("content-type", "text/calendar").header("if", &condition).body(body)
}

fn grant(path: &str) -> String {
    format!(
        r#"<D:acl xmlns:D="DAV:"><D:ace><D:principal><D:href>{path}</D:href></D:principal><D:grant><D:privilege><D:read/></D:privilege></D:grant></D:ace></D:acl>"#
    )
}

fn search(path: &str) -> String {
    format!(
        r#"<D:principal-property-search xmlns:D="DAV:"><D:property-search><D:prop><D:displayname/></D:prop><D:match>{path}</D:match></D:property-search></D:principal-property-search>"#
    )
}

/// A property of one's own with an href in it, followed by expand-property.
fn by_expansion(client: &Client, calendar: &str, pair: &Pair) -> Option<String> {
    const EXPAND: &str = r#"<D:expand-property xmlns:D="DAV:"><D:property name="link" namespace="urn:x:"><D:property name="displayname"/><D:property name="getetag"/><D:property name="resourcetype"/></D:property></D:expand-property>"#;
    let expand = |path: &str| {
        let link = format!(r#"<link xmlns="urn:x:"><href xmlns="DAV:">{path}</href></link>"#);
        client.proppatch(calendar, bodies::set(&[link])).expect(207);
        client.request("REPORT", calendar).header("depth", "0").xml(EXPAND)
    };
    pair.difference(expand)
}

/// Sharing looks up who is named together with what is to be shared: whoever is named and however wrongly, a stranger
/// is told the same of what is there and what is not.
#[test]
fn whom_a_stranger_shares_with_makes_no_difference() {
    let house = House::new(password(Relation::Stranger));
    let client = &house.client;
    let mut differences = Vec::new();
    let people =
        [house.owner.name(), client.name(), "nobody-of-this-name"].map(|name| format!("/dav/principals/{name}/"));
    let wrong = r#"<D:acl xmlns:D="DAV:"><D:ace><D:principal><D:all/></D:principal><D:deny><D:privilege><D:read/></D:privilege></D:deny></D:ace></D:acl>"#;
    for home in HOMES {
        for kind in [Kind::PrivateMember, Kind::PrivateCollection] {
            let at = Resource { home, kind };
            let pair = Pair::of(at, house.path(at));
            differences.extend(pair.difference(|path| client.request("ACL", path).xml(wrong)));
            for person in people.iter().map(String::as_str).chain(["mailto:nobody@nowhere.example", "urn:nothing"]) {
                differences.extend(pair.difference(|path| client.request("ACL", path).xml(grant(person))));
                differences.extend(pair.difference(|path| share(client, path, person)));
                differences.extend(pair.difference(|path| share_resource(client, path, person)));
            }
        }
    }
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

fn share<'a>(client: &'a Client, path: &str, whom: &str) -> Request<'a> {
    let set = format!("<CS:set><D:href>{whom}</D:href><CS:read/></CS:set>");
    client
        .request("POST", path)
        .xml(format!(r#"<CS:share xmlns:D="DAV:" xmlns:CS="{CALENDARSERVER}">{set}</CS:share>"#))
}

fn share_resource<'a>(client: &'a Client, path: &str, whom: &str) -> Request<'a> {
    let sharee = format!("<D:sharee><D:href>{whom}</D:href><D:share-access><D:read/></D:share-access></D:sharee>");
    client.request("POST", path).xml(format!(r#"<D:share-resource xmlns:D="DAV:">{sharee}</D:share-resource>"#))
}

/// A UID that somebody else's calendar has is as free as any other.
#[test]
fn a_uid_elsewhere_is_no_conflict() {
    let house = House::new(password(Relation::Stranger));
    let calendar = house.client.calendars("personal/");
    let put_and_delete = |uid: &str| {
        let path = format!("{calendar}{uid}.ics");
        let put = house.client.put(&path, &samples::at_noon(uid, "20260314")).expect(201);
        house.client.delete(&path).expect(204);
        put.storage_round_trips()
    };
    let (mut hidden, mut nobodys) = (u32::MAX, u32::MAX);
    for attempt in 0..TRIES {
        let (one, other) = in_turns(attempt, || put_and_delete("member"), || put_and_delete("nobodys"));
        (hidden, nobodys) = (hidden.min(one), nobodys.min(other));
        // Not at the first that are equal, which both may be with a look-up more.
        if attempt > 10 && hidden == nobodys {
            break;
        }
    }
    assert_eq!(hidden, nobodys);
    let card = |uid: &str| samples::card(uid, "A", "a@example.org");
    house.client.put_card(&house.client.addressbooks("contacts/a.vcf"), &card("member")).expect(201);
}

/// All that somebody can list: their homes, what is shared with them, and everybody's principal.
fn everything_seen_by(house: &House) -> Vec<String> {
    const ALL: &str = r#"<D:propfind xmlns:D="DAV:"><D:allprop/><D:include><D:quota-used-bytes/><D:quota-available-bytes/><D:sync-token/><D:current-user-privilege-set/><D:lockdiscovery/><D:acl/><D:supported-report-set/></D:include></D:propfind>"#;
    let client = &house.client;
    let owners = |path: &str| format!("/dav/{path}/{}/", house.owner.name());
    let mut paths = ["/", "/dav/", "/dav/principals/", "/dav/calendars/", "/dav/addressbooks/", "/dav/files/"]
        .map(str::to_owned)
        .to_vec();
    paths.extend(["principals", "calendars", "addressbooks", "files"].map(owners));
    for home in HOMES {
        let shared = Resource { home, kind: Kind::Collection };
        paths.push(format!("/dav/{}/{}/", home.segment(), client.name()));
        paths.push(house.path(shared));
        paths.extend(house.path_of_share(shared));
    }
    let ask = |path: &String| {
        let listed = client.request("PROPFIND", path).header("depth", "1").xml(ALL).send();
        let page = client.get(path);
        format!("{path}: {} {} {} {}", listed.status, listed.text(), page.status, String::from_utf8_lossy(page.body()))
    };
    paths.iter().map(ask).collect()
}

#[test]
fn what_somebody_makes_in_private_changes_nothing_that_others_see() {
    for relation in [Relation::Stranger, Relation::Reader, Relation::Writer, Relation::FreeBusy] {
        let house = House::new(password(relation));
        let before = everything_seen_by(&house);
        for home in HOMES {
            let new = Resource { home, kind: Kind::NewCollection };
            house.owner.request("MKCOL", &house.path(new)).send().expect(201);
            house.owner.delete(&house.path(Resource { home, kind: Kind::PrivateMember })).expect(204);
            locked(&house, new);
        }
        let large = samples::event("large", &format!("DTSTART:20260314T120000Z\nDESCRIPTION:{}", "x".repeat(100_000)));
        house.owner.put(&house.owner.calendars("new/large.ics"), &large).expect(423);
        house.owner.put(&house.owner.calendars("hidden/large.ics"), &large).expect(201);
        for (before, after) in before.iter().zip(everything_seen_by(&house)) {
            assert_eq!(*before, after, "{relation:?}");
        }
    }
}

/// A token that was good while a calendar was shared is worth nothing when it is not any more.
#[test]
fn who_had_a_share_knows_no_more_than_a_stranger() {
    let house = House::new(password(Relation::Reader));
    let collection = Resource { home: Home::Calendars, kind: Kind::Collection };
    let there = house.path(collection);
    let token = house.client.sync_token(&there);
    house.owner.request("ACL", &there).xml(r#"<D:acl xmlns:D="DAV:"/>"#).send().expect(200);
    let absent = there.replace("/team/", "/meat/");
    let pair = Pair { at: collection, there, absent };
    let sync = |path: &str| {
        house.client.request("REPORT", path).header("depth", "0").xml(bodies::sync_collection(&token, None, &[GETETAG]))
    };
    assert_eq!(pair.difference(sync), None);
    let condition = |path: &str| house.client.request("DELETE", path).header("if", &format!("<{path}> (<{token}>)"));
    assert_eq!(pair.difference(condition), None);
    let known = Known { etag: "\"x\"".to_owned(), token: NO_TOKEN.to_owned() };
    assert_eq!(every_action(&house, &pair, &known), Vec::<String>::new());
}
