//! What the write of a row that a customer owns changes: its names, its references, the account's usage, and the event.

use custodian_app::Failure;
use custodian_domain::kinds::{Kind, UniqueName};
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::resource::Reference;
use custodian_domain::{EncryptedFields, EncryptedResource, Resource, Status, Timestamp};

use crate::item::{Item, stored_size};
use crate::resources::encode_resource;
use crate::usage::UsageChange;
use crate::usage_rows;

/// The creation, update or deletion of a row. `before` is `None` for a creation, `after` for a deletion.
#[derive(Clone, Copy)]
pub(crate) struct RowWrite<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) before: Option<&'a Resource>,
    pub(crate) after: Option<&'a EncryptedResource<'a>>,
    /// The customer's statuses that allow the write.
    pub(crate) statuses: &'static [Status],
    pub(crate) now: Timestamp,
}

impl<'a> RowWrite<'a> {
    /// The plain row after the write. Events and names derive from plain values.
    pub(crate) fn plain_after(&self) -> Option<&'a Resource> {
        self.after.map(|after| after.row)
    }

    /// The change in the number and the bytes of the account's rows. `item` is the row to store.
    pub(crate) fn usage_change(&self, item: Option<&Item>) -> Result<UsageChange<'a>, Failure> {
        let id = self.plain_after().or(self.before).map(|row| row.id).unwrap_or_default();
        let bytes = if self.kind.counts_bytes() {
            item.map_or(0, size) - self.before.map_or(Ok(0), |row| size_before(self.kind, row))?
        } else {
            0
        };
        // The first attempt. If this gate refuses, the next one may be with another gate, or one that has no limit of bytes yet.
        Ok(UsageChange {
            kind: self.kind,
            rows: i8::from(self.after.is_some()) - i8::from(self.before.is_some()),
            bytes,
            gate: usage_rows::gate_for(id),
            gate_limits_bytes: true,
        })
    }

    /// The unique names of the row before and after the write.
    pub(crate) fn names(&self) -> (Vec<UniqueName>, Vec<UniqueName>) {
        let names = |row: Option<&Resource>| match (&self.kind.unique, row) {
            (Some(unique), Some(row)) => unique.of(row.customer_id, &row.fields),
            _ => Vec::new(),
        };
        (names(self.before), names(self.plain_after()))
    }

    pub(crate) fn outbox_record(&self) -> Option<OutboxRecord> {
        let noun = self.kind.noun;
        match (self.before, self.plain_after()) {
            (None, Some(after)) => Some(OutboxRecord::created(noun, after)),
            (Some(before), Some(after)) => OutboxRecord::updated(noun, before, after),
            (Some(before), None) => Some(OutboxRecord::deleted(noun, before, self.now)),
            (None, None) => None,
        }
    }

    /// The references that the write adds.
    pub(crate) fn new_references(&self) -> Vec<Reference> {
        let references = |row: Option<&Resource>| row.map_or_else(Vec::new, |row| row.references(self.kind));
        let known = references(self.before);
        let is_new = |new: &Reference| !known.iter().any(|old| (old.table, old.id) == (new.table, new.id));
        references(self.plain_after()).into_iter().filter(is_new).collect()
    }
}

fn size(item: &Item) -> i64 {
    i64::try_from(stored_size(item)).unwrap_or(i64::MAX)
}

/// The size of the stored row, whose ciphertexts are not at hand. Their length depends only on the length of the values.
fn size_before(kind: &'static Kind, row: &Resource) -> Result<i64, Failure> {
    let encrypted = EncryptedFields::placeholders(kind, row);
    Ok(size(&encode_resource(kind, &EncryptedResource { row, encrypted })?))
}
