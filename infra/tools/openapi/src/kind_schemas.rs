//! The schemas of the kinds, from the registry. Declaring a new kind also gives it schemas, except the conditions in `kind_rules`.

use custodian_domain::Plan;
use custodian_domain::kinds::{
    ADDRESS_TYPES, Field, FieldType, Kind, Link, MAX_ADDRESS_TEXT, MAX_BYTES, MAX_IDS, Source, UniqueScope,
};
use serde_json::{Value, json};

use crate::kind_rules;
use crate::names::pascal;
use crate::patterns::{self, HOST_NAME, NUMERIC_NAME};
use crate::schema::{
    Fields, all_required, enumeration, multi_line_text, nonempty_text, nullable, object, read_only,
    reference, text, time, unique_uuids, uuid, with_description, with_keywords,
};

/// An id, or an empty text for none. Not an alternative of two schemas, because generated clients would have a type for each place.
pub(crate) fn id_or_empty() -> Value {
    json!({
        "type": "string", "pattern": "^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})?$",
        "description": "A UUID, or an empty text, which removes the value. The zero UUID means none as well.",
    })
}

/// Who sees the value of a secret field.
const SECRET: &str = "Only responses about a single row have it, to administrators and access keys. Lists, deletions and \
                      webhooks lack it, and so do responses to managers and delegates.";

/// The name of a kind's schema: `BillingAccount` for `billing_account`. Some languages have other types named `File` and `Number`.
pub(crate) fn schema_name(kind: &Kind) -> String {
    match kind.noun {
        "file" => "StorageFile".to_owned(),
        "number" => "PhoneNumber".to_owned(),
        noun => pascal(noun),
    }
}

/// The schema of a row in a response.
pub(crate) fn row_schema(kind: &Kind) -> Value {
    let mut fields: Fields = vec![("id", read_only(uuid())), ("customer_id", read_only(uuid()))];
    fields.extend(kind.fields.iter().map(|field| (field.name, response_field(field))));
    fields.extend([
        ("tm_create", read_only(time())),
        ("tm_update", read_only(time())),
        ("tm_delete", read_only(nullable(time()))),
    ]);
    let is_secret = |name: &&str| kind.field(name).is_some_and(|field| field.secret);
    let required: Vec<_> = fields.iter().map(|(name, _)| *name).filter(|name| !is_secret(name)).collect();
    with_description(object(fields, &required), &kind_description(kind))
}

/// The request body that creates or changes a row. It lists only the fields that the request can set; the API ignores others.
pub(crate) fn body_schema(kind: &Kind, creating: bool) -> Value {
    let writable = kind.fields.iter().filter(|field| field.is_writable(creating));
    let required: Vec<_> =
        kind.fields.iter().filter(|field| creating && field.required).map(|field| field.name).collect();
    let fields = writable.map(|field| {
        let schema = request_field(field);
        let is_text = matches!(field.field_type, FieldType::Text { .. });
        (
            field.name,
            match field.non_empty && is_text {
                // A client that may not see the secret sends an empty text back, which changes nothing.
                true if field.secret && !creating => {
                    with_keywords(schema, json!({ "minLength": 1, "x-accepts-more": true }))
                }
                true => with_keywords(schema, json!({ "minLength": 1 })),
                false => schema,
            },
        )
    });
    let body = object(fields.collect(), &required);
    match kind_rules::conditions(kind).filter(|_| creating) {
        Some(conditions) => with_keywords(body, conditions),
        None => body,
    }
}

fn kind_description(kind: &Kind) -> String {
    let mut sentences = Vec::new();
    if kind.is_limited() {
        let limit = |plan: Plan| {
            let max = plan.limit(kind).map_or("no limit".to_owned(), |max| max.to_string());
            format!("{max} ({})", plan.as_str())
        };
        sentences.push(format!("Maximum number by plan: {}.", Plan::ALL.map(limit).join(", ")));
    }
    for rule in kind.rules {
        let space = if rule.concerns.is_empty() { "" } else { " " };
        sentences.push(format!("Its {} {}{space}{}.", rule.field, rule.problem, rule.concerns));
    }
    if let Some(unique) = &kind.unique {
        let within = match unique.scope {
            UniqueScope::Platform => "the whole platform",
            UniqueScope::Customer => "its account",
        };
        let names = match kind.noun {
            // Only the names of running transcriptions are unique.
            "transcribe" => "Of running transcriptions, `reference_type` with `reference_id`".to_owned(),
            _ => format!("`{}`", unique.fields.join("` with `")),
        };
        let taken = unique.taken_reason.key();
        sentences.push(format!("{names} is unique within {within}; otherwise the error is `{taken}`."));
    }
    sentences.join(" ")
}

/// A field in a response, with the source of its value.
fn response_field(field: &Field) -> Value {
    let schema = match field.field_type {
        // An optional phone number is empty until a request sets it.
        FieldType::Phone if !field.required => json!({ "type": "string", "pattern": r"^(\+[0-9]{1,15})?$" }),
        FieldType::Time if field.source != Source::CreationTime => nullable(time()),
        FieldType::Addresses { max } => response_addresses(max),
        FieldType::Flags(names) => all_required(flags(names)),
        field_type => value_schema(&field_type),
    };
    match field.source {
        Source::Client if field.secret => with_description(schema, SECRET),
        Source::Client => schema,
        Source::ClientOnce => with_description(schema, "Set when the row is created; never changes."),
        Source::Service => read_only(schema),
        Source::Customer => read_only(with_description(schema, "The id of the account.")),
        Source::Copy(of) => {
            read_only(with_description(schema, &format!("The value of `{of}` when the row was created.")))
        }
        Source::SipDigest => read_only(with_description(
            json!({ "type": "string", "pattern": "^([0-9a-f]{32})?$" }),
            &format!(
                "HA1 of SIP digest authentication (MD5): the hash of `username:domain_name:password`, in which `domain_name` is the \
                 realm that the registrar must name. Empty without username or password. {SECRET}"
            ),
        )),
        Source::CreationTime => read_only(with_description(schema, "The time at which the row was created.")),
    }
}

/// A field in a request body.
fn request_field(field: &Field) -> Value {
    let schema = value_schema(&field.field_type);
    if field.secret {
        return with_description(
            schema,
            "In an update by a caller who cannot read it, an empty text changes nothing.",
        );
    }
    if !field.is_cleared_by_empty_text() {
        return schema;
    }
    match field.field_type {
        FieldType::Choice { values, .. } if values.contains(&"") => schema,
        FieldType::Choice { values, .. } => {
            let choices: Vec<_> = values.iter().copied().chain([""]).collect();
            with_description(enumeration(&choices), &format!("An empty text means `{}`.", values[0]))
        }
        _ => reference("IdOrEmpty"),
    }
}

/// A value of a field type.
fn value_schema(field_type: &FieldType) -> Value {
    match field_type {
        FieldType::Text { max } => text(*max),
        FieldType::MultiLineText { max } => multi_line_text(*max),
        FieldType::Phone => json!({ "type": "string", "pattern": r"^\+[0-9]{1,15}$" }),
        FieldType::Choice { values, .. } => enumeration(values),
        FieldType::Flag => json!({ "type": "boolean" }),
        FieldType::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        FieldType::Time => json!({ "type": "string", "format": "date-time" }),
        FieldType::Id => uuid(),
        FieldType::Link(link) => with_description(uuid(), &link_description(*link)),
        FieldType::Links(link) => with_description(unique_uuids(link.max), &link_description(*link)),
        FieldType::Ids => unique_uuids(MAX_IDS),
        FieldType::Domain => {
            json!({ "type": "string", "maxLength": 253, "pattern": HOST_NAME, "not": { "pattern": NUMERIC_NAME },
            "description": "A host name in ASCII, whose last part is not a number. Responses have it in lower case and without the final dot." })
        }
        FieldType::Choices { values } => with_description(
            json!({ "type": "array", "items": enumeration(values), "maxItems": values.len() }),
            "Duplicates are removed.",
        ),
        FieldType::Networks { max } => {
            let item = json!({ "type": "string", "maxLength": 49, "pattern": patterns::network() });
            let description = "IP addresses, and networks in CIDR notation. Duplicates are removed.";
            with_description(json!({ "type": "array", "items": item, "maxItems": max }), description)
        }
        FieldType::Actions { max } => {
            let item = object(vec![("type", text(255))], &["type"]);
            let item = with_keywords(item, json!({ "additionalProperties": true }));
            let description = format!(
                "At most {MAX_BYTES} bytes of JSON in total, as in the response. Texts may contain tabs and line breaks. Numbers \
are stored as 64-bit integers or doubles."
            );
            with_description(json!({ "type": "array", "items": item, "maxItems": max }), &description)
        }
        FieldType::Addresses { max } => request_addresses(*max),
        FieldType::Flags(names) => object(flags(names), &[]),
    }
}

fn link_description(link: Link) -> String {
    format!("Refers to the account's {}. The zero UUID means none.", link.table)
}

fn flags(names: &[&'static str]) -> Fields {
    names.iter().map(|name| (*name, json!({ "type": "boolean" }))).collect()
}

fn response_addresses(max_items: usize) -> Value {
    let mut fields: Fields = vec![("id", read_only(uuid()))];
    fields.extend(address_fields());
    let since = with_description(time(), "The time at which the address was added to the contact.");
    fields.extend([
        ("customer_id", read_only(uuid())),
        ("contact_id", read_only(uuid())),
        ("tm_create", read_only(since)),
    ]);
    json!({ "type": "array", "items": all_required(fields), "maxItems": max_items })
}

fn request_addresses(max_items: usize) -> Value {
    let item = object(address_fields(), &["type", "target"]);
    json!({ "type": "array", "items": item, "maxItems": max_items })
}

pub(crate) fn address_fields() -> Fields {
    vec![
        ("type", enumeration(&ADDRESS_TYPES)),
        ("target", nonempty_text(MAX_ADDRESS_TEXT)),
        ("name", text(MAX_ADDRESS_TEXT)),
        ("detail", text(MAX_ADDRESS_TEXT)),
        ("is_primary", json!({ "type": "boolean" })),
    ]
}
