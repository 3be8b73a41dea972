//! What this instance remembers of sign-ins for a minute, so that a client's burst of requests costs storage one
//! question. Where every request has an instance of its own, this is empty and costs nothing. A host whose instances
//! live on and whose storage is near sets `auth_memory_seconds` to 0: a credential that another instance revoked is
//! refused at once then.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::authenticate::Recognised;
use crate::surroundings::Surroundings;

/// Seconds that a sign-in is believed without asking again, at most: so long may a revoked credential still work in
/// another instance.
const SECONDS: i64 = 60;
/// Sign-ins remembered at once.
const MOST: usize = 256;

struct Entry {
    recognised: Recognised,
    since: i64,
    until: i64,
}

thread_local! {
    static ENTRIES: RefCell<BTreeMap<[u8; 32], Entry>> = const { RefCell::new(BTreeMap::new()) };
}

/// Whoever sent the same within the last minute: the header field's name, its value, and what else has to be the same.
pub fn recall(sent: &[&str], now: i64) -> Option<Recognised> {
    ENTRIES.with_borrow(|entries| {
        if entries.is_empty() {
            return None;
        }
        let entry = entries.get(&digest(sent))?;
        (entry.since <= now && now < entry.until).then(|| entry.recognised.clone())
    })
}

/// How long to remember: the setting `auth_memory_seconds`, a minute at most and where it is not set.
pub fn span(around: &dyn Surroundings) -> i64 {
    let set = around.setting("auth_memory_seconds").and_then(|setting| setting.trim().parse().ok());
    set.map_or(SECONDS, |seconds: i64| seconds.clamp(0, SECONDS))
}

/// Remembers a sign-in for so many seconds, until the credential expires at the longest.
pub fn remember(sent: &[&str], recognised: &Recognised, expires: Option<i64>, (now, span): (i64, i64)) {
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
        entries.insert(digest(sent), Entry { recognised: recognised.clone(), since: now, until });
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

    #[test]
    fn a_minute_and_no_longer() {
        remember(&["authorization", "a"], &recognised("alice"), None, (100, 60));
        assert!(recall(&["authorization", "a"], 100).is_some());
        assert!(recall(&["authorization", "a"], 159).is_some());
        assert!(recall(&["authorization", "a"], 160).is_none());
        assert!(recall(&["authorization", "a"], 99).is_none(), "before it was learnt");
        assert!(recall(&["cookie", "a"], 100).is_none());
        assert!(recall(&["authorization", "b"], 100).is_none());
        remember(&["authorization", "b"], &recognised("bob"), Some(110), (100, 60));
        assert!(recall(&["authorization", "b"], 109).is_some());
        assert!(recall(&["authorization", "b"], 110).is_none(), "expired");
        forget_all();
        assert!(recall(&["authorization", "a"], 100).is_none());
    }

    #[test]
    fn a_host_may_want_nothing_remembered() {
        let of = |seconds: &str| span(&House::new().with_setting("auth_memory_seconds", seconds));
        assert_eq!((of("0"), of(" 5 "), of("3600"), of("-1"), of("soon")), (0, 5, 60, 0, 60));
        assert_eq!(span(&House::new()), 60);
        forget_all();
        remember(&["authorization", "a"], &recognised("alice"), None, (100, 0));
        assert!(recall(&["authorization", "a"], 100).is_none());
        assert!(ENTRIES.with_borrow(BTreeMap::is_empty));
    }

    #[test]
    fn it_stays_small() {
        for number in 0..1000 {
            remember(&["authorization", &number.to_string()], &recognised("alice"), None, (100, 60));
        }
        assert!(ENTRIES.with_borrow(BTreeMap::len) <= MOST);
        assert!(recall(&["authorization", "999"], 100).is_some());
    }
}
