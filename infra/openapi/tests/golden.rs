//! The description is complete, and its golden files show each change of the public API in review.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use custodian_domain::Reason;
use custodian_openapi::{describe, mismatches, surface};

const ANEW: &str = "cargo test -p custodian-openapi -- --ignored";

fn golden() -> [(PathBuf, String); 2] {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let document = serde_json::to_string_pretty(&describe()).unwrap() + "\n";
    [(docs.join("openapi.json"), document), (docs.join("api-surface.txt"), surface())]
}

#[test]
fn every_deployed_route_is_described_and_every_described_one_deployed() {
    let found = mismatches();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_reason_is_told_by_some_route() {
    let document = describe();
    let responses = document["components"]["responses"].as_object().unwrap();
    for reason in Reason::ALL {
        let named = responses.keys().any(|name| name.split('.').any(|part| part == reason.key()));
        assert!(named, "no route is described as refusing with {}", reason.key());
    }
}

#[test]
fn the_golden_files_are_what_the_code_says() {
    for (path, expected) in golden() {
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let mut lines = kept.lines().zip(expected.lines()).enumerate();
        let differing = lines.find(|(_, (kept, expected))| kept != expected);
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(
            kept == expected,
            "docs/{name} is not what the code says; if the API was meant to change, `{ANEW}` writes it anew. \
             First line that differs (number, then kept and expected): {differing:?}"
        );
    }
}

#[test]
#[ignore = "writes docs/openapi.json and docs/api-surface.txt"]
fn write_the_golden_files_anew() {
    for (path, text) in golden() {
        std::fs::write(path, text).unwrap();
    }
}
