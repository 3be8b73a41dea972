//! Why an object cannot be taken: one constructor for each rule.

use crate::text::{Fault, Rule};

/// It is not iCalendar.
pub fn syntax(line: u32, message: &str) -> Fault {
    Fault { rule: Rule::Syntax, line, message: message.to_string() }
}

/// It is iCalendar, but may not be stored in a collection.
pub fn resource(line: u32, message: &str) -> Fault {
    Fault { rule: Rule::Resource, line, message: message.to_string() }
}

/// It would take too much time or memory.
pub fn bound(line: u32, message: &str) -> Fault {
    Fault { rule: Rule::Bound, line, message: message.to_string() }
}

/// A form that is not supported.
pub fn unsupported(message: &str) -> Fault {
    Fault { rule: Rule::Unsupported, line: 0, message: message.to_string() }
}
