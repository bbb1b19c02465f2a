//! The routes that change a part of a row.

use custodian_domain::Reason;
use custodian_domain::kinds::{Kind, Part, PartChange};
use serde_json::{Value, json};

use crate::kind_schemas::{self, address_fields};
use crate::operation::Operation;
use crate::schema::{object, uuid};

pub(super) fn all(kind: &'static Kind) -> impl Iterator<Item = Operation> {
    kind.parts.iter().map(move |part| operation(kind, part))
}

fn operation(kind: &'static Kind, part: &Part) -> Operation {
    let path = format!("/v1.0/{}/{{id}}/{}", kind.route, part.path);
    let operation = Operation::new(part.method, path, description(kind, part))
        .returns_row(&kind_schemas::schema_name(kind))
        .with_status(if part.method == "POST" { kind.created_status } else { 200 })
        .of_kind(kind)
        .fails_with(&[kind.not_found])
        .fails_with(reasons(part.change));
    match body(kind, part.change) {
        Some(body) => {
            with_rules(operation, kind, part.change).body(body).fails_with(&[Reason::ResourceLimitExceeded])
        }
        None => operation,
    }
}

/// The rules about other rows, and about the number of a contact's tags and addresses.
fn with_rules(operation: Operation, kind: &Kind, change: PartChange) -> Operation {
    match change {
        PartChange::SetFields(names) => {
            let links =
                names.iter().filter_map(|name| Some((*name, kind.field(name)?.field_type.link()?.table)));
            links.fold(operation, |operation, (name, table)| operation.refuses_unknown(name, table))
        }
        PartChange::AddTag => operation.refuses_unknown("tag_id", "tags").also_refuses(
            Reason::InvalidArgument,
            "tag_ids",
            "The contact has the maximum number of tags.",
        ),
        PartChange::AddAddress => operation.also_refuses(
            Reason::InvalidArgument,
            "addresses",
            "The contact has the maximum number of addresses.",
        ),
        _ => operation,
    }
}

fn description(kind: &Kind, part: &Part) -> String {
    match part.change {
        PartChange::SetFields([field]) => format!("Sets `{field}` of a {}, and nothing else.", kind.noun),
        PartChange::SetFields(fields) => {
            format!("Sets `{}` of a {}. A field that is not in the body keeps its value.", fields.join("` and `"), kind.noun)
        }
        PartChange::AddAddress => {
            "Adds an address to a contact. If it is primary, no other address of its type is.".to_owned()
        }
        PartChange::ChangeAddress => {
            "Changes an address of a contact. Fields that are not in the body keep their values. The type cannot be changed.".to_owned()
        }
        PartChange::RemoveAddress => "Removes an address from a contact.".to_owned(),
        PartChange::AddTag => "Adds a tag to a contact. A tag that the contact has already leaves the tags as they are.".to_owned(),
        PartChange::RemoveTag => "Removes a tag from a contact.".to_owned(),
    }
}

fn body(kind: &Kind, change: PartChange) -> Option<Value> {
    let schema = match change {
        PartChange::SetFields(names) => {
            let mut schema = kind_schemas::body_schema(kind, false);
            if let Some(properties) = schema["properties"].as_object_mut() {
                properties.retain(|name, _| names.contains(&name.as_str()));
            }
            if let [name] = names {
                schema["required"] = json!([name]);
            }
            schema
        }
        PartChange::AddAddress => object(address_fields(), &["type", "target"]),
        PartChange::ChangeAddress => {
            let fields = address_fields();
            object(fields.into_iter().filter(|(name, _)| *name != "type").collect(), &[])
        }
        PartChange::AddTag => object(vec![("tag_id", uuid())], &["tag_id"]),
        PartChange::RemoveAddress | PartChange::RemoveTag => return None,
    };
    Some(schema)
}

fn reasons(change: PartChange) -> &'static [Reason] {
    match change {
        PartChange::SetFields(["routing_method"]) => &[Reason::InvalidRoutingMethod],
        PartChange::AddAddress => {
            &[Reason::InvalidAddressType, Reason::InvalidAddressTarget, Reason::AddressAlreadyExists]
        }
        PartChange::ChangeAddress => &[
            Reason::AddressNotFound,
            Reason::InvalidAddressType,
            Reason::InvalidAddressTarget,
            Reason::AddressAlreadyExists,
        ],
        PartChange::RemoveAddress => &[Reason::AddressNotFound],
        PartChange::RemoveTag => &[Reason::TagNotFound],
        PartChange::SetFields(_) | PartChange::AddTag => &[],
    }
}
