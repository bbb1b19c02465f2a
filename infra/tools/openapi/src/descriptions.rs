//! Describes what has no description of its own: properties, bodies and pages.

use serde_json::{Map, Value, json};

use crate::named_objects::{fields, operations};
use crate::names::{pascal, subject};

/// The descriptions of properties, one a line.
const PROPERTIES: &str = include_str!("descriptions.txt");

/// Adds the missing descriptions. A test finds a property that still has none.
pub(crate) fn add_descriptions(document: &mut Value) {
    let bodies: Map<String, Value> = operations(document)
        .map(|operation| {
            let id = operation["operationId"].as_str().unwrap_or_default();
            (format!("{}Request", pascal(id)), operation["summary"].clone())
        })
        .collect();
    for (name, schema) in fields(&mut document["components"], "schemas") {
        for (property, part) in fields(schema, "properties") {
            describe_property(name, property, part);
        }
        let text = schema_description(name, &bodies);
        describe(schema, text);
    }
}

fn describe_property(owner: &str, property: &str, schema: &mut Value) {
    let text = find(&format!("{owner}.{property}"))
        .or_else(|| find(&format!("{}.{property}", subject(owner))))
        .or_else(|| find(property));
    if let Some(text) = text {
        describe(schema, text.to_owned());
    }
}

fn find(name: &str) -> Option<&'static str> {
    let described = PROPERTIES.lines().filter(|line| !line.starts_with('#'));
    described.filter_map(|line| line.split_once(": ")).find(|(of, _)| *of == name).map(|(_, text)| text)
}

fn describe(schema: &mut Value, text: String) {
    if let Some(schema) = schema.as_object_mut().filter(|_| !text.is_empty()) {
        schema.entry("description").or_insert_with(|| json!(text));
    }
}

/// The description of a schema by its name.
fn schema_description(name: &str, bodies: &Map<String, Value>) -> String {
    if let Some(summary) = bodies.get(name).and_then(Value::as_str) {
        return format!("The body of a request. {summary}.");
    }
    if let Some(row) = name.strip_suffix("Page") {
        return format!("A page of a list: schema `{row}`.");
    }
    let known = match name {
        "Empty" => "An empty object: there is nothing to say.",
        "Refusal" => "An error.",
        "Detail" => "What is wrong in particular. `reason` decides which of these it is.",
        _ => "",
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_property_is_described_twice() {
        let lines = PROPERTIES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let names: Vec<_> = lines.map(|line| line.split_once(": ").map(|(name, _)| name)).collect();
        assert!(!names.contains(&None), "a line without a description");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
