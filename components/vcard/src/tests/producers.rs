//! The cards in `tests/corpus/vcard-producers`, as programs wrote them: nothing is lost on the way through other
//! versions and jCard.

use std::fs;
use std::path::PathBuf;

use super::corpus::{convert, meanings, properties};
use super::message;
use crate::card::{self, Card, Version};
use crate::conversion::RENAMED;
use crate::inspection::inspect;
use crate::property::Property;
use crate::text::{Format, Rule};

/// Each card, and the file it is in.
fn cards() -> Vec<(String, Vec<u8>)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/vcard-producers");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut cards: Vec<(String, Vec<u8>)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "vcf"))
        .flat_map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let split = card::split(&fs::read(&path).unwrap());
            let split = split.unwrap_or_else(|fault| panic!("{name}: {}", message(&fault)));
            split.into_iter().map(move |card| (name.clone(), card))
        })
        .collect();
    cards.sort();
    assert!(cards.len() > 50, "there are {} cards", cards.len());
    cards
}

/// Every card can be read to its last line, and stored where it has a UID and a name.
#[test]
fn cards_of_producers_are_accepted() {
    let mut stored = 0;
    for (name, card) in cards() {
        let has =
            |wanted: &str| properties(&card).iter().any(|property| property.is(wanted) && !property.value.is_empty());
        match inspect(&card) {
            Ok(inspection) => {
                assert!(has("UID") && !inspection.uid.is_empty(), "{name}");
                stored += 1;
            }
            Err(fault) => {
                assert_eq!(fault.rule, Rule::Resource, "{name}: {}", message(&fault));
                assert!(!has("UID") || !has("FN"), "{name}: {}", message(&fault));
            }
        }
    }
    assert!(stored > 30, "{stored}");
}

/// What a card says, and what conversion makes where the other version requires it. A name that its version does not
/// know comes back as the one that it does.
fn expected(card: &[u8], back: &[Property]) -> Vec<Property> {
    let mut expected = properties(card);
    for required in ["FN", "N"] {
        let made = back.iter().find(|property| property.is(required));
        if let Some(made) = made.filter(|_| !expected.iter().any(|property| property.is(required))) {
            expected.push(made.clone());
        }
    }
    let is_3_0 = Card::read(card).unwrap().version != Version::V4_0;
    for property in expected.iter_mut().filter(|_| is_3_0) {
        if let Some((old, _)) = RENAMED.iter().find(|(_, new)| property.is(new)) {
            property.name = (*old).to_owned();
        }
    }
    for telephone in expected.iter_mut().filter(|property| property.is("TEL")) {
        telephone.value = telephone.value.trim_start_matches("tel:").to_owned();
    }
    expected
}

#[test]
fn cards_of_producers_come_back_from_the_other_version() {
    for (name, card) in cards() {
        let (there, here) = match Card::read(&card).unwrap().version {
            Version::V4_0 => ("3.0", "4.0"),
            Version::V2_1 | Version::V3_0 => ("4.0", "3.0"),
        };
        let there = convert(&card, Format::Text, Format::Text, there);
        let back = properties(&convert(&there, Format::Text, Format::Text, here));
        assert_eq!(meanings(&back), meanings(&expected(&card, &back)), "{name}\n{}", String::from_utf8_lossy(&there));
    }
}

#[test]
fn cards_of_producers_come_back_from_json() {
    for (name, card) in cards() {
        let text = convert(&card, Format::Text, Format::Text, "4.0");
        let json = convert(&card, Format::Text, Format::Json, "4.0");
        let back = convert(&json, Format::Json, Format::Text, "4.0");
        assert_eq!(meanings(&properties(&back)), meanings(&properties(&text)), "{name}");
    }
}
