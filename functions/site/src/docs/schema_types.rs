//! The type of a value and its limits, in words.

use custodian_app::mail::escape_html;
use serde_json::Value;

use super::description::{Description, text};

/// The type of a value, with its limits, as HTML.
pub(super) fn kind(description: &Description, schema: &Value) -> String {
    if let Some(alternatives) = schema["anyOf"].as_array() {
        let kinds: Vec<_> = alternatives.iter().map(|alternative| kind(description, alternative)).collect();
        return kinds.join(" or ");
    }
    if let Some(value) = schema.get("const") {
        return format!("always <code>{}</code>", escape_html(&value.to_string()));
    }
    let target = description.resolve(schema);
    let types = target["type"].as_array().cloned().unwrap_or_else(|| vec![target["type"].clone()]);
    let kinds: Vec<_> = types.iter().map(|kind| of_type(description, text(kind), schema, target)).collect();
    kinds.join(" or ")
}

fn of_type(description: &Description, kind_name: &str, schema: &Value, target: &Value) -> String {
    match (kind_name, text(&target["format"])) {
        ("null", _) => "null".to_owned(),
        ("string", "uuid") => "UUID".to_owned(),
        ("string", "date-time") => "time".to_owned(),
        ("string", "email") => format!("e-mail address{}", length(schema)),
        ("string", _) => format!("text{}", length(schema)),
        ("integer", _) => format!("integer{}", range(target)),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => list(description, target),
        ("object", _) => "object".to_owned(),
        _ if target["anyOf"].is_array() => kind(description, target),
        (other, _) => escape_html(other),
    }
}

/// The limits of a text.
fn length(schema: &Value) -> String {
    let min = schema["minLength"].as_u64().unwrap_or(0);
    let max = match (schema["x-max-bytes"].as_u64(), schema["maxLength"].as_u64()) {
        (Some(bytes), Some(max)) if bytes > max => Some(format!("{max} characters")),
        (Some(bytes), _) => Some(format!("{bytes} bytes")),
        (None, max) => max.map(|max| format!("{max} characters")),
    };
    match (min, max) {
        (0, None) => String::new(),
        (0, Some(max)) => format!(", at most {max}"),
        (1, Some(max)) => format!(", not empty, at most {max}"),
        (min, Some(max)) => format!(", {min} to {max}"),
        (min, None) => format!(", at least {min} characters"),
    }
}

fn range(schema: &Value) -> String {
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(", at least {min}"),
        (None, Some(max)) => format!(", at most {max}"),
        (None, None) => String::new(),
    }
}

fn list(description: &Description, schema: &Value) -> String {
    let most = schema["maxItems"].as_u64().map(|max| format!(", at most {max}")).unwrap_or_default();
    let distinct = if schema["uniqueItems"] == true { ", each once" } else { "" };
    format!("list of: {}{most}{distinct}", kind(description, &schema["items"]))
}

/// The permitted values as HTML. Empty if the schema lists none.
pub(super) fn choices(description: &Description, schema: &Value) -> String {
    let alternatives = schema["anyOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(found) =
        alternatives.iter().map(|part| choices(description, part)).find(|found| !found.is_empty())
    {
        return found;
    }
    let target = description.resolve(schema);
    let target = if target["items"].is_null() { target } else { description.resolve(&target["items"]) };
    let values = target["enum"].as_array().into_iter().flatten();
    let shown = values.map(|value| match value {
        Value::String(text) if text.is_empty() => "the empty text".to_owned(),
        Value::String(text) => format!("<code>{}</code>", escape_html(text)),
        other => format!("<code>{other}</code>"),
    });
    shown.collect::<Vec<_>>().join(", ")
}
