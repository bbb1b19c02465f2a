//! The JSON schemas of events. At the end of every test with a local service, the test kit also checks all published events
//! against them.

use std::path::PathBuf;

use custodian_domain::kinds::ALL;
use custodian_events::schema::schemas;
use jsonschema::Draft;

const REWRITE: &str = "cargo test -p custodian-tests --test events -- --ignored";

fn golden() -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/events.schema.json");
    (path, serde_json::to_string_pretty(&schemas()).unwrap() + "\n")
}

#[test]
fn the_golden_file_matches_the_code() {
    let (path, expected) = golden();
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines = stored.lines().zip(expected.lines()).enumerate();
    let difference = lines.find(|(_, (stored, expected))| stored != expected);
    assert!(
        stored == expected,
        "docs/events.schema.json differs from the code. If the change is intended, `{REWRITE}` rewrites the file. \
         First different line (number, stored, expected): {difference:?}"
    );
}

#[test]
#[ignore = "rewrites docs/events.schema.json"]
fn rewrite_the_golden_file() {
    let (path, text) = golden();
    std::fs::write(path, text).unwrap();
}

#[test]
fn the_schema_describes_every_event_type_of_every_kind() {
    let document = schemas();
    assert!(jsonschema::draft202012::meta::is_valid(&document));
    jsonschema::options().with_draft(Draft::Draft202012).build(&document).unwrap();
    let described = document["$defs"].as_object().unwrap();
    let nouns = ALL.iter().map(|kind| kind.noun).chain(["accesskey"]);
    let of_rows =
        nouns.flat_map(|noun| ["created", "updated", "deleted"].map(|verb| format!("{noun}_{verb}")));
    let verbs = [
        "created",
        "verified",
        "updated",
        "frozen",
        "deletion_reminder",
        "recovered",
        "expired",
        "deleted",
        "erased",
    ];
    let of_accounts = verbs.iter().map(|verb| format!("customer_{verb}"));
    let mut expected: Vec<_> = of_rows.chain(of_accounts).collect();
    expected.extend(["operations_terminate", "webhook_disabled"].map(str::to_owned));
    for name in &expected {
        assert!(described.contains_key(name), "{name}");
    }
    assert_eq!(described.len(), expected.len());
}
