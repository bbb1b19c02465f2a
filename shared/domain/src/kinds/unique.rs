//! Unique names: at most one row can hold a name, on the whole platform or within one customer.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::values::NIL_UUID;
use crate::CustomerId;
use crate::profile::fold_case;
use crate::reason::Reason;

/// The scope in which a name is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UniqueScope {
    Platform,
    Customer,
}

/// The unique names of a kind's rows.
#[derive(Debug)]
pub struct Unique {
    pub scope: UniqueScope,
    /// The prefix of the names in the identifiers table.
    pub prefix: &'static str,
    /// The fields from which `names` builds the names.
    pub fields: &'static [&'static str],
    /// The names of a row with these field values.
    pub names: fn(&Map<String, Value>) -> Vec<String>,
    /// The error if another row holds a name.
    pub taken_reason: Reason,
}

/// A unique name as a key of the identifiers table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UniqueName(pub String);

impl Unique {
    /// The names of a customer's row with these field values.
    pub fn of(&self, customer: CustomerId, fields: &Map<String, Value>) -> Vec<UniqueName> {
        (self.names)(fields).into_iter().map(|name| self.name(customer, &name)).collect()
    }

    /// One name of a customer's row.
    pub fn name(&self, customer: CustomerId, name: &str) -> UniqueName {
        UniqueName(self.key(customer, name))
    }

    fn key(&self, customer: CustomerId, name: &str) -> String {
        match self.scope {
            UniqueScope::Platform => format!("{}#{}", self.prefix, fold_case(name)),
            // Addresses and extensions are personal data, so the key contains only their hash.
            UniqueScope::Customer => {
                format!("{}#{customer}#{}", self.prefix, hex::encode(Sha256::digest(fold_case(name))))
            }
        }
    }
}

/// The value of a text field, unless it is empty.
pub(super) fn text_name(fields: &Map<String, Value>, field: &str) -> Vec<String> {
    let text = fields.get(field).and_then(Value::as_str).unwrap_or_default();
    Some(text.to_owned()).filter(|text| !text.is_empty()).into_iter().collect()
}

/// The reference of a transcription, while the transcription runs.
pub(super) fn running_transcription(fields: &Map<String, Value>) -> Vec<String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let reference = text("reference_id");
    let running = text("status") == "progressing" && reference != NIL_UUID.to_string();
    running.then(|| format!("{} {reference}", text("reference_type"))).into_iter().collect()
}

/// Every address of a contact.
pub(super) fn contact_addresses(fields: &Map<String, Value>) -> Vec<String> {
    let addresses = fields.get("addresses").and_then(Value::as_array);
    let text = |address: &Value, name: &str| address[name].as_str().unwrap_or_default().to_owned();
    let name = |address| address_name(&text(address, "type"), &text(address, "target"));
    addresses.into_iter().flatten().map(name).collect()
}

/// The name of a contact's address.
pub fn address_name(kind: &str, target: &str) -> String {
    format!("{kind} {target}")
}
