//! Clients of the native host that keep what they should give back: connections, bodies that do not arrive, responses
//! that are not taken; and those that are refused while they are still sending.

#![allow(clippy::panic, reason = "that is how a test fails")]

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::thread::{self, sleep};
use std::time::Duration;

use http2::{Connection, RST_STREAM};
use kalends_tests::command::kalends;
use kalends_tests::{Client, Host, Server, empty_directory};

mod http2;

/// Longer than everything here takes on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the server here is started with, in octets.
const MAX_BODY: usize = 256 << 10;

/// More than what the system takes in for a server that does not read.
const MUCH: usize = 24 << 20;

fn is_native() -> bool {
    Host::tested() == Host::Native
}

/// A server with little patience and little room.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let limits = ["--head-time", "1", "--idle-time", "3", "--max-body", "262144", "--max-buffered", "524288"];
    SERVER.get_or_init(|| Server::start_native(&empty_directory("impatient"), &limits))
}

fn authority(server: &Server) -> &str {
    server.url().trim_start_matches("http://")
}

#[track_caller]
fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(authority(server)).expect("connecting");
    stream.set_read_timeout(Some(PATIENCE)).expect("setting the patience");
    stream
}

/// Whether a read failed because nothing came, and not because the connection has ended.
fn is_patience(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// All that comes until the server closes.
#[track_caller]
fn until_closed(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if is_patience(&error) => panic!("the server does not close the connection"),
        _ => String::from_utf8_lossy(&answer).into_owned(),
    }
}

/// Sends octets, all of them, and returns what comes until the server closes.
#[track_caller]
fn raw(octets: &[u8]) -> String {
    let mut stream = connect(server());
    stream.write_all(octets).expect("the server takes it all");
    until_closed(stream)
}

/// The head of a PUT of a file by somebody without credentials.
fn put(fields: &str) -> String {
    format!("PUT /dav/files/alice/x HTTP/1.1\r\nHost: {}\r\n{fields}\r\n\r\n", authority(server()))
}

/// A place among the connections is for those who ask for something.
#[test]
fn a_connection_without_a_request_is_closed() {
    if !is_native() {
        return;
    }
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let request = format!("OPTIONS /dav/ HTTP/1.1\r\nHost: {}\r\n\r\n", authority(server()));
    let beginnings = ["", "P", "PRI * HTTP/2.0\r\n", preface, "GET / HTTP/1.1\r\nHo", &request];
    thread::scope(|threads| {
        for beginning in beginnings {
            threads.spawn(move || {
                let answer = raw(beginning.as_bytes());
                assert_eq!(answer.starts_with("HTTP/1.1 200"), beginning.starts_with("OPTIONS"), "{answer}");
            });
        }
    });
}

#[test]
fn a_connection_of_http_2_without_a_stream_is_closed() {
    if !is_native() {
        return;
    }
    Connection::open(connect(server()), 65_535).until_closed();
    let mut after_one = Connection::open(connect(server()), 65_535);
    after_one.get(authority(server()), "/dav/", &[]);
    after_one.response();
    after_one.until_closed();
}

/// It takes longer than `--head-time` and `--idle-time`, and moves.
#[test]
fn a_slow_upload_arrives() {
    if !is_native() {
        return;
    }
    let mut stream = connect(server());
    let (part, parts) = ([b'x'; 12_000], 20);
    let head = put(&format!("Connection: close\r\nContent-Length: {}", part.len() * parts));
    stream.write_all(head.as_bytes()).expect("the head");
    for _ in 0..parts {
        sleep(Duration::from_millis(250));
        stream.write_all(&part).expect("a part of the body");
    }
    let answer = until_closed(stream);
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

/// An octet now and then would hold the room of what has come for ever.
#[test]
fn a_body_that_hardly_moves_is_not_waited_for() {
    if !is_native() {
        return;
    }
    let stream = connect(server());
    let mut drip = stream.try_clone().expect("the same connection");
    drip.write_all(put("Content-Length: 200000").as_bytes()).expect("the head");
    thread::spawn(move || {
        while drip.write_all(b"x").is_ok() {
            sleep(Duration::from_millis(200));
        }
    });
    let answer = until_closed(stream);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

/// Most clients look for an answer when they have sent all, and a connection that was reset has none.
#[test]
fn who_sends_too_much_is_told() {
    if !is_native() {
        return;
    }
    let body = vec![b'x'; MAX_BODY + MUCH];
    let announced = put(&format!("Content-Length: {}", body.len()));
    let (chunk, end) = (format!("{:x}\r\n", body.len()), "\r\n0\r\n\r\n");
    let chunked = put("Transfer-Encoding: chunked");
    let bad_host = announced.replace("Host: ", "Host: a@");
    for (request, status) in [
        ([announced.as_bytes(), &body].concat(), 413),
        ([chunked.as_bytes(), chunk.as_bytes(), &body, end.as_bytes()].concat(), 413),
        ([bad_host.as_bytes(), &body].concat(), 400),
    ] {
        let answer = raw(&request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
}

/// curl forgets the answer where its stream is reset while it still sends, though it must not (RFC 9113 §8.1).
#[test]
fn who_sends_too_much_over_http_2_is_told() {
    if !is_native() {
        return;
    }
    let mut connection = Connection::open(connect(server()), 65_535);
    let length = (MAX_BODY + MUCH).to_string();
    connection.put_without_end(authority(server()), "/dav/files/alice/x", &[("content-length", &length)]);
    // A status that stands in no table yet.
    assert_eq!(connection.response().first(), Some(&0x48));
    assert!(!connection.until_answered().contains(&RST_STREAM));
}

/// RFC 9110 §10.1.1: what is refused by its head is not asked for.
#[test]
fn who_asks_whether_to_send_too_much_is_told_not_to() {
    if !is_native() {
        return;
    }
    let answer = raw(put(&format!("Expect: 100-continue\r\nContent-Length: {}", MAX_BODY + 1)).as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

/// RFC 9112 §3.2.
#[test]
fn a_request_has_one_host() {
    if !is_native() {
        return;
    }
    let right = format!("Host: {}\r\n", authority(server()));
    let ask = |hosts: &str| raw(format!("OPTIONS /dav/ HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n").as_bytes());
    for wrong in [String::new(), right.repeat(2), "Host: a/b\r\n".to_owned(), "Host: \r\n".to_owned()] {
        let answer = ask(&wrong);
        assert!(answer.starts_with("HTTP/1.1 400"), "{wrong}: {answer}");
    }
    assert!(ask(&right).starts_with("HTTP/1.1 200"));
}

/// RFC 9113 §8.3.1.
#[test]
fn a_host_that_is_not_the_authority_is_refused() {
    if !is_native() {
        return;
    }
    let mut connection = Connection::open(connect(server()), 65_535);
    for (host, is_refused) in [("a.example", false), ("A.example:80", false), ("b.example", true)] {
        connection.get("a.example", "/dav/", &[("host", host)]);
        let block = connection.response();
        // The status comes first, and 400 stands in the static table (RFC 7541, appendix A).
        assert_eq!(block.first() == Some(&0x8C), is_refused, "{host}: {block:x?}");
    }
}

/// With HTTP/2 a client can have a response made and never take it: nothing is written that could fail.
#[test]
fn responses_that_are_not_taken_are_not_kept() {
    if !is_native() {
        return;
    }
    let server = Server::start_native(
        &empty_directory("untaken"),
        &["--head-time", "20", "--idle-time", "5", "--max-buffered", "300000"],
    );
    let alice = server.named("alice");
    let path = "/dav/files/alice/large";
    let put = alice.request("PUT", path).header("content-type", "application/octet-stream");
    put.body(vec![b'x'; 200_000]).send().expect(201);
    let mut connection = Connection::open(connect(&server), 0);
    connection.get(authority(&server), path, &[("authorization", alice.authorization())]);
    connection.response();
    // There is no room for this one while the first is kept.
    alice.get(path).expect(503);
    connection.until_closed();
    alice.get(path).expect(200);
}

/// The program with a log that cannot be written.
struct Unheard(Child);

impl Unheard {
    /// Starts it; the second is where it listens.
    fn start(stderr: impl Into<Stdio>, format: &str) -> (Self, String) {
        let mut command = kalends();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--user", "ada:secret"])
            .stdout(Stdio::piped())
            .stderr(stderr);
        command.arg("--data").arg(empty_directory("unheard").join("data"));
        command.env("KALENDS_LOG_LEVEL", "debug").env("KALENDS_LOG_FORMAT", format);
        let mut program = Unheard(command.spawn().expect("the program runs"));
        let mut line = String::new();
        BufReader::new(program.0.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let authority = line.trim().split("http://").nth(1).unwrap_or_else(|| panic!("{line:?}"));
        (program, authority.trim_end_matches('/').to_owned())
    }
}

impl Drop for Unheard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What cannot be logged is answered all the same.
#[test]
fn a_log_that_cannot_be_written_keeps_nobody_from_an_answer() {
    if !is_native() {
        return;
    }
    // Where there is no such file, the second is tried twice.
    for full in ["/dev/full", "/a/closed/pipe"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let stderr = std::fs::File::options().write(true).open(full).map_or_else(|_| writer.into(), Stdio::from);
        let (_program, authority) = Unheard::start(stderr, "text");
        Client::anonymous(&format!("http://{authority}")).request("OPTIONS", "/dav/").send().expect(200);
    }
}

/// Nor is anybody kept from one by who has started the server and does not read its log. Who reads it later is told how
/// much is missing.
#[test]
fn a_log_that_nobody_reads_keeps_nobody_from_an_answer() {
    if !is_native() {
        return;
    }
    for (format, told) in [("text", " lines of the log were lost"), ("json", "\"lost\":")] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let (_program, authority) = Unheard::start(writer, format);
        let client = Client::anonymous(&format!("http://{authority}"));
        // A line is 100 octets and more; a pipe has room for 64 KiB.
        for _ in 0..2_000 {
            client.request("OPTIONS", "/dav/").send().expect(200);
        }
        let mut lines = BufReader::new(reader).lines().map(|line| line.expect("a line"));
        assert!(lines.by_ref().take(100).all(|line| !line.contains(told)));
        // What is read makes room, and the next line comes with what is to be told. Until then there may be some that
        // were in the pipe.
        let asking = std::thread::spawn(move || {
            for _ in 0..2_000 {
                client.request("OPTIONS", "/dav/").send().expect(200);
            }
        });
        assert!(lines.any(|line| line.contains(told)), "{format}");
        asking.join().expect("all are answered");
    }
}
