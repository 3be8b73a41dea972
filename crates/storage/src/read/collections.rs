//! The collection at a place, whose home it is in, and what is directly below it.

use crate::accounts::{PRINCIPAL, read_principal};
use crate::bindings::exports::kalends::dav::store::{Access, Collection, Detail, Share, ShareState};
use crate::bindings::kalends::dav::types::{Failure, Place, Principal, Property};
use crate::database::{Rows, Statement};
use crate::place::{LEVEL, Spot, in_force, level, shared_path};
use crate::rows::{Columns, packed_properties, unpack, unpack_properties, with_epoch};
use crate::sql::Sql;

use super::Epoch;
use super::resources::{self, Found};

/// The columns of a collection `c` but the last, as the asker `?1` sees it. Everybody's properties and the asker's own
/// are looked up one after the other: for both at once SQLite would make a table.
const COLLECTION: &str = concat!(
    "c.id AS collection, c.path, c.owner, (SELECT w.name FROM principal w WHERE w.id = c.owner) AS owner_name, ",
    level!(),
    " AS access, c.components, c.seq, c.forgotten, c.members, c.bytes, c.created, c.modified, (SELECT ",
    packed_properties!(),
    " FROM collection_property q WHERE q.collection = c.id AND q.principal = 0) AS properties, (SELECT ",
    packed_properties!(),
    " FROM collection_property q WHERE q.collection = c.id AND q.principal = ?1) AS own_properties"
);

/// Its last column, where shares are asked for.
const SHARES: &str = ", CASE WHEN c.owner = ?1 THEN (SELECT string_agg(g.principal || '\u{1f}' || w.name || \
    '\u{1f}' || w.display_name || '\u{1f}' || w.emails || '\u{1f}' || g.access || '\u{1f}' || g.state || '\u{1f}' || \
    g.summary || '\u{1f}' || g.changed || '\u{1f}' || g.notice, '\u{1e}') \
    FROM share g JOIN principal w ON w.id = g.principal WHERE g.collection = c.id AND g.state <> 3) END AS shares";

/// What the asker `?1` has set on its own home, where the place is that.
const HOME_PROPERTIES: &str = concat!(
    "(SELECT ",
    packed_properties!(),
    " FROM home_property q WHERE q.principal = p.id AND q.home = ?3 AND p.id = ?1)"
);

/// The epoch, the owner of the home with its properties, the collection that the place names or that holds it, what has
/// changed at the place since the change number `since`, and where the place can name one, the resource.
pub(super) fn head(spot: &Spot, detail: Detail, names_member: bool, since: Option<u64>) -> Statement {
    let (mut sql, join, exact) = spot.begin_join();
    sql.push(" SELECT e.value AS epoch, e.standing, ").push(PRINCIPAL).push(", ");
    sql.push(if spot.path().is_empty() { HOME_PROPERTIES } else { "NULL" }).push(" AS home_properties, ");
    sql.push(exact).push(" AS at_place, ");
    push_columns(&mut sql, detail);
    if let Some(since) = since {
        resources::push_changes(&mut sql, exact, since);
    }
    if names_member {
        resources::push_named_columns(&mut sql, detail);
    }
    sql.push(" FROM epoch e LEFT JOIN principal p ON p.name = ?2").push(join);
    if names_member {
        resources::push_named(&mut sql, spot, exact);
    }
    sql.finish()
}

/// The collections directly below the place; in the asker's own home, those shared with it too.
pub(super) fn children(spot: &Spot, detail: Detail) -> Statement {
    let (mut sql, kin) = match spot.begin_home() {
        Some(sql) => (sql, IN_HOME),
        None => (spot.begin(), BELOW),
    };
    sql.push(kin).push(" SELECT k.shared, ");
    push_columns(&mut sql, detail);
    sql.push(" FROM kin k CROSS JOIN collection c ON c.id = k.id WHERE (").push(LEVEL);
    sql.push(") IS NOT NULL ORDER BY k.shared, c.path");
    sql.finish()
}

/// What is directly below the spot.
const BELOW: &str = ", kin (id, shared) AS (SELECT c.id, 0 FROM spot s JOIN collection c \
    ON c.owner = s.owner AND c.home = s.home AND c.parent = s.path AND c.path <> '')";

/// What is directly below the home, and in the asker's own what is shared with it, several times or not. Who has no
/// share and is in no group, as most, has SQLite make no tables for that.
const IN_HOME: &str = concat!(
    ", kin (id, shared) AS (SELECT c.id, 0 FROM principal p JOIN collection c \
    ON c.owner = p.id AND c.home = ?3 AND c.parent = ?4 AND c.path <> '' WHERE p.name = ?2 \
    UNION ALL SELECT x.id, 1 FROM principal p JOIN collection x ON x.home = ?3 AND x.owner <> p.id \
    AND x.id IN (SELECT g.collection FROM asker a JOIN share g ON g.principal = a.id AND ",
    in_force!(),
    ") WHERE p.name = ?2 AND p.id = ?1 AND (EXISTS (SELECT 1 FROM share WHERE principal = ?1) \
    OR EXISTS (SELECT 1 FROM membership WHERE member_id = ?1)))"
);

/// What is selected of a collection; [`read_collection`] takes it in this order.
fn push_columns(sql: &mut Sql, detail: Detail) {
    sql.push(COLLECTION).push(if detail.contains(Detail::SHARES) { SHARES } else { ", NULL AS shares" });
}

/// What [`head`] finds.
#[derive(Default)]
pub(super) struct Head {
    pub(super) epoch: Epoch,
    pub(super) owner: Option<Principal>,
    pub(super) properties: Vec<Property>,
    pub(super) collection: Option<Collection>,
    /// What has changed at the place, where that was asked for.
    pub(super) changes: Found,
    /// The columns of the resource that the place names, as [`resources`] reads them.
    pub(super) member: Option<Columns>,
}

/// The row of [`head`].
pub(super) fn read_head(rows: Rows, spot: &Spot, names_member: bool, since: Option<u64>) -> Result<Head, Failure> {
    let mut columns = with_epoch(rows)?;
    let mut head = Head { epoch: Epoch::read(&mut columns)?, ..Head::default() };
    if columns.is_null() {
        return Ok(head);
    }
    head.owner = Some(read_principal(&mut columns)?);
    head.properties = unpack_properties(columns.optional_text()?.as_deref());
    let at_place = columns.optional_integer()?;
    if columns.is_null() {
        return Ok(head);
    }
    let place = if at_place == Some(0) { spot.holder() } else { spot.at(spot.path().to_owned()) };
    head.collection = Some(read_collection(&mut columns, |_, _| place)?);
    if since.is_some() {
        head.changes.take_changes(&mut columns)?;
    }
    head.member = (names_member && !columns.is_null()).then_some(columns);
    Ok(head)
}

/// The rows of [`children`].
pub(super) fn read_children(rows: Rows, spot: &Spot) -> Result<Vec<Collection>, Failure> {
    rows.into_iter()
        .map(|row| {
            let mut columns = Columns::of(row);
            match columns.truth()? {
                true => read_collection(&mut columns, |id, _| spot.at(shared_path(id))),
                false => {
                    read_collection(&mut columns, |_, path| spot.below(path.rsplit('/').next().unwrap_or_default()))
                }
            }
        })
        .collect()
}

/// A collection; its place is made of its number and its path in its owner's home.
fn read_collection(columns: &mut Columns, place: impl FnOnce(u64, &str) -> Place) -> Result<Collection, Failure> {
    let id = columns.natural()?;
    let place = place(id, &columns.text()?);
    Ok(Collection {
        id,
        place,
        owner: columns.natural()?,
        owner_name: columns.text()?,
        access: access(columns.integer()?),
        components: read_components(&columns.text()?),
        seq: columns.natural()?,
        forgotten: columns.natural()?,
        members: columns.natural()?,
        bytes: columns.natural()?,
        created: columns.integer()?,
        modified: columns.integer()?,
        properties: read_properties(columns.optional_text()?.as_deref(), columns.optional_text()?.as_deref()),
        shares: read_shares(columns.optional_text()?.as_deref()),
    })
}

/// The access of a stored level.
pub(super) fn access(level: i64) -> Access {
    match level {
        ..=1 => Access::FreeBusy,
        2 => Access::Read,
        3 => Access::Write,
        4.. => Access::Owner,
    }
}

/// Where a share stands, as stored.
pub(super) fn share_state(state: i64) -> ShareState {
    match state {
        ..=0 => ShareState::Invited,
        1 => ShareState::Accepted,
        2 => ShareState::Declined,
        3.. => ShareState::Withdrawn,
    }
}

/// The component types of a stored list.
pub(super) fn read_components(list: &str) -> Vec<String> {
    list.split(',').filter(|component| !component.is_empty()).map(str::to_owned).collect()
}

/// Everybody's properties, and the asker's own in place of those of the same name.
fn read_properties(everybodys: Option<&str>, own: Option<&str>) -> Vec<Property> {
    let mut properties = unpack_properties(everybodys);
    for property in unpack_properties(own) {
        match properties.iter_mut().find(|other| other.name == property.name) {
            Some(other) => *other = property,
            None => properties.push(property),
        }
    }
    properties
}

fn read_shares(packed: Option<&str>) -> Vec<Share> {
    let mut shares: Vec<Share> = unpack(packed).filter_map(read_share).collect();
    shares.sort_by(|a, b| a.name.cmp(&b.name));
    shares
}

fn read_share(
    [principal, name, display_name, emails, level, state, summary, changed, notice]: [&str; 9],
) -> Option<Share> {
    Some(Share {
        principal: principal.parse().ok()?,
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        email: emails.lines().next().map(str::to_owned),
        access: access(level.parse().ok()?),
        state: share_state(state.parse().ok()?),
        summary: summary.to_owned(),
        changed: changed.parse().ok()?,
        notice: notice != "0",
    })
}
