//! Standard output. Who reads it may have read enough (`kalends user list | head -1`): what is said after that is said
//! to nobody, and what is done is done to its end.
//!
//! The macros take the place of the standard library's in every module, which panic where nobody reads.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Writes to standard output.
macro_rules! print {
    ($($text:tt)*) => {
        crate::stdout::say(format_args!($($text)*))
    };
}

/// Writes a line to standard output.
macro_rules! println {
    ($($text:tt)*) => {
        crate::stdout::say(format_args!("{}\n", format_args!($($text)*)))
    };
}

/// Writes to standard output. Where that cannot be done for another reason than that nobody reads, this is the end of
/// the process: what a person or a script was to be told (a password that is shown once) is lost.
pub fn say(text: Arguments<'_>) {
    let mut output = std::io::stdout().lock();
    // Not in the pieces that it is formatted in: a pipe would have them one by one.
    let said = output.write_all(text.to_string().as_bytes()).and_then(|()| output.flush());
    if let Err(error) = said
        && error.kind() != ErrorKind::BrokenPipe
    {
        eprintln!("kalends: cannot write to standard output: {error}");
        std::process::exit(1);
    }
}
