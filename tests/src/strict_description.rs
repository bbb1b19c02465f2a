//! The API description, changed for the tests: a response may have no unknown fields, unless a schema permits them by itself, and a
//! request's body may have everything that the service accepts beyond the description.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = custodian_openapi::describe();
    let mut of_responses = BTreeSet::new();
    collect_schemas(&document, &document["components"]["responses"], &mut of_responses);
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values().filter(|part| part.is_object()) {
            collect_schemas(&document, &operation["responses"], &mut of_responses);
        }
    }
    permit_all_accepted_bodies(&mut document["components"]["schemas"]);
    permit_all_accepted_bodies(&mut document["paths"]);
    // Only in the schemas of responses: a request's body may have unknown fields.
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    let of_responses = schemas.iter_mut().filter(|(name, _)| of_responses.contains(*name));
    of_responses.for_each(|(_, schema)| forbid_unknown_fields(schema));
    document
});

/// Some schemas describe less than the service accepts, so that the service accepts every body that matches them: those with
/// `x-accepts-more`, and those with a limit in bytes for texts outside ASCII. This removes what makes them narrower.
fn permit_all_accepted_bodies(part: &mut Value) {
    match part {
        Value::Object(map) => {
            if map.get("x-accepts-more").is_some() {
                map.retain(|name, _| {
                    !["pattern", "not", "minLength", "maxLength", "format"].contains(&name.as_str())
                });
            } else if map.contains_key("x-max-bytes") {
                map.remove("not");
            }
            map.values_mut().for_each(permit_all_accepted_bodies);
        }
        Value::Array(items) => items.iter_mut().for_each(permit_all_accepted_bodies),
        _ => {}
    }
}

/// Adds the names of the schemas to which a part of the document refers, and of those to which these refer.
fn collect_schemas(document: &Value, part: &Value, names: &mut BTreeSet<String>) {
    let name = part["$ref"].as_str().and_then(|place| place.strip_prefix("#/components/schemas/"));
    if let Some(name) = name.filter(|name| names.insert((*name).to_owned())) {
        collect_schemas(document, &document["components"]["schemas"][name], names);
    }
    match part {
        Value::Object(map) => map.values().for_each(|part| collect_schemas(document, part, names)),
        Value::Array(items) => items.iter().for_each(|part| collect_schemas(document, part, names)),
        _ => {}
    }
}

/// Forbids additional properties in every object that names its properties and does not say whether it may have others.
fn forbid_unknown_fields(part: &mut Value) {
    match part {
        Value::Object(map) => {
            if map.get("type").is_some_and(|kind| kind == "object") && map.contains_key("properties") {
                map.entry("additionalProperties").or_insert(json!(false));
            }
            map.values_mut().for_each(forbid_unknown_fields);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_unknown_fields),
        _ => {}
    }
}
