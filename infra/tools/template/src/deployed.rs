//! `template.yaml` as JSON, for the tests that compare it with the code and the documents. `check.sh` runs the checks that do
//! not need the code.

#![allow(clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use saphyr::{LoadableYamlNode, Yaml};
use serde_json::{Map, Value, json};

use crate::paths::root;

/// The template as JSON: `!Sub x` is `{"Sub": x}`.
pub fn template() -> &'static Value {
    static TEMPLATE: OnceLock<Value> = OnceLock::new();
    TEMPLATE.get_or_init(|| parse(&read(&root().join("template.yaml"))))
}

/// Parses the source of a template to JSON.
pub fn parse(source: &str) -> Value {
    let documents = Yaml::load_from_str(source).expect("YAML");
    value(&documents[0])
}

fn value(node: &Yaml<'_>) -> Value {
    if let (Some(tag), Some(inner)) = (node.get_tag(), node.get_tagged_node()) {
        return json!({ tag.suffix.clone(): value(inner) });
    }
    if let Some(mapping) = node.as_mapping() {
        let text = |key: &Yaml<'_>| key.as_str().expect("a key that is a string").to_owned();
        return mapping.iter().map(|(key, inner)| (text(key), value(inner))).collect::<Map<_, _>>().into();
    }
    if let Some(sequence) = node.as_sequence() {
        return sequence.iter().map(value).collect();
    }
    let scalar = node.as_str().map(Value::from);
    scalar.or_else(|| node.as_bool().map(Value::from)).or_else(|| node.as_integer().map(Value::from)).into()
}

/// The properties of the resources of a type, by their logical ids. A function's metadata is added to its properties.
pub fn resources(of_type: &str) -> BTreeMap<String, Value> {
    let all = template()["Resources"].as_object().expect("resources");
    let found = all.iter().filter(|(_, resource)| resource["Type"] == of_type);
    let properties = found.map(|(name, resource)| {
        let mut properties = resource["Properties"].clone();
        if let Some(metadata) = resource.get("Metadata") {
            properties["Metadata"] = metadata.clone();
        }
        (name.clone(), properties)
    });
    properties.collect()
}

/// The value as a list. CloudFormation accepts a single element in place of a list of one.
pub fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.clone(),
        single => vec![single.clone()],
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
