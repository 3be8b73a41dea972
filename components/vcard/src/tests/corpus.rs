//! The cards in `tests/corpus/vcard`: a file's name says whether it may be stored, or the rule it breaks; and its
//! version.

use std::fs;
use std::path::PathBuf;

use super::{message, unfolded};
use crate::card::{self, Card, Version};
use crate::conversion::{self, dates};
use crate::inspection::inspect;
use crate::property::Property;
use crate::text::{Format, Rule};

struct Sample {
    name: String,
    content: Vec<u8>,
}

fn samples(prefix: &str) -> Vec<Sample> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/vcard");
    let mut samples: Vec<Sample> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| Sample {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            content: fs::read(&path).unwrap(),
        })
        .filter(|sample| sample.name.starts_with(prefix))
        .collect();
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(samples.len() > 7, "there are {} samples {prefix}", samples.len());
    samples
}

pub(super) fn convert(content: &[u8], source: Format, to: Format, version: &str) -> Vec<u8> {
    conversion::convert(content.to_vec(), source, to, Some(version))
        .unwrap_or_else(|fault| panic!("{}", message(&fault)))
}

pub(super) fn properties(content: &[u8]) -> Vec<Property> {
    Card::read(content).unwrap().properties().map(Result::unwrap).collect()
}

/// What a property says, however it is written.
fn meaning(property: &Property) -> String {
    let mut params: Vec<String> = Vec::new();
    for param in property.params.iter().filter(|param| !param.is("VALUE")) {
        params.extend(param.each().map(|value| format!("{}={}", param.name.to_uppercase(), value.to_lowercase())));
    }
    params.sort_unstable();
    let group = property.group.clone().unwrap_or_default().to_lowercase();
    format!("{group}.{} {params:?} {}", property.name.to_uppercase(), dates::basic(&property.text()))
}

pub(super) fn meanings(properties: &[Property]) -> Vec<String> {
    let mut meanings: Vec<String> = properties.iter().filter(|property| !property.is("VERSION")).map(meaning).collect();
    meanings.sort_unstable();
    meanings
}

#[test]
fn accepted_cards_are_accepted() {
    for sample in samples("accepted-") {
        let inspection =
            inspect(&sample.content).unwrap_or_else(|fault| panic!("{}: {}", sample.name, message(&fault)));
        assert_eq!(Some(inspection.version.as_str()), sample.name.split('-').nth(1), "{}", sample.name);
        assert!(!inspection.uid.is_empty() && !inspection.texts.is_empty(), "{}", sample.name);
    }
}

#[test]
fn refused_cards_are_refused_by_their_rule() {
    for sample in samples("refused-") {
        let Err(fault) = inspect(&sample.content) else { panic!("{} is accepted", sample.name) };
        let rule = match sample.name.split('-').nth(1) {
            Some("syntax") => Rule::Syntax,
            Some("resource") => Rule::Resource,
            Some("unsupported") => Rule::Unsupported,
            other => panic!("{other:?} is no rule"),
        };
        assert_eq!(fault.rule, rule, "{}: {}", sample.name, message(&fault));
    }
}

#[test]
fn cards_of_3_0_come_back_from_4_0() {
    for sample in samples("accepted-3.0-") {
        let there = convert(&sample.content, Format::Text, Format::Text, "4.0");
        let back = convert(&there, Format::Text, Format::Text, "3.0");
        let mut expected = properties(&sample.content);
        // What the target requires is made where it is missing.
        if !expected.iter().any(|property| property.is("FN")) {
            expected.push(Property::new("FN", "Only Nameless"));
        }
        assert_eq!(meanings(&properties(&back)), meanings(&expected), "{}\n{}", sample.name, unfolded(&there));
    }
}

#[test]
fn cards_of_4_0_come_back_from_3_0() {
    for sample in samples("accepted-4.0-") {
        let there = convert(&sample.content, Format::Text, Format::Text, "3.0");
        let back = convert(&there, Format::Text, Format::Text, "4.0");
        let mut expected = properties(&sample.content);
        if !expected.iter().any(|property| property.is("N")) {
            let full = expected.iter().find(|property| property.is("FN")).unwrap().value.clone();
            expected.push(Property::new("N", &format!("{full};;;;")));
        }
        // A number is a number, with and without its scheme.
        for telephone in expected.iter_mut().filter(|property| property.is("TEL")) {
            telephone.value = telephone.value.trim_start_matches("tel:").to_owned();
        }
        assert_eq!(meanings(&properties(&back)), meanings(&expected), "{}\n{}", sample.name, unfolded(&there));
    }
}

#[test]
fn cards_come_back_from_json() {
    for sample in samples("accepted-") {
        let text = convert(&sample.content, Format::Text, Format::Text, "4.0");
        let json = convert(&sample.content, Format::Text, Format::Json, "4.0");
        let back = convert(&json, Format::Json, Format::Text, "4.0");
        assert_eq!(meanings(&properties(&back)), meanings(&properties(&text)), "{}", sample.name);
    }
}

#[test]
fn what_is_written_is_folded_and_reads_as_it_was() {
    for sample in samples("accepted-") {
        for version in ["3.0", "4.0"] {
            let written = convert(&sample.content, Format::Text, Format::Text, version);
            let card = Card::read(&written).unwrap();
            if card.version.as_str() == sample.name.split('-').nth(1).unwrap() {
                assert_eq!(written, sample.content, "{} is given as it is", sample.name);
                continue;
            }
            let text = String::from_utf8(written.clone()).unwrap();
            assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{}", sample.name);
            let again = conversion::write(
                &conversion::to_version(properties(&written), card.version, card.version),
                Format::Text,
                card.version,
            );
            assert_eq!(unfolded(&again), unfolded(&written), "{}", sample.name);
        }
    }
}

#[test]
fn a_stream_of_all_is_split_into_each() {
    let samples = samples("accepted-");
    let stream: Vec<u8> = samples.iter().flat_map(|sample| [sample.content.as_slice(), b"\r\n"].concat()).collect();
    let Err(fault) = card::split(&stream) else { panic!("a byte order mark in the middle is accepted") };
    assert_eq!(fault.rule, Rule::Syntax);
    let unmarked = |sample: &Sample| {
        sample.content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&sample.content).trim_ascii_end().to_vec()
    };
    let stream: Vec<u8> = samples.iter().flat_map(|sample| [unmarked(sample).as_slice(), b"\n\n"].concat()).collect();
    let cards = card::split(&stream).unwrap();
    let trimmed: Vec<Vec<u8>> = cards.iter().map(|card| card.trim_ascii_end().to_vec()).collect();
    assert_eq!(trimmed, samples.iter().map(unmarked).collect::<Vec<_>>());
    assert!(Version::named("2.1").is_ok());
}
