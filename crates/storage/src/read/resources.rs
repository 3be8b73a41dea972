//! The resources that a lookup selects, and what was removed.

use crate::bindings::exports::kalends::dav::store::{
    Detail, IndexQuery, Resource, Selection, Since, Tag, TextTest, Tombstone,
};
use crate::bindings::kalends::dav::text::{Content, MatchType};
use crate::bindings::kalends::dav::types::Failure;
use crate::database::{Rows, Statement};
use crate::json;
use crate::place::Spot;
use crate::rows::{Columns, items, packed_properties, unpack, unpack_properties};
use crate::sql::{FOREVER, Sql};

use super::Digests;

/// The columns of a resource `r` after its name: those that are always wanted.
const TAG: &str = "r.etag, r.exact, r.seq AS r_seq";

/// The others, but for what only some lookups ask for.
const RESOURCE: &str = "r.content_type, r.size, r.component, r.uid, r.created AS r_created, r.modified AS r_modified";

const PROPERTIES: &str =
    concat!("(SELECT ", packed_properties!(), " FROM resource_property q WHERE q.resource = r.id) AS r_properties");

/// Names, entity tags and change numbers, each packed in one value. A row for each resource, with a value for each
/// column, takes several times as long to be handed from the database to here.
const TAGS: &str = "string_agg(r.name, '\u{1e}') AS names, string_agg(r.etag, '\u{1e}') AS etags, \
    string_agg(CAST(r.seq AS text), '\u{1e}') AS seqs";

/// What has changed in a collection `c` since the change number that follows, packed in one value.
const CHANGED: &str = "SELECT string_agg(n.name || '\u{1f}' || n.etag || '\u{1f}' || n.seq, '\u{1e}') \
    FROM resource n WHERE n.collection = c.id AND n.seq > ";

/// What was removed since.
const REMOVED: &str = "SELECT string_agg(t.name || '\u{1f}' || t.seq, '\u{1e}') FROM tombstone t \
    WHERE t.collection = c.id AND t.seq > ";

/// The collections in which resources are selected: SQL that follows `collection`.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reach {
    /// The one at the place.
    Here,
    /// Those that the asker owns in the home that the place is.
    Home,
}

impl Reach {
    fn sql(self) -> &'static str {
        match self {
            Reach::Here => " = (SELECT h.id FROM hit h WHERE h.exact = 1)",
            Reach::Home => {
                " IN (SELECT c.id FROM spot s JOIN collection c ON c.owner = s.owner AND c.home = s.home \
                WHERE s.owner = ?1)"
            }
        }
    }

    /// The name of a resource `r`: in a whole home, its path.
    fn name(self) -> &'static str {
        match self {
            Reach::Here => "r.name",
            Reach::Home => "(SELECT c.path FROM collection c WHERE c.id = r.collection) || '/' || r.name AS name",
        }
    }
}

/// Whether the text `t` passes the test `j`. Its bounds are what the index can do with the test.
const PASSES: &str = "t.value >= j.value ->> 3 AND t.value <= j.value ->> 4 AND CASE j.value ->> 1 \
    WHEN 'contains' THEN instr(t.value, j.value ->> 2) > 0 \
    WHEN 'ends' THEN substr(t.value, max(1, length(t.value) - length(j.value ->> 2) + 1)) = j.value ->> 2 ELSE true END";

/// Greater than any character: the end of a range of texts that begin alike.
const LAST: &str = "\u{10ffff}";

/// The columns of the resource that the place names, in a statement that has it as `r` ([`push_named`]). D1 tells
/// columns by their names: they are others than those of what else is selected.
pub(super) fn push_named_columns(sql: &mut Sql, detail: Detail) {
    sql.push(", r.name AS r_name");
    push_columns(sql, detail);
    if detail.contains(Detail::BODIES) {
        sql.push(BODY);
    }
    push_packed_columns(sql, detail, &[]);
}

/// The resource `r` in the collection `c`, where that holds the place and is not at it: `exact` is SQL that says so.
pub(super) fn push_named(sql: &mut Sql, spot: &Spot, exact: &str) {
    sql.push(" LEFT JOIN resource r ON ").push(exact).push(" = 0 AND r.collection = c.id AND r.name = ");
    sql.bind(spot.name().unwrap_or_default());
}

/// The classes of resources by how many seconds they last at the most; the last class has no bound. The index has them
/// as migration 5 says.
const SPANS: [i64; 4] = [86_400, 691_200, 5_529_600, 44_236_800];

/// What has changed in the collection `c` since the change number `since`, and what was removed, each packed in one
/// value. They are of the collection that is at the place: `exact` is SQL that says whether `c` is.
pub(super) fn push_changes(sql: &mut Sql, exact: &str, since: u64) {
    for (changes, name) in [(CHANGED, "changed"), (REMOVED, "removed")] {
        sql.push(", CASE WHEN ").push(exact).push(" = 1 THEN (").push(changes).bind(since).push(") END AS ").push(name);
    }
}

/// The members that are selected; for `since`, the tombstones come in a second statement.
pub(super) fn selected(
    spot: &Spot,
    reach: Reach,
    selection: &Selection,
    detail: Detail,
    most: Option<u64>,
) -> Vec<Statement> {
    // What texts select is few enough to be looked up; the plus keeps SQLite from going through the collection.
    let by_text = matches!(selection, Selection::Matching(query) if !query.texts.is_empty());
    let mut sql = if reach == Reach::Home { spot.begin() } else { spot.begin_hit() };
    sql.push(" SELECT ").push(reach.name());
    push_columns(&mut sql, detail);
    if detail.contains(Detail::BODIES) {
        push_bodies(&mut sql, reach, most);
    }
    let tested = match selection {
        Selection::Matching(query) => query.texts.as_slice(),
        _ => &[],
    };
    push_packed_columns(&mut sql, detail, tested);
    match selection {
        Selection::Matching(query) if is_by_time(query) => push_windows(&mut sql, query),
        _ => {
            sql.push(" FROM resource r WHERE ");
        }
    }
    sql.push(if by_text { "+r.collection" } else { "r.collection" }).push(reach.sql());
    match selection {
        Selection::Itself => return Vec::new(),
        Selection::All => {
            sql.push(" ORDER BY r.name");
        }
        Selection::Names(names) => {
            sql.push(" AND r.name IN (SELECT value FROM json_each(")
                .bind(json::strings(names))
                .push(")) ORDER BY r.name");
        }
        Selection::Matching(query) => matching(&mut sql, reach, query),
        Selection::Since(since) => {
            sql.push(" AND r.seq > ").bind(since.seq).push(" ORDER BY r.seq");
            push_limit(&mut sql, since.limit);
            return vec![sql.finish(), tombstones(spot, since)];
        }
    }
    vec![sql.finish()]
}

/// Whether what is selected comes as tags.
pub(super) fn as_tags(selection: &Selection, detail: Detail) -> bool {
    detail.contains(Detail::TAGS) && matches!(selection, Selection::All | Selection::Since(_))
}

/// What [`selected`] is where it comes as tags: in one row, or in rows of some hundred tags. The index on change
/// numbers has all of it.
pub(super) fn tags(spot: &Spot, selection: &Selection, in_groups: bool) -> Vec<Statement> {
    let groups = if in_groups { " GROUP BY r.seq / 512" } else { "" };
    let mut sql = spot.begin_hit();
    sql.push(" SELECT ").push(TAGS).push(" FROM resource r WHERE r.collection").push(Reach::Here.sql());
    let Selection::Since(since) = selection else {
        sql.push(groups);
        return vec![sql.finish()];
    };
    sql.push(" AND r.seq > ").bind(since.seq);
    if let Some(limit) = since.limit {
        sql.push(" AND r.seq <= coalesce((SELECT l.seq FROM resource l WHERE l.collection").push(Reach::Here.sql());
        sql.push(" AND l.seq > ").bind(since.seq).push(" ORDER BY l.seq LIMIT 1 OFFSET ").bind(limit);
        sql.push("), ").bind(FOREVER).push(")");
    }
    sql.push(groups);
    vec![sql.finish(), tombstones(spot, since)]
}

/// How many resources are wanted, where that is not for [`Found::cut_changes`] to see to.
pub(super) fn limit(selection: &Selection) -> Option<u32> {
    match selection {
        Selection::Matching(query) => query.limit,
        _ => None,
    }
}

/// What is selected of a resource after its name: these columns, its body, and [`push_packed_columns`];
/// [`read_resource`] takes it in this order.
fn push_columns(sql: &mut Sql, detail: Detail) {
    sql.push(", ").push(TAG);
    if !detail.contains(Detail::BRIEF) {
        sql.push(", ").push(RESOURCE);
    }
}

/// The digest of a body, or the body.
const BODY: &str = ", r.blob, r.body";

/// What the column of the digest has in place of one where a body is left out: this, and the body's octets.
const LEFT_OUT: char = ' ';

/// Bodies; where their collections have more than so many octets in all, only how many octets each body has.
fn push_bodies(sql: &mut Sql, reach: Reach, most: Option<u64>) {
    let Some(most) = most else {
        sql.push(BODY);
        return;
    };
    for (left_out, column, name) in [("' ' || r.size", "r.blob", "blob"), ("NULL", "r.body", "body")] {
        sql.push(", CASE WHEN (SELECT sum(c.bytes) FROM collection c WHERE c.id").push(reach.sql());
        sql.push(") > ")
            .bind(most)
            .push(" THEN ")
            .push(left_out)
            .push(" ELSE ")
            .push(column)
            .push(" END AS ")
            .push(name);
    }
}

/// What is packed in one value each: properties, and texts, where some are tested those of the same names. The others
/// may be of any length.
fn push_packed_columns(sql: &mut Sql, detail: Detail, tested: &[TextTest]) {
    if detail.contains(Detail::PROPERTIES) {
        sql.push(", ").push(PROPERTIES);
    }
    if detail.contains(Detail::TEXTS) {
        sql.push(", (SELECT string_agg(x.name || '\u{1f}' || x.value, '\u{1e}') FROM resource_text x WHERE x.resource = r.id");
        if !tested.is_empty() {
            let names: Vec<String> = tested.iter().map(|test| test.name.clone()).collect();
            sql.push(" AND x.name IN (SELECT value FROM json_each(").bind(json::strings(&names)).push("))");
        }
        sql.push(") AS texts");
    }
}

fn tombstones(spot: &Spot, since: &Since) -> Statement {
    let mut sql = spot.begin_hit();
    sql.push(" SELECT t.name, t.seq FROM tombstone t WHERE t.collection = (SELECT h.id FROM hit h WHERE h.exact = 1)");
    sql.push(" AND t.seq > ").bind(if since.seq == 0 { FOREVER } else { since.seq.try_into().unwrap_or(FOREVER) });
    sql.push(" ORDER BY t.seq");
    push_limit(&mut sql, since.limit);
    sql.finish()
}

/// One more than wanted, to see whether there are more.
fn push_limit(sql: &mut Sql, limit: Option<u32>) {
    if let Some(limit) = limit {
        sql.push(" LIMIT ").bind(i64::from(limit) + 1);
    }
}

/// A time that a query names: an open bound in the index is beyond it.
fn moment(time: i64) -> i64 {
    time.clamp(1 - FOREVER, FOREVER - 1)
}

/// Whether a query is one for what takes place in a time, and for nothing that finds less than that.
fn is_by_time(query: &IndexQuery) -> bool {
    let has_range = query.start.is_some() || query.end.is_some();
    has_range && !query.components.is_empty() && query.uid.is_none() && query.texts.is_empty()
}

/// Begins the conditions of a query by time. Of each class, what can be in the range begins no earlier than this before
/// it: a range costs what is in it, and not what is later.
fn push_windows(sql: &mut Sql, query: &IndexQuery) {
    let least = |span: Option<&i64>| match (query.start, span) {
        (Some(start), Some(span)) => (moment(start) - span).max(-FOREVER),
        _ => -FOREVER,
    };
    sql.push(" FROM (VALUES ");
    for class in 0..=SPANS.len() {
        sql.push(if class > 0 { ", (" } else { "(" }).push(&format!("{class}, "));
        sql.bind(least(SPANS.get(class))).push(")");
    }
    sql.push(") w CROSS JOIN resource r ON CASE");
    for (class, span) in SPANS.iter().enumerate() {
        sql.push(&format!(" WHEN r.ends - r.starts <= {span} THEN {class}"));
    }
    sql.push(&format!(" ELSE {} END = w.column1 AND r.starts >= w.column2 AND ", SPANS.len()));
}

/// The conditions of a query on the index. Times: `ends` is included only where it is also the beginning.
fn matching(sql: &mut Sql, reach: Reach, query: &IndexQuery) {
    if let [component] = query.components.as_slice() {
        sql.push(" AND r.component = ").bind(component.as_str());
    } else if !query.components.is_empty() {
        sql.push(" AND r.component IN (SELECT value FROM json_each(").bind(json::strings(&query.components)).push("))");
    }
    if let Some(end) = query.end {
        sql.push(" AND r.starts < ").bind(moment(end));
    }
    if let Some(start) = query.start {
        sql.push(" AND r.ends >= ").bind(moment(start));
        sql.push(" AND (r.starts = r.ends OR r.ends > ").bind(moment(start)).push(")");
    }
    if let Some(uid) = &query.uid {
        sql.push(" AND r.uid = ").bind(uid.as_str());
    }
    if !query.texts.is_empty() {
        sql.push(" AND r.id IN (SELECT t.resource FROM json_each(").bind(tests(&query.texts));
        sql.push(") j CROSS JOIN resource_text t ON t.collection").push(reach.sql());
        sql.push(" AND t.name = j.value ->> 0 AND ").push(PASSES);
        if !query.any_text {
            sql.push(" GROUP BY t.resource HAVING count(DISTINCT j.key) = ").bind(query.texts.len());
        }
        sql.push(")");
    }
    // What is not the column itself keeps databases from going through all names in their order, rather than through
    // what matches.
    sql.push(if reach == Reach::Home { " ORDER BY name" } else { " ORDER BY r.name || ''" });
    push_limit(sql, query.limit);
}

/// The tests as JSON: name, kind, value, and the least and the greatest text that could pass.
fn tests(tests: &[TextTest]) -> String {
    json::tuples(tests.iter().map(|TextTest { name, value, kind }| {
        let (kind, least, greatest) = match kind {
            MatchType::Equals => ("equals", value.as_str(), value.clone()),
            MatchType::StartsWith => ("starts", value.as_str(), format!("{value}{LAST}")),
            MatchType::Contains => ("contains", "", LAST.to_owned()),
            MatchType::EndsWith => ("ends", "", LAST.to_owned()),
        };
        [name.clone(), kind.to_owned(), value.clone(), least.to_owned(), greatest]
    }))
}

/// What a lookup found in a collection.
#[derive(Default)]
pub(super) struct Found {
    pub(super) resources: Vec<Resource>,
    pub(super) tags: Vec<Tag>,
    pub(super) digests: Digests,
    pub(super) removed: Vec<Tombstone>,
    pub(super) truncated: bool,
    /// Octets of the bodies that are left out.
    pub(super) left_out: u64,
}

impl Found {
    /// Adds resources, read with this detail.
    pub(super) fn take_resources(&mut self, rows: Rows, detail: Detail) -> Result<(), Failure> {
        self.resources.reserve_exact(rows.len());
        rows.into_iter().try_for_each(|row| self.take_resource(Columns::of(row), detail))
    }

    /// Adds one resource.
    pub(super) fn take_resource(&mut self, columns: Columns, detail: Detail) -> Result<(), Failure> {
        let (resource, digest) = read_resource(columns, detail)?;
        if let Some(octets) = digest.as_deref().and_then(|digest| digest.strip_prefix(LEFT_OUT)) {
            self.left_out += octets.parse::<u64>().unwrap_or_default();
        }
        self.digests.extend(digest.map(|digest| (self.resources.len(), digest)));
        self.resources.push(resource);
        Ok(())
    }

    /// Adds tags.
    pub(super) fn take_tags(&mut self, rows: Rows) -> Result<(), Failure> {
        for row in rows {
            let mut columns = Columns::of(row);
            let (names, etags, seqs) = (columns.optional_text()?, columns.optional_text()?, columns.optional_text()?);
            let packed = items(names.as_deref()).zip(items(etags.as_deref())).zip(items(seqs.as_deref()));
            self.tags.extend(packed.filter_map(|((name, etag), seq)| tag([name, etag, seq])));
        }
        // They mostly are: but no database promises in which order it puts together a group.
        self.tags.sort_unstable_by_key(|tag| tag.seq);
        Ok(())
    }

    /// Adds what has changed and what was removed, as [`push_changes`] packs it.
    pub(super) fn take_changes(&mut self, columns: &mut Columns) -> Result<(), Failure> {
        let (changed, removed) = (columns.optional_text()?, columns.optional_text()?);
        self.tags.extend(unpack(changed.as_deref()).filter_map(tag));
        self.tags.sort_unstable_by_key(|tag| tag.seq);
        let tombstone = |[name, seq]: [&str; 2]| Some(Tombstone { name: name.to_owned(), seq: seq.parse().ok()? });
        self.removed.extend(unpack(removed.as_deref()).filter_map(tombstone));
        self.removed.sort_unstable_by_key(|tombstone| tombstone.seq);
        Ok(())
    }

    /// Adds tombstones.
    pub(super) fn take_tombstones(&mut self, rows: Rows) -> Result<(), Failure> {
        for row in rows {
            let mut columns = Columns::of(row);
            self.removed.push(Tombstone { name: columns.text()?, seq: columns.natural()? });
        }
        Ok(())
    }

    /// Keeps so many resources.
    pub(super) fn cut(&mut self, limit: u32) {
        let limit = limit as usize;
        self.truncated |= self.resources.len() > limit;
        self.resources.truncate(limit);
        self.digests.retain(|(position, _)| *position < limit);
    }

    /// Keeps so many resources and tombstones together, the oldest changes.
    pub(super) fn cut_changes(&mut self, limit: Option<u32>) {
        let Some(limit) = limit.map(|limit| limit as usize) else { return };
        let removed = self.removed.iter().map(|tombstone| tombstone.seq);
        let told = self.resources.iter().map(|resource| resource.seq).chain(self.tags.iter().map(|tag| tag.seq));
        let mut seqs: Vec<u64> = told.chain(removed).collect();
        if seqs.len() <= limit {
            return;
        }
        seqs.sort_unstable();
        // No two changes have one number, so this leaves exactly `limit`.
        let end = seqs.get(limit).copied().unwrap_or(u64::MAX);
        self.resources.retain(|resource| resource.seq < end);
        self.tags.retain(|tag| tag.seq < end);
        self.removed.retain(|tombstone| tombstone.seq < end);
        let kept = self.resources.len();
        self.digests.retain(|(position, _)| *position < kept);
        self.truncated = true;
    }
}

/// A tag of its name, its entity tag and its change number.
fn tag([name, etag, seq]: [&str; 3]) -> Option<Tag> {
    Some(Tag { name: name.to_owned(), etag: etag.to_owned(), seq: seq.parse().ok()? })
}

/// A resource, and the digest of its body where that is in the blob store.
fn read_resource(mut columns: Columns, detail: Detail) -> Result<(Resource, Option<String>), Failure> {
    let mut resource = read_tag(&mut columns)?;
    if !detail.contains(Detail::BRIEF) {
        resource.content_type = columns.text()?;
        resource.size = columns.natural()?;
        resource.component = columns.optional_text()?;
        resource.uid = columns.optional_text()?;
        resource.created = columns.integer()?;
        resource.modified = columns.integer()?;
    }
    let mut digest = None;
    if detail.contains(Detail::BODIES) {
        digest = columns.optional_text()?;
        resource.body = columns.optional_text()?.map(Content::Text);
    }
    if detail.contains(Detail::PROPERTIES) {
        resource.properties = unpack_properties(columns.optional_text()?.as_deref());
    }
    if detail.contains(Detail::TEXTS) {
        resource.texts = read_texts(columns.optional_text()?.as_deref());
    }
    Ok((resource, digest))
}

/// A resource of which no more is known than its name and [`TAG`].
fn read_tag(columns: &mut Columns) -> Result<Resource, Failure> {
    Ok(Resource {
        name: columns.text()?,
        etag: columns.text()?,
        exact: columns.truth()?,
        seq: columns.natural()?,
        content_type: String::new(),
        size: 0,
        component: None,
        uid: None,
        created: 0,
        modified: 0,
        body: None,
        properties: Vec::new(),
        texts: Vec::new(),
    })
}

/// Names and values, in their order.
fn read_texts(packed: Option<&str>) -> Vec<(String, String)> {
    let mut texts: Vec<_> = unpack(packed).map(|[name, value]| (name.to_owned(), value.to_owned())).collect();
    texts.sort_unstable();
    texts
}
