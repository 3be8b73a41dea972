//! vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), and jCard (RFC 7095): what CardDAV (RFC 6352) asks of a card. Every
//! function is pure and bounded (`bounds`).

mod bounds;
mod card;
mod collation;
mod conversion;
mod escape;
mod fault;
mod filter;
mod inspection;
mod jcard;
mod legacy;
mod lines;
mod occasion;
mod projection;
mod property;
mod query;
#[cfg(test)]
mod tests;
mod value_type;

/// What wit-bindgen makes of the world `cards`.
#[allow(missing_docs, unsafe_code, clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "cards", additional_derives: [PartialEq, Clone] });
}

use bindings::exports::kalends::dav::vcard;
use bindings::kalends::dav::text;

kalends_content::as_octets!(text::Content);

/// The component: the functions of the interface `vcard`.
pub struct Cards;

impl vcard::Guest for Cards {
    fn inspect(card: Vec<u8>) -> Result<vcard::Inspection, text::Fault> {
        inspection::inspect(&card)
    }

    fn evaluate(cards: Vec<text::Content>, query: vcard::Query) -> Vec<vcard::Verdict> {
        query::evaluate(&cards, &query)
    }

    fn fold(text: String) -> String {
        collation::fold(&text, text::Collation::UnicodeCasemap).into_owned()
    }

    fn convert(
        card: Vec<u8>,
        source: text::Format,
        to: text::Format,
        version: Option<String>,
    ) -> Result<Vec<u8>, text::Fault> {
        conversion::convert(card, source, to, version.as_deref())
    }

    fn split(content: Vec<u8>) -> Result<Vec<Vec<u8>>, text::Fault> {
        card::split(&content)
    }
}

/// The component's exports. Only there: a linker for other targets does not take their names.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod exported {
    use super::{Cards, bindings};

    bindings::export!(Cards with_types_in bindings);
}
