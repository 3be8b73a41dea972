//! Tests of whole functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bounds;
mod conversion;
mod corpus;
mod inspection;
mod jcard;
mod occasion;
mod producers;
mod query;

use crate::text::{Fault, Format};

/// Lines as a card has them, with CRLF.
fn card(lines: &[&str]) -> Vec<u8> {
    let all = [&["BEGIN:VCARD"], lines, &["END:VCARD"]].concat();
    format!("{}\r\n", all.join("\r\n")).into_bytes()
}

/// A text converted to a version, without its folds.
fn to_version(content: &[u8], version: &str) -> String {
    let converted = crate::conversion::convert(content.to_vec(), Format::Text, Format::Text, Some(version)).unwrap();
    unfolded(&converted)
}

fn unfolded(content: &[u8]) -> String {
    String::from_utf8(content.to_vec()).unwrap().replace("\r\n ", "")
}

fn message(fault: &Fault) -> String {
    format!("{:?}, line {}: {}", fault.rule, fault.line, fault.message)
}
