//! The other forms of iCalendar: jCal (RFC 7265) and xCal (RFC 6321). Both say of each value what type it has; so a
//! property is first given its type ([`property`]), and each form is then a way to write that.

mod json;
mod kind;
mod property;
mod xml;

use crate::fault;
use crate::syntax::{Component, DEPTH, PARAMETERS, is_name, read, write};
use crate::text::{Fault, Format};

/// One form into another.
pub fn convert(object: &[u8], source: Format, to: Format) -> Result<Vec<u8>, Fault> {
    let calendar = match source {
        Format::Text => read(object)?,
        Format::Json => {
            bounded(object, b",[{", "too many values")?;
            json::read(object).and_then(writable).map_err(|message| fault::syntax(0, &message))?
        }
        Format::Xml => {
            bounded(object, b"<", "too many elements")?;
            xml::read(object).and_then(writable).map_err(|message| fault::syntax(0, &message))?
        }
    };
    encode(&calendar, to)
}

/// Values of jCal and tags of xCal.
const PIECES: usize = 1_000_000;

/// Refuses an object in which there may be more values or elements than are read, by the octets that begin one.
fn bounded(object: &[u8], beginnings: &[u8], message: &str) -> Result<(), Fault> {
    let pieces = object.iter().filter(|octet| beginnings.contains(octet)).count();
    if pieces > PIECES { Err(fault::bound(0, message)) } else { Ok(()) }
}

/// Refuses a property with more parameters than are read.
fn few_parameters(many: usize) -> Result<(), String> {
    if many > PARAMETERS { Err("too many parameters".to_string()) } else { Ok(()) }
}

/// A calendar of another form, where content lines can hold it: what is written of it can be read.
fn writable(calendar: Component) -> Result<Component, String> {
    if calendar.name != "VCALENDAR" {
        return Err(format!("a {} and no VCALENDAR", calendar.name));
    }
    parts_writable(&calendar, 1)?;
    Ok(calendar)
}

fn parts_writable(component: &Component, depth: usize) -> Result<(), String> {
    if depth > DEPTH {
        return Err("components nested too deeply".to_string());
    }
    for property in &component.properties {
        if matches!(property.name.as_str(), "BEGIN" | "END") {
            return Err(format!("a property {}", property.name));
        }
        let mut texts = property.params.iter().flat_map(|parameter| &parameter.values).chain([&property.value]);
        if texts.any(|text| text.contains('\0')) {
            return Err("a NUL character".to_string());
        }
    }
    component.components.iter().try_for_each(|component| match component.name.as_str() {
        "VCALENDAR" => Err("a VCALENDAR inside of another component".to_string()),
        _ => parts_writable(component, depth + 1),
    })
}

/// A calendar in a form.
pub fn encode(calendar: &Component, to: Format) -> Result<Vec<u8>, Fault> {
    Ok(match to {
        Format::Text => write(calendar).into_bytes(),
        Format::Json => json::write(calendar).into_bytes(),
        Format::Xml => xml::write(calendar).into_bytes(),
    })
}

/// A name from another form, upper case; refused where it could not stand in a content line.
fn name(name: &str) -> Result<String, String> {
    if is_name(name) { Ok(name.to_ascii_uppercase()) } else { Err(format!("{name:?} is no name")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7265's example with a TZID, a PERIOD in an RDATE and an override, as text.
    const RECURRING: &str = "BEGIN:VCALENDAR\r\nCALSCALE:GREGORIAN\r\nPRODID:-//Example Inc.//Example Client//EN\r\n\
        VERSION:2.0\r\nBEGIN:VTIMEZONE\r\nLAST-MODIFIED:20040110T032845Z\r\nTZID:US/Eastern\r\nBEGIN:DAYLIGHT\r\n\
        DTSTART:20000404T020000\r\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4\r\nTZNAME:EDT\r\nTZOFFSETFROM:-0500\r\n\
        TZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTAMP:20060206T001121Z\r\n\
        DTSTART;TZID=US/Eastern:20060102T120000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=5\r\n\
        RDATE;TZID=US/Eastern;VALUE=PERIOD:20060102T150000/PT2H\r\nSUMMARY:Event #2\r\n\
        DESCRIPTION:We are having a meeting all this week at 12pm fo\r\n r one hour\\, with an additional meeting on the first day 2 hours long.\\n\r\n \
        Please bring your own lunch for the 12 pm meetings.\r\nUID:00959BC664CA650E933C892C@example.com\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nDTSTAMP:20060206T001121Z\r\nDTSTART;TZID=US/Eastern:20060104T140000\r\nDURATION:PT1H\r\n\
        RECURRENCE-ID;TZID=US/Eastern:20060104T120000\r\nSUMMARY:Event #2 bis\r\nUID:00959BC664CA650E933C892C@example.com\r\n\
        END:VEVENT\r\nEND:VCALENDAR\r\n";

    fn there_and_back(text: &str) {
        let original = read(text.as_bytes()).unwrap();
        for form in [Format::Json, Format::Xml] {
            let converted = convert(text.as_bytes(), Format::Text, form).unwrap();
            let back = convert(&converted, form, Format::Text).unwrap();
            let mut back = read(&back).unwrap();
            let mut original = original.clone();
            settle(&mut back);
            settle(&mut original);
            assert_eq!(back, original, "{}", String::from_utf8_lossy(&converted));
        }
    }

    /// Leaves out what has no meaning: line numbers, and the order of parameters.
    fn settle(component: &mut Component) {
        component.line = 0;
        for property in &mut component.properties {
            property.line = 0;
            property.params.sort_by(|one, other| one.name.cmp(&other.name));
        }
        component.components.iter_mut().for_each(settle);
    }

    #[test]
    fn there_and_back_again() {
        there_and_back(RECURRING);
        there_and_back(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nX-A;X-P=1,\"a;b\":raw\\,text\\;with\\nescapes\r\nGEO:37.386013;-122.082932\r\n\
             REQUEST-STATUS:2.8;Success\\; repeated;RRULE:FREQ=WEEKLY\\;INTERVAL=2\r\nCATEGORIES:a,b\\,c\r\n\
             DTSTART;VALUE=DATE:20240101\r\nEXDATE;VALUE=DATE:20240102,20240103\r\nPRIORITY:1\r\nATTACH;VALUE=BINARY;ENCODING=BASE64:AAAA\r\n\
             FREEBUSY:19970308T160000Z/PT3H,19970308T200000Z/19970308T210000Z\r\nSUMMARY:a\r\n\
             RRULE:FREQ=YEARLY;UNTIL=20300101T000000Z;BYDAY=-1SU,2MO;BYMONTH=1,2;INTERVAL=2\r\nX-TWICE;VALUE=RECUR:FREQ=DAILY;COUNT=2;COUNT=3\r\n\
             ATTENDEE;MEMBER=\"mailto:a@x\",\"mailto:b@x\";RSVP=TRUE:mailto:c@x\r\nDTEND:not a time\r\n\
             BEGIN:VALARM\r\nTRIGGER;VALUE=DATE-TIME:19970317T133000Z\r\nREPEAT:4\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        );
    }

    /// RFC 6321 §3.4.1.3 has three elements; what is not escaped in the last belongs to it.
    #[test]
    fn a_status_with_more_parts_than_there_are_loses_none() {
        let text = "BEGIN:VCALENDAR\r\nREQUEST-STATUS:3.7;Unknown;ATTENDEE;CN=a:mailto:a@x\r\nEND:VCALENDAR\r\n";
        let xml = convert(text.as_bytes(), Format::Text, Format::Xml).unwrap();
        let back = String::from_utf8(convert(&xml, Format::Xml, Format::Text).unwrap()).unwrap();
        assert_eq!(back, text.replace("ATTENDEE;", "ATTENDEE\\;"));
    }

    #[test]
    fn jcal_is_that_of_the_rfc() {
        let json = convert(RECURRING.as_bytes(), Format::Text, Format::Json).unwrap();
        let json = String::from_utf8(json).unwrap();
        for part in [
            r#"["dtstart",{"tzid":"US/Eastern"},"date-time","2006-01-02T12:00:00"]"#,
            r#"["rdate",{"tzid":"US/Eastern"},"period",["2006-01-02T15:00:00","PT2H"]]"#,
            r#"["rrule",{},"recur",{"freq":"DAILY","count":5}]"#,
            r#"["recurrence-id",{"tzid":"US/Eastern"},"date-time","2006-01-04T12:00:00"]"#,
            r#"["tzoffsetfrom",{},"utc-offset","-05:00"]"#,
            r#"["rrule",{},"recur",{"freq":"YEARLY","byday":"1SU","bymonth":4}]"#,
        ] {
            assert!(json.contains(part), "{part} in {json}");
        }
    }

    /// RFC 7986 §5.7, §5.8, §5.10, §5.11, RFC 9073 §6.5, §6.6 and RFC 9253 §8.2.
    #[test]
    fn a_property_that_has_to_say_its_type_does() {
        let json = r#"["vcalendar",[
            ["refresh-interval",{},"duration","P1W"],["source",{},"uri","https://s"],["image",{"display":"BADGE"},"uri","https://i"],
            ["url",{},"uri","https://u"]],[["vevent",[
            ["conference",{},"uri","tel:1"],["structured-data",{},"uri","https://d"],["styled-description",{},"text","<p>"],
            ["link",{},"uri","https://l"],["image",{"encoding":"BASE64"},"binary","AAAA"],["summary",{},"text","s"]],[]]]]"#;
        let expected = "REFRESH-INTERVAL;VALUE=DURATION:P1W\r\nSOURCE;VALUE=URI:https://s\r\nIMAGE;VALUE=URI;DISPLAY=BADGE:https://i\r\n\
            URL:https://u\r\nBEGIN:VEVENT\r\nCONFERENCE;VALUE=URI:tel:1\r\nSTRUCTURED-DATA;VALUE=URI:https://d\r\n\
            STYLED-DESCRIPTION;VALUE=TEXT:<p>\r\nLINK;VALUE=URI:https://l\r\nIMAGE;VALUE=BINARY;ENCODING=BASE64:AAAA\r\nSUMMARY:s\r\n";
        let from_json = convert(json.as_bytes(), Format::Json, Format::Text).unwrap();
        let xml = convert(json.as_bytes(), Format::Json, Format::Xml).unwrap();
        for text in [from_json, convert(&xml, Format::Xml, Format::Text).unwrap()] {
            let text = String::from_utf8(text).unwrap();
            assert!(text.contains(expected), "{text}");
        }
    }

    /// RFC 6321 appendix A: `xsd:boolean`.
    #[test]
    fn truth_values_of_parameters_are_in_lower_case_in_xml() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE;RSVP=TRUE;CN=TRUE;X-A=TRUE:mailto:a@x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let xml = String::from_utf8(convert(text.as_bytes(), Format::Text, Format::Xml).unwrap()).unwrap();
        assert!(xml.contains("<rsvp><boolean>true</boolean></rsvp><cn><text>TRUE</text></cn>"), "{xml}");
        there_and_back(text);
    }

    /// RFC 7265 §3.4.1: values of a list are apart. A number or a time has no comma in it, whatever property it is of;
    /// other values may.
    #[test]
    fn lists_of_numbers_and_times_are_apart_also_where_the_property_is_not_known() {
        let text = "BEGIN:VCALENDAR\r\nX-N;VALUE=INTEGER:1,2\r\nX-D;VALUE=DATE:20260101,20260102\r\n\
            X-P;VALUE=PERIOD:20260101T000000Z/PT1H,20260102T000000Z/PT2H\r\nX-U;VALUE=URI:https://a,b\r\nX-A:1,2\r\nEND:VCALENDAR\r\n";
        let json = String::from_utf8(convert(text.as_bytes(), Format::Text, Format::Json).unwrap()).unwrap();
        for part in [
            r#"["x-n",{},"integer",1,2]"#,
            r#"["x-d",{},"date","2026-01-01","2026-01-02"]"#,
            r#"["x-p",{},"period",["2026-01-01T00:00:00Z","PT1H"],["2026-01-02T00:00:00Z","PT2H"]]"#,
            r#"["x-u",{},"uri","https://a,b"]"#,
            r#"["x-a",{},"unknown","1,2"]"#,
        ] {
            assert!(json.contains(part), "{part} in {json}");
        }
        there_and_back(text);
    }

    #[test]
    fn what_is_not_a_form_is_refused() {
        for json in [
            "",
            "{}",
            "[\"vcalendar\",[],[]",
            "[\"vevent\",[],[]]",
            "[\"vcalendar\",[[\"a\\nb\",{},\"text\",\"\"]],[]]",
        ] {
            assert!(convert(json.as_bytes(), Format::Json, Format::Text).is_err(), "{json}");
        }
        for xml in ["", "<a/>", "<icalendar>", "<!DOCTYPE a [<!ENTITY b 'c'>]><icalendar/>"] {
            assert!(convert(xml.as_bytes(), Format::Xml, Format::Text).is_err(), "{xml}");
        }
    }
}
