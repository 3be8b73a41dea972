//! One file with all of a calendar or an address book in it.

use super::{Listed, Offer, scan, split};
use crate::collection::{Collection, Kind, segment};
use crate::dav::xml::DAV;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What is in the file: one collection, named `into` or like the file.
pub fn offers(path: &Path, into: Option<&str>) -> Result<Vec<Listed>> {
    let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let kind = kind(&content).with_context(|| format!("{}: neither calendar nor cards", path.display()))?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("imported");
    let mut collection = Collection::new(kind);
    if into.is_none() {
        let title = scan::title(&content);
        collection.set(DAV, "displayname", Some(title.as_deref().unwrap_or(stem)));
    }
    let file = path.display().to_string();
    let objects = move || Ok(split::split(&content, kind, &file));
    let segment = segment(into.unwrap_or(stem));
    Ok(vec![Ok(Offer { account: None, segment, collection, objects: Box::new(objects), said: BTreeMap::new() })])
}

/// What the first BEGIN says.
fn kind(content: &[u8]) -> Result<Kind> {
    let begin = content.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin).trim_ascii().to_ascii_uppercase();
    match begin.as_slice() {
        b"BEGIN:VCALENDAR" => Ok(Kind::Calendar),
        b"BEGIN:VCARD" => Ok(Kind::AddressBook),
        _ => bail!("it begins with neither BEGIN:VCALENDAR nor BEGIN:VCARD"),
    }
}
