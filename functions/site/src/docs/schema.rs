//! Schemas as nested lists of their fields.

use custodian_app::mail::escape_html;
use serde_json::Value;

use super::description::{Description, text};
use super::markdown;
use super::schema_types::{self, kind};

/// The fields of an object, of the items of a list, or of each alternative.
pub(super) fn fields(description: &Description, schema: &Value) -> String {
    let schema = description.resolve(schema);
    if let Some(alternatives) = schema["anyOf"].as_array().filter(|_| schema.get("properties").is_none()) {
        return alternatives.iter().map(|alternative| fields(description, alternative)).collect();
    }
    if !schema["items"].is_null() {
        return fields(description, &schema["items"]);
    }
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let entries: String = properties
        .map(|(name, part)| {
            let is_required = required.iter().any(|required| required == name);
            entry(description, name, part, part, &[is_required.then_some("required")])
        })
        .collect();
    if entries.is_empty() { String::new() } else { format!("<dl>{entries}</dl>") }
}

/// An entry of a list of fields. `described` has the description, and `schema` the type.
pub(super) fn entry(
    description: &Description,
    name: &str,
    described: &Value,
    schema: &Value,
    notes: &[Option<&str>],
) -> String {
    let own = described.get("description").or_else(|| description.resolve(described).get("description"));
    let own = own.map(text).unwrap_or_default();
    let mut types = vec![kind(description, schema)];
    types.extend(notes.iter().flatten().map(|note| (*note).to_owned()));
    types.extend((schema["readOnly"] == true).then(|| "read-only".to_owned()));
    types.extend((schema["writeOnly"] == true).then(|| "write-only".to_owned()));
    types.extend(
        schema
            .get("default")
            .map(|value| format!("default <code>{}</code>", escape_html(&value.to_string()))),
    );
    let choices = schema_types::choices(description, schema);
    let choices = if choices.is_empty() { choices } else { format!("<p>One of {choices}.</p>") };
    format!(
        "<dt><code>{}</code> <span>{}</span></dt><dd><p>{}</p>{choices}{}</dd>",
        escape_html(name),
        types.join(", "),
        markdown::inline(own),
        fields(description, schema),
    )
}
