//! The outcome as tables of Markdown.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

const BEGIN: &str = "<!-- cargo xtask bench engine writes from here -->";
const END: &str = "<!-- the engine to here -->";

/// What was measured of an object.
pub struct Row {
    /// What it is.
    pub name: &'static str,
    /// How long its text is.
    pub octets: usize,
    /// Microseconds, natively and as a component, of each question in their order.
    pub figures: Vec<f64>,
}

/// A component and its octets, as it is and compressed.
pub struct Size {
    name: String,
    octets: usize,
    compressed: usize,
}

/// The sizes of all components in a folder, by their names.
pub fn sizes(folder: &Path) -> Result<Vec<Size>> {
    let mut sizes = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let (Some(name), Some("wasm")) = (path.file_stem(), path.extension().and_then(|it| it.to_str())) else {
            continue;
        };
        let octets = fs::read(&path)?;
        let mut compressed = GzEncoder::new(Vec::new(), Compression::best());
        compressed.write_all(&octets)?;
        let name = name.to_string_lossy().replacen("kalends_", "", 1).replace('_', "-");
        sizes.push(Size { name, octets: octets.len(), compressed: compressed.finish()?.len() });
    }
    sizes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(sizes)
}

/// Both tables.
pub fn markdown(rows: &[Row], sizes: &[Size]) -> String {
    let mut text =
        "| object | octets | `inspect` | component | `filter` | component | expanded | component |\n".to_owned();
    text += "|---|---:|---:|---:|---:|---:|---:|---:|\n";
    for row in rows {
        let figures: Vec<_> = row.figures.iter().map(|figure| short(*figure)).collect();
        let _ = writeln!(text, "| {} | {} | {} |", row.name, grouped(row.octets), figures.join(" | "));
    }
    text += "\n| component | KB | with gzip |\n|---|---:|---:|\n";
    for size in sizes {
        let _ =
            writeln!(text, "| `{}` | {} | {} |", size.name, size.octets.div_ceil(1000), size.compressed.div_ceil(1000));
    }
    text
}

/// Three digits, or all of those before the point.
fn short(figure: f64) -> String {
    match figure {
        _ if figure < 10.0 => format!("{figure:.2}"),
        _ if figure < 100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

fn grouped(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

/// Puts a text between the marks of a document.
pub fn put_into(document: &Path, text: &str) -> Result<()> {
    let old = fs::read_to_string(document).with_context(|| format!("reading {}", document.display()))?;
    let new = replaced(&old, text).with_context(|| format!("{} lacks {BEGIN} and {END}", document.display()))?;
    fs::write(document, new).with_context(|| format!("writing {}", document.display()))
}

fn replaced(old: &str, text: &str) -> Option<String> {
    let (before, rest) = old.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim()))
}
