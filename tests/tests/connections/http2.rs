//! HTTP/2 by hand (RFC 9113): a client that does only what a test has it do.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A connection on which the client has sent its preface and its settings, and answers to PING and SETTINGS: it is
/// there, whatever else it does not do.
pub struct Connection {
    stream: TcpStream,
    /// When the test has waited for long enough: PING comes for ever.
    until: Instant,
    /// The number of the next request's stream.
    next: u32,
}

impl Connection {
    /// Begins HTTP/2, with windows of so many octets for the responses.
    pub fn open(mut stream: TcpStream, window: u32) -> Connection {
        stream.write_all(PREFACE).expect("writing the preface");
        let mut connection = Connection { stream, until: Instant::now() + super::PATIENCE, next: 1 };
        let initial_window_size = [&[0, 4], window.to_be_bytes().as_slice()].concat();
        connection.send(SETTINGS, 0, 0, &initial_window_size);
        connection
    }

    /// Sends a GET with header fields besides.
    pub fn get(&mut self, authority: &str, path: &str, fields: &[(&str, &str)]) {
        self.request("GET", authority, path, fields, END_STREAM);
        self.next += 2;
    }

    /// Sends a PUT whose body does not end, though there is some of it: less than the window that a server begins with.
    pub fn put_without_end(&mut self, authority: &str, path: &str, fields: &[(&str, &str)]) {
        self.request("PUT", authority, path, fields, 0);
        for _ in 0..3 {
            self.send(DATA, 0, self.next, &[b'x'; 16_384]);
        }
        self.next += 2;
    }

    fn request(&mut self, method: &str, authority: &str, path: &str, fields: &[(&str, &str)], flags: u8) {
        // :method, :scheme http, :path and :authority by the static table, then names and values (RFC 7541 §6.2.2).
        let mut block = vec![0x02];
        string(&mut block, method);
        block.extend([0x86, 0x04]);
        string(&mut block, path);
        block.push(0x01);
        string(&mut block, authority);
        for (name, value) in fields {
            block.push(0x00);
            string(&mut block, name);
            string(&mut block, value);
        }
        self.send(HEADERS, END_HEADERS | flags, self.next, &block);
    }

    /// Waits for the next response to begin, and returns its header block.
    pub fn response(&mut self) -> Vec<u8> {
        loop {
            let (kind, payload) = self.receive().expect("a frame");
            if kind == HEADERS {
                return payload;
            }
        }
    }

    /// Asks the server whether it is there, and returns the types of the frames that come before its answer.
    pub fn until_answered(&mut self) -> Vec<u8> {
        self.send(PING, 0, 0, &[0; 8]);
        let mut kinds = Vec::new();
        while kinds.last() != Some(&PING) {
            kinds.push(self.receive().expect("a frame").0);
        }
        kinds
    }

    /// Waits for the server to close the connection. Fails where the patience of the stream ends before.
    pub fn until_closed(&mut self) {
        loop {
            match self.receive() {
                Ok(_) => {}
                Err(error) if super::is_patience(&error) => panic!("the server does not close the connection"),
                Err(_) => return,
            }
        }
    }

    /// The next frame, after the answer that it takes.
    fn receive(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        if Instant::now() > self.until {
            return Err(ErrorKind::TimedOut.into());
        }
        let mut head = [0; 9];
        self.stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload)?;
        match (head[3], head[4] & ACK) {
            (PING, 0) => self.send(PING, ACK, 0, &payload),
            (SETTINGS, 0) => self.send(SETTINGS, ACK, 0, &[]),
            _ => {}
        }
        Ok((head[3], payload))
    }

    /// Sends a frame, where the server still takes one.
    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        let _ = self.stream.write_all(&[&head, payload].concat());
    }
}

/// A string literal without Huffman's code (RFC 7541 §5.2), of fewer than 127 octets.
fn string(block: &mut Vec<u8>, text: &str) {
    assert!(text.len() < 127, "{text}");
    block.push(text.len() as u8);
    block.extend_from_slice(text.as_bytes());
}
