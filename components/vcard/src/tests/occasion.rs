//! The days of a card that come back every year, as the index has them.

use super::card;
use crate::inspection::inspect;

fn occasions(lines: &[&str]) -> Vec<(String, String)> {
    let card = card(&[&["VERSION:3.0", "UID:1"], lines].concat());
    let mut texts = inspect(&card).unwrap().texts;
    texts.retain(|(name, _)| name == "BDAY" || name == "ANNIVERSARY");
    texts
}

fn birthday(line: &str) -> Option<String> {
    occasions(&["FN:Ann", line]).pop().map(|(_, text)| text)
}

#[test]
fn dates_are_read_as_producers_write_them() {
    for line in [
        "BDAY:19800415",
        "BDAY:1980-04-15",
        "BDAY;VALUE=date:1980-04-15",
        "BDAY;VALUE=DATE-AND-OR-TIME:19800415T102200Z",
        "BDAY:1980-04-15T00:00:00Z",
        "item1.bday: 1980-04-15 ",
        "BDAY;CALSCALE=gregorian:19800415",
    ] {
        assert_eq!(birthday(line).as_deref(), Some("19800415 Ann"), "{line}");
    }
    for line in [
        "BDAY:--0415",
        "BDAY:--04-15",
        "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15",
        "BDAY;VALUE=date;X-APPLE-OMIT-YEAR=1604:16040415",
        "BDAY:0000-04-15",
    ] {
        assert_eq!(birthday(line).as_deref(), Some("--0415 Ann"), "{line}");
    }
    assert_eq!(birthday("BDAY:--02-29").as_deref(), Some("--0229 Ann"));
    assert_eq!(birthday("BDAY:2000-02-29").as_deref(), Some("20000229 Ann"));
}

#[test]
fn what_is_no_day_does_not_come_back() {
    for line in [
        "BDAY:1980",
        "BDAY:1980-04",
        "BDAY:---15",
        "BDAY:--04",
        "BDAY:19800431",
        "BDAY:19810229",
        "BDAY:19801315",
        "BDAY:19800400",
        "BDAY;VALUE=text:circa 1800",
        "BDAY:",
        "BDAY:T102200",
        "BDAY:\u{e9}\u{e9}\u{e9}",
        "X-BDAY:19800415",
    ] {
        assert_eq!(birthday(line), None, "{line}");
    }
}

#[test]
fn anniversaries_have_many_names() {
    for lines in [
        ["ANNIVERSARY:20050520", "NOTE:x"],
        ["X-ANNIVERSARY:2005-05-20", "NOTE:x"],
        ["X-EVOLUTION-ANNIVERSARY:2005-05-20", "NOTE:x"],
        ["X-KADDRESSBOOK-X-Anniversary:2005-05-20", "NOTE:x"],
        ["X-MS-ANNIVERSARY:20050520", "NOTE:x"],
        ["item1.X-ABDATE;type=pref:2005-05-20", "item1.X-ABLabel:_$!<Anniversary>!$_"],
        ["ITEM2.X-ABDATE:2005-05-20", "item2.X-ABLabel:Anniversary"],
    ] {
        let expected = [("ANNIVERSARY".to_owned(), "20050520 Ann".to_owned())];
        assert_eq!(occasions(&[&["FN:Ann"], &lines[..]].concat()), expected, "{lines:?}");
    }
    for lines in [
        ["item1.X-ABDATE:2005-05-20", "item1.X-ABLabel:_$!<Other>!$_"],
        ["item1.X-ABDATE:2005-05-20", "item2.X-ABLabel:_$!<Anniversary>!$_"],
        ["X-ABDATE:2005-05-20", "X-ABLabel:Anniversary"],
    ] {
        assert!(occasions(&[&["FN:Ann"], &lines[..]].concat()).is_empty(), "{lines:?}");
    }
}

#[test]
fn the_name_is_as_written_or_what_else_there_is() {
    let named = |lines: &[&str]| occasions(&[&["BDAY:--0415"], lines].concat()).pop().map(|(_, text)| text);
    assert_eq!(named(&["FN:Zo\u{eb}\\, \\n M\u{dc}LLER "]).as_deref(), Some("--0415 Zo\u{eb}, M\u{dc}LLER"));
    assert_eq!(named(&["FN:", "N:M\u{fc}ller\\, jr;Ann;;;"]).as_deref(), Some("--0415 Ann M\u{fc}ller, jr"));
    assert_eq!(named(&["ORG:Acme\\; Ltd;R&D"]).as_deref(), Some("--0415 Acme; Ltd"));
    let long = format!("FN:{}", "x".repeat(1000));
    assert_eq!(named(&[&long]).map(|text| text.len()), Some(207));
}

#[test]
fn the_first_that_is_a_day_counts() {
    let both = occasions(&["FN:Ann", "BDAY:1980", "BDAY:19800415", "BDAY:19810415", "ANNIVERSARY:20050520"]);
    let texts: Vec<&str> = both.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["20050520 Ann", "19800415 Ann"]);
}
