//! The time zones of VCALENDARs, for the objects that are made of these.

use super::lines::{property, unfolded, zones_of};
use super::scan::{Item, Stream};
use crate::collection::Bad;
use std::collections::{BTreeMap, HashMap};

/// Properties that say nothing of when a time zone's clocks change.
const BESIDES: [&str; 4] = ["LAST-MODIFIED", "TZURL", "TZNAME", "COMMENT"];

/// Time zones by TZID.
type ByName<'a> = HashMap<String, &'a Item<'a>>;

/// The time zones of some VCALENDARs.
pub struct Zones<'a> {
    of_each: Vec<ByName<'a>>,
    of_all: ByName<'a>,
}

impl<'a> Zones<'a> {
    /// Those of these VCALENDARs.
    pub fn of(streams: &'a [Stream<'a>]) -> Self {
        let named = |item: &'a Item<'a>| property(&item.lines, "TZID").map(|name| (name, item));
        let zones =
            |stream: &'a Stream<'a>| stream.items.iter().filter(|item| item.name == "VTIMEZONE").filter_map(named);
        // Of several of one name the first.
        let first = |zones: &mut dyn Iterator<Item = (String, &'a Item<'a>)>| {
            zones.fold(ByName::new(), |mut by_name, (name, zone)| {
                by_name.entry(name).or_insert(zone);
                by_name
            })
        };
        let of_each = streams.iter().map(|stream| first(&mut zones(stream))).collect();
        Self { of_each, of_all: first(&mut streams.iter().flat_map(zones)) }
    }

    /// The one that a component names: that of its own VCALENDAR; else, where a program writes each only once, that of
    /// any.
    fn named(&self, name: &str, stream: usize) -> Option<&'a Item<'a>> {
        self.of_each.get(stream).and_then(|own| own.get(name)).or_else(|| self.of_all.get(name)).copied()
    }

    /// Those that the components of an object name, by TZID. With each component comes which VCALENDAR it is in.
    ///
    /// # Errors
    /// Where its VCALENDARs mean different things by one TZID: an object cannot have both (RFC 5545 §3.8.3.1).
    pub fn of_object<'b>(
        &self,
        uid: &str,
        components: impl Iterator<Item = (&'b Item<'b>, usize)>,
    ) -> Result<BTreeMap<String, &'a Item<'a>>, Bad> {
        let mut zones: BTreeMap<String, &Item<'_>> = BTreeMap::new();
        for (item, stream) in components {
            for name in zones_of(&item.lines) {
                let Some(zone) = self.named(&name, stream) else { continue };
                let other = *zones.entry(name.clone()).or_insert(zone);
                if !std::ptr::eq(other, zone) && changes(other) != changes(zone) {
                    return Err(two_of_one_name(uid, &name, item, [other, zone]));
                }
            }
        }
        Ok(zones)
    }
}

fn two_of_one_name(uid: &str, name: &str, item: &Item<'_>, zones: [&Item<'_>; 2]) -> Bad {
    let [one, other] = zones.map(|zone| zone.seen_from(item));
    let reason = format!(
        "nothing with the UID {uid} is imported: its time zone {name} is one at {one} and another at {other}; one of them has to have another TZID"
    );
    Bad { origin: format!("{}:{}", item.file, item.line), reason }
}

/// What makes a time zone another one.
fn changes(zone: &Item<'_>) -> Vec<String> {
    let says_nothing = |line: &str| {
        let name = line.split([':', ';']).next().unwrap_or_default().to_ascii_uppercase();
        name.starts_with("X-") || BESIDES.contains(&name.as_str())
    };
    unfolded(&zone.lines).into_iter().map(|(_, line)| line).filter(|line| !says_nothing(line)).collect()
}
