//! LOCK (RFC 4918 §9.10).

use crate::conditions::{If, covers};
use crate::context::Context;
use crate::href;
use crate::locks::root_of;
use crate::multistatus::Multistatus;
use crate::object::Object;
use crate::privileges;
use crate::properties::{Scene, write_lock};
use crate::random;
use crate::refusal::{Refusal, Result};
use crate::reply::Reply;
use crate::request::Depth;
use crate::resolve::{Found, find};
use crate::store::{Access, Collection, Detail, Guard, Lock, Operation, Put, Unlocked};
use crate::types::{Home, Place};
use crate::write::{Grounds, member, refusal_of};
use crate::xml::{DAV, Element, XmlWriter};

/// Seconds for which a lock is given where the client does not say.
const DEFAULT_TIMEOUT: i64 = 3600;
/// And at most.
const MAX_TIMEOUT: i64 = 24 * 3600;
/// Octets of a D:owner at the most: a name or an address. It is read with the lock, and so are all locks in a folder by
/// whoever changes something there.
const LONGEST_OWNER: usize = 1024;
/// Locks that have one root, shared ones, at the most.
const MOST_AT_ONE_PLACE: usize = 100;

/// Takes a lock, or refreshes one.
///
/// # Errors
/// 400; 403; 404; 412; 423 with `no-conflicting-lock`.
pub fn lock(context: &Context) -> Result<Reply> {
    let place = context.place()?;
    let body = context.request.xml()?;
    let depth = match context.request.depth(Depth::Infinity)? {
        Depth::One => return Err(Refusal::bad("The Depth of a lock is 0 or infinity.")),
        depth => depth,
    };
    let grounds = Grounds::read(context, &[place], Detail::empty())?;
    match body {
        None => refresh(context, place, &grounds),
        Some(body) => take(context, place, &grounds, &wanted(&body)?, depth == Depth::Infinity),
    }
}

/// What a D:lockinfo asks for.
struct Wanted {
    exclusive: bool,
    owner_xml: String,
}

fn wanted(body: &Element) -> Result<Wanted> {
    let scope = body.child(DAV, "lockscope").filter(|_| body.is(DAV, "lockinfo"));
    let is_write = body.child(DAV, "locktype").is_some_and(|kind| kind.child(DAV, "write").is_some());
    let Some(scope) = scope.filter(|_| is_write) else {
        return Err(Refusal::bad("The body has to be a DAV: lockinfo element that asks for a write lock."));
    };
    let mut owner = XmlWriter::fragment();
    if let Some(element) = body.child(DAV, "owner") {
        owner.tree(element);
    }
    let owner_xml = String::from_utf8_lossy(&owner.into_fragment()).into_owned();
    if owner_xml.len() > LONGEST_OWNER {
        return Err(Refusal::new(507, "What a lock says of its owner is not longer than 1 KiB."));
    }
    match (scope.child(DAV, "exclusive").is_some(), scope.child(DAV, "shared").is_some()) {
        (true, false) => Ok(Wanted { exclusive: true, owner_xml }),
        (false, true) => Ok(Wanted { exclusive: false, owner_xml }),
        _ => Err(Refusal::bad("A lock is either exclusive or shared.")),
    }
}

/// The UTC second at which a lock given now ends (RFC 4918 §10.7).
fn expires(context: &Context) -> i64 {
    let mut asked = context.request.headers("timeout").flat_map(|value| value.split(',')).map(str::trim);
    let seconds = asked.find_map(|value| match value.strip_prefix("Second-") {
        Some(number) => number.parse::<i64>().ok(),
        None => value.eq_ignore_ascii_case("infinite").then_some(MAX_TIMEOUT),
    });
    context.now() + seconds.unwrap_or(DEFAULT_TIMEOUT).clamp(1, MAX_TIMEOUT)
}

fn take(context: &Context, place: &Place, grounds: &Grounds, wanted: &Wanted, deep: bool) -> Result<Reply> {
    let (_, view) = grounds.at(0);
    let found = find(place, view, context.asker());
    let is_collection = matches!(found, Found::Collection(_));
    let (collection, new) = match found {
        Found::Resource(collection, _) | Found::Collection(collection) => (collection, None),
        Found::Nothing(Some(collection)) => (collection, Some(empty(context, collection, place)?)),
        Found::Nothing(None) => return Err(Refusal::new(409, "There is no collection that would hold it.")),
        Found::Home(..) => return Err(Refusal::new(403, "A home cannot be locked.")),
    };
    privileges::require(context, collection, Access::Write, "D:write-content")?;
    let compatible = match compatible(&view.locks, place, deep, wanted.exclusive) {
        Ok(tokens) => tokens,
        Err(lock) if covers(lock, place) => return Err(conflict(context, lock)),
        Err(lock) => return Ok(conflict_below(context, lock)),
    };
    if view.locks.iter().filter(|lock| lock.root == *place).count() >= MOST_AT_ONE_PLACE {
        return Err(Refusal::new(507, "There are as many locks there as there may be."));
    }
    let lock = Lock {
        token: format!("urn:uuid:{}", random::uuid()?),
        root: place.clone(),
        principal: context.asker(),
        exclusive: wanted.exclusive,
        deep,
        owner_xml: wanted.owner_xml.clone(),
        expires: expires(context),
    };
    let mut guards = vec![Guard::Access((collection.id, Access::Write))];
    guards.extend(grounds.conditions(context)?);
    guards.push(Guard::Unlocked(Unlocked { place: place.clone(), deep, tokens: compatible, now: context.now() }));
    let status = if new.is_some() { 201 } else { 200 };
    if new.is_some() {
        guards.extend(grounds.unlocked(context, 0, false, true)?);
        guards.push(Guard::Vacant(place.clone()));
    }
    let mut operations: Vec<Operation> = new.into_iter().map(Operation::Put).collect();
    operations.push(Operation::Lock(lock.clone()));
    context.apply(&guards, &operations).map_err(|rejection| refusal_of(context, rejection, collection))?;
    Ok(answer(context, &lock, is_collection, status).header("lock-token", &format!("<{}>", lock.token)))
}

/// The tokens of the locks that may stand beside the new one, shared ones beside a shared one; or else a lock that may
/// not.
fn compatible<'a>(
    locks: &'a [Lock],
    place: &Place,
    deep: bool,
    exclusive: bool,
) -> std::result::Result<Vec<String>, &'a Lock> {
    let in_the_way = |lock: &&Lock| covers(lock, place) || (deep && href::is_within(&lock.root, place));
    let beside = |lock: &'a Lock| if exclusive || lock.exclusive { Err(lock) } else { Ok(lock.token.clone()) };
    locks.iter().filter(in_the_way).map(beside).collect()
}

fn conflict(context: &Context, lock: &Lock) -> Refusal {
    let mut content = XmlWriter::fragment();
    content.href(&root_of(context, lock));
    Refusal::dav(423, "no-conflicting-lock", "There is a lock already.").containing(content.into_fragment())
}

/// RFC 4918 §9.10.3: what is below the target and kept it from being locked, and the target itself.
fn conflict_below(context: &Context, lock: &Lock) -> Reply {
    let mut multistatus = Multistatus::new();
    multistatus.refused(&root_of(context, lock), &conflict(context, lock));
    multistatus.status(context.request.path(), "424 Failed Dependency");
    multistatus.finish()
}

/// A lock on an unmapped URL makes an empty resource (RFC 4918 §7.3); an empty calendar object or card cannot be.
fn empty(context: &Context, collection: &Collection, place: &Place) -> Result<Put> {
    let (parent, name) = href::split(place);
    if parent.path != collection.place.path {
        return Err(Refusal::new(409, "There is no collection that would hold it."));
    }
    match place.home {
        Home::Files => {}
        Home::Calendars => {
            return Err(Refusal::caldav(403, "valid-calendar-data", "Only what is there can be locked in a calendar."));
        }
        Home::Addressbooks => {
            return Err(Refusal::carddav(
                403,
                "valid-address-data",
                "Only what is there can be locked in an address book.",
            ));
        }
    }
    Ok(Object::empty().put(member(collection, &name), context.now()))
}

/// RFC 4918 §9.10.2: no body, and the token in the If header.
fn refresh(context: &Context, place: &Place, grounds: &Grounds) -> Result<Reply> {
    let (_, view) = grounds.at(0);
    let submitted: &If = &grounds.submitted;
    let tokens = submitted.tokens();
    let held = |lock: &&Lock| {
        covers(lock, place) && lock.principal == context.asker() && tokens.contains(&lock.token.as_str())
    };
    let (Some(lock), Some(collection)) = (view.locks.iter().find(held), &view.collection) else {
        return Err(Refusal::dav(
            412,
            "lock-token-matches-request-uri",
            "To refresh a lock, send its token in the If header.",
        ));
    };
    privileges::require(context, collection, Access::Write, "D:write-content")?;
    grounds.conditions(context)?;
    let lock = Lock { expires: expires(context), ..lock.clone() };
    let guards = [Guard::Access((collection.id, Access::Write))];
    let apply = context.apply(&guards, &[Operation::Lock(lock.clone())]);
    apply.map_err(|rejection| refusal_of(context, rejection, collection))?;
    let is_collection = lock.root != *place || matches!(find(place, view, context.asker()), Found::Collection(_));
    Ok(answer(context, &lock, is_collection, 200))
}

fn answer(context: &Context, lock: &Lock, is_collection: bool, status: u16) -> Reply {
    let scene = Scene { context, epoch: "", owner: None, locks: &[] };
    let mut xml = XmlWriter::document("D:prop");
    xml.nest("D:lockdiscovery", |xml| write_lock(&scene, lock, is_collection, xml));
    Reply::new(status).xml(xml.finish("D:prop"))
}
