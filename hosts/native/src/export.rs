//! `kalends export`: calendars, address books and plain files as a tree of files.
//!
//! ```text
//! DIR/ACCOUNT/account.json                      who it is, and what it has set for itself (`belongings`)
//! DIR/ACCOUNT/calendars/NAME/collection.json    its properties, components and shares
//! DIR/ACCOUNT/calendars/NAME/*.ics              its members, octet for octet
//! DIR/ACCOUNT/addressbooks/NAME/...             the same with *.vcf
//! DIR/ACCOUNT/files/...                         plain files (`folders`)
//! ```

mod names;

pub use names::Names;

use crate::belongings::{self, Belongings};
use crate::collection::{Collection, KINDS, Kind, Property};
use crate::dav::{Client, Place};
use crate::delivery::progress;
use crate::folders;
use crate::reach::{Reach, Source, unless_stopped};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use url::Url;

/// The file with what is said of a collection.
pub const DESCRIPTION: &str = "collection.json";

/// What to export, and where to.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The directory to make; it must be empty where it is there
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Only this account; may be repeated
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,
    #[command(flatten)]
    source: Source,
}

/// What is in [`DESCRIPTION`].
#[derive(Debug, Serialize, Deserialize)]
pub struct Description {
    /// The last segment of the collection's URL.
    pub segment: String,
    /// The collection.
    #[serde(flatten)]
    pub collection: Collection,
    /// The last segments of the URLs of those members whose file has another name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// The properties that somebody has set on members, by the last segments of their URLs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<String, Vec<Property>>,
}

impl Kind {
    /// The directory of the collections of this kind.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Calendar => "calendars",
            Self::AddressBook => "addressbooks",
        }
    }
}

/// `kalends export`
pub async fn run(options: Options) -> Result<()> {
    let reach = options.source.reach(false)?;
    make_empty(&options.directory)?;
    let exported = unless_stopped(export(&reach, &options)).await;
    reach.leave().await.and(exported)
}

async fn export(reach: &Reach, options: &Options) -> Result<()> {
    let accounts = if options.accounts.is_empty() { reach.accounts().await? } else { options.accounts.clone() };
    let mut names = Names::besides(&[]);
    for account in accounts {
        let client = reach.client(&account).await?;
        let directory = options.directory.join(names.take(&crate::collection::segment(&account), ""));
        let mut members = 0;
        for kind in KINDS {
            if let Some(home) = client.home(kind).await? {
                members += export_home(&client, &home, kind, &directory.join(kind.directory())).await?;
            }
        }
        let belongings = Belongings::of(reach, &account, &client).await?;
        if belongings != Belongings::default() {
            fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
            write(&directory.join(belongings::DESCRIPTION), &serde_json::to_vec_pretty(&belongings)?)?;
        }
        let files = match client.files(&account).await? {
            Some(home) => folders::export(&client, &home, &directory.join(folders::DIRECTORY)).await?,
            None => 0,
        };
        let files = if files > 0 { format!(", {files} plain files") } else { String::new() };
        println!("{account}: {members} calendar objects and cards{files}");
    }
    Ok(())
}

async fn export_home(client: &Client, home: &Url, kind: Kind, directory: &Path) -> Result<usize> {
    let mut members = 0;
    let mut names = Names::besides(&[]);
    for place in client.collections(home, kind).await? {
        let directory = directory.join(names.take(place.segment(), ""));
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        members += export_collection(client, place, &directory).await?;
    }
    Ok(members)
}

async fn export_collection(client: &Client, place: Place, directory: &Path) -> Result<usize> {
    let kind = place.collection.kind;
    let members = client.members(&place.url).await?;
    let bar = progress(members.len(), place.segment());
    let (mut files, mut names) = (Names::besides(&[DESCRIPTION]), BTreeMap::new());
    let mut written = 0;
    for some in members.chunks(100) {
        for (name, body) in client.bodies(&place.url, kind, some).await? {
            let file = files.take(&name, kind.ending());
            write(&directory.join(&file), &body)?;
            written += 1;
            if file != name {
                names.insert(file, name);
            }
        }
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    let said = said_of_members(client, &place).await?;
    let description =
        Description { segment: place.segment().to_owned(), collection: place.collection, names, members: said };
    write(&directory.join(DESCRIPTION), &serde_json::to_vec_pretty(&description)?)?;
    Ok(written)
}

/// What somebody has said of single members. Only where asking costs next to nothing: it is rarely anything, and of
/// thousands of members a long answer.
async fn said_of_members(client: &Client, place: &Place) -> Result<BTreeMap<String, Vec<Property>>> {
    if !client.is_near() {
        return Ok(BTreeMap::new());
    }
    let (_, members) = client.entries(&place.url).await?;
    let said = members.into_iter().filter(|member| !member.properties.is_empty());
    Ok(said.map(|member| (member.segment, member.properties)).collect())
}

/// Writes a file, which must not be there.
pub fn write(file: &Path, content: &[u8]) -> Result<()> {
    let written = fs::File::create_new(file).and_then(|mut file| file.write_all(content));
    written.with_context(|| format!("cannot write {}", file.display()))
}

/// Makes a directory, which must not have anything in it.
pub fn make_empty(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let empty =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?.next().is_none();
    ensure!(empty, "{} is not empty", directory.display());
    Ok(())
}
