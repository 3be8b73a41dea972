//! Radicale, from PyPI.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{NAME, PASSWORD, Peer, first_line, told, write};

/// Radicale with its own HTTP server and storage in files.
pub struct Radicale;

impl Peer for Radicale {
    fn name(&self) -> &'static str {
        "radicale"
    }

    fn about(&self) -> Result<String> {
        let version = first_line(Command::new(told("KALENDS_PYTHON")?).args(["-m", "radicale", "--version"]))?;
        Ok(format!("Radicale {version}, its own HTTP server, files; passwords in plain text"))
    }

    fn commands(&self, directory: &Path, port: u16) -> Result<Vec<Command>> {
        let (users, data) = (directory.join("users"), directory.join("data"));
        write(&users, &format!("{NAME}:{PASSWORD}\n"))?;
        let configuration = directory.join("config");
        let content = format!(
            "[server]\nhosts = 127.0.0.1:{port}\nmax_connections = 64\n\
             [auth]\ntype = htpasswd\nhtpasswd_filename = {}\nhtpasswd_encryption = plain\ndelay = 0\n\
             [storage]\nfilesystem_folder = {}\n[logging]\nlevel = error\n",
            users.display(),
            data.display()
        );
        write(&configuration, &content)?;
        let mut command = Command::new(told("KALENDS_PYTHON")?);
        command.args(["-m", "radicale", "--config"]).arg(configuration);
        Ok(vec![command])
    }
}
