//! Exports of an account's data: their states, and the progress of the worker that writes them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Timestamp;
use crate::{Cause, CustomerId};

/// How long the file of a finished export can be downloaded.
pub const EXPORT_LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// How long the row of an export is stored. It outlives the file, which the bucket deletes a day after [`EXPORT_LIFETIME`].
pub const EXPORT_RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// The noun of an export in the audit log, and the types of its entries.
pub const EXPORT_NOUN: &str = "export";
pub const EXPORT_STARTED: &str = "export_started";
pub const EXPORT_DOWNLOADED: &str = "export_downloaded";

/// An unfinished export without progress for this long has failed. By then the queue has delivered its message for the last time,
/// unless the message waited for hours until a worker was free. A worker that gets it later removes what was written.
const MAX_STANDSTILL: Duration = Duration::from_secs(6 * 3600);

/// A worker's lease is shorter than the visibility timeout of its queue, so a redelivered message never meets the lease of a
/// worker that died.
const LEASE: Duration = Duration::from_secs(180);

/// The stored state of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoredExportState {
    Pending,
    Running,
    Finished,
    Failed,
}

/// The state of an export, as callers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportState {
    Pending,
    Running,
    Finished,
    Failed,
    /// The export was finished, and its file is no longer available.
    Expired,
}

impl ExportState {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Running, Self::Finished, Self::Failed, Self::Expired];
}

/// How far a worker has read. It reads the newest rows of a section first, so the rows from `below` on upwards, and all earlier
/// sections, are in the written parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportCursor {
    pub section: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Uuid>,
}

/// An export of an account's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    pub customer_id: CustomerId,
    pub id: Uuid,
    pub state: StoredExportState,
    pub version: u64,
    /// The written lines and compressed bytes.
    pub rows: u64,
    pub bytes: u64,
    /// The multipart upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    /// The entity tags of the written parts, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ExportCursor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    pub tm_create: Timestamp,
    /// The time of the last progress.
    pub tm_update: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_finish: Option<Timestamp>,
}

/// A part that a worker has written.
#[derive(Clone, Debug)]
pub struct WrittenPart {
    pub etag: String,
    pub rows: u64,
    pub bytes: u64,
    /// Where the next part begins. `None` after the last part.
    pub next: Option<ExportCursor>,
}

impl Export {
    pub const fn new(customer_id: CustomerId, id: Uuid, now: Timestamp) -> Self {
        Self {
            customer_id,
            id,
            state: StoredExportState::Pending,
            version: 1,
            rows: 0,
            bytes: 0,
            upload: None,
            parts: Vec::new(),
            cursor: None,
            leased_until: None,
            tm_create: now,
            tm_update: now,
            tm_finish: None,
        }
    }

    /// The state at this time.
    pub fn state_at(&self, now: Timestamp) -> ExportState {
        let stands_still = now >= self.tm_update.plus(MAX_STANDSTILL);
        match self.state {
            StoredExportState::Failed => ExportState::Failed,
            StoredExportState::Finished if self.tm_expire().is_none_or(|expire| now >= expire) => {
                ExportState::Expired
            }
            StoredExportState::Finished => ExportState::Finished,
            StoredExportState::Pending | StoredExportState::Running if stands_still => ExportState::Failed,
            StoredExportState::Pending => ExportState::Pending,
            StoredExportState::Running => ExportState::Running,
        }
    }

    /// Whether a worker may still write the export.
    pub fn is_unfinished_at(&self, now: Timestamp) -> bool {
        matches!(self.state_at(now), ExportState::Pending | ExportState::Running)
    }

    /// Whether every section is in the written parts.
    pub const fn is_read(&self) -> bool {
        !self.parts.is_empty() && self.cursor.is_none()
    }

    /// When the file is no longer available. `None` before the export is finished.
    pub fn tm_expire(&self) -> Option<Timestamp> {
        self.tm_finish.map(|finish| finish.plus(EXPORT_LIFETIME))
    }

    /// When the table may drop the row.
    pub fn keep_until(&self) -> Timestamp {
        self.tm_create.plus(EXPORT_RETENTION)
    }

    /// The cause of the mail about the finished export. It is the same for every delivery of the worker's message.
    pub const fn cause(&self) -> Cause {
        Cause { at: self.tm_create, id: self.id }
    }

    pub fn is_leased_at(&self, now: Timestamp) -> bool {
        self.leased_until.is_some_and(|until| now < until)
    }

    fn next(&self, now: Timestamp) -> Self {
        Self { version: self.version + 1, tm_update: now, ..self.clone() }
    }

    /// The row while a worker has the lease on it.
    #[must_use]
    pub fn leased(&self, now: Timestamp) -> Self {
        let state = StoredExportState::Running;
        Self { state, leased_until: Some(now.plus(LEASE)), ..self.next(now) }
    }

    /// The row after the worker has begun an upload.
    #[must_use]
    pub fn uploading(&self, upload: String, now: Timestamp) -> Self {
        Self { upload: Some(upload), ..self.leased(now) }
    }

    /// The row after the worker has written a part.
    #[must_use]
    pub fn with_part(&self, part: &WrittenPart, now: Timestamp) -> Self {
        let mut next = self.leased(now);
        next.parts.push(part.etag.clone());
        next.rows += part.rows;
        next.bytes += part.bytes;
        next.cursor.clone_from(&part.next);
        next
    }

    /// The row after the worker has released its lease, so that another worker can continue.
    #[must_use]
    pub fn released(&self, now: Timestamp) -> Self {
        Self { leased_until: None, ..self.next(now) }
    }

    /// The row of a complete file, or of an export that cannot be completed.
    #[must_use]
    pub fn ended(&self, state: StoredExportState, now: Timestamp) -> Self {
        let tm_finish = (state == StoredExportState::Finished).then_some(now);
        let row = self.released(now);
        Self { state, tm_finish, upload: None, parts: Vec::new(), cursor: None, ..row }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export() -> Export {
        Export::new(CustomerId(Uuid::nil()), Uuid::nil(), Timestamp::from_micros(0))
    }

    fn after(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0).plus(Duration::from_secs(seconds))
    }

    #[test]
    fn a_finished_export_expires_after_seven_days() {
        let finished = export().ended(StoredExportState::Finished, after(60));
        let end = 60 + 7 * 86_400;
        assert_eq!(finished.state_at(after(end - 1)), ExportState::Finished);
        assert_eq!(finished.state_at(after(end)), ExportState::Expired);
        assert!(finished.keep_until() > after(end + 86_400), "the row outlives the file");
    }

    #[test]
    fn an_export_without_progress_has_failed() {
        let running = export().leased(after(10));
        assert_eq!(running.state_at(after(11)), ExportState::Running);
        assert_eq!(running.state_at(after(10 + 6 * 3600)), ExportState::Failed);
        assert!(!running.is_unfinished_at(after(10 + 6 * 3600)));
    }

    #[test]
    fn a_part_moves_the_cursor_and_renews_the_lease() {
        let cursor = ExportCursor { section: "tag".to_owned(), below: None };
        let part = WrittenPart { etag: "e".to_owned(), rows: 3, bytes: 5, next: Some(cursor.clone()) };
        let row = export().uploading("u".to_owned(), after(1)).with_part(&part, after(200));
        assert_eq!((row.rows, row.bytes, row.parts.len(), row.version), (3, 5, 1, 3));
        assert_eq!((row.cursor.as_ref(), row.is_leased_at(after(379))), (Some(&cursor), true));
        assert!(!row.released(after(201)).is_leased_at(after(202)));
    }
}
