//! Collections as commands name them: `ada/work` is a calendar, `ada/addressbooks/friends` and `ada/files/plans` say
//! what they are.

use super::api;
use std::str::FromStr;

/// A collection in somebody's home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account whose it is.
    pub owner: String,
    /// As the API names it: `calendars/work`.
    pub collection: String,
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named =
            text.trim_end_matches('/').split_once('/').filter(|(owner, rest)| !owner.is_empty() && !rest.is_empty());
        let (owner, rest) = named.ok_or("it takes OWNER/CALENDAR, or OWNER/addressbooks/NAME")?;
        let collection = match rest.split_once('/') {
            None => format!("calendars/{rest}"),
            Some(("calendars" | "addressbooks" | "files", _)) => rest.to_owned(),
            Some(_) => {
                return Err("after the owner it takes a calendar, or calendars/, addressbooks/ or files/ and a name");
            }
        };
        Ok(Self { owner: owner.to_owned(), collection })
    }
}

impl Place {
    /// Whether the API means this collection. It gives names in percent-encoding, whatever they were made with.
    pub fn is(&self, collection: &str) -> bool {
        let segments: Vec<&str> = self.collection.split('/').collect();
        self.collection == collection || api::path(&segments).strip_prefix("/api/") == Some(collection)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_a_calendar_where_nothing_else_is_said() {
        for (text, owner, collection) in [
            ("ada/work", "ada", "calendars/work"),
            ("ada/calendars/work/", "ada", "calendars/work"),
            ("ada@example.org/addressbooks/friends", "ada@example.org", "addressbooks/friends"),
            ("ada/files/a/b", "ada", "files/a/b"),
        ] {
            let place: Place = text.parse().unwrap();
            assert_eq!((place.owner.as_str(), place.collection.as_str()), (owner, collection), "{text}");
        }
        for text in ["", "ada", "ada/", "/work", "ada/work/x", "ada//work"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_known_as_it_is_and_encoded() {
        let place: Place = "ada/Jürgen & I".parse().unwrap();
        assert!(place.is("calendars/J%C3%BCrgen%20%26%20I") && !place.is("calendars/J"));
        let encoded: Place = "ada/a%20b".parse().unwrap();
        assert!(encoded.is("calendars/a%20b"));
    }
}
