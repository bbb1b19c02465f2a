//! The description is complete: every operation, property and parameter has a description, every body and webhook an example, every
//! property of a request's own schemas a limit, and the examples are valid.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use custodian_openapi::describe;
use jsonschema::Draft;
use serde_json::{Map, Value, json};

/// Each operation of the paths with its id.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap());
    let operations = operations.filter(|(name, _)| *name != "parameters").map(|(_, operation)| operation);
    operations
        .map(|operation| (operation["operationId"].as_str().unwrap().to_owned(), operation.clone()))
        .collect()
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() > 3)
}

#[test]
fn every_operation_has_a_summary_an_explanation_a_declared_tag_and_reasons() {
    let document = describe();
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    for (id, operation) in operations(&document) {
        assert!(is_text(&operation["summary"]) || id == "ping", "{id} has no summary");
        assert!(is_text(&operation["description"]), "{id} has no explanation");
        assert!(tags.contains(&&operation["tags"][0]), "{id} has a tag that src/tags.rs does not declare");
        let refusals =
            operation["responses"].as_object().unwrap().keys().filter(|code| code.starts_with(['4', '5']));
        assert!(refusals.count() > 0, "{id} has no reasons");
    }
    for tag in document["tags"].as_array().unwrap() {
        let is_used = operations(&document).iter().any(|(_, operation)| operation["tags"][0] == tag["name"]);
        assert!(is_used && is_text(&tag["description"]) && is_text(&tag["x-displayName"]), "{tag}");
    }
}

#[test]
fn every_property_and_every_parameter_is_described() {
    let document = describe();
    let mut missing = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (property, part) in schema["properties"].as_object().into_iter().flatten() {
            if !is_text(&part["description"]) {
                missing.push(format!("{name}.{property}"));
            }
        }
    }
    let shared = document["components"]["parameters"].as_object().unwrap().values();
    let own = operations(&document);
    let own = own.iter().flat_map(|(_, operation)| operation["parameters"].as_array().into_iter().flatten());
    for parameter in shared.chain(own).filter(|parameter| parameter["$ref"].is_null()) {
        if !is_text(&parameter["description"]) {
            missing.push(parameter["name"].to_string());
        }
    }
    assert_eq!(missing, [""; 0], "see src/descriptions.txt");
}

/// Whether a schema limits its values: a number or the length of a text or of a list.
fn is_limited(document: &Value, schema: &Value) -> bool {
    if let Some(alternatives) = schema["anyOf"].as_array() {
        return alternatives.iter().all(|alternative| is_limited(document, alternative));
    }
    let has = |name: &str| schema.get(name).is_some();
    if ["enum", "const", "format", "pattern"].iter().any(|name| has(name)) {
        return true;
    }
    if let Some(place) = schema["$ref"].as_str() {
        return has("maxLength") || is_limited(document, document.pointer(&place[1..]).unwrap());
    }
    match schema["type"].as_str() {
        Some("array") => {
            (has("maxItems") || schema["items"]["$ref"].is_string()) && is_limited(document, &schema["items"])
        }
        Some("integer") => has("minimum") && has("maximum"),
        Some("string") => has("maxLength"),
        _ => true,
    }
}

#[test]
fn every_property_of_the_own_schemas_of_requests_has_a_limit() {
    let document = describe();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let bodies = schemas.iter().filter(|(name, _)| name.ends_with("Request") || name.ends_with("Input"));
    let mut unlimited = Vec::new();
    for (name, schema) in bodies {
        for (property, part) in schema["properties"].as_object().into_iter().flatten() {
            if !is_limited(&document, part) {
                unlimited.push(format!("{name}.{property}"));
            }
        }
    }
    assert_eq!(unlimited, [""; 0]);
}

#[test]
fn every_operation_that_sets_a_webhook_uri_says_that_it_must_not_lead_to_this_api() {
    let document = describe();
    let sets_uri = |operation: &Value| {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let schema = schema["$ref"].as_str().map_or(schema, |place| document.pointer(&place[1..]).unwrap());
        schema["properties"].get("webhook_uri").is_some()
    };
    let mut setting = operations(&document);
    setting.retain(|(_, operation)| sets_uri(operation));
    assert_eq!(setting.len(), 5);
    for (id, operation) in setting {
        let rules = operation["x-also-refused"].as_array().unwrap();
        assert!(rules.iter().any(|rule| rule["rule"] == "`webhook_uri` leads to this API."), "{id}");
    }
}

#[test]
fn every_operation_has_examples_that_match_their_schemas() {
    let document = describe();
    for (id, operation) in operations(&document) {
        assert!(operation["x-codeSamples"][0]["source"].as_str().unwrap().starts_with("curl "), "{id}");
        let body = operation["requestBody"]["content"]["application/json"].clone();
        let responses = operation["responses"].as_object().unwrap().iter();
        let successes = responses.filter(|(code, _)| code.starts_with('2'));
        let successes = successes.map(|(_, response)| response["content"]["application/json"].clone());
        for content in successes.chain([body]).filter(|content| !content.is_null()) {
            let examples = content["examples"].as_object().cloned().unwrap_or_else(Map::new);
            assert!(!examples.is_empty(), "{id} has no example of {}", content["schema"]);
            for example in examples.values() {
                assert_valid(&document, &content["schema"], &example["value"], &id);
            }
        }
    }
}

#[test]
fn every_webhook_has_a_payload_with_a_valid_example() {
    let document = describe();
    let webhooks = document["webhooks"].as_object().unwrap();
    assert!(webhooks.len() > 40);
    for (event_type, item) in webhooks {
        let schema = &item["post"]["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str().unwrap().trim_start_matches('#');
        let example = &document.pointer(name).unwrap()["examples"][0];
        assert_valid(&document, schema, example, event_type);
        let mut other = example.clone();
        other["type"] = json!(event_type);
        assert_valid(&document, schema, &other, event_type);
    }
}

#[track_caller]
fn assert_valid(document: &Value, schema: &Value, value: &Value, id: &str) {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    let errors: Vec<_> = options
        .build(&schema)
        .unwrap()
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{id}: {}", errors.join("; "));
}
