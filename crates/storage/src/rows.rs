//! Reading rows.

use crate::bindings::kalends::dav::types::{Failure, Property, PropertyName};
use crate::database::{Rows, Value};

/// Between the fields of a packed list, and between its items: characters that no XML and no name can hold.
pub(crate) const FIELD: char = '\u{1f}';
/// See [`FIELD`].
pub(crate) const ITEM: char = '\u{1e}';

/// The columns of a row, taken from left to right.
pub(crate) struct Columns(std::vec::IntoIter<Value>);

impl Columns {
    /// The columns of a row.
    pub(crate) fn of(row: Vec<Value>) -> Self {
        Self(row.into_iter())
    }

    /// Whether the next column is NULL, or there is none; it stays the next.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.0.as_slice().first(), None | Some(Value::Null))
    }

    /// An integer or NULL.
    pub(crate) fn optional_integer(&mut self) -> Result<Option<i64>, Failure> {
        match self.0.next() {
            Some(Value::Null) => Ok(None),
            Some(Value::Integer(number)) => Ok(Some(number)),
            Some(Value::Real(number)) if number.fract() == 0.0 => Ok(Some(number as i64)),
            other => Err(unexpected("an integer", &other)),
        }
    }

    /// An integer.
    pub(crate) fn integer(&mut self) -> Result<i64, Failure> {
        self.optional_integer()?.ok_or_else(|| unexpected("an integer", &None))
    }

    /// An integer that is not negative.
    pub(crate) fn natural(&mut self) -> Result<u64, Failure> {
        Ok(self.integer()?.max(0).unsigned_abs())
    }

    /// An integer that is not negative, or NULL.
    pub(crate) fn optional_natural(&mut self) -> Result<Option<u64>, Failure> {
        Ok(self.optional_integer()?.map(|number| number.max(0).unsigned_abs()))
    }

    /// 0 or 1.
    pub(crate) fn truth(&mut self) -> Result<bool, Failure> {
        Ok(self.integer()? != 0)
    }

    /// A text or NULL.
    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, Failure> {
        match self.0.next() {
            Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            other => Err(unexpected("a text", &other)),
        }
    }

    /// A text.
    pub(crate) fn text(&mut self) -> Result<String, Failure> {
        self.optional_text()?.ok_or_else(|| unexpected("a text", &None))
    }
}

/// The next result of a batch.
pub(crate) fn next(results: &mut impl Iterator<Item = Rows>) -> Result<Rows, Failure> {
    results.next().ok_or_else(|| Failure::Broken("the database returned fewer results than statements".into()))
}

/// The columns of the row that begins with the epoch, which every database has.
pub(crate) fn with_epoch(mut rows: Rows) -> Result<Columns, Failure> {
    rows.pop().map(Columns::of).ok_or_else(|| Failure::Broken("there is no epoch".into()))
}

/// The items of a packed list.
pub(crate) fn items(packed: Option<&str>) -> impl Iterator<Item = &str> {
    packed.into_iter().flat_map(|packed| packed.split(ITEM))
}

/// The fields of each item of a packed list; those with another number of fields are damage, and left out.
pub(crate) fn unpack<const N: usize>(packed: Option<&str>) -> impl Iterator<Item = [&str; N]> {
    items(packed).filter_map(|item| {
        let mut fields = item.splitn(N, FIELD);
        let mut found = [""; N];
        for field in &mut found {
            *field = fields.next()?;
        }
        Some(found)
    })
}

/// SQL that packs the properties `q` for [`unpack_properties`], to be put together with other text at compile time.
macro_rules! packed_properties {
    () => {
        "string_agg(q.namespace || '\u{1f}' || q.name || '\u{1f}' || q.xml, '\u{1e}')"
    };
}
pub(crate) use packed_properties;

/// The properties in a packed list of namespaces, names and elements.
pub(crate) fn unpack_properties(packed: Option<&str>) -> Vec<Property> {
    let property = |[namespace, name, xml]: [&str; 3]| Property {
        name: PropertyName { namespace: namespace.to_owned(), name: name.to_owned() },
        xml: xml.to_owned(),
    };
    unpack(packed).map(property).collect()
}

fn unexpected(wanted: &str, found: &Option<Value>) -> Failure {
    Failure::Broken(format!("a column should have been {wanted}, but was {found:?}"))
}
