//! An example of a value that a schema describes.

use serde_json::{Map, Value, json};

use crate::names::subject;

/// Examples by property, or by schema and property.
const VALUES: &str = include_str!("values.json");
const ID: &str = "0191b3a4-6d2f-7c11-9a55-1f0e2d3c4b5a";
const TIME: &str = "2024-06-20T14:22:35Z";

/// Makes examples of the schemas of one document.
pub(crate) struct Examples<'a> {
    schemas: &'a Value,
    values: Map<String, Value>,
}

impl<'a> Examples<'a> {
    pub(crate) fn of(document: &'a Value) -> Self {
        let values = serde_json::from_str(VALUES).unwrap_or_default();
        Self { schemas: &document["components"]["schemas"], values }
    }

    /// An example for `schema`, which is the schema `owner` or, if `property` is not empty, that property of it.
    pub(crate) fn example(&self, schema: &Value, owner: &str, property: &str) -> Value {
        if let Some(value) = self.chosen(owner, property) {
            return value;
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()) {
            return self.example(&self.schemas[name], name, if is_text(name) { property } else { "" });
        }
        if let Some(alternative) = schema["anyOf"].get(0) {
            return self.example(alternative, owner, property);
        }
        let given = schema.get("const").or_else(|| schema["examples"].get(0));
        if let Some(value) = given.or_else(|| first_choice(schema)) {
            return value.clone();
        }
        self.of_type(schema, owner, property)
    }

    fn of_type(&self, schema: &Value, owner: &str, property: &str) -> Value {
        match (kind(schema), schema["format"].as_str()) {
            ("object", _) => self.object(schema, owner),
            ("array", _) if owner.is_empty() => json!([]),
            ("array", _) => json!([self.example(&schema["items"], owner, "")]),
            ("integer", _) => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            ("boolean", _) => json!(false),
            (_, Some("uuid")) => json!(ID),
            (_, Some("date-time")) => json!(TIME),
            _ => json!(property.replace('_', " ")),
        }
    }

    fn object(&self, schema: &Value, owner: &str) -> Value {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let shown = properties.filter(|(name, _)| required.contains(&json!(name)));
        shown
            .map(|(name, part)| (name.clone(), self.example(part, owner, name)))
            .collect::<Map<_, _>>()
            .into()
    }

    /// The example that the table has for a property.
    fn chosen(&self, owner: &str, property: &str) -> Option<Value> {
        let of = |owner: &str| self.values.get(&format!("{owner}.{property}"));
        let value = of(owner).or_else(|| of(subject(owner))).or_else(|| self.values.get(property));
        value.filter(|_| !property.is_empty()).cloned()
    }
}

/// Whether the schema is a plain value. Its example then depends on the property that has it.
fn is_text(name: &str) -> bool {
    ["Text", "MultiLineText", "Time"].contains(&name)
}

/// The type of a value that is not null.
fn kind(schema: &Value) -> &str {
    let types = schema["type"].as_array().and_then(|types| types.iter().find(|kind| *kind != "null"));
    types.unwrap_or(&schema["type"]).as_str().unwrap_or("string")
}

/// The first value of an enum that is not empty.
fn first_choice(schema: &Value) -> Option<&Value> {
    schema["enum"].as_array()?.iter().find(|value| *value != "")
}
