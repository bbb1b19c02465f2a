//! What a deletion would remove.

use custodian_domain::{CustomerId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::values::Time;

/// What unregistering or a deletion by an operator would do, as a dry run shows it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "UnregisterPlan"))]
pub struct DeletionPreviewView<'a> {
    /// Always true: nothing was changed.
    dry_run: bool,
    id: Uuid,
    immediate: bool,
    /// When everything would be deleted. Without `immediate`, the date of a frozen account does not change.
    tm_due: Time,
    /// Every table that the deletion empties.
    tables: Vec<TablePreview>,
    /// Numbers that would be released, at most 100.
    numbers: &'a [String],
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
struct TablePreview {
    name: &'static str,
    rows: u64,
    /// Whether counting stopped at this number because the table has many more rows.
    at_least: bool,
}

impl<'a> DeletionPreviewView<'a> {
    pub fn new(
        id: CustomerId,
        immediate: bool,
        due: Timestamp,
        tables: impl IntoIterator<Item = (&'static str, u64, bool)>,
        numbers: &'a [String],
    ) -> Self {
        let preview = |(name, rows, at_least)| TablePreview { name, rows, at_least };
        let tables = tables.into_iter().map(preview).collect();
        Self { dry_run: true, id: id.0, immediate, tm_due: Time(due), tables, numbers }
    }
}
