//! Names that a row holds alone, in the whole platform or within its customer.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::fields::{Fields, text_fault};
use crate::profile::folded;
use crate::reason::Reason;
use crate::{CustomerId, Resource};

/// How far a name counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Platform,
    Customer,
}

/// What rows of a kind hold alone.
#[derive(Debug)]
pub struct Unique {
    pub scope: Scope,
    /// What the names are, in the keys of the store.
    pub what: &'static str,
    /// The fields that the names are made of.
    pub from: &'static [&'static str],
    /// The names that a row holds.
    pub names: fn(&Resource) -> Vec<String>,
    /// Says that somebody else holds one.
    pub taken: Reason,
}

/// A name that a row holds, as the store's key has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub String);

impl Unique {
    pub fn of(&self, row: &Resource) -> Vec<Name> {
        let key = |name: String| Name(self.key(row.customer_id, &name));
        (self.names)(row).into_iter().map(key).collect()
    }

    fn key(&self, customer: CustomerId, name: &str) -> String {
        match self.scope {
            Scope::Platform => format!("{}#{}", self.what, folded(name)),
            // An address or an extension says who it is: within a customer its hash serves as well.
            Scope::Customer => {
                format!("{}#{customer}#{}", self.what, hex::encode(Sha256::digest(folded(name))))
            }
        }
    }
}

/// The text of a field, if it is not empty.
pub(super) fn of_text(row: &Resource, field: &str) -> Vec<String> {
    let text = row.fields.get(field).and_then(Value::as_str).unwrap_or_default();
    Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect()
}

/// What is transcribed, while it is.
pub(super) fn transcribed(row: &Resource) -> Vec<String> {
    let text = |name: &str| row.fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let reference = text("reference_id");
    let running = text("status") == "progressing" && reference != super::field::NONE.to_string();
    running.then(|| format!("{} {reference}", text("reference_type"))).into_iter().collect()
}

/// Where a contact can be reached.
pub(super) fn reached_at(row: &Resource) -> Vec<String> {
    let addresses = row.fields.get("addresses").and_then(Value::as_array);
    let text = |address: &Value, name: &str| address[name].as_str().unwrap_or_default().to_owned();
    let name = |address| format!("{} {}", text(address, "type"), text(address, "target"));
    addresses.into_iter().flatten().map(name).collect()
}

/// What an address of a contact may be.
pub const ADDRESS_TYPES: [&str; 2] = ["tel", "email"];

/// Reads a contact's addresses. What is one address has one id, however often it is sent.
pub(super) fn addresses(given: &Value, most: usize, fields: &mut Fields<'_>) -> Option<Value> {
    const FIELD: &str = "addresses";
    let Some(items) = given.as_array().filter(|items| items.len() <= most) else {
        fields.refuse(FIELD, format!("must be at most {most} objects with a type and a target"));
        return None;
    };
    let mut read = Vec::with_capacity(items.len());
    for item in items {
        let text = |name: &str| match &item[name] {
            Value::Null if item.get(name).is_none() => Some(""),
            Value::String(text) if text_fault(text, 255).is_none() => Some(text.as_str()),
            _ => None,
        };
        let kind = text("type").filter(|kind| item.is_object() && ADDRESS_TYPES.contains(kind));
        let Some(kind) = kind else {
            fields.refuse_as(Reason::InvalidAddressType, FIELD, "must each have the type tel or email");
            return None;
        };
        let is_new = |target: &&str| !read.iter().any(|known| is_same(known, kind, target));
        let Some(target) = text("target").filter(|target| !target.is_empty()).filter(is_new) else {
            fields.refuse_as(Reason::InvalidAddressTarget, FIELD, "must each have a target of their own");
            return None;
        };
        let primary = item.get("is_primary").map_or(Some(false), Value::as_bool);
        let (Some(name), Some(detail), Some(is_primary)) = (text("name"), text("detail"), primary) else {
            fields.refuse(FIELD, "must have texts as name and detail, and true or false as is_primary");
            return None;
        };
        read.push(json!({
            "id": id_of(kind, target), "type": kind, "target": target,
            "name": name, "detail": detail, "is_primary": is_primary,
        }));
    }
    Some(Value::Array(read))
}

fn is_same(known: &Value, kind: &str, target: &str) -> bool {
    let known_target = known["target"].as_str().unwrap_or_default();
    known["type"] == kind && folded(known_target) == folded(target)
}

/// An id made of what it names (UUID version 8).
fn id_of(kind: &str, target: &str) -> uuid::Uuid {
    let digest = Sha256::digest(format!("{kind} {}", folded(target)));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}
