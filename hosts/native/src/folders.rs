//! Plain files on their way: `kalends export` writes them as they are, `kalends import` brings them back.
//!
//! ```text
//! DIR/ACCOUNT/files/folder.json    what is said of the home of files and of what is in it
//! DIR/ACCOUNT/files/...            files, and folders each with a folder.json of its own
//! ```

use crate::collection::{Property, Share};
use crate::dav::{Client, Put};
use crate::delivery::{Policy, Tally, set};
use crate::export::{Names, write};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use url::Url;

/// The directory of an account's files.
pub const DIRECTORY: &str = "files";

/// The file with what is said of a folder.
pub const DESCRIPTION: &str = "folder.json";

/// Folders inside each other, at most; the server takes no more.
const DEEPEST: usize = 64;

/// What is in [`DESCRIPTION`].
#[derive(Debug, Default, Serialize, Deserialize)]
struct Folder {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
    /// Who else may use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shares: Vec<Share>,
    /// By the names that they have in the directory.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, File>,
    /// The last segments of the folders' URLs, by the names that their directories have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    folders: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    /// The last segment of its URL.
    segment: String,
    content_type: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

/// Writes the folder at a URL, and all in it, into a directory. Returns how many files.
///
/// # Errors
/// Those of the server and of the file system.
pub async fn export(client: &Client, home: &Url, directory: &Path) -> Result<usize> {
    let mut files = 0;
    let mut waiting = vec![(home.clone(), directory.to_owned(), 0)];
    while let Some((url, directory, depth)) = waiting.pop() {
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let (itself, members) = client.entries(&url).await?;
        let mut folder = Folder { properties: itself.properties, shares: itself.shares, ..Folder::default() };
        let mut names = Names::besides(&[DESCRIPTION, crate::export::DESCRIPTION]);
        for member in members {
            let name = names.take(&member.segment, "");
            let there = directory.join(&name);
            if member.is_folder {
                if depth == DEEPEST {
                    bail!("{url} has folders in it that are too deep");
                }
                waiting.push((url.join(&format!("./{}/", member.segment))?, there, depth + 1));
                folder.folders.insert(name, member.segment);
                continue;
            }
            // Gone since it was listed: then it is no more part of what is exported.
            let Some(body) = client.body(&url.join(&format!("./{}", member.segment))?).await? else { continue };
            write(&there, &body)?;
            files += 1;
            let file =
                File { segment: member.segment, content_type: member.content_type, properties: member.properties };
            folder.files.insert(name, file);
        }
        write(&directory.join(DESCRIPTION), &serde_json::to_vec_pretty(&folder)?)?;
    }
    Ok(files)
}

/// A folder that is to be shared when all accounts are there.
pub type Shared = (Url, Vec<Share>);

/// Brings a directory that [`export`] made to the folder at a URL. Returns what became of the files, and which folders
/// are shared.
///
/// # Errors
/// Those of the server and of the file system; a file that is not taken, where the policy is to stop then.
pub async fn import(client: &Client, policy: Policy, home: &Url, directory: &Path) -> Result<(Tally, Vec<Shared>)> {
    let (mut tally, mut shared) = (Tally::default(), Vec::new());
    let mut waiting = vec![(home.clone(), directory.to_owned())];
    while let Some((url, directory)) = waiting.pop() {
        let folder = described(&directory)?;
        if url != *home {
            client.make_folder(&url).await?;
        }
        let (itself, there) = client.entries(&url).await?;
        set(client, policy, &url, &folder.properties, &itself.properties).await?;
        for (name, file) in folder.files {
            let at = url.join(&format!("./{}", file.segment))?;
            let body = fs::read(directory.join(&name)).with_context(|| format!("cannot read {name}"))?;
            bring(client, policy, &at, &file.content_type, body, &mut tally).await?;
            let there = there.iter().find(|entry| entry.segment == file.segment);
            let there = there.map(|entry| entry.properties.as_slice()).unwrap_or_default();
            set(client, policy, &at, &file.properties, there).await?;
        }
        for (name, segment) in folder.folders {
            waiting.push((url.join(&format!("./{segment}/"))?, directory.join(name)));
        }
        if !folder.shares.is_empty() && url != *home {
            shared.push((url, folder.shares));
        }
    }
    Ok((tally, shared))
}

fn described(directory: &Path) -> Result<Folder> {
    let file = directory.join(DESCRIPTION);
    let json = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let folder: Folder =
        serde_json::from_slice(&json).with_context(|| format!("{} cannot be understood", file.display()))?;
    // Somebody else may have written it: it names nothing outside of its directory.
    let mut names = folder.files.keys().chain(folder.folders.keys());
    if let Some(name) = names.find(|name| Path::new(name).file_name() != Some(name.as_ref())) {
        bail!("{} names {name:?}, which is not in its directory", file.display());
    }
    Ok(folder)
}

async fn bring(
    client: &Client,
    policy: Policy,
    url: &Url,
    content_type: &str,
    body: Vec<u8>,
    tally: &mut Tally,
) -> Result<()> {
    match client.body(url).await? {
        Some(there) if there == body => {
            tally.unchanged += 1;
            return Ok(());
        }
        Some(_) if !policy.replace => {
            tally.different += 1;
            return said(policy, &format!("{url} is there with another content"));
        }
        _ => {}
    }
    match client.put_at(url, content_type, body, policy.replace).await? {
        Put::Stored => tally.stored += 1,
        Put::Occupied => {
            tally.different += 1;
            said(policy, &format!("{url} is there with another content"))?;
        }
        Put::Refused(reason) => {
            tally.bad += 1;
            said(policy, &format!("{url}: {reason}"))?;
        }
    }
    Ok(())
}

fn said(policy: Policy, line: &str) -> Result<()> {
    if policy.strict {
        bail!("{line}");
    }
    eprintln!("{line}");
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_description_names_what_is_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let described_as = |name: &str| {
            let file = r#"{"segment": "x", "content_type": "text/plain"}"#;
            let json = format!(r#"{{"files": {{{}: {file}}}}}"#, serde_json::to_string(name).unwrap());
            fs::write(directory.path().join(DESCRIPTION), json).unwrap();
            described(directory.path()).map(|folder| folder.files.len()).map_err(|error| error.to_string())
        };
        assert_eq!(described_as("a name.txt"), Ok(1));
        for name in ["../secret", "/etc/passwd", "a/b", "..", ""] {
            assert!(described_as(name).unwrap_err().contains("not in its directory"), "{name}");
        }
    }
}
