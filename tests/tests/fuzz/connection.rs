//! One connection to the server: octets out, an answer back. Simpler than any client library, because it has to send
//! what none would.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// After so long a request counts as one that hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection that is opened anew where the server has closed it.
pub struct Connection {
    authority: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// A connection to host and port.
    pub fn to(authority: &str) -> Connection {
        Connection { authority: authority.to_owned(), stream: None }
    }

    /// Sends a request and reads the whole answer; returns its status. None where the server closed the connection
    /// without one.
    ///
    /// # Errors
    /// Where no answer comes in time, or one that cannot be read.
    pub fn ask(&mut self, request: &[u8], is_head: bool) -> Result<Option<u16>> {
        // The server may have closed a connection that it kept open: that is no answer to this request.
        let kept = self.stream.is_some();
        match self.exchange(request, is_head) {
            Ok(None) | Err(_) if kept => {
                self.stream = None;
                self.exchange(request, is_head)
            }
            answer => answer,
        }
    }

    fn exchange(&mut self, request: &[u8], is_head: bool) -> Result<Option<u16>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(self.open()?),
        };
        // A server may answer, and close, before it has read all.
        let sent = stream.get_mut().write_all(request);
        let mut line = String::new();
        let status = loop {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return sent.map(|()| None);
            }
            let status: u16 = line.split(' ').nth(1).and_then(|code| code.trim().parse().ok()).unwrap_or(0);
            let framing = read_head(&mut stream)?;
            if (100..200).contains(&status) {
                continue;
            }
            let has_body = !is_head && status != 204 && status != 304;
            let whole = if has_body { framing.skip_body(&mut stream)? } else { true };
            if whole && !framing.close && sent.is_ok() {
                self.stream = Some(stream);
            }
            break status;
        };
        Ok(Some(status))
    }

    fn open(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.authority)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// How the body of an answer ends.
#[derive(Default)]
struct Framing {
    length: Option<u64>,
    chunked: bool,
    close: bool,
}

fn read_head(stream: &mut impl BufRead) -> Result<Framing> {
    let mut framing = Framing::default();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line).trim_end().to_ascii_lowercase();
        match line.split_once(':') {
            _ if line.is_empty() => return Ok(framing),
            Some(("content-length", value)) => framing.length = value.trim().parse().ok(),
            Some(("transfer-encoding", value)) => framing.chunked = value.contains("chunked"),
            Some(("connection", value)) => framing.close = value.contains("close"),
            _ => {}
        }
    }
}

impl Framing {
    /// Reads the body away; false where it ends with the connection.
    fn skip_body(&self, stream: &mut impl BufRead) -> Result<bool> {
        if self.chunked {
            return skip_chunks(stream).map(|()| true);
        }
        let length = self.length.unwrap_or(u64::MAX);
        std::io::copy(&mut stream.take(length), &mut std::io::sink())?;
        Ok(self.length.is_some())
    }
}

fn skip_chunks(stream: &mut impl BufRead) -> Result<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16).unwrap_or(0);
        std::io::copy(&mut stream.take(size), &mut std::io::sink())?;
        stream.read_line(&mut line)?;
        if size == 0 {
            return Ok(());
        }
    }
}
