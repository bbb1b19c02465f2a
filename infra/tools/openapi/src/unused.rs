//! Removes components to which nothing refers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The sections whose components other parts refer to.
const SECTIONS: [&str; 4] = ["schemas", "responses", "headers", "parameters"];

/// Removes the components to which no other part of the document refers.
pub(crate) fn remove_unused(document: &mut Value) {
    loop {
        let mut used = BTreeSet::new();
        collect_references(document, &mut used);
        let removed: usize = SECTIONS
            .into_iter()
            .filter_map(|section| {
                let components = document["components"][section].as_object_mut()?;
                Some(retain_used(section, components, &used))
            })
            .sum();
        if removed == 0 {
            return;
        }
    }
}

/// Returns the number of removed components.
fn retain_used(section: &str, components: &mut Map<String, Value>, used: &BTreeSet<String>) -> usize {
    let before = components.len();
    components.retain(|name, _| used.contains(&format!("#/components/{section}/{name}")));
    before - components.len()
}

fn collect_references(part: &Value, used: &mut BTreeSet<String>) {
    match part {
        Value::Array(items) => items.iter().for_each(|part| collect_references(part, used)),
        Value::Object(fields) => {
            used.extend(part["$ref"].as_str().map(str::to_owned));
            fields.values().for_each(|part| collect_references(part, used));
        }
        _ => {}
    }
}
