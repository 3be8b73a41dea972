//! What this instance remembers of sign-ins for a minute, so that a client's burst of requests costs storage one
//! question. Where every request has an instance of its own, this is empty and costs next to nothing. Storage that can tell whether
//! anything has changed is asked that each time: a credential that another instance revoked is refused at once then. Where it cannot,
//! the setting `auth_memory_seconds` says for how long another instance may be wrong.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::auth::Refusal;
use crate::authenticate::Recognised;
use crate::surroundings::Surroundings;

/// Seconds that a sign-in is believed without asking again, at most: so long may a revoked credential still work in
/// another instance.
const SECONDS: i64 = 60;
/// Sign-ins remembered at once.
const MOST: usize = 256;

struct Entry {
    recognised: Recognised,
    version: Option<u64>,
    since: i64,
    until: i64,
}

/// When a sign-in is judged.
#[derive(Clone, Copy)]
struct Moment {
    /// UTC seconds.
    now: i64,
    /// Which state of the accounts it is judged by, or a later one; none where storage cannot tell.
    version: Option<u64>,
}

impl Moment {
    /// How long to remember what is judged now: a minute where storage tells of changes, else the setting `auth_memory_seconds`, a minute at most and
    /// where it is not set.
    fn span(&self, around: &dyn Surroundings) -> i64 {
        let set = || around.setting("auth_memory_seconds").and_then(|setting| setting.trim().parse().ok());
        if self.version.is_some() { SECONDS } else { set().map_or(SECONDS, |seconds: i64| seconds.clamp(0, SECONDS)) }
    }
}

thread_local! {
    static ENTRIES: RefCell<BTreeMap<[u8; 32], Entry>> = const { RefCell::new(BTreeMap::new()) };
}

/// Whoever sent the same before, where that is remembered; else whom `judge` recognises, which is remembered until the credential expires at the longest. What is sent: the header
/// field's name, its value, and what else has to be the same. Now: in UTC seconds.
///
/// # Errors
/// Those of `judge`.
pub fn recall_or(
    around: &dyn Surroundings,
    sent: &[&str],
    now: i64,
    judge: impl FnOnce() -> Result<(Recognised, Option<i64>), Refusal>,
) -> Result<Recognised, Refusal> {
    let moment = Moment { now, version: around.version() };
    if let Some(recognised) = recall(sent, &moment) {
        return Ok(recognised);
    }
    let (recognised, expires) = judge()?;
    remember(sent, &recognised, expires, (&moment, moment.span(around)));
    Ok(recognised)
}

/// Whoever sent the same within the last minute, where nothing has changed since.
fn recall(sent: &[&str], moment: &Moment) -> Option<Recognised> {
    ENTRIES.with_borrow(|entries| {
        if entries.is_empty() {
            return None;
        }
        let entry = entries.get(&digest(sent))?;
        let is_good = entry.version == moment.version && entry.since <= moment.now && moment.now < entry.until;
        is_good.then(|| entry.recognised.clone())
    })
}

/// Remembers a sign-in that was judged at that moment for so many seconds, until the credential expires at the longest.
fn remember(sent: &[&str], recognised: &Recognised, expires: Option<i64>, (moment, span): (&Moment, i64)) {
    let Moment { now, version } = *moment;
    let until = now.saturating_add(span).min(expires.unwrap_or(i64::MAX));
    if until <= now {
        return;
    }
    ENTRIES.with_borrow_mut(|entries| {
        if entries.len() >= MOST {
            entries.retain(|_, entry| now < entry.until);
        }
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(digest(sent), Entry { recognised: recognised.clone(), version, since: now, until });
    });
}

/// Forgets all: accounts or credentials have changed.
pub fn forget_all() {
    ENTRIES.with_borrow_mut(BTreeMap::clear);
}

/// Only a digest is kept, so that passwords do not stay in memory longer than their request.
fn digest(sent: &[&str]) -> [u8; 32] {
    sent.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part).chain_update([0])).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{House, recognised};

    fn at(now: i64) -> Moment {
        Moment { now, version: None }
    }

    #[test]
    fn while_nothing_changes() {
        let versions = |version| Moment { version, ..at(100) };
        remember(&["authorization", "a"], &recognised("alice"), None, (&versions(Some(7)), 60));
        assert!(recall(&["authorization", "a"], &versions(Some(7))).is_some());
        assert!(recall(&["authorization", "a"], &versions(Some(8))).is_none());
        assert!(recall(&["authorization", "a"], &versions(None)).is_none(), "storage cannot tell any more");
        forget_all();
    }

    #[test]
    fn a_minute_and_no_longer() {
        remember(&["authorization", "a"], &recognised("alice"), None, (&at(100), 60));
        assert!(recall(&["authorization", "a"], &at(100)).is_some());
        assert!(recall(&["authorization", "a"], &at(159)).is_some());
        assert!(recall(&["authorization", "a"], &at(160)).is_none());
        assert!(recall(&["authorization", "a"], &at(99)).is_none(), "before it was learnt");
        assert!(recall(&["cookie", "a"], &at(100)).is_none());
        assert!(recall(&["authorization", "b"], &at(100)).is_none());
        remember(&["authorization", "b"], &recognised("bob"), Some(110), (&at(100), 60));
        assert!(recall(&["authorization", "b"], &at(109)).is_some());
        assert!(recall(&["authorization", "b"], &at(110)).is_none(), "expired");
        forget_all();
        assert!(recall(&["authorization", "a"], &at(100)).is_none());
    }

    #[test]
    fn a_host_may_want_nothing_remembered() {
        let of = |seconds: &str| at(100).span(&House::new().with_setting("auth_memory_seconds", seconds));
        assert_eq!((of("0"), of(" 5 "), of("3600"), of("-1"), of("soon")), (0, 5, 60, 0, 60));
        assert_eq!(at(100).span(&House::new()), 60);
        let told = Moment { now: 100, version: Some(1) };
        assert_eq!(told.span(&House::new().with_setting("auth_memory_seconds", "0")), 60, "changes are told of");
        forget_all();
        remember(&["authorization", "a"], &recognised("alice"), None, (&at(100), 0));
        assert!(recall(&["authorization", "a"], &at(100)).is_none());
        assert!(ENTRIES.with_borrow(BTreeMap::is_empty));
    }

    #[test]
    fn it_stays_small() {
        for number in 0..1000 {
            remember(&["authorization", &number.to_string()], &recognised("alice"), None, (&at(100), 60));
        }
        assert!(ENTRIES.with_borrow(BTreeMap::len) <= MOST);
        assert!(recall(&["authorization", "999"], &at(100)).is_some());
    }
}
