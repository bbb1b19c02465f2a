//! The progress of a deletion.

use custodian_domain::{DeletionProgress, DeletionState, TableProgress};
use serde::Serialize;
use uuid::Uuid;

use crate::values::Time;

/// How far the deletion of an account is. It has no personal data.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Deletion"))]
pub struct DeletionView<'a> {
    id: Uuid,
    /// `requested`: the account is frozen and will be deleted. `held`: a hold or the brake stops the deletion. `deleting`: the
    /// rows are being deleted. `deleted`: every table was verified to be empty. `confirmed`: every table was verified again
    /// within about half an hour, and the receipt is issued.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::deletion_state"))]
    state: DeletionState,
    /// When the account was frozen or its deletion was requested. `null` if the account was not verified in time.
    tm_requested: Option<Time>,
    tm_due: Option<Time>,
    tm_started: Option<Time>,
    tm_finished: Option<Time>,
    tm_confirmed: Option<Time>,
    /// When the rows will probably be deleted. `null` if it is not known, for example while the deletion waits for a webhook endpoint
    /// to accept the notice, for up to an hour.
    tm_estimated: Option<Time>,
    tables: Vec<TableView>,
    /// The receipt: a JWS in its compact form (RFC 7515). `null` until the deletion is confirmed.
    receipt: Option<&'a str>,
}

/// How far the deletion of a table's rows is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
struct TableView {
    name: &'static str,
    /// The number of deleted rows.
    deleted: u64,
    /// The number of rows that are still to be deleted. `null` if it is not known.
    remaining: Option<u64>,
    /// When a consistent query last found no row of the account.
    tm_verified: Option<Time>,
}

impl<'a> From<&'a DeletionProgress> for DeletionView<'a> {
    fn from(progress: &'a DeletionProgress) -> Self {
        let table = |table: &TableProgress| TableView {
            name: table.name,
            deleted: table.deleted,
            remaining: table.remaining,
            tm_verified: table.tm_verified.map(Time),
        };
        Self {
            id: progress.id.0,
            state: progress.state,
            tm_requested: progress.tm_requested.map(Time),
            tm_due: progress.tm_due.map(Time),
            tm_started: progress.tm_started.map(Time),
            tm_finished: progress.tm_finished.map(Time),
            tm_confirmed: progress.tm_confirmed.map(Time),
            tm_estimated: progress.tm_estimated.map(Time),
            tables: progress.tables.iter().map(table).collect(),
            receipt: progress.receipt.as_deref(),
        }
    }
}
