//! The addresses of a contact: telephone numbers and e-mail addresses.

use serde_json::{Value, json};

use crate::field_problem::{FieldProblem, Values};
use crate::fields::Fields;
use crate::ids::content_id;
use crate::plain_values::text_error;
use crate::profile::fold_case;
use crate::reason::Reason;

/// The types of a contact's addresses.
pub const ADDRESS_TYPES: [&str; 2] = ["tel", "email"];

/// The maximum number of bytes of each text in an address.
pub const MAX_ADDRESS_TEXT: usize = 255;

/// Reads a contact's addresses. The id of a new address is a hash of its type and target, so a client that creates the address
/// again gets the same id, unless another address of the contact has it.
pub(super) fn read(given: &Value, max: usize, fields: &mut Fields<'_>) -> Option<Value> {
    const FIELD: &str = "addresses";
    const TYPES: Values = Values(&ADDRESS_TYPES);
    let Some(items) = given.as_array().filter(|items| items.len() <= max) else {
        fields.refuse(FIELD, FieldProblem::NotAddresses { max, types: TYPES });
        return None;
    };
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        let text = |name: &str| match &item[name] {
            Value::Null => Some(""),
            Value::String(text) if text_error(text, MAX_ADDRESS_TEXT).is_none() => Some(text.as_str()),
            _ => None,
        };
        let kind = text("type").filter(|kind| item.is_object() && ADDRESS_TYPES.contains(kind));
        let Some(kind) = kind else {
            let problem = FieldProblem::WrongAddressType { types: TYPES };
            fields.refuse_as(Reason::InvalidAddressType, FIELD, problem);
            return None;
        };
        let is_new = |target: &&str| !read.iter().any(|other| is_same(other, kind, target));
        let Some(target) = text("target").filter(|target| !target.is_empty()).filter(is_new) else {
            fields.refuse_as(Reason::InvalidAddressTarget, FIELD, FieldProblem::WrongAddressTarget);
            return None;
        };
        let primary = match &item["is_primary"] {
            Value::Null => Some(false),
            given => given.as_bool(),
        };
        let (Some(name), Some(detail), Some(is_primary)) = (text("name"), text("detail"), primary) else {
            fields.refuse(FIELD, FieldProblem::WrongAddressMembers { max: MAX_ADDRESS_TEXT });
            return None;
        };
        read.push(json!({
            "id": content_id(&format!("{kind} {}", fold_case(target))), "type": kind, "target": target,
            "name": name, "detail": detail, "is_primary": is_primary,
        }));
    }
    Some(Value::Array(read))
}

/// Gives each address its id and its creation time. An address with the type and target of one before the change keeps both.
pub(crate) fn set_identities(addresses: &mut [Value], before: &[Value], now: &str) {
    let text = |address: &Value, name: &str| address[name].as_str().unwrap_or_default().to_owned();
    let mut ids: Vec<Value> = before.iter().map(|address| address["id"].clone()).collect();
    for address in addresses {
        let (kind, target) = (text(address, "type"), text(address, "target"));
        if let Some(same) = before.iter().find(|other| is_same(other, &kind, &target)) {
            address["id"] = same["id"].clone();
            address["tm_create"] = same["tm_create"].clone();
            continue;
        }
        // The route that changes one address keeps its id even if the target changes (`PartPatch`). So an address with another
        // target may have the id of this one.
        while ids.contains(&address["id"]) {
            address["id"] = json!(content_id(&text(address, "id")));
        }
        ids.push(address["id"].clone());
        address["tm_create"] = json!(now);
    }
}

/// Whether two addresses have the same type and target.
pub(crate) fn is_same_address(one: &Value, other: &Value) -> bool {
    let text = |name: &str| other[name].as_str().unwrap_or_default();
    is_same(one, text("type"), text("target"))
}

fn is_same(other: &Value, kind: &str, target: &str) -> bool {
    let other_target = other["target"].as_str().unwrap_or_default();
    other["type"] == kind && fold_case(other_target) == fold_case(target)
}
