//! JSON Schemas of view types that cannot be derived.

use std::borrow::Cow;

use custodian_domain::kinds::ALL;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::access_key::{AccessKeyView, NewAccessKeyView};
use crate::usage::{KindUsage, KindUsages};
use crate::values::{MultiLineText, Text, Time};

/// The schema `Text`, to which every [`Text`] adds its limit.
#[derive(Debug)]
pub struct AnyText;

impl JsonSchema for AnyText {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            // Not as a pattern of the whole text, which tools print as an example.
            "not": { "pattern": r"[\u0000-\u001f\u007f-\u009f]" },
            "description": "A text without control characters. `x-max-bytes` limits its length in UTF-8.",
        })
    }
}

/// The schema `MultiLineText`, to which every [`MultiLineText`] adds its limit.
#[derive(Debug)]
pub struct AnyMultiLineText;

impl JsonSchema for AnyMultiLineText {
    fn schema_name() -> Cow<'static, str> {
        "MultiLineText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "not": { "pattern": r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]" },
            "description": "A text without control characters other than line breaks and tabs. `x-max-bytes` limits its length in UTF-8.",
        })
    }
}

impl<const MAX_BYTES: usize> JsonSchema for MultiLineText<'_, MAX_BYTES> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("MultiLineText{MAX_BYTES}").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        limited(generator.subschema_for::<AnyMultiLineText>(), MAX_BYTES)
    }
}

/// JSON Schema counts characters, so its `maxLength` is looser than the limit in bytes.
fn limited(mut schema: Schema, max_bytes: usize) -> Schema {
    schema.insert("maxLength".to_owned(), max_bytes.into());
    schema.insert("x-max-bytes".to_owned(), max_bytes.into());
    schema
}

impl<const MAX_BYTES: usize> JsonSchema for Text<'_, MAX_BYTES> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Text{MAX_BYTES}").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        limited(generator.subschema_for::<AnyText>(), MAX_BYTES)
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": "^[0-9-]{10}T[0-9:]{8}([.][0-9]{0,5}[1-9])?Z$",
            "description": "RFC 3339 in UTC, with up to six fractional digits and no trailing zeros.",
        })
    }
}

impl JsonSchema for NewAccessKeyView<'_> {
    fn schema_name() -> Cow<'static, str> {
        "AccessKeyWithToken".into()
    }

    /// The schema of an access key plus its token, at the same position as in the view.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = AccessKeyView::json_schema(generator);
        let token = json_schema!({ "type": "string", "pattern": "^vb_", "readOnly": true });
        if let Some(Value::Object(fields)) = schema.get_mut("properties") {
            let position = fields.keys().position(|name| name == "token_prefix").unwrap_or(fields.len());
            fields.shift_insert(position, "token".to_owned(), token.to_value());
            let required: Vec<_> = fields.keys().cloned().collect();
            schema.insert("required".to_owned(), required.into());
        }
        let description = "A new access key with its token. Only a repetition with the same `Idempotency-Key` shows the token again.";
        schema.insert("description".to_owned(), description.into());
        schema
    }
}

impl JsonSchema for KindUsages {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "KindUsages".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let usage = generator.subschema_for::<KindUsage>();
        let routes: Vec<_> = ALL.iter().map(|kind| kind.route).collect();
        let properties: Map<_, _> =
            routes.iter().map(|route| ((*route).to_owned(), usage.clone().to_value())).collect();
        json_schema!({ "type": "object", "properties": properties, "required": routes })
    }
}
