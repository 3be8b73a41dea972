
#[test]
fn scratch() {
    use crate::{text::*, vcard::*};
    let cards: Vec<Vec<u8>> = (0..10_000).map(|n| format!("BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple\r\nUID:{n}\r\nFN:Person {n}\r\nN:{n};Person;;;\r\nEMAIL;type=HOME:p{n}@example.com\r\nTEL;type=CELL:+1 {n}\r\nADR;type=HOME:;;{n} Street;City;;1234;Germany\r\nitem1.URL:http://example.com\r\nitem1.X-ABLabel:foo\r\nNOTE:{}\r\nREV:2026-01-01T00:00:00Z\r\nEND:VCARD\r\n", "note ".repeat(10)).into_bytes()).collect();
    let text = TextTest { value: "person 77".into(), collation: Collation::UnicodeCasemap, kind: MatchType::Contains, negate: false };
    let f = |name: &str| PropFilter { name: name.into(), all: false, not_defined: false, texts: vec![text.clone()], params: vec![] };
    let q = Query { filters: vec![f("FN"), f("EMAIL")], all: false, projection: None };
    let t = std::time::Instant::now();
    let v = crate::query::evaluate(&cards, &q);
    println!("evaluate {:?} {}", t.elapsed(), v.iter().filter(|v| **v == Verdict::Unchanged).count());
    let t = std::time::Instant::now();
    for c in &cards { crate::inspection::inspect(c).unwrap(); }
    println!("inspect {:?}", t.elapsed());
    let t = std::time::Instant::now();
    for c in &cards { crate::conversion::convert(c.clone(), Format::Text, Format::Text, Some("4.0")).unwrap(); }
    println!("convert {:?}", t.elapsed());
    let photo = format!("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:x\r\nPHOTO;ENCODING=b;TYPE=JPEG:{}\r\nEND:VCARD\r\n", "QUJD\r\n ".repeat(1<<18)).into_bytes();
    let t = std::time::Instant::now();
    crate::inspection::inspect(&photo).unwrap();
    println!("photo inspect {} {:?}", photo.len(), t.elapsed());
    let t = std::time::Instant::now();
    crate::query::evaluate(&[photo.clone()], &q);
    println!("photo evaluate {:?}", t.elapsed());
    let t = std::time::Instant::now();
    crate::conversion::convert(photo, Format::Text, Format::Text, Some("4.0")).unwrap();
    println!("photo convert {:?}", t.elapsed());
}
