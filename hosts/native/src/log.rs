//! The log: on standard error, as text or as JSON, one event a line.

mod unwaited;

use tracing::Level;
use unwaited::Lines;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts the log of this process.
pub fn start(format: Format, level: Level) {
    let lines = Lines::new(format);
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(move || lines.clone()).with_target(false);
    // What cannot be logged would be reported on standard error, in a way that panics where that fails, too: a request
    // would be carried out, and not answered.
    let log = log.log_internal_errors(false);
    match format {
        Format::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        Format::Json => log.json().flatten_event(true).init(),
    }
}

/// What stands before the secret in the path of a public link.
const PUBLIC: &str = "/public/";

/// A path as the log may have it: of a public link, which is its own secret, without that.
pub fn path(path: &str) -> String {
    let Some((before, rest)) = path.split_once(PUBLIC) else {
        return path.to_owned();
    };
    let after = rest.find('/').map_or("", |end| &rest[end..]);
    format!("{before}{PUBLIC}...{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_of_a_link_stays_out() {
        assert_eq!(path("/public/0a1b2c/work.ics"), "/public/.../work.ics");
        assert_eq!(path("/base/public/0a1b2c"), "/base/public/...");
        assert_eq!(path("/dav/calendars/ada/public"), "/dav/calendars/ada/public");
    }
}
