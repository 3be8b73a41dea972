//! Why an object cannot be taken: one constructor for each rule.

use crate::text::{Fault, Rule};

/// It is not iCalendar.
pub fn syntax(line: u32, message: &str) -> Fault {
    Fault { rule: Rule::Syntax, line, message: beginning(message) }
}

/// It is iCalendar, but may not be stored in a collection.
pub fn resource(line: u32, message: &str) -> Fault {
    Fault { rule: Rule::Resource, line, message: beginning(message) }
}

/// It would take too much time or memory.
pub fn bound(line: u32, message: &str) -> Fault {
    Fault { rule: Rule::Bound, line, message: beginning(message) }
}

/// A form that is not supported.
pub fn unsupported(message: &str) -> Fault {
    Fault { rule: Rule::Unsupported, line: 0, message: beginning(message) }
}

/// Enough of a message to be read: it may quote what was sent.
fn beginning(message: &str) -> String {
    message[..message.floor_char_boundary(500)].to_string()
}
