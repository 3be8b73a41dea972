//! Cyrus, from Debian's `cyrus-caldav` and `cyrus-imapd`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use super::{NAME, PASSWORD, Peer, package_version, write};

const PROGRAMS: &str = "/usr/lib/cyrus/bin";
/// As whom Cyrus runs where we are root: it does not run as root.
const USER: &str = "cyrus";

/// Cyrus with its HTTP and IMAP services. The second is only there to make the account's INBOX, without which there are
/// no calendars.
pub struct Cyrus;

impl Peer for Cyrus {
    fn name(&self) -> &'static str {
        "cyrus"
    }

    fn about(&self) -> Result<String> {
        ensure!(Path::new(PROGRAMS).join("httpd").is_file(), "cyrus-caldav is not installed");
        Ok(format!(
            "Cyrus {}, Debian's; four processes from the start, passwords in sasldb",
            package_version("cyrus-caldav")?
        ))
    }

    fn commands(&self, directory: &Path, port: u16) -> Result<Vec<Command>> {
        for folder in ["conf", "conf/socket", "proc", "lock", "mail"] {
            fs::create_dir_all(directory.join(folder))?;
        }
        configure(directory, port)?;
        add_user(directory)?;
        let mut command = Command::new(format!("{PROGRAMS}/master"));
        command.arg("-D").arg("-C").arg(directory.join("imapd.conf"));
        command.arg("-M").arg(directory.join("cyrus.conf")).arg("-p").arg(directory.join("pid"));
        if rustix::process::getuid().is_root() {
            give_away(directory)?;
        } else {
            command.env("CYRUS_USER", env::var("USER").context("USER is not set")?);
        }
        Ok(vec![command])
    }

    fn prepare(&self, directory: &Path) -> Result<()> {
        sign_in(fs::read_to_string(directory.join("imap-port"))?.parse()?)
    }
}

fn configure(directory: &Path, port: u16) -> Result<()> {
    let at = directory.display();
    let options = format!(
        "configdirectory: {at}/conf\nproc_path: {at}/proc\nmboxname_lockpath: {at}/lock\ndefaultpartition: default\n\
         partition-default: {at}/mail\nadmins: cyrus\nallowplaintext: yes\nsasl_pwcheck_method: auxprop\n\
         sasl_auxprop_plugin: sasldb\nsasl_sasldb_path: {at}/sasldb\nsasl_mech_list: PLAIN\nservername: localhost\n\
         httpmodules: caldav carddav\nautocreate_quota: 0\nunixhierarchysep: yes\n"
    );
    write(&directory.join("imapd.conf"), &options)?;
    let imap = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    write(&directory.join("imap-port"), &imap.to_string())?;
    let flags = format!("-C {at}/imapd.conf");
    let services = format!(
        "START {{\n  recover cmd=\"{PROGRAMS}/ctl_cyrusdb {flags} -r\"\n}}\nSERVICES {{\n\
           imap cmd=\"{PROGRAMS}/imapd {flags}\" listen=\"127.0.0.1:{imap}\" prefork=0\n\
           http cmd=\"{PROGRAMS}/httpd {flags} -U 1000000\" listen=\"127.0.0.1:{port}\" prefork=4 maxchild=100\n\
         }}\nEVENTS {{\n}}\n"
    );
    write(&directory.join("cyrus.conf"), &services)
}

fn add_user(directory: &Path) -> Result<()> {
    let mut child = Command::new("saslpasswd2")
        .args(["-c", "-p", "-u", "localhost", "-f"])
        .arg(directory.join("sasldb"))
        .arg(NAME)
        .stdin(Stdio::piped())
        .spawn()
        .context("starting saslpasswd2 (Debian's sasl2-bin)")?;
    child.stdin.take().context("saslpasswd2 takes no input")?.write_all(PASSWORD.as_bytes())?;
    ensure!(child.wait()?.success(), "saslpasswd2 failed");
    Ok(())
}

/// Makes everything under the directory the user's that Cyrus runs as.
fn give_away(directory: &Path) -> Result<()> {
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find_map(|line| line.strip_prefix(&format!("{USER}:x:"))).context("no user cyrus")?;
    let mut fields = line.split(':').map(str::parse::<u32>);
    let (user, group) = (fields.next().context("no number")??, fields.next().context("no group")??);
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?;
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(path) = waiting.pop() {
        chown(&path, Some(user), Some(group))?;
        if path.is_dir() {
            waiting.extend(
                fs::read_dir(&path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?,
            );
        }
    }
    Ok(())
}

/// Signs in over IMAP, upon which Cyrus makes the INBOX.
fn sign_in(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("connecting to Cyrus's IMAP")?;
    stream.write_all(format!("a LOGIN {NAME} {PASSWORD}\r\nb LOGOUT\r\n").as_bytes())?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if let Some(answer) = line.strip_prefix("a ") {
            ensure!(answer.starts_with("OK"), "Cyrus does not let us in: {line}");
            return Ok(());
        }
    }
    anyhow::bail!("Cyrus's IMAP ended without an answer")
}
