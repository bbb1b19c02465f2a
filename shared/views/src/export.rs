//! Exports of an account's data, and the lines that only exports have.

use custodian_domain::export::ExportState;
use custodian_domain::{Export, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::values::Time;

/// An export of the account's data, and its progress.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Export"))]
pub struct ExportView {
    id: Uuid,
    customer_id: Uuid,
    /// `pending`: no worker has begun it. `expired`: the seven days in which its file could be downloaded are over.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::export_state"))]
    state: ExportState,
    /// The number of lines that are written so far.
    rows: u64,
    /// The number of compressed bytes that are written so far.
    bytes: u64,
    /// The path of the file. Null unless the export is finished.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^/v1.0/customer/export/[0-9a-f-]{36}/file$")))]
    file: Option<String>,
    tm_create: Time,
    /// The time of the last progress.
    tm_update: Time,
    tm_finish: Option<Time>,
    /// Until when the file can be downloaded. It is deleted a day or two later.
    tm_expire: Option<Time>,
}

impl ExportView {
    pub fn new(export: &Export, now: Timestamp) -> Self {
        let state = export.state_at(now);
        let file =
            (state == ExportState::Finished).then(|| format!("/v1.0/customer/export/{}/file", export.id));
        Self {
            id: export.id,
            customer_id: export.customer_id.0,
            state,
            rows: export.rows,
            bytes: export.bytes,
            file,
            tm_create: Time(export.tm_create),
            tm_update: Time(export.tm_update),
            tm_finish: export.tm_finish.map(Time),
            tm_expire: export.tm_expire().map(Time),
        }
    }
}

/// The first line of an export: what the file is.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ExportHeader"))]
pub struct ExportHeaderView {
    format_version: u32,
    id: Uuid,
    customer_id: Uuid,
    /// When the export was requested. A row that changed later has its values from before or after the change.
    tm_create: Time,
}

impl ExportHeaderView {
    pub const fn new(format_version: u32, export: &Export) -> Self {
        let (id, customer_id) = (export.id, export.customer_id.0);
        Self { format_version, id, customer_id, tm_create: Time(export.tm_create) }
    }
}
