//! In which form a client wants a resource (RFC 9110 §12.5.1).

use crate::icalendar::{Projection, Query, Recurrence, Verdict};
use crate::refusal::{Refusal, Result, of_fault};
use crate::request::Request;
use crate::text::Format;
use crate::types::Home;
use crate::xml::CARDDAV;
use crate::{icalendar, vcard};

/// A form that a resource can be given in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Form {
    home: Home,
    content_type: &'static str,
    format: Format,
    version: Option<&'static str>,
}

const CALENDAR: [Form; 3] = [
    Form { home: Home::Calendars, content_type: "text/calendar", format: Format::Text, version: None },
    Form { home: Home::Calendars, content_type: "application/calendar+json", format: Format::Json, version: None },
    Form { home: Home::Calendars, content_type: "application/calendar+xml", format: Format::Xml, version: None },
];
const CARD: [Form; 2] = [
    Form { home: Home::Addressbooks, content_type: "text/vcard", format: Format::Text, version: None },
    Form { home: Home::Addressbooks, content_type: "application/vcard+json", format: Format::Json, version: None },
];
const FILE: [Form; 1] = [Form { home: Home::Files, content_type: "*/*", format: Format::Text, version: None }];

impl Form {
    /// Whether it is the one that is stored.
    pub fn is_stored(&self) -> bool {
        self.format == Format::Text && self.version.is_none()
    }

    /// Its media type.
    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// What is made of a stored body for a request; none where it is given as it is stored.
    ///
    /// # Errors
    /// What the engine refuses.
    pub fn make(&self, request: &Request, body: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.home {
            Home::Calendars if request.has_timezones() => without_timezones(body, self.format),
            _ if self.is_stored() => Ok(None),
            Home::Calendars => {
                icalendar::convert(body, Format::Text, self.format).map(Some).map_err(|fault| of_fault(&fault, true))
            }
            // What is asked for in its own version is given as it is stored, with its entity tag (RFC 6352 §6.3.2.3).
            Home::Addressbooks => vcard::convert(body, Format::Text, self.format, self.version)
                .map(|made| (made != body).then_some(made))
                .map_err(|fault| of_fault(&fault, false)),
            Home::Files => Ok(None),
        }
    }
}

/// A calendar object without the definitions of time zones that everybody knows (RFC 7809 §3.1.3); none where it has no
/// such.
fn without_timezones(body: &[u8], format: Format) -> Result<Option<Vec<u8>>> {
    let projection = Projection {
        select: Vec::new(),
        recurrence: Recurrence::Keep,
        limit_freebusy: None,
        format,
        by_reference: true,
    };
    let query = Query { filter: Vec::new(), timezone: None, projection: Some(projection) };
    match icalendar::evaluate(&[body.to_vec().into()], &query).pop() {
        Some(Verdict::Projected(data)) => Ok(Some(data)),
        Some(Verdict::Fault(fault)) => Err(of_fault(&fault, true)),
        Some(Verdict::Unchanged | Verdict::No) | None => Ok(None),
    }
}

/// The form of a resource that the Accept header likes best; the stored one where it likes several as much, or there is
/// none.
///
/// # Errors
/// 406 where it likes none.
pub fn form(request: &Request, home: Home, stored: &str) -> Result<Form> {
    let forms: &[Form] = match home {
        Home::Calendars => &CALENDAR,
        Home::Addressbooks => &CARD,
        Home::Files => &FILE,
    };
    let accepted = ranges(request);
    let own = stored.split(';').next().unwrap_or_default().trim();
    if accepted.is_empty() || home == Home::Files {
        return Ok(forms[0]);
    }
    let mut best: Option<(f32, Form)> = None;
    for form in forms {
        let name = if form.is_stored() { own } else { form.content_type };
        let quality = quality(&accepted, name);
        if quality > 0.0 && best.is_none_or(|(before, _)| quality > before) {
            best = Some((quality, *form));
        }
    }
    let version = accepted.iter().find(|range| range.media_type == "text/vcard").and_then(|range| range.version);
    match best {
        Some((_, form)) if home == Home::Addressbooks && form.format == Format::Text => Ok(Form { version, ..form }),
        Some((_, form)) => Ok(form),
        None => Err(not_acceptable(home)),
    }
}

/// With the precondition of RFC 6352 §5.1.1.1 for cards.
fn not_acceptable(home: Home) -> Refusal {
    let refusal = Refusal::new(406, "There is no such form of it.");
    match home {
        Home::Addressbooks => refusal.because(CARDDAV, "supported-address-data-conversion"),
        Home::Calendars | Home::Files => refusal,
    }
}

/// Whether a person's browser asks.
pub fn is_browser(request: &Request) -> bool {
    ranges(request).iter().any(|range| range.media_type == "text/html" && range.quality > 0.0)
}

struct Range {
    media_type: String,
    version: Option<&'static str>,
    quality: f32,
}

fn ranges(request: &Request) -> Vec<Range> {
    request
        .headers("accept")
        .flat_map(|value| value.split(','))
        .map(range)
        .filter(|range| !range.media_type.is_empty())
        .collect()
}

fn range(text: &str) -> Range {
    let mut parts = text.split(';').map(str::trim);
    let mut range =
        Range { media_type: parts.next().unwrap_or_default().to_ascii_lowercase(), version: None, quality: 1.0 };
    for part in parts {
        match part
            .split_once('=')
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"')))
        {
            Some((name, value)) if name == "q" => range.quality = value.parse().unwrap_or(0.0),
            Some((name, "3.0")) if name == "version" => range.version = Some("3.0"),
            Some((name, "4.0")) if name == "version" => range.version = Some("4.0"),
            _ => {}
        }
    }
    range
}

/// The most specific range decides.
fn quality(ranges: &[Range], media_type: &str) -> f32 {
    let group = format!("{}/*", media_type.split('/').next().unwrap_or_default());
    let find = |name: &str| ranges.iter().find(|range| range.media_type == name).map(|range| range.quality);
    find(media_type).or_else(|| find(&group)).or_else(|| find("*/*")).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler;

    fn request(accept: &[&str]) -> Request {
        let headers = accept.iter().map(|value| ("accept".to_owned(), value.as_bytes().to_vec())).collect();
        let inner = handler::Request {
            method: "GET".to_owned(),
            scheme: "http".to_owned(),
            authority: "localhost".to_owned(),
            path: "/".to_owned(),
            headers,
            body: Vec::new(),
            remote: None,
            received: 0,
        };
        Request::new(inner, false)
    }

    fn chosen(accept: &[&str]) -> Result<&'static str> {
        form(&request(accept), Home::Calendars, "text/calendar; charset=utf-8").map(|form| form.content_type())
    }

    #[test]
    fn the_stored_form_wins_where_nothing_else_is_liked_better() {
        for accept in [
            &[][..],
            &["*/*"],
            &["text/*, application/calendar+json;q=0.5"],
            &["text/calendar, application/calendar+json"],
        ] {
            assert_eq!(chosen(accept).unwrap(), "text/calendar", "{accept:?}");
        }
    }

    #[test]
    fn the_best_quality_decides_over_several_fields() {
        assert_eq!(
            chosen(&["text/calendar;q=0.2", "application/calendar+xml;q=0.3"]).unwrap(),
            "application/calendar+xml"
        );
        assert_eq!(chosen(&["application/calendar+json, */*;q=0.1"]).unwrap(), "application/calendar+json");
    }

    #[test]
    fn nothing_acceptable_is_406() {
        assert_eq!(chosen(&["image/png"]).unwrap_err().status, 406);
        assert_eq!(chosen(&["text/calendar;q=0"]).unwrap_err().status, 406);
    }

    #[test]
    fn a_card_is_given_in_the_version_that_is_asked_for() {
        let form =
            form(&request(&["text/vcard; version=4.0"]), Home::Addressbooks, "text/vcard; charset=utf-8").unwrap();
        assert_eq!(form.version, Some("4.0"));
        assert!(!form.is_stored());
    }
}
