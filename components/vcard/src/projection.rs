//! CARDDAV:address-data (RFC 6352 §10.4): which properties, in which form.

use crate::card::Card;
use crate::conversion;
use crate::legacy;
use crate::lines::Line;
use crate::property::{self, Property};
use crate::text::{Fault, Format};
use crate::vcard::Projection;

/// What a projection gives of a card; none where that is the card itself. VERSION is always there. Faults are those of
/// `convert`.
pub fn project(card: &Card<'_>, projection: &Projection) -> Result<Option<Vec<u8>>, Fault> {
    let target = conversion::target(projection.format, projection.version.as_deref(), card.version)?;
    if projection.format == Format::Text && target == card.version {
        return Ok((!projection.props.is_empty()).then(|| select_lines(card, &projection.props)));
    }
    let properties = card.properties().collect::<Result<Vec<_>, _>>()?;
    let mut properties = conversion::to_version(properties, card.version, target);
    if !projection.props.is_empty() {
        select(&mut properties, &projection.props);
    }
    Ok(Some(conversion::write(&properties, projection.format, target)))
}

/// Leaves the properties asked for.
fn select(properties: &mut Vec<Property>, props: &[(String, bool)]) {
    let asked =
        |property: &Property| props.iter().find(|(name, _)| property.answers_to(name)).map(|(_, no_value)| *no_value);
    properties.retain(|property| asked(property).is_some());
    for property in properties {
        if asked(property) == Some(true) {
            property.value.clear();
        }
    }
}

/// The lines of the properties asked for, as they are stored.
fn select_lines(card: &Card<'_>, props: &[(String, bool)]) -> Vec<u8> {
    let mut out = b"BEGIN:VCARD\r\n".to_vec();
    for line in &card.lines {
        match props.iter().find(|(name, _)| line.is(name)) {
            _ if line.is("VERSION") => write_as_stored(line, &mut out),
            Some((_, true)) => write_without_value(line, &mut out),
            Some((_, false)) => write_as_stored(line, &mut out),
            None => {}
        }
    }
    out.extend_from_slice(b"END:VCARD\r\n");
    out
}

fn write_as_stored(line: &Line<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(line.raw);
    if !line.raw.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
}

fn write_without_value(line: &Line<'_>, out: &mut Vec<u8>) {
    let text = line.text();
    let text = String::from_utf8_lossy(&text);
    let head = legacy::split_head(&text).map_or(text.as_ref(), |(head, _)| head);
    let mut folded = String::new();
    property::fold(&format!("{head}:"), &mut folded);
    out.extend_from_slice(folded.as_bytes());
}
