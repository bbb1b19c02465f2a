//! A row of an owned kind as the database has it: the values of encrypted fields are ciphertexts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Resource;
use crate::kinds::{Field, Kind};

/// An encrypted value. Only `custodian_auth::encryption` makes one to store, so that no plain text is stored in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ciphertext(String);

impl Ciphertext {
    /// The text that a cipher returned. Reviewers must check every call.
    pub const fn from_cipher(text: String) -> Self {
        Self(text)
    }

    /// A text as long as the ciphertext of a value: Base64 of the nonce (12 bytes), the value and its tag (16 bytes).
    fn placeholder(value_bytes: usize) -> Self {
        Self("0".repeat((12 + value_bytes + 16).div_ceil(3) * 4))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The encrypted values of a row, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncryptedFields(pub BTreeMap<String, Ciphertext>);

impl EncryptedFields {
    /// Texts as long as the ciphertexts of a row, to compute its size in the database.
    pub fn placeholders(kind: &Kind, row: &Resource) -> Self {
        let of_field = |field: &Field| {
            let value = row.fields.get(field.name).unwrap_or(&Value::Null);
            (field.name.to_owned(), Ciphertext::placeholder(value.to_string().len()))
        };
        Self(kind.fields.iter().filter(|field| field.encrypted).map(of_field).collect())
    }
}

/// A row as it was read. Its `fields` lack the encrypted values, unless an earlier release wrote them in plain text.
#[derive(Clone, Debug)]
pub struct StoredResource {
    pub row: Resource,
    pub encrypted: EncryptedFields,
}

/// A row to write, and the encrypted values that are stored in place of its plain ones.
#[derive(Clone, Debug)]
pub struct EncryptedResource<'a> {
    pub row: &'a Resource,
    pub encrypted: EncryptedFields,
}
