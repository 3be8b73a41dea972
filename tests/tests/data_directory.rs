//! The data directory of the native host: whom it lets in, which commands make one, and what is said of one that is not
//! as it should be.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use kalends_tests::command::{fail, kalends, succeed};
use kalends_tests::large_bodies::large;
use kalends_tests::{Host, Server, empty_directory};

fn natively() -> bool {
    Host::tested() == Host::Native
}

/// A command on a data directory, without what the environment of the tests says of others.
fn on(data: &Path, arguments: &[&str]) -> Command {
    let mut command = kalends();
    for name in ["KALENDS_SERVER_SECRET", "KALENDS_ARGON2"] {
        command.env_remove(name);
    }
    command.args(arguments).arg("--data").arg(data);
    command
}

/// Makes an account, and the data directory where there is none.
#[track_caller]
fn add_account(mut command: Command) {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the program runs");
    child.stdin.take().expect("piped").write_all(b"a password of hers\n").expect("it reads");
    assert!(child.wait().expect("it ends").success());
}

/// What a server says that has to end without having listened.
#[track_caller]
fn refused_to_serve(data: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = on(data, &["serve", "--listen", "127.0.0.1:0"]);
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = command.spawn().expect("the program runs");
    let output = server.stdout.take().expect("piped");
    let listens = BufReader::new(output).lines().map_while(Result::ok).any(|line| line.contains("listening"));
    if listens {
        server.kill().expect("it runs");
    }
    let said = server.wait_with_output().expect("it ends");
    assert!(!listens && !said.status.success(), "it serves {}", data.display());
    String::from_utf8_lossy(&said.stderr).into_owned()
}

#[track_caller]
fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// A directory that everybody may enter, as `mkdir` makes it.
fn open_directory(name: &str) -> PathBuf {
    let directory = empty_directory(name).join("data");
    fs::create_dir(&directory).expect("a directory");
    fs::set_permissions(&directory, Permissions::from_mode(0o755)).expect("its mode");
    directory
}

#[test]
fn in_a_directory_that_all_may_enter_the_data_are_the_owners_alone() {
    if !natively() {
        return;
    }
    let data = open_directory("modes");
    let server = Server::start(data.parent().expect("a parent"));
    let client = server.named("alice");
    client.put(&client.calendars("personal/a.ics"), &large(1)).expect(201);
    for name in ["kalends.db", "kalends.db-wal", "kalends.db-shm", "server-secret"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    for name in ["files", "cache"] {
        assert_eq!(mode(&data.join(name)), 0o700, "{name}");
    }
    drop(server);
    // As an earlier version has left it. What the group alone may read is somebody's choice.
    fs::set_permissions(data.join("kalends.db"), Permissions::from_mode(0o644)).expect("its mode");
    fs::set_permissions(data.join("server-secret"), Permissions::from_mode(0o640)).expect("its mode");
    succeed(&mut on(&data, &["user", "list"]));
    assert_eq!((mode(&data.join("kalends.db")), mode(&data.join("server-secret"))), (0o600, 0o640));

    let archive = data.with_file_name("backup.tar");
    succeed(on(&data, &["backup"]).arg(&archive));
    assert_eq!(mode(&archive), 0o600);
    let restored = data.with_file_name("restored");
    succeed(on(&restored, &["restore"]).arg(&archive));
    assert_eq!((mode(&restored), mode(&restored.join("kalends.db"))), (0o700, 0o600));
    let new = data.with_file_name("new");
    fs::create_dir(&new).expect("a directory");
    drop(Server::start(&new));
    assert_eq!(mode(&new.join("data")), 0o700);
}

#[test]
fn a_directory_that_is_mistyped_is_not_made() {
    if !natively() {
        return;
    }
    let directory = empty_directory("mistyped");
    let data = directory.join("data");
    let out = directory.join("out");
    let path = out.to_str().expect("UTF-8");
    for command in [
        &["user", "list"][..],
        &["user", "remove", "ada", "--purge"],
        &["group", "add", "team"],
        &["app-password", "add", "ada", "phone"],
        &["share", "list", "ada"],
        &["export", path],
        &["backup", path],
        &["collect"],
    ] {
        let said = fail(&mut on(&data, command));
        assert!(said.errors.contains("there is no data in") && said.errors.contains("--data"), "{}", said.errors);
        assert!(!data.exists(), "{command:?} has made a data directory");
    }
    add_account(on(&data, &["user", "add", "ada"]));
    assert!(succeed(&mut on(&data, &["user", "list"])).output.contains("ada"));
    // A new secret would be another than the server's.
    fs::rename(data.join("server-secret"), directory.join("server-secret")).expect("it moves");
    let said = fail(&mut on(&data, &["app-password", "add", "ada", "phone"]));
    assert!(said.errors.contains("--server-secret") && !data.join("server-secret").exists(), "{}", said.errors);
    let secret = fs::read_to_string(directory.join("server-secret")).expect("the secret");
    succeed(on(&data, &["app-password", "add", "ada", "phone"]).env("KALENDS_SERVER_SECRET", secret));
}

#[test]
fn a_backup_has_the_secret_that_is_in_use() {
    if !natively() {
        return;
    }
    let directory = empty_directory("secret");
    let (data, archive) = (directory.join("data"), directory.join("backup.tar"));
    let (archived, secret) = (archive.to_str().expect("UTF-8"), "5a".repeat(32));
    let mut named = on(&data, &["user", "add", "ada"]);
    named.env("KALENDS_SERVER_SECRET", &secret);
    add_account(named);
    assert!(!data.join("server-secret").exists());
    let said = fail(&mut on(&data, &["backup", "--with-secret", archived]));
    assert!(said.errors.contains("--server-secret") && !archive.exists(), "{}", said.errors);
    succeed(on(&data, &["backup", "--with-secret", archived]).env("KALENDS_SERVER_SECRET", &secret));
    let restored = directory.join("restored");
    succeed(&mut on(&restored, &["restore", archived]));
    assert_eq!(fs::read_to_string(restored.join("server-secret")).expect("the secret").trim(), secret);
    // Another one than the directory's may be meant, and is told.
    let another = [("KALENDS_SERVER_SECRET", "a5".repeat(32)), ("KALENDS_LOG_LEVEL", "warn".to_owned())];
    let said = succeed(on(&restored, &["user", "list"]).envs(another));
    assert!(said.errors.contains("--server-secret is not the one in"), "{}", said.errors);
    // Where the server is told its secret, a restore makes none.
    succeed(&mut on(&data, &["backup", archived, "--server-secret", &secret]));
    let told = directory.join("told");
    let said = succeed(&mut on(&told, &["restore", archived, "--server-secret", &secret]));
    assert!(!said.output.contains("new secret") && !told.join("server-secret").exists(), "{}", said.output);
}

#[test]
fn what_is_in_postgresql_is_not_backed_up_from_sqlite() {
    if !natively() {
        return;
    }
    let data = empty_directory("postgres").join("data");
    add_account(on(&data, &["user", "add", "ada"]));
    let archive = data.with_file_name("backup.tar");
    for (command, program) in [("backup", "pg_dump"), ("restore", "pg_restore")] {
        let mut command = on(&data, &[command]);
        let said = fail(command.arg(&archive).env("KALENDS_POSTGRES", "postgres://localhost/kalends"));
        assert!(said.errors.contains(program), "{}", said.errors);
    }
    assert!(!archive.exists());
}

#[test]
fn what_a_restore_has_left_is_served_only_when_it_is_whole() {
    if !natively() {
        return;
    }
    let directory = empty_directory("unfinished");
    let (data, archive) = (directory.join("data"), directory.join("backup.tar"));
    add_account(on(&data, &["user", "add", "ada"]));
    succeed(on(&data, &["backup", "--with-secret"]).arg(&archive));
    let restored = directory.join("restored");
    let left = restored.join("files/blobs/ab");
    fs::create_dir_all(&left).expect("a directory");
    fs::write(left.join("ab".repeat(32)), "half").expect("half a body");
    fs::write(restored.join("kalends.db.restoring"), "half").expect("half a database");
    fs::write(restored.join("server-secret"), "half").expect("half a secret");
    assert!(refused_to_serve(&restored, &[]).contains("run `kalends restore` again"));
    for command in [&["user", "list"][..], &["user", "add", "ben"], &["collect"]] {
        let said = fail(on(&restored, command).stdin(Stdio::null()));
        assert!(said.errors.contains("run `kalends restore` again"), "{command:?}: {}", said.errors);
        assert!(!restored.join("kalends.db").exists());
    }
    // Nor is it taken away from another restore that is at it.
    let under_way = fs::File::options().append(true).open(restored.join("kalends.db.restoring")).expect("it opens");
    under_way.lock().expect("a lock");
    let said = fail(on(&restored, &["restore"]).arg(&archive));
    assert!(said.errors.contains("under way") && left.exists(), "{}", said.errors);
    drop(under_way);
    succeed(on(&restored, &["restore"]).arg(&archive));
    assert!(!left.exists() && succeed(&mut on(&restored, &["user", "list"])).output.contains("ada"));
}

#[test]
fn a_setting_that_would_not_do_is_named() {
    if !natively() {
        return;
    }
    let data = empty_directory("settings").join("data");
    for (name, value) in [
        ("KALENDS_SERVER_SECRET", ""),
        ("KALENDS_SERVER_SECRET", "5a5a"),
        ("KALENDS_ARGON2", "m=4,t=1,p=1"),
        ("KALENDS_ARGON2", "cheap"),
        ("KALENDS_MAX_RESOURCE_SIZE", "10M"),
    ] {
        let flag = format!("--{}", name["KALENDS_".len()..].to_lowercase().replace('_', "-"));
        let added = fail(on(&data, &["user", "add", "ada"]).env(name, value).stdin(Stdio::null()));
        for errors in [refused_to_serve(&data, &[(name, value)]), added.errors] {
            assert!(errors.contains(&flag), "{name}: {errors}");
            assert!(!data.join("kalends.db").exists(), "{name}");
        }
    }
}

#[test]
fn a_command_takes_the_settings_of_the_environment() {
    if !natively() {
        return;
    }
    let data = empty_directory("environment").join("data");
    let mut cheap = on(&data, &["user", "add", "ada"]);
    cheap.env("KALENDS_ARGON2", "m=64,t=1,p=1");
    add_account(cheap);
    let database = fs::read(data.join("kalends.db")).expect("the database");
    let log = fs::read(data.join("kalends.db-wal")).unwrap_or_default();
    let is_in = |bytes: &[u8]| bytes.windows(12).any(|window| window == b"m=64,t=1,p=1");
    assert!(is_in(&database) || is_in(&log), "the password's hash is as dear as was said");
}

/// A reader that has read enough does not break off what is being done.
#[test]
fn nobody_has_to_read_what_is_said() {
    if !natively() {
        return;
    }
    let data = empty_directory("said").join("data");
    add_account(on(&data, &["user", "add", "ada"]));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let said = on(&data, &["user", "list"]).stdout(writer).stderr(Stdio::piped()).output().expect("the program runs");
    assert!(said.status.success() && said.stderr.is_empty(), "{}", String::from_utf8_lossy(&said.stderr));
}

/// A signal ends a backup, and what it was writing is gone.
#[test]
fn a_backup_that_is_stopped_leaves_nothing() {
    if !natively() {
        return;
    }
    let directory = empty_directory("stopped");
    let data = directory.join("data");
    add_account(on(&data, &["user", "add", "ada"]));
    let place = directory.join("backups");
    fs::create_dir(&place).expect("a directory");
    // While another process has the database for itself, the copy waits.
    let mut holder = Command::new("python3");
    holder.args(["-c", HOLD]).arg(data.join("kalends.db")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut holder = holder.spawn().expect("Python runs");
    let mut line = String::new();
    let held = holder.stdout.take().expect("piped");
    BufReader::new(held).read_line(&mut line).expect("a line");
    let mut backup = on(&data, &["backup"]).arg(place.join("backup.tar")).spawn().expect("the program runs");
    let entries = || fs::read_dir(&place).expect("a directory").count();
    while entries() == 0 {
        thread::yield_now();
    }
    let stopped = Command::new("sh").args(["-c", &format!("kill -s TERM {}", backup.id())]).status();
    assert!(stopped.is_ok_and(|status| status.success()));
    assert!(!backup.wait().expect("it ends").success());
    drop(holder.stdin.take());
    holder.wait().expect("it ends");
    assert_eq!(entries(), 0);
}

/// Holds a database's exclusive lock until standard input ends.
const HOLD: &str = "import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute('PRAGMA locking_mode = EXCLUSIVE')
database.execute('BEGIN EXCLUSIVE')
print('held', flush=True)
sys.stdin.read()";
