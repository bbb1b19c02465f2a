//! Building blocks of schemas.

use serde_json::{Map, Value, json};

use crate::patterns::{MAX_CHARACTER_BYTES, NOT_ASCII};

/// A reference to a named schema.
pub(crate) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A text of at most `max_bytes` bytes.
pub(crate) fn text(max_bytes: usize) -> Value {
    limited("Text", max_bytes)
}

/// A text of at most `max_bytes` bytes that may contain line breaks and tabs.
pub(crate) fn multi_line_text(max_bytes: usize) -> Value {
    limited("MultiLineText", max_bytes)
}

/// JSON Schema counts characters, so `maxLength` is the limit of texts in ASCII. `not` limits other texts: each of their characters
/// takes up to four bytes. So every text that the schema permits is accepted, and some that it does not permit are accepted, too.
fn limited(schema: &str, max_bytes: usize) -> Value {
    json!({
        "$ref": format!("#/components/schemas/{schema}"), "maxLength": max_bytes, "x-max-bytes": max_bytes,
        "not": { "pattern": NOT_ASCII, "minLength": max_bytes / MAX_CHARACTER_BYTES + 1 },
    })
}

/// A text that must not be empty.
pub(crate) fn nonempty_text(max_bytes: usize) -> Value {
    with_keywords(text(max_bytes), json!({ "minLength": 1 }))
}

pub(crate) fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

pub(crate) fn time() -> Value {
    reference("Time")
}

pub(crate) fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// A request body in which every optional field may be null, at any depth, because `null` counts as absent.
pub(crate) fn with_optional_nulls(mut body: Value) -> Value {
    let required = body["required"].as_array().cloned().unwrap_or_default();
    for (name, field) in body.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let schema = with_optional_nulls(field.take());
        *field = if required.contains(&json!(name)) { schema } else { or_null(schema) };
    }
    if let Some(items) = body.get_mut("items") {
        *items = with_optional_nulls(items.take());
    }
    body
}

/// A schema that null matches as well. The description stays with the field.
fn or_null(mut schema: Value) -> Value {
    let description = schema.as_object_mut().and_then(|schema| schema.shift_remove("description"));
    let mut either = match schema.get_mut("anyOf").map(Value::take) {
        Some(Value::Array(alternatives)) => {
            json!({ "anyOf": alternatives.into_iter().chain([json!({ "type": "null" })]).collect::<Vec<_>>() })
        }
        _ => nullable(schema),
    };
    if let Some(description) = description {
        either["description"] = description;
    }
    either
}

pub(crate) fn enumeration(values: &[&str]) -> Value {
    json!({ "type": "string", "enum": values })
}

/// A list of distinct ids.
pub(crate) fn unique_uuids(max_items: usize) -> Value {
    json!({ "type": "array", "items": uuid(), "maxItems": max_items, "uniqueItems": true })
}

/// A field that no request can set.
pub(crate) fn read_only(schema: Value) -> Value {
    with_keywords(schema, json!({ "readOnly": true }))
}

pub(crate) fn with_description(schema: Value, description: &str) -> Value {
    with_keywords(schema, json!({ "description": description }))
}

/// A schema with additional keywords.
pub(crate) fn with_keywords(mut schema: Value, keywords: Value) -> Value {
    if let (Some(schema), Value::Object(keywords)) = (schema.as_object_mut(), keywords) {
        schema.extend(keywords);
    }
    schema
}

/// The fields of an object, in the order of the document.
pub(crate) type Fields = Vec<(&'static str, Value)>;

/// An object with optional and required fields.
pub(crate) fn object(fields: Fields, required: &[&str]) -> Value {
    let properties: Map<String, Value> =
        fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    match required {
        [] => json!({ "type": "object", "properties": properties }),
        _ => json!({ "type": "object", "properties": properties, "required": required }),
    }
}

/// An object in a response that never omits a field.
pub(crate) fn all_required(fields: Fields) -> Value {
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    object(fields, &names)
}
