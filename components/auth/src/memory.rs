//! What this instance remembers of sign-ins for a minute, so that a client's burst of requests costs storage no
//! question about who asks. Where every request has an instance of its own, this is empty and costs next to nothing.
//! Each is remembered with the standing at which it was judged (`types.standing`): whoever is given it back has storage
//! say, with whatever else they ask, that it lasts. So what another instance revokes is refused at once.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::auth::Refusal;
use crate::authenticate::{Judged, Recognised};

/// Seconds for which a sign-in is remembered, at most.
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

/// Whoever sent the same before, where that is remembered, as `believed` by the standing then; else whom `judge`
/// recognises, which is remembered until the credential expires at the longest. `anew`: what was remembered is
/// forgotten. What is sent: the header field's name, its value, and what else has to be the same. Now: in UTC seconds.
///
/// # Errors
/// Those of `judge`.
pub fn recall_or(
    sent: &[&str],
    (now, anew): (i64, bool),
    judge: impl FnOnce() -> Result<Judged, Refusal>,
) -> Result<Recognised, Refusal> {
    if anew {
        forget(sent);
    } else if let Some(recognised) = recall(sent, now) {
        return Ok(recognised);
    }
    let judged = judge()?;
    remember(sent, &judged, now);
    Ok(judged.recognised)
}

/// Whoever sent the same within the last minute.
fn recall(sent: &[&str], now: i64) -> Option<Recognised> {
    ENTRIES.with_borrow(|entries| {
        if entries.is_empty() {
            return None;
        }
        let entry = entries.get(&digest(sent))?;
        (entry.since <= now && now < entry.until).then(|| entry.recognised.clone())
    })
}

/// Remembers a sign-in that was judged now for a minute, until the credential expires at the longest.
fn remember(sent: &[&str], judged: &Judged, now: i64) {
    let until = now.saturating_add(SECONDS).min(judged.recognised.expires.unwrap_or(i64::MAX));
    ENTRIES.with_borrow_mut(|entries| {
        if entries.len() >= MOST {
            entries.retain(|_, entry| now < entry.until);
        }
        if entries.len() >= MOST {
            entries.clear();
        }
        let recognised = Recognised { believed: Some(judged.standing), ..judged.recognised.clone() };
        entries.insert(digest(sent), Entry { recognised, since: now, until });
    });
}

fn forget(sent: &[&str]) {
    ENTRIES.with_borrow_mut(|entries| entries.remove(&digest(sent)));
}

/// Forgets all, as a new instance.
#[cfg(test)]
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
    use crate::testing::recognised;

    fn judged(name: &str, expires: Option<i64>) -> Judged {
        Judged { recognised: Recognised { expires, ..recognised(name) }, standing: 7 }
    }

    #[test]
    fn by_the_standing_then() {
        forget_all();
        let asked = |anew| recall_or(&["authorization", "a"], (100, anew), || Ok(judged("alice", None))).unwrap();
        assert_eq!(asked(false).believed, None, "judged now");
        assert_eq!(asked(false), Recognised { believed: Some(7), ..recognised("alice") });
        assert_eq!(asked(true).believed, None);
        let wrong = recall_or(&["authorization", "a"], (100, true), || Err(Refusal::Wrong));
        assert_eq!(wrong, Err(Refusal::Wrong));
        assert!(recall(&["authorization", "a"], 100).is_none(), "what is wrong now is not believed again");
    }

    #[test]
    fn a_minute_and_no_longer() {
        forget_all();
        remember(&["authorization", "a"], &judged("alice", None), 100);
        assert!(recall(&["authorization", "a"], 100).is_some());
        assert!(recall(&["authorization", "a"], 159).is_some());
        assert!(recall(&["authorization", "a"], 160).is_none());
        assert!(recall(&["authorization", "a"], 99).is_none(), "before it was learnt");
        assert!(recall(&["cookie", "a"], 100).is_none());
        assert!(recall(&["authorization", "b"], 100).is_none());
        remember(&["authorization", "b"], &judged("bob", Some(110)), 100);
        assert!(recall(&["authorization", "b"], 109).is_some());
        assert!(recall(&["authorization", "b"], 110).is_none(), "expired");
    }

    #[test]
    fn it_stays_small() {
        for number in 0..1000 {
            remember(&["authorization", &number.to_string()], &judged("alice", None), 100);
        }
        assert!(ENTRIES.with_borrow(BTreeMap::len) <= MOST);
        assert!(recall(&["authorization", "999"], 100).is_some());
    }
}
