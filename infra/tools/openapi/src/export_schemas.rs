//! The JSON Schema of the lines of an export. It derives from the views and from the registry of kinds. It forbids additional
//! fields of rows, so that a test finds a secret in a line.

use custodian_domain::kinds::{AGENTS, Kind, routed};
use custodian_views::schema::{AnyMultiLineText, AnyText};
use custodian_views::{
    AccessKeyView, AgentView, AuditView, CustomerView, DeliveryView, EmailChangeView, EndpointSettingsView,
    ExportHeaderView, Time,
};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::kind_schemas;

/// A schema that accepts any line of an export. Each kind of line has its own under `$defs`, named `line_<kind>`.
pub fn export_schemas() -> Value {
    let named = |settings: &mut SchemaSettings| settings.definitions_path = "/$defs".into();
    let mut generator = SchemaSettings::draft2020_12().for_serialize().with(named).into_generator();
    generator.subschema_for::<AnyText>();
    generator.subschema_for::<AnyMultiLineText>();
    generator.subschema_for::<Time>();
    let mut lines = vec![
        ("export", generator.subschema_for::<ExportHeaderView>().to_value()),
        ("customer", generator.subschema_for::<CustomerView<'_>>().to_value()),
        ("email_change", generator.subschema_for::<EmailChangeView<'_>>().to_value()),
        ("webhook_endpoint", generator.subschema_for::<EndpointSettingsView>().to_value()),
        (AGENTS.noun, generator.subschema_for::<AgentView<'_>>().to_value()),
        (custodian_domain::access_key::NOUN, generator.subschema_for::<AccessKeyView<'_>>().to_value()),
    ];
    lines.extend(routed().map(|kind| (kind.noun, without_secrets(kind))));
    lines.extend([
        ("delivery", generator.subschema_for::<DeliveryView>().to_value()),
        ("audit", generator.subschema_for::<AuditView<'_>>().to_value()),
    ]);
    let name = |noun: &str| format!("line_{noun}");
    let references: Vec<_> =
        lines.iter().map(|(noun, _)| json!({ "$ref": format!("#/$defs/{}", name(noun)) })).collect();
    let mut definitions: Map<String, Value> =
        generator.take_definitions(true).into_iter().map(|(name, schema)| (name, closed(schema))).collect();
    definitions.extend(lines.into_iter().map(|(noun, data)| (name(noun), line(noun, data))));
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of an export of an account's data",
        "oneOf": references,
        "$defs": definitions,
    });
    in_this_document(document)
}

/// A line with a `kind` and its `data`.
fn line(noun: &str, data: Value) -> Value {
    json!({
        "type": "object",
        "properties": { "kind": { "const": noun }, "data": closed(data) },
        "required": ["kind", "data"],
        "additionalProperties": false,
    })
}

/// The schema of a kind's rows without the secret fields.
fn without_secrets(kind: &Kind) -> Value {
    let mut schema = kind_schemas::row_schema(kind);
    let is_secret = |name: &str| kind.field(name).is_some_and(|field| field.secret);
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !is_secret(name));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| !name.as_str().is_some_and(is_secret));
    }
    schema
}

/// An object without other fields.
fn closed(mut schema: Value) -> Value {
    if schema.get("properties").is_some() {
        schema["additionalProperties"] = false.into();
    }
    schema
}

/// References to schemas of the API description become references to those of this document.
fn in_this_document(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if text.starts_with("#/components/schemas/") => {
            *text = text.replace("#/components/schemas/", "#/$defs/");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = in_this_document(item.take())),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| *field = in_this_document(field.take()))
        }
        _ => {}
    }
    value
}
