//! The description is complete, and its golden files show every change of the public API in review.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use custodian_domain::Reason;
use custodian_openapi::{api_surface, describe, export_schemas, mismatches, openapi_3_0};

const UPDATE_COMMAND: &str = "cargo test -p custodian-openapi -- --ignored";

fn golden() -> [(PathBuf, String); 4] {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../docs");
    let document = serde_json::to_string_pretty(&describe()).unwrap() + "\n";
    let exports = serde_json::to_string_pretty(&export_schemas()).unwrap() + "\n";
    let rendition = serde_json::to_string_pretty(&openapi_3_0()).unwrap() + "\n";
    [
        (docs.join("openapi.json"), document),
        (docs.join("openapi-3.0.json"), rendition),
        (docs.join("api-surface.txt"), api_surface()),
        (docs.join("export.schema.json"), exports),
    ]
}

#[test]
fn every_deployed_route_is_described_and_every_described_route_is_deployed() {
    let mismatches = mismatches();
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
}

#[test]
fn every_error_reason_is_described_by_a_route() {
    let document = describe();
    let responses = document["components"]["responses"].as_object().unwrap();
    for reason in Reason::ALL {
        let of_default_route = document["x-default-route"].to_string().contains(reason.key());
        let is_described =
            of_default_route || responses.keys().any(|name| name.split('.').any(|part| part == reason.key()));
        assert!(is_described, "no route lists the reason {}", reason.key());
    }
}

#[test]
fn the_golden_files_match_the_code() {
    for (path, expected) in golden() {
        let actual = std::fs::read_to_string(&path).unwrap_or_default();
        let mut lines = actual.lines().zip(expected.lines()).enumerate();
        let difference = lines.find(|(_, (actual, expected))| actual != expected);
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(
            actual == expected,
            "docs/{name} does not match the code. If the API change is intended, update the file with `{UPDATE_COMMAND}`. \
             First difference (line index, then file and code): {difference:?}"
        );
    }
}

#[test]
#[ignore = "writes docs/openapi.json, docs/openapi-3.0.json, docs/api-surface.txt and docs/export.schema.json"]
fn update_the_golden_files() {
    for (path, text) in golden() {
        std::fs::write(path, text).unwrap();
    }
}
