//! HTTP/2 by hand (RFC 9113): a client that does only what a test has it do.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames.
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;

const ACK: u8 = 1;
const END_STREAM_AND_HEADERS: u8 = 5;

/// A connection on which the client has sent its preface and its settings, and answers to PING and SETTINGS: it is there, whatever else it does not do.
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
        // :method GET and :scheme http, then :path and :authority by their names in the static table, then names and values (RFC 7541 §6.2.2).
        let mut block = vec![0x82, 0x86, 0x04];
        string(&mut block, path);
        block.push(0x01);
        string(&mut block, authority);
        for (name, value) in fields {
            block.push(0x00);
            string(&mut block, name);
            string(&mut block, value);
        }
        self.send(HEADERS, END_STREAM_AND_HEADERS, self.next, &block);
        self.next += 2;
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
