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

/// RFC 2426 §3.7.2 has a KEY that is text; RFC 6350 §6.6.6 and §6.8.1 have texts where they expect a URI.
#[test]
fn texts_where_a_uri_is_expected_keep_their_escapes() {
    let key = "-----BEGIN PGP-----\\nVersion: 1\\n\\nmQGiBD\\, C:\\\\new\\n-----END-----";
    for (head, expected) in [
        ("KEY;VALUE=text", "KEY;VALUE=text"),
        ("KEY", "KEY;VALUE=text"),
        ("KEY;TYPE=PGP", "KEY;TYPE=PGP;VALUE=text"),
        ("RELATED", "RELATED;VALUE=text"),
    ] {
        let new = format!("{expected}:{key}");
        assert_eq!(converted("3.0", &format!("{head}:{key}"), "4.0"), [new.as_str()]);
        assert_eq!(converted("4.0", &new, "3.0"), [new.as_str()]);
    }
    for line in ["RELATED;VALUE=text:Call Jane\\, first\\nthen\\; me", "KEY;VALUE=text:a:b\\nc", "UID:a\\,b\\nc"] {
        assert_eq!(converted("3.0", line, "4.0"), [line]);
        assert_eq!(converted("4.0", line, "3.0"), [line]);
    }
    assert_eq!(converted("4.0", &format!("KEY:{key}"), "3.0"), [format!("KEY;VALUE=text:{key}")]);
    assert_eq!(converted("3.0", "PHOTO;VALUE=uri:a\\,b.png", "4.0"), ["PHOTO:a,b.png"]);
}

/// A data URI is percent-encoded (RFC 2397 §3), some libraries escape its comma as that of a text, and `base64` has no
/// case.
#[test]
fn data_uris_become_base64_however_they_are_written() {
    for (line, expected) in [
        ("PHOTO:data:image/jpeg;base64,AA%2BA%3D%3D", "PHOTO;ENCODING=b;TYPE=JPEG:AA+A=="),
        ("PHOTO:data:image/jpeg;base64\\,AAAA", "PHOTO;ENCODING=b;TYPE=JPEG:AAAA"),
        ("PHOTO;VALUE=uri:DATA:image/jpeg;BASE64,AA%0D%0AAA", "PHOTO;ENCODING=b;TYPE=JPEG:AAAA"),
        ("PHOTO:data:;base64,AAAA", "PHOTO;ENCODING=b:AAAA"),
        ("PHOTO:data:image/jpeg;base64,%C3%A9", "PHOTO;VALUE=uri:data:image/jpeg;base64,%C3%A9"),
        ("PHOTO:data:image/jpeg;base64,A%", "PHOTO;VALUE=uri:data:image/jpeg;base64,A%"),
    ] {
        assert_eq!(converted("4.0", line, "3.0"), [expected]);
    }
}

#[test]
fn a_media_type_is_said_once_and_in_the_uri() {
    for (line, expected) in [
        ("PHOTO;ENCODING=b;MEDIATYPE=image/jpeg:AAAA", "PHOTO:data:image/jpeg;base64,AAAA"),
        ("PHOTO;ENCODING=b;TYPE=HOME;MEDIATYPE=image/jpeg:AAAA", "PHOTO;TYPE=HOME:data:image/jpeg;base64,AAAA"),
        ("KEY;ENCODING=b;MEDIATYPE=\"text/plain;charset=utf-8\":AAAA", "KEY:data:text/plain;charset=utf-8;base64,AAAA"),
        ("PHOTO;ENCODING=b;TYPE=PNG;MEDIATYPE=a/b:AAAA", "PHOTO;MEDIATYPE=a/b:data:image/png;base64,AAAA"),
        // What would end the line, or the media type, is none.
        ("PHOTO;ENCODING=b;TYPE=a^nEND:AAAA", "PHOTO;TYPE=a^nEND:data:application/octet-stream;base64,AAAA"),
    ] {
        assert_eq!(converted("3.0", line, "4.0"), [expected]);
    }
}

/// RFC 6350 §6.3.1 has the second way in its example, RFC 6868 the first.
#[test]
fn a_label_has_its_line_breaks_in_either_way() {
    for label in
        ["\"Mr. Public, Esq.^nMail Drop\"", "\"Mr. Public, Esq.\\nMail Drop\"", "\"Mr. Public, Esq.\\NMail Drop\""]
    {
        let lines = converted("4.0", &format!("ADR;LABEL={label}:;;1;;;;"), "3.0");
        assert_eq!(lines, ["ADR:;;1;;;;", "LABEL:Mr. Public\\, Esq.\\nMail Drop"]);
    }
}

/// KIND and ANNIVERSARY may be there once (RFC 6350 §6.1.4, §6.2.6), MEMBER many times.
#[test]
fn a_name_of_3_0_stays_beside_that_of_4_0() {
    let both = [
        "VERSION:3.0",
        "FN:A",
        "N:A;;;;",
        "X-ANNIVERSARY:2010-05-05",
        "ANNIVERSARY:2011-06-06",
        "KIND:org",
        "X-ADDRESSBOOKSERVER-KIND:group",
        "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1",
        "MEMBER:urn:uuid:2",
    ];
    let new = to_version(&card(&both), "4.0");
    assert!(
        new.contains(
            "X-ANNIVERSARY:2010-05-05\r\nANNIVERSARY:20110606\r\nKIND:org\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n\
             MEMBER:urn:uuid:1\r\nMEMBER:urn:uuid:2\r\n"
        ),
        "{new}"
    );
    let back = to_version(new.as_bytes(), "3.0");
    assert!(back.contains("X-ANNIVERSARY:2010-05-05\r\nANNIVERSARY:2011-06-06\r\n"), "{back}");
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

/// vCard 2.1 has one escape, that of a semicolon.
#[test]
fn backslashes_in_quoted_printable_are_themselves() {
    for (value, expected) in [
        ("C:=5Cnew=5cN", "C:\\\\new\\\\N"),
        ("=5C=5Cserver", "\\\\\\\\server"),
        ("a=5C=3Bb=5C;c\\;d", "a\\;b\\;c\\;d"),
        ("=3D5Cn=0Ab", "=5Cn\\nb"),
    ] {
        let old = card(&["VERSION:2.1", "N:A", &format!("NOTE;ENCODING=QUOTED-PRINTABLE:{value}")]);
        let new = to_version(&old, "3.0");
        assert!(new.contains(&format!("\r\nNOTE:{expected}\r\n")), "{new}");
    }
    let of_3_0 = converted("3.0", "NOTE;ENCODING=QUOTED-PRINTABLE:a=5Cnb=5C, c", "4.0");
    assert_eq!(of_3_0, ["NOTE:a\\nb\\, c"], "3.0 has more escapes");
}

#[test]
fn a_card_in_a_card_becomes_a_value() {
    let old =
        card(&["VERSION:2.1", "N:F;Fred", "AGENT:", "BEGIN:VCARD", "VERSION:2.1", "N:A;Ann", "END:VCARD", "TEL:1"]);
    let new = to_version(&old, "3.0");
    assert!(new.contains("AGENT:BEGIN:VCARD\\nVERSION:2.1\\nN:A\\;Ann\\nEND:VCARD\r\nTEL:1\r\n"), "{new}");
}
