//! Zones: by their IANA name, by the name that Windows, Outlook, Apple, Evolution, Mozilla or Lotus give them, or as a
//! VTIMEZONE says.

use std::collections::HashMap;
use std::rc::Rc;
use std::str::FromStr;

use chrono::{NaiveDateTime, Offset, TimeZone};

use super::observances::{Observances, RULES};
use super::{Moment, from_seconds, remembered, seconds};
use crate::syntax::{Component, read};

/// A zone.
#[derive(Clone, Debug)]
pub enum Zone {
    /// One of the tz database; UTC is one of them.
    Iana(chrono_tz::Tz),
    /// As a VTIMEZONE says.
    Defined(Rc<Observances>),
}

impl Zone {
    /// UTC.
    pub const UTC: Self = Self::Iana(chrono_tz::UTC);

    /// Seconds east of UTC at a time in UTC.
    pub fn offset(&self, utc: i64) -> i64 {
        match self {
            Self::Iana(chrono_tz::UTC) => 0,
            Self::Iana(zone) => zone.offset_from_utc_datetime(&from_seconds(utc)).fix().local_minus_utc().into(),
            Self::Defined(observances) => observances.offset(utc),
        }
    }

    /// The UTC seconds of a local time. One that clocks show twice is the first of both; one that they skip is taken
    /// with the offset before the gap (RFC 5545 §3.3.5).
    pub fn utc(&self, local: NaiveDateTime) -> i64 {
        let local = seconds(local);
        let before = self.offset(local - 86_400);
        let after = self.offset(local + 86_400);
        if before == after || self.offset(local - before) == before {
            return local - before;
        }
        if self.offset(local - after) == after { local - after } else { local - before }
    }

    /// The local time at a time in UTC.
    pub fn local(&self, utc: i64) -> NaiveDateTime {
        from_seconds(utc + self.offset(utc))
    }

    /// How many seconds clocks are changed by within a day of a time in UTC. A local time that they skip comes to be
    /// after some that are later, by so much at most.
    pub fn skipped(&self, utc: i64) -> i64 {
        (self.offset(utc.saturating_add(86_400)) - self.offset(utc.saturating_sub(86_400))).abs()
    }
}

/// Octets of a TZID. No producer has a longer one: such a TZID is one of which nothing is known.
pub const LONGEST: usize = 255;

/// Names of Windows that the crate has as zones which have other clocks by now, or lacks (CLDR, `windowsZones.xml`):
/// Kazakhstan has one time since 2024, Chihuahua that of central Mexico since 2022, and South Sudan its own since 2021.
const MOVED: [(&str, chrono_tz::Tz); 3] = [
    ("Central Asia Standard Time", chrono_tz::Asia::Bishkek),
    ("Mountain Standard Time (Mexico)", chrono_tz::America::Mazatlan),
    ("South Sudan Standard Time", chrono_tz::Africa::Juba),
];

/// Names that the tz database has for clocks that are never put forward. Producers write them for the zones in which
/// people say so, too, whose clocks are: where there is a definition, it tells.
const ABBREVIATIONS: [&str; 3] = ["EST", "HST", "MST"];

/// Whether a TZID is the name of a zone in the tz database (RFC 7809 §3.1.3), and of nothing else.
pub fn is_standard(tzid: &str) -> bool {
    tzid.parse::<chrono_tz::Tz>().is_ok() && !ABBREVIATIONS.contains(&tzid)
}

/// Whether a TZID names one zone, whatever its definitions say.
pub fn is_unambiguous(tzid: &str) -> bool {
    named(tzid).is_some() && !ABBREVIATIONS.contains(&tzid)
}

/// The IANA zone of a TZID, also under a Windows, Outlook or other producer's name.
pub fn named(tzid: &str) -> Option<chrono_tz::Tz> {
    let tzid = bare(tzid);
    if tzid.len() > LONGEST {
        return None;
    }
    if let Ok(zone) = chrono_tz::Tz::from_str(tzid) {
        return Some(zone);
    }
    if let Some((_, zone)) = MOVED.iter().find(|(name, _)| *name == tzid) {
        return Some(*zone);
    }
    if let Ok(calcard::common::timezone::Tz::Tz(zone)) = calcard::common::timezone::Tz::from_str(tzid) {
        return Some(zone).filter(|zone| !is_guess(tzid, *zone));
    }
    olson_suffix(tzid)
}

fn bare(tzid: &str) -> &str {
    tzid.trim().trim_matches('"')
}

/// Whether the crate knows no more of a name than the offset before it: of those that Windows shows, as
/// `(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi`, it has the older ones. For the others it gives the whole hours of
/// the offset, which is no zone that changes its clocks.
fn is_guess(tzid: &str, zone: chrono_tz::Tz) -> bool {
    tzid.starts_with('(') && zone.name().starts_with("Etc/")
}

/// The offset before a name that Windows shows, in seconds east of UTC:
/// `(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi`.
fn shown_offset(tzid: &str) -> Option<i64> {
    let (shown, _) = bare(tzid).strip_prefix('(')?.split_once(')')?;
    let offset = shown.strip_prefix("UTC").or_else(|| shown.strip_prefix("GMT"))?.trim();
    let (sign, time) = match offset.strip_prefix('-') {
        Some(time) => (-1, time),
        None => (1, offset.strip_prefix('+')?),
    };
    let (hours, minutes) = time.split_once([':', '.']).unwrap_or((time, "0"));
    let number = |text: &str, below: i64| text.parse().ok().filter(|number| (0..below).contains(number));
    Some(sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60))
}

/// Parts of a name of the tz database, at most: `America/Argentina/Ushuaia`.
const PARTS: usize = 3;

/// The IANA name at the end of a path, as in `/freeassociation.sourceforge.net/Tzfile/Europe/Vienna`.
fn olson_suffix(tzid: &str) -> Option<chrono_tz::Tz> {
    let path = tzid.strip_prefix('/')?;
    let slashes: Vec<usize> = path.rmatch_indices('/').map(|(at, _)| at).take(PARTS).collect();
    slashes.into_iter().rev().find_map(|slash| path[slash + 1..].parse().ok())
}

/// VTIMEZONEs of one object that are looked at.
const DEFINITIONS: usize = 50;

/// The zones of one object.
pub struct Zones {
    by_id: HashMap<String, Zone>,
    floating: Zone,
}

impl Zones {
    /// Those that the object's TZIDs name; `floating` is the zone for floating times.
    ///
    /// A TZID that is known by name is that zone of the tz database, whatever the VTIMEZONE of that name says:
    /// producers send VTIMEZONEs that hold for one year only, and CalConnect and RFC 7809 say the same.
    pub fn of(calendar: &Component, floating: Zone) -> Self {
        let mut zones = Self { by_id: HashMap::new(), floating };
        let definitions = calendar.components.iter().filter(|component| component.name == "VTIMEZONE");
        let mut rules = RULES;
        for definition in definitions.take(DEFINITIONS) {
            let Some(tzid) = definition.text("TZID") else { continue };
            if let Some(zone) = known(&tzid, definition, &mut rules) {
                zones.by_id.entry(tzid).or_insert(zone);
            }
        }
        zones
    }

    /// The zone of a TZID; none where nothing is known of it.
    pub fn get(&self, tzid: &str) -> Option<Zone> {
        self.by_id.get(tzid).cloned().or_else(|| Zone::of_name(tzid))
    }

    /// The zone of a moment. A TZID of which nothing is known is taken for floating.
    pub fn zone(&self, moment: &Moment) -> Zone {
        match moment {
            Moment::Utc(_) => Zone::UTC,
            Moment::Zoned(_, tzid) => self.get(tzid).unwrap_or_else(|| self.floating.clone()),
            Moment::Date(_) | Moment::Floating(_) => self.floating.clone(),
        }
    }

    /// A moment in UTC seconds.
    pub fn utc(&self, moment: &Moment) -> i64 {
        self.zone(moment).utc(moment.local())
    }

    /// Whether it is known when a moment is, whoever looks at it.
    pub fn is_fixed(&self, moment: &Moment) -> bool {
        match moment {
            Moment::Zoned(_, tzid) => self.get(tzid).is_some(),
            _ => !moment.is_floating(),
        }
    }
}

/// The zone of a VTIMEZONE; none where neither its name nor what is in it says anything.
fn known(tzid: &str, definition: &Component, rules: &mut usize) -> Option<Zone> {
    let location = || definition.text("X-LIC-LOCATION").and_then(|name| named(&name));
    let mut defined =
        || Some(remembered::observances(definition, rules)).filter(|it| !it.is_empty()).map(Zone::Defined);
    let by_name = || named(tzid).or_else(location).map(Zone::Iana);
    if ABBREVIATIONS.contains(&tzid) { defined().or_else(by_name) } else { by_name().or_else(defined) }
}

impl Zone {
    /// The zone of a name without a VTIMEZONE: where it is not known, the offset that it shows is better than nothing.
    fn of_name(tzid: &str) -> Option<Self> {
        let shown = || shown_offset(tzid).map(|offset| Self::Defined(Observances::fixed(offset).into()));
        named(tzid).map(Self::Iana).or_else(shown)
    }

    /// The zone of the `timezone` argument: a VTIMEZONE object or an IANA name; UTC where it is neither.
    pub fn of_argument(timezone: Option<&str>) -> Self {
        let Some(timezone) = timezone else { return Self::UTC };
        if let Some(zone) = Self::of_name(timezone) {
            return zone;
        }
        let calendar = read(timezone.as_bytes()).ok();
        let definition = calendar
            .as_ref()
            .and_then(|calendar| calendar.components.iter().find(|component| component.name == "VTIMEZONE"));
        let tzid = |definition: &Component| definition.text("TZID").unwrap_or_default();
        let zone = definition.and_then(|definition| known(&tzid(definition), definition, &mut RULES.clone()));
        zone.unwrap_or(Self::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        Moment::parse(text, None).unwrap().local()
    }

    #[test]
    fn gaps_and_folds() {
        let berlin = Zone::of_argument(Some("Europe/Berlin"));
        // 02:30 does not exist on 2024-03-31; with the offset before the gap it is 01:30Z, which clocks show as 03:30.
        assert_eq!(berlin.utc(at("20240331T023000")), seconds(at("20240331T013000")));
        // 02:30 exists twice on 2024-10-27; the first is 00:30Z.
        assert_eq!(berlin.utc(at("20241027T023000")), seconds(at("20241027T003000")));
        assert_eq!(berlin.utc(at("20241027T033000")), seconds(at("20241027T023000")));
        // Samoa had no 2011-12-30.
        let apia = Zone::of_argument(Some("Pacific/Apia"));
        assert_eq!(apia.local(apia.utc(at("20111230T120000"))), at("20111231T120000"));
    }

    #[test]
    fn names_of_other_producers() {
        for (tzid, zone) in [
            ("W. Europe Standard Time", chrono_tz::Europe::Berlin),
            ("Eastern Standard Time", chrono_tz::America::New_York),
            ("/freeassociation.sourceforge.net/Tzfile/Europe/Vienna", chrono_tz::Europe::Vienna),
            ("/freeassociation.sourceforge.net/Europe/Vienna", chrono_tz::Europe::Vienna),
            ("/mozilla.org/20071231_1/America/Argentina/Ushuaia", chrono_tz::America::Argentina::Ushuaia),
            ("/softwarestudio.org/Olson_20011030_5/America/Chicago", chrono_tz::America::Chicago),
            ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", chrono_tz::Europe::Berlin),
            ("US/Eastern", chrono_tz::US::Eastern),
            ("Mountain Standard Time (Mexico)", chrono_tz::America::Mazatlan),
            ("Central Asia Standard Time", chrono_tz::Asia::Bishkek),
            ("South Sudan Standard Time", chrono_tz::Africa::Juba),
        ] {
            assert_eq!(named(tzid), Some(zone), "{tzid}");
        }
        assert_eq!(named("Customized Time Zone 7"), None);
    }

    #[test]
    fn a_definition_that_says_nothing_is_none() {
        let object = |zone: &str| {
            let text = format!("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:{zone}\nEND:VTIMEZONE\nEND:VCALENDAR\n");
            Zones::of(&read(text.as_bytes()).unwrap(), Zone::UTC)
        };
        let unreadable = "Mine\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:east\nEND:STANDARD";
        assert!(object("Mine").get("Mine").is_none() && object(unreadable).get("Mine").is_none());
        let shown = object("(GMT+01.00) Mine").get("(GMT+01.00) Mine").unwrap();
        assert_eq!(shown.offset(0), 3_600);
    }

    #[test]
    fn a_definition_tells_what_an_abbreviation_means() {
        let object = |zone: &str| {
            let text = format!(
                "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:{zone}\nBEGIN:DAYLIGHT\nDTSTART:19700101T000000\n\
                 TZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nEND:DAYLIGHT\nEND:VTIMEZONE\nEND:VCALENDAR\n"
            );
            Zones::of(&read(text.as_bytes()).unwrap(), Zone::UTC).get(zone).unwrap().offset(1_000_000)
        };
        assert_eq!(object("EST"), -4 * 3_600);
        assert_eq!(object("EST5EDT"), -5 * 3_600, "the name tells");
        assert_eq!(Zone::of_name("EST").unwrap().offset(1_000_000), -5 * 3_600);
        assert!(is_standard("EST5EDT") && !is_standard("EST"));
    }

    /// What Windows shows and the table of names lacks.
    const SHOWN: [(&str, i64); 8] = [
        ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", 0),
        ("(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius", 7_200),
        ("(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb", 3_600),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", 19_800),
        ("(UTC-03:30) Newfoundland and Labrador", -12_600),
        ("(UTC+02:00) Jerusalem", 7_200),
        ("(GMT+01.00) My office", 3_600),
        ("\"(GMT +1) My office\"", 3_600),
    ];

    #[test]
    fn a_name_that_shows_an_offset_is_that_offset_only_where_nothing_defines_it() {
        let object = |tzid: &str, definition: &str| {
            let text =
                format!("BEGIN:VCALENDAR\n{definition}\nEND:VCALENDAR\n").replace("TZID", &format!("TZID:{tzid}"));
            Zones::of(&read(text.as_bytes()).unwrap(), Zone::UTC)
        };
        let (winter, summer) = (at("20260114T100000"), at("20260714T100000"));
        let european = "BEGIN:VTIMEZONE\nTZID\nBEGIN:STANDARD\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0000\n\
             RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T010000\nTZOFFSETFROM:+0000\n\
             TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE";
        for (tzid, shown) in SHOWN {
            assert_eq!(named(tzid), None, "{tzid}");
            let offset = |definition, time| {
                let zone = object(&tzid.replace(',', "\\,"), definition).get(tzid).unwrap();
                seconds(time) - zone.utc(time)
            };
            assert_eq!((offset(european, winter), offset(european, summer)), (0, 3_600), "{tzid}");
            assert_eq!((offset("", winter), offset("", summer)), (shown, shown), "{tzid}");
        }
        for unknown in
            ["(UTC) Coordinated Universal Time", "(UTC+25:00) Nowhere", "(UTC+1:75)", "(CET+01:00) Here", "(UTC+01:00"]
        {
            assert!(object(unknown, "").get(unknown).is_none(), "{unknown}");
        }
    }
}
