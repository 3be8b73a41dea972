//! Faults, each with its rule.

use crate::text::{Fault, Rule};

/// It is not a vCard. `line` is the line where that shows, 0 where there is none.
pub fn syntax(line: u32, message: impl Into<String>) -> Fault {
    Fault { rule: Rule::Syntax, line, message: message.into() }
}

/// It is a vCard that may not be stored in an address book (RFC 6352 §5.1).
pub fn resource(message: impl Into<String>) -> Fault {
    Fault { rule: Rule::Resource, line: 0, message: message.into() }
}

/// It is larger than `bounds` allows.
pub fn bound(message: impl Into<String>) -> Fault {
    Fault { rule: Rule::Bound, line: 0, message: message.into() }
}

/// A form or a version that is not known.
pub fn unsupported(message: impl Into<String>) -> Fault {
    Fault { rule: Rule::Unsupported, line: 0, message: message.into() }
}
