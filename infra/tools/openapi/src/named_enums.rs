//! Moves enums to named components, one for each property and set of values. Otherwise, generated clients would have a type for
//! each place.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::named_objects::{fields, operations};
use crate::names::{part, pascal, singular, subject};
use crate::schema::reference;

/// The enums of a property that have the same values.
struct NamedEnum {
    property: String,
    values: Value,
    /// The schemas with the property.
    owners: Vec<String>,
    name: String,
}

/// Names the enums of the schemas, and refers to them in the parameters.
pub(crate) fn name_enums(document: &mut Value) {
    let mut schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let mut enums = Vec::new();
    for (owner, schema) in &mut schemas {
        visit(owner, "", schema, &mut |owner, property, schema| collect(&mut enums, owner, property, schema));
    }
    name(&mut enums, &schemas);
    for (owner, schema) in &mut schemas {
        visit(owner, "", schema, &mut |_, property, schema| replace(&enums, property, schema));
    }
    for of in &enums {
        let kind = if of.values[0].is_string() { "string" } else { "integer" };
        schemas.insert(of.name.clone(), json!({ "type": kind, "enum": of.values }));
    }
    document["components"]["schemas"] = schemas.into();
    for operation in operations(document) {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let property = parameter["name"].as_str().unwrap_or_default().to_owned();
            if let Some(schema) = parameter.get_mut("schema") {
                replace(&enums, &property, schema);
            }
        }
    }
}

/// Calls `act` with each enum in a schema, its owner and its property.
fn visit(owner: &str, property: &str, schema: &mut Value, act: &mut impl FnMut(&str, &str, &mut Value)) {
    if schema.get("enum").is_some() && !property.is_empty() {
        act(owner, property, schema);
    }
    for (property, part) in fields(schema, "properties") {
        visit(owner, property, part, act);
    }
    for alternative in schema.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten() {
        visit(owner, property, alternative, act);
    }
    if let Some(items) = schema.get_mut("items") {
        visit(owner, singular(property), items, act);
    }
}

fn collect(enums: &mut Vec<NamedEnum>, owner: &str, property: &str, schema: &Value) {
    let values = &schema["enum"];
    match enums.iter_mut().find(|known| known.property == property && known.values == *values) {
        Some(known) => known.owners.push(owner.to_owned()),
        None => enums.push(NamedEnum {
            property: property.to_owned(),
            values: values.clone(),
            owners: vec![owner.to_owned()],
            name: String::new(),
        }),
    }
}

fn name(enums: &mut [NamedEnum], schemas: &Map<String, Value>) {
    let mut taken: BTreeSet<String> = schemas.keys().cloned().collect();
    for at in 0..enums.len() {
        let name = unique_name(enums, at, &taken);
        taken.insert(name.clone());
        enums[at].name = name;
    }
    // The enum of a request may have the values of the response's enum, and the empty text.
    for at in 0..enums.len() {
        if let Some(base) = without_empty(enums, at) {
            enums[at].name = format!("{}OrEmpty", enums[base].name);
        }
    }
}

/// The enum with the same values except the empty text.
fn without_empty(enums: &[NamedEnum], at: usize) -> Option<usize> {
    let values = enums[at].values.as_array()?;
    let others: Vec<_> = values.iter().filter(|value| *value != "").cloned().collect();
    let is_base =
        |of: &NamedEnum| of.property == enums[at].property && of.values == Value::Array(others.clone());
    (others.len() < values.len()).then(|| enums.iter().position(is_base)).flatten()
}

/// The property's name if schemas of several subjects have the property with these values and none has it with others. Otherwise,
/// it follows the schema's name.
fn unique_name(enums: &[NamedEnum], at: usize, taken: &BTreeSet<String>) -> String {
    let of = &enums[at];
    let is_other = |other: &usize| {
        *other != at && enums[*other].property == of.property && without_empty(enums, *other).is_none()
    };
    let subjects: BTreeSet<_> = of.owners.iter().map(|owner| subject(owner)).collect();
    let is_common = subjects.len() > 1 && !(0..enums.len()).any(|other| is_other(&other));
    let name = if is_common { pascal(&of.property) } else { part(&of.owners[0], &of.property) };
    if taken.contains(&name) { format!("{name}Input") } else { name }
}

/// Replaces an enum by a reference. What else the schema says stays.
fn replace(enums: &[NamedEnum], property: &str, schema: &mut Value) {
    let named = enums.iter().find(|of| of.property == property && of.values == schema["enum"]);
    let (Some(named), Some(fields)) = (named, schema.as_object_mut()) else { return };
    fields.retain(|name, _| !["type", "enum"].contains(&name.as_str()));
    fields.insert("$ref".to_owned(), reference(&named.name)["$ref"].clone());
}
