//! The named schemas of the document: views, errors and kinds. Also the schemas that several request bodies share.

use custodian_domain::agent::{ADDRESS_TYPES, MAX_ENTERED_PASSWORD};
use custodian_domain::agent_fields::MAX_ADDRESSES;
use custodian_domain::kinds::routed;
use custodian_views::field_schema;
use custodian_views::schema::{AnyMultiLineText, AnyText};
use custodian_views::{
    AccessKeyView, AgentView, AuditView, BrakeView, CustomerView, DeletionPreviewView, DeletionView,
    DeliveryView, EventTypeView, ExportView, HoldView, NewAccessKeyView, Time, UsageView, WebhookView,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::schema::{Fields, enumeration, multi_line_text, nonempty_text, object, text, with_keywords};
use crate::{errors, kind_schemas};

/// All schemas under `components/schemas`.
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
        ("name", text(255)),
        ("detail", multi_line_text(4096)),
        (
            "email",
            with_keywords(
                nonempty_text(255),
                json!({ "format": "email", "description": "ASCII only: the domain of `a@bücher.example` is `xn--bcher-kva.example`." }),
            ),
        ),
        ("phone_number", text(255)),
        ("address", multi_line_text(1024)),
        ("webhook_method", webhook_method()),
        (
            "webhook_uri",
            with_keywords(
                text(1023),
                json!({ "pattern": "^([Hh][Tt][Tt][Pp][Ss]?:.+)?$",
                    "description": "An http or https URL without username and password. The port is 80, 443, 8080 or 8443. An IP \
                        address must be public." }),
            ),
        ),
    ]
}

/// The HTTP method of webhooks.
pub(crate) fn webhook_method() -> Value {
    shared_schema(field_schema::webhook_method)
}

/// The name with which an agent signs in.
pub(crate) fn username() -> Value {
    json!({
        "$ref": "#/components/schemas/Text", "minLength": 1, "maxLength": 255, "pattern": r"^\S+$",
        "description": "Letters, digits and ASCII punctuation, without spaces and invisible characters, at most 255 bytes (RFC 8265, \
            UsernameCaseMapped). Unique in the platform, regardless of case, width and composition. Must not begin with `guest-`.",
    })
}

/// A password to set.
pub(crate) fn new_password() -> Value {
    let description =
        "8 to 128 characters when composed (RFC 8265, OpaqueString), and none of the most common passwords.";
    with_keywords(
        text(MAX_ENTERED_PASSWORD),
        json!({ "minLength": 8, "writeOnly": true, "description": description }),
    )
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
        ("target", nonempty_text(255)),
        ("target_name", text(255)),
        ("name", text(255)),
        ("detail", text(255)),
    ];
    json!({ "type": "array", "items": object(fields, &["type", "target"]), "maxItems": MAX_ADDRESSES })
}
