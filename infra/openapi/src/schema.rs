//! The small parts that schemas are made of.

use serde_json::{Map, Value, json};

/// A reference to a named schema.
pub(crate) fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A text of at most so many bytes. JSON Schema counts characters, so its own limit is the looser one.
pub(crate) fn text(most: usize) -> Value {
    json!({ "$ref": "#/components/schemas/Text", "maxLength": most, "x-max-bytes": most })
}

/// A text that must not be empty.
pub(crate) fn filled(most: usize) -> Value {
    with(text(most), json!({ "minLength": 1 }))
}

pub(crate) fn uuid() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

pub(crate) fn time() -> Value {
    named("Time")
}

pub(crate) fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

pub(crate) fn one_of(choices: &[&str]) -> Value {
    json!({ "type": "string", "enum": choices })
}

/// Ids, none of which stands twice.
pub(crate) fn uuids(most: usize) -> Value {
    json!({ "type": "array", "items": uuid(), "maxItems": most, "uniqueItems": true })
}

/// What this service says, and no request.
pub(crate) fn served(schema: Value) -> Value {
    with(schema, json!({ "readOnly": true }))
}

pub(crate) fn described(schema: Value, words: &str) -> Value {
    with(schema, json!({ "description": words }))
}

/// A schema with more keywords.
pub(crate) fn with(mut schema: Value, more: Value) -> Value {
    if let (Some(schema), Value::Object(more)) = (schema.as_object_mut(), more) {
        schema.extend(more);
    }
    schema
}

/// Fields in their order.
pub(crate) type Fields = Vec<(&'static str, Value)>;

/// An object of these fields, some of which must be there.
pub(crate) fn object(fields: Fields, required: &[&str]) -> Value {
    let properties: Map<String, Value> =
        fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    match required {
        [] => json!({ "type": "object", "properties": properties }),
        _ => json!({ "type": "object", "required": required, "properties": properties }),
    }
}

/// An object of an answer: nothing is ever left out.
pub(crate) fn whole(fields: Fields) -> Value {
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    object(fields, &names)
}
