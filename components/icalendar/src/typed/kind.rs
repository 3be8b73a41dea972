//! Types of values (RFC 5545 §3.3, RFC 7265 §3.6): which one a property has, and how its text is written in the other
//! forms.

/// The type that a property has without a VALUE parameter, in lower case (RFC 5545, 7953, 7986, 9073, 9074, 9253);
/// `unknown` for one that is not known.
pub fn default_kind(name: &str) -> &'static str {
    match name {
        "ATTACH"
        | "TZURL"
        | "URL"
        | "IMAGE"
        | "CONFERENCE"
        | "SOURCE"
        | "LINK"
        | "STRUCTURED-DATA"
        | "CALENDAR-ADDRESS-URI"
        | "TZID-ALIAS-OF-URI" => "uri",
        "ATTENDEE" | "ORGANIZER" | "CALENDAR-ADDRESS" => "cal-address",
        "COMPLETED" | "CREATED" | "DTEND" | "DTSTAMP" | "DTSTART" | "DUE" | "EXDATE" | "LAST-MODIFIED" | "RDATE"
        | "RECURRENCE-ID" | "TZUNTIL" | "ACKNOWLEDGED" => "date-time",
        "DURATION" | "TRIGGER" | "REFRESH-INTERVAL" => "duration",
        "EXRULE" | "RRULE" => "recur",
        "FREEBUSY" => "period",
        "GEO" => "float",
        "PERCENT-COMPLETE" | "PRIORITY" | "REPEAT" | "SEQUENCE" => "integer",
        "TZOFFSETFROM" | "TZOFFSETTO" => "utc-offset",
        "ACTION" | "BUSYTYPE" | "CALSCALE" | "CATEGORIES" | "CLASS" | "COLOR" | "COMMENT" | "CONCEPT" | "CONTACT"
        | "DESCRIPTION" | "LOCATION" | "LOCATION-TYPE" | "METHOD" | "NAME" | "PARTICIPANT-TYPE" | "PRODID"
        | "PROXIMITY" | "REFID" | "RELATED-TO" | "REQUEST-STATUS" | "RESOURCES" | "RESOURCE-TYPE" | "STATUS"
        | "STYLED-DESCRIPTION" | "SUMMARY" | "TRANSP" | "TZID" | "TZID-ALIAS-OF" | "TZNAME" | "UID" | "VERSION" => {
            "text"
        }
        _ => "unknown",
    }
}

/// Whether a property says its type with VALUE also where that is the one it has without (RFC 7986 §5.7, §5.8, §5.10,
/// §5.11, RFC 9073 §6.5, §6.6, RFC 9253 §8.2): these have no default, or have to say it nevertheless.
pub fn always_says_kind(name: &str) -> bool {
    matches!(
        name,
        "REFRESH-INTERVAL" | "SOURCE" | "IMAGE" | "CONFERENCE" | "STYLED-DESCRIPTION" | "STRUCTURED-DATA" | "LINK"
    )
}

/// Whether a property's value is a list with commas: of a property that is not known, where no value of its type can
/// have one (RFC 7265 §3.4.1).
pub fn is_list(name: &str, kind: &str) -> bool {
    let has_no_comma = matches!(
        kind,
        "boolean" | "date" | "date-time" | "duration" | "float" | "integer" | "period" | "time" | "utc-offset"
    );
    matches!(name, "CATEGORIES" | "RESOURCES" | "EXDATE" | "RDATE" | "FREEBUSY")
        || (has_no_comma && default_kind(name) == "unknown")
}

/// The type of a parameter's values in xCal (RFC 6321 §3.5, appendix A).
pub fn parameter_kind(name: &str) -> &'static str {
    match name {
        "ALTREP" | "DIR" | "SCHEMA" => "uri",
        "DELEGATED-FROM" | "DELEGATED-TO" | "MEMBER" | "SENT-BY" => "cal-address",
        "RSVP" | "DERIVED" => "boolean",
        "GAP" => "duration",
        "CN" | "CUTYPE" | "ENCODING" | "FMTTYPE" | "FBTYPE" | "LANGUAGE" | "PARTSTAT" | "RANGE" | "RELATED"
        | "RELTYPE" | "ROLE" | "TZID" | "DISPLAY" | "EMAIL" | "FEATURE" | "LABEL" | "ORDER" | "LINKREL" => "text",
        _ => "unknown",
    }
}

/// A date, time or offset with the separators of RFC 3339; none where the text is not one.
pub fn separated(kind: &str, text: &str) -> Option<String> {
    match kind {
        "date" => shaped(text, "dddd-dd-dd"),
        "date-time" => shaped(text, "dddd-dd-ddTdd:dd:dd").or_else(|| shaped(text, "dddd-dd-ddTdd:dd:ddZ")),
        "time" => shaped(text, "dd:dd:dd").or_else(|| shaped(text, "dd:dd:ddZ")),
        "utc-offset" => shaped(text, "sdd:dd").or_else(|| shaped(text, "sdd:dd:dd")),
        _ => None,
    }
}

/// The same without the separators; none where the text does not have them.
pub fn joined(kind: &str, text: &str) -> Option<String> {
    let joined: String = match kind {
        "date" | "time" | "date-time" => text.chars().filter(|c| !matches!(c, '-' | ':')).collect(),
        "utc-offset" => text.chars().filter(|c| *c != ':').collect(),
        _ => return None,
    };
    (separated(kind, &joined)? == text).then_some(joined)
}

/// A text with the separators of a shape put in: `d` is a digit, `s` a sign, `T` and `Z` are themselves.
fn shaped(text: &str, shape: &str) -> Option<String> {
    let mut characters = text.chars();
    let mut out = String::with_capacity(shape.len());
    for expected in shape.chars() {
        if matches!(expected, '-' | ':') {
            out.push(expected);
            continue;
        }
        let character = characters.next()?;
        let fits = match expected {
            'd' => character.is_ascii_digit(),
            's' => matches!(character, '+' | '-'),
            _ => character == expected,
        };
        if !fits {
            return None;
        }
        out.push(character);
    }
    characters.next().is_none().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_come_and_go() {
        for (kind, text, with) in [
            ("date", "20240102", "2024-01-02"),
            ("date-time", "20240102T030405Z", "2024-01-02T03:04:05Z"),
            ("time", "030405", "03:04:05"),
            ("utc-offset", "-053020", "-05:30:20"),
        ] {
            assert_eq!(separated(kind, text).as_deref(), Some(with));
            assert_eq!(joined(kind, with).as_deref(), Some(text));
            assert_eq!(joined(kind, text), None);
        }
        assert_eq!(separated("date-time", "20240102"), None);
    }
}
