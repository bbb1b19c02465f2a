//! A row of an owned kind as the database has it: the values of encrypted fields are ciphertexts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Resource;

/// An encrypted value. Only `custodian_auth::encryption` makes one, so that no plain text is stored in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ciphertext(String);

impl Ciphertext {
    /// The text that a cipher returned. Reviewers must check every call.
    pub const fn from_cipher(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The encrypted values of a row, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncryptedFields(pub BTreeMap<String, Ciphertext>);

/// A row as it was read. Its `fields` lack the encrypted values, unless an earlier revision wrote them in plain text.
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
