//! Collections as the API names them: `calendars/NAME`, in the home of the account that the request is about.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::accounts::Scope;
use crate::api::problem::Problem;
use crate::authenticate::Recognised;
use crate::types::{Home, Place};

/// What a path's segments are stored with as they are; all else is percent-encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Octets of a name, at most.
const LONGEST: usize = 1024;

/// The place of that name in an account's home.
///
/// # Errors
/// 422 where it cannot be one.
pub fn read(owner: &str, name: &str) -> Result<Place, Problem> {
    let invalid = || Problem::invalid("collection has to be calendars/NAME, addressbooks/NAME or files/PATH.");
    let (home, path) = name.split_once('/').filter(|_| name.len() <= LONGEST).ok_or_else(invalid)?;
    let home = match home {
        "calendars" => Home::Calendars,
        "addressbooks" => Home::Addressbooks,
        "files" => Home::Files,
        _ => return Err(invalid()),
    };
    let segments: Option<Vec<String>> = path.trim_end_matches('/').split('/').map(canonical).collect();
    let segments = segments.filter(|segments| home == Home::Files || segments.len() == 1).ok_or_else(invalid)?;
    Ok(Place { home, owner: owner.to_owned(), path: segments.join("/") })
}

fn canonical(segment: &str) -> Option<String> {
    let decoded = percent_decode_str(segment).decode_utf8().ok()?;
    let usable = !matches!(decoded.as_ref(), "" | "." | "..") && !decoded.contains(char::is_control);
    usable.then(|| utf8_percent_encode(&decoded, SEGMENT).to_string())
}

/// The name of a place.
pub fn shown(place: &Place) -> String {
    let home = match place.home {
        Home::Calendars => "calendars",
        Home::Addressbooks => "addressbooks",
        Home::Files => "files",
    };
    format!("{home}/{}", place.path)
}

/// Whether the credential that somebody came with reaches that part of what they have.
///
/// # Errors
/// 403.
pub fn in_scope(by: Option<&Recognised>, home: Home) -> Result<(), Problem> {
    let needed = match home {
        Home::Calendars => Scope::CALENDARS,
        Home::Addressbooks => Scope::CONTACTS,
        Home::Files => Scope::FILES,
    };
    match by {
        Some(by) if !by.scope.contains(needed) => {
            Err(Problem::new(403, "The token is not meant for this part of the account."))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_shown() {
        for name in ["calendars/work", "addressbooks/a%40b", "files/a/b"] {
            assert_eq!(shown(&read("ann", name).unwrap()), name);
        }
        assert_eq!(read("ann", "calendars/a b@").unwrap().path, "a%20b%40");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in
            ["", "calendars", "calendars/", "calendars/a/b", "other/a", "files/../a", "files/%2e%2e", "calendars/%00"]
        {
            assert!(read("ann", name).is_err(), "{name}");
        }
        assert!(read("ann", &format!("calendars/{}", "a".repeat(2000))).is_err());
    }
}
