//! Checks that every invariant of `ARCHITECTURE.md` is cited by a test.
//!
//! A test cites an invariant with one line of its doc comment, such as `/// Invariant I5: verified empty.`

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Adds the Rust files below a folder.
fn add_rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The sources of the tests: the suites, this crate, and the integration tests of the shared crates.
fn test_sources() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    let mut files = Vec::new();
    add_rust_files(&root.join("tests/suites"), &mut files);
    add_rust_files(&root.join("tests/src"), &mut files);
    for entry in fs::read_dir(root.join("shared")).unwrap() {
        let folder = entry.unwrap().path().join("tests");
        if folder.is_dir() {
            add_rust_files(&folder, &mut files);
        }
    }
    files
}

/// The invariants that `ARCHITECTURE.md` lists.
fn listed() -> BTreeSet<String> {
    let document = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap();
    let items = document.lines().filter_map(|line| line.strip_prefix("- **I"));
    let numbers = items.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    numbers.filter(|number| !number.is_empty()).map(|number| format!("I{number}")).collect()
}

/// The invariant that a line cites.
fn citation(line: &str) -> Option<String> {
    let (name, text) = line.trim().strip_prefix("/// Invariant ")?.split_once(": ")?;
    assert!(text.ends_with('.'), "a citation is one line that ends with a period: {line}");
    Some(name.to_owned())
}

/// The invariants that the tests in a file cite. A citation above anything but a test fails.
fn cited(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let mut cited = BTreeSet::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = citation(line) else { continue };
        let attributes =
            lines[at + 1..].iter().take_while(|line| line.starts_with("#[") || line.starts_with("///"));
        let is_test = |line: &str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        assert!(attributes.copied().any(is_test), "{}: {line}: not above a test", path.display());
        cited.insert(name);
    }
    cited
}

#[test]
fn every_invariant_is_cited_by_a_test() {
    let (listed, sources) = (listed(), test_sources());
    assert!(listed.len() >= 10 && sources.len() >= 80, "{listed:?}, {} sources", sources.len());
    let cited: BTreeSet<_> = sources.iter().flat_map(|path| cited(path)).collect();
    assert_eq!(cited, listed, "the invariants that tests cite (left), and those of ARCHITECTURE.md (right)");
}
