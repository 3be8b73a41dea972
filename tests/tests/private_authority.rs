//! Commands that speak to a server with TLS trust what the machine trusts, a private authority too, and nothing else.

#![allow(clippy::panic, reason = "that is how a test fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::{fs, thread};

use kalends_tests::command::{fail, kalends, succeed};
use kalends_tests::{Host, empty_directory};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// An authority that nobody knows, and the configuration of a server `localhost` that it vouches for.
fn authority() -> (String, ServerConfig) {
    let key = || KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(parameters, key()).expect("an authority");
    let (server, parameters) = (key(), CertificateParams::new(["localhost".to_owned()]).expect("a name"));
    let certificate = parameters.signed_by(&server, &authority).expect("a certificate");
    let config = ServerConfig::builder().with_no_client_auth();
    let key = PrivatePkcs8KeyDer::from(server.serialize_der());
    let config = config.with_single_cert(vec![certificate.into()], key.into()).expect("a configuration");
    (authority.pem(), config)
}

/// Answers each request with a list of no accounts; returns where.
fn serve(config: ServerConfig) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("its address").port());
    let config = Arc::new(config);
    thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let tls = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = BufReader::new(StreamOwned::new(tls, connection));
            let mut lines = stream.by_ref().lines();
            // A client that does not trust this server says so here, and goes.
            if lines.by_ref().map_while(Result::ok).any(|line| line.is_empty()) {
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{\"accounts\":[]}";
                let _ = stream.get_mut().write_all(answer.as_bytes());
            }
        }
    });
    url
}

#[test]
fn an_authority_of_ones_own() {
    if Host::tested() != Host::Native {
        return;
    }
    let (authority, config) = authority();
    let url = serve(config);
    let file = empty_directory("authority").join("authority.pem");
    fs::write(&file, authority).expect("writing the authority's certificate");
    let list = || {
        let mut command = kalends();
        command.args(["user", "list", "--json", "--server", &url, "--token", "token-0"]);
        command
    };
    let said = fail(&mut list());
    assert!(said.errors.contains("certificate"), "{}", said.errors);
    let said = succeed(list().env("SSL_CERT_FILE", &file));
    assert_eq!(said.output.trim(), "[]");
}
