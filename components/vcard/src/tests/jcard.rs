//! jCard (RFC 7095).

use serde_json::{Value, json};

use super::{card, unfolded};
use crate::conversion::convert;
use crate::text::{Format, Rule};

fn to_json(lines: &[&str]) -> Vec<Value> {
    let json: Value = serde_json::from_slice(&convert(card(lines), Format::Text, Format::Json, None).unwrap()).unwrap();
    assert_eq!(json[0], "vcard");
    assert_eq!(json[1][0], json!(["version", {}, "text", "4.0"]));
    json[1].as_array().unwrap()[1..].to_vec()
}

fn to_text(properties: Value) -> Result<String, Rule> {
    let mut all = vec![json!(["version", {}, "text", "4.0"])];
    all.extend(properties.as_array().unwrap().clone());
    let json = json!(["vcard", all]).to_string().into_bytes();
    convert(json, Format::Json, Format::Text, None).map(|text| unfolded(&text)).map_err(|fault| fault.rule)
}

#[test]
fn values_have_their_forms() {
    for (line, expected) in [
        ("FN:Simon\\, P.", json!(["fn", {}, "text", "Simon, P."])),
        ("N:P;S;;;ing. jr,M.Sc.", json!(["n", {}, "text", ["P", "S", "", "", ["ing. jr", "M.Sc."]]])),
        ("BDAY:--0203", json!(["bday", {}, "date-and-or-time", "--02-03"])),
        ("ANNIVERSARY:20090808T1430-0500", json!(["anniversary", {}, "date-and-or-time", "2009-08-08T14:30-05:00"])),
        ("GENDER:M", json!(["gender", {}, "text", "M"])),
        ("LANG;PREF=1:fr", json!(["lang", {"pref": "1"}, "language-tag", "fr"])),
        ("ORG;TYPE=work:Viagenie", json!(["org", {"type": "work"}, "text", "Viagenie"])),
        (
            "ADR;TYPE=home;TYPE=pref:;;1\\;2;;;;",
            json!(["adr", {"type": ["home", "pref"]}, "text", ["", "", "1;2", "", "", "", ""]]),
        ),
        (
            "TEL;VALUE=uri;TYPE=\"work,voice\":tel:+1;ext=2",
            json!(["tel", {"type": ["work", "voice"]}, "uri", "tel:+1;ext=2"]),
        ),
        ("CATEGORIES:a,b\\,c", json!(["categories", {}, "text", "a", "b,c"])),
        ("TZ;VALUE=utc-offset:-0500", json!(["tz", {}, "utc-offset", "-05:00"])),
        ("REV:20260301T091530Z", json!(["rev", {}, "timestamp", "2026-03-01T09:15:30Z"])),
        ("UID:urn:uuid:1", json!(["uid", {}, "uri", "urn:uuid:1"])),
        ("UID:1", json!(["uid", {}, "text", "1"])),
        ("CONTACTS.X-FOO;P=q:a\\,b;c", json!(["x-foo", {"group": "CONTACTS", "p": "q"}, "unknown", "a\\,b;c"])),
        ("X-I;VALUE=integer:1,2", json!(["x-i", {}, "integer", 1, 2])),
        ("X-F;VALUE=float:1.5", json!(["x-f", {}, "float", 1.5])),
        ("X-B;VALUE=boolean:TRUE", json!(["x-b", {}, "boolean", true])),
        ("X-B;VALUE=boolean:maybe", json!(["x-b", {}, "boolean", "maybe"])),
        ("X-B;VALUE=boolean:TRUE,FALSE", json!(["x-b", {}, "boolean", true, false])),
        ("X-F;VALUE=float:NaN,-inf,1e999,2.5", json!(["x-f", {}, "float", "NaN", "-inf", "1e999", 2.5])),
        ("X-I;VALUE=integer:1,a\\,b", json!(["x-i", {}, "integer", 1, "a\\,b"])),
        ("X-D;VALUE=date:19850412,--0203", json!(["x-d", {}, "date", "1985-04-12", "--02-03"])),
        ("X-T;VALUE=time:102200,1430", json!(["x-t", {}, "time", "10:22:00", "14:30"])),
        (
            "X-D;VALUE=date-time:19850412T101530Z,19850413T101530Z",
            json!(["x-d", {}, "date-time", "1985-04-12T10:15:30Z", "1985-04-13T10:15:30Z"]),
        ),
        ("X-D;VALUE=date-and-or-time:19850412,T1015", json!(["x-d", {}, "date-and-or-time", "1985-04-12", "T10:15"])),
        (
            "X-D;VALUE=timestamp:19850412T101530Z,19850413T101530Z",
            json!(["x-d", {}, "timestamp", "1985-04-12T10:15:30Z", "1985-04-13T10:15:30Z"]),
        ),
        ("X-O;VALUE=utc-offset:-0500,+0130", json!(["x-o", {}, "utc-offset", "-05:00", "+01:30"])),
        ("X-L;VALUE=language-tag:en,de-CH", json!(["x-l", {}, "language-tag", "en", "de-CH"])),
        ("X-U;VALUE=uri:http://a.b/c,d", json!(["x-u", {}, "uri", "http://a.b/c,d"])),
        ("BDAY;VALUE=date:circa 1800, or so", json!(["bday", {}, "date", "circa 1800, or so"])),
    ] {
        let line = line.to_owned();
        assert_eq!(to_json(&["VERSION:4.0", "FN:", &line])[1], expected);
        let back = to_text(json!([expected])).unwrap_or_else(|rule| panic!("{rule:?}: {expected}"));
        let again = to_json(
            &back
                .split("\r\n")
                .filter(|line| line.contains(':'))
                .filter(|line| !line.contains("VCARD"))
                .collect::<Vec<_>>(),
        );
        assert_eq!(again.last(), Some(&expected), "{back}");
    }
}

#[test]
fn cards_of_3_0_are_written_as_4_0() {
    let json = to_json(&["VERSION:3.0", "FN:A", "PHOTO;ENCODING=b;TYPE=PNG:AAAA"]);
    assert_eq!(json[1], json!(["photo", {}, "uri", "data:image/png;base64,AAAA"]));
}

#[test]
fn types_other_than_the_default_are_said() {
    let text = to_text(json!([
        ["tel", {}, "uri", "tel:1"],
        ["bday", {}, "text", "circa"],
        ["x-a", {}, "unknown", "b;c"],
        ["x-a", {}, "text", "b;c"]
    ]));
    assert_eq!(
        text.unwrap(),
        "BEGIN:VCARD\r\nVERSION:4.0\r\nTEL;VALUE=uri:tel:1\r\nBDAY;VALUE=text:circa\r\nX-A:b;c\r\nX-A;VALUE=text:b\\;c\r\nEND:VCARD\r\n"
    );
}

#[test]
fn what_would_end_a_line_is_refused() {
    for property in [
        json!(["x-a", {}, "unknown", "b\r\nTEL:1"]),
        json!(["url", {}, "uri", "b\nTEL:1"]),
        json!(["x-a:\r\nb", {}, "text", "b"]),
        json!(["x-a", {"p\n": "b"}, "text", "b"]),
        json!(["x-a", {"p": "b\rc"}, "text", "b"]),
        json!(["x-a", {"group": "b c:"}, "text", "b"]),
        json!(["x-a", {}, "te\nxt", "b"]),
        json!(["x-a", {}, "text", "b\u{b}"]),
        json!(["x-a", {}, "text", {}]),
        json!(["x-a", {}, "text", [[["b"]]]]),
        json!(["x-a", {}, "text"]),
        json!(["end", {}, "text", "VCARD"]),
        json!(["Begin", {}, "text", "VCARD"]),
        json!(["end", {"group": "a"}, "text", "VCARD"]),
        json!(["x-a", [], "text", "b"]),
        json!("x-a"),
    ] {
        assert_eq!(to_text(json!([property])), Err(Rule::Syntax), "{property}");
    }
    let text = to_text(json!([["note", {"p": "a\nb\"^"}, "text", "b\r\nTEL:1"]])).unwrap();
    assert!(text.contains("NOTE;P=a^nb^'^^:b\\nTEL:1\r\n"), "{text}");
}

#[test]
fn what_is_no_jcard_is_refused() {
    for (content, rule) in [
        ("", Rule::Syntax),
        ("{}", Rule::Syntax),
        (r#"["vcalendar",[]]"#, Rule::Syntax),
        (r#"["vcard",[["fn",{},"text","A"]]]"#, Rule::Syntax),
        (r#"["vcard",[["version",{},"text","3.0"]]]"#, Rule::Unsupported),
        (r#"["vcard",[["version",{},"text","4.0"],["version",{},"text","3.0"]]]"#, Rule::Syntax),
        (r#"["vcard",[["version",{},"text","4.0"],["VERSION",{},"text","4.0"]]]"#, Rule::Syntax),
        (r#"[["vcard",[]],["vcard",[]]]"#, Rule::Resource),
        (&"[".repeat(100_000), Rule::Syntax),
    ] {
        let fault = convert(content.as_bytes().to_vec(), Format::Json, Format::Text, None).unwrap_err();
        assert_eq!(fault.rule, rule, "{content:.60}: {}", fault.message);
    }
}
