//! Links between the documents lead to existing files and headings.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use custodian_template::deployed::read;
use custodian_template::root;

fn documents() -> Vec<PathBuf> {
    let folders = [root(), root().join("docs")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// A document without its code blocks.
fn prose(text: &str) -> String {
    let between = text.split("\n```").step_by(2);
    between.collect::<Vec<_>>().join("\n")
}

/// The anchors of headings: lower case, with hyphens between the words.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
    let anchor =
        |line: &str| line.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect();
    headings.map(anchor).map(|text: String| text.replace(' ', "-")).collect()
}

/// The targets of `[text](target)` within the project.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
    targets.filter(|target| !target.contains("://"))
}

fn resolves(from: &Path, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() { from.to_owned() } else { from.parent().unwrap().join(path) };
    file.exists() && (anchor.is_empty() || anchors(&prose(&read(&file))).contains(anchor))
}

#[test]
fn links_lead_to_existing_files_and_headings() {
    let (mut followed, mut broken) = (0, BTreeSet::new());
    for document in documents() {
        let text = prose(&read(&document));
        for target in targets(&text) {
            followed += 1;
            if !resolves(&document, target) {
                broken.insert(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(followed > 20, "too few links were found: {followed}");
    assert_eq!(broken, BTreeSet::new(), "links without a target");
}
