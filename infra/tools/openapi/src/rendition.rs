//! The description in OpenAPI 3.0, for generators that do not read 3.1.
//!
//! It has the same operations and fields. Only the document of 3.1 has limits (but for `x-max-bytes`) and patterns of texts,
//! rules between fields (such as "at least one of"), alternatives to JSON, the response 304, code samples and webhooks:
//! generators would make a type of each limit, and some support only one type of response. Examples of bodies are only there as
//! well, because validators of 3.0 refuse an example that has `null` for a reference.

use serde_json::{Map, Value, json};

use crate::unused;

/// Converts the document.
pub(crate) fn convert_document(mut document: Value) -> Value {
    document["openapi"] = json!("3.0.3");
    // 3.0 has no `identifier` of a license, no `summary` of the API, and no webhooks.
    document["info"]["license"] = json!({ "name": "MIT", "url": "https://opensource.org/license/mit" });
    document["info"].as_object_mut().map(|info| info.shift_remove("summary"));
    document.as_object_mut().map(|document| document.shift_remove("webhooks"));
    let notice = "This is the rendition in OpenAPI 3.0 for generators. openapi.json has the limits of texts, the rules between fields, all media types, examples and the payloads of webhooks.";
    let description = document["info"]["description"].as_str().unwrap_or_default();
    document["info"]["description"] = json!(format!("{notice}\n\n{description}"));
    convert_schemas(&mut document["components"]["schemas"]);
    for place in ["parameters", "headers", "responses"] {
        convert_contents(&mut document["components"][place]);
    }
    convert_contents(&mut document["paths"]);
    convert_contents(&mut document["x-default-route"]);
    let schemas = document["components"]["schemas"].clone();
    add_types_of_nullable(&mut document, &schemas);
    unused::remove_unused(&mut document);
    document
}

/// `nullable` needs a `type` beside it.
fn add_types_of_nullable(part: &mut Value, schemas: &Value) {
    if part["nullable"] == true && part.get("type").is_none() {
        let name = part["allOf"][0]["$ref"].as_str().and_then(|place| place.rsplit('/').next());
        if let Some(kind) = name.and_then(|name| schemas[name].get("type")) {
            part["type"] = kind.clone();
        }
    }
    match part {
        Value::Array(items) => items.iter_mut().for_each(|part| add_types_of_nullable(part, schemas)),
        Value::Object(fields) => fields.values_mut().for_each(|part| add_types_of_nullable(part, schemas)),
        _ => {}
    }
}

/// Converts the schemas in parameters, headers, bodies and responses.
fn convert_contents(part: &mut Value) {
    if let Some(responses) = part.get_mut("responses").and_then(Value::as_object_mut) {
        // "Not modified" is no result of a generated function.
        responses.retain(|code, _| code != "304");
    }
    let content = part.get_mut("content").and_then(Value::as_object_mut);
    if let Some(content) = content.filter(|content| content.contains_key("application/json")) {
        content.retain(|media, _| media == "application/json");
    }
    if let Some(fields) = part.as_object_mut() {
        fields.remove("examples");
        fields.remove("x-codeSamples");
    }
    if let Some(schema) = part.get_mut("schema") {
        convert(schema);
    }
    match part {
        Value::Array(items) => items.iter_mut().for_each(convert_contents),
        Value::Object(fields) => {
            fields
                .iter_mut()
                .filter(|(name, _)| *name != "schema")
                .for_each(|(_, part)| convert_contents(part));
        }
        _ => {}
    }
}

fn convert_schemas(schemas: &mut Value) {
    schemas.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(convert);
}

/// Converts a schema and its parts.
fn convert(schema: &mut Value) {
    convert_null(schema);
    convert_keywords(schema);
    convert_reference(schema);
    for part in ["anyOf", "allOf"] {
        schema.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten().for_each(convert);
    }
    if let Some(properties) = schema.get_mut("properties") {
        convert_schemas(properties);
    }
    if let Some(items) = schema.get_mut("items") {
        convert(items);
    }
}

/// 3.0 has no type `null`. It has the keyword `nullable` instead.
fn convert_null(schema: &mut Value) {
    let types = schema["type"].as_array().cloned().unwrap_or_default();
    if let Some(kind) = types.iter().find(|kind| **kind != "null") {
        schema["type"] = kind.clone();
        schema["nullable"] = json!(true);
    }
    let is_null = |alternative: &Value| alternative["type"] == "null";
    let alternatives = schema["anyOf"].as_array().cloned().unwrap_or_default();
    let [one, null] = alternatives.as_slice() else { return };
    if !is_null(null) {
        return;
    }
    let Some(fields) = schema.as_object_mut() else { return };
    fields.remove("anyOf");
    fields.insert("nullable".to_owned(), json!(true));
    for (name, value) in one.as_object().into_iter().flatten() {
        fields.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

fn convert_keywords(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(value) = fields.remove("const") {
        let kind = if value.is_boolean() { "boolean" } else { "string" };
        fields.insert("type".to_owned(), json!(kind));
        fields.insert("enum".to_owned(), json!([value]));
    }
    if let Some(Value::Array(examples)) = fields.remove("examples") {
        fields.extend(examples.into_iter().next().map(|example| ("example".to_owned(), example)));
    }
    let requires =
        |alternative: &Value| alternative.get("required").is_some() && alternative.get("type").is_none();
    if fields.get("anyOf").and_then(Value::as_array).is_some_and(|all| all.iter().all(requires)) {
        fields.remove("anyOf");
    }
    for limit in ["not", "pattern", "minLength", "maxLength"] {
        fields.remove(limit);
    }
}

/// In 3.0, nothing may stand beside a reference. References to `Text` and `MultiLineText` become plain strings, so that generators make
/// no types of them.
fn convert_reference(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    let Some(Value::String(place)) = fields.get("$ref").cloned() else { return };
    if place.ends_with("/Text") || place.ends_with("/MultiLineText") {
        fields.remove("$ref");
        fields.insert("type".to_owned(), json!("string"));
    } else if fields.len() > 1 {
        fields.remove("$ref");
        fields.insert("allOf".to_owned(), json!([{ "$ref": place }]));
    }
}
