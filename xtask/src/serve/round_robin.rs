//! Several servers behind one address: each connection goes to the next of them.

use anyhow::{Context, Result};
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Listens on a port of this machine (0 takes a free one), for as long as this program runs. Returns where.
pub fn start(port: u16, servers: Vec<SocketAddr>) -> Result<SocketAddr> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| format!("listening on port {port}"))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        let mut next = servers.iter().cycle();
        for client in listener.incoming().map_while(Result::ok) {
            let Some(server) = next.next() else { return };
            let server = *server;
            thread::spawn(move || join(client, server));
        }
    });
    Ok(address)
}

/// Carries what each side sends to the other until one of them ends. A connection that breaks is the business of its
/// ends.
fn join(client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (server, client);
    let _ = io::copy(&mut from_server, &mut to_client);
    to_client.shutdown(Shutdown::Both)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn each_connection_goes_to_the_next_server() {
        let mut addresses = Vec::new();
        for name in [b"a", b"b", b"c"] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            addresses.push(listener.local_addr().unwrap());
            thread::spawn(move || {
                listener.incoming().map_while(Result::ok).for_each(|mut client| {
                    let _ = io::Write::write_all(&mut client, name);
                })
            });
        }
        let address = start(0, addresses).unwrap();
        let mut answered = String::new();
        for _ in 0..7 {
            TcpStream::connect(address).unwrap().read_to_string(&mut answered).unwrap();
        }
        assert_eq!(answered, "abcabca");
    }
}
