//! A request in all its parts, as octets.

use std::fmt::Write;

/// What is sent. The Authorization field is added when it is.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The method.
    pub method: Vec<u8>,
    /// The request target.
    pub target: Vec<u8>,
    /// Header fields in their order.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Input {
    /// Reads what [`Input::to_octets`] writes, and the recorded requests, whose lines end with LF alone.
    pub fn read(octets: &[u8]) -> Input {
        let (end, skip) = match (find(octets, b"\r\n\r\n"), find(octets, b"\n\n")) {
            (Some(at), None) => (at, 4),
            (Some(at), Some(lf)) if at < lf => (at, 4),
            (_, Some(at)) => (at, 2),
            (None, None) => (octets.len(), 0),
        };
        let mut lines =
            octets[..end].split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let mut words = lines.next().unwrap_or_default().splitn(2, |octet| *octet == b' ');
        let method = words.next().unwrap_or_default().to_vec();
        let rest = words.next().unwrap_or_default();
        let target = rest.strip_suffix(b" HTTP/1.1").unwrap_or(rest).to_vec();
        let field = |line: &[u8]| {
            let at = find(line, b": ")?;
            Some((line[..at].to_vec(), line[at + 2..].to_vec()))
        };
        Input { method, target, headers: lines.filter_map(field).collect(), body: octets[end + skip..].to_vec() }
    }

    /// The request as it goes over the wire, `more` among its header fields.
    pub fn to_octets(&self, more: &str) -> Vec<u8> {
        let mut octets = [&self.method, b" ".as_slice(), &self.target, b" HTTP/1.1\r\n"].concat();
        octets.extend_from_slice(more.as_bytes());
        for (name, value) in &self.headers {
            octets.extend([name, b": ".as_slice(), value, b"\r\n"].concat());
        }
        octets.extend_from_slice(b"\r\n");
        octets.extend_from_slice(&self.body);
        octets
    }

    /// The first value of a header field.
    pub fn header(&mut self, name: &str) -> Option<&mut Vec<u8>> {
        let mut fields = self.headers.iter_mut();
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// For a message: the beginning of it.
    pub fn excerpt(&self) -> String {
        let octets = self.to_octets("");
        let mut text = String::from_utf8_lossy(&octets[..octets.len().min(600)]).into_owned();
        if octets.len() > 600 {
            let _ = write!(text, "… ({} octets)", octets.len());
        }
        text
    }
}

/// Where octets occur first.
pub fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|window| window == wanted)
}
