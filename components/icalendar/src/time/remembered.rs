//! What VTIMEZONEs say, remembered: to follow the rules of one for two centuries takes longer than all else that is
//! done with an object, and the objects of a calendar have the same one.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::observances::Observances;
use crate::syntax::{Component, write};

/// So many are remembered, and none that is longer than so many octets.
const ZONES: usize = 16;
const LONGEST: usize = 64 << 10;

/// A VTIMEZONE that has been read.
struct Remembered {
    definition: String,
    observances: Rc<Observances>,
    /// How many rules it has.
    rules: usize,
}

thread_local! {
    static REMEMBERED: RefCell<VecDeque<Remembered>> = const { RefCell::new(VecDeque::new()) };
}

/// What [`Observances::of`] gives, and as many rules fewer in `rules`.
pub fn observances(definition: &Component, rules: &mut usize) -> Rc<Observances> {
    let text = write(definition);
    if let Some((known, left)) = recall(&text, *rules) {
        *rules = left;
        return known;
    }
    let before = *rules;
    let observances = Rc::new(Observances::of(definition, rules));
    // With none left, some of its own may have been left out.
    if *rules > 0 && text.len() <= LONGEST {
        remember(Remembered { definition: text, observances: Rc::clone(&observances), rules: before - *rules });
    }
    observances
}

fn recall(definition: &str, rules: usize) -> Option<(Rc<Observances>, usize)> {
    REMEMBERED.with_borrow(|all| {
        let found = all.iter().find(|known| known.definition == definition)?;
        Some((Rc::clone(&found.observances), rules.checked_sub(found.rules)?))
    })
}

fn remember(new: Remembered) {
    REMEMBERED.with_borrow_mut(|all| {
        if all.len() >= ZONES {
            all.pop_front();
        }
        all.push_back(new);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::read;

    fn definition(tzid: &str, offset: &str) -> Component {
        let text = format!(
            "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:{tzid}\nBEGIN:STANDARD\nDTSTART:20000101T000000\nTZOFFSETFROM:+0000\n\
             TZOFFSETTO:{offset}\nRRULE:FREQ=YEARLY\nEND:STANDARD\nEND:VTIMEZONE\nEND:VCALENDAR\n"
        );
        read(text.as_bytes()).unwrap().components.remove(0)
    }

    #[test]
    fn what_is_remembered_is_what_was_read_and_takes_as_many_rules() {
        for number in 0..2 * ZONES {
            let offset = format!("+{:02}00", number % 12);
            let zone = definition(&format!("Zone {number}"), &offset);
            let (mut first, mut again, mut too_few) = (5, 5, 0);
            let read = observances(&zone, &mut first);
            let remembered = observances(&zone, &mut again);
            assert!(Rc::ptr_eq(&read, &remembered));
            assert_eq!((first, again), (4, 4));
            assert_eq!(remembered.offset(1_000_000_000), i64::try_from(number % 12).unwrap() * 3600);
            assert!(!Rc::ptr_eq(&read, &observances(&zone, &mut too_few)), "its rule is one too many here");
        }
        assert_eq!(REMEMBERED.with_borrow(VecDeque::len), ZONES);
    }
}
