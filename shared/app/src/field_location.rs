//! The place of an encrypted value.

use custodian_domain::CustomerId;
use uuid::Uuid;

/// The place of an encrypted value. It is authenticated with the value: a ciphertext that was copied to another customer, table,
/// row or field cannot be decrypted.
#[derive(Clone, Copy, Debug)]
pub struct FieldLocation {
    pub customer: CustomerId,
    pub table: &'static str,
    pub id: Uuid,
    pub field: &'static str,
}

impl FieldLocation {
    /// The associated data of the cipher.
    pub(crate) fn associated_data(&self) -> String {
        let Self { customer, table, id, field } = self;
        format!("{customer} {table} {id} {field}")
    }
}
