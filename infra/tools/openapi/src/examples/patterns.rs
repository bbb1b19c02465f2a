//! Examples of texts with a pattern. Without them, tools that show samples would print something like the pattern.

use serde_json::{Value, json};

/// The beginning of a pattern, and an example that matches it.
const EXAMPLES: &[(&str, &str)] = &[
    ("^[0-9-]{10}T", "2026-01-15T10:30:00Z"),
    ("^([0-9A-Fa-f]{8}", "5e4a0680-804e-11ec-8477-2fea5968d85b"),
    ("^([0-9a-f]{32}", "939e7578ed9e3c518a452acee763bce9"),
    ("^[0-9a-f]{64}", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    ("^(https?://", "https://hooks.example.com/custodian"),
    ("^[A-Za-z0-9!#", "ann@example.com"),
    ("^[!-~À", "ann@example.com"),
    ("^[ -~À", "correct horse battery"),
    ("^((25[0-5]", "203.0.113.0/24"),
    (r"^\+[0-9]", "+15551234567"),
    (r"^(\+[0-9]", "+15551234567"),
    ("^(([A-Za-z0-9]", "sip.example.com"),
    ("^vb_.{8}$", "vb_Zk3xQ9aB"),
    ("^vb_", "vb_Zk3xQ9aB7cD1eF5gH2iJ6kL0mN4oP8qR3sT7uV1wX5yZ9"),
    ("^whsec_", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
    ("^[ -~]{10,200}", "ticket 4711: cannot sign in"),
    ("^[A-Za-z0-9_-]{43}", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
    ("^[!-~]{1,255}$", "order-4711"),
    ("^([A-Za-z0-9_-]{32,200}", "AZcQxl0_fDqfOw1vGis8TW4sE0Yx4k8c"),
    ("^[A-Za-z0-9_-]{1,64}$", "req_4f7c2k5xqj3m6n8p2r4t6v8w2y"),
    ("^/v1.0/customer/export/", "/v1.0/customer/export/5e4a0680-804e-11ec-8477-2fea5968d85b/file"),
];

/// Adds an example to each schema whose pattern has one. A test finds other patterns, except in headers, in shared
/// parameters and below `not`.
pub(crate) fn add_pattern_examples(part: &mut Value) {
    if let Some(example) = part["pattern"].as_str().and_then(example) {
        part["examples"] = json!([example]);
    }
    match part {
        Value::Array(items) => items.iter_mut().for_each(add_pattern_examples),
        Value::Object(fields) => {
            fields
                .iter_mut()
                .filter(|(name, _)| *name != "not")
                .for_each(|(_, part)| add_pattern_examples(part));
        }
        _ => {}
    }
}

fn example(pattern: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(begin, _)| pattern.starts_with(begin)).map(|(_, example)| *example)
}
