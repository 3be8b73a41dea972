//! TLS to PostgreSQL: what is asked for is verified.

use std::fs;
use std::path::Path;
use std::process::Command;

use kalends_tests::command::{Said, fail, kalends, succeed, target};
use kalends_tests::{Server, public_directory};

/// An authority of its own, and a certificate by it for `localhost`.
const MAKE_CERTIFICATES: &str = r#"
set -e
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
openssl req -x509 $new -days 2 -subj '/CN=An authority of tests' -keyout authority.key -out authority.pem
openssl req $new -subj '/CN=localhost' -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > server.ext
openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile server.ext -out server.crt
"#;

/// Only who encrypts is let in, and PostgreSQL reads it all anew. The last argument is its own user, who has to have
/// the key.
const ENCRYPT: &str = r#"
set -e
cp server.crt server.key "$1"
chmod 600 "$1/server.key"
chown --reference="$1/PG_VERSION" "$1/server.crt" "$1/server.key"
echo 'hostssl all all 127.0.0.1/32 trust' > "$1/pg_hba.conf"
echo 'ssl = on' >> "$1/postgresql.conf"
kill -s HUP "$(head -n 1 "$1/postmaster.pid")"
"#;

fn shell(script: &str, directory: &Path, argument: &Path) {
    let mut command = Command::new("sh");
    succeed(command.args(["-c", script, "sh"]).arg(argument).current_dir(directory));
}

/// The port that PostgreSQL listens on.
fn port(postgres: &Path) -> String {
    let file = fs::read_to_string(postgres.join("postmaster.pid")).expect("PostgreSQL runs");
    file.lines().nth(3).expect("a port").to_owned()
}

/// `kalends user list` over a connection of its own.
fn list(data: &Path, address: &str) -> Command {
    let mut command = kalends();
    command.args(["user", "list", "--data"]).arg(data).env("KALENDS_POSTGRES", address);
    command.env("KALENDS_COMPONENT", target().join("kalends/fermyon.wasm"));
    // The directory is new, and no command makes a secret that the server does not know.
    command.env("KALENDS_SERVER_SECRET", "5a".repeat(32));
    command
}

#[test]
#[ignore = "takes the place of PostgreSQL's user: cargo xtask test http-postgres"]
fn a_certificate_is_believed_where_its_authority_is() {
    let directory = public_directory("tls");
    let server = Server::start_with(&directory, &[("KALENDS_POSTGRES", "")]);
    let postgres = directory.join("data/postgres");
    let name = fs::read_to_string(directory.join("data/postgres-database")).expect("a database");
    let (port, name) = (port(&postgres), format!("kalends_{}", &name[..16]));
    let address = |host: &str, more: &str| format!("postgres://postgres@{host}:{port}/{name}{more}");
    let own = directory.join("own");
    let listed = |address: &str| list(&own, address);
    let accounts = |said: Said| said.output.contains("alice") && said.output.contains("bob");

    assert!(accounts(succeed(&mut listed(&address("127.0.0.1", "")))), "as long as PostgreSQL has no TLS");
    fail(&mut listed(&address("localhost", "?sslmode=require")));
    shell(MAKE_CERTIFICATES, &directory, Path::new(""));
    shell(ENCRYPT, &directory, &postgres);

    let authority = directory.join("authority.pem").display().to_string();
    let trusting = |mode: &str| format!("?sslmode={mode}&sslrootcert={authority}");
    // PostgreSQL takes a moment to read its configuration anew.
    let encrypts =
        || listed(&address("localhost", &trusting("require"))).output().is_ok_and(|output| output.status.success());
    assert!((0..20).any(|_| encrypts()), "PostgreSQL has not begun to encrypt");
    for mode in ["verify-ca", "verify-full"] {
        assert!(accounts(succeed(&mut listed(&address("localhost", &trusting(mode))))), "{mode}");
    }
    let words =
        format!("host=localhost port={port} user=postgres dbname={name} sslmode=require sslrootcert='{authority}'");
    assert!(accounts(succeed(&mut listed(&words))));
    // Nobody whom everybody believes has signed it; it is another host's; PostgreSQL wants to be asked with TLS.
    fail(&mut listed(&address("localhost", "?sslmode=require")));
    fail(&mut listed(&address("127.0.0.1", &trusting("require"))));
    fail(&mut listed(&address("localhost", "")));
    drop(server);
    fs::remove_dir_all(&directory).expect("clearing up");
}
