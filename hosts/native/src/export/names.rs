//! What files are called that stand for segments of URLs.

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Characters of a file name, at most; most file systems take 255 octets.
const LONGEST: usize = 200;

/// The names in one directory: no two are the same, also where a file system does not tell `A` from `a`.
pub struct Names(BTreeSet<String>);

impl Names {
    /// None yet, but those that something else has.
    pub fn besides(taken: &[&str]) -> Self {
        Self(taken.iter().map(|name| name.to_lowercase()).collect())
    }

    /// A name for a segment, with this ending: the segment itself where that is a good one and free; else one made of
    /// its digest. Segments in the same order get the same names.
    pub fn take(&mut self, segment: &str, ending: &str) -> String {
        let mut name = file_name(segment, ending);
        let mut text = segment.to_owned();
        while !self.0.insert(name.to_lowercase()) {
            name = of_digest(&text, ending);
            // As good as never: somebody has called something by the digest of another.
            text.push('/');
        }
        name
    }
}

fn file_name(segment: &str, ending: &str) -> String {
    let good = segment.ends_with(ending)
        && (1..=LONGEST).contains(&segment.len())
        && !segment.starts_with('.')
        && !segment.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']);
    if good { segment.to_owned() } else { of_digest(segment, ending) }
}

fn of_digest(text: &str, ending: &str) -> String {
    let digits: String = Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{digits}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_names_that_every_system_takes() {
        let mut names = Names::besides(&[]);
        assert_eq!(names.take("a%20b.ics", ".ics"), "a%20b.ics");
        for bad in ["", ".ics", "..", "a", "a:b.ics", &"x".repeat(300)] {
            let name = names.take(bad, ".ics");
            assert!(name.len() == 36 && name.ends_with(".ics"), "{name}");
        }
    }

    #[test]
    fn no_two_have_one_name() {
        let segments = ["folder.json", "collection.json", "Folder.json", "a", "A", ".a", &of_digest(".a", "")];
        let named = || {
            let mut names = Names::besides(&["folder.json", "collection.json"]);
            segments.map(|segment| names.take(segment, ""))
        };
        let different: BTreeSet<String> = named().map(|name| name.to_lowercase()).into();
        assert_eq!((different.len(), named()), (segments.len(), named()));
        assert!(!different.contains("folder.json") && !different.contains("collection.json"));
        assert_eq!(named()[3], "a");
    }
}
