//! The routes of the kinds, from the registry.

use custodian_domain::Reason;
use custodian_domain::kinds::{CONTACTS, FieldType, Kind, MAX_ADDRESS_TEXT, TRANSCRIPTIONS, Unique, routed};
use serde_json::{Value, json};

use super::parts;
use crate::operation::Operation;
use crate::schema::text;
use crate::{kind_rules, kind_schemas};

pub(super) fn all() -> Vec<Operation> {
    let of_kind = |kind: &'static Kind| {
        let operations: Vec<_> =
            kind.shared_verbs().iter().filter_map(|verb| operation(kind, verb)).collect();
        // Transcriptions and contacts have one route besides the shared ones and those of parts.
        let own = match kind.route {
            route if route == TRANSCRIPTIONS.route => Some(stop_transcription()),
            route if route == CONTACTS.route => Some(look_up_contact()),
            _ => None,
        };
        operations.into_iter().chain(parts::all(kind)).chain(own)
    };
    routed().flat_map(of_kind).collect()
}

fn operation(kind: &'static Kind, verb: &str) -> Option<Operation> {
    let (rows, one) = (format!("/v1.0/{}", kind.route), format!("/v1.0/{}/{{id}}", kind.route));
    let (rows_of, schema) = (kind.route.replace('_', " "), kind_schemas::schema_name(kind));
    let operation = match verb {
        "list" => Operation::new("GET", rows, format!("Lists the account's {rows_of}, newest first."))
            .returns_page(&schema),
        "create" => Operation::new("POST", rows, format!("Creates one of the account's {rows_of}."))
            .body(kind_schemas::body_schema(kind, true))
            .returns_row(&schema)
            .with_status(kind.created_status)
            .fails_with(&field_reasons(kind, true))
            .fails_with(if has_limits(kind) { &[Reason::ResourceLimitExceeded] } else { &[] })
            .fails_with(if kind.has_platform_names() { &[Reason::RateLimitExceeded] } else { &[] }),
        "get" => Operation::new("GET", one, format!("Returns one of the account's {rows_of}."))
            .returns_row(&schema),
        "update" => Operation::new(
            "PUT",
            one,
            format!(
                "Changes one of the account's {rows_of}. Fields that are not in the body keep their values."
            ),
        )
        .body(kind_schemas::body_schema(kind, false))
        .returns_row(&schema)
        .fails_with(&field_reasons(kind, false))
        .fails_with(if kind.counts_bytes() { &[Reason::ResourceLimitExceeded] } else { &[] }),
        "delete" => Operation::new(
            "DELETE",
            one,
            format!(
                "Deletes one of the account's {rows_of} permanently. The response shows it for the last time."
            ),
        )
        .returns_row(&schema),
        _ => return None,
    };
    let operation = if matches!(verb, "create" | "update") {
        with_rules(operation, kind, verb == "create")
    } else {
        operation
    };
    let not_found = if operation.route.path.contains("{id}") { &[kind.not_found][..] } else { &[] };
    Some(operation.of_kind(kind).fails_with(not_found))
}

/// The rules about other rows, about the addresses of one contact, and in an update about the stored row.
fn with_rules(operation: Operation, kind: &Kind, creating: bool) -> Operation {
    let links = kind.fields.iter().filter(|field| field.is_writable(creating));
    let links = links.filter_map(|field| Some((field.name, field.field_type.link()?.table)));
    let linked = links.fold(operation, |operation, (name, table)| operation.refuses_unknown(name, table));
    let stored = kind_rules::refused_fields(kind).into_iter().filter(|_| !creating);
    let linked = stored.fold(linked, |operation, name| {
        let rule = format!("`{name}` would be missing, because of other fields of the row.");
        operation.also_refuses(Reason::InvalidArgument, name, rule)
    });
    match kind.field("addresses").map(|field| field.field_type) {
        Some(FieldType::Addresses { .. }) => {
            linked.also_refuses(Reason::InvalidAddressTarget, "addresses", SAME_ADDRESS)
        }
        _ => linked,
    }
}

/// The rule about the addresses of one contact.
const SAME_ADDRESS: &str =
    "Two of the `addresses` have the same type and target. Upper and lower case make no difference.";

/// Whether the plan limits the number or the bytes of the rows.
fn has_limits(kind: &Kind) -> bool {
    kind.is_limited() || kind.counts_bytes()
}

/// The reasons for invalid fields, and the reason for a unique value that is already in use.
fn field_reasons(kind: &Kind, creating: bool) -> Vec<Reason> {
    let fields = kind.fields.iter().filter(|field| field.is_writable(creating));
    let reasons = fields.flat_map(|field| match field.field_type {
        FieldType::Choice { reason, .. } => vec![reason],
        FieldType::Addresses { .. } => vec![Reason::InvalidAddressType, Reason::InvalidAddressTarget],
        _ => Vec::new(),
    });
    // An update claims a name only if it can change one of the name's fields.
    let can_claim = |unique: &Unique| {
        kind.fields.iter().any(|field| unique.fields.contains(&field.name) && field.is_writable(creating))
    };
    let taken = kind.unique.as_ref().filter(|unique| can_claim(unique)).map(|unique| unique.taken_reason);
    reasons.chain(taken).collect()
}

fn stop_transcription() -> Operation {
    let path = format!("/v1.0/{}/{{id}}/stop", TRANSCRIPTIONS.route);
    Operation::new("POST", path, "Stops a transcription. A stopped transcription does not change.")
        .returns_row(&kind_schemas::schema_name(&TRANSCRIPTIONS))
        .of_kind(&TRANSCRIPTIONS)
        .fails_with(&[TRANSCRIPTIONS.not_found])
}

fn look_up_contact() -> Operation {
    let query = |name: &str, schema: Value, description: &str| json!({ "name": name, "in": "query", "schema": schema, "description": description });
    Operation::new(
        "GET",
        "/v1.0/contacts/lookup",
        "Finds the contact with a telephone number or an e-mail address. With both, the telephone number decides. The result is empty if no contact has it.",
    )
    .parameter(query("phone", text(MAX_ADDRESS_TEXT), "The telephone number, as in the contact."))
    .parameter(query("email", text(MAX_ADDRESS_TEXT), "The e-mail address. Upper and lower case make no difference."))
    .returns_all_in_one_page(&kind_schemas::schema_name(&CONTACTS))
    .of_kind(&CONTACTS)
    .fails_with(&[Reason::InvalidRequestParameter])
    .also_refuses(Reason::InvalidRequestParameter, "phone", "Neither `phone` nor `email` is given.")
}
