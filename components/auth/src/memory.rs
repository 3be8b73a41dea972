//! What this instance remembers of sign-ins for a minute, so that a client's burst of requests costs storage one
//! question. Where every request has an instance of its own, this is empty and costs nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::authenticate::Recognised;

/// Seconds that a sign-in is believed without asking again: so long may a revoked credential still work in another
/// instance.
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

/// Whoever sent the same credentials within the last minute. `sent` is the header field's name and its value.
pub fn recall(sent: (&str, &str), now: i64) -> Option<Recognised> {
    ENTRIES.with_borrow(|entries| {
        let entry = entries.get(&digest(sent))?;
        (entry.since <= now && now < entry.until).then(|| entry.recognised.clone())
    })
}

/// Remembers a sign-in, until the credential expires at the longest.
pub fn remember(sent: (&str, &str), recognised: &Recognised, expires: Option<i64>, now: i64) {
    let until = now.saturating_add(SECONDS).min(expires.unwrap_or(i64::MAX));
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
fn digest((field, value): (&str, &str)) -> [u8; 32] {
    Sha256::new().chain_update(field).chain_update([0]).chain_update(value).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::recognised;

    #[test]
    fn a_minute_and_no_longer() {
        remember(("authorization", "a"), &recognised("alice"), None, 100);
        assert!(recall(("authorization", "a"), 100).is_some());
        assert!(recall(("authorization", "a"), 159).is_some());
        assert!(recall(("authorization", "a"), 160).is_none());
        assert!(recall(("authorization", "a"), 99).is_none(), "before it was learnt");
        assert!(recall(("cookie", "a"), 100).is_none());
        assert!(recall(("authorization", "b"), 100).is_none());
        remember(("authorization", "b"), &recognised("bob"), Some(110), 100);
        assert!(recall(("authorization", "b"), 109).is_some());
        assert!(recall(("authorization", "b"), 110).is_none(), "expired");
        forget_all();
        assert!(recall(("authorization", "a"), 100).is_none());
    }

    #[test]
    fn it_stays_small() {
        for number in 0..1000 {
            remember(("authorization", &number.to_string()), &recognised("alice"), None, 100);
        }
        assert!(ENTRIES.with_borrow(BTreeMap::len) <= MOST);
        assert!(recall(("authorization", "999"), 100).is_some());
    }
}
