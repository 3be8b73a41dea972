//! sabre/dav, from Debian's `php-sabre-dav`, which is the library: a server of it takes some lines of PHP, PHP-FPM and
//! nginx.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use super::{NAME, PASSWORD, Peer, package_version, write};

/// What Debian calls PHP-FPM has the version of PHP at its end.
const PHP_FPM: (&str, &str) = ("/usr/sbin", "php-fpm");
const SERVER: &str = include_str!("sabre/server.php");
const DATABASE: &str = include_str!("sabre/database.php");

/// sabre/dav with four processes of PHP, behind nginx, and storage in SQLite. Version 1.8 knows no sync-collection.
pub struct Sabre;

impl Peer for Sabre {
    fn name(&self) -> &'static str {
        "sabre"
    }

    fn about(&self) -> Result<String> {
        php_fpm()?;
        Ok(format!(
            "sabre/dav {}, Debian's, with the indexes of its later versions; nginx, PHP-FPM with four processes, SQLite as it is by itself; passwords as MD5",
            package_version("php-sabre-dav")?
        ))
    }

    fn commands(&self, directory: &Path, port: u16) -> Result<Vec<Command>> {
        let program = write_program(directory)?;
        configure(directory, &program, port)?;
        let mut php = Command::new(php_fpm()?);
        php.args(["--nodaemonize", "--allow-to-run-as-root", "--fpm-config"]).arg(directory.join("php-fpm.conf"));
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(directory).arg("-c").arg(directory.join("nginx.conf"));
        // Debian has it where only root looks.
        nginx.env("PATH", format!("{}:/usr/sbin", env::var("PATH").unwrap_or_default()));
        Ok(vec![php, nginx])
    }

    fn whole(&self, calendar: &str) -> Option<String> {
        Some(format!("{calendar}?export"))
    }
}

fn php_fpm() -> Result<PathBuf> {
    let (directory, beginning) = PHP_FPM;
    let entries = fs::read_dir(directory)?.filter_map(Result::ok).map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning)))
        .collect();
    found.sort();
    found.pop().context("php-fpm is not installed")
}

/// Writes the server's program, and makes its database where there is none. Returns the program's path.
fn write_program(directory: &Path) -> Result<PathBuf> {
    let (server, set_up) = (directory.join("server.php"), directory.join("database.php"));
    write(&server, SERVER)?;
    write(&set_up, DATABASE)?;
    let database = directory.join("database.sqlite");
    if !database.exists() {
        let made =
            Command::new("php").arg(set_up).arg(database).args([NAME, PASSWORD]).status().context("starting php")?;
        ensure!(made.success(), "sabre/dav's database cannot be made");
    }
    Ok(server)
}

fn configure(directory: &Path, program: &Path, port: u16) -> Result<()> {
    let (at, program) = (directory.display(), program.display());
    // Where we are root, everything is root's; elsewhere both programs are the user's anyhow.
    let user = if rustix::process::getuid().is_root() { "user = root\n" } else { "" };
    let processes = format!(
        "[global]\nerror_log = {at}/php-fpm.log\n[www]\n{user}listen = {at}/php-fpm.sock\npm = static\npm.max_children = 4\n"
    );
    write(&directory.join("php-fpm.conf"), &processes)?;
    let user = if user.is_empty() { "" } else { "user root;\n" };
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("  {kind}_temp_path {at}/{kind};\n"))
        .collect();
    let server = format!(
        "daemon off;\n{user}error_log {at}/nginx.log;\npid {at}/nginx.pid;\nevents {{}}\nhttp {{\n  access_log off;\n{paths}\
         \x20 keepalive_requests 1000000;\n  server {{\n    listen 127.0.0.1:{port};\n    absolute_redirect off;\n\
         \x20   location = /.well-known/caldav {{ return 301 /; }}\n    location / {{\n      include /etc/nginx/fastcgi_params;\n\
         \x20     fastcgi_param SCRIPT_FILENAME {program};\n      fastcgi_param SCRIPT_NAME /server.php;\n\
         \x20     fastcgi_param DATABASE {at}/database.sqlite;\n      fastcgi_pass unix:{at}/php-fpm.sock;\n    }}\n  }}\n}}\n"
    );
    write(&directory.join("nginx.conf"), &server)
}
