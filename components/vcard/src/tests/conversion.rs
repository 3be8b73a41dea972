//! 3.0 and 4.0, property by property.

use super::{card, to_version};

/// The line that a property of one version becomes in another.
fn converted(version: &str, line: &str, target: &str) -> Vec<String> {
    let text = to_version(&card(&[&format!("VERSION:{version}"), "FN:A", "N:A;;;;", line]), target);
    let rest = text
        .strip_prefix(&format!("BEGIN:VCARD\r\nVERSION:{target}\r\nFN:A\r\nN:A;;;;\r\n"))
        .unwrap_or_else(|| panic!("{text}"));
    rest.strip_suffix("END:VCARD\r\n").unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn properties_are_said_in_the_way_of_the_other_version() {
    for (old, new) in [
        ("PHOTO;ENCODING=b;TYPE=JPEG:AAAA", "PHOTO:data:image/jpeg;base64,AAAA"),
        ("LOGO;VALUE=uri:http://a.b/c", "LOGO:http://a.b/c"),
        ("SOUND;ENCODING=b;TYPE=WAVE:AAAA", "SOUND:data:audio/wav;base64,AAAA"),
        ("KEY;ENCODING=b;TYPE=PGP:AAAA", "KEY:data:application/pgp-keys;base64,AAAA"),
        ("KEY;ENCODING=b:AAAA", "KEY:data:application/octet-stream;base64,AAAA"),
        ("PHOTO;ENCODING=b;TYPE=application/pdf:AAAA", "PHOTO:data:application/pdf;base64,AAAA"),
        ("GEO:37.386;-122.08", "GEO:geo:37.386,-122.08"),
        ("TZ:-05:00", "TZ;VALUE=utc-offset:-0500"),
        ("TZ;VALUE=text:Europe/Berlin", "TZ:Europe/Berlin"),
        ("BDAY:1996-04-15", "BDAY:19960415"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-03-21", "BDAY:--0321"),
        ("BDAY;VALUE=text:circa 1800", "BDAY;VALUE=text:circa 1800"),
        ("REV:1995-10-31T22:27:10Z", "REV:19951031T222710Z"),
        ("X-ANNIVERSARY:2010-05-05", "ANNIVERSARY:20100505"),
        ("X-ADDRESSBOOKSERVER-KIND:group", "KIND:group"),
        ("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1", "MEMBER:urn:uuid:1"),
        ("EMAIL;TYPE=INTERNET;TYPE=pref:a@b", "EMAIL;TYPE=INTERNET;PREF=1:a@b"),
        ("AGENT;VALUE=uri:http://a.b/c", "RELATED;TYPE=agent:http://a.b/c"),
        ("item1.X-ABLabel:Chœur", "item1.X-ABLabel:Chœur"),
        ("X-FOO;X-P=\"a,b\",c;X-Q=\"d:e\":f\\;g;h\\,i,j", "X-FOO;X-P=\"a,b\",c;X-Q=\"d:e\":f\\;g;h\\,i,j"),
        ("NOTE:a\\nb\\, c; d", "NOTE:a\\nb\\, c; d"),
        ("CLASS:PRIVATE", "CLASS:PRIVATE"),
        ("UID:no-uri", "UID:no-uri"),
    ] {
        assert_eq!(converted("3.0", old, "4.0"), [new]);
        assert_eq!(converted("4.0", new, "3.0"), [old]);
    }
}

#[test]
fn some_ways_lead_in_one_direction() {
    for (line, expected) in [
        ("URL:http\\://a.b/c\\,d", "URL:http://a.b/c,d"),
        ("REV:2026-02-11T08:00:00.123Z", "REV:20260211T080000Z"),
        ("TEL;TYPE=\"WORK,VOICE,PREF\":1", "TEL;TYPE=WORK,VOICE;PREF=1:1"),
        ("PHOTO;ENCODING=B;TYPE=JPG;TYPE=HOME:AA\r\n AA", "PHOTO;TYPE=HOME:data:image/jpeg;base64,AAAA"),
        ("BDAY:some day", "BDAY:some day"),
    ] {
        assert_eq!(converted("3.0", line, "4.0"), [expected]);
    }
    for (line, expected) in [
        ("TEL;VALUE=uri;TYPE=\"work,voice\":tel:+1-418;ext=102", "TEL;TYPE=work,voice:+1-418\\;ext=102"),
        ("EMAIL;PREF=2:a@b", "EMAIL;PREF=2:a@b"),
        ("GEO:geo:1,2;u=3", "GEO:geo:1,2;u=3"),
        ("PHOTO:https://a.b/c", "PHOTO;VALUE=uri:https://a.b/c"),
        ("PHOTO:data:image/svg+xml,%3Csvg%3E", "PHOTO;VALUE=uri:data:image/svg+xml,%3Csvg%3E"),
        ("BDAY:1996", "BDAY:1996"),
    ] {
        assert_eq!(converted("4.0", line, "3.0"), [expected]);
    }
}

#[test]
fn labels_belong_to_addresses() {
    let old = card(&[
        "VERSION:3.0",
        "FN:A",
        "N:A;;;;",
        "ADR;TYPE=WORK:;;1;;;;",
        "ADR;TYPE=HOME:;;2;;;;",
        "LABEL;TYPE=home:2\\nB",
        "LABEL:alone",
    ]);
    let new = to_version(&old, "4.0");
    assert!(new.contains("ADR;TYPE=WORK:;;1;;;;\r\nADR;TYPE=HOME;LABEL=2^nB:;;2;;;;\r\nLABEL:alone\r\n"), "{new}");
    let back = to_version(new.as_bytes(), "3.0");
    assert!(back.contains("ADR;TYPE=HOME:;;2;;;;\r\nLABEL;TYPE=HOME:2\\nB\r\nLABEL:alone\r\n"), "{back}");
}

#[test]
fn a_sort_string_belongs_to_the_name() {
    let old = card(&["VERSION:3.0", "FN:A", "N:van der Harten;Rene;;;", "SORT-STRING:Harten\\,Rene"]);
    let new = to_version(&old, "4.0");
    assert!(
        new.contains("N;SORT-AS=\"Harten,Rene\":van der Harten;Rene;;;\r\n") && !new.contains("SORT-STRING"),
        "{new}"
    );
    let back = to_version(new.as_bytes(), "3.0");
    assert!(back.contains("N:van der Harten;Rene;;;\r\nSORT-STRING:Harten\\,Rene\r\n"), "{back}");
}

#[test]
fn required_names_are_made_of_what_is_there() {
    for (line, full) in [
        ("N:Public;John;Quinlan,Paul;Mr.;Esq.", "Mr. John Quinlan Paul Public Esq."),
        ("ORG:ABC\\, Inc.;Marketing", "ABC\\, Inc."),
        ("NICKNAME:Jim", "Jim"),
        ("EMAIL:a@b", "a@b"),
    ] {
        let text = to_version(&card(&["VERSION:3.0", line]), "4.0");
        assert!(text.starts_with(&format!("BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{full}\r\n")), "{text}");
    }
    let text = to_version(&card(&["VERSION:4.0", "FN:Acme; Ltd."]), "3.0");
    assert!(text.contains("\r\nN:Acme\\; Ltd.;;;;\r\n"), "{text}");
}

#[test]
fn vcard_2_1_is_written_as_3_0_and_4_0() {
    let old = card(&[
        "VERSION:2.1",
        "N;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:M=FCller;J=F6rg",
        "TEL;WORK;PREF:1",
        "ORG:M, Co. KG;Sales",
        "NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab=\r\nc",
        "PHOTO;GIF;BASE64:\r\n AA\r\n AA\r\n",
        "URL;VALUE=URL:http://a.b/c",
        "X GOOGLE TALK;HOME:x",
    ]);
    assert_eq!(
        to_version(&old, "3.0"),
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jörg Müller\r\nN:Müller;Jörg\r\nTEL;TYPE=WORK;TYPE=PREF:1\r\nORG:M\\, Co. KG;Sales\r\n\
         NOTE:a\\nbc\r\nPHOTO;TYPE=GIF;ENCODING=b:AAAA\r\nURL;VALUE=uri:http://a.b/c\r\nX GOOGLE TALK;TYPE=HOME:x\r\nEND:VCARD\r\n"
    );
    let new = to_version(&old, "4.0");
    assert!(
        new.contains("TEL;TYPE=WORK;PREF=1:1\r\n") && new.contains("PHOTO:data:image/gif;base64,AAAA\r\n"),
        "{new}"
    );
}

#[test]
fn a_card_in_a_card_becomes_a_value() {
    let old =
        card(&["VERSION:2.1", "N:F;Fred", "AGENT:", "BEGIN:VCARD", "VERSION:2.1", "N:A;Ann", "END:VCARD", "TEL:1"]);
    let new = to_version(&old, "3.0");
    assert!(new.contains("AGENT:BEGIN:VCARD\\nVERSION:2.1\\nN:A\\;Ann\\nEND:VCARD\r\nTEL:1\r\n"), "{new}");
}
