//! The named schemas of the document: views, errors and kinds. Also the schemas that several request bodies share.

use custodian_domain::agent::{ADDRESS_TYPES, GUEST_PREFIX};
use custodian_domain::agent_fields::{MAX_ADDRESS_TEXT, MAX_ADDRESSES};
use custodian_domain::credentials::{MAX_ENTERED_PASSWORD, MAX_PASSWORD, MAX_USERNAME, MIN_PASSWORD};
use custodian_domain::destination::MAX_URI_BYTES;
use custodian_domain::kinds::routed;
use custodian_domain::profile::{MAX_ADDRESS, MAX_DETAIL, MAX_EMAIL, MAX_NAME, MAX_PHONE_NUMBER};
use custodian_views::field_schema;
use custodian_views::schema::{AnyMultiLineText, AnyText};
use custodian_views::{
    AccessKeyView, AgentView, AuditView, BrakeView, CustomerView, DeletionPreviewView, DeletionView,
    DeliveryView, EventTypeView, ExportView, HoldView, NewAccessKeyView, Time, UsageView, WebhookView,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::schema::{Fields, enumeration, multi_line_text, nonempty_text, object, text};
use crate::{errors, kind_schemas, patterns};

/// The schemas of views, errors and kinds under `components/schemas`.
pub(crate) fn all() -> Map<String, Value> {
    let mut generator = generator();
    generator.subschema_for::<AnyText>();
    generator.subschema_for::<AnyMultiLineText>();
    generator.subschema_for::<Time>();
    generator.subschema_for::<CustomerView<'_>>();
    generator.subschema_for::<AgentView<'_>>();
    generator.subschema_for::<AuditView<'_>>();
    generator.subschema_for::<AccessKeyView<'_>>();
    generator.subschema_for::<NewAccessKeyView<'_>>();
    generator.subschema_for::<DeletionPreviewView<'_>>();
    generator.subschema_for::<UsageView>();
    generator.subschema_for::<DeliveryView>();
    generator.subschema_for::<EventTypeView>();
    generator.subschema_for::<WebhookView>();
    generator.subschema_for::<DeletionView<'_>>();
    generator.subschema_for::<HoldView<'_>>();
    generator.subschema_for::<BrakeView<'_>>();
    generator.subschema_for::<ExportView>();
    let mut schemas = generator.take_definitions(true);
    schemas.insert("IdOrEmpty".to_owned(), kind_schemas::id_or_empty());
    schemas.extend(errors::schemas().map(|(name, schema)| (name.to_owned(), schema)));
    schemas.extend(routed().map(|kind| (kind_schemas::schema_name(kind), kind_schemas::row_schema(kind))));
    schemas
}

/// The schema of a view, as a reference if the schema has a name.
pub(crate) fn view_schema<View: JsonSchema>() -> Value {
    generator().subschema_for::<View>().to_value()
}

/// A schema that views and request bodies share.
pub(crate) fn shared_schema(schema: fn(&mut SchemaGenerator) -> Schema) -> Value {
    schema(&mut generator()).to_value()
}

fn generator() -> SchemaGenerator {
    let named = |settings: &mut SchemaSettings| settings.definitions_path = "/components/schemas".into();
    SchemaSettings::draft2020_12().for_serialize().with(named).into_generator()
}

/// The fields of a request body for the name, the contact data and the webhook endpoint.
pub(crate) fn profile_fields() -> Fields {
    vec![
        ("name", text(MAX_NAME)),
        ("detail", multi_line_text(MAX_DETAIL)),
        ("email", email()),
        ("phone_number", text(MAX_PHONE_NUMBER)),
        ("address", multi_line_text(MAX_ADDRESS)),
        ("webhook_method", webhook_method()),
        ("webhook_uri", webhook_uri()),
    ]
}

/// The e-mail address of an account.
pub(crate) fn email() -> Value {
    json!({
        "$ref": "#/components/schemas/Text", "minLength": 1, "maxLength": MAX_EMAIL, "x-max-bytes": MAX_EMAIL, "format": "email",
        "pattern": patterns::email(), "not": { "pattern": patterns::TWO_DOTS }, "x-accepts-more": true,
        "description": "The e-mail address of the account, in ASCII: the domain of `a@bücher.example` is `xn--bcher-kva.example`.",
    })
}

/// The URL of a webhook endpoint.
fn webhook_uri() -> Value {
    json!({
        "$ref": "#/components/schemas/Text", "maxLength": MAX_URI_BYTES, "x-max-bytes": MAX_URI_BYTES,
        "pattern": patterns::web_url(), "not": { "pattern": patterns::ENCODED_LABEL }, "x-accepts-more": true,
        "description": "The URL to which webhooks are sent, with the scheme `http` or `https`, without username and password. Empty: \
            no webhooks. The port is 80, 443, 8080 or 8443. An IP address or an internationalised name is accepted as well. An IP \
            address must be public.",
    })
}

/// The HTTP method of webhooks.
pub(crate) fn webhook_method() -> Value {
    shared_schema(field_schema::webhook_method)
}

/// The name with which an agent signs in.
pub(crate) fn username() -> Value {
    json!({
        "$ref": "#/components/schemas/Text", "minLength": 1, "maxLength": MAX_USERNAME, "pattern": patterns::username(),
        "not": { "anyOf": [
            { "pattern": patterns::GUEST },
            { "pattern": patterns::NOT_ASCII, "minLength": MAX_USERNAME / patterns::MAX_LETTER_BYTES + 1 },
        ] },
        "x-accepts-more": true,
        "description": format!(
            "Letters, digits and ASCII punctuation, without spaces and invisible characters, at most {MAX_USERNAME} bytes (RFC 8265, \
             UsernameCaseMapped). Unique in the platform, regardless of case, width and composition. It must not begin with \
             `{GUEST_PREFIX}`. Letters of other scripts than those in the pattern are accepted as well."
        ),
    })
}

/// A password to set.
pub(crate) fn new_password() -> Value {
    json!({
        "$ref": "#/components/schemas/Text", "minLength": MIN_PASSWORD, "maxLength": MAX_PASSWORD,
        "x-max-bytes": MAX_ENTERED_PASSWORD, "pattern": patterns::password(), "x-accepts-more": true, "writeOnly": true,
        "description": format!(
            "{MIN_PASSWORD} to {MAX_PASSWORD} characters when composed (RFC 8265, OpaqueString). Other letters and symbols than those in \
             the pattern are accepted as well. The most common passwords are refused."
        ),
    })
}

/// A sum of permission bits.
pub(crate) fn permission() -> Value {
    shared_schema(field_schema::permission)
}

/// The scopes of an access key.
pub(crate) fn scopes() -> Value {
    shared_schema(field_schema::scopes)
}

/// The query parameter that keeps the keys that a deleted or demoted agent or key made.
pub(crate) fn made_keys(description: &str) -> Value {
    json!({ "name": "keys", "in": "query", "schema": enumeration(&["keep"]), "description": description })
}

/// The addresses at which an agent can be reached.
pub(crate) fn agent_addresses() -> Value {
    let fields = vec![
        ("type", enumeration(&ADDRESS_TYPES)),
        ("target", nonempty_text(MAX_ADDRESS_TEXT)),
        ("target_name", text(MAX_ADDRESS_TEXT)),
        ("name", text(MAX_ADDRESS_TEXT)),
        ("detail", text(MAX_ADDRESS_TEXT)),
    ];
    json!({ "type": "array", "items": object(fields, &["type", "target"]), "maxItems": MAX_ADDRESSES })
}
