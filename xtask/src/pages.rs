//! `cargo xtask pages`: what the pages point to is there, and what they show works.
//!
//! Links to files and to headings; every command of `cargo xtask`; every configuration of the gate or of Envoy, by
//! `probegate check`. What lies outside the repository is not asked.

mod configuration;
mod page;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use testbed::workspace;
use walkdir::WalkDir;

use crate::{Outcome, promises};
use configuration::Checker;
use page::Page;

/// Where pages are looked for, in all folders below.
const FOLDERS: [&str; 4] = ["docs", "examples", "envoy", "benches"];

/// All pages, by their path from the root.
type Pages = BTreeMap<PathBuf, Page>;

pub fn check() -> Outcome {
    let pages = pages()?;
    let mut faults = Vec::new();
    let (mut links, mut commands, mut configurations) = (0, 0, 0);
    let checker = Checker::new()?;
    for (path, page) in &pages {
        let mut fault =
            |line, what: String| faults.push(format!("{}:{line}: {what}", path.display()));
        for (line, link) in page.links.iter().filter(|(_, link)| !is_elsewhere(link)) {
            links += 1;
            if let Some(what) = broken(path, link, &pages) {
                fault(*line, what);
            }
        }
        for (line, words) in &page.commands {
            commands += 1;
            let words: Vec<_> = words.split_whitespace().collect();
            if let Some(what) = promises::misused(&words) {
                fault(*line, format!("`cargo xtask {}`: {what}", words.join(" ")));
            }
        }
        for (line, text) in page.blocks.iter().filter(|(_, text)| checker.is_meant(text)) {
            configurations += 1;
            if let Some(what) = checker.fault(text)? {
                fault(*line, what);
            }
        }
    }
    if !faults.is_empty() {
        return Err(format!("pages with faults:\n{}", faults.join("\n")).into());
    }
    println!(
        "{} pages: {links} links, {commands} commands of cargo xtask and {configurations} configurations, and all are \
         good",
        pages.len()
    );
    Ok(())
}

fn pages() -> Outcome<Pages> {
    let below = FOLDERS.iter().map(|folder| WalkDir::new(workspace().join(folder)));
    let mut pages = Pages::new();
    for entry in below.chain([WalkDir::new(workspace()).max_depth(1)]).flatten() {
        let path = entry?.into_path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let page = Page::parse(&fs::read_to_string(&path)?);
            pages.insert(path.strip_prefix(workspace())?.to_owned(), page);
        }
    }
    Ok(pages)
}

fn is_elsewhere(link: &str) -> bool {
    link.contains("://") || link.starts_with("mailto:")
}

/// What is wrong with a link on that page.
fn broken(path: &Path, link: &str, pages: &Pages) -> Option<String> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => path.to_owned(),
        file => path.parent().unwrap_or(Path::new("")).join(file),
    };
    let Ok(whole) = workspace().join(&target).canonicalize() else {
        return Some(format!("({link}): there is no {}", target.display()));
    };
    let root = workspace().canonicalize().ok()?;
    let target = whole.strip_prefix(root).unwrap_or(&whole);
    let page = pages.get(target)?;
    let is_there = anchor.is_empty() || page.anchors.contains(anchor);
    (!is_there).then(|| format!("({link}): {} has no heading #{anchor}", target.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_if_its_file_and_its_heading_are_there() {
        let pages = Pages::from([
            (PathBuf::from("README.md"), Page::parse("# One\n\n## Two words\n")),
            (PathBuf::from("docs/promises.md"), Page::parse("# Promises\n")),
        ]);
        for (link, fault) in [
            ("../README.md", None),
            ("../README.md#two-words", None),
            ("#promises", None),
            ("../xtask/", None),
            ("#proofs", Some("(#proofs): docs/promises.md has no heading #proofs")),
            ("../README.md#three", Some("(../README.md#three): README.md has no heading #three")),
            ("nothing.md", Some("(nothing.md): there is no docs/nothing.md")),
        ] {
            let found = broken(Path::new("docs/promises.md"), link, &pages);
            assert_eq!(found.as_deref(), fault, "{link}");
        }
    }
}
