//! Generated clients get readable types: everything has a name, and no name means something else in a language or to a generator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use custodian_openapi::{describe, openapi_3_0};
use serde_json::Value;

/// Types of languages or their standard libraries, in lower case.
const RESERVED_NAMES: [&str; 17] = [
    "array", "boolean", "class", "date", "double", "error", "file", "float", "function", "integer", "list",
    "map", "number", "object", "option", "result", "string",
];

/// Calls `found` for each JSON object below a part of the document, with its path.
fn each_schema(place: &str, part: &Value, found: &mut impl FnMut(&str, &Value)) {
    match part {
        Value::Object(fields) => {
            found(place, part);
            for (name, part) in fields {
                each_schema(&format!("{place}/{name}"), part, found);
            }
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, part)| each_schema(&format!("{place}/{at}"), part, found));
        }
        _ => {}
    }
}

fn places(document: &Value, is_wrong: impl Fn(&str, &Value) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for part in ["paths", "components"] {
        each_schema(part, &document[part], &mut |place, schema| {
            if is_wrong(place, schema) {
                wrong.push(place.to_owned());
            }
        });
    }
    wrong
}

#[test]
fn every_object_and_every_enum_is_a_named_component() {
    let is_named =
        |place: &str| place.strip_prefix("components/schemas/").is_some_and(|name| !name.contains('/'));
    let is_inline = |place: &str, schema: &Value| {
        let is_object = schema["properties"].is_object() && schema["type"] == "object";
        // A parameter with one value is a switch.
        let is_enum = schema["enum"].as_array().is_some_and(|values| values.len() > 1);
        (is_object || is_enum) && !is_named(place)
    };
    assert_eq!(places(&describe(), is_inline), [""; 0]);
}

#[test]
fn no_schema_has_a_name_that_a_language_or_a_generator_uses() {
    let document = describe();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        // The Go generator uses this prefix and these suffixes for its own functions and types.
        let is_generated = name.starts_with("New")
            || ["Response", "Params", "Body"].iter().any(|suffix| name.ends_with(suffix));
        assert!(!is_generated && !RESERVED_NAMES.contains(&name.to_lowercase().as_str()), "{name}");
        assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric()), "{name}");
    }
    let lower: BTreeSet<_> = schemas.keys().map(|name| name.to_lowercase()).collect();
    assert_eq!(lower.len(), schemas.len(), "two names differ only in case");
}

#[test]
fn operation_ids_are_distinct_and_in_camel_case() {
    let document = describe();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
    let ids: Vec<_> = operations
        .filter(|(name, _)| *name != "parameters")
        .map(|(_, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    for id in &ids {
        let is_camel = id.starts_with(|first: char| first.is_ascii_lowercase())
            && id.chars().all(|letter| letter.is_ascii_alphanumeric());
        assert!(is_camel, "{id:?}: see infra/tools/openapi/src/operation_ids.rs");
    }
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn every_pattern_outside_headers_and_shared_parameters_has_an_example() {
    let lacks_example = |place: &str, schema: &Value| {
        let is_schema = !place.contains("/headers/")
            && !place.contains("/properties/pattern")
            && !place.ends_with("/not")
            && !place.contains("/not/");
        is_schema && schema["pattern"].is_string() && schema["examples"].as_array().is_none_or(Vec::is_empty)
    };
    let missing = places(&describe(), lacks_example);
    let missing: Vec<_> =
        missing.into_iter().filter(|place| !place.starts_with("components/parameters/")).collect();
    assert_eq!(missing, [""; 0], "see infra/tools/openapi/src/examples/patterns.rs");
}

#[test]
fn the_rendition_in_3_0_has_every_operation_and_no_null_type_and_no_constant() {
    let document = openapi_3_0();
    let is_wrong = |_: &str, schema: &Value| {
        let has_reference = schema.get("$ref").is_some_and(Value::is_string);
        schema["type"].is_array()
            || schema["type"] == "null"
            || schema.get("const").is_some()
            || (has_reference && schema.as_object().is_some_and(|fields| fields.len() > 1))
    };
    assert_eq!(places(&document, is_wrong), [""; 0]);
    let operations = |document: &Value| {
        document["paths"]
            .as_object()
            .unwrap()
            .values()
            .map(|item| item.as_object().unwrap().len())
            .sum::<usize>()
    };
    assert_eq!(operations(&document), operations(&describe()));
}
