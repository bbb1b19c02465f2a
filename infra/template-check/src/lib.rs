//! `template.yaml` as JSON, for the tests that compare it with the code that it deploys. What can be said of the template
//! without the code is checked by `check.sh`.

#![allow(clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use saphyr::{LoadableYamlNode, Yaml};
use serde_json::{Map, Value, json};

/// The template as JSON: `!Sub x` is `{"Sub": x}`.
pub fn template() -> &'static Value {
    static TEMPLATE: OnceLock<Value> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let source = read(&root().join("template.yaml"));
        let documents = Yaml::load_from_str(&source).expect("YAML");
        value(&documents[0])
    })
}

fn value(node: &Yaml<'_>) -> Value {
    if let (Some(tag), Some(inner)) = (node.get_tag(), node.get_tagged_node()) {
        return json!({ tag.suffix.clone(): value(inner) });
    }
    if let Some(mapping) = node.as_mapping() {
        let text = |key: &Yaml<'_>| key.as_str().expect("a text as key").to_owned();
        return mapping.iter().map(|(key, inner)| (text(key), value(inner))).collect::<Map<_, _>>().into();
    }
    if let Some(sequence) = node.as_sequence() {
        return sequence.iter().map(value).collect();
    }
    let scalar = node.as_str().map(Value::from);
    scalar.or_else(|| node.as_bool().map(Value::from)).or_else(|| node.as_integer().map(Value::from)).into()
}

/// The properties of the resources of a type, by their logical ids; a function's metadata is put beside them.
pub fn resources(kind: &str) -> BTreeMap<String, Value> {
    let all = template()["Resources"].as_object().expect("resources");
    let wanted = all.iter().filter(|(_, resource)| resource["Type"] == kind);
    let properties = wanted.map(|(name, resource)| {
        let mut properties = resource["Properties"].clone();
        if let Some(metadata) = resource.get("Metadata") {
            properties["Metadata"] = metadata.clone();
        }
        (name.clone(), properties)
    });
    properties.collect()
}

/// A list, or a single element where one may stand for it, or nothing.
pub fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.clone(),
        single => vec![single.clone()],
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text instead of {value}")).to_owned()
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
