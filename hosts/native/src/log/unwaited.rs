//! Standard error, for which nobody waits: whoever has started the server and does not read what it says, as a script
//! may that has seen the address, keeps no request waiting.

use super::Format;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a pipe takes at once where it takes anything (PIPE_BUF of Linux), in octets.
const AT_ONCE: usize = 4096;

/// How long a reader may be busy with something else. After that lines are lost, until it reads again.
const PATIENCE: Duration = Duration::from_millis(100);

/// The way to standard error for the log, which hands over one line at a time.
#[derive(Clone)]
pub struct Lines(Arc<Mutex<Reading>>);

/// How it stands with whoever reads.
struct Reading {
    format: Format,
    /// Lines that were lost since the last one that was written.
    lost: u64,
    /// The last one was written in part.
    is_torn: bool,
}

impl Lines {
    /// Those of a log in this format, in which it is told how many were lost.
    pub fn new(format: Format) -> Self {
        Lines(Arc::new(Mutex::new(Reading { format, lost: 0, is_torn: false })))
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.reading().take(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Reading {
    /// Writes a line, or counts it as lost.
    fn take(&mut self, line: &[u8]) -> io::Result<()> {
        let patience = if self.lost == 0 { PATIENCE } else { Duration::ZERO };
        if self.lost > 0 && is_ready(Duration::ZERO) {
            let end = if self.is_torn { "\n" } else { "" };
            io::stderr().write_all(format!("{end}{}\n", self.told()).as_bytes())?;
            (self.lost, self.is_torn) = (0, false);
        }
        for (number, part) in line.chunks(AT_ONCE).enumerate() {
            if !is_ready(patience) {
                self.lost += 1;
                self.is_torn |= number > 0;
                return Ok(());
            }
            io::stderr().write_all(part)?;
        }
        Ok(())
    }

    fn told(&self) -> String {
        const MESSAGE: &str = "lines of the log were lost before the next one: nobody has read them";
        match self.format {
            Format::Text => format!("{} {MESSAGE}", self.lost),
            Format::Json => serde_json::json!({ "level": "WARN", "message": MESSAGE, "lost": self.lost }).to_string(),
        }
    }
}

/// Whether standard error takes something by then. What cannot be known is tried, and so is what has failed: writing
/// tells why.
fn is_ready(patience: Duration) -> bool {
    let stderr = io::stderr();
    let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) };
    poll(&mut [PollFd::new(&stderr, PollFlags::OUT)], Some(&timeout)) != Ok(0)
}
