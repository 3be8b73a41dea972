//! From the place that a request names to rows: how statements that start from a place begin.
//!
//! A collection appears in its owner's home under its path and, shared, in the home of whoever it is shared with under
//! `shared~ID`. So nothing that a sharee makes there can be in its way, and it keeps its place when the owner moves it.

use crate::bindings::kalends::dav::types::{Home, Place};
use crate::database::Value;
use crate::sql::Sql;

/// What the segment of a shared collection begins with in the home of whoever it is shared with; its number follows.
const SHARED: &str = "shared~";

/// The principals whose shares the asker (`?1`) has: itself and its groups, through other groups too.
pub(crate) const ASKER: &str = "WITH RECURSIVE asker (id) AS (SELECT ?1 UNION SELECT m.group_id FROM asker a \
    JOIN membership m ON m.member_id = a.id)";

/// Whether the share `g` gives access: what is offered only gives none.
macro_rules! in_force {
    () => {
        "g.state = 1"
    };
}
pub(crate) use in_force;

/// [`LEVEL`], to be put together with other text at compile time.
macro_rules! level {
    () => {
        concat!(
            "CASE WHEN c.owner = ?1 THEN 4 WHEN c.owner IS NOT NULL THEN (SELECT max(g.access) FROM asker a \
            CROSS JOIN share g ON g.principal = a.id AND ",
            in_force!(),
            " CROSS JOIN collection x ON x.id = g.collection WHERE x.owner = c.owner AND x.home = c.home \
            AND (x.path = c.path OR x.path = '' OR substr(c.path, 1, length(x.path) + 1) = x.path || '/')) END"
        )
    };
}
pub(crate) use level;

/// What the asker (`?1`, and [`ASKER`]) may do with the collection `c`: NULL for nothing, or where there is none. A
/// share covers what is below. CROSS JOIN has SQLite begin with the asker's shares, not with all that the owner has.
pub(crate) const LEVEL: &str = level!();

/// [`WITHIN`], to be put together with other text at compile time.
macro_rules! within {
    () => {
        "d.owner = t.owner AND d.home = t.home AND d.path >= t.path AND (t.path = '' OR d.path < t.path || '0') \
        AND (t.path = '' OR d.path = t.path OR substr(d.path, 1, length(t.path) + 1) = t.path || '/')"
    };
}
pub(crate) use within;

/// Whether `d` (a collection, a lock) is where the collection `t` is, or below: one range of the index of paths.
pub(crate) const WITHIN: &str = within!();

/// In the owner's home. `spot` has the whole path there, and that of the collection that holds it.
const OWN: &str = ", spot (owner, home, path, holder) AS (SELECT p.id, ?3, ltrim(?4, '/'), ltrim(?5, '/') \
    FROM principal p WHERE p.name = ?2)";

/// Through a share. What is above the shared collection holds nothing.
const LENT: &str = concat!(
    ", spot (owner, home, path, holder) AS (SELECT b.owner, b.home, ltrim(b.path || ?4, '/'), \
    ltrim(b.path || ?5, '/') FROM principal p JOIN collection b ON b.id = ?6 AND b.home = ?3 AND b.owner <> p.id \
    WHERE p.name = ?2 AND p.id = ?1 \
    AND b.id IN (SELECT g.collection FROM asker a JOIN share g ON g.principal = a.id AND ",
    in_force!(),
    "))"
);

/// The collection that is at the spot (`exact`) or that holds it, where the asker may see it.
const HIT: &str = concat!(
    ", hit (id, exact) AS (SELECT c.id, CASE WHEN c.path = s.path THEN 1 ELSE 0 END FROM spot s \
    JOIN collection c ON c.owner = s.owner AND c.home = s.home AND c.path IN (s.path, s.holder) WHERE (",
    level!(),
    ") IS NOT NULL ORDER BY c.path = s.path DESC LIMIT 1)"
);

/// The only collection that can be at the place or hold it, where the asker may see it. A database makes no table of
/// its own for it, as it does for [`HIT`].
macro_rules! only {
    () => {
        concat!(" JOIN collection c ON c.owner = p.id AND c.home = ?3 AND c.path = ?4 AND (", level!(), ") IS NOT NULL")
    };
}

/// A place, taken apart for SQL.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spot {
    asker: u64,
    place: Place,
    /// The collection whose place in the asker's home this is, or is below.
    shared: Option<u64>,
    /// The path below the home, or below the shared collection: empty, or with a slash in front.
    pub(crate) tail: String,
}

impl Spot {
    /// A place as an asker names it.
    pub(crate) fn new(asker: u64, place: &Place) -> Self {
        let (first, rest) = place.path.split_once('/').map_or((place.path.as_str(), None), |(a, b)| (a, Some(b)));
        let shared = shared_id(first);
        let tail = match (shared, rest) {
            (Some(_), None) => String::new(),
            (Some(_), Some(rest)) => format!("/{rest}"),
            (None, _) if place.path.is_empty() => String::new(),
            (None, _) => format!("/{}", place.path),
        };
        Self { asker, place: place.clone(), shared, tail }
    }

    /// The beginning of a statement: `asker` and `spot`, in a `WITH` that may go on with a comma.
    pub(crate) fn begin(&self) -> Sql {
        let holder = self.tail.rsplit_once('/').map(|(holder, _)| holder);
        let mut params = vec![
            self.asker.into(),
            self.place.owner.as_str().into(),
            home_number(self.place.home).into(),
            self.tail.as_str().into(),
            holder.map(str::to_owned).into(),
        ];
        params.extend(self.shared.map(Value::from));
        let mut sql = Sql::new(ASKER, params);
        sql.push(if self.shared.is_some() { LENT } else { OWN });
        sql
    }

    /// The beginning of a statement with `asker` and `hit`.
    pub(crate) fn begin_hit(&self) -> Sql {
        let Some((mut sql, exact)) = self.begin_only() else {
            let mut sql = self.begin();
            sql.push(HIT);
            return sql;
        };
        sql.push(", hit (id, exact) AS (SELECT c.id, ").push(exact).push(concat!(
            " FROM principal p",
            only!(),
            " WHERE p.name = ?2)"
        ));
        sql
    }

    /// The beginning of a statement with `asker`, and how it finds the collection `c` that is at the place or holds it:
    /// what joins it to `p`, the owner of the home, and whether it is at the place, 1 or 0.
    pub(crate) fn begin_join(&self) -> (Sql, &'static str, &'static str) {
        match self.begin_only() {
            Some((sql, exact)) => (sql, concat!(" LEFT", only!()), exact),
            None => (self.begin_hit(), " LEFT JOIN hit h ON true LEFT JOIN collection c ON c.id = h.id", "h.exact"),
        }
    }

    /// The beginning of a statement with `asker`, where only one collection can be at the place or hold it: in a home
    /// of calendars or address books, which have none in them, or at the home itself. Its path is `?4`; and whether it
    /// is at the place.
    fn begin_only(&self) -> Option<(Sql, &'static str)> {
        let path = self.place.path.as_str();
        let several = self.place.home == Home::Files && !path.is_empty();
        if several || self.shared.is_some() {
            return None;
        }
        let (path, exact) = path.rsplit_once('/').map_or((path, "1"), |(holder, _)| (holder, "0"));
        let home = home_number(self.place.home).into();
        Some((Sql::new(ASKER, [self.asker.into(), self.place.owner.as_str().into(), home, path.into()]), exact))
    }

    /// The beginning of a statement with `asker`, for what is in the home `?3` of the principal `?2`, where the place
    /// is that home.
    pub(crate) fn begin_home(&self) -> Option<Sql> {
        self.begin_only().filter(|_| self.place.path.is_empty()).map(|(sql, _)| sql)
    }

    /// The path as asked.
    pub(crate) fn path(&self) -> &str {
        &self.place.path
    }

    /// The last segment; none of a home.
    pub(crate) fn name(&self) -> Option<&str> {
        (!self.place.path.is_empty()).then(|| self.place.path.rsplit('/').next().unwrap_or_default())
    }

    /// The same home with another path in it.
    pub(crate) fn at(&self, path: String) -> Place {
        Place { path, ..self.place.clone() }
    }

    /// The place of what holds the place; the home's own is the home.
    pub(crate) fn holder(&self) -> Place {
        self.at(self.place.path.rsplit_once('/').map_or_else(String::new, |(holder, _)| holder.to_owned()))
    }

    /// The place of something with this name below the place.
    pub(crate) fn below(&self, name: &str) -> Place {
        self.at(join(&self.place.path, name))
    }

    /// The place of something whose path in its owner's home is `path`, where this spot's path there is `spot`. None
    /// where the asker's own home does not have it, because it is above the shared collection.
    pub(crate) fn seen(&self, spot: &str, path: &str) -> Option<Place> {
        let Some(id) = self.shared else { return Some(self.at(path.to_owned())) };
        let base = spot.strip_suffix(&self.tail).or_else(|| spot.strip_suffix(self.tail.trim_start_matches('/')))?;
        let rest = path.strip_prefix(base)?;
        (base.is_empty() || rest.is_empty() || rest.starts_with('/'))
            .then(|| self.at(join(&shared_path(id), rest.trim_start_matches('/'))))
    }
}

/// The path of a shared collection in the home of whoever it is shared with.
pub(crate) fn shared_path(id: u64) -> String {
    format!("{SHARED}{id}")
}

/// How a home is stored.
pub(crate) fn home_number(home: Home) -> u32 {
    match home {
        Home::Calendars => 0,
        Home::Addressbooks => 1,
        Home::Files => 2,
    }
}

/// The collection through whose share a place is reached; none where it is in its owner's own home.
pub(crate) fn shared_collection(place: &Place) -> Option<u64> {
    shared_id(place.path.split('/').next().unwrap_or_default())
}

/// The home of a stored number.
pub(crate) fn stored_home(number: i64) -> Home {
    match number {
        0 => Home::Calendars,
        1 => Home::Addressbooks,
        _ => Home::Files,
    }
}

/// The number in a shared collection's segment, in the one spelling that [`shared_path`] gives it.
fn shared_id(segment: &str) -> Option<u64> {
    let number = segment.strip_prefix(SHARED)?;
    // A number beyond what the database can have, or of another spelling, is nobody's: 0.
    let id = number.parse().ok().filter(|id: &u64| id.to_string() == number && *id < 1 << 53);
    Some(id.unwrap_or(0))
}

fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) => format!("{path}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(path: &str) -> Spot {
        Spot::new(7, &Place { home: Home::Files, owner: "ann".into(), path: path.into() })
    }

    #[test]
    fn a_path_is_taken_apart() {
        assert_eq!((spot("a/b").tail.as_str(), spot("a/b").shared), ("/a/b", None));
        assert_eq!((spot("").tail.as_str(), spot("").shared), ("", None));
        assert_eq!((spot("shared~12").tail.as_str(), spot("shared~12").shared), ("", Some(12)));
        assert_eq!((spot("shared~12/a/b").tail.as_str(), spot("shared~12/a/b").shared), ("/a/b", Some(12)));
        assert_eq!(spot("shared~012").shared, Some(0), "one spelling only");
    }

    #[test]
    fn what_is_in_the_owners_home_is_seen_through_the_share() {
        let seen = |spot_path: &str, real: &str, path: &str| spot(spot_path).seen(real, path).map(|place| place.path);
        assert_eq!(seen("a", "a", "a/b"), Some("a/b".into()));
        assert_eq!(seen("shared~3/x", "work/plans/x", "work/plans/x/y"), Some("shared~3/x/y".into()));
        assert_eq!(seen("shared~3/x", "work/plans/x", "work/plans"), Some("shared~3".into()));
        assert_eq!(seen("shared~3/x", "work/plans/x", "work"), None);
        assert_eq!(seen("shared~3/x", "x", "x/y"), Some("shared~3/x/y".into()), "the whole home is shared");
    }
}
