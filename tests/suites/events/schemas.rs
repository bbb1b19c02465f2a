//! The events' schemas. That every event of every suite fits its own is held when the suite's service ends.

use std::path::PathBuf;

use custodian_domain::kinds::ALL;
use custodian_events::schema::schemas;
use jsonschema::Draft;

const ANEW: &str = "cargo test -p custodian-tests --test events -- --ignored";

fn golden() -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/events.schema.json");
    (path, serde_json::to_string_pretty(&schemas()).unwrap() + "\n")
}

#[test]
fn the_golden_file_is_what_the_code_says() {
    let (path, expected) = golden();
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let mut lines = kept.lines().zip(expected.lines()).enumerate();
    let differing = lines.find(|(_, (kept, expected))| kept != expected);
    assert!(
        kept == expected,
        "docs/events.schema.json is not what the code says; if events were meant to change, `{ANEW}` writes it anew. \
         First line that differs (number, then kept and expected): {differing:?}"
    );
}

#[test]
#[ignore = "writes docs/events.schema.json"]
fn write_the_golden_file_anew() {
    let (path, text) = golden();
    std::fs::write(path, text).unwrap();
}

#[test]
fn it_is_a_schema_of_every_event_of_every_kind() {
    let document = schemas();
    assert!(jsonschema::draft202012::meta::is_valid(&document));
    jsonschema::options().with_draft(Draft::Draft202012).build(&document).unwrap();
    let described = document["$defs"].as_object().unwrap();
    let nouns = ALL.iter().map(|kind| kind.noun).chain(["accesskey"]);
    let of_rows =
        nouns.flat_map(|noun| ["created", "updated", "deleted"].map(|verb| format!("{noun}_{verb}")));
    let verbs = ["created", "verified", "updated", "frozen", "recovered", "expired", "deleted", "erased"];
    let of_accounts = verbs.iter().map(|verb| format!("customer_{verb}"));
    let mut expected: Vec<_> = of_rows.chain(of_accounts).collect();
    expected.push("operations_terminate".to_owned());
    for name in &expected {
        assert!(described.contains_key(name), "{name}");
    }
    assert_eq!(described.len(), expected.len());
}
