//! Links between the documents: a relative one has to lead to a file that is there.

use crate::tree;
use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Checks every document at the top of the tree and under `docs/`.
pub fn check() -> Result<()> {
    let mut broken = Vec::new();
    for document in documents()? {
        let text = fs::read_to_string(&document)?;
        let directory = document.parent().unwrap_or(tree::root());
        for link in relative_links(&text) {
            if !directory.join(link).exists() {
                broken.push(format!("  {}: {link}", document.display()));
            }
        }
    }
    if !broken.is_empty() {
        bail!("these links lead nowhere:\n{}", broken.join("\n"));
    }
    Ok(())
}

fn documents() -> Result<Vec<PathBuf>> {
    let mut documents = tree::files_under(&tree::root().join("docs"), &[])?;
    for entry in fs::read_dir(tree::root())? {
        documents.push(entry?.path());
    }
    documents.retain(|path| is_markdown(path));
    Ok(documents)
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// The targets of links and images that are paths, without what follows `#`. Code blocks hold no links.
fn relative_links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                links.push(path);
            }
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::relative_links;

    #[test]
    fn finds_paths_and_nothing_else() {
        let text = "[a](docs/a.md#part) ![b](b.png \"title\")\n[c](https://example.org/) [d](#here)\n```\n[e](e.md)\n```\n[f](../f)";
        assert_eq!(relative_links(text), ["docs/a.md", "b.png", "../f"]);
    }
}
