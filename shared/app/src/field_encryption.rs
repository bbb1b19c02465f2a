//! Encryption of single fields in the database. This is the only place that encrypts and decrypts rows of kinds: the store stores
//! ciphertexts only, and everything else works with plain values.

use custodian_domain::kinds::{Field, Kind};
use custodian_domain::{EncryptedFields, EncryptedResource, Resource, StoredResource};
use serde_json::Value;

use crate::context::Context;
use crate::failure::Failure;
use crate::field_location::FieldLocation;

const fn location(kind: &Kind, row: &Resource, field: &Field) -> FieldLocation {
    FieldLocation { customer: row.customer_id, table: kind.table, id: row.id, field: field.name }
}

/// The row with ciphertexts of its encrypted fields. Every write uses new ones, so a ciphertext does not show whether a value
/// changed.
pub fn encrypt_row<'a, S, E>(
    cx: &Context<S, E>,
    kind: &Kind,
    row: &'a Resource,
) -> Result<EncryptedResource<'a>, Failure> {
    let mut encrypted = EncryptedFields::default();
    for field in kind.fields.iter().filter(|field| field.encrypted) {
        let value = row.fields.get(field.name).unwrap_or(&Value::Null);
        let nonce = cx.providers.random();
        let ciphertext = cx.keys.encrypt_field(&location(kind, row, field), value, nonce)?;
        encrypted.0.insert(field.name.to_owned(), ciphertext);
    }
    Ok(EncryptedResource { row, encrypted })
}

/// The row with all its values.
pub fn decrypt_row<S, E>(
    cx: &Context<S, E>,
    kind: &Kind,
    stored: &StoredResource,
) -> Result<Resource, Failure> {
    decrypt_fields(cx, kind, stored, |field| field.encrypted)
}

/// The row without its secrets, for lists, lookups, webhooks and exports.
pub fn decrypt_row_without_secrets<S, E>(
    cx: &Context<S, E>,
    kind: &Kind,
    stored: &StoredResource,
) -> Result<Resource, Failure> {
    let mut row = decrypt_fields(cx, kind, stored, |field| field.encrypted && !field.secret)?;
    row.fields.retain(|name, _| kind.field(name).is_none_or(|field| !field.secret));
    Ok(row)
}

fn decrypt_fields<S, E>(
    cx: &Context<S, E>,
    kind: &Kind,
    stored: &StoredResource,
    is_wanted: impl Fn(&Field) -> bool,
) -> Result<Resource, Failure> {
    let mut row = stored.row.clone();
    for field in kind.fields.iter().filter(|field| is_wanted(field)) {
        // An earlier release wrote a plain value. If a ciphertext exists too, it is older: this release writes no plain value.
        if row.fields.contains_key(field.name) {
            continue;
        }
        let Some(ciphertext) = stored.encrypted.0.get(field.name) else { continue };
        let value = cx.keys.decrypt_field(&location(kind, &row, field), ciphertext)?;
        row.fields.insert(field.name.to_owned(), value);
    }
    Ok(row)
}
