//! docs/errors.md has the message of every reason, the messages for some callers, and every text about fields. Except
//! `field_problem.rs`, no source file of `shared` and `functions` has a text that begins as the texts about fields do.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use custodian_domain::{CallerMessage, FieldProblem, Reason};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
const END: &str = "<!-- /generated -->";

/// The line above a generated table.
fn begin(name: &str) -> String {
    format!("<!-- generated {name}: cargo test -p custodian-domain --test errors -- --ignored -->\n")
}

/// All reasons, by status and then by key. The messages for some callers follow the message of their reason.
fn reasons() -> String {
    let mut reasons = Reason::ALL.to_vec();
    reasons.sort_by_key(|reason| (reason.class().code, reason.key()));
    let mut lines = vec!["| status | reason | message |".to_owned(), "|---|---|---|".to_owned()];
    for reason in reasons {
        let for_callers = CallerMessage::ALL.iter().filter(|message| message.reason() == reason);
        let messages = [reason.message()].into_iter().chain(for_callers.map(|message| message.message()));
        for message in messages {
            lines.push(format!("| {} | `{}` | {message} |", reason.class().code, reason.key()));
        }
    }
    lines.join("\n") + "\n"
}

/// All texts about fields, in the order of the code.
fn field_texts() -> String {
    let texts = FieldProblem::EXAMPLES.iter().map(|problem| format!("- {problem}\n"));
    texts.collect()
}

/// The document with the present tables.
fn with_tables(document: &str) -> String {
    let tables = [("reasons", reasons()), ("field texts", field_texts())];
    tables.into_iter().fold(document.to_owned(), |document, (name, table)| {
        let begin = begin(name);
        let (head, rest) = document.split_once(&begin).unwrap();
        let (_, tail) = rest.split_once(END).unwrap();
        format!("{head}{begin}{table}{END}{tail}")
    })
}

#[test]
fn the_document_has_every_reason_and_every_field_text() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    assert_eq!(with_tables(&document), document, "run the ignored test that writes docs/errors.md");
}

#[test]
#[ignore = "writes docs/errors.md"]
fn write_the_tables() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    std::fs::write(DOCUMENT, with_tables(&document)).unwrap();
}

/// The `.rs` files in the `src` folder of every crate in a folder.
fn sources(of_crates: &str) -> Vec<PathBuf> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(Path::new(ROOT).join(of_crates)).unwrap() {
        let folder = entry.unwrap().path().join("src");
        if folder.is_dir() {
            collect(&folder, &mut files);
        }
    }
    files
}

/// How the texts about fields begin. Other texts begin with words such as "is" or "can" as well, so three words count, but for "must".
fn beginnings() -> BTreeSet<String> {
    let texts = FieldProblem::EXAMPLES.iter().map(ToString::to_string);
    let words = |text: &str| if text.starts_with("must ") { 1 } else { 3 };
    texts.map(|text| text.split(' ').take(words(&text)).collect::<Vec<_>>().join(" ")).collect()
}

/// Whether a line of code has a text that begins with these words.
fn has_text(line: &str, beginning: &str) -> bool {
    let is_end_of_word = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    line.split('"').skip(1).any(|text| text.strip_prefix(beginning).is_some_and(is_end_of_word))
}

#[test]
fn only_the_table_has_texts_that_begin_as_those_about_fields() {
    let beginnings = beginnings();
    assert!(beginnings.contains("must") && beginnings.contains("is required"), "{beginnings:?}");
    let (mut scanned, mut found) = (0, Vec::new());
    for path in ["shared", "functions"].into_iter().flat_map(sources) {
        scanned += 1;
        if path.ends_with("domain/src/field_problem.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (index, line) in text.lines().enumerate() {
            if beginnings.iter().any(|beginning| has_text(line, beginning)) {
                found.push(format!("{}:{}: {}", path.display(), index + 1, line.trim()));
            }
        }
    }
    assert!(scanned > 200, "too few files were found: {scanned}");
    assert!(found.is_empty(), "move these texts to FieldProblem:\n{}", found.join("\n"));
}
