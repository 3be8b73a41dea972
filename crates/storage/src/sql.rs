//! Statements put together from parts.

use crate::database::{Statement, Value};

/// A time that is later than any, and with a minus earlier: the greatest integer that JavaScript, and so D1, has
/// exactly.
pub(crate) const FOREVER: i64 = (1 << 53) - 1;

/// A statement in the making: text, and the parameters that it has so far.
pub(crate) struct Sql {
    text: String,
    params: Vec<Value>,
}

impl Sql {
    /// A statement that begins so, with the parameters `?1` and on that it names.
    pub(crate) fn new(text: &str, params: impl Into<Vec<Value>>) -> Self {
        Self { text: text.to_owned(), params: params.into() }
    }

    /// Goes on with text.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Goes on with a new parameter.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.params.push(value.into());
        let number = self.params.len().to_string();
        self.push("?").push(&number)
    }

    /// The statement.
    pub(crate) fn finish(self) -> Statement {
        Statement { sql: self.text.into(), params: self.params }
    }
}
